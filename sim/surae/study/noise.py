"""The noise floor of an effect: how much the *difference* moves when nothing of the body changes.

Healthy and weakened are solved again on a doubled mesh, with another scheme, from perturbed starts,
on stiffer ground, with half and twice the pull to the measured stride, and at the healthy cadence;
each weakened stride on the branch of its own healthy one. The level of a load may move by per
cents; what counts beside an effect is the spread of the difference. The way back, from weakened to
healthy, must close: what does not close is added to the floor.

The healthy strides are the same for all what-ifs of a task, so they are solved once: `Repetitions`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jax
import numpy as np

from surae._pytree import replace
from surae.gait.branch import branch
from surae.gait.guess import Start, guess_for, perturbed, reference_guess
from surae.gait.stride import Progress, Stride, StrideSolver
from surae.gait.task import RunningTask
from surae.loads.all_metrics import all_metrics
from surae.runner.runner import Runner

Say = Callable[[str], None]
AS_ASKED = "as asked"
STARTS = 3
PERTURBATION = 0.1  # of every unknown's scale
STIFFER = 1.5  # contact spheres
PULLS = {"half the tracking": 0.5, "twice the tracking": 2.0}
OTHER_SCHEME = {"radau2": ("backward_euler", 2), "backward_euler": ("radau2", 0.5)}
SAME_STRIDE = 1e-6  # two solves of one stride differ by less, in an unknown's scale
# A weakened stride that leaves the branch of its healthy one is approached in so many steps.
STEPS = (1, 2, 4)


@dataclasses.dataclass(frozen=True)
class Variant:
    """One repetition: the healthy value and the difference of every metric (largest place).

    followed: whether the weakened stride is on the branch of its healthy one (gait.branch).
    """

    name: str
    solved: bool
    healthy: Mapping[str, np.ndarray]
    difference: Mapping[str, np.ndarray]
    followed: bool = True
    mismatch: float = 0.0


@dataclasses.dataclass(frozen=True)
class NoiseFloor:
    """All variants, the as-asked one first. `spread`: by metric, in the metric's unit."""

    variants: tuple[Variant, ...]
    closure: Mapping[str, float]
    spread: Mapping[str, float]


@dataclasses.dataclass(frozen=True)
class Repetition:
    """A healthy stride, solved in a way of its own, and that way for a weakened runner's task."""

    name: str
    solver: StrideSolver
    healthy: Stride
    runner: Callable[[Runner], Runner]
    task: Callable[[RunningTask], RunningTask]


class Repetitions:
    """The healthy stride in all ways; then the noise floor of any what-if of the same task.

    start: where the healthy stride that is asked about starts; left out, the reference stride.
    starts: how many perturbed ones.
    """

    def __init__(
        self,
        healthy: Runner,
        task: RunningTask,
        start: Start | None = None,
        say: Say = lambda text: None,
        progress: Progress | None = None,
        starts: int = STARTS,
    ) -> None:
        self._say, self._progress = say, progress
        solver = StrideSolver(healthy, task)
        say(f"healthy, {AS_ASKED}")
        guess = None if start is None else guess_for(start, solver.problem)
        self.first = solver.solve(guess, progress)
        self.ways = [Repetition(AS_ASKED, solver, self.first, _same, _same)]
        for name, runner, other in _ways(task, float(self.first.gait.duration)):
            say(f"healthy, {name}")
            self.ways.append(self._repetition(name, healthy, task, runner, other))
        cold = reference_guess(solver.problem)
        for seed in range(1, starts + 1):
            say(f"healthy, start {seed}")
            solver.set_task(healthy, task)
            guess = perturbed(cold, solver.problem.layout, PERTURBATION, seed)
            stride = self._known(solver.solve(guess, progress))
            self.ways.append(Repetition(f"start {seed}", solver, stride, _same, _same))

    def _known(self, stride: Stride) -> Stride:
        """The stride that was asked about where another start has ended on it."""
        apart = np.max(np.abs(stride.solution.unknowns - self.first.solution.unknowns))
        return self.first if stride.report.status.solved and apart < SAME_STRIDE else stride

    def _repetition(
        self,
        name: str,
        healthy: Runner,
        task: RunningTask,
        runner: Callable[[Runner], Runner],
        other: Callable[[RunningTask], RunningTask],
    ) -> Repetition:
        """The healthy stride solved in another way, from the one that was asked about."""
        first, solver = self.first, self.ways[0].solver
        changed = other(task)
        if (changed.scheme, changed.intervals) == (task.scheme, task.intervals):
            solver.set_task(runner(healthy), changed)
            return Repetition(
                name, solver, solver.solve(first.guess, self._progress), runner, other
            )
        solver = StrideSolver(runner(healthy), changed)
        stride = solver.solve(guess_for(_start(first), solver.problem), self._progress)
        return Repetition(name, solver, stride, runner, other)

    def noise_floor(self, weakened: Runner, task: RunningTask | None = None) -> NoiseFloor:
        """Repeat one what-if in all ways. Unsolved repetitions are named.

        task: its own, of the structure of the healthy one's; left out, the same.
        """
        variants = []
        closure: dict[str, float] = {}
        for way in self.ways:
            if variants and way.healthy is self.first:  # the same solve again
                variants.append(dataclasses.replace(variants[0], name=way.name))
                continue
            self._say(way.name)
            variant, second = self._pair(way, weakened, task)
            variants.append(variant)
            if way.name == AS_ASKED:
                closure = self._closure(way, second)
        return NoiseFloor(tuple(variants), closure, _spread(variants, closure))

    def _pair(
        self, way: Repetition, weakened: Runner, task: RunningTask | None
    ) -> tuple[Variant, Stride]:
        """A weakened stride from its healthy one; in smaller steps where it is not on its branch.

        Another task (a cadence, say) is taken in one step: tasks are not all numbers.
        """
        runner, healthy = way.runner(weakened), way.healthy
        other = healthy.problem.task if task is None else way.task(task)
        best: tuple[Variant, Stride] | None = None
        for steps in STEPS if task is None and healthy.report.status.solved else STEPS[:1]:
            stride, followed, mismatch = self._in_steps(way, runner, other, steps)
            variant = _variant(way, stride, followed, mismatch)
            if best is None or followed or (variant.solved and not best[0].solved):
                best = variant, stride
            if followed:
                break
        assert best is not None
        return best

    def _in_steps(
        self, way: Repetition, runner: Runner, task: RunningTask, steps: int
    ) -> tuple[Stride, bool, float]:
        """The weakened stride, whether all steps followed, and the largest mismatch."""
        last, followed, mismatch = way.healthy, True, 0.0
        healthy = last.problem.runner
        for step in range(1, steps + 1):
            part = runner if step == steps else _between(healthy, runner, step / steps)
            way.solver.set_task(part, task)
            stride = way.solver.solve(last.guess, self._progress)
            seen = branch(way.solver, _start(last), last.problem.task, stride)
            followed, mismatch = followed and seen.followed, max(mismatch, seen.mismatch)
            last = stride
        return last, followed, mismatch

    def _closure(self, way: Repetition, second: Stride) -> dict[str, float]:
        """How far the way back from the weakened stride ends from the healthy one."""
        self._say("the way back")
        way.solver.set_task(way.healthy.problem.runner, way.healthy.problem.task)
        back = way.solver.solve(second.guess, self._progress)
        gap = _difference(way.healthy, back)
        return {name: float(np.max(np.abs(value))) for name, value in gap.items()}


def noise_floor(
    healthy: Runner,
    weakened: Runner,
    task: RunningTask,
    start: Start | None = None,
    say: Say = lambda text: None,
    progress: Progress | None = None,
) -> NoiseFloor:
    """Repeat a what-if under other meshes, schemes and starts: one what-if of `Repetitions`."""
    return Repetitions(healthy, task, start, say, progress).noise_floor(weakened, task)


def _ways(
    task: RunningTask, stride_time: float
) -> Iterator[tuple[str, Callable[[Runner], Runner], Callable[[RunningTask], RunningTask]]]:
    """Other meshes; other pulls to the data, where there is one; the healthy cadence, where that
    is free; stiffer ground. By name, what each makes of a runner and of a task.
    """
    other, factor = OTHER_SCHEME.get(task.scheme, ("radau2", 1))
    yield "doubled mesh", _same, _on_mesh(task.scheme, 2)
    yield other, _same, _on_mesh(other, factor)
    if task.costs.tracking or task.costs.ground_reaction:
        for name, pull in PULLS.items():
            yield name, _same, _pulled(pull)
    if task.stride_time is None:
        yield "healthy cadence", _same, _at_cadence(stride_time)
    yield "stiffer ground", _on_stiffer_ground, _same


def _start(stride: Stride) -> Start:
    task = stride.problem.task
    return Start(stride.gait, task.symmetry, task.scheme, task.intervals, stride.guess)


def _same(unchanged: Any) -> Any:
    return unchanged


def _on_mesh(scheme: str, factor: float) -> Callable[[RunningTask], RunningTask]:
    def changed(task: RunningTask) -> RunningTask:
        intervals = max(4, round(task.intervals * factor))
        return dataclasses.replace(task, scheme=scheme, intervals=intervals)

    return changed


def _pulled(factor: float) -> Callable[[RunningTask], RunningTask]:
    def changed(task: RunningTask) -> RunningTask:
        costs = task.costs
        pull = {"tracking": costs.tracking, "ground_reaction": costs.ground_reaction}
        costs = dataclasses.replace(costs, **{k: factor * v for k, v in pull.items()})
        return dataclasses.replace(task, costs=costs)

    return changed


def _at_cadence(stride_time: float) -> Callable[[RunningTask], RunningTask]:
    def changed(task: RunningTask) -> RunningTask:
        free = task.stride_time is None
        return dataclasses.replace(task, stride_time=stride_time) if free else task

    return changed


def _on_stiffer_ground(runner: Runner) -> Runner:
    feet = runner.feet
    return replace(runner, feet=replace(feet, stiffness=STIFFER * feet.stiffness))


def _between(start: Runner, end: Runner, share: float) -> Runner:
    """All numbers of two runners on the straight way from one to the other."""

    def mixed(old: Any, new: Any) -> Any:
        old, new = np.asarray(old), np.asarray(new)
        return new if np.array_equal(old, new) else old + share * (new - old)

    return jax.tree.map(mixed, start, end)


def _variant(way: Repetition, second: Stride, followed: bool, mismatch: float) -> Variant:
    first = way.healthy
    solved = first.report.status.solved and second.report.status.solved
    healthy = {n: np.asarray(m.value) for n, m in all_metrics(first.gait).items()}
    difference = _difference(first, second)
    return Variant(way.name, solved, healthy, difference, followed, mismatch)


def _difference(first: Stride, second: Stride) -> dict[str, np.ndarray]:
    before, after = all_metrics(first.gait), all_metrics(second.gait)
    return {n: np.asarray(after[n].value) - np.asarray(m.value) for n, m in before.items()}


def _spread(variants: list[Variant], closure: Mapping[str, float]) -> dict[str, float]:
    """Largest departure of a solved repetition's difference from the one as asked."""
    base, *others = variants
    spread = {}
    for name, difference in base.difference.items():
        moved = [np.max(np.abs(v.difference[name] - difference)) for v in others if v.solved]
        spread[name] = float(max([closure[name], *moved]))
    return spread
