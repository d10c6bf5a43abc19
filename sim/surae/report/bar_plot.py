"""Bars that lie, as SVG text for the page: real text, and colors that follow light and dark.

A bar to the left is one color, to the right the other; a whisker is as long as the noise floor.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from surae.report.line_plot import WIDTH, tick, ticks
from surae.report.markup import escaped

_LEFT, _RIGHT, _TOP, _BOTTOM = 138.0, 12.0, 4.0, 22.0
_ROW, _BAR = 19.0, 12.0
_PAD = 0.05  # of the range, on both sides


class Bar(NamedTuple):
    """A named value, and half the length of its whisker where there is one."""

    name: str
    value: float
    floor: float | None = None


def bar_plot(
    title: str, unit: str, bars: Sequence[Bar], ident: str, ends: tuple[float, float]
) -> str:
    """The bars as a figure. ident: used once in the page; ends: of the axis, about 0."""
    height = _TOP + _ROW * len(bars) + _BOTTOM
    room = _PAD * (ends[1] - ends[0])
    low, high = ends[0] - room, ends[1] + room

    def x(value: float) -> float:
        return _LEFT + (value - low) / (high - low) * (WIDTH - _LEFT - _RIGHT)

    bottom = height - _BOTTOM
    parts = []
    for value in ticks(low, high, 4):
        kind = "axis" if abs(value) < 1e-12 else "grid"
        parts.append(
            f'<path class="{kind}" d="M{x(value):.1f} {_TOP:g}V{bottom:g}"/><text class="x" '
            f'x="{x(value):.1f}" y="{bottom + 16:g}">{tick(value)}</text>'
        )
    for row, bar in enumerate(bars):
        parts.append(_bar(bar, _TOP + _ROW * row, x))
    told = "; ".join(f"{bar.name} {bar.value:+.2g} {unit}" for bar in bars)
    return (
        f'<figure class="plot"><figcaption id="{ident}">{escaped(title)} <span>({escaped(unit)})'
        f'</span></figcaption><svg viewBox="0 0 {WIDTH:g} {height:g}" role="img" aria-labelledby='
        f'"{ident} {ident}-d"><desc id="{ident}-d">{escaped(told)}</desc>{"".join(parts)}</svg>'
        "</figure>"
    )


def ends_of(bars: Sequence[Bar]) -> tuple[float, float]:
    """From the lowest bar with its whisker to the highest, 0 among them."""
    low = min((bar.value - (bar.floor or 0.0) for bar in bars), default=0.0)
    high = max((bar.value + (bar.floor or 0.0) for bar in bars), default=0.0)
    low, high = min(low, 0.0), max(high, 0.0)
    return (low, high) if high > low else (-1.0, 1.0)


def _bar(bar: Bar, top: float, x) -> str:
    left, right = sorted((x(0.0), x(bar.value)))
    middle = top + _ROW / 2
    whisker = ""
    if bar.floor is not None:
        a, b = x(bar.value - bar.floor), x(bar.value + bar.floor)
        whisker = f'<path class="whisker" d="M{a:.1f} {middle:.1f}H{b:.1f}"/>'
    return (
        f'<text class="y" x="{_LEFT - 6:g}" y="{middle + 4:.1f}">{escaped(bar.name)}</text>'
        f'<rect class="{"more" if bar.value > 0.0 else "less"}" x="{left:.1f}" '
        f'y="{middle - _BAR / 2:.1f}" width="{right - left:.1f}" height="{_BAR:g}"/>{whisker}'
    )
