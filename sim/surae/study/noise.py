"""The noise floor of an effect: how much the *difference* moves when nothing of the body changes.

Healthy and weakened are solved again on a doubled mesh, with another scheme, from perturbed starts,
on stiffer ground, with half and twice the pull to the measured stride, and at the healthy cadence;
each weakened stride on the branch of its own healthy one. The level of a load may move by per
cents; what counts beside an effect is the spread of the difference. The way back, from weakened to
healthy, must close: what does not close is added to the floor.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

import numpy as np

from surae._pytree import replace
from surae.gait.guess import Guess, Start, guess_for, perturbed, reference_guess
from surae.gait.stride import Progress, Stride, StrideSolver
from surae.gait.task import RunningTask
from surae.loads.all_metrics import all_metrics
from surae.runner.runner import Runner

Say = Callable[[str], None]
STARTS = 3
PERTURBATION = 0.1  # of every unknown's scale
STIFFER = 1.5  # contact spheres
PULLS = {"half the tracking": 0.5, "twice the tracking": 2.0}
OTHER_SCHEME = {"radau2": ("backward_euler", 2), "backward_euler": ("radau2", 0.5)}


@dataclasses.dataclass(frozen=True)
class Variant:
    """One repetition: the healthy value and the difference of every metric (largest place)."""

    name: str
    solved: bool
    healthy: Mapping[str, np.ndarray]
    difference: Mapping[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class NoiseFloor:
    """All variants, the as-asked one first. `spread`: by metric, in the metric's unit."""

    variants: tuple[Variant, ...]
    closure: Mapping[str, float]
    spread: Mapping[str, float]


def noise_floor(
    healthy: Runner,
    weakened: Runner,
    task: RunningTask,
    say: Say = lambda text: None,
    progress: Progress | None = None,
) -> NoiseFloor:
    """Repeat a what-if under other meshes, schemes and starts. Unsolved repetitions are named."""
    base, first, closure = _as_asked(healthy, weakened, task, say, progress)
    variants = [base]
    for name, changed in _other_meshes(task).items():
        say(name)
        solver = StrideSolver(healthy, changed)
        start = Start(first.gait, task.symmetry, task.scheme, task.intervals, first.guess)
        guess = guess_for(start, solver.problem)
        variants.append(_pair(name, solver, healthy, weakened, guess, progress))
    solver = StrideSolver(healthy, task)
    for name, changed in _other_tasks(task, first).items():
        say(name)
        solver.set_task(healthy, changed)
        variants.append(_pair(name, solver, healthy, weakened, first.guess, progress))
    solver.set_task(healthy, task)
    say("stiffer ground")
    firm, firm_weak = _on_stiffer_ground(healthy), _on_stiffer_ground(weakened)
    variants.append(_pair("stiffer ground", solver, firm, firm_weak, first.guess, progress))
    cold = reference_guess(solver.problem)
    for seed in range(1, STARTS + 1):
        say(f"start {seed}")
        guess = perturbed(cold, solver.problem.layout, PERTURBATION, seed)
        variants.append(_pair(f"start {seed}", solver, healthy, weakened, guess, progress))
    return NoiseFloor(tuple(variants), closure, _spread(variants, closure))


def _other_meshes(task: RunningTask) -> dict[str, RunningTask]:
    other, factor = OTHER_SCHEME.get(task.scheme, ("radau2", 1))
    intervals = max(4, round(task.intervals * factor))
    return {
        "doubled mesh": dataclasses.replace(task, intervals=2 * task.intervals),
        other: dataclasses.replace(task, scheme=other, intervals=intervals),
    }


def _other_tasks(task: RunningTask, healthy: Stride) -> dict[str, RunningTask]:
    """Other pulls to the data, where there is one; the healthy cadence, where that is free."""
    tasks = {}
    costs = task.costs
    for name, factor in PULLS.items():
        pull = {"tracking": costs.tracking, "ground_reaction": costs.ground_reaction}
        changed = dataclasses.replace(costs, **{k: factor * v for k, v in pull.items()})
        if any(pull.values()):
            tasks[name] = dataclasses.replace(task, costs=changed)
    if task.stride_time is None:
        time = float(healthy.gait.duration)
        tasks["healthy cadence"] = dataclasses.replace(task, stride_time=time)
    return tasks


def _on_stiffer_ground(runner: Runner) -> Runner:
    feet = runner.feet
    return replace(runner, feet=replace(feet, stiffness=STIFFER * feet.stiffness))


def _as_asked(
    healthy: Runner, weakened: Runner, task: RunningTask, say: Say, progress: Progress | None
) -> tuple[Variant, Stride, dict[str, float]]:
    say("as asked")
    solver = StrideSolver(healthy, task)
    first = solver.solve(None, progress)
    solver.set_runner(weakened)
    second = solver.solve(first.guess, progress)
    say("the way back")
    solver.set_runner(healthy)
    back = solver.solve(second.guess, progress)
    gap = {n: float(np.max(np.abs(v))) for n, v in _difference(first, back).items()}
    return _variant("as asked", first, second), first, gap


def _pair(
    name: str,
    solver: StrideSolver,
    healthy: Runner,
    weakened: Runner,
    guess: Guess,
    progress: Progress | None,
) -> Variant:
    solver.set_runner(healthy)
    first = solver.solve(guess, progress)
    solver.set_runner(weakened)
    return _variant(name, first, solver.solve(first.guess, progress))


def _variant(name: str, first: Stride, second: Stride) -> Variant:
    solved = first.report.status.solved and second.report.status.solved
    healthy = {n: np.asarray(m.value) for n, m in all_metrics(first.gait).items()}
    return Variant(name, solved, healthy, _difference(first, second))


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
