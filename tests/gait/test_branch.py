"""A step along a branch is told from a jump to another optimum, and ignorance is admitted."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from surae._pytree import replace
from surae.files.case_inputs import prepare_task
from surae.gait.branch import Branch, branch, lagrangian
from surae.gait.guess import Start, guess_for, reference_guess
from surae.gait.stride import Stride, StrideSolver
from surae.gait.task import RunningTask
from surae.nlp.ipopt import IpoptOptions
from surae.nlp.report import Status
from surae.runner.parameters import set_parameter
from surae.runner.runner import Runner
from surae.runner.weakness import weaken
from surae.study.case import Case

Step = Callable[[Runner, RunningTask, Stride], tuple[Stride, Branch]]


def start_of(stride: Stride) -> Start:
    task = stride.problem.task
    return Start(stride.gait, task.symmetry, task.scheme, task.intervals, stride.guess)


@pytest.fixture(scope="module")
def own_solver(planar: Runner, make_task: Any) -> StrideSolver:
    return StrideSolver(planar, make_task())


@pytest.fixture(scope="module")
def step(own_solver: StrideSolver) -> Step:
    """A child solved from its parent, and what is said of it."""

    def solve(runner: Runner, task: RunningTask, parent: Stride) -> tuple[Stride, Branch]:
        own_solver.set_task(runner, task)
        child = own_solver.solve(parent.guess)
        assert child.report.status.solved
        return child, branch(own_solver, start_of(parent), parent.problem.task, child)

    return solve


@pytest.mark.parametrize("group", ["soleus", "iliopsoas"])
def test_the_mismatch_falls_with_the_step(
    planar: Runner, stride: Stride, step: Step, group: str
) -> None:
    task = stride.problem.task
    _, whole = step(weaken(planar, group, 0.8), task, stride)
    child, half = step(weaken(planar, group, 0.9), task, stride)
    assert whole.followed and half.followed and half.reason == ""
    # The rule's error falls with the cube of the step, the change of the slope with the step.
    whole_error, half_error = (abs(b.change - b.predicted_change) for b in (whole, half))
    assert half_error < 0.4 * whole_error
    assert half.mismatch < 0.7 * whole.mismatch < 0.1
    assert half.change == pytest.approx(child.solution.cost - stride.solution.cost, rel=1e-3)


def test_limits_of_excitation_are_followed_there_and_back(
    planar: Runner, stride: Stride, step: Step
) -> None:
    task, before = stride.problem.task, stride.solution.cost
    for change in ({"delay": 50.0}, {"advance": 30.0}, {"drop": 0.4}, {"ceiling": 0.25}):
        child, found = step(weaken(planar, "gluteus_maximus", **change), task, stride)
        assert found.followed, (change, found)
        assert child.solution.cost > before
        again, back = step(planar, task, child)
        assert back.followed, (change, back)
        assert again.solution.cost == pytest.approx(before, rel=1e-7)


def test_other_speeds_costs_cadences_and_bodies_are_followed(
    planar: Runner, make_task: Any, stride: Stride, step: Step
) -> None:
    costs = dataclasses.replace(stride.problem.task.costs, effort=1.1)
    _, lighter = step(set_parameter(planar, "body.mass_kg", 68.0), stride.problem.task, stride)
    assert lighter.followed and lighter.mismatch < 0.1
    for changes in ({"speed": 4.1}, {"costs": costs}, {"stride_time": 0.67}):
        child, found = step(planar, make_task(**changes), stride)
        assert found.followed, (changes, found)
        assert found.minimum
    # The way back from a given cadence to a free one has no kink either.
    _, back = step(planar, stride.problem.task, child)
    assert back.followed
    assert back.change == pytest.approx(-found.change, rel=1e-6)


def test_where_nothing_changes_the_branch_is_followed(
    planar: Runner, make_task: Any, stride: Stride, step: Step
) -> None:
    # A whole stride from its half differs by the barrier's share alone; so does a motion that is
    # held from its own solution. Against the cost's noise alone both looked like jumps.
    task = make_task(symmetry="full")
    solver = StrideSolver(planar, task)
    whole = solver.solve(guess_for(start_of(stride), solver.problem))
    assert whole.report.status.solved
    found = branch(solver, start_of(stride), stride.problem.task, whole)
    assert found.followed and found.predicted_change == 0.0, found
    _, same = step(planar, stride.problem.task, stride)
    assert same.followed and same.mismatch < 1e-6
    # Yet not everything is followed: on another mesh the parent is no optimum.
    finer = StrideSolver(planar, make_task(intervals=2 * stride.problem.task.intervals))
    child = finer.solve(guess_for(start_of(stride), finer.problem))
    assert not branch(finer, start_of(stride), stride.problem.task, child).followed


def test_a_stride_off_the_branch_is_told(
    planar: Runner, stride: Stride, step: Step, own_solver: StrideSolver
) -> None:
    # As if a runner 2 % weaker were found at the optimum of one that is much weaker.
    task = stride.problem.task
    child, _ = step(weaken(planar, "soleus", 0.98), task, stride)
    far, _ = step(weaken(planar, "soleus", 0.6), task, stride)
    moved = dataclasses.replace(child, solution=far.solution)
    found = branch(own_solver, start_of(stride), task, moved)
    assert not found.followed and found.mismatch > 0.25
    assert "the cost changed by" in found.reason and "\n" not in found.reason


def test_the_solver_is_left_at_the_child(
    planar: Runner, stride: Stride, step: Step, own_solver: StrideSolver
) -> None:
    weak = weaken(planar, "soleus", 0.95)
    child, _ = step(weak, stride.problem.task, stride)
    assert own_solver.problem.runner is weak
    x = child.solution.unknowns
    assert own_solver.program.cost(x) == child.solution.cost
    # At an optimum the Lagrangian is the cost, but for the barrier.
    value = lagrangian(own_solver.program, child.guess)
    assert value == pytest.approx(child.solution.cost, rel=1e-5)


def test_what_cannot_be_told_is_not_called_followed(
    planar: Runner, make_task: Any, stride: Stride, own_solver: StrideSolver
) -> None:
    task, start = stride.problem.task, start_of(stride)
    own_solver.set_task(planar, task)
    unsolved = dataclasses.replace(stride.report, status=Status.ITERATION_LIMIT)
    lost = dataclasses.replace(stride, report=unsolved)
    bad_parent = dataclasses.replace(start, gait=replace(stride.gait, status="interrupted"))
    costs = dataclasses.replace(task.costs, exponent=2)
    for parent, of, child, reason in (
        (start, task, lost, "the child did not converge"),
        (bad_parent, task, stride, "the parent did not converge"),
        (dataclasses.replace(start, guess=None), task, stride, "no multipliers"),
        (start, make_task(costs=costs), stride, "other terms"),
    ):
        found = branch(own_solver, parent, of, child)
        assert not found.followed and math.isnan(found.mismatch) and reason in found.reason


@pytest.mark.slow
def test_two_optima_of_one_task_are_two_branches() -> None:
    # At 5 m/s the planar runner has two strides: one found cold, one that slower runs lead to.
    slow, fast = Case(speed=3.5), Case(speed=5.0)
    solver = StrideSolver(*prepare_task(slow), IpoptOptions(max_time=120.0))
    runner, task = solver.problem.runner, prepare_task(fast)[1]
    led = solver.solve().guess
    solver.set_task(runner, task)
    parents = [solver.solve(guess) for guess in (reference_guess(solver.problem), led)]
    costs = [parent.solution.cost for parent in parents]
    assert abs(costs[0] - costs[1]) > 0.005 * costs[0]
    solver.set_task(weaken(runner, "gluteus_maximus", 0.9), task)
    children = [solver.solve(parent.guess) for parent in parents]
    followed = [[branch(solver, start_of(p), task, c).followed for c in children] for p in parents]
    np.testing.assert_array_equal(followed, np.eye(2, dtype=bool))
