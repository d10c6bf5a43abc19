"""The solver finds known optima, says how a solve ended, and keeps quiet and the last iterate."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from surae.nlp.ipopt import IpoptOptions, Solver
from surae.nlp.program import Guess
from surae.nlp.report import Status

START = Guess(np.array([1.0, 5.0, 5.0, 1.0]))
# Hock & Schittkowski (1981), problem 71.
OPTIMUM, COST = [1.0, 4.74299963, 3.82114998, 1.37940829], 17.0140173


def warm(solution: Any) -> Guess:
    return Guess(solution.unknowns, solution.row_multipliers, solution.bound_multipliers)


def test_known_optimum_with_multipliers(hock_schittkowski_71: Any) -> None:
    program = hock_schittkowski_71
    solution, report = Solver(program, IpoptOptions(tolerance=1e-10)).solve(START)
    assert report.status is Status.SOLVED and report.status.solved and report.status.remedy == ""
    np.testing.assert_allclose(solution.unknowns, OPTIMUM, rtol=1e-7)
    np.testing.assert_allclose(solution.cost, COST, rtol=1e-8)
    assert report.constraint_violation < 1e-7
    # Stationary: gradient + rows . multipliers + multipliers of bounds = 0.
    n, m = 4, 2
    jacobian = program.jacobian(solution.unknowns).reshape(n, m).T
    residual = program.gradient(solution.unknowns) + solution.row_multipliers @ jacobian
    np.testing.assert_allclose(residual + solution.bound_multipliers, 0.0, atol=1e-7)


def test_the_log_tells_the_iterations(hock_schittkowski_71: Any) -> None:
    seen: list[tuple[int, float, float]] = []
    solution, report = Solver(hock_schittkowski_71).solve(START, lambda *s: seen.append(s))
    assert [count for count, _, _ in seen] == list(range(report.iterations + 1))
    assert len(report.log) == report.iterations + 1
    np.testing.assert_allclose(seen[-1][1], solution.cost, rtol=1e-12)
    np.testing.assert_allclose([c for _, c, _ in seen], [c for c, _, _ in report.log], rtol=1e-12)
    assert seen[0][2] == pytest.approx(12.0, abs=1.0)  # 1 + 25 + 25 + 1 against 40
    assert 0.0 <= report.derivative_time <= report.wall_time


def test_a_warm_start_from_the_solution_stays_there(hock_schittkowski_71: Any) -> None:
    solver = Solver(hock_schittkowski_71)
    solution, cold = solver.solve(START)
    again, report = solver.solve(warm(solution))
    assert report.status is Status.SOLVED
    assert report.iterations <= 3 < cold.iterations
    np.testing.assert_allclose(again.unknowns, solution.unknowns, atol=1e-6)


def test_multipliers_make_a_start_warm() -> None:
    assert not START.warm
    assert not Guess(np.zeros(1), np.zeros(1)).warm
    assert Guess(np.zeros(1), np.zeros(1), np.zeros(1)).warm


def test_a_solve_that_runs_out_of_iterations_says_so_and_keeps_its_iterate(
    hock_schittkowski_71: Any,
) -> None:
    solver = Solver(hock_schittkowski_71, IpoptOptions(max_iterations=2))
    last: dict[str, float] = {}
    solution, report = solver.solve(START, lambda i, cost, _: last.update(cost=cost))
    assert report.status is Status.ITERATION_LIMIT and not report.status.solved
    assert "--max-iterations" in report.status.remedy
    assert report.iterations == 2
    np.testing.assert_allclose(solution.cost, last["cost"], rtol=1e-12)
    assert np.abs(solution.unknowns - START.unknowns).max() > 0.01
    np.testing.assert_allclose(
        hock_schittkowski_71.cost(solution.unknowns), solution.cost, rtol=1e-12
    )


def test_a_problem_without_solution_is_called_infeasible(impossible: Any) -> None:
    _, report = Solver(impossible).solve(Guess(np.array([0.3, 0.4])))
    assert report.status is Status.INFEASIBLE
    assert report.constraint_violation > 0.5


def test_control_c_interrupts_and_keeps_the_iterate(hock_schittkowski_71: Any) -> None:
    costs: list[float] = []

    def stop(iteration: int, cost: float, violation: float) -> None:
        costs.append(cost)
        if iteration == 3:
            raise KeyboardInterrupt

    solver = Solver(hock_schittkowski_71)
    solution, report = solver.solve(START, stop)
    assert report.status is Status.INTERRUPTED
    assert "interrupted" in report.status.value
    assert len(costs) == 4
    np.testing.assert_allclose(solution.cost, costs[-1], rtol=1e-12)
    # The same solver solves on afterwards.
    _, report = solver.solve(Guess(solution.unknowns))
    assert report.status is Status.SOLVED


def test_an_error_in_the_physics_is_reported_not_lost(hock_schittkowski_71: Any) -> None:
    program = hock_schittkowski_71
    right, calls = program.gradient, []

    def wrong(x: Any) -> Any:
        calls.append(x)
        if len(calls) > 3:
            raise ZeroDivisionError("no foot on the ground")
        return right(x)

    program.gradient = wrong
    solution, report = Solver(program).solve(START)
    assert not report.status.solved
    assert "no foot on the ground" in report.message
    assert np.all(np.isfinite(solution.unknowns))


def test_a_solve_that_never_began_does_not_return_an_earlier_one(
    hock_schittkowski_71: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    solver = Solver(hock_schittkowski_71)
    earlier, _ = solver.solve(START)

    def refuse(**arguments: Any) -> None:
        raise RuntimeError("no start")

    monkeypatch.setattr(solver, "_solvers", {False: refuse})
    solution, report = solver.solve(START)
    assert report.status is Status.FAILED and "no start" in report.message
    np.testing.assert_array_equal(solution.unknowns, START.unknowns)
    assert not np.allclose(solution.unknowns, earlier.unknowns)


def test_a_strict_minimum_is_told_from_a_guess(hock_schittkowski_71: Any) -> None:
    _, report = Solver(hock_schittkowski_71).solve(START)
    assert report.minimum is True


def test_a_solver_is_rebuilt_for_nothing_and_repeats_itself(hock_schittkowski_71: Any) -> None:
    solver = Solver(hock_schittkowski_71)
    first, one = solver.solve(START)
    second, two = solver.solve(START)
    np.testing.assert_array_equal(first.unknowns, second.unknowns)
    assert one.iterations == two.iterations


LOUD = """
import runpy, sys, jax, numpy as np
jax.config.update("jax_enable_x64", True)
from surae.nlp.ipopt import IpoptOptions, Solver
from surae.nlp.program import Guess
program = runpy.run_path(sys.argv[1])["tutorial_problem"]()
options = IpoptOptions(extra=(("print_level", 5), ("sb", "no")))
_, report = Solver(program, options).solve(Guess(np.array([1.0, 5.0, 5.0, 1.0])))
print(report.status.value)
"""


def test_standard_output_stays_clean_even_of_a_loud_ipopt() -> None:
    # In a process of its own: pytest's capture would take what IPOPT writes before it gets there.
    conftest = str(Path(__file__).with_name("conftest.py"))
    found = subprocess.run(
        [sys.executable, "-c", LOUD, conftest], capture_output=True, text=True, timeout=300
    )
    assert (found.stdout, found.returncode) == ("solved\n", 0), found.stderr


def test_nothing_compiles_during_a_solve(hock_schittkowski_71: Any, compilations: Any) -> None:
    solver = Solver(hock_schittkowski_71)
    counts: list[int] = []
    solver.solve(START)
    solver.solve(START, lambda *_: counts.append(len(compilations)))
    assert len(counts) > 3 and counts[-1] == counts[0]
    # The counter counts: a new function is one more.
    jax.jit(lambda x: x + 1.25)(jnp.ones(3))
    assert len(compilations) > counts[-1]
