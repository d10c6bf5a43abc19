"""Whether a what-if stayed on the branch of solutions of the stride that it started from.

All numbers of two problems of one structure lie on a straight way, s = 0 at the parent p, s = 1 at
the child c. Along a branch the optimal cost J has the slope of the Lagrangian L (envelope theorem:
Fiacco & Ishizuka, Annals of Operations Research 27:215, 1990), so by the trapezoid rule

    J_c - J_p = (dL_p/ds + dL_c/ds) / 2 + O(h^3).

A jump to another optimum breaks this. The mismatch is the error of the rule over the change of the
slope on the way and what an optimum is known to, the barrier's share of L at both ends: where
nothing changes, it is all that is left. It falls with the step on a branch, and is of order one or
more after a jump. It takes function values alone.
"""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import jax
import numpy as np

from surae.gait.guess import Start, guess_for
from surae.gait.problem import RunningProblem, running_problem
from surae.gait.stride import Stride, StrideSolver
from surae.gait.structure import structure
from surae.gait.task import RunningTask
from surae.gait.width_guess import width_of, with_other_rows
from surae.nlp.program import Floats, Guess
from surae.nlp.report import Status
from surae.transcription.parts import Part, SparsePart
from surae.transcription.problem import OptimalControlProblem, TranscribedProgram

LARGEST_MISMATCH = 0.25
# Where bounds that press are moved, instants come to and leave them one by one: the slope goes on
# without a jump, but with kinks. As long as it lies between its ends, the rule is off by at most
# half of its change; a jump is off by more.
LARGEST_WITH_BOUNDS = 0.5
_PRESSES = 1e-6  # a bound's multiplier, of a cost of order 0.01 to 1
# Of the cost: by so much two solves of one stride differ.
NOISE = 1e-5
# Of the way from parent to child, for central differences.
SMALL_SHARE = 1e-3


@dataclasses.dataclass(frozen=True)
class Branch:
    """Whether a child followed its parent's branch, and in words why it may not have.

    change, predicted_change: of the optimal cost, as solved and by the trapezoid rule; NaN, as the
    mismatch, where they could not be had. minimum: see `SolveReport.minimum`.
    """

    followed: bool
    mismatch: float
    change: float
    predicted_change: float
    minimum: bool | None
    reason: str


def branch(solver: StrideSolver, start: Start, task: RunningTask, child: Stride) -> Branch:
    """Compare a child with the stride `start` that it started from, solved for `task`.

    solver: one of the child's structure; it is left at the child's runner and task.
    """
    if not child.report.status.solved:
        return _unknown(child, "the child did not converge")
    if start.gait.status != Status.SOLVED.value:
        return _unknown(child, "the parent did not converge")
    task = dataclasses.replace(
        task,
        symmetry=child.problem.task.symmetry,
        scheme=child.problem.task.scheme,
        intervals=child.problem.task.intervals,
    )
    runner, program = start.gait.runner, solver.program
    own, last = child.problem, child.guess
    if (task.step_width is None) != (own.task.step_width is None):
        task, own, program, last = _with_widths(start, task, child)
    if structure(runner, task) != structure(own.runner, own.task):
        return _unknown(child, "the parent's cost or model has other terms")
    point = guess_for(start, own)
    if not point.warm:
        return _unknown(child, "the parent gave no multipliers")
    now, then = own.problem, running_problem(runner, task, like=own).problem
    then, now = _held(then, now, point.unknowns), _held(now, then, last.unknowns)
    parent, end = (_along(program, then, now, at, each) for at, each in ((0.0, point), (1.0, last)))
    solver.set_task(child.problem.runner, child.problem.task)
    change, predicted = end.cost - parent.cost, 0.5 * (parent.slope + end.slope)
    floor = NOISE * abs(parent.cost) + parent.barrier + end.barrier
    mismatch = abs(change - predicted) / (abs(end.slope - parent.slope) + floor)
    kinked = _bounds_move(then, now, point) or _bounds_move(then, now, last)
    followed, reason = mismatch <= (LARGEST_WITH_BOUNDS if kinked else LARGEST_MISMATCH), ""
    if not followed:
        reason = (
            f"the cost changed by {change:.3g}, along the parent's branch it would by "
            f"{predicted:.3g}"
        )
    elif child.report.minimum is False:
        followed, reason = False, "the child is no strict minimum"
    return Branch(followed, mismatch, change, predicted, child.report.minimum, reason)


def _with_widths(
    start: Start, task: RunningTask, child: Stride
) -> tuple[RunningTask, RunningProblem, TranscribedProgram, Guess]:
    """Parent's task, child's problem, program and point where one of both has a free step width.

    That one becomes the stride of its own width.
    """
    runner, own = child.problem.runner, child.problem.task
    width = task.step_width if own.step_width is None else own.step_width
    problem = running_problem(runner, dataclasses.replace(own, step_width=width))
    program = TranscribedProgram(problem.problem)
    if own.step_width is not None:
        free = guess_for(start, problem).unknowns
        task = dataclasses.replace(task, step_width=width_of(program, problem, free))
        return task, problem, program, child.guess
    last = with_other_rows(child.problem, problem, child.guess)
    free_width = width_of(program, problem, last.unknowns)
    own = dataclasses.replace(own, step_width=free_width)
    return task, running_problem(runner, own, like=problem), program, last


class _End(NamedTuple):
    """At one end of the way: the Lagrangian, its slope along the way, the barrier's share of it."""

    cost: float
    slope: float
    barrier: float


def lagrangian(program: TranscribedProgram, point: Guess) -> float:
    """Cost + row multipliers . rows + bound multipliers . distances from the bounds they belong to.

    Bound multipliers are positive at upper bounds, negative at lower ones.
    """
    if point.row_multipliers is None:
        raise ValueError("The Lagrangian needs multipliers.")
    rows = program.constraints(point.unknowns) - program.row_lower
    own = program.cost(point.unknowns) + point.row_multipliers @ rows
    return float(own + _at_bounds(program, point))


def _at_bounds(program: TranscribedProgram, point: Guess) -> float:
    """Bound multipliers . distances: what the barrier leaves of each, where 0 would be optimal."""
    if point.bound_multipliers is None:
        raise ValueError("The Lagrangian needs multipliers.")
    x, bounds = point.unknowns, point.bound_multipliers
    edge = np.where(bounds > 0.0, program.upper, program.lower)
    distance = np.where(np.isfinite(edge) & (bounds != 0.0), x - edge, 0.0)
    return float(bounds @ distance)


def _held(
    own: OptimalControlProblem, other: OptimalControlProblem, solution: Floats
) -> OptimalControlProblem:
    """A problem with bounds moved up to its own solution where the other's are tighter.

    What the other one fixes is fixed; a ceiling that the other one lowers is lowered as far as it
    does not press. Without this the way from a free cadence to a given one, or from a free
    excitation to a limited one, would have a kink where the bound begins to act.
    """
    lower, upper = own.layout.lower, own.layout.upper
    held = (other.layout.lower == other.layout.upper) & (lower < upper)
    tighter = np.clip(other.layout.upper, np.maximum(solution, lower), upper)
    upper = np.where(other.layout.upper < upper, tighter, upper)
    lower, upper = (np.where(held, solution, bound) for bound in (lower, upper))
    return dataclasses.replace(
        own, layout=dataclasses.replace(own.layout, lower=lower, upper=upper)
    )


def _bounds_move(then: OptimalControlProblem, now: OptimalControlProblem, point: Guess) -> bool:
    """Whether a bound that presses at this solution is elsewhere in the other problem."""
    one, other = then.layout, now.layout
    free = (one.lower < one.upper) | (other.lower < other.upper)
    moved = free & ((one.upper != other.upper) | (one.lower != other.lower))
    assert point.bound_multipliers is not None
    return bool(np.any(moved & (np.abs(point.bound_multipliers) > _PRESSES)))


def _along(
    program: TranscribedProgram,
    then: OptimalControlProblem,
    now: OptimalControlProblem,
    share: float,
    point: Guess,
) -> _End:
    """What a point says at a share of the way between two problems."""
    values = []
    for at in (share - SMALL_SHARE, share + SMALL_SHARE, share):
        program.update(_between(then, now, at))
        values.append(lagrangian(program, point))
    slope = (values[1] - values[0]) / (2.0 * SMALL_SHARE)
    return _End(values[2], slope, abs(_at_bounds(program, point)))


def _between(
    then: OptimalControlProblem, now: OptimalControlProblem, share: float
) -> OptimalControlProblem:
    """All numbers on the straight way between two problems of one structure."""

    def mixed(old: Any, new: Any) -> Any:
        return np.asarray(old) + share * (np.asarray(new) - np.asarray(old))

    def part(old: Part | SparsePart, new: Part | SparsePart) -> Part | SparsePart:
        parameters = jax.tree.map(mixed, old.parameters, new.parameters)
        at_points = jax.tree.map(mixed, old.point_parameters, new.point_parameters)
        return dataclasses.replace(old, parameters=parameters, point_parameters=at_points)

    with np.errstate(invalid="ignore"):  # infinite bounds
        ends = then.layout, now.layout
        lower, upper = (mixed(*(getattr(end, side) for end in ends)) for side in ("lower", "upper"))
    return dataclasses.replace(
        then,
        layout=dataclasses.replace(then.layout, lower=lower, upper=upper),
        parts=tuple(map(part, then.parts, now.parts)),
        row_scale=mixed(then.row_scale, now.row_scale),
    )


def _unknown(child: Stride, reason: str) -> Branch:
    nan = float("nan")
    return Branch(False, nan, nan, nan, child.report.minimum, reason)
