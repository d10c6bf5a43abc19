"""A study as a file: one task, scenarios that each change the runner, axes that vary it.

    [study]      name, question
    [task]       model, speed_m_s, mode, symmetry, scheme, intervals, stride_time_s or cadence_Hz,
                 step_width_m, stride: the result file whose motion mode fixed-kinematics holds
    [costs]      weights that differ from the mode's
    [track]      files of a measured run, for mode track
    [fixed]      set or a dial's key (strength, ...; runner/dials) = { GROUP = VALUE }, in all cases
    [[scenario]] name; changes as in [fixed]; after = SCENARIO
    [[axis]]     see files/study_axes.py
    [sampling]   see files/study_axes.py

Everything is checked against the model before anything runs; the healthy runner is always a case.
"""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

from surae._errors import UnusableInput
from surae.files.case_inputs import check_step_width, settle, symmetry_of
from surae.files.held_stride import read_held
from surae.files.library import library_path
from surae.files.model_folder import load_runner
from surae.files.study_axes import read_axes, read_sampling
from surae.files.toml_reader import TomlFile, TomlTable, read_toml
from surae.runner.parameters import parameter_value
from surae.runner.runner import Runner
from surae.runner.spelling import unknown_name
from surae.runner.weakness import refuse_impossible_timing
from surae.study.allowed import (
    CADENCE_RANGE,
    INTERVALS_RANGE,
    SCHEMES,
    SPEED_RANGE,
    STEP_WIDTH_RANGE,
    STRIDE_TIME_RANGE,
    SYMMETRIES,
)
from surae.study.case import (
    MODES,
    TASK_KEYS,
    Case,
    Change,
    Track,
    changed,
    cost_weights,
    stride_time_of,
)
from surae.study.design import CHANGE_KEYS, HEALTHY, Axis, Scenario, Study, ordered

STUDY_FILE = "study.toml"
_TABLES = ("study", "task")
_OPTIONAL_TABLES = ("costs", "track", "fixed", "scenario", "axis", "sampling")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*")  # names become file names


def read_study(path: str | Path) -> Study:
    """Read and check a study: its file, the folder of it, or its name in the library."""
    toml = read_toml(_find(path))
    toml.top().allow(_TABLES, _OPTIONAL_TABLES)
    about = toml.table("study")
    about.allow(("name", "question"))
    name = about.text("name")
    if not _NAME.fullmatch(name):
        about.refuse("name", f"name is {name!r}; use letters, digits and _ . + -")
    base = _base(toml)
    with toml.table("task").at("model"):
        model = load_runner(base.model)
        check_step_width(model, base)
    base = dataclasses.replace(base, changes=_fixed(toml, base, model))
    healthy = changed(model, base.changes)
    scenarios = _scenarios(toml, base, healthy)
    sampling = read_sampling(toml)
    axes = read_axes(toml, base, healthy, scenarios, sampling)
    if not scenarios and not axes:
        toml.top().refuse("", "it has no case but the healthy one; add [[scenario]] or [[axis]]")
    base = dataclasses.replace(base, symmetry=_symmetry(toml, base, healthy, scenarios, axes))
    if base.stride is not None:
        with toml.table("task").at("stride"):
            read_held(base, healthy)
    return Study(
        path=toml.path,
        name=name,
        question=about.text("question"),
        base=settle(base, healthy),
        scenarios=scenarios,
        axes=axes,
        sampling=sampling,
        present=_present(healthy, scenarios, axes),
    )


def _find(path: str | Path) -> Path:
    given = Path(path)
    in_library = library_path() / "experiments" / given.name / STUDY_FILE
    if given.is_file():
        return given
    if (given / STUDY_FILE).is_file():
        return given / STUDY_FILE
    if given.parent == Path() and in_library.is_file():
        return in_library
    found = sorted(p.parent.name for p in (library_path() / "experiments").glob(f"*/{STUDY_FILE}"))
    raise UnusableInput(
        f"No study {str(path)!r}; give a {STUDY_FILE}, its folder, or one of {', '.join(found)}."
    )


def _base(toml: TomlFile) -> Case:
    task = toml.table("task")
    task.allow(("model", "speed_m_s"), (*TASK_KEYS, "cadence_Hz"))
    mode = task.text("mode", MODES, Case.mode)
    model = task.text("model")
    beside = toml.path.parent / model
    given: dict[str, Any] = {
        "model": str(beside) if (beside / "model.toml").is_file() else model,
        "speed": task.number("speed_m_s", *SPEED_RANGE),
        "mode": mode,
        "symmetry": task.text("symmetry", SYMMETRIES, "auto"),
        "scheme": task.text("scheme", SCHEMES, Case.scheme),
        "intervals": task.number("intervals", *INTERVALS_RANGE, default=Case.intervals),
        "costs": _costs(toml.table("costs"), mode),
        "track": _track(toml),
        "stride": str(toml.path.parent / task.text("stride")) if "stride" in task.values else None,
    }
    if "stride_time_s" in task.values and "cadence_Hz" in task.values:
        task.refuse("cadence_Hz", "it fixes the same as stride_time_s; give one of them")
    if "stride_time_s" in task.values:
        given["stride_time"] = task.number("stride_time_s", *STRIDE_TIME_RANGE)
    if "cadence_Hz" in task.values:
        given["stride_time"] = stride_time_of(task.number("cadence_Hz", *CADENCE_RANGE))
    if "step_width_m" in task.values:
        given["step_width"] = task.number("step_width_m", *STEP_WIDTH_RANGE)
    with task.at("intervals"):
        Case(intervals=given["intervals"])
    with task.at("mode"):
        case = Case(**given)
    return case


def _costs(table: TomlTable, mode: str) -> Any:
    for key, value in table.values.items():
        with table.at(key):
            cost_weights(mode, {key: value})
    return cost_weights(mode, table.values)


def _track(toml: TomlFile) -> Track | None:
    if "track" not in toml.values:
        return None
    table = toml.table("track")
    table.allow(("kinematics",), ("ground_reaction", "start_s", "end_s", "speed_m_s"))
    files = {
        key: str(toml.path.parent / table.text(key))
        for key in ("kinematics", "ground_reaction")
        if key in table.values
    }
    numbers = {
        key.rpartition("_m_s")[0] or key.rpartition("_s")[0]: table.number(key, 0.0, 1e6)
        for key in ("start_s", "end_s", "speed_m_s")
        if key in table.values
    }
    return Track(files["kinematics"], files.get("ground_reaction"), **numbers)


def _fixed(toml: TomlFile, base: Case, runner: Runner) -> tuple[Change, ...]:
    if "fixed" not in toml.values:
        return ()
    table = toml.table("fixed")
    table.allow((), CHANGE_KEYS)
    return _changes(table, base, runner)


def _scenarios(toml: TomlFile, base: Case, runner: Runner) -> tuple[Scenario, ...]:
    scenarios: dict[str, Scenario] = {}
    taken = {HEALTHY}
    for table in toml.tables("scenario"):
        table.allow(("name",), (*CHANGE_KEYS, "after"))
        name = table.text("name")
        if not _NAME.fullmatch(name):
            table.refuse("name", f"name is {name!r}; use letters, digits and _ . + -")
        if name.casefold() in taken:
            table.refuse("name", f"name {name!r} is taken; names differ, and {HEALTHY} is added")
        taken.add(name.casefold())
        after = table.text("after") if "after" in table.values else None
        if after not in (None, HEALTHY, *scenarios):
            table.refuse("after", unknown_name("earlier scenario", after, (HEALTHY, *scenarios)))
        changes = _changes(table, base, runner)
        for other in scenarios.values():
            if other.changes == changes:
                table.refuse("", f"it changes what scenario {other.name} changes; leave one out")
        scenarios[name] = Scenario(name, changes, after)
    return tuple(scenarios.values())


def _changes(table: TomlTable, base: Case, runner: Runner) -> tuple[Change, ...]:
    """Changes of one table, parameters before strengths, each tried on the runner."""
    changes: list[Change] = []
    fixed = [change.of for change in base.changes if change.kind == "set"]
    for key, kind in CHANGE_KEYS.items():
        if key not in table.values:
            continue
        given = table.values[key]
        if not isinstance(given, dict) or not given:
            table.refuse(key, f"{key} is {given!r}; write {key} = {{ GROUP = VALUE }}")
        pairs = _flat(given)
        for of, value in pairs:
            if [name for name, _ in pairs].count(of) > 1:
                table.refuse(key, f"{key} names {of!r} twice; name it once")
            if kind == "set" and of in fixed:
                table.refuse(key, f"{of} is set in [fixed] for every case; set it in one place")
            with table.at(key):
                changes.append(Change(kind, of, value))
                refuse_impossible_timing(changed(runner, (changes[-1],)), base.speed)
    if not changes:
        table.refuse("", f"it changes nothing; add one of {', '.join(CHANGE_KEYS)}")
    # One by one they are allowed; together they must be, too.
    with table.at():
        refuse_impossible_timing(changed(runner, tuple(changes)), base.speed)
    return ordered(changes)


def _flat(values: dict[str, Any], above: str = "") -> list[tuple[str, Any]]:
    """`achilles.stiffness_N_mm = 200` without quotes is a table in a table."""
    pairs: list[tuple[str, Any]] = []
    for key, value in values.items():
        name = f"{above}{key}"
        pairs += _flat(value, f"{name}.") if isinstance(value, dict) else [(name, value)]
    return pairs


def _symmetry(
    toml: TomlFile,
    base: Case,
    runner: Runner,
    scenarios: tuple[Scenario, ...],
    axes: tuple[Axis, ...],
) -> str:
    """One symmetry for all cases, so that healthy and weak are solved alike."""
    weaker = [
        (table, s.changes) for table, s in zip(toml.tables("scenario"), scenarios, strict=True)
    ]
    for table, axis in zip(toml.tables("axis"), axes, strict=True):
        if axis.kind in CHANGE_KEYS.values():
            weaker += [(table, axis.changes(value)) for value in axis.ends]
    found = set()
    for table, changes in [(toml.table("task"), ()), *weaker]:
        with table.at():
            found.add(symmetry_of(base, changed(runner, changes)))
    return "full" if "full" in found else "half"


def _present(
    runner: Runner, scenarios: tuple[Scenario, ...], axes: tuple[Axis, ...]
) -> dict[str, float]:
    """What the model has of every parameter that is set in some cases."""
    names = [c.of for scenario in scenarios for c in scenario.changes if c.kind == "set"]
    names += [of for axis in axes if axis.kind == "set" for of in axis.of]
    return {name: parameter_value(runner, name) for name in dict.fromkeys(names)}
