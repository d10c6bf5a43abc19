"""The second table of `surae validate`: a stride's curves beside the normative runner's."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

from surae._errors import UnusableInput
from surae.cli.table import aligned

if TYPE_CHECKING:
    from surae.files.results import StoredStride
    from surae.loads.agreement import Band, CurveRow
    from surae.loads.stride import Stride

_HEADER = ("curve", "RMSE", "unit", "of range", "in SD", "r", "free offset", "allowed", "verdict")


@dataclasses.dataclass(frozen=True)
class Compared:
    """A stride with the measured curves at its speed; no rows where there are none, and why."""

    name: str
    mode: str
    status: str
    speed: float
    stride: Stride
    bands: dict[str, Band]
    rows: tuple[CurveRow, ...]
    reason: str = ""


def compare(stored: StoredStride) -> Compared:
    """The stride of a result beside the normative curves at its speed."""
    from surae.files.normative import normative_curve, normative_quantities
    from surae.loads.agreement import agreement, compared_quantities
    from surae.loads.stride import prepare

    stride, speed = prepare(stored.gait), float(stored.gait.speed)
    what = (stored.path.name, stored.case.mode, stored.gait.status, speed, stride)
    known = normative_quantities()
    names = [name for name in compared_quantities(stride) if name in known]
    try:
        bands: dict[str, Band] = {name: normative_curve(name, speed) for name in names}
    except UnusableInput as error:
        return Compared(*what, {}, (), str(error))
    return Compared(*what, bands, agreement(stride, bands, stored.case.mode))


def table(compared: Compared) -> str:
    """The rows as text, below a line that says what was compared with what."""
    if not compared.rows:
        return f"curves: not compared. {compared.reason}"
    head = (
        f"{compared.name} ({compared.mode}, {compared.speed:g} m/s; {compared.status}) beside the "
        "mean curves of 7 men on a treadmill (Hamner & Delp 2013)"
    )
    counted = [row for row in compared.rows if row.verdict]
    passed = sum(row.verdict == "pass" for row in counted)
    return "\n".join(
        [
            head,
            aligned([_HEADER, *(_cells(row) for row in compared.rows)], right=range(1, 7)),
            f"curves {passed}/{len(counted)} ({100 * passed / len(counted):.0f} %); "
            "of range: RMSE over the measured range, for forces over the measured peak",
        ]
    )


def summary(compared: Compared) -> dict[str, Any]:
    """The same for `--json`."""
    return {
        "result": compared.name,
        "mode": compared.mode,
        "status": compared.status,
        "speed_m_s": compared.speed,
        "reason": compared.reason,
        "rows": [
            {
                key: value if not isinstance(value, float) or math.isfinite(value) else None
                for key, value in dataclasses.asdict(row).items()
            }
            for row in compared.rows
        ],
    }


def _cells(row: CurveRow) -> tuple[str, ...]:
    return (
        row.quantity,
        f"{row.rmse:.3g}",
        row.unit,
        f"{100 * row.rmse_of_range:.1f} %",
        f"{row.rmse_sd:.2f}",
        f"{row.r:.3f}",
        f"{row.offset:+.1f}" if row.offset else "",
        row.limit,
        row.verdict,
    )
