"""Validation rows made comparable: where ours lies in the interval that the row allows.

0 is the lower end and 1 the upper end of the interval. A row with one end only has no width; ours
stands half a width inside or outside, and the text beside it gives the numbers.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

from surae.loads.validation import NOT_APPLICABLE, Row

FARTHEST = 0.6  # interval widths outside the interval; beyond, the marker becomes an arrow
_HALF = 0.5


@dataclasses.dataclass(frozen=True)
class Mark:
    """One row of the chart."""

    id: str
    quantity: str
    gate: str
    verdict: str
    position: float  # clipped to -FARTHEST .. 1 + FARTHEST
    clipped: int  # -1 and 1: ours lies further out to the left, to the right
    numbers: str


def marks(rows: Sequence[Row]) -> tuple[Mark, ...]:
    """Rows that apply and have an interval, in the order of the table."""
    return tuple(_mark(row) for row in rows if _drawable(row))


def _drawable(row: Row) -> bool:
    target = row.target
    bounded = not (math.isnan(target.low) and math.isnan(target.high))
    return bounded and row.verdict != NOT_APPLICABLE and not math.isnan(row.ours)


def _mark(row: Row) -> Mark:
    target = row.target
    place = _position(row.ours, target.low, target.high)
    clipped = -1 if place < -FARTHEST else 1 if place > 1.0 + FARTHEST else 0
    place = min(max(place, -FARTHEST), 1.0 + FARTHEST)
    unit = "" if target.unit == "1" else f" {target.unit}"
    numbers = f"{row.ours:.3g} ({_interval(target.low, target.high)}){unit}"
    return Mark(target.id, target.quantity, target.gate, row.verdict, place, clipped, numbers)


def _position(ours: float, low: float, high: float) -> float:
    if math.isnan(high):
        return _HALF if ours >= low else -_HALF
    if math.isnan(low):
        return _HALF if ours <= high else 1.0 + _HALF
    return (ours - low) / (high - low) if high > low else _HALF


def _interval(low: float, high: float) -> str:
    if math.isnan(high):
        return f"at least {low:g}"
    return f"at most {high:g}" if math.isnan(low) else f"{low:g} to {high:g}"
