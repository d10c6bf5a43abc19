"""The axes of a study file, and how they are combined.

    [[axis]]    a key of runner/dials, or set, task, cost = WHAT;
                values = [...] or from, to, count; low, high where points are sampled at random;
                spacing = linear or log; name
    [sampling]  kind = grid, zip, sobol or latin_hypercube; count, seed; paired

Every value is tried on the runner: each one of a list, both ends of a range, and what is set
together.
"""

from __future__ import annotations

import re
from collections import Counter

from surae._errors import UnusableInput
from surae.files.case_inputs import check_step_width
from surae.files.study_checks import MOST_CASES, refuse_sizes, refuse_twice, try_together
from surae.files.toml_reader import TomlFile, TomlTable
from surae.loads.all_metrics import DEFINITIONS
from surae.runner.dials import DIALS
from surae.runner.parameters import parameter_value
from surae.runner.runner import Runner
from surae.runner.units import written_unit
from surae.runner.weakness import muscles_of, refuse_impossible_timing
from surae.study.allowed import CADENCE_RANGE
from surae.study.case import (
    COSTS,
    Case,
    changed,
    cost_weights,
)
from surae.study.collected import FACTS
from surae.study.design import (
    AXIS_KEYS,
    RANDOM,
    SAMPLINGS,
    TASK_AXES,
    Axis,
    Sampling,
    Scenario,
    with_task,
)
from surae.study.sampling import SPACINGS, spread

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")  # names become variables of a data set
_TAKEN = {"scenario", "sample", "partner", *FACTS, *DEFINITIONS} | {
    dim for metric in DEFINITIONS.values() for dim in metric.dims
}
_LIST, _RANGE = ("values", "from", "to", "count"), ("low", "high")
_LARGEST = 1e12
_LARGEST_SEED = 2**53
Values = tuple[float, ...]
ToTry = dict[str, Values]  # by the key whose line is to blame


def read_sampling(toml: TomlFile) -> Sampling:
    """How the axes of a study file are combined."""
    table = toml.table("sampling")
    table.allow((), ("kind", "count", "seed", "paired"))
    kind = table.text("kind", SAMPLINGS, Sampling.kind)
    paired = table.flag("paired", Sampling.paired)
    if not toml.tables("axis"):
        for key in ("kind", "count", "seed"):
            if key in table.values:
                table.refuse(key, f"{key} is given, and there is no axis; add [[axis]]")
    if kind not in RANDOM:
        for key in ("count", "seed"):
            if key in table.values:
                table.refuse(
                    key, f"{key} is for kind {' and '.join(RANDOM)}; leave it out with {kind}"
                )
        return Sampling(kind, paired=paired)
    if "count" not in table.values:
        table.refuse("", f"{kind} has no count; give count = N, the number of points")
    count = table.whole("count", 1, MOST_CASES)
    return Sampling(kind, count, table.whole("seed", 0, _LARGEST_SEED, Sampling.seed), paired)


def read_axes(
    toml: TomlFile,
    base: Case,
    runner: Runner,
    scenarios: tuple[Scenario, ...],
    sampling: Sampling,
) -> tuple[Axis, ...]:
    """The axes of a study file; runner: with all that holds in every case."""
    told = [(f"scenario {scenario.name}", scenario.changes) for scenario in scenarios]
    tables = toml.tables("axis")
    axes: list[Axis] = []
    for table in tables:
        axes.append(_axis(table, base, runner, sampling))
        refuse_twice(table, axes[-1], axes[:-1], runner, [("[fixed]", base.changes), *told])
    if axes:
        refuse_sizes(tables, axes, scenarios, sampling)
        try_together(tables[-1], axes, scenarios, sampling, runner)
    return tuple(axes)


def _axis(table: TomlTable, base: Case, runner: Runner, sampling: Sampling) -> Axis:
    at_random = sampling.kind in RANDOM
    points = _RANGE if at_random else _LIST
    for key in table.values:
        if key in (*_RANGE, *_LIST) and key not in points:
            table.refuse(key, f"{key} is not for {sampling.kind}; give {_how(sampling)}")
    table.allow((), (*AXIS_KEYS, *points, "spacing", "name"))
    key, of = _what(table, runner)
    kind = AXIS_KEYS[key]
    whole = of in (("intervals",), ("exponent",))
    if whole and at_random:
        table.refuse(key, f"{of[0]} is a whole number; vary it in a grid or zip")
    spacing = table.text("spacing", SPACINGS, "linear")
    values, to_try = _range(table) if at_random else _values(table, sampling, spacing, whole)
    low, high = (to_try[end][0] if at_random else None for end in _RANGE)
    axis = Axis(
        _name(table, kind, of), kind, of, _unit(table, kind, of), values, low, high, spacing
    )
    if spacing == "log" and axis.ends[0] <= 0.0:
        table.refuse("spacing", f"spacing is log, and {axis.ends[0]:g} is not above 0")
    for where, tried in to_try.items():
        for value in tried:
            with table.at(where):
                _try(axis, value, base, runner)
    return axis


def _how(sampling: Sampling) -> str:
    return "low and high" if sampling.kind in RANDOM else "values, or from, to and count"


def _what(table: TomlTable, runner: Runner) -> tuple[str, tuple[str, ...]]:
    """The key that says what is varied, and what it names."""
    given = [key for key in table.values if key in AXIS_KEYS]
    if len(given) != 1:
        table.refuse(
            given[1] if given else "",
            f"it varies {' and '.join(given) or 'nothing'}; give exactly one of "
            f"{', '.join(AXIS_KEYS)} = WHAT",
        )
    key = given[0]
    if key in ("task", "cost"):
        return key, (table.text(key, tuple(TASK_AXES) if key == "task" else COSTS),)
    of = table.texts(key) if isinstance(table.values[key], list) else (table.text(key),)
    with table.at(key):
        for name in of:
            if key == "set":
                parameter_value(runner, name)
            else:
                muscles_of(runner, name)
    return key, of


def _range(table: TomlTable) -> tuple[Values, ToTry]:
    """No values, and both ends to try."""
    low, high = (table.number(end, -_LARGEST, _LARGEST) for end in _RANGE)
    if not low < high:
        table.refuse("high", f"it goes from {low:g} to {high:g}; give a low below its high")
    return (), {"low": (low,), "high": (high,)}


def _values(
    table: TomlTable, sampling: Sampling, spacing: str, whole: bool
) -> tuple[Values, ToTry]:
    """The values of a list or of a spread, and those to try; every one must be whole if any."""
    spreads = [key for key in ("from", "to", "count") if key in table.values]
    if "values" in table.values:
        if spreads:
            table.refuse(spreads[0], f"values and {spreads[0]} are given; give {_how(sampling)}")
        values = table.numbers("values", None, _LARGEST)
        doubled = [value for value, count in Counter(values).items() if count > 1]
        if doubled and sampling.kind == "grid":
            table.refuse("values", f"values has {doubled[0]:g} twice; name it once")
        return values, {"values": values}
    if len(spreads) != 3:
        table.refuse("", f"it has no values; give {_how(sampling)}")
    low, high = (table.number(key, -_LARGEST, _LARGEST) for key in ("from", "to"))
    count = table.whole("count", 2, MOST_CASES)
    if low == high:
        table.refuse("to", f"it goes from {low:g} to {high:g}; give two different ends")
    if spacing == "log" and min(low, high) <= 0.0:
        table.refuse("spacing", f"spacing is log, and {min(low, high):g} is not above 0")
    values = spread(low, high, count, spacing)
    return values, {"from": values[:1], "to": values[-1:], "count": values if whole else ()}


def _name(table: TomlTable, kind: str, of: tuple[str, ...]) -> str:
    """The name given, or one made of what is varied."""
    if "name" not in table.values:
        heads, parameters = [name.partition(".")[0] for name in of], of[0].partition(".")[2]
        ending = {"set": parameters, "cost": "weight", "task": ""}
        words = [*heads, ending[kind] if kind in ending else DIALS[kind].key]
        return "_".join(word for word in words if word)
    name = table.text("name")
    if not _NAME.fullmatch(name):
        table.refuse("name", f"name is {name!r}; use letters, digits and _, a letter first")
    if name in _TAKEN:
        table.refuse("name", f"{name} is the name of something in the results; take another one")
    return name


def _unit(table: TomlTable, kind: str, of: tuple[str, ...]) -> str:
    if kind == "task":
        return TASK_AXES[of[0]]
    if kind != "set":
        return "1" if kind == "cost" else DIALS[kind].unit
    units = [written_unit(name) for name in of]
    if len(set(units)) > 1:
        table.refuse("set", f"{of[0]} is in {units[0]}, and not all are; make one axis of each")
    return units[0]


def _try(axis: Axis, value: float, base: Case, runner: Runner) -> None:
    """Refuse a value that a case cannot have."""
    if axis.kind == "cost":
        cost_weights(base.mode, {axis.of[0]: value})
    elif axis.kind == "task":
        if base.stride is not None:
            raise UnusableInput(
                "every case of mode fixed-kinematics holds one stride, with its own speed, cadence "
                "and mesh; vary strengths or parameters"
            )
        low, high = CADENCE_RANGE
        if axis.of == ("cadence_Hz",) and not low <= value <= high:
            raise UnusableInput(f"cadence_Hz is {value:g}; allowed are {low:g} to {high:g} Hz.")
        check_step_width(runner, with_task(base, axis.of[0], value))
    else:
        refuse_impossible_timing(changed(runner, axis.changes(value)), base.speed)
