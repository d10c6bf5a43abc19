"""The strides next to a solved one: what of it changes how fast with any number of runner or task.

    F(unknowns, multipliers; number) = 0   =>   dF/d(unknowns) d(unknowns) = -dF/d(number)

`Neighbours` factors the left side once (nlp.kkt). Any function of the stride pulls back to weights
of the unknowns (gait.stride_slopes), and these, by one solve for each function, to weights of the
conditions F: its derivative by a number is their product with dF/d(number). Of what changes
parameters of muscles alone dF/d(number) is put together from columns (gait.muscle_slopes); of
everything else (speed, masses, contact, weights of the cost) it is the conditions' derivative along
the parameters of whatever parts it changes (transcription.slopes).
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from surae._pytree import quantity, with_quantities
from surae.gait.blocks import blocks_of_stride
from surae.gait.muscle_slopes import LEAVES, MuscleSlopes
from surae.gait.problem import RunningProblem, running_problem
from surae.gait.solution import GaitSolution
from surae.gait.stride_slopes import StrideSlopes, Weights
from surae.gait.task import RunningTask
from surae.gait.unpack import full_stride
from surae.nlp.kkt import Conditions, Solution
from surae.nlp.program import Guess
from surae.runner.runner import Runner
from surae.transcription.layout import n_rows
from surae.transcription.problem import TranscribedProgram
from surae.transcription.slopes import Beside, slopes

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
# Derivatives of quantities of a runner, by name: `skeleton.mass` (body,).
Moves = Mapping[str, Floats]
Side = tuple[Runner, RunningTask]

SAME = 1e-10  # of a gradient
OF_MUSCLES = tuple(f"muscles.{name}" for name in LEAVES)
_FIELDS = tuple(field.name for field in dataclasses.fields(Conditions))


@dataclasses.dataclass(frozen=True)
class Number:
    """Something that a stride depends on: `at(value)` is the runner and task that have it.

    step: of a central difference of what the problem is made of. moves: what of
    the runner changes with it and how fast, by name: `muscles.strength` (muscle,); nothing where
    it is the task that changes.
    """

    name: str
    unit: str
    value: float
    step: float
    at: Callable[[float], tuple[Runner, RunningTask]]
    moves: Moves = dataclasses.field(default_factory=dict)

    @property
    def of_muscles(self) -> bool:
        """Whether all that counts in the equations are parameters of muscles."""
        # The tendon's own record is read by metrics; its stiffness acts through the muscles.
        counting = {name for name in self.moves if not name.startswith("achilles.")}
        return bool(counting) and counting <= set(OF_MUSCLES)


def moved(runner: Runner, moves: Moves, by: float) -> Runner:
    """The runner with a number changed by so much, to first order."""
    changed = {n: np.asarray(quantity(runner, n)) + by * change for n, change in moves.items()}
    return with_quantities(runner, changed)


def along(
    runner: Runner, task: RunningTask, moves: Moves, present: float, value: float
) -> tuple[Runner, RunningTask]:
    """Runner and task with another value of a number on which the runner depends linearly."""
    return moved(runner, moves, value - present), task


class Neighbours:
    """A solved stride with its first-order conditions factored."""

    def __init__(
        self, problem: RunningProblem, point: Guess, program: TranscribedProgram | None = None
    ) -> None:
        """program: one of the problem's structure, which may have another problem by and by."""
        self.problem, self.point = problem, point
        self._own_program = program or TranscribedProgram(problem.problem)
        self.solution = Solution(self._program, point, blocks_of_stride(problem))

    @property
    def _program(self) -> TranscribedProgram:
        """The program at the stride's own problem."""
        if self._own_program.problem is not self.problem.problem:
            self._own_program.update(self.problem.problem)
        return self._own_program

    @functools.cached_property
    def columns(self) -> MuscleSlopes:
        """The conditions' derivatives by all parameters of muscles."""
        x, rows = self.point.unknowns, self.point.row_multipliers
        assert rows is not None
        return MuscleSlopes(self.problem, self._program, x, rows)

    @functools.cached_property
    def stride(self) -> StrideSlopes:
        """The stride's derivatives by the unknowns."""
        return StrideSlopes(self.problem, self._program, self.point.unknowns)

    def derivatives(
        self,
        weights: Weights,
        numbers: Sequence[Number],
        solutions: Sequence[Solution] | None = None,
    ) -> list[Floats]:
        """Of functions of the stride by numbers (function, number), for each way of solving.

        weights: derivatives of the functions by quantities of the stride, and of its runner
        (`runner.skeleton.mass`). solutions: default the stride's own.
        """
        pushes = self.pushes(numbers)
        direct = self._direct(weights, numbers, pushes)
        by_unknowns = self.stride.by_unknowns(weights)
        chosen, which = _distinct(by_unknowns)
        gradients = np.ascontiguousarray(by_unknowns[chosen].T)
        del by_unknowns
        return [
            direct - pushes.times(solution.adjoint(gradients))[which]
            for solution in solutions or [self.solution]
        ]

    def pushes(self, numbers: Sequence[Number]) -> Pushes:
        """Derivatives of the first-order conditions by the numbers."""
        of_muscles = np.array([number.of_muscles for number in numbers], dtype=bool)
        along = self.columns.along([n.moves for n in numbers if n.of_muscles])
        assert self.point.row_multipliers is not None
        point = self.point.unknowns, self.point.row_multipliers
        others = [number for number in numbers if not number.of_muscles]
        sides = [self._sides(number) for number in others]
        beside = [self._beside(*each, n.step) for each, n in zip(sides, others, strict=True)]
        faster = [
            (high[1].speed - low[1].speed) / (2.0 * number.step)
            for (high, low), number in zip(sides, others, strict=True)
        ]
        found = slopes(self._program, beside, *point)
        order = np.argsort(
            np.concatenate([np.flatnonzero(of_muscles), np.flatnonzero(~of_muscles)])
        )
        n_muscles = int(np.sum(of_muscles))

        def all_numbers(name: str) -> sp.csr_matrix:
            dense = getattr(found.conditions, name)
            size, rest = len(dense), sp.csr_matrix(dense.T)
            if hasattr(self.columns, name):
                own = sp.csr_matrix((getattr(self.columns, name) @ along).T)
            else:  # bounds
                own = sp.csr_matrix((n_muscles, size))
            return sp.csr_matrix(sp.vstack([own, rest]))[order]

        by = {name: all_numbers(name) for name in _FIELDS}
        return Pushes(**by, of_muscles=of_muscles, told=found.told, faster=np.array(faster))

    def _beside(self, high: Side, low: Side, step: float) -> Beside:
        """The problems of runner and task a step above and a step below."""
        above, below = (running_problem(*side, like=self.problem).problem for side in (high, low))
        return Beside(below, above, 2.0 * step)

    def _sides(self, number: Number) -> tuple[Side, Side]:
        """Runner and task a step above and a step below."""
        runner, task = self.problem.runner, self.problem.task
        value, step = number.value, number.step
        if number.moves:
            both = (moved(runner, number.moves, by) for by in (step, -step))
            high, low = ((own, task) for own in both)
        else:
            high, low = ((runner, number.at(value + by)[1]) for by in (step, -step))
        return high, low

    def _direct(self, weights: Weights, numbers: Sequence[Number], pushes: Pushes) -> Floats:
        """What the numbers change of the functions while the unknowns stand still."""
        found = np.zeros((n_rows(next(iter(weights.values()))), len(numbers)))
        mine = pushes.of_muscles
        along = self.columns.along([n.moves for n in numbers if n.of_muscles])
        found[:, mine] = (along.T @ self.stride.by_parameters(weights).T).T
        told, faster = pushes.told, pushes.faster
        found[:, ~mine] = self.stride.by_told(weights, told, len(faster))
        found[:, ~mine] += self.stride.by_speed(weights)[:, None] * faster
        for which, number in enumerate(numbers):
            if any(name.startswith("muscles.") for name in number.moves) and not mine[which]:
                found[:, which] = self._described(weights, number)
            for name, change in number.moves.items():
                if f"runner.{name}" in weights:
                    found[:, which] += weights[f"runner.{name}"] @ change.ravel()
        return found

    def _described(self, weights: Weights, number: Number) -> Floats:
        """By a number that changes the paths of muscles: from the strides beside it."""
        found = np.zeros(n_rows(next(iter(weights.values()))))
        high, low = (self._stride(*side) for side in self._sides(number))
        for name, weight in weights.items():
            if not name.startswith("runner."):
                gap = np.asarray(getattr(high, name)) - np.asarray(getattr(low, name))
                found += weight @ gap.ravel()
        return found / (2.0 * number.step)

    def _stride(self, runner: Runner, task: RunningTask) -> GaitSolution:
        problem = dataclasses.replace(self.problem, runner=runner, task=task)
        return full_stride(problem, self.point.unknowns)


@dataclasses.dataclass(frozen=True)
class Pushes:
    """Derivatives of the conditions by numbers, each (number, .).

    Of numbers that are not of muscles also: told, what else parts tell (transcription.slopes);
    faster, the mean speed.
    """

    stationarity: sp.csr_matrix
    rows: sp.csr_matrix
    lower: sp.csr_matrix
    upper: sp.csr_matrix
    of_muscles: NDArray[np.bool_]
    told: dict[str, Floats]
    faster: Floats

    def times(self, weights: Conditions) -> Floats:
        """Sum of weights (., function) times derivatives: (function, number)."""
        found = np.zeros((len(self.of_muscles), weights.rows.shape[1]))
        for name in _FIELDS:
            own = getattr(self, name)
            used = np.unique(own.indices)  # few bounds move
            found += own[:, used] @ getattr(weights, name)[used]
        return found.T


def _distinct(gradients: Floats) -> tuple[Ints, Ints]:
    """Rows that differ by more than rounding, and for each row which of these it is.

    Loads of the left of a mirrored stride are those of the right.
    """
    size = np.max(np.abs(gradients), axis=1)
    told = gradients @ np.cos(np.arange(1.0, gradients.shape[1] + 1.0))
    order = np.argsort(told)
    new = np.ones(len(order), dtype=bool)
    for place, (last, row) in enumerate(itertools.pairwise(order), start=1):
        near = told[row] - told[last] <= SAME * size[row] * gradients.shape[1]
        new[place] = not (
            near and np.all(np.abs(gradients[row] - gradients[last]) <= SAME * size[row])
        )
    which = np.empty_like(order)
    which[order] = np.cumsum(new) - 1
    return order[new], which
