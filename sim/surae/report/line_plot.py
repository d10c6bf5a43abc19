"""Line plots as SVG text for the page: real text, and colors that follow light and dark.

A series has a number, not a color: the page's style gives `s0` (the baseline) to `s5` their color
and dash. Screen readers get a title and the range of every curve.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from surae.report.markup import escaped

MOST_SERIES = 6
WIDTH, HEIGHT = 320.0, 214.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, 16.0, 8.0, 36.0
_TICK_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_PAD = 0.06  # of the range of values, above and below


@dataclasses.dataclass(frozen=True)
class Series:
    """A curve: number (its color), name, and values at `x`."""

    number: int
    name: str
    x: np.ndarray
    y: np.ndarray
    dots: bool = False


@dataclasses.dataclass(frozen=True)
class Plot:
    """One pair of axes. band: x, lower and upper edge of measured runners.

    floor: half height of the noise band around 0. stance: shaded from 0 to here, % of the stride.
    over_stride: x is % of the stride and follows the animation. low, high: fixed ends of y.
    """

    title: str
    unit: str
    series: tuple[Series, ...]
    x_label: str = "Stride (%)"
    band: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None
    floor: float | None = None
    stance: float = math.nan
    over_stride: bool = True
    zero: bool = False
    low: float | None = None
    high: float | None = None
    falling_x: bool = False
    small: bool = False


def line_plot(plot: Plot, ident: str) -> str:
    """The plot as a figure: its title as text, its axes as SVG. ident: used once in the page."""
    frame = _Frame(plot)
    parts = [*_shades(plot, frame), *_grid(plot, frame), *_curves(plot, frame)]
    if plot.over_stride:
        parts.append(
            f'<line class="now" x1="{frame.left}" x2="{frame.left}" y1="{frame.top}" '
            f'y2="{frame.bottom}" data-from="{frame.left}" data-to="{frame.right}"/>'
        )
    unit = f" <span>({escaped(plot.unit)})</span>" if plot.unit else ""
    kind = "plot small" if plot.small else "plot"
    return (
        f'<figure class="{kind}"><figcaption id="{ident}">{escaped(plot.title)}{unit}</figcaption>'
        f'<svg viewBox="0 0 {WIDTH:g} {frame.height:g}" role="img" aria-labelledby="{ident} '
        f'{ident}-d"><desc id="{ident}-d">{escaped(_told(plot))}</desc>{"".join(parts)}</svg>'
        "</figure>"
    )


def plots(panels: Sequence[Plot], ident: str) -> str:
    """Plots side by side, as many as fit the screen."""
    kind = "plots small" if panels and panels[0].small else "plots"
    body = "".join(line_plot(panel, f"{ident}-{i}") for i, panel in enumerate(panels))
    return f'<div class="{kind}">{body}</div>'


def legend(
    names: Sequence[str],
    band: str = "",
    floor: bool = False,
    stance: bool = True,
    first: int = 0,
) -> str:
    """What the lines and shades of the plots mean; first: the number of the first line."""
    items = [
        f'<li><svg class="key" viewBox="0 0 34 10" aria-hidden="true"><path class="s{i}" '
        f'd="M2 5H32"/></svg>{escaped(name)}</li>'
        for i, name in enumerate(names, first)
    ]
    shades = [("band", band), ("floor", "within 3 noise floors: not resolved" if floor else "")]
    shades.append(("stance", "stance" if stance else ""))
    items += [
        f'<li><svg class="key" viewBox="0 0 34 10" aria-hidden="true"><rect class="{kind}" '
        f'width="34" height="10"/></svg>{escaped(text)}</li>'
        for kind, text in shades
        if text
    ]
    return f'<ul class="legend">{"".join(items)}</ul>'


class _Frame:
    """Where the axes lie, and where a point of the plot comes to stand."""

    def __init__(self, plot: Plot) -> None:
        self.height = 150.0 if plot.small else HEIGHT
        self.left, self.right = _LEFT, WIDTH - _RIGHT
        self.top, self.bottom = _TOP, self.height - _BOTTOM
        self.x_low, self.x_high = (0.0, 100.0) if plot.over_stride else _x_range(plot)
        self.falling = plot.falling_x
        self.y_low, self.y_high = _y_range(plot)

    def x(self, value):
        share = (value - self.x_low) / (self.x_high - self.x_low)
        share = 1.0 - share if self.falling else share
        return self.left + share * (self.right - self.left)

    def y(self, value):
        share = (np.clip(value, self.y_low, self.y_high) - self.y_low) / (self.y_high - self.y_low)
        return self.bottom - share * (self.bottom - self.top)


def _x_range(plot: Plot) -> tuple[float, float]:
    values = np.concatenate([series.x for series in plot.series])
    low, high = float(values.min()), float(values.max())
    room = 0.04 * (high - low) or 0.5
    return low - room, high + room


def _y_range(plot: Plot) -> tuple[float, float]:
    values = [series.y for series in plot.series]
    values += [np.concatenate(plot.band[1:])] if plot.band is not None else []
    values += [np.array([-plot.floor, plot.floor])] if plot.floor is not None else []
    values += [np.zeros(1)] if plot.zero else []
    everything = np.concatenate([*values, [np.nan]])
    finite = everything[np.isfinite(everything)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    room = _PAD * (high - low) or max(abs(high), 1.0) * _PAD
    return (
        low - room if plot.low is None else plot.low,
        high + room if plot.high is None else plot.high,
    )


def ticks(low: float, high: float, most: int) -> np.ndarray:
    """Round numbers between two ends, at most so many."""
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(s * power for s in _TICK_STEPS if s * power >= rough * (1.0 - 1e-9))
    return np.arange(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1) * step


def _shades(plot: Plot, frame: _Frame) -> list[str]:
    parts = []
    if np.isfinite(plot.stance) and plot.over_stride:
        parts.append(_rect("stance", frame.x(0.0), frame.x(plot.stance), frame.top, frame.bottom))
    if plot.band is not None:
        x, low, high = (np.asarray(each) for each in plot.band)
        edge = [*zip(x, high, strict=True), *zip(x[::-1], low[::-1], strict=True)]
        points = " ".join(f"{frame.x(a):.1f},{frame.y(b):.1f}" for a, b in edge)
        parts.append(f'<polygon class="band" points="{points}"/>')
        parts.append(_path("middle", frame.x(x), frame.y(0.5 * (low + high))))
    if plot.floor is not None:
        ends = frame.y(plot.floor), frame.y(-plot.floor)
        parts.append(_rect("floor", frame.left, frame.right, *map(float, ends)))
    return parts


def _grid(plot: Plot, frame: _Frame) -> list[str]:
    parts = []
    for value in ticks(frame.y_low, frame.y_high, 3 if plot.small else 5):
        y = float(frame.y(value))
        kind = "axis" if plot.zero and abs(value) < 1e-12 else "grid"
        parts.append(
            f'<path class="{kind}" d="M{frame.left:g} {y:.1f}H{frame.right:g}"/><text class="y" '
            f'x="{frame.left - 6:g}" y="{y + 4:.1f}">{tick(value)}</text>'
        )
    at = np.arange(0.0, 101.0, 25.0) if plot.over_stride else ticks(frame.x_low, frame.x_high, 6)
    for value in at:
        x = float(frame.x(value))
        parts.append(
            f'<path class="grid" d="M{x:.1f} {frame.bottom:g}v4"/><text class="x" x="{x:.1f}" '
            f'y="{frame.bottom + 17:g}">{tick(value)}</text>'
        )
    middle = 0.5 * (frame.left + frame.right)
    parts.append(f'<path class="axis" d="M{frame.left:g} {frame.bottom:g}H{frame.right:g}"/>')
    if not plot.small:
        parts.append(
            f'<text class="x" x="{middle:g}" y="{frame.bottom + 32:g}">'
            f"{escaped(plot.x_label)}</text>"
        )
    return parts


def _curves(plot: Plot, frame: _Frame) -> list[str]:
    parts = []
    for series in plot.series:
        x, y = frame.x(np.asarray(series.x)), frame.y(np.asarray(series.y))
        if len(x) > 1 and not (series.dots and series.number < 0):
            parts.append(_path(f"s{series.number}", x, y))
        if series.dots:
            parts += [
                f'<circle class="d{max(series.number, 1)}" cx="{a:.1f}" cy="{b:.1f}" r="4"/>'
                for a, b in zip(x, y, strict=True)
                if np.isfinite(b)
            ]
    return parts


def _path(kind: str, x: np.ndarray, y: np.ndarray) -> str:
    """A line that is broken where a value is missing."""
    text, pen = [], "M"
    for a, b in zip(x, y, strict=True):
        if not np.isfinite(b):
            pen = "M"
            continue
        text.append(f"{pen}{a:.1f} {b:.1f}")
        pen = "L"
    return f'<path class="{kind}" d="{"".join(text)}"/>'


def _rect(kind: str, left: float, right: float, top: float, bottom: float) -> str:
    return (
        f'<rect class="{kind}" x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" '
        f'height="{bottom - top:.1f}"/>'
    )


def tick(value: float) -> str:
    """A number at an axis."""
    return f"{value + 0.0:.4g}".replace("-", "\N{MINUS SIGN}") if abs(value) > 1e-12 else "0"


def _told(plot: Plot) -> str:
    """The plot in words: the range of each curve and where its largest value is."""
    lines = []
    for series in plot.series:
        y = np.asarray(series.y)
        if not np.isfinite(y).any():
            continue
        at = float(np.asarray(series.x)[int(np.nanargmax(y))])
        where = f"{at:.0f} % of the stride" if plot.over_stride else f"{at:.3g}"
        ends = f"from {np.nanmin(y):.3g} to {np.nanmax(y):.3g} {plot.unit}"
        lines.append(f"{series.name}: {ends}, largest at {where}")
    if plot.floor is not None:
        lines.append(f"changes below {plot.floor:.2g} {plot.unit} are not resolved")
    return ". ".join(lines) + "." if lines else plot.title
