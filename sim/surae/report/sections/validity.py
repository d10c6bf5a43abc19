"""The baseline beside published and measured values, row by row."""

from __future__ import annotations

import math

from surae.loads import validation
from surae.loads.validation import NOT_APPLICABLE, OUTSIDE, Row
from surae.report.markup import Section, details, number_cell, paragraph, table, words
from surae.report.subject import Subject
from surae.report.validation_page import interval


def section(subject: Subject) -> Section | None:
    """Rows that apply; those outside come first, the table opens on demand."""
    rows = [row for row in subject.rows if row.verdict != NOT_APPLICABLE]
    if not rows:
        return None
    passed, applicable = validation.soft_score(subject.rows)
    failed = validation.hard_failures(subject.rows)
    hard = "All hard rows pass." if not failed else f"Hard rows outside: {len(failed)}."
    text = (
        f"{subject.strides[0].name}: {hard} Soft rows inside: {passed} of {applicable}. "
        f"{len(subject.rows) - len(rows)} rows do not apply to this model or result."
    )
    outside = [row for row in rows if row.verdict == OUTSIDE]
    parts = [paragraph(text, "alert" if failed else "")]
    if outside:
        parts.append(_table("Rows outside their interval", outside))
    parts.append(details(f"All {len(rows)} rows", _table("Validation rows that apply", rows)))
    return Section("validation", "Beside measured runners", "Validation", "".join(parts))


def _table(caption: str, rows: list[Row]) -> str:
    heads = [words("Quantity"), words("ours", kind="num"), words("allowed", kind="num")]
    heads += [words(head) for head in ("unit", "gate", "verdict", "source")]
    return table(caption, heads, [("", [_cells(row) for row in rows])])


def _cells(row: Row) -> list:
    target = row.target
    return [
        words(f"{target.id}  {target.quantity}"),
        number_cell("-" if math.isnan(row.ours) else f"{row.ours:.4g}"),
        number_cell(interval(target.low, target.high)),
        words("" if target.unit == "1" else target.unit),
        words(target.gate),
        words(row.verdict, kind="strong" if row.verdict == OUTSIDE else ""),
        words(target.source, kind="long"),
    ]
