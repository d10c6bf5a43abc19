"""How far cases lie from each other, in comfortable steps of a warm start."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from surae.runner.dials import DIALS
from surae.study.design import WEAKNESSES, Axis, Scenario, Study
from surae.study.tree import Floats, Ints, groups_of

SPEED_STEP = 0.25  # m/s
_STEPS_OF_A_RANGE = 10
_UNSET = np.inf  # the model's own value, a free cadence or step width
Thing = tuple[str, str]  # kind of change, and of what


@dataclasses.dataclass(frozen=True)
class Positions:
    """Where places and, in the last row, the base lie.

    steps: (place + 1, column). weakness: columns that are 0 in a healthy case. task: (place + 1,)
    equal numbers for places with equal task, parameters and costs.
    """

    steps: Floats
    weakness: tuple[int, ...]
    task: Ints


def positions_of(study: Study, scenarios: Sequence[Scenario], values: Floats) -> Positions:
    """Positions of all places, scenario by scenario; values: (axis, cell)."""
    steps, weakness, rest = [], [], []
    shape = len(scenarios), values.shape[1]
    for column, (thing, axes) in enumerate(_things(study, scenarios).items()):
        raw = _raw(study, thing, scenarios, [(axis, values[i]) for i, axis in axes], shape)
        if thing[0] in WEAKNESSES:
            weakness.append(column)
        else:
            rest.append(raw)
        steps.append(_in_steps(study, thing, raw, axes[0][1] if axes else None))
    rows = shape[0] * shape[1] + 1
    return Positions(
        np.column_stack(steps) if steps else np.zeros((rows, 0)),
        tuple(weakness),
        groups_of(np.column_stack(rest) if rest else np.zeros((rows, 0))),
    )


def _things(study: Study, scenarios: Sequence[Scenario]) -> dict[Thing, list[tuple[int, Axis]]]:
    """What varies, each with the axes (and their numbers) that vary it."""
    things: dict[Thing, list[tuple[int, Axis]]] = {
        (change.kind, change.of): [] for scenario in scenarios for change in scenario.changes
    }
    for number, axis in enumerate(study.axes):
        for of in axis.of:
            things.setdefault((axis.kind, of), []).append((number, axis))
    return things


def _raw(
    study: Study,
    thing: Thing,
    scenarios: Sequence[Scenario],
    axes: Sequence[tuple[Axis, Floats]],
    shape: tuple[int, int],
) -> Floats:
    """Values (place + 1,) of one thing, the base's last."""
    kind, of = thing
    at_base = WEAKNESSES.get(kind, _base_value(study, kind, of))
    raw = np.full(shape, at_base)
    combine = _combined(kind)
    for number, scenario in enumerate(scenarios):
        for value in _values(scenario, thing):
            raw[number] = combine(raw[number], value)
    for axis, row in axes:
        # Cadences are told apart as the stride times that they are solved with.
        row = 2.0 / row if axis.of == ("cadence_Hz",) else row
        raw = combine(raw, np.broadcast_to(row, shape))
    return np.append(raw.ravel(), at_base)


def _combined(kind: str) -> Callable[..., Any]:
    """What a later value of one thing does to an earlier one."""
    if kind not in DIALS:
        return _last
    ways = {math.prod: np.multiply, sum: np.add}
    return ways.get(DIALS[kind].total, np.minimum)


def _last(_: Floats, after: Floats | float) -> Floats | float:
    return after


def _values(scenario: Scenario, thing: Thing) -> Iterator[float]:
    return (change.value for change in scenario.changes if (change.kind, change.of) == thing)


def _base_value(study: Study, kind: str, of: str) -> float:
    base = study.base
    if kind == "cost":
        return float(getattr(base.costs, of))
    values = {"speed_m_s": base.speed, "intervals": float(base.intervals)}
    if base.step_width is not None:
        values["step_width_m"] = base.step_width
    if base.stride_time is not None:
        values |= dict.fromkeys(("stride_time_s", "cadence_Hz"), base.stride_time)
    return values.get(of, _UNSET)


def _in_steps(study: Study, thing: Thing, raw: Floats, axis: Axis | None) -> Floats:
    kind, of = thing
    if kind in DIALS:
        dial = DIALS[kind]
        away = dial.healthy - raw if dial.healthy > dial.low else raw - dial.healthy
        return away / dial.step
    if of == "cadence_Hz":
        raw = np.where(np.isfinite(raw), 2.0 / raw, _UNSET)
    finite = raw[np.isfinite(raw)]
    low, high = axis.ends if axis else (finite.min(), finite.max())
    present = study.present.get(of, (low + high) / 2) if kind == "set" else (low + high) / 2
    raw = np.where(np.isfinite(raw), raw, present)
    if kind == "task" and of == "speed_m_s":
        return raw / SPEED_STEP
    if axis and axis.spacing == "log":
        raw, low, high = np.log(np.maximum(raw, low)), np.log(low), np.log(high)
    span = high - low if axis else 0.0
    step = span / _STEPS_OF_A_RANGE or np.abs(raw).max() / _STEPS_OF_A_RANGE or 1.0
    return raw / step
