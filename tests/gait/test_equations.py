"""The closed-form derivatives of the equations of running are those of finite differences."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

from surae.gait.problem import RunningProblem
from surae.transcription.parts import CompiledPart, SparsePart

Floats = NDArray[np.float64]
STEP = 1e-6


@pytest.fixture(scope="module")
def problem(make_problem: Any) -> RunningProblem:
    return make_problem(intervals=3)


def inputs_of(problem: RunningProblem, near_reference: Any) -> Floats:
    return problem.layout.at_instants(near_reference(problem))


class Dense:
    """A part whose derivatives are dense arrays with an instance axis, also if it is sparse."""

    def __init__(self, part: Any, points: int) -> None:
        # Every input of every instance on its own: muscles share coordinates, and moving one
        # muscle's must not move its neighbor's.
        inputs = np.arange(part.inputs.size).reshape(part.inputs.shape)
        self.compiled = CompiledPart(dataclasses.replace(part, inputs=inputs), points)
        self.part = part
        self.sparse = isinstance(part, SparsePart)
        self.inputs = inputs[None] if self.sparse else inputs
        self.rows = part.rows[None] if self.sparse else part.rows
        n_inputs = self.inputs.shape[1]
        self.curved = list(range(n_inputs) if self.sparse else part.curved_inputs)

    def values(self, at: Floats) -> tuple[Floats, Floats]:
        rows, cost = self.compiled.values(at)
        return (rows[None], cost[None]) if self.sparse else (rows, cost)

    def first(self, at: Floats) -> tuple[Floats, Floats]:
        rows, cost = self.compiled.first(at)
        if not self.sparse:
            return rows, cost
        dense = np.zeros((1, self.rows.shape[1], self.inputs.shape[1], at.shape[1]))
        dense[0, self.part.jacobian[0], self.part.jacobian[1]] = rows
        return dense, cost[None]

    def second(self, at: Floats, multipliers: Floats, weights: Floats) -> Floats:
        found = self.compiled.second(at, multipliers, weights)
        if not self.sparse:
            return found
        one, other = self.part.hessian
        dense = np.zeros((1, self.inputs.shape[1], self.inputs.shape[1], at.shape[1]))
        dense[0, one, other] = dense[0, other, one] = found
        return dense

    def shifted(self, at: Floats, which: int, step: float) -> Floats:
        moved = at.copy()
        moved[self.inputs[:, which]] += step
        return moved


@pytest.mark.parametrize("index", range(9))
def test_derivatives_of_every_part(
    index: int, problem: RunningProblem, near_reference: Any
) -> None:
    assert len(problem.problem.parts) == 9, "a kind of part that no test sees"
    given = problem.problem.parts[index]
    points = problem.layout.mesh.n_points
    part = Dense(given, points)
    at = inputs_of(problem, near_reference)[given.inputs].reshape(-1, points)
    rows, cost = part.first(at)
    rng = np.random.default_rng(index)
    n_rows = len(problem.problem.row_scale)
    multipliers, weights = rng.standard_normal((n_rows, points)), rng.uniform(0.5, 1.0, points)
    hessian = part.second(at, multipliers, weights)

    def lagrangian_slope(instants: Floats) -> Floats:
        by_rows, by_cost = part.first(instants)
        own = multipliers[part.rows]
        return np.einsum("irp,irxp->ixp", own, by_rows) + weights * by_cost

    for which in range(part.inputs.shape[1]):
        ends = [part.shifted(at, which, sign * STEP) for sign in (1.0, -1.0)]
        (up, cost_up), (down, cost_down) = (part.values(end) for end in ends)
        close(rows[:, :, which], (up - down) / (2.0 * STEP))
        close(cost[:, which], (cost_up - cost_down) / (2.0 * STEP))
        expected = (lagrangian_slope(ends[0]) - lagrangian_slope(ends[1])) / (2.0 * STEP)
        # Row of a curved input: how its slope changes with every other.
        close(hessian[:, :, which], expected[:, part.curved])


def close(found: Floats, expected: Floats) -> None:
    if not expected.size:
        assert not found.size
        return
    scale = max(float(np.abs(expected).max()), 10.0)
    np.testing.assert_allclose(found, expected, rtol=0.0, atol=2e-6 * scale)


def shifted(instants: Floats, part: Any, which: int, step: float) -> Floats:
    moved = instants.copy()
    moved[part.inputs[:, which]] += step
    return moved


def test_tracking_the_ground_reaction_has_exact_derivatives(
    problem: RunningProblem, near_reference: Any
) -> None:
    # The part of the foot again, now with a cost; parameters change, nothing else.
    part = next(p for p in problem.problem.parts if p.name == "foot_r")
    weight = jnp.asarray([[0.3, 0.5, 0.9]])
    points = problem.layout.mesh.n_points
    compiled = CompiledPart(part, points)
    target = np.full((1, points, 3), 0.4)
    parameters = dataclasses.replace(part.parameters, weight=weight)
    compiled.update(dataclasses.replace(part, parameters=parameters, point_parameters=target))
    at = inputs_of(problem, near_reference)
    _, slope = compiled.first(at)
    zero = np.zeros((len(problem.problem.row_scale), points))
    hessian = compiled.second(at, zero, np.ones(points))
    assert np.abs(slope).max() > 1e-3
    for which in range(part.inputs.shape[1]):
        ends = [shifted(at, part, which, sign * STEP) for sign in (1.0, -1.0)]
        costs = [compiled.values(end)[1] for end in ends]
        close(slope[:, which], (costs[0] - costs[1]) / (2.0 * STEP))
        slopes = [compiled.first(end)[1] for end in ends]
        close(hessian[:, :, which], (slopes[0] - slopes[1]) / (2.0 * STEP))
