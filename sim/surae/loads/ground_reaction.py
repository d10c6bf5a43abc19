"""Peaks and impulses of the ground reaction force, in body weights.

Peaks are of the force after the 15 Hz filter of `gait_events`, as the measured ones are; the
names that end in `_unfiltered` are of the force as computed.
"""

from __future__ import annotations

import numpy as np

from surae.loads import periodic
from surae.loads.metric import per_side
from surae.loads.stride import Stride, largest, whole_stride

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


def ground_reaction(stride: Stride) -> dict:
    """Values of the metrics of this file."""
    time, duration, everywhere = stride.time, stride.duration, whole_stride(stride)
    raw = np.asarray(stride.even.ground_reaction_force) / stride.weight
    filtered = stride.filtered_force / stride.weight
    forward, upward = raw[:, :, 0], raw[:, :, 1]
    time_of_peak = np.asarray(periodic.peak(filtered[:, :, 1], time, duration).time)
    delay = (time_of_peak - stride.events.contact) % duration
    return {
        "peak_vertical_force": largest(filtered[:, :, 1], everywhere),
        "peak_vertical_force_unfiltered": largest(upward, everywhere),
        "time_of_peak_vertical_force": 100.0 * delay / stride.events.stance_time,
        "peak_braking_force": largest(-filtered[:, :, 0], everywhere),
        "peak_braking_force_unfiltered": largest(-forward, everywhere),
        "peak_propulsive_force": largest(filtered[:, :, 0], everywhere),
        "peak_propulsive_force_unfiltered": largest(forward, everywhere),
        "vertical_impulse": periodic.integral(upward, time, duration),
        "braking_impulse": periodic.integral(np.maximum(-forward, 0.0), time, duration),
        "propulsive_impulse": periodic.integral(np.maximum(forward, 0.0), time, duration),
        "peak_vertical_loading_rate": largest(
            np.asarray(periodic.rate(filtered[:, :, 1], time, duration)), everywhere
        ),
    }
