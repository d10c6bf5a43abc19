"""A case: everything that determines one solve, as data, with its TOML form and its key.

The TOML form is canonical: equal cases give equal text, and reading it gives the case back.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import tomllib
from collections.abc import Callable, Mapping
from typing import Any

from surae._errors import UnusableInput
from surae.gait.task import HELD_MODE, CostWeights, RunningTask
from surae.runner.dials import DIALS
from surae.runner.parameters import set_parameter, size_turn
from surae.runner.runner import Runner
from surae.runner.spelling import unknown_name
from surae.runner.units import unknown_key
from surae.runner.weakness import weaken
from surae.study.allowed import (
    INTERVALS_RANGE,
    SCHEMES,
    SPEED_RANGE,
    STEP_WIDTH_RANGE,
    STRIDE_TIME_RANGE,
    SYMMETRIES,
    WEIGHT_RANGE,
)

SCHEMA = 1
MODES = ("calibrated", "predict", "track", HELD_MODE)
KINDS = (*DIALS, "set")
COSTS = tuple(field.name for field in dataclasses.fields(CostWeights))
# TOML keys carry the unit; here is the field each one stands for.
TASK_KEYS = {
    "model": "model",
    "speed_m_s": "speed",
    "mode": "mode",
    "symmetry": "symmetry",
    "scheme": "scheme",
    "intervals": "intervals",
    "stride_time_s": "stride_time",
    "step_width_m": "step_width",
    "stride": "stride",
}
TRACK_KEYS = {
    "kinematics": "kinematics",
    "ground_reaction": "ground_reaction",
    "start_s": "start",
    "end_s": "end",
    "speed_m_s": "speed",
}
_CHANGE_KEYS = ("kind", "of", "value")


@dataclasses.dataclass(frozen=True)
class Change:
    """One what-if: a dial of a muscle or group (see runner.dials), or a parameter to `set`."""

    kind: str
    of: str
    value: float

    def __post_init__(self) -> None:
        _check_choice("kind of change", self.kind, KINDS)
        object.__setattr__(self, "value", _number(f"{self.kind} of {self.of}", self.value))


@dataclasses.dataclass(frozen=True)
class Track:
    """Files of a measured run (OpenSim .mot), the part of them to use, and the belt's speed."""

    kinematics: str
    ground_reaction: str | None = None
    start: float | None = None
    end: float | None = None
    speed: float | None = None

    def __post_init__(self) -> None:
        for name in ("start", "end", "speed"):
            if getattr(self, name) is not None:
                value = _number(f"{name} of the measured run", getattr(self, name))
                object.__setattr__(self, name, value)


@dataclasses.dataclass(frozen=True)
class Case:
    """One solve as data. Symmetry `auto` becomes half or full once the runner is known.

    stride: the result file whose motion is held in mode fixed-kinematics.
    """

    model: str = "planar"
    speed: float = 4.0
    mode: str = "calibrated"
    changes: tuple[Change, ...] = ()
    symmetry: str = "auto"
    scheme: str = RunningTask.scheme
    intervals: int = RunningTask.intervals
    stride_time: float | None = None
    step_width: float | None = None
    costs: CostWeights = None  # type: ignore[assignment]  # given: overrides; then: all weights
    track: Track | None = None
    stride: str | None = None

    def __post_init__(self) -> None:
        _check_choice("mode", self.mode, MODES)
        _check_choice("symmetry", self.symmetry, SYMMETRIES)
        _check_choice("scheme", self.scheme, SCHEMES)
        if not isinstance(self.model, str) or not self.model:
            raise UnusableInput(f"model is {self.model!r}; give a model's name or its folder.")
        settled = {
            "changes": tuple(self.changes),
            "speed": _in_range("speed", self.speed, SPEED_RANGE, "m/s"),
            "intervals": _whole("intervals", self.intervals, INTERVALS_RANGE),
            "costs": cost_weights(self.mode, self.costs),
        }
        if self.stride_time is not None:
            time = _in_range("stride_time", self.stride_time, STRIDE_TIME_RANGE, "s")
            settled["stride_time"] = time
        if self.step_width is not None:
            width = _in_range("step_width", self.step_width, STEP_WIDTH_RANGE, "m")
            settled["step_width"] = width
        for name, value in settled.items():
            object.__setattr__(self, name, value)
        if (self.track is not None) != (self.mode == "track"):
            raise UnusableInput(
                f"mode {self.mode} is given {'with' if self.track else 'without'} files of a "
                "measured stride; mode track needs them, others take none."
            )
        if (self.stride is not None) != (self.mode == HELD_MODE):
            raise UnusableInput(
                f"mode {self.mode} is given {'with' if self.stride else 'without'} a stride to "
                f"hold; mode {HELD_MODE} needs the result file of one (--guess RESULT.h5, of a "
                'study stride = "RESULT.h5" in [task]), others take none.'
            )

    def to_toml(self) -> str:
        """The canonical text."""
        return _text(self, self.model, self.track, self.stride)

    @classmethod
    def from_toml(cls, text: str, source: str = "the case") -> Case:
        """The case that a text describes; `source` names it in messages."""
        try:
            values = tomllib.loads(text)
        except ValueError as error:
            raise UnusableInput(f"{source} is not valid TOML: {error}.") from None
        if values.get("schema") != SCHEMA:
            raise UnusableInput(
                f"{source} has schema {values.get('schema')!r}; this surae reads {SCHEMA}."
            )
        try:
            return _case(values)
        except UnusableInput as error:
            raise UnusableInput(f"{source}: {error}") from None


def default_costs(mode: str) -> CostWeights:
    """The weights of a mode: `calibrated` resembles the norm, `predict` has no data in its cost."""
    calibrated = CostWeights()
    if mode == "predict":
        return dataclasses.replace(calibrated, tracking=0.0, ground_reaction=0.0)
    if mode == HELD_MODE:  # the rest of the cost depends on the motion alone
        return dataclasses.replace(calibrated, tracking=0.0, ground_reaction=0.0, acceleration=0.0)
    if mode == "track":
        return dataclasses.replace(calibrated, tracking=TRACKING_WEIGHT, ground_reaction=1.0)
    return calibrated


# Tracking outweighs effort: 0.1 rad everywhere costs as much as all muscles at full activation.
TRACKING_WEIGHT = 1.0


def cost_weights(mode: str, given: CostWeights | Mapping[str, float] | None) -> CostWeights:
    """All weights of a mode, with some of them overridden by name."""
    if isinstance(given, CostWeights):
        given = {name: getattr(given, name) for name in COSTS}
    settled: dict[str, Any] = {}
    for name, value in (given or {}).items():
        if name not in COSTS:
            raise UnusableInput(f"There is {unknown_name('cost weight', name, COSTS)}.")
        if name == "exponent":
            settled[name] = _whole("cost exponent", value, (1, 10))
        else:
            low = 1e-3 if name == "tracking_angle" else WEIGHT_RANGE[0]
            settled[name] = _in_range(f"cost weight {name}", value, (low, WEIGHT_RANGE[1]), "")
    return dataclasses.replace(default_costs(mode), **settled)


def case_key(case: Case, contents: Mapping[str, str]) -> str:
    """SHA-256 of the case with files told by their content, not by where they lie.

    `contents`: a digest for each file or folder the solve reads (`model`, `reference`, `stride`).
    """
    track = (
        None
        if case.track is None
        else dataclasses.replace(
            case.track, kinematics="", ground_reaction="" if case.track.ground_reaction else None
        )
    )
    placeless = _text(case, "model", track, None if case.stride is None else "stride")
    digests = "".join(f"{name} {digest}\n" for name, digest in sorted(contents.items()))
    return hashlib.sha256((placeless + digests).encode()).hexdigest()


def _text(case: Case, model: str, track: Track | None, stride: str | None) -> str:
    """The canonical text, with other files in place of the case's own."""
    values = {key: getattr(case, name) for key, name in TASK_KEYS.items()}
    lines = toml_lines({"schema": SCHEMA, **values, "model": model, "stride": stride})
    lines += ["", "[costs]", *toml_lines({name: getattr(case.costs, name) for name in COSTS})]
    if track is not None:
        of_track = {key: getattr(track, name) for key, name in TRACK_KEYS.items()}
        lines += ["", "[track]", *toml_lines(of_track)]
    for change in case.changes:
        of_change = {key: getattr(change, key) for key in _CHANGE_KEYS}
        lines += ["", "[[change]]", *toml_lines(of_change)]
    return "\n".join(lines) + "\n"


def stride_time_of(cadence: float) -> float:
    """Stride time in s of a step frequency in Hz: a stride is two steps."""
    return 2.0 / cadence


def changed(runner: Runner, changes: tuple[Change, ...]) -> Runner:
    """The runner after all changes: sizes of the body first, the others in order.

    A fiber length or an Achilles stiffness that is asked for is that of the body as it shall be.
    """
    for change in sorted(changes, key=_turn):
        if change.kind == "set":
            runner = set_parameter(runner, change.of, change.value)
        else:
            runner = weaken(runner, change.of, **{change.kind: change.value})
    return runner


def _turn(change: Change) -> int:
    return size_turn(change.of) if change.kind == "set" else size_turn("")


def between(start: Case, end: Case, share: float, value_of: Callable[[str], float]) -> Case:
    """The case at a share (0 to 1) of the way from one to the other; at 1 `end` itself.

    value_of: the value that a parameter has where it is not set. What cannot be parted (model,
    mesh, a free cadence or step width) is `end`'s.
    """
    if share == 1.0:
        return end
    changes = []
    for kind, of in dict.fromkeys((c.kind, c.of) for c in (*end.changes, *start.changes)):
        first, last = (_total(case, kind, of, value_of) for case in (start, end))
        # A stiffness goes from half to double in equal ratios.
        ratio = kind == "set" and min(first, last) > 0.0
        changes.append(Change(kind, of, _part(first, last, share, ratio)))
    costs = {
        name: _part(getattr(start.costs, name), getattr(end.costs, name), share)
        for name in COSTS
        if name != "exponent"
    }
    given = {name: getattr(end, name) for name in ("stride_time", "step_width")}
    for name, last in given.items():
        first = getattr(start, name)
        if first is not None and last is not None:
            given[name] = _part(first, last, share)
    return dataclasses.replace(
        end,
        speed=_part(start.speed, end.speed, share),
        changes=tuple(changes),
        costs=dataclasses.replace(end.costs, **costs),
        **given,
    )


def _total(case: Case, kind: str, of: str, value_of: Callable[[str], float]) -> float:
    """What all changes of one kind of one thing come to."""
    values = [change.value for change in case.changes if (change.kind, change.of) == (kind, of)]
    if kind == "set":
        return values[-1] if values else value_of(of)
    return DIALS[kind].total(values)


def _part(start: float, end: float, share: float, ratio: bool = False) -> float:
    return start * (end / start) ** share if ratio else start + share * (end - start)


def _case(values: dict[str, Any]) -> Case:
    allowed = ["schema", *TASK_KEYS, "costs", "track", "change"]
    _check_keys("key", values, allowed)
    given: dict[str, Any] = {
        TASK_KEYS[key]: value for key, value in values.items() if key in TASK_KEYS
    }
    given["costs"] = _table(values.get("costs", {}), "costs")
    if "track" in values:
        track = _table(values["track"], "track")
        _check_keys("key in [track]", track, TRACK_KEYS)
        if "kinematics" not in track:
            raise UnusableInput("[track] has no kinematics; name the file.")
        given["track"] = Track(**{TRACK_KEYS[key]: value for key, value in track.items()})
    given["changes"] = tuple(_change(_table(each, "change")) for each in values.get("change", []))
    return Case(**given)


def _change(values: dict[str, Any]) -> Change:
    _check_keys("key in [[change]]", values, _CHANGE_KEYS)
    missing = [key for key in _CHANGE_KEYS if key not in values]
    if missing:
        raise UnusableInput(f"a [[change]] has no {missing[0]!r}; add it.")
    return Change(**values)


def _table(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UnusableInput(f"{name} is {value!r}; it must be a table.")
    return value


def _check_keys(kind: str, values: Mapping[str, Any], allowed: Any) -> None:
    for key in values:
        if key not in allowed:
            raise UnusableInput(f"{unknown_key(kind, key, allowed)}.")


def _check_choice(kind: str, given: Any, allowed: tuple[str, ...]) -> None:
    if given not in allowed:
        raise UnusableInput(f"There is {unknown_name(kind, str(given), allowed)}.")


def _number(what: str, value: Any) -> float:
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        raise UnusableInput(f"{what} is {value!r}, which is no number; give one.") from None
    if not math.isfinite(number):
        raise UnusableInput(f"{what} is {value!r}; give a finite number.")
    return number


def _in_range(what: str, value: Any, allowed: tuple[float, float], unit: str) -> float:
    low, high = allowed
    try:
        number = _number(what, value)
    except UnusableInput as error:
        raise UnusableInput(f"{error} Allowed are {low:g} to {high:g} {unit}".strip()) from None
    if not low <= number <= high:
        in_unit = f" {unit}" if unit else ""
        raise UnusableInput(
            f"{what} is {number:g}{in_unit}; allowed are {low:g} to {high:g}{in_unit}."
        )
    return number


def _whole(what: str, value: Any, allowed: tuple[int, int]) -> int:
    number = _in_range(what, value, allowed, "")
    if number != int(number):
        raise UnusableInput(f"{what} is {number:g}; give a whole number.")
    return int(number)


def toml_lines(values: Mapping[str, Any]) -> list[str]:
    """`key = value` for each value that is not None."""
    return [f"{key} = {toml_value(value)}" for key, value in values.items() if value is not None]


def toml_value(value: str | int | float | bool | list[Any]) -> str:
    """A value as TOML writes it, every digit of a number kept."""
    if isinstance(value, list):
        return f"[{', '.join(map(toml_value, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str):
        return repr(value)
    # A TOML basic string is a JSON string, except that it also escapes DEL.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
