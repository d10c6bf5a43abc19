"""What Newton's laws demand of any periodic stride: checks of the solution, not of the runner."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import Array

from surae.gait.solution import across
from surae.loads import periodic
from surae.loads.metric import scalar
from surae.loads.stride import Stride
from surae.loads.windows import largest

_TRANSLATIONS = ("pelvis_tx", "pelvis_ty", "pelvis_tz")

READS = (
    "ground_reaction_force",
    "joint_moments",
    "duration",
    "runner.skeleton.mass",
    "runner.skeleton.gravity",
)
DEFINITIONS = {
    "vertical_impulse_balance": scalar("BW", "mean over the stride of the upward force: 1"),
    "net_fore_aft_impulse": scalar("BW s", "of a stride, both feet: 0"),
    "pelvis_residual_force": scalar("BW", "largest force on a pelvis coordinate: 0"),
    "pelvis_residual_moment": scalar("BW m", "largest moment on a pelvis coordinate: 0"),
    "flight_force": scalar("BW", "smallest upward force of the stride: 0 where the runner flies"),
}


def balance(stride: Stride) -> dict[str, Array]:
    """Values of the metrics of this file."""
    given, time, duration = stride.given, stride.time, stride.duration
    total = given.ground_reaction_force[:, :, :2].sum(axis=1) / stride.weight
    force = across(stride.spline, total)
    # At the instants as solved, where the dynamics hold; a spline between them need not obey.
    names = enumerate(given.runner.coordinate_names)
    pelvis = [(name in _TRANSLATIONS, i) for i, name in names if name.startswith("pelvis_")]
    forces = [i for slides, i in pelvis if slides]
    moments = [i for slides, i in pelvis if not slides]
    return {
        "vertical_impulse_balance": periodic.mean(force[:, 1], time, duration),
        "net_fore_aft_impulse": periodic.integral(force[:, 0], time, duration),
        "pelvis_residual_force": _largest_size(given.joint_moments, forces) / stride.weight,
        "pelvis_residual_moment": _largest_size(given.joint_moments, moments) / stride.weight,
        "flight_force": -largest(-force[:, 1]),
    }


def _largest_size(values: Array, columns: list[int]) -> Array:
    """Largest absolute value of some columns; 0 of none."""
    if not columns:
        return jnp.asarray(0.0)
    return largest(jnp.abs(values[:, np.array(columns)]).ravel())
