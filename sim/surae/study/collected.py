"""All metrics of a study over its axes: what `results.h5` and `surae.open_study` hold.

Cases that failed, or are not there yet, are NaN with their status beside them. The change of each
metric from the case's own healthy partner is there as `NAME_change`. Healthy partners off the grid
are a table of their own. Nothing here depends on when or where a case was solved, so the same
study gives the same file, byte for byte.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from surae.study.store.plan_file import PlanRecord
from surae.study.store.shelf import Damage, Row, Shelf
from surae.study.store.table import Column, Table

PARTNERS = "partners"  # the group of healthy partners that are no place of the grid
MISSING = "not solved yet"
_TEXTS = ("status", "reason", "start", "branch")
_NUMBERS = {"iterations": "1", "branch_mismatch": "1", "constraint_violation": "1"}
FACTS = ("case", "parent", "healthy", *_TEXTS, *_NUMBERS)  # variables that are no metrics


def collected(plan: PlanRecord, shelf: Shelf) -> dict[str, Table]:
    """The tables of a study: "" over its grid, and `partners` where there are some."""
    flat, labels = _by_number(plan, shelf)
    for name in [name for name in flat if _is_metric(name)]:
        column = flat[name]
        change = column.values - column.values[plan.baselines]
        change[plan.baselines < 0] = np.nan  # a study whose cases have no partners
        flat[f"{name}_change"] = Column(column.dims, change, column.unit)
    attributes = {"study": plan.study, "question": plan.question, "input": plan.toml}
    on_grid = np.flatnonzero(plan.place >= 0)
    tables = {"": _on_grid(plan, flat, labels, on_grid)}
    tables[""].attributes.update(attributes)
    off = np.flatnonzero(plan.place < 0)
    if len(off):
        columns = {
            name: Column(("partner", *column.dims[1:]), column.values[off], column.unit)
            for name, column in flat.items()
        }
        tables[PARTNERS] = Table(
            {"partner": tuple(range(len(off))), **labels}, columns, {}, attributes
        )
    return tables


def _by_number(
    plan: PlanRecord, shelf: Shelf
) -> tuple[dict[str, Column], dict[str, tuple[Any, ...]]]:
    """Every variable with a first axis over case numbers."""
    n = len(plan.keys)
    numbers = {key: number for number, key in enumerate(plan.keys)}
    columns = {
        "case": _texts(plan.names),
        "parent": _texts([plan.names[p] if p >= 0 else "" for p in plan.parents]),
        "healthy": _texts([plan.names[b] if b >= 0 else "" for b in plan.baselines]),
        **{name: _texts([""] * n) for name in _TEXTS},
        **{name: Column(("number",), np.full(n, np.nan), unit) for name, unit in _NUMBERS.items()},
    }
    columns["status"].values[:] = MISSING
    labels: dict[str, tuple[Any, ...]] = {}
    seen: set[int] = set()
    for found in shelf.rows(metrics=True):
        if isinstance(found, Damage):
            continue
        places = [_new(numbers.get(row.case_key, -1), seen) for row in found.rows]
        kept = np.flatnonzero(np.array(places) >= 0)
        targets = np.array(places)[kept]
        if not len(kept):
            continue
        labels |= found.labels
        _put_rows(columns, [found.rows[i] for i in kept], targets)
        solved = np.array([found.rows[i].solved for i in kept])
        loose = len(found.rows) == 1 and found.path.parent == shelf.cases
        for name, metric in sorted(found.metrics.items()):
            values = np.asarray(metric.value, dtype=float)
            values = values[None] if loose else values
            if name not in columns:
                empty: NDArray[Any] = np.full((n, *values.shape[1:]), np.nan)
                columns[name] = Column(("number", *metric.dims), empty, metric.unit)
            columns[name].values[targets[solved]] = values[kept[solved]]
    fixed = [name for name in columns if not _is_metric(name)]
    metrics = sorted(name for name in columns if _is_metric(name))
    return {name: columns[name] for name in (*fixed, *metrics)}, dict(sorted(labels.items()))


def _is_metric(name: str) -> bool:
    return name not in FACTS


def _new(number: int, seen: set[int]) -> int:
    """The number once; a case may lie in two places."""
    if number in seen:
        return -1
    if number >= 0:
        seen.add(number)
    return number


def _put_rows(columns: dict[str, Column], rows: list[Row], targets: NDArray[np.int64]) -> None:
    for name in (*_TEXTS, *_NUMBERS):
        columns[name].values[targets] = [getattr(row, name) for row in rows]


def _texts(values: Any) -> Column:
    return Column(("number",), np.array(list(values), dtype=object))


def _on_grid(
    plan: PlanRecord,
    flat: dict[str, Column],
    labels: dict[str, tuple[Any, ...]],
    on_grid: NDArray[np.int64],
) -> Table:
    """Variables with the study's dims in place of the case number."""
    shape, place = plan.shape, plan.place[on_grid]
    columns: dict[str, Column] = {}
    for name, column in flat.items():
        values = column.values[on_grid]
        empty = "" if values.dtype == object else np.nan
        spread = np.full((int(np.prod(shape)), *values.shape[1:]), empty, values.dtype)
        spread[place] = values
        spread = spread.reshape(*shape, *values.shape[1:])
        columns[name] = Column((*plan.dims, *column.dims[1:]), spread, column.unit)
    for name, values in plan.along.items():
        columns[name] = Column((plan.dims[-1],), np.asarray(values), plan.units.get(name, "1"))
    units = {dim: plan.units.get(dim, "1") for dim in plan.dims}
    return Table({**plan.labels, **labels}, columns, units)
