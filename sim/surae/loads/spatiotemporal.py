"""Times, lengths and rates of the stride, from contact to contact (30 N on the 15 Hz force)."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from surae.gait.solution import across
from surae.loads.gait_events import low_pass
from surae.loads.metric import per_side, scalar
from surae.loads.stride import Stride, has_coordinate, midline
from surae.loads.windows import (
    contact,
    integral,
    landed,
    largest,
    stance,
    stance_time,
    where_landed,
)

READS = (
    "coordinates",
    "speeds",
    "events",
    "ground_reaction_force",
    "center_of_pressure",
    "duration",
    "speed",
)
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


def spatiotemporal(stride: Stride) -> dict[str, Array]:
    """Values of the metrics of this file that the model has coordinates for."""
    duration, first, down = stride.duration, contact(stride), stance_time(stride)
    height = midline(stride, "coordinates", "pelvis_ty")
    both_land = landed(stride).all()
    between = first[::-1] - first
    values = {
        "stride_time": duration,
        "stance_time": where_landed(stride, down),
        "flight_time": jnp.where(both_land, _signed(between - down, duration), jnp.nan),
        "step_time": jnp.where(both_land, between % duration, jnp.nan),
        "duty_factor": where_landed(stride, down / duration),
        "step_frequency": 2.0 / duration,
        "step_length": 0.5 * stride.speed * duration,
        "stride_length": stride.speed * duration,
        "mean_speed": midline(stride, "speeds", "pelvis_tx").mean(),
        "pelvis_vertical_oscillation": 100.0 * (largest(height) + largest(-height)),
    }
    if has_coordinate(stride, "pelvis_tz"):
        values["step_width"] = _step_width(stride)
    return values


def _signed(interval: Array, duration: Array) -> Array:
    """The interval modulo the stride nearest to zero: negative where both feet are down."""
    return (interval + 0.5 * duration) % duration - 0.5 * duration


def _step_width(stride: Stride) -> Array:
    """Force-weighted mean lateral position of the center of pressure, right minus left."""
    raw = across(stride.spline, stride.given.ground_reaction_force[:, :, 1])
    upward = low_pass(raw, stride.duration)
    lateral = across(stride.linear, stride.given.center_of_pressure[:, :, 2])
    weights = integral(stride, upward, stance(stride))
    right, left = integral(stride, upward * lateral, stance(stride)) / weights
    return right - left
