"""Peaks and impulses of the ground reaction force, in body weights.

Peaks are of the force after the 15 Hz filter of `gait_events`, as the measured ones are; the
names that end in `_unfiltered` are of the force as computed.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from surae.gait.solution import across
from surae.loads import periodic
from surae.loads.gait_events import low_pass
from surae.loads.metric import per_side
from surae.loads.stride import Stride
from surae.loads.windows import contact, largest, stance_time, where_landed

READS = (
    "events",
    "ground_reaction_force",
    "duration",
    "runner.skeleton.mass",
    "runner.skeleton.gravity",
)
DEFINITIONS = {
    "peak_vertical_force": per_side("BW", "largest upward force, filtered"),
    "peak_vertical_force_unfiltered": per_side("BW", "largest upward force as computed"),
    "time_of_peak_vertical_force": per_side("%", "of stance, filtered force"),
    "peak_braking_force": per_side("BW", "largest backward force, its size, filtered"),
    "peak_braking_force_unfiltered": per_side("BW", "largest backward force as computed"),
    "peak_propulsive_force": per_side("BW", "largest forward force, filtered"),
    "peak_propulsive_force_unfiltered": per_side("BW", "largest forward force as computed"),
    "vertical_impulse": per_side("BW s", "of one step"),
    "braking_impulse": per_side("BW s", "of one step, its size"),
    "propulsive_impulse": per_side("BW s", "of one step"),
    "peak_vertical_loading_rate": per_side("BW/s", "steepest rise of the filtered upward force"),
}


def ground_reaction(stride: Stride) -> dict[str, Array]:
    """Values of the metrics of this file."""
    time, duration = stride.time, stride.duration
    # Forward and upward; nothing here reads the lateral force.
    given = stride.given.ground_reaction_force[:, :, :2]
    raw = across(stride.spline, given) / stride.weight
    forward, upward = raw[:, :, 0], raw[:, :, 1]
    filtered = low_pass(raw, duration)
    delay = (periodic.peak(filtered[:, :, 1], time, duration).time - contact(stride)) % duration
    return {
        "peak_vertical_force": largest(filtered[:, :, 1]),
        "peak_vertical_force_unfiltered": largest(upward),
        "time_of_peak_vertical_force": where_landed(stride, 100.0 * delay / stance_time(stride)),
        "peak_braking_force": largest(-filtered[:, :, 0]),
        "peak_braking_force_unfiltered": largest(-forward),
        "peak_propulsive_force": largest(filtered[:, :, 0]),
        "peak_propulsive_force_unfiltered": largest(forward),
        "vertical_impulse": periodic.integral(upward, time, duration),
        "braking_impulse": periodic.integral(jnp.maximum(-forward, 0.0), time, duration),
        "propulsive_impulse": periodic.integral(jnp.maximum(forward, 0.0), time, duration),
        "peak_vertical_loading_rate": largest(periodic.rate(filtered[:, :, 1], time, duration)),
    }
