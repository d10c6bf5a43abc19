"""`surae validate`: results beside published and measured values, row by row."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from surae._errors import UnusableInput
from surae.cli.exit_status import ExitStatus
from surae.cli.table import aligned

if TYPE_CHECKING:
    from surae.cli.curve_table import Compared
    from surae.loads.validation import Result, Row

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
_WIDEST_TEXT = 60  # characters; quantities and sources are sentences


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of this verb."""
    parser.add_argument("results", type=Path, metavar="RESULT.h5|DIR", help="a result, or a folder")
    parser.add_argument("--json", action="store_true", help="machine-readable, on stdout")
    parser.add_argument(
        "--figure", type=Path, metavar="FILE.png", help="draw the curves over the measured ones"
    )
    parser.add_argument("--all", action="store_true", help="also rows that do not apply")


def command(arguments: argparse.Namespace) -> int:
    """Run this verb."""
    from surae.cli import curve_table
    from surae.cli.result_files import healthy_results
    from surae.files.library import library_path
    from surae.loads.validation import evaluate, hard_failures, read_targets

    targets_file = library_path() / "models" / "validation" / "targets.csv"
    if not targets_file.is_file():
        raise UnusableInput(f"The library has no {targets_file}; unset SURAE_LIBRARY.")
    strides = healthy_results(arguments.results)
    _check_figure(arguments.figure, len(strides))
    results: list[Result] = [(float(s.gait.speed), s.metrics) for s in strides]
    rows = evaluate(read_targets(targets_file), results)
    compared = [curve_table.compare(stored) for stored in strides]
    failed = hard_failures(rows)
    if arguments.json:
        curves = [curve_table.summary(each) for each in compared]
        print(json.dumps({**_summary(rows), "curves": curves}, indent=2))
    else:
        _print_table(rows, arguments.all)
        for each in compared:
            print(f"\n{curve_table.table(each)}")
    if arguments.figure is not None:
        _draw(compared[0], arguments.figure)
    if failed:
        named = ", ".join(row.target.id for row in failed)
        print(f"hard rows outside: {named}: no number of this result may be used.", file=sys.stderr)
    return ExitStatus.NOT_CONVERGED if failed else ExitStatus.SOLVED


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


def _check_figure(path: Path | None, strides: int) -> None:
    if path is None:
        return
    if path.suffix.lower() != ".png" or not path.parent.is_dir():
        raise UnusableInput(f"--figure {path}; give a name that ends in .png, in a folder there.")
    if strides != 1:
        raise UnusableInput(f"--figure draws one stride; these are {strides}. Give a RESULT.h5.")


def _draw(compared: Compared, path: Path) -> None:
    from surae.report.measured_figure import draw

    if not compared.rows:
        raise UnusableInput(f"No figure: {compared.reason}")
    print(f"figure: {draw(compared.stride, compared.rows, compared.bands, path)}", file=sys.stderr)


def _cells(row: Row) -> tuple[str, ...]:
    target = row.target
    return (
        target.id,
        _cut(target.quantity),
        "-" if math.isnan(row.ours) else f"{row.ours:.4g}",
        _band(target.low, target.high),
        target.unit,
        target.gate,
        row.verdict if not row.reason else _cut(f"{row.verdict}: {row.reason}"),
        _cut(target.source),
    )


def _band(low: float, high: float) -> str:
    if math.isnan(low) and math.isnan(high):
        return "-"
    if math.isnan(high):
        return f"at least {low:g}"
    return f"at most {high:g}" if math.isnan(low) else f"{low:g} to {high:g}"


def _cut(text: str) -> str:
    return text if len(text) <= _WIDEST_TEXT else text[: _WIDEST_TEXT - 3] + "..."


def _counts(rows: Sequence[Row]) -> dict[str, Any]:
    from surae.loads.validation import NOT_APPLICABLE, PASS

    applying = [row for row in rows if row.verdict != NOT_APPLICABLE]
    counts: dict[str, Any] = {"not_applicable": len(rows) - len(applying)}
    for gate in ("hard", "soft"):
        own = [row for row in applying if row.target.gate == gate]
        counts[gate] = [sum(row.verdict == PASS for row in own), len(own)]
    return counts


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
