"""The strides next to a solved one: how all of it moves with any number of runner or task.

    F(unknowns, multipliers; number) = 0   =>   dF/d(unknowns) d(unknowns) = -dF/d(number)

`Neighbours` factors the left side once (nlp.kkt). The right side of what changes parameters of
muscles alone is put together from columns (gait.muscle_slopes); of everything else (speed, masses,
contact, weights of the cost, bounds) it is a central difference of the conditions at the solution,
which are evaluated, not solved again.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable

import jax
import numpy as np
from numpy.typing import NDArray

from surae.gait.muscle_parts import effort_weights
from surae.gait.muscle_slopes import EFFORT, LEAVES, MuscleSlopes
from surae.gait.problem import RunningProblem, running_problem
from surae.gait.solution import GaitSolution
from surae.gait.task import RunningTask
from surae.gait.unpack import full_stride
from surae.nlp.kkt import Conditions, Motion, Solution, conditions, slope_between
from surae.nlp.program import Guess
from surae.runner.runner import Runner
from surae.transcription.places import blocks_of
from surae.transcription.problem import TranscribedProgram

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Number:
    """Something that a stride depends on: `at(value)` is the runner and task that have it.

    step: of a central difference; of the order of 1e-4 of what is a usual change.
    """

    name: str
    unit: str
    value: float
    step: float
    at: Callable[[float], tuple[Runner, RunningTask]]

    @functools.cached_property
    def sides(self) -> tuple[tuple[Runner, RunningTask], tuple[Runner, RunningTask]]:
        """Runner and task a step above and a step below."""
        return self.at(self.value + self.step), self.at(self.value - self.step)


class Neighbours:
    """A solved stride with its first-order conditions factored."""

    def __init__(self, problem: RunningProblem, point: Guess) -> None:
        self.problem, self.point = problem, point
        program = TranscribedProgram(problem.problem)
        n = len(problem.runner.coordinate_names)
        rows = n + np.arange(len(problem.runner.muscle_names))
        blocks = blocks_of(problem.problem, "excitation", rows)
        self.solution = Solution(program, point, blocks)
        self._program = program
        self._columns: MuscleSlopes | None = None

    def moved(self, numbers: list[Number]) -> Moved:
        """Motion of unknowns and multipliers with each number, per unit of it."""
        slopes = [self._slope(number) for number in numbers]
        return Moved(self, numbers, slopes, self.solution.moved(slopes))

    def _slope(self, number: Number) -> Conditions:
        """Derivative of the first-order conditions by a number."""
        high, low = number.sides
        if self.problem.task.held is None and _same_task(high[1], low[1]):
            leaves = _moved_leaves(high[0], low[0])
            if leaves is not None:
                return self._of_muscles(high[0], low[0], number.step, leaves)
        above, below = (self._conditions(*side) for side in (high, low))
        difference = slope_between(below, above, 2.0 * number.step)
        self._program.update(self.problem.problem)
        return difference

    def _conditions(self, runner: Runner, task: RunningTask) -> Conditions:
        problem = running_problem(runner, task, like=self.problem)
        self._program.update(problem.problem)
        return conditions(self._program, self.point)

    def _of_muscles(self, high: Runner, low: Runner, step: float, leaves: list[str]) -> Conditions:
        if self._columns is None:
            x, rows = self.point.unknowns, self.point.row_multipliers
            assert rows is not None
            self._columns = MuscleSlopes(self.problem, self._program, x, rows)
        columns = self._columns
        weights = np.zeros(columns.size)
        slopes = {name: (_leaf(high, name) - _leaf(low, name)) / (2.0 * step) for name in leaves}
        slopes[EFFORT] = (self._effort(high) - self._effort(low)) / (2.0 * step)
        for name, by_muscle in slopes.items():
            weights[columns.place(name, 0) + np.arange(len(by_muscle))] = by_muscle
        nothing = np.zeros(len(self.point.unknowns))
        return Conditions(columns.stationarity @ weights, columns.rows @ weights, nothing, nothing)

    def _effort(self, runner: Runner) -> Floats:
        return np.asarray(effort_weights(runner.muscles, self.problem.task.costs))


@dataclasses.dataclass(frozen=True)
class Moved:
    """Motions with several numbers; `strides` are the two neighbours along one of them."""

    neighbours: Neighbours
    numbers: list[Number]
    slopes: list[Conditions]
    motion: Motion

    def along(self, solution: Solution) -> Moved:
        """The same numbers' motions with the conditions factored in another way."""
        return dataclasses.replace(self, motion=solution.moved(self.slopes))

    def strides(self, which: int) -> tuple[GaitSolution, GaitSolution, float]:
        """The stride a step above and a step below, to first order, and the step between them."""
        number, own = self.numbers[which], self.neighbours
        motion = self.motion.unknowns[:, which]
        found = []
        for sign, (runner, task) in zip((1.0, -1.0), number.sides, strict=True):
            problem = dataclasses.replace(own.problem, runner=runner, task=task)
            unknowns = own.point.unknowns + sign * number.step * motion
            found.append(full_stride(problem, unknowns, "solved"))
        return found[0], found[1], 2.0 * number.step


def _same_task(one: RunningTask, other: RunningTask) -> bool:
    return one is other


def _leaf(runner: Runner, name: str) -> Floats:
    return np.asarray(getattr(runner.muscles, name))


def _moved_leaves(high: Runner, low: Runner) -> list[str] | None:
    """Which parameters of muscles differ; None where anything else that counts differs, too."""
    ones, others = (jax.tree_util.tree_flatten_with_path(r)[0] for r in (high, low))
    differing = [
        jax.tree_util.keystr(path, simple=True, separator=".")
        for (path, one), (_, other) in zip(ones, others, strict=True)
        if one is not other and not np.array_equal(one, other)
    ]
    # The tendon's own record is read by metrics; its stiffness acts through the muscles.
    counting = [name for name in differing if not name.startswith("achilles.")]
    names = [name.removeprefix("muscles.") for name in counting]
    return names if set(names) <= set(LEAVES) else None
