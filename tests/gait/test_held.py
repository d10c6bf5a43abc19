"""A motion that is held: muscles share what it needs, and reserves say what they cannot give."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from surae._errors import UnusableInput
from surae.gait.branch import branch
from surae.gait.guess import Start, guess_for, perturbed, reference_guess
from surae.gait.held import HeldMotion, held_motion
from surae.gait.problem import running_problem
from surae.gait.stride import Stride, StrideSolver
from surae.gait.task import HELD_MODE, HELD_RESERVES, RunningTask
from surae.runner.runner import Runner, inverse_dynamics, moment_arms
from surae.runner.weakness import weaken
from surae.skeleton.passive import passive_moments
from surae.transcription.problem import TranscribedProgram

EXTENSORS = ("gluteus_maximus", "hamstrings", "adductor_magnus")


def start_of(stride: Stride) -> Start:
    task = stride.problem.task
    return Start(stride.gait, task.symmetry, task.scheme, task.intervals, stride.guess)


@pytest.fixture(scope="module")
def motion(stride: Stride) -> HeldMotion:
    return held_motion(stride.gait, "half", "the stride of these tests")


@pytest.fixture(scope="module")
def task(motion: HeldMotion, make_task: Any) -> RunningTask:
    return make_task(mode=HELD_MODE, held=motion)


@pytest.fixture(scope="module")
def held_solver(planar: Runner, task: RunningTask) -> StrideSolver:
    return StrideSolver(planar, task)


@pytest.fixture(scope="module")
def healthy(held_solver: StrideSolver, stride: Stride) -> Stride:
    solved = held_solver.solve(guess_for(start_of(stride), held_solver.problem))
    assert solved.report.status.solved
    return solved


@pytest.fixture(scope="module")
def weakened(planar: Runner, held_solver: StrideSolver, healthy: Stride) -> Callable[..., Stride]:
    def solve(strength: float, *groups: str) -> Stride:
        runner = planar
        for group in groups:
            runner = weaken(runner, group, strength)
        held_solver.set_runner(runner)
        try:
            solved = held_solver.solve(healthy.guess)
        finally:
            held_solver.set_runner(planar)
        assert solved.report.status.solved
        return solved

    return solve


def reserves(stride: Stride) -> dict[str, float]:
    """Largest reserve of each coordinate, N m/kg or N/kg."""
    moments = np.abs(np.asarray(stride.gait.reserve_moments)).max(axis=0)
    names = stride.gait.runner.coordinate_names
    return dict(zip(names, moments / float(stride.gait.runner.body_mass), strict=True))


def peak(stride: Stride, muscle: str) -> float:
    index = stride.gait.runner.muscle_names.index(muscle)
    return float(np.asarray(stride.gait.activation)[:, index].max())


def same_motion(one: Stride, other: Stride) -> None:
    for curve in ("time", "coordinates", "speeds", "accelerations", "ground_reaction_force"):
        ours, theirs = (np.asarray(getattr(s.gait, curve)) for s in (one, other))
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12 * np.abs(theirs).max())


def test_an_optimal_stride_already_shares_its_forces_optimally(
    stride: Stride, healthy: Stride
) -> None:
    # What the rest of the cost asks of the motion is constant here, so nothing moves but by the
    # finite price of reserves.
    same_motion(healthy, stride)
    ours, theirs = (np.asarray(s.gait.activation) for s in (healthy, stride))
    assert np.abs(ours - theirs).max() < 2e-3
    assert max(reserves(healthy).values()) < 1e-3
    np.testing.assert_allclose(
        healthy.gait.achilles_force.max(), stride.gait.achilles_force.max(), rtol=1e-4
    )


def test_where_it_starts_does_not_matter(held_solver: StrideSolver, healthy: Stride) -> None:
    cold = held_solver.solve(reference_guess(held_solver.problem))
    assert cold.report.status.solved
    np.testing.assert_allclose(cold.solution.cost, healthy.solution.cost, rtol=1e-6)


def test_needed_moments_are_given_by_muscles_springs_motors_and_reserves(
    planar: Runner, weakened: Callable[..., Stride]
) -> None:
    gait = weakened(0.3, *EXTENSORS).gait
    assert gait.reserve_moments is not None
    motors = set(planar.actuators.coordinates)
    for at in (3, 10, 17):
        q, v = gait.coordinates[at], gait.speeds[at]
        force = jnp.asarray(gait.tendon_force[at])
        given = moment_arms(planar, q).T @ force
        given = given + passive_moments(planar.passive, q, v) + gait.reserve_moments[at]
        for coordinate in range(len(planar.coordinate_names)):
            if coordinate not in motors:
                needed = float(gait.joint_moments[at, coordinate])
                np.testing.assert_allclose(float(given[coordinate]), needed, atol=1e-4)
        # joint_moments: what inverse dynamics asks beyond the ground.
        flight = np.abs(np.asarray(gait.ground_reaction_force[at])).max() < 1e-6
        if flight:
            needed = inverse_dynamics(planar, q, v, gait.accelerations[at])
            np.testing.assert_allclose(needed, gait.joint_moments[at], atol=1e-4)


def test_neighbours_take_over_from_a_weak_muscle(
    healthy: Stride, weakened: Callable[..., Stride]
) -> None:
    weak = weakened(0.6, "gluteus_maximus")
    same_motion(weak, healthy)
    assert peak(weak, "hamstrings_r") > 1.1 * peak(healthy, "hamstrings_r")
    assert peak(weak, "adductor_magnus_r") > 1.1 * peak(healthy, "adductor_magnus_r")
    assert max(reserves(weak).values()) < 2e-3
    # An effort that falls with the third power of activation never leaves a muscle the rise of
    # 1 / 0.6 by which it would keep its force.
    assert peak(weak, "gluteus_maximus_r") < peak(healthy, "gluteus_maximus_r") / 0.6
    assert weak.solution.cost > healthy.solution.cost


def test_what_nobody_can_give_is_a_reserve_at_that_joint(
    healthy: Stride, weakened: Callable[..., Stride]
) -> None:
    weak = weakened(0.1, *EXTENSORS)
    same_motion(weak, healthy)
    found = reserves(weak)
    assert found["hip_flexion_r"] > 0.3
    assert found["hip_flexion_r"] == max(found.values())
    assert all(peak(weak, f"{name}_r") > 0.99 for name in EXTENSORS)
    # The stride obeys Newton: nobody has to hold the pelvis.
    assert max(value for name, value in found.items() if name.startswith("pelvis")) < 1e-6


def test_the_price_of_reserves_is_all_that_is_between(
    planar: Runner, held_solver: StrideSolver, task: RunningTask, healthy: Stride
) -> None:
    held_solver.set_task(planar, dataclasses.replace(task, reserves=0.1 * HELD_RESERVES))
    cheap = held_solver.solve(healthy.guess)
    held_solver.set_task(planar, task)
    assert cheap.report.status.solved
    name = "knee_angle_r"
    assert 7.0 < reserves(cheap)[name] / reserves(healthy)[name] < 13.0


@pytest.mark.parametrize("metabolic", [0.0, pytest.param(0.1, marks=pytest.mark.slow)])
def test_derivatives_are_those_of_the_values(
    planar: Runner, task: RunningTask, metabolic: float
) -> None:
    costs = dataclasses.replace(task.costs, metabolic=metabolic)
    problem = running_problem(planar, dataclasses.replace(task, costs=costs))
    program = TranscribedProgram(problem.problem)
    x = perturbed(reference_guess(problem), problem.layout, 0.05, seed=2).unknowns
    random = np.random.default_rng(5)
    direction = random.standard_normal(len(x))
    multipliers = random.standard_normal(len(program.row_lower))
    pattern, step = program.jacobian_pattern, 1e-6

    def lagrangian_gradient(at: np.ndarray) -> np.ndarray:
        rows = np.zeros(len(x))
        jacobian = program.jacobian(at)
        np.add.at(rows, pattern.columns, jacobian * multipliers[pattern.rows])
        return program.gradient(at) + rows

    ends = [x + sign * step * direction for sign in (1.0, -1.0)]
    rows = np.zeros(len(multipliers))
    np.add.at(rows, pattern.rows, program.jacobian(x) * direction[pattern.columns])
    numeric = (program.constraints(ends[0]) - program.constraints(ends[1])) / (2.0 * step)
    np.testing.assert_allclose(rows, numeric, atol=1e-6 * np.abs(numeric).max())
    there, back = (program.cost(end) for end in ends)
    slope = (there - back) / (2.0 * step)
    np.testing.assert_allclose(program.gradient(x) @ direction, slope, rtol=1e-6)
    upper = program.hessian_pattern
    values = program.hessian(x, 1.0, multipliers)
    product = np.zeros(len(x))
    np.add.at(product, upper.rows, values * direction[upper.columns])
    off = upper.rows != upper.columns
    np.add.at(product, upper.columns[off], values[off] * direction[upper.rows[off]])
    numeric = (lagrangian_gradient(ends[0]) - lagrangian_gradient(ends[1])) / (2.0 * step)
    np.testing.assert_allclose(product, numeric, atol=1e-5 * np.abs(numeric).max())


def test_one_weak_side_is_held_on_the_whole_stride(
    planar: Runner, task: RunningTask, healthy: Stride
) -> None:
    whole = dataclasses.replace(task, symmetry="full")
    solver = StrideSolver(planar, whole)
    both = solver.solve(guess_for(start_of(healthy), solver.problem))
    assert both.report.status.solved and both.report.iterations <= 8
    np.testing.assert_allclose(both.solution.cost, healthy.solution.cost, rtol=1e-5)
    same_motion(both, healthy)
    solver.set_runner(weaken(planar, "gluteus_maximus_r", 0.7))
    lame = solver.solve(both.guess)
    assert lame.report.status.solved
    assert branch(solver, start_of(both), whole, lame).followed
    rise = peak(lame, "hamstrings_r") - peak(lame, "hamstrings_l")
    assert rise > 0.02
    np.testing.assert_allclose(peak(lame, "hamstrings_l"), peak(healthy, "hamstrings_l"), atol=1e-3)


def test_other_meshes_and_unlike_sides_are_refused(planar: Runner, task: RunningTask) -> None:
    with pytest.raises(UnusableInput, match=r"24 instants on another mesh"):
        running_problem(planar, dataclasses.replace(task, intervals=8))
    assert task.held is not None
    unlike = dataclasses.replace(task.held, symmetry="full")
    with pytest.raises(UnusableInput, match=r"symmetry is half"):
        running_problem(planar, dataclasses.replace(task, held=unlike))
