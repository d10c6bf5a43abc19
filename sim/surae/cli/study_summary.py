"""A study's folder becomes what the report says about all of its cases."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from surae.cli.case_names import case_name
from surae.files.results import StoredStride
from surae.files.study_cases import open_cases
from surae.report.sections.cases import METRICS
from surae.report.sections.dose import METRICS as DOSE_METRICS
from surae.report.study_summary import Effect, StudyCase, StudySummary
from surae.runner.dials import DIALS
from surae.study.case import Case, Change
from surae.study.collected import PARTNERS, collected
from surae.study.design import CHANGE_KEYS, RANDOM
from surae.study.plan import SAMPLE, SCENARIO
from surae.study.store.plan_file import PlanRecord
from surae.study.store.shelf import Shelf
from surae.study.store.table import Table

MOST_DRAWN = 6  # strides of a study that are drawn over one another, the healthy one among them
_PEAK = "achilles_peak_force"


def study_summary(folder: Path, plan: PlanRecord) -> StudySummary:
    """All cases of a study, solved or not."""
    tables = collected(plan, Shelf(folder))
    told = tomllib.loads(plan.toml)
    scenarios = {each["name"]: _changes(each) for each in told.get("scenario", ())}
    grid, size = tables[""], int(np.prod(plan.shape))
    places = zip(*np.unravel_index(np.arange(size), plan.shape), strict=True)
    cases = []
    for flat, place in enumerate(places):
        at = {dim: plan.labels[dim][i] for dim, i in zip(plan.dims, place, strict=True)}
        doses, name = _told(plan, at, int(place[-1]), scenarios)
        cases.append(_case(grid, flat, size, doses, name))
    if PARTNERS in tables:
        size = len(tables[PARTNERS].labels["partner"])
        cases += [_case(tables[PARTNERS], i, size, {}, "") for i in range(size)]
    units = {name: column.unit for name, column in grid.columns.items()}
    return StudySummary(
        name=plan.study,
        question=plan.question,
        cases=tuple(case for case in cases if case.plan_name),
        units=units,
        dose_units={name.replace("_", " "): unit for name, unit in plan.units.items()},
        sampled=told.get("sampling", {}).get("kind") in RANDOM,
    )


def drawn_strides(folder: Path, plan: PlanRecord, summary: StudySummary) -> list[StoredStride]:
    """The base, and of each family of doses the case that is farthest from healthy.

    Only what is compared with the base itself: cases of another speed or body have another partner.
    """
    numbers = {name: number for number, name in enumerate(plan.names)}
    ours = [
        case
        for case in summary.what_ifs
        if _PEAK in case.effects and plan.baselines[numbers[case.plan_name]] == 0
    ]
    ours.sort(key=lambda case: (-_distance(case), -abs(case.effects[_PEAK].percent)))
    first: dict[Any, StudyCase] = {}
    for case in ours:
        first.setdefault(tuple(case.doses) or case.name, case)
    ranked = list(first.values())
    ranked += [case for case in ours if case not in ranked] if len(first) == 1 else []
    chosen = {0, *(numbers[case.plan_name] for case in ranked[: MOST_DRAWN - 1])}
    solved = {numbers[case.plan_name] for case in summary.solved}
    return open_cases(folder, plan, sorted(chosen & solved))


def _distance(case: StudyCase) -> float:
    """How much is taken away: the sum over the doses that have a healthy value."""
    healthy = {kind: dial.healthy for kind, dial in DIALS.items()}
    told = ((name.rpartition(" ")[2], value) for name, value in case.doses.items())
    return sum(abs(value - healthy[kind]) for kind, value in told if kind in healthy)


def _changes(scenario: Mapping[str, Any]) -> tuple[Change, ...]:
    """What a scenario of a plan's text changes."""
    return tuple(
        Change(kind, of, float(value))
        for key, kind in CHANGE_KEYS.items()
        for of, value in scenario.get(key, {}).items()
    )


def _told(
    plan: PlanRecord,
    at: Mapping[str, Any],
    sample: int,
    scenarios: Mapping[str, tuple[Change, ...]],
) -> tuple[dict[str, float], str]:
    """What is varied at a place of the grid, by name, and what people call its scenario."""
    doses = {
        name.replace("_", " "): float(value)
        for name, value in at.items()
        if name not in (SCENARIO, SAMPLE)
    }
    if SAMPLE in at:
        doses |= {name.replace("_", " "): float(row[sample]) for name, row in plan.along.items()}
    changes = scenarios.get(at.get(SCENARIO, ""), ())
    if not changes:
        return doses, ""
    name = case_name(Case(changes=changes))
    if len(changes) == 1 and changes[0].kind in DIALS:
        (change,) = changes
        return {f"{change.of.replace('_', ' ')} {change.kind}": change.value, **doses}, name
    return {}, name  # several changes at once are no dose of one thing


def _case(table: Table, flat: int, size: int, doses: Mapping[str, float], name: str) -> StudyCase:
    def told(variable: str) -> Any:
        return table.columns[variable].values.reshape(size, -1)[flat, 0]

    plan_name, partner = str(told("case")), str(told("healthy"))
    where = plan_name.partition("@")[2] if name else plan_name
    words = [name, where.replace("_", " ").replace("=", " ").replace("@", " ").replace(",", ", ")]
    return StudyCase(
        name=", ".join(word for word in words if word),
        plan_name=plan_name,
        status=str(told("status")),
        reason=str(told("reason")),
        branch=str(told("branch")),
        mismatch=float(told("branch_mismatch")),
        healthy=plan_name == partner,
        doses=doses,
        effects=_effects(table, flat, size),
    )


def _effects(table: Table, flat: int, size: int) -> dict[str, Effect]:
    """Value and healthy value of the side that is larger in this case."""
    effects = {}
    for metric in dict.fromkeys((*METRICS, *DOSE_METRICS)):
        if metric not in table.columns:
            continue
        values = table.columns[metric].values.reshape(size, -1)[flat]
        changes = table.columns[f"{metric}_change"].values.reshape(size, -1)[flat]
        if np.isfinite(values).any() and np.isfinite(changes).any():
            side = int(np.nanargmax(values))
            effects[metric] = Effect(float(values[side]), float(values[side] - changes[side]))
    return effects
