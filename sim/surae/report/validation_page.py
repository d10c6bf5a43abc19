"""The validation of a result as a page of the documentation: Markdown, and a figure beside it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence

from surae.loads.agreement import CurveRow
from surae.loads.validation import NOT_APPLICABLE, OUTSIDE, PASS, Row

_OPENING = """\
# Validation

Written by `surae validate RESULT.h5 --page FILE.md` from a result file; change the runner, not this
page. Rows and their sources: `models/validation/targets.csv`. Hard rows must pass, soft rows count,
report rows are only shown. A `calibrated` runner is led lightly by the measured angles and ground
reaction of the second table: its agreement with those is no independent evidence, its moments and
muscle forces are."""
_CURVES = """\
## Curves

Mean curves of seven men on a treadmill at this speed (Hamner & Delp 2013), from contact to contact;
forces after a zero-lag 15 Hz low-pass. RMSE in SD: over the standard deviation between the men.
The pelves of the two models are upright at different tilts: three angles have a free offset."""


@dataclasses.dataclass(frozen=True)
class Score:
    """How many rows of each kind pass, of how many that apply."""

    name: str
    hard: tuple[int, int]
    soft: tuple[int, int]
    curves: tuple[int, int]


def score(name: str, rows: Sequence[Row], curves: Sequence[CurveRow]) -> Score:
    """The score of one result."""
    applying = [row for row in rows if row.verdict != NOT_APPLICABLE]
    by_gate = {
        gate: [row.verdict for row in applying if row.target.gate == gate]
        for gate in ("hard", "soft")
    }
    asked = [row.verdict for row in curves if row.verdict]
    counted = [(v.count(PASS), len(v)) for v in (*by_gate.values(), asked)]
    return Score(name, *counted)


def validation_page(
    facts: Mapping[str, str],
    scores: Sequence[Score],
    rows: Sequence[Row],
    curves: Sequence[CurveRow],
    figure: str,
) -> str:
    """The page. `scores`: of the result itself first; `figure`: the picture's address."""
    parts = [
        _OPENING,
        _table(("result", ""), [(key, value) for key, value in facts.items() if value]),
        "## Score",
        _table(("result", "hard", "soft", "curves"), [_score_cells(each) for each in scores]),
        "## Rows",
        _table(
            ("id", "quantity", "ours", "allowed", "unit", "gate", "verdict", "target", "source"),
            [_row_cells(row) for row in rows],
        ),
    ]
    if curves:
        header = ("curve", "RMSE", "of range", "in SD", "r", "free offset", "allowed", "verdict")
        parts += [
            _CURVES,
            _table(header, [_curve_cells(row) for row in curves]),
            f"![Curves of both sides over the measured mean and standard deviation]({figure})",
        ]
    return "\n\n".join(parts) + "\n"


def _score_cells(each: Score) -> tuple[str, ...]:
    shares = [
        f"{passed} of {of} ({100 * passed / of:.0f} %)" if of else "none"
        for passed, of in (each.hard, each.soft, each.curves)
    ]
    return (each.name, *shares)


def _row_cells(row: Row) -> tuple[str, ...]:
    target = row.target
    verdict = f"**{row.verdict}**" if row.verdict == OUTSIDE else row.verdict
    return (
        target.id,
        target.quantity,
        "" if math.isnan(row.ours) else f"{row.ours:.4g}",
        interval(target.low, target.high),
        target.unit,
        target.gate,
        f"{verdict}: {row.reason}" if row.reason else verdict,
        target.target,
        target.source,
    )


def _curve_cells(row: CurveRow) -> tuple[str, ...]:
    return (
        row.quantity,
        f"{row.rmse:.3g} {row.unit}",
        f"{100 * row.rmse_of_range:.1f} %",
        f"{row.rmse_sd:.2f}",
        f"{row.r:.3f}",
        f"{row.offset:+.1f}" if row.offset else "",
        row.limit,
        f"**{row.verdict}**" if row.verdict == OUTSIDE else row.verdict,
    )


def interval(low: float, high: float) -> str:
    """What a row allows, in words."""
    if math.isnan(low) and math.isnan(high):
        return "-"
    if math.isnan(high):
        return f"at least {low:g}"
    return f"at most {high:g}" if math.isnan(low) else f"{low:g} to {high:g}"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
