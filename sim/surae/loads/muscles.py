"""Peak activation of every muscle, and peak force of the muscles that published values exist for.

A name is a group of the model or a muscle (with or without a number at its end); a model that has
neither lacks the metric.
"""

from __future__ import annotations

from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from surae.gait.solution import SIDES, across
from surae.loads.metric import Definition, per_side
from surae.loads.stride import Stride
from surae.loads.windows import largest, largest_in, late_swing, stance
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

EVERY_MUSCLE_READS = ("activation", "tendon_force", "runner.skeleton.mass")
GROUP_READS = ("tendon_force", "events", "duration", "runner.skeleton.mass")
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


def every_muscle(stride: Stride) -> dict[str, Array]:
    """Peaks of all muscles, each of which reads one curve."""
    given = stride.given
    force = lax.stop_gradient(across(stride.spline, given.tendon_force))
    at_peak = stride.spline[jnp.argmax(force, axis=0)]
    return {
        # At the instants as solved: a spline between them could pass above the bound of 1.
        "peak_activation": largest(given.activation),
        "peak_muscle_force": jnp.einsum("mi,im->m", at_peak, given.tendon_force) / stride.mass,
    }


def muscle_groups(stride: Stride) -> dict[str, Array]:
    """Peaks of the groups and muscles that the model has."""
    values = {}
    for name in GLUTEALS + OTHERS:
        members = members_of(stride.given.runner, name)
        if not members:
            continue
        total = group_force(stride, members) / stride.mass
        if name in OTHERS:
            values[f"{name}_peak_force"] = largest(total)
            continue
        values[f"{name}_peak_force"] = largest_in(stride, total, stance(stride))
        values[f"{name}_peak_force_late_swing"] = largest_in(stride, total, late_swing(stride))
    return values


def group_force(stride: Stride, members: Sequence[str]) -> Array:
    """Sum of the tendon forces of some muscles of each side: (sample, side), N."""
    names, force = stride.given.runner.muscle_names, stride.given.tendon_force
    columns = [[names.index(f"{member}_{side}") for member in members] for side in SIDES]
    total = jnp.stack([force[:, np.array(own)].sum(axis=1) for own in columns], axis=-1)
    return across(stride.spline, total)


def members_of(runner: Runner, name: str) -> tuple[str, ...]:
    """Muscles without side that `name` stands for; empty where the model has none."""
    groups = dict(runner.groups)
    if name in groups:
        return groups[name]
    right = [muscle.removesuffix("_r") for muscle in runner.muscle_names if muscle.endswith("_r")]
    return tuple(muscle for muscle in right if muscle.rstrip("_0123456789") == name)
