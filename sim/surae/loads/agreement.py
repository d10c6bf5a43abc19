"""How near the curves of a stride lie to measured mean curves: RMSE, correlation, RMSE in SD.

Each curve begins at contact of its own side (30 N on the 15 Hz force), as the measured ones do;
right and left are pooled, the left one's lateral force with its sign changed. The RMSE in SD is
over the root mean square of the SD between people, so that it stays finite where all people agree
(a force in swing).

Pelves of different models do not agree on which tilt is zero: pelvis_tilt, hip_flexion and
lumbar_extension are compared after the constant offset that fits best, which is stated.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Protocol

import numpy as np

from surae.gait.solution import SIDES
from surae.loads.stride import Stride, both_sides, from_contact, midline
from surae.loads.validation import OUTSIDE, PASS

FREE_OFFSET = ("pelvis_tilt", "hip_flexion", "lumbar_extension")
AXES = ("grf_x", "grf_y", "grf_z")
_MIRRORED = "grf_z"  # to the right on both feet: outward on one, inward on the other
_MOMENT = "_moment"
PREDICTED = "predict"  # the one mode that has seen no data


class Band(Protocol):
    """A mean curve and the SD between people, over 0 .. 100 % of a stride from right contact."""

    @property
    def percent(self) -> np.ndarray:
        """Phase, %."""
        ...

    @property
    def mean(self) -> np.ndarray:
        """Mean over people, in the unit of the quantity."""
        ...

    @property
    def sd(self) -> np.ndarray:
        """Standard deviation between people."""
        ...


@dataclasses.dataclass(frozen=True)
class Limits:
    """What an angle and the vertical force must reach; `sd` is an alternative to the RMSE's."""

    angle_rmse: float  # deg
    force_rmse: float  # of the measured peak
    least_r: float | None = None
    sd: float | None = None


# For a runner that was led by data lightly, and for one that was predicted without any.
CALIBRATED_LIMITS = Limits(angle_rmse=6.0, force_rmse=0.10, least_r=0.9)
PREDICTED_LIMITS = Limits(angle_rmse=10.0, force_rmse=0.10, sd=2.0)


@dataclasses.dataclass(frozen=True)
class CurveRow:
    """One quantity; `verdict` is empty where no figure is asked for, `limit` says the figure."""

    quantity: str
    unit: str
    rmse: float
    rmse_of_range: float  # share of the measured curve's peak (forces) or range (others)
    rmse_sd: float
    r: float
    offset: float  # taken off before comparing; 0 where none is free
    limit: str
    verdict: str


def compared_quantities(stride: Stride) -> tuple[str, ...]:
    """Angles, ground reactions and moments that the model has and a measurement may have."""
    runner = stride.given.runner
    without_side = dict.fromkeys(
        n[:-2] if n[-2:] in ("_r", "_l") else n for n in runner.coordinate_names
    )
    angles = [n for n in without_side if not n.startswith(("pelvis_tx", "pelvis_ty", "pelvis_tz"))]
    lateral = "hip_adduction" in without_side
    forces = AXES if lateral else AXES[:2]
    moments = [f"{n}{_MOMENT}" for n in angles if n.startswith(("hip_", "knee_", "ankle_"))]
    return (*angles, *forces, *moments)


def agreement(stride: Stride, bands: Mapping[str, Band], mode: str) -> tuple[CurveRow, ...]:
    """Rows of the quantities in `bands` (deg, BW, N m/kg) that the model has."""
    limits = PREDICTED_LIMITS if mode == PREDICTED else CALIBRATED_LIMITS
    names = [name for name in compared_quantities(stride) if name in bands]
    return tuple(_row(stride, name, bands[name], limits) for name in names)


def curves_of(stride: Stride, quantity: str, percent: np.ndarray) -> np.ndarray:
    """Our curves of a quantity in the measurement's unit: (percent, side), or one column."""
    if quantity in AXES:
        sign = np.array([1.0, -1.0 if quantity == _MIRRORED else 1.0])
        force = np.asarray(stride.filtered_force)[:, :, AXES.index(quantity)]
        curves = sign * force / stride.weight
    elif quantity.endswith(_MOMENT):
        name = quantity.removesuffix(_MOMENT)
        curves = np.asarray(both_sides(stride, "joint_moments", name)) / stride.mass
    elif quantity in stride.given.runner.coordinate_names:
        curves = np.degrees(midline(stride, "coordinates", quantity))[:, None]
    else:
        curves = np.degrees(both_sides(stride, "coordinates", quantity))
    sides = SIDES if curves.shape[1] == len(SIDES) else SIDES[:1]
    columns = zip(curves.T, sides, strict=True)
    return np.stack([from_contact(stride, curve, side, percent) for curve, side in columns], axis=1)


def _row(stride: Stride, quantity: str, band: Band, limits: Limits) -> CurveRow:
    # 0 and 100 % are the same instant.
    percent, mean, sd = (np.asarray(x)[:-1] for x in (band.percent, band.mean, band.sd))
    ours = curves_of(stride, quantity, percent)
    offset = float((ours - mean[:, None]).mean()) if quantity in FREE_OFFSET else 0.0
    error = ours - offset - mean[:, None]
    rmse = float(np.sqrt((error**2).mean()))
    whole = np.abs(mean).max() if quantity in AXES else np.ptp(mean)
    measured = np.broadcast_to(mean[:, None], ours.shape)
    row = CurveRow(
        quantity=quantity,
        unit="BW" if quantity in AXES else "N m/kg" if quantity.endswith(_MOMENT) else "deg",
        rmse=rmse,
        rmse_of_range=_share(rmse, float(whole)),
        rmse_sd=_share(rmse, float(np.sqrt((sd**2).mean()))),
        r=_correlation(ours, measured),
        offset=offset,
        limit="",
        verdict="",
    )
    return _judged(row, limits)


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0.0 else math.nan


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Pearson's r; NaN where a curve is flat."""
    a, b = a - a.mean(), b - b.mean()
    return _share(float((a * b).sum()), float(np.sqrt((a**2).sum() * (b**2).sum())))


def _judged(row: CurveRow, limits: Limits) -> CurveRow:
    if row.unit == "deg":
        near, limit = row.rmse <= limits.angle_rmse, f"{limits.angle_rmse:g} deg"
    elif row.quantity == "grf_y":
        near, limit = row.rmse_of_range <= limits.force_rmse, f"{100 * limits.force_rmse:g} %"
    else:
        return row
    if limits.sd is not None:
        near, limit = near or row.rmse_sd <= limits.sd, f"{limit} or {limits.sd:g} SD"
    if limits.least_r is not None:
        near, limit = near and row.r >= limits.least_r, f"{limit}, r {limits.least_r:g}"
    return dataclasses.replace(row, limit=limit, verdict=PASS if near else OUTSIDE)
