"""How a solution moves, where it is known in closed form: projection onto a plane, above bounds."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from surae.nlp.ipopt import IpoptOptions, Solver
from surae.nlp.kkt import Blocks, Conditions, Solution, conditions
from surae.nlp.program import Guess

NONE = np.zeros(0, dtype=int)
BLOCKS = Blocks(np.zeros(3, dtype=int), np.full(1, -1), NONE.reshape(0, 2), NONE)
TARGET, TOTAL, FREE = [1.0, 2.0, 3.0], 9.0, [-9.0, -9.0, -9.0]


def solved(program: Any) -> Guess:
    tight = IpoptOptions(tolerance=1e-10, complementarity_tolerance=1e-10)
    point, report = Solver(program, tight).solve(Guess(np.ones(3)))
    assert report.status.solved
    return Guess(point.unknowns, point.row_multipliers, point.bound_multipliers)


def by(high: Any, low: Any, step: float, point: Guess) -> Conditions:
    below, above = conditions(low, point), conditions(high, point)
    names = [field.name for field in dataclasses.fields(Conditions)]
    return Conditions(*((getattr(above, n) - getattr(below, n)) / step for n in names))


def test_a_target_that_moves_takes_its_projection_along(projection: Callable[..., Any]):
    program = projection(TARGET, TOTAL, FREE)
    point = solved(program)
    solution = Solution(program, point, BLOCKS)
    assert solution.regular and len(solution.active) == 0
    slope = by(projection([2.0, 2.0, 3.0], TOTAL, FREE), program, 1.0, point)
    motion = solution.moved([slope])
    np.testing.assert_allclose(motion.unknowns[:, 0], [2 / 3, -1 / 3, -1 / 3], atol=1e-8)
    np.testing.assert_allclose(motion.row_multipliers[:, 0], [1 / 3], atol=1e-8)


def test_what_is_on_its_bound_stays_there_and_moves_with_it(projection: Callable[..., Any]):
    bounds = [-9.0, -9.0, 6.0]
    program = projection(TARGET, TOTAL, bounds)
    point = solved(program)
    solution = Solution(program, point, BLOCKS)
    assert solution.active.tolist() == [2] and solution.regular
    target = by(projection([2.0, 2.0, 3.0], TOTAL, bounds), program, 1.0, point)
    bound = by(projection(TARGET, TOTAL, [-9.0, -9.0, 6.5]), program, 0.5, point)
    motion = solution.moved([target, bound])
    np.testing.assert_allclose(motion.unknowns[:, 0], [0.5, -0.5, 0.0], atol=1e-8)
    np.testing.assert_allclose(motion.unknowns[:, 1], [-0.5, -0.5, 1.0], atol=1e-8)


def test_fixed_unknowns_move_with_their_value(projection: Callable[..., Any]):
    program = projection(TARGET, TOTAL, FREE)
    program.lower[2] = program.upper[2] = 4.0
    point = solved(program)
    other = projection(TARGET, TOTAL, FREE)
    other.lower[2] = other.upper[2] = 5.0
    motion = Solution(program, point, BLOCKS).moved([by(other, program, 1.0, point)])
    np.testing.assert_allclose(motion.unknowns[:, 0], [-0.5, -0.5, 1.0], atol=1e-8)


def test_adjoint_weights_give_the_same_derivative(projection: Callable[..., Any]):
    program = projection(TARGET, TOTAL, FREE)
    point = solved(program)
    solution = Solution(program, point, BLOCKS)
    slope = by(projection(TARGET, TOTAL + 1.0, FREE), program, 1.0, point)
    gradient = np.array([[1.0], [10.0], [100.0]])
    backward = backwards(solution, gradient, slope)
    forward = gradient[:, 0] @ solution.moved([slope]).unknowns[:, 0]
    assert backward == pytest.approx(forward, rel=1e-9) == pytest.approx(37.0, rel=1e-9)


def test_so_they_do_where_bounds_move(projection: Callable[..., Any]):
    bounds = [-9.0, -9.0, 6.0]
    program = projection(TARGET, TOTAL, bounds)
    program.lower[0] = program.upper[0] = 0.5
    point = solved(program)
    solution = Solution(program, point, BLOCKS)
    other = projection([1.0, 2.5, 3.5], TOTAL + 1.0, [-9.0, -9.0, 6.5])
    other.lower[0] = other.upper[0] = 0.75
    slope = by(other, program, 1.0, point)
    gradient = np.array([[1.0], [10.0], [100.0]])
    forward = gradient[:, 0] @ solution.moved([slope]).unknowns[:, 0]
    assert backwards(solution, gradient, slope) == pytest.approx(forward, rel=1e-9)


def backwards(solution: Solution, gradient: np.ndarray, slope: Conditions) -> float:
    """Derivative of a function of the unknowns by its adjoint weights."""
    weights = solution.adjoint(gradient)
    names = ("stationarity", "rows", "lower", "upper")
    return -sum(float(getattr(weights, n)[:, 0] @ getattr(slope, n)) for n in names)


def test_a_saddle_is_no_regular_solution(projection: Callable[..., Any]):
    program = projection(TARGET, TOTAL, FREE)
    point = solved(program)
    honest = program.hessian
    program.hessian = lambda *arguments: -honest(*arguments)
    assert not Solution(program, point, BLOCKS).regular


def test_newtons_step_from_off_the_solution_leads_back(projection: Callable[..., Any]):
    program = projection(TARGET, TOTAL, FREE)
    point = solved(program)
    moved = Guess(point.unknowns + 1e-3, point.row_multipliers, point.bound_multipliers)
    step = Solution(program, moved, BLOCKS).last_step()
    np.testing.assert_allclose(step.unknowns[:, 0], -1e-3, atol=1e-8)
