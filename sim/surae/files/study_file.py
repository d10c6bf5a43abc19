"""A study as a file: one task, and named scenarios that each change the runner.

    [study]     name, question
    [task]      model, speed_m_s, mode, symmetry, scheme, intervals, stride_time_s
    [costs]     weights that differ from the mode's
    [track]     files of a measured run, for mode track
    [[scenario]] name; strength, set, delay_ms, advance_ms = { GROUP = VALUE }; after = SCENARIO

Everything is checked against the model before anything runs; the healthy runner is always a case.
"""

from __future__ import annotations

import contextlib
import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from surae._errors import UnusableInput
from surae.files.case_inputs import symmetry_of
from surae.files.library import library_path
from surae.files.model_folder import load_runner
from surae.files.toml_reader import TomlFile, TomlTable, read_toml
from surae.runner.runner import Runner
from surae.runner.spelling import unknown_name
from surae.runner.weakness import is_one_sided
from surae.study.allowed import (
    INTERVALS_RANGE,
    SCHEMES,
    SPEED_RANGE,
    STRIDE_TIME_RANGE,
    SYMMETRIES,
)
from surae.study.case import (
    MODES,
    Case,
    Change,
    Track,
    changed,
    cost_weights,
    refuse_what_comes_later,
)

HEALTHY = "healthy"
STUDY_FILE = "study.toml"
_TABLES = ("study", "task", "scenario")
_OPTIONAL_TABLES = ("costs", "track")
_TASK_KEYS = ("model", "speed_m_s", "mode", "symmetry", "scheme", "intervals", "stride_time_s")
_CHANGES = {"set": "set", "strength": "strength", "delay_ms": "delay", "advance_ms": "advance"}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*")  # names become file names


@dataclasses.dataclass(frozen=True)
class Scenario:
    """A named change of the runner; `after`: the scenario whose stride it starts from."""

    name: str
    changes: tuple[Change, ...]
    after: str = HEALTHY


@dataclasses.dataclass(frozen=True)
class Study:
    """A study file, checked. `base` is the healthy case."""

    path: Path
    name: str
    question: str
    base: Case
    scenarios: tuple[Scenario, ...]


class StudyCase(NamedTuple):
    """One case of a study; `parent` is the case to start from, None for the healthy one."""

    name: str
    case: Case
    parent: str | None


def expand(study: Study) -> list[StudyCase]:
    """All cases, the healthy one first and every other one after its parent."""
    cases = [StudyCase(HEALTHY, study.base, None)]
    for scenario in study.scenarios:
        case = dataclasses.replace(study.base, changes=scenario.changes)
        cases.append(StudyCase(scenario.name, case, scenario.after))
    return cases


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
    with _at(toml.table("task"), "model"):
        runner = load_runner(base.model)
    scenarios = _scenarios(toml, base, runner)
    return Study(
        path=toml.path,
        name=name,
        question=about.text("question"),
        base=dataclasses.replace(base, symmetry=_symmetry(toml, base, runner, scenarios)),
        scenarios=scenarios,
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
    task.allow(("model", "speed_m_s"), _TASK_KEYS)
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
    }
    if "stride_time_s" in task.values:
        given["stride_time"] = task.number("stride_time_s", *STRIDE_TIME_RANGE)
    with _at(task, "intervals"):
        Case(intervals=given["intervals"])
    with _at(task, "mode"):
        case = Case(**given)
        refuse_what_comes_later(case)
    return case


def _costs(table: TomlTable, mode: str) -> Any:
    for key, value in table.values.items():
        with _at(table, key):
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


def _scenarios(toml: TomlFile, base: Case, runner: Runner) -> tuple[Scenario, ...]:
    tables = toml.tables("scenario")
    if not tables:
        toml.top().refuse("scenario", "there is no scenario; add [[scenario]] with name, strength")
    scenarios: dict[str, Scenario] = {}
    for table in tables:
        table.allow(("name",), (*_CHANGES, "after"))
        name = table.text("name")
        if not _NAME.fullmatch(name):
            table.refuse("name", f"name is {name!r}; use letters, digits and _ . + -")
        if name.casefold() in {HEALTHY, *(known.casefold() for known in scenarios)}:
            table.refuse("name", f"name {name!r} is taken; names differ, and {HEALTHY} is added")
        after = table.text("after", default=HEALTHY)
        if after not in (HEALTHY, *scenarios):
            table.refuse("after", unknown_name("earlier scenario", after, (HEALTHY, *scenarios)))
        scenarios[name] = Scenario(name, _changes(table, base, runner), after)
    return tuple(scenarios.values())


def _changes(table: TomlTable, base: Case, runner: Runner) -> tuple[Change, ...]:
    """Changes of one scenario, parameters before strengths, each tried on the runner."""
    changes: list[Change] = []
    for key, kind in _CHANGES.items():
        if key not in table.values:
            continue
        given = table.values[key]
        if not isinstance(given, dict) or not given:
            table.refuse(key, f"{key} is {given!r}; write {key} = {{ GROUP = VALUE }}")
        for of, value in _flat(given):
            with _at(table, key):
                changes.append(Change(kind, of, value))
                refuse_what_comes_later(dataclasses.replace(base, changes=tuple(changes)))
                changed(runner, (changes[-1],))
    if not changes:
        table.refuse("", f"it changes nothing; add one of {', '.join(_CHANGES)}")
    # One by one they are allowed; together they must be, too.
    with _at(table, ""):
        changed(runner, tuple(changes))
    return tuple(changes)


def _flat(values: dict[str, Any], above: str = "") -> list[tuple[str, Any]]:
    """`achilles.stiffness_N_mm = 200` without quotes is a table in a table."""
    pairs: list[tuple[str, Any]] = []
    for key, value in values.items():
        name = f"{above}{key}"
        pairs += _flat(value, f"{name}.") if isinstance(value, dict) else [(name, value)]
    return pairs


def _symmetry(toml: TomlFile, base: Case, runner: Runner, scenarios: tuple[Scenario, ...]) -> str:
    """One symmetry for all cases, so that healthy and weak are solved alike."""
    for table, scenario in zip(toml.tables("scenario"), scenarios, strict=True):
        weaker = changed(runner, scenario.changes)
        with _at(table, ""):
            symmetry_of(base, weaker)
        if base.symmetry == "auto" and is_one_sided(weaker):
            return "full"
    return symmetry_of(base, runner)


@contextlib.contextmanager
def _at(table: TomlTable, key: str) -> Iterator[None]:
    """A complaint about what is made of `key` gets its file and line."""
    try:
        yield
    except UnusableInput as error:
        table.refuse(key, str(error).rstrip("."))
