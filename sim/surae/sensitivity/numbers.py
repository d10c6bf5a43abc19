"""What a solved stride is differentiated by: strength, muscles, tendons, masses, ground, cost.

Names are those of studies and of `--set`; a name without side means both sides. Each number knows
the runner and the task that have another value of it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from functools import partial

import numpy as np

from surae._errors import UnusableInput
from surae.gait.neighbours import Moves, Number, along
from surae.gait.task import CostWeights, RunningTask
from surae.runner.dials import DIALS
from surae.runner.parameters import (
    ACHILLES_PARAMETERS,
    CONTACT_PARAMETERS,
    MUSCLE_PARAMETERS,
    contact_law,
    parameter_value,
    set_parameter,
)
from surae.runner.runner import Runner
from surae.runner.segments import segments_of
from surae.runner.spelling import nearest_name
from surae.runner.weakness import (
    AchillesSlopes,
    achilles_stiffness_slopes,
    chosen,
    weaken,
    without_side,
)

AtSpeed = Callable[[float], RunningTask]

# Of a number's size. What is differenced depends on it smoothly and next to linearly, except that
# the tables of the reference bend at their own speeds: a small step takes the mean of both sides.
STEP = 1e-6
OF_MUSCLES = {
    "optimal_fiber_length_m": "m",
    "tendon_slack_length_m": "m",
    "activation_time_constant_s": "s",
    "deactivation_time_constant_s": "s",
}
STIFFNESS = "tendon_stiffness_kT"
_UNITS = ("N_m15", "N_mm", "m_s", "s_m", "per_m", "Pa", "kg", "m")
_COSTS = ("effort", "metabolic", "activation_rate", "acceleration", "motor", "tracking")
COSTS = (*_COSTS, "ground_reaction")


def all_numbers(runner: Runner, task: RunningTask, at_speed: AtSpeed | None) -> list[Number]:
    """Everything that is offered for this stride, in a fixed order."""
    calf = achilles_stiffness_slopes(runner)
    return [
        *_strengths(runner, task),
        *_muscles(runner, task, calf),
        *_parameters(runner, task, calf),
        *_masses(runner, task),
        *_task(runner, task, at_speed),
    ]


def chosen_numbers(
    runner: Runner, task: RunningTask, at_speed: AtSpeed | None, names: list[str] | None
) -> list[Number]:
    """The numbers of these names, in their order; without names all of them."""
    known = {number.name: number for number in all_numbers(runner, task, at_speed)}
    if names is None:
        return list(known.values())
    for name in names:
        if name not in known:
            nearest = nearest_name(name, tuple(known))
            hint = f" did you mean {nearest!r}?" if nearest else ""
            raise UnusableInput(
                f"there is no parameter {name!r} here;{hint} allowed are strength.GROUP, "
                f"GROUP.PARAMETER ({', '.join(OF_MUSCLES)}), {', '.join(_others(known))}; groups "
                "of two sides only where half a stride was solved."
            )
    return [known[name] for name in names]


def _others(known: Iterable[str]) -> list[str]:
    """Parameters that belong to no muscle."""
    heads = ("achilles.", "body.", "contact.", "segment_mass.", "speed", "stride_time", "cost.")
    return [name for name in known if name.startswith(heads)]


def _stems(runner: Runner, task: RunningTask) -> list[str]:
    """Muscles: without side where both are the same muscle, as in half a stride."""
    names = runner.muscle_names
    return list(dict.fromkeys(map(without_side, names))) if task.half else list(names)


def _groups(runner: Runner, task: RunningTask) -> list[str]:
    stems = [name for name, _ in runner.groups if name not in _stems(runner, task)]
    return stems if task.half else [f"{stem}_{side}" for stem in stems for side in ("r", "l")]


def _strengths(runner: Runner, task: RunningTask) -> Iterator[Number]:
    """Fraction of the present active force; volume stays."""
    present = np.asarray(runner.muscles.strength)
    for name in (*_groups(runner, task), *_stems(runner, task)):

        def at(value: float, name: str = name) -> tuple[Runner, RunningTask]:
            return weaken(runner, name, strength=value), task

        moves = {"muscles.strength": np.where(chosen(runner, name), present, 0.0)}
        yield Number(f"{DIALS['strength'].key}.{name}", "1", 1.0, STEP, at, moves)


def _muscles(runner: Runner, task: RunningTask, calf: AchillesSlopes) -> Iterator[Number]:
    muscles = runner.muscles
    achilles = set(runner.achilles.muscles)
    for stem in _stems(runner, task):
        of_achilles = without_side(stem) in achilles
        members = chosen(runner, stem)
        offered = dict(OF_MUSCLES)
        if muscles.elastic_tendon[int(np.argmax(members))] and not of_achilles:
            offered[STIFFNESS] = "1"
        for parameter, unit in offered.items():
            spec = MUSCLE_PARAMETERS[parameter]
            direction = np.where(members, spec.factor, 0.0)
            moves = {f"muscles.{spec.field}": direction}
            if of_achilles and parameter == "tendon_slack_length_m":
                # A shorter tendon of the calf keeps its stiffness in N/mm: two parameters move.
                moves["muscles.tendon_stiffness"] = calf.by_slack @ direction
            present = float(np.mean(np.asarray(getattr(muscles, spec.field))[members]))
            yield _set(runner, task, f"{stem}.{parameter}", unit, present / spec.factor, moves)


def _parameters(runner: Runner, task: RunningTask, calf: AchillesSlopes) -> Iterator[Number]:
    skeleton, law = runner.skeleton, contact_law(runner)
    known = {"achilles.stiffness_N_mm": ("N/mm", _stiffer(calf))}
    inertia = {f"skeleton.{n}": np.asarray(getattr(skeleton, n)) for n in ("mass", "inertia")}
    whole = float(runner.body_mass)
    known["body.mass_kg"] = "kg", {name: value / whole for name, value in inertia.items()}
    for parameter, spec in CONTACT_PARAMETERS[law].items():
        if spec.field == "stiffness":  # of every sphere
            moves = {"feet.stiffness": np.full(np.shape(runner.feet.stiffness), spec.factor)}
        else:
            moves = {f"feet.law.{spec.field}": np.asarray(spec.factor)}
        known[f"contact.{parameter}"] = _unit(parameter), moves
    for name, (unit, moves) in known.items():
        yield _set(runner, task, name, unit, parameter_value(runner, name), moves)


def _stiffer(calf: AchillesSlopes) -> Moves:
    """What a stiffer Achilles tendon (N/mm) changes."""
    per_unit = ACHILLES_PARAMETERS["stiffness_N_mm"].factor
    return {
        "achilles.stiffness": np.asarray(per_unit),
        "muscles.tendon_stiffness": per_unit * calf.by_stiffness,
    }


def _unit(parameter: str) -> str:
    ending = next((unit for unit in _UNITS if parameter.endswith(f"_{unit}")), "1")
    return {"N_m15": "N/m^1.5", "N_mm": "N/mm", "m_s": "m/s", "s_m": "s/m", "per_m": "1/m"}.get(
        ending, ending
    )


def _set(
    runner: Runner, task: RunningTask, name: str, unit: str, value: float, moves: Moves
) -> Number:
    def at(value: float) -> tuple[Runner, RunningTask]:
        return set_parameter(runner, name, value), task

    return Number(name, unit, value, STEP * abs(value), at, moves)


def _masses(runner: Runner, task: RunningTask) -> Iterator[Number]:
    """Masses of segments, inertia in proportion; both sides together in half a stride."""
    names = runner.skeleton.body_names
    masses, inertia = (np.asarray(getattr(runner.skeleton, n)) for n in ("mass", "inertia"))
    stems = dict.fromkeys(map(without_side, names)) if task.half else names
    for stem in stems:
        bodies = np.isin(np.arange(len(names)), segments_of(runner.skeleton, stem))
        mass = float(masses[bodies][0])
        if mass > 0.0:
            share = bodies / mass
            moves = {"skeleton.mass": masses * share, "skeleton.inertia": inertia * share[:, None]}
            at = partial(along, runner, task, moves, mass)
            yield Number(f"segment_mass.{stem}_kg", "kg", mass, STEP * mass, at, moves)


def _task(runner: Runner, task: RunningTask, at_speed: AtSpeed | None) -> Iterator[Number]:
    if at_speed is not None:

        def faster(value: float) -> tuple[Runner, RunningTask]:
            return runner, at_speed(value)

        yield Number("speed_m_s", "m/s", task.speed, STEP * task.speed, faster)
    if task.stride_time is not None and task.held is None:

        def slower(value: float) -> tuple[Runner, RunningTask]:
            return runner, dataclasses.replace(task, stride_time=value)

        step = STEP * task.stride_time
        yield Number("stride_time_s", "s", task.stride_time, step, slower)
    for name in COSTS:
        weight = float(getattr(task.costs, name))
        if weight > 0.0:
            at = partial(_weighted, runner, task, name)
            yield Number(f"cost.{name}", "1", weight, STEP * weight, at)
    yield from _delays(runner, task)


def _weighted(
    runner: Runner, task: RunningTask, name: str, value: float
) -> tuple[Runner, RunningTask]:
    costs: CostWeights = dataclasses.replace(task.costs, **{name: value})
    return runner, dataclasses.replace(task, costs=costs)


def _delays(runner: Runner, task: RunningTask) -> Iterator[Number]:
    """Delays that are there already: an unshifted burst is not limited at all, and the first
    millisecond of a delay is a jump, which has no derivative."""
    delay = np.asarray(runner.excitation_limits.delay)
    for name in _groups(runner, task):
        members = chosen(runner, name)
        value = 1e3 * float(delay[members].min())
        if value > 0.0:
            moves = {"excitation_limits.delay": np.where(members, 1e-3, 0.0)}
            at = partial(along, runner, task, moves, value)
            yield Number(f"{DIALS['delay'].key}.{name}", "ms", value, STEP * value, at, moves)
