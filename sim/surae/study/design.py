"""A study as data: one task, what holds in every case, named scenarios, and axes to vary.

Its TOML form is canonical: reading it gives an equal study.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from surae.runner.dials import DIALS
from surae.study.case import (
    COSTS,
    TASK_KEYS,
    TRACK_KEYS,
    Case,
    Change,
    stride_time_of,
    toml_lines,
    toml_value,
)

HEALTHY = "healthy"
SAMPLINGS = ("grid", "zip", "sobol", "latin_hypercube")
RANDOM = ("sobol", "latin_hypercube")
WEAKNESSES = {kind: dial.healthy for kind, dial in DIALS.items()}
# Kinds of change in the order in which they are made, and how a study file calls them.
CHANGE_KEYS = {"set": "set", **{dial.key: kind for kind, dial in DIALS.items()}}
AXIS_KEYS = {**CHANGE_KEYS, "task": "task", "cost": "cost"}

TASK_AXES = {
    "speed_m_s": "m/s",
    "stride_time_s": "s",
    "cadence_Hz": "Hz",
    "step_width_m": "m",
    "intervals": "1",
}


@dataclasses.dataclass(frozen=True)
class Axis:
    """Something that is varied. `of`: the groups, parameters, or field of the task it stands for.

    values: the points of a grid or list. low, high: the range that is sampled at random.
    """

    name: str
    kind: str
    of: tuple[str, ...]
    unit: str
    values: tuple[float, ...] = ()
    low: float | None = None
    high: float | None = None
    spacing: str = "linear"

    @property
    def ends(self) -> tuple[float, float]:
        """Smallest and largest value."""
        if self.low is None or self.high is None:
            return min(self.values), max(self.values)
        return self.low, self.high

    def changes(self, value: float) -> tuple[Change, ...]:
        """The changes of the runner at one value of an axis that changes it."""
        return tuple(Change(self.kind, of, value) for of in self.of)


@dataclasses.dataclass(frozen=True)
class Scenario:
    """A named change of the runner; `after`: the scenario whose stride it starts from, if told."""

    name: str
    changes: tuple[Change, ...]
    after: str | None = None


@dataclasses.dataclass(frozen=True)
class Sampling:
    """How axes are combined. paired: every case gets the healthy case of its own task."""

    kind: str = "grid"
    count: int | None = None
    seed: int = 0
    paired: bool = True


@dataclasses.dataclass(frozen=True)
class Study:
    """A study, checked. `base` is the healthy case, settled, with all that holds in every case.

    present: what the model has of each parameter that is set in some cases only, in its unit.
    """

    path: Path = dataclasses.field(compare=False)
    name: str
    question: str
    base: Case
    scenarios: tuple[Scenario, ...] = ()
    axes: tuple[Axis, ...] = ()
    sampling: Sampling = Sampling()
    present: Mapping[str, float] = dataclasses.field(default_factory=dict)


def with_task(case: Case, key: str, value: float) -> Case:
    """The case with another value of a task's axis."""
    if key == "cadence_Hz":
        return dataclasses.replace(case, stride_time=stride_time_of(value))
    fields: dict[str, Any] = {TASK_KEYS[key]: value}
    return dataclasses.replace(case, **fields)


def ordered(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Changes in the order in which they are made: parameters first, then weaknesses."""
    kinds = tuple(CHANGE_KEYS.values())
    return tuple(sorted(changes, key=lambda change: kinds.index(change.kind)))


def study_toml(study: Study) -> str:
    """The canonical text of a study."""
    base = study.base
    task = {key: getattr(base, name) for key, name in TASK_KEYS.items()}
    lines = ["[study]", *toml_lines({"name": study.name, "question": study.question})]
    lines += ["", "[task]", *toml_lines(task)]
    lines += ["", "[costs]", *toml_lines({name: getattr(base.costs, name) for name in COSTS})]
    if base.track is not None:
        track = {key: getattr(base.track, name) for key, name in TRACK_KEYS.items()}
        lines += ["", "[track]", *toml_lines(track)]
    if base.changes:
        lines += ["", "[fixed]", *_changes(base.changes)]
    for scenario in study.scenarios:
        about = toml_lines({"name": scenario.name, "after": scenario.after})
        lines += ["", "[[scenario]]", *about, *_changes(scenario.changes)]
    for axis in study.axes:
        lines += ["", "[[axis]]", *_axis(axis)]
    if study.axes or not study.sampling.paired:
        sampling = dataclasses.asdict(study.sampling)
        if study.sampling.kind not in RANDOM:
            sampling = {"kind": study.sampling.kind, "paired": study.sampling.paired}
        if not study.axes:
            del sampling["kind"]
        lines += ["", "[sampling]", *toml_lines(sampling)]
    return "\n".join(lines) + "\n"


def _changes(changes: Iterable[Change]) -> list[str]:
    lines = []
    for key, kind in CHANGE_KEYS.items():
        of_kind = {change.of: change.value for change in changes if change.kind == kind}
        if of_kind:
            pairs = [f"{toml_value(of)} = {toml_value(value)}" for of, value in of_kind.items()]
            lines.append(f"{key} = {{ {', '.join(pairs)} }}")
    return lines


def _axis(axis: Axis) -> list[str]:
    key = next(key for key, kind in AXIS_KEYS.items() if kind == axis.kind)
    of = axis.of[0] if len(axis.of) == 1 else list(axis.of)
    values = {"values": list(axis.values)} if axis.values else {"low": axis.low, "high": axis.high}
    return toml_lines({"name": axis.name, key: of, **values, "spacing": axis.spacing})
