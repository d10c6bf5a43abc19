"""Peak activation of every muscle, and peak force of the muscles that published values exist for.

A name is a group of the model or a muscle (with or without a number at its end); a model that has
neither lacks the metric.
"""

from __future__ import annotations

import numpy as np

from surae.gait.solution import SIDES
from surae.loads.metric import Definition, per_side
from surae.loads.stride import Stride, largest, late_swing, whole_stride
from surae.runner.runner import Runner

GLUTEALS = ("gluteus_maximus", "gluteus_medius", "gluteus_minimus")
OTHERS = (
    "soleus",
    "gastrocnemius",
    "gastrocnemius_medialis",
    "gastrocnemius_lateralis",
    "psoas",
    "iliacus",
)

DEFINITIONS = {
    "peak_activation": Definition("1", ("muscle",), "largest over the stride"),
    "peak_muscle_force": Definition("N/kg", ("muscle",), "along the tendon, over the stride"),
    **{f"{name}_peak_force": per_side("N/kg", "largest over the stride") for name in OTHERS},
    **{f"{name}_peak_force": per_side("N/kg", "largest in stance") for name in GLUTEALS},
    **{
        f"{name}_peak_force_late_swing": per_side("N/kg", "largest in the last half of swing")
        for name in GLUTEALS
    },
}


def muscles(stride: Stride) -> dict:
    """Values of the metrics of this file that the model has muscles for."""
    runner = stride.even.runner
    force = np.asarray(stride.even.tendon_force) / stride.mass
    values = {
        # At the instants as solved: a spline between them could pass above the bound of 1.
        "peak_activation": np.asarray(stride.given.activation).max(axis=0),
        "peak_muscle_force": force.max(axis=0),
    }
    for name in GLUTEALS + OTHERS:
        members = members_of(runner, name)
        if not members:
            continue
        total = np.stack([_total(runner, force, members, side) for side in SIDES], axis=-1)
        window = stride.in_stance if name in GLUTEALS else whole_stride(stride)
        values[f"{name}_peak_force"] = largest(total, window)
        if name in GLUTEALS:
            values[f"{name}_peak_force_late_swing"] = largest(total, late_swing(stride))
    return values


def members_of(runner: Runner, name: str) -> tuple[str, ...]:
    """Muscles without side that `name` stands for; empty where the model has none."""
    groups = dict(runner.groups)
    if name in groups:
        return groups[name]
    right = [muscle.removesuffix("_r") for muscle in runner.muscle_names if muscle.endswith("_r")]
    return tuple(muscle for muscle in right if muscle.rstrip("_0123456789") == name)


def _total(runner: Runner, force: np.ndarray, members: tuple[str, ...], side: str) -> np.ndarray:
    return sum(
        (force[:, runner.muscle_names.index(f"{member}_{side}")] for member in members),
        start=np.zeros(len(force)),
    )
