"""What a sweep has come to: `results.h5`, a table or JSON on stdout, what failed on stderr."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from surae.cli.exit_status import ExitStatus
from surae.cli.stride_table import LINES, as_json, study_table
from surae.cli.sweep_screen import under_batch
from surae.cli.table import aligned
from surae.study.collected import collected
from surae.study.store.plan_file import PlanRecord
from surae.study.store.shelf import Damage, Found, Shelf
from surae.study.store.table import RESULTS, Table, write_tables
from surae.study.sweep_folder import FolderState, state_of

FEW = 8  # cases that make a table
MANY = 1000  # cases whose metrics are not printed
_FAILURES_TOLD = 10


def print_results(folder: Path, record: PlanRecord, machine: bool, shown: Path) -> int:
    """Collect, print, and the exit status. `shown`: the folder as the user calls it."""
    shelf = Shelf(folder)
    state = state_of(record, shelf)
    left = len(record.keys) - state.final
    tables = collected(record, shelf)
    write_tables(folder / RESULTS, tables)
    if machine:
        print(json.dumps(as_machine(record, shelf, state, shown), indent=2))
    else:
        if left and under_batch():
            pass  # the job continues by itself, and its last log has the table
        elif record.dims == ("scenario",) and len(record.keys) <= FEW and state.solved:
            print(_table(record, shelf, state))
        else:
            print(_ranges(tables[""]))
        print(f"{len(state.solved)} of {len(record.keys)} cases solved: {shown / RESULTS}")
        print(f"report: 'surae report {shown}'")
    for number in state.failed[:_FAILURES_TOLD]:
        row = state.failures[number]
        print(f"surae: {row.case_name}: {row.reason or row.status}", file=sys.stderr)
    if len(state.failed) > _FAILURES_TOLD:
        print(f"surae: {len(state.failed)} failed; see 'surae status {shown}'.", file=sys.stderr)
    if left:
        print(f"surae: {left} cases are left; the same command continues.", file=sys.stderr)
        return ExitStatus.INTERRUPTED
    return ExitStatus.NOT_CONVERGED if state.failed else ExitStatus.SOLVED


def as_machine(
    record: PlanRecord, shelf: Shelf, state: FolderState, folder: Path
) -> dict[str, Any]:
    """The summary for `--json`; metrics case by case where there are not too many."""
    total = len(record.keys)
    summary: dict[str, Any] = {
        "out": str(folder),
        "results": str(folder / RESULTS),
        "total": total,
        "solved": len(state.solved),
        "failed": {row.case_name: row.reason or row.status for row in state.failures.values()},
        "left": total - state.final,
    }
    if total <= MANY:
        summary["cases"] = {
            name: {"status": found.rows[0].status, "out": str(found.path), "metrics": metrics}
            for name, (found, metrics) in _by_name(record, shelf).items()
        }
    return summary


def _by_name(record: PlanRecord, shelf: Shelf) -> dict[str, tuple[Found, dict[str, Any]]]:
    """Loose cases of the plan in its order; packed ones are in `results.h5`."""
    found = {}
    for each in shelf.rows(metrics=True):
        if not isinstance(each, Damage) and each.path.parent == shelf.cases:
            found[each.rows[0].case_key] = each
    return {
        name: (found[key], as_json(found[key].metrics))
        for name, key in zip(record.names, record.keys, strict=True)
        if key in found
    }


def _ranges(table: Table) -> str:
    """The smallest and largest change over the grid of what people ask about first."""
    rows = [("change from the healthy partner", "smallest", "in", "largest", "in", "unit")]
    names = table.columns["case"].values.ravel()
    for line in LINES:
        column = table.columns.get(f"{line.metric}_change")
        if column is None or not np.isfinite(column.values).any():
            continue
        values = line.factor * column.values.reshape(len(names), -1)
        low, high = np.nanargmin(values), np.nanargmax(values)
        cells = [
            (f"{values.flat[i]:+.{line.digits + 1}f}", str(names[i // values.shape[1]]))
            for i in (low, high)
        ]
        rows.append((line.label, *cells[0], *cells[1], line.unit))
    return aligned(rows, right=(1, 3)) if len(rows) > 1 else "no case is solved yet"


def _table(record: PlanRecord, shelf: Shelf, state: FolderState) -> str:
    solved = {record.keys[number] for number in state.solved}
    metrics, muscles = {}, ()
    for each in shelf.rows(metrics=True):
        if not isinstance(each, Damage) and each.rows[0].case_key in solved:
            metrics[each.rows[0].case_key] = each.metrics
            muscles = each.labels.get("muscle", ())
    named = {
        name: metrics[key]
        for name, key in zip(record.names, record.keys, strict=True)
        if key in metrics
    }
    return study_table(named, muscles)
