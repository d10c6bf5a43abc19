"""Times, lengths and rates of the stride, from contact to contact (30 N on the 15 Hz force)."""

from __future__ import annotations

import numpy as np

from surae.loads.metric import per_side, scalar
from surae.loads.stride import Stride, has_coordinate, midline

DEFINITIONS = {
    "stride_time": scalar("s", "contact to next contact of the same side"),
    "stance_time": per_side("s", "contact to toe-off"),
    "flight_time": per_side("s", "toe-off to contact of the other side"),
    "step_time": per_side("s", "contact to contact of the other side"),
    "duty_factor": per_side("1", "stance time as a share of stride time"),
    "step_frequency": scalar("Hz", "two steps a stride"),
    "step_length": scalar("m", "mean of the two steps: half the stride length"),
    "stride_length": scalar("m", "speed times stride time"),
    "mean_speed": scalar("m/s", "mean over the stride of the pelvis's forward speed"),
    "pelvis_vertical_oscillation": scalar("cm", "range of pelvis height over the stride"),
    "step_width": scalar("m", "right minus left center of pressure, mean over each stance"),
}


def spatiotemporal(stride: Stride) -> dict:
    """Values of the metrics of this file that the model has coordinates for."""
    events, duration = stride.events, stride.duration
    height = midline(stride, stride.even.coordinates, "pelvis_ty")
    values = {
        "stride_time": duration,
        "stance_time": events.stance_time,
        "flight_time": _signed(events.contact[::-1] - events.toe_off, duration),
        "step_time": (events.contact[::-1] - events.contact) % duration,
        "duty_factor": events.stance_time / duration,
        "step_frequency": 2.0 / duration,
        "step_length": 0.5 * stride.speed * duration,
        "stride_length": stride.speed * duration,
        "mean_speed": midline(stride, stride.even.speeds, "pelvis_tx").mean(),
        "pelvis_vertical_oscillation": 100.0 * (height.max() - height.min()),
    }
    if has_coordinate(stride, "pelvis_tz"):
        values["step_width"] = _step_width(stride)
    return values


def _signed(interval: np.ndarray, duration: float) -> np.ndarray:
    """The interval modulo the stride nearest to zero: negative where both feet are down."""
    return (interval + 0.5 * duration) % duration - 0.5 * duration


def _step_width(stride: Stride) -> float:
    """Force-weighted mean lateral position of the center of pressure, right minus left."""
    force = np.where(stride.in_stance, stride.filtered_force[:, :, 1], 0.0)
    lateral = np.asarray(stride.even.center_of_pressure)[:, :, 2]
    total = force.sum(axis=0)
    right, left = (force * lateral).sum(axis=0) / np.where(total > 0.0, total, np.nan)
    return float(right - left)
