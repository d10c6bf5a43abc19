"""One figure of a stride over the curves of measured runners: both sides, mean and SD band."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from surae.loads.agreement import Band, CurveRow, curves_of
from surae.loads.stride import Stride
from surae.report import figures


def draw(
    stride: Stride, rows: Sequence[CurveRow], bands: Mapping[str, Band], path: Path | str
) -> Path:
    """Draw every compared curve as PNG; a band is moved by the offset that was free."""
    panels = [
        (
            _title(row),
            curves_of(stride, row.quantity, bands[row.quantity].percent),
            bands[row.quantity],
            row.offset,
        )
        for row in rows
    ]
    figures.save_png(figures.agreement(panels), Path(path))
    return Path(path)


def _title(row: CurveRow) -> str:
    name = row.quantity.replace("_", " ")
    error = f"{row.rmse:.1f}" if row.unit == "deg" else f"{row.rmse:.2g}"
    return f"{name} ({row.unit})\nRMSE {error}, {row.rmse_sd:.1f} SD, r {row.r:.2f}"
