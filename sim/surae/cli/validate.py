"""`surae validate`: results beside published and measured values, row by row."""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from surae.cli.exit_status import ExitStatus
from surae.cli.table import aligned

if TYPE_CHECKING:
    from surae.cli.curve_table import Compared
    from surae.files.results import StoredStride
    from surae.loads.validation import Row

SUMMARY = "a result beside published and measured values, row by row"
DESCRIPTION = """\
Hold a result, or all healthy results of a folder, against published and measured values, and
its curves against the mean curves of measured runners at its speed (2 to 5 m/s).
Rows about the effect of speed need a folder with results at several speeds."""
EPILOG = """\
gates: hard rows must pass, soft rows count, report rows are only shown
curves: angles within 6 deg and r 0.9, vertical force within 10 % of its peak; a predicted runner
within 10 deg (10 %) or 2 SD. They count as a score and do not change the exit status
exit status: 0 no hard row is outside, 2 unusable input, 3 a hard row is outside
example: surae validate results/healthy.h5"""
_HEADER = ("id", "quantity", "ours", "allowed", "unit", "gate", "verdict", "source")
_SCORED = ("hard", "soft", "curves")
_WIDEST_TEXT = 60  # characters; quantities and sources are sentences


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of this verb."""
    parser.add_argument("results", type=Path, metavar="RESULT.h5|DIR", help="a result, or a folder")
    parser.add_argument("--json", action="store_true", help="machine-readable, on stdout")
    parser.add_argument(
        "--figure", type=Path, metavar="FILE.png", help="draw the curves over the measured ones"
    )
    parser.add_argument(
        "--page", type=Path, metavar="FILE.md", help="write all of it as a page, with its figure"
    )
    parser.add_argument(
        "--beside",
        type=Path,
        nargs="+",
        default=[],
        metavar="RESULT.h5",
        help="other results whose score is stated too, such as a predicted runner's; those of the "
        "same model and mode at another speed, another cadence or with weak abductors answer the "
        "rows about such a change",
    )
    parser.add_argument("--all", action="store_true", help="also rows that do not apply")


def command(arguments: argparse.Namespace) -> int:
    """Run this verb."""
    from surae.cli import curve_table, validation_writing
    from surae.cli.result_files import healthy_results
    from surae.cli.validation_rows import evaluated
    from surae.loads.validation import hard_failures

    strides = healthy_results(arguments.results)
    validation_writing.check_outputs(arguments.figure, arguments.page, len(strides))
    others = _opened(arguments.beside)
    rows = evaluated(strides, others)
    beside = [(curve_table.compare(other), evaluated([other])) for other in others]
    compared = [curve_table.compare(stored) for stored in strides]
    failed = hard_failures(rows)
    if arguments.json:
        curves = [curve_table.summary(each) for each in compared]
        scores = [_score(each, own) for each, own in beside]
        print(json.dumps({**_summary(rows), "curves": curves, "beside": scores}, indent=2))
    else:
        _print_table(rows, arguments.all)
        for each in compared:
            print(f"\n{curve_table.table(each)}")
        for each, own in beside:
            words = [f"{k} {_share(*v)}" for k, v in _score(each, own).items() if k in _SCORED]
            print(f"beside: {each.name} ({each.mode}): {', '.join(words)}")
    if arguments.figure is not None:
        validation_writing.write_figure(compared[0], arguments.figure)
    if arguments.page is not None:
        validation_writing.write_page(strides[0], compared[0], rows, beside, arguments.page)
    if failed:
        named = ", ".join(row.target.id for row in failed)
        print(f"hard rows outside: {named}: no number of this result may be used.", file=sys.stderr)
    return ExitStatus.NOT_CONVERGED if failed else ExitStatus.SOLVED


def _opened(paths: Sequence[Path]) -> list[StoredStride]:
    from surae.cli.result_files import strides_to_compare

    return [stride for path in paths for stride in strides_to_compare(path)]


def _score(compared: Compared, rows: Sequence[Row]) -> dict[str, Any]:
    from surae.report.validation_page import score

    return {"mode": compared.mode, **dataclasses.asdict(score(compared.name, rows, compared.rows))}


def _print_table(rows: Sequence[Row], everything: bool) -> None:
    from surae.loads.validation import NOT_APPLICABLE

    shown = [row for row in rows if everything or row.verdict != NOT_APPLICABLE]
    print(aligned([_HEADER, *(_cells(row) for row in shown)], right=(2,)))
    counts = _counts(rows)
    hard, soft = (f"{_share(*counts[gate])}" for gate in ("hard", "soft"))
    hidden = "" if everything else " (--all shows them)"
    print(f"hard {hard}, soft {soft}, {counts['not_applicable']} do not apply{hidden}")


def _share(passed: int, of: int) -> str:
    return f"{passed}/{of} ({100 * passed / of:.0f} %)" if of else "0/0"


def _cells(row: Row) -> tuple[str, ...]:
    from surae.report.validation_page import interval

    target = row.target
    return (
        target.id,
        _cut(target.quantity),
        "-" if math.isnan(row.ours) else f"{row.ours:.4g}",
        interval(target.low, target.high),
        target.unit,
        target.gate,
        row.verdict if not row.reason else _cut(f"{row.verdict}: {row.reason}"),
        _cut(target.source),
    )


def _cut(text: str) -> str:
    return text if len(text) <= _WIDEST_TEXT else text[: _WIDEST_TEXT - 3] + "..."


def _counts(rows: Sequence[Row]) -> dict[str, Any]:
    from surae.loads.validation import NOT_APPLICABLE
    from surae.report.validation_page import score

    counted = score("", rows, ())
    missing = sum(row.verdict == NOT_APPLICABLE for row in rows)
    return {"not_applicable": missing, "hard": list(counted.hard), "soft": list(counted.soft)}


def _summary(rows: Sequence[Row]) -> dict[str, Any]:
    def finite(value: float) -> float | None:
        return value if math.isfinite(value) else None

    return {
        "summary": _counts(rows),
        "rows": [
            {
                "id": row.target.id,
                "quantity": row.target.quantity,
                "ours": finite(row.ours),
                "low": finite(row.target.low),
                "high": finite(row.target.high),
                "unit": row.target.unit,
                "gate": row.target.gate,
                "verdict": row.verdict,
                "reason": row.reason,
                "source": row.target.source,
            }
            for row in rows
        ],
    }
