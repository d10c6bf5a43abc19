"""The short table of a stride: what the Achilles tendon feels, and how the runner runs.

With a healthy stride beside it, every line has the healthy value and the paired difference.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from surae.cli.table import aligned

Metrics = Mapping[str, Any]  # name -> a record with value, unit and dims (surae.loads.metric)

SIDES = ("r", "l")
# Sides closer than this are told as one.
_SAME_SIDES = 0.005


class Line(NamedTuple):
    """A metric as the table tells it: in `unit`, which is `factor` times the metric's own."""

    label: str
    metric: str
    unit: str
    digits: int
    factor: float = 1.0


LINES = (
    Line("Achilles peak force", "achilles_peak_force", "BW", 3),
    Line("Achilles impulse a step", "achilles_impulse", "BW s", 4),
    Line("Achilles peak strain", "achilles_peak_strain", "%", 2, 100.0),
    Line("Achilles loading rate", "achilles_loading_rate", "BW/s", 1),
    Line("step frequency", "step_frequency", "Hz", 3),
    Line("stance time", "stance_time", "ms", 1, 1000.0),
    Line("peak vertical force", "peak_vertical_force", "BW", 3),
    Line("peak braking force", "peak_braking_force", "BW", 3),
    Line("knee flexion at contact", "knee_flexion_at_contact", "deg", 1),
    Line("peak knee flexion, stance", "peak_knee_flexion_stance", "deg", 1),
    Line("peak knee flexion, swing", "peak_knee_flexion_swing", "deg", 1),
)


class Cell(NamedTuple):
    """One line of numbers: label, unit, digits, and a value for each stride."""

    label: str
    unit: str
    digits: int
    values: tuple[float, ...]


def stride_table(
    metrics: Metrics, muscles: Sequence[str], healthy: Metrics | None = None, name: str = "weakened"
) -> str:
    """The table as text, one column of values, or four beside a healthy stride."""
    strides = [metrics] if healthy is None else [healthy, metrics]
    cells = [cell for line in LINES for cell in _cells(line, strides)]
    cells += _highest_activation(strides, muscles)
    if healthy is None:
        return aligned(
            [(c.label, _text(c.values[0], c.digits), c.unit) for c in cells], (1,), header=False
        )
    header = ("", "healthy", name, "difference", "%", "unit")
    return aligned([header, *(_compared(cell) for cell in cells)], right=(1, 2, 3, 4))


def study_table(strides: Mapping[str, Metrics], muscles: Sequence[str]) -> str:
    """Several strides beside the first: for each its value, and its difference in per cent."""
    names, metrics = list(strides), list(strides.values())
    cells = [cell for line in LINES for cell in _cells(line, metrics)]
    cells += _highest_activation(metrics, muscles)
    header = ["", "unit", names[0]]
    for name in names[1:]:
        header += [name, "%"]
    rows = [header]
    for cell in cells:
        before = cell.values[0]
        row = [cell.label, cell.unit, _text(before, cell.digits)]
        for after in cell.values[1:]:
            row += [_text(after, cell.digits), _signed(_percent(before, after), 2)]
        rows.append(row)
    return aligned(rows, right=range(2, len(header)))


def as_json(metrics: Metrics) -> dict[str, dict[str, Any]]:
    """{name: {value, unit}} with lists for arrays and None for NaN, which JSON has not."""
    return {
        name: {"value": _plain(np.asarray(metric.value).tolist()), "unit": metric.unit}
        for name, metric in metrics.items()
    }


def _cells(line: Line, strides: Sequence[Metrics]) -> list[Cell]:
    if any(line.metric not in metrics for metrics in strides):
        return []
    values = [line.factor * np.atleast_1d(np.asarray(m[line.metric].value)) for m in strides]
    if all(_alike(value) for value in values):
        means = tuple(float(value.mean()) for value in values)
        return [Cell(line.label, line.unit, line.digits, means)]
    return [
        Cell(f"{line.label} ({side})", line.unit, line.digits, tuple(float(v[i]) for v in values))
        for i, side in enumerate(SIDES)
    ]


def _alike(sides: np.ndarray) -> bool:
    return sides.size == 1 or bool(np.ptp(sides) <= _SAME_SIDES * np.abs(sides).max())


def _highest_activation(strides: Sequence[Metrics], muscles: Sequence[str]) -> list[Cell]:
    """The muscle that the last stride uses most, and how much each stride uses it."""
    if any("peak_activation" not in metrics for metrics in strides):
        return []
    peaks = [np.asarray(metrics["peak_activation"].value) for metrics in strides]
    most = int(np.argmax(peaks[-1]))
    values = tuple(float(peak[most]) for peak in peaks)
    return [Cell(f"highest activation ({muscles[most]})", "1", 3, values)]


def _compared(cell: Cell) -> tuple[str, ...]:
    before, after = cell.values
    percent = _percent(before, after)
    values = (_text(before, cell.digits), _text(after, cell.digits))
    changes = (_signed(after - before, cell.digits), _signed(percent, 2))
    return (cell.label, *values, *changes, cell.unit)


def _percent(before: float, after: float) -> float:
    return 100.0 * (after - before) / abs(before) if before else math.nan


def _text(value: float, digits: int) -> str:
    return "-" if math.isnan(value) else f"{value:.{digits}f}"


def _signed(value: float, digits: int) -> str:
    if math.isnan(value):
        return "-"
    text = f"{value:+.{digits}f}"
    return text if float(text) else "0"  # no sign for what rounds to nothing


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value if math.isfinite(value) else None
