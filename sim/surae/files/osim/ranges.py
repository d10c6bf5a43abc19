"""Over which poses muscle paths are sampled: those of running, and some beyond.

Running: what Hamner & Delp (J Biomech 46:780, 2013) measured at 2 to 5 m/s, with margin. Around the
model's default pose: one radian to either side within the coordinate's range, because models of
other tasks are compared there. Beyond both: sparsely, so that polynomials stay sane where an
optimizer may look.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from surae.files.osim.source import Source
from surae.runner.weakness import without_side

RUNNING_DEG = {
    "hip_flexion": (-30.0, 90.0),
    "hip_adduction": (-20.0, 20.0),
    "hip_rotation": (-20.0, 20.0),
    "knee_angle": (0.0, 130.0),
    "ankle_angle": (-40.0, 35.0),
    "subtalar_angle": (-20.0, 20.0),
    "mtp_angle": (-45.0, 30.0),
    "lumbar_extension": (-30.0, 30.0),
    "lumbar_bending": (-20.0, 20.0),
    "lumbar_rotation": (-20.0, 20.0),
}
# Coordinates that no running study names: this far around the default pose.
_OTHER_DEG = 30.0
_AROUND_DEFAULT_RAD = 1.0
_INNER = 0.9  # share of that range
_MARGIN = 0.1  # beyond all, as a share of the width
# Shares of the samples, and their weights in the fit.
RUNNING, DEFAULT, BEYOND = 0, 1, 2
_PATTERN = (RUNNING, DEFAULT, RUNNING, DEFAULT, RUNNING, BEYOND)
WEIGHTS = (1.0, 1.0, 0.15)


@dataclass(frozen=True)
class Poses:
    """Sampled poses; `kind` says which range each is from."""

    coordinates: tuple[str, ...]
    values: NDArray[np.float64]  # (pose, coordinate) rad
    kind: NDArray[np.int64]  # (pose,) RUNNING, DEFAULT or BEYOND


def sampled_poses(
    source: Source, names: Sequence[str], knee_sign: int, count: int, seed: int
) -> Poses:
    """`count` poses in these coordinates, evenly spread (Sobol), the others left alone."""
    by_name = {c.getName(): c for c in source.coordinates}
    chosen = [by_name[name] for name in names]
    limits = np.array([_limits(c) for c in chosen])
    running = np.array([_running(c, knee_sign) for c in chosen])
    default = np.array([_around_default(c) for c in chosen])
    low, high = np.minimum(running, default)[:, 0], np.maximum(running, default)[:, 1]
    margin = _MARGIN * (high - low)
    beyond = np.stack([low - margin, high + margin], 1)
    beyond = np.clip(beyond, limits[:, :1], limits[:, 1:])
    # Shuffled: neighbours in a Sobol sequence lie in opposite halves of every range.
    kind = np.random.default_rng(seed).permutation(np.resize(np.array(_PATTERN), count))
    boxes = np.stack([running, default, beyond])[kind]
    power = max(1, math.ceil(math.log2(count)))
    unit = qmc.Sobol(len(names), rng=seed).random_base2(power)[:count]
    values = boxes[:, :, 0] + unit * (boxes[:, :, 1] - boxes[:, :, 0])
    return Poses(tuple(names), values, kind)


def _limits(coordinate: Any) -> tuple[float, float]:
    return coordinate.getRangeMin(), coordinate.getRangeMax()


def _running(coordinate: Any, knee_sign: int) -> tuple[float, float]:
    stem = without_side(coordinate.getName())
    lower, upper = _limits(coordinate)
    if stem in RUNNING_DEG:
        low, high = (math.radians(angle) for angle in RUNNING_DEG[stem])
        if stem == "knee_angle" and knee_sign < 0:
            low, high = -high, -low
    else:
        default = min(max(coordinate.getDefaultValue(), lower), upper)
        low, high = default - math.radians(_OTHER_DEG), default + math.radians(_OTHER_DEG)
    low, high = max(low, lower), min(high, upper)
    return (low, high) if low < high else (lower, upper)


def _around_default(coordinate: Any) -> tuple[float, float]:
    lower, upper = _limits(coordinate)
    default = min(max(coordinate.getDefaultValue(), lower), upper)
    low = max(lower, default - _AROUND_DEFAULT_RAD)
    high = min(upper, default + _AROUND_DEFAULT_RAD)
    cut = 0.5 * (1.0 - _INNER) * (high - low)
    return low + cut, high - cut
