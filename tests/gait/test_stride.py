"""Solved strides: the same by halves and whole, followed without compiling, never lost."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import numpy as np
import pytest

from surae._pytree import replace
from surae.files.normative import normative_stride
from surae.gait.eased import eased_task, with_reserves
from surae.gait.guess import reference_guess
from surae.gait.problem import running_problem
from surae.gait.reference import select
from surae.gait.stride import Stride, StrideSolver
from surae.gait.structure import structure
from surae.gait.task import RunningTask
from surae.gait.unfold import unfolded
from surae.nlp.ipopt import IpoptOptions
from surae.nlp.report import Status
from surae.runner.parameters import set_parameter
from surae.runner.runner import Runner
from surae.runner.weakness import weaken


def test_a_converged_stride_says_so(stride: Stride) -> None:
    report = stride.report
    assert stride.gait.status == report.status.value == "solved"
    assert report.constraint_violation < 1e-3  # N m, N or 1/s
    assert " of " in report.worst_constraint and "% of the solved stride" in report.worst_constraint
    lower, upper = stride.problem.layout.lower, stride.problem.layout.upper
    x = stride.solution.unknowns
    assert np.all((lower - 1e-6 <= x) & (x <= upper + 1e-6))


def test_a_solved_stride_is_where_its_own_warm_start_stays(
    solver: StrideSolver, stride: Stride
) -> None:
    again = solver.solve(stride.guess)
    assert again.report.status.solved
    # A small barrier is taken up again and let down; nothing else is left to do.
    assert again.report.iterations <= 8 < stride.report.iterations / 3
    np.testing.assert_allclose(again.solution.cost, stride.solution.cost, rtol=1e-5)
    peaks = [float(s.gait.achilles_force.max()) for s in (again, stride)]
    np.testing.assert_allclose(peaks[0], peaks[1], rtol=1e-4)


def test_a_weaker_muscle_is_followed_without_compiling(
    planar: Runner, solver: StrideSolver, stride: Stride, compilations: Any
) -> None:
    program = solver.program
    try:
        solver.set_runner(weaken(planar, "gluteus_maximus", strength=0.9))
        before = len(compilations)
        weak = solver.solve(stride.guess)
        assert len(compilations) == before
        assert solver.program is program
    finally:
        solver.set_runner(planar)
    assert weak.report.status.solved
    assert weak.report.iterations < stride.report.iterations
    assert weak.gait.runner.muscles.strength.min() == 0.9
    # Less strength costs more: the healthy runner could do all that the weaker one does.
    assert weak.solution.cost > stride.solution.cost
    muscle = planar.muscle_names.index("gluteus_maximus_r")
    change = np.abs(weak.gait.activation - stride.gait.activation)[:, muscle]
    assert float(change.max()) > 1e-3


@pytest.fixture
def limping(planar: Runner) -> Runner:
    """Weaker, stiffer and heavier, with joints that bend less."""
    runner = set_parameter(weaken(planar, "soleus", 0.9), "achilles.stiffness_N_mm", 200.0)
    runner = set_parameter(runner, "body.mass_kg", 70.0)
    runner = set_parameter(runner, "vasti.minimum_activation", 0.02)
    return replace(runner, coordinate_upper=runner.coordinate_upper - 0.01)


@pytest.fixture
def other_task(make_task: Any) -> RunningTask:
    """Another speed and reference, another cadence, other weights."""
    task = make_task()
    costs = dataclasses.replace(task.costs, effort=1.2, tracking=0.8)
    reference = select(normative_stride(4.2, pelvis_height_m=0.93), task.reference.coordinate_names)
    return make_task(speed=4.2, reference=reference, costs=costs, stride_time=0.66)


def test_what_is_solved_does_not_depend_on_what_was_solved_before(
    planar: Runner, limping: Runner, other_task: RunningTask, stride: Stride, compilations: Any
) -> None:
    task, options = stride.problem.task, IpoptOptions(max_iterations=6)
    used = StrideSolver(planar, task, options)
    assert structure(planar, task) == structure(limping, other_task)
    for guess in (None, stride.guess):
        used.set_task(planar, task)
        used.solve(guess)
        before = len(compilations)
        used.set_task(limping, other_task)
        found = used.solve(guess)
        assert len(compilations) == before
        fresh = StrideSolver(limping, other_task, options).solve(guess)
        for one, other in zip(
            jax.tree.leaves((found.gait, dataclasses.astuple(found.solution))),
            jax.tree.leaves((fresh.gait, dataclasses.astuple(fresh.solution))),
            strict=True,
        ):
            np.testing.assert_array_equal(one, other)
        assert found.report.log == fresh.report.log
    for mine, fresh_one in ((used.problem, running_problem(limping, other_task)),):
        np.testing.assert_array_equal(mine.layout.lower, fresh_one.layout.lower)
        np.testing.assert_array_equal(mine.layout.upper, fresh_one.layout.upper)
        np.testing.assert_array_equal(mine.problem.row_scale, fresh_one.problem.row_scale)
        np.testing.assert_array_equal(mine.phases, fresh_one.phases)


@pytest.mark.parametrize(
    "change", [{"symmetry": "full"}, {"intervals": 7}, {"scheme": "radau3"}], ids=str
)
def test_another_transcription_has_another_structure(
    planar: Runner, make_task: Any, change: dict[str, Any]
) -> None:
    assert structure(planar, make_task(**change)) != structure(planar, make_task())


def test_another_kind_of_cost_has_another_structure(planar: Runner, make_task: Any) -> None:
    task = make_task()
    for change in ({"exponent": 2}, {"metabolic": 0.1}):
        costs = dataclasses.replace(task.costs, **change)
        assert structure(planar, make_task(costs=costs)) != structure(planar, task)


def test_a_solver_refuses_a_task_of_another_structure(solver: StrideSolver, make_task: Any) -> None:
    planar = solver.problem.runner
    with pytest.raises(ValueError, match="another structure"):
        solver.set_task(planar, make_task(intervals=7))


def test_the_healthy_solution_comes_back(solver: StrideSolver, stride: Stride) -> None:
    x = stride.solution.unknowns
    assert np.abs(solver.program.constraints(x)).max() < 1e-5
    np.testing.assert_allclose(solver.program.cost(x), stride.solution.cost, rtol=1e-12)


def test_a_solve_cut_short_keeps_its_stride(planar: Runner, stride: Stride) -> None:
    short = StrideSolver(planar, stride.problem.task, IpoptOptions(max_iterations=2))
    found = short.solve()
    assert found.report.status is Status.ITERATION_LIMIT
    assert found.gait.status == Status.ITERATION_LIMIT.value
    assert found.report.constraint_violation > 1e-3
    assert np.all(np.isfinite(found.gait.joint_moments))


def test_control_c_keeps_the_stride(solver: StrideSolver) -> None:
    def stop(iteration: int, cost: float, violation: float) -> None:
        if iteration == 2:
            raise KeyboardInterrupt

    found = solver.solve(progress=stop)
    assert found.report.status is Status.INTERRUPTED
    assert found.gait.status == "interrupted"
    assert np.all(np.isfinite(found.gait.achilles_force))


@pytest.mark.slow
def test_half_a_stride_mirrored_is_the_whole_stride(
    planar: Runner, stride: Stride, make_task: Any
) -> None:
    whole = StrideSolver(planar, make_task(symmetry="full"), IpoptOptions(tolerance=1e-8))
    found = whole.solve(unfolded(stride.problem, whole.problem, stride.guess))
    assert found.report.status.solved
    np.testing.assert_allclose(found.solution.cost, stride.solution.cost, rtol=1e-4)
    for name in ("achilles_force", "ground_reaction_force", "joint_moments", "activation"):
        one, other = (np.asarray(getattr(s.gait, name)) for s in (found, stride))
        scale = np.abs(other).max()
        np.testing.assert_allclose(one, other, rtol=0.0, atol=5e-3 * scale, err_msg=name)
    np.testing.assert_allclose(
        found.gait.achilles_force.max(), stride.gait.achilles_force.max(), rtol=1e-4
    )
    np.testing.assert_allclose(found.gait.duration, stride.gait.duration, rtol=1e-4)


def test_a_cold_start_with_reserves_ends_without_them(
    stride: Stride, solver: StrideSolver, planar: Runner, make_task: Any
) -> None:
    """Reserves make the reference stride feasible; what is solved in the end knows none."""
    eased = StrideSolver(planar, eased_task(make_task()))
    guess = with_reserves(eased.problem, eased.program, reference_guess(eased.problem))
    n = len(planar.coordinate_names) * eased.problem.layout.mesh.n_points
    before = eased.program.constraints(reference_guess(eased.problem).unknowns)[:n].copy()
    assert np.abs(before).max() > 1.0
    np.testing.assert_allclose(eased.program.constraints(guess.unknowns)[:n], 0.0, atol=1e-12)
    reserves = stride.problem.layout.unknowns["reserves"]
    assert not stride.solution.unknowns[reserves].any()
    # The stride is the one that is found without easing.
    solver.set_task(planar, stride.problem.task)
    solution, report = solver.solver.solve(reference_guess(solver.problem))
    assert report.status is Status.SOLVED
    np.testing.assert_allclose(solution.cost, stride.solution.cost, rtol=1e-6)


def test_a_predicted_start_that_leads_nowhere_gives_way_to_the_neighbours_own(
    planar: Runner, stride: Stride, make_task: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    weak = weaken(planar, "gluteus_maximus", strength=0.8)
    task = make_task()
    plain = StrideSolver(weak, task, predicts=False).solve(stride.guess)
    solver = StrideSolver(weak, task)
    followed = solver.solve(stride.guess)
    assert followed.report.legs > 0
    assert followed.report.iterations < plain.report.iterations
    monkeypatch.setattr("surae.gait.stride.PATIENCE", 1)
    seen: list[int] = []
    again = solver.solve(stride.guess, lambda iteration, *_: seen.append(iteration))
    assert again.report.status.solved
    assert again.report.iterations == 1 + plain.report.iterations
    assert seen == sorted(seen) and seen[-1] == again.report.iterations
    np.testing.assert_allclose(
        again.solution.unknowns, plain.solution.unknowns, rtol=0.0, atol=1e-12
    )


def test_no_more_iterations_than_were_granted(
    planar: Runner, stride: Stride, make_task: Any
) -> None:
    weak = weaken(planar, "gluteus_maximus", strength=0.8)
    solver = StrideSolver(weak, make_task(), IpoptOptions(max_iterations=2))
    report = solver.solve(stride.guess).report
    assert report.status is Status.ITERATION_LIMIT and report.iterations == 2
