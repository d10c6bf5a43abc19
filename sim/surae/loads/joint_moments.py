"""Joint moments and joint work per kilogram of body mass.

Moments are net and internal (what muscles, tendons and ligaments do), unless a meaning says
external. The named direction is positive: a peak ankle moment of 3 is 3 N m/kg of plantarflexion.
Joint work is the integral of moment times speed, its positive and negative parts apart; a joint
with several coordinates sums their power first.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from surae.loads import periodic
from surae.loads.metric import Definition, per_side
from surae.loads.stride import Stride, both_sides, has_coordinate
from surae.loads.windows import integral, largest, largest_in, stance

JOINTS = {
    "hip": ("hip_flexion", "hip_adduction", "hip_rotation"),
    "knee": ("knee_angle",),
    "ankle": ("ankle_angle", "subtalar_angle"),
    "mtp": ("mtp_angle",),
}
_WORK_DIMS = ("direction", "side")

READS = (
    "joint_moments",
    "speeds",
    "events",
    "duration",
    "runner.skeleton.mass",
)
DEFINITIONS = {
    "peak_ankle_moment": per_side("N m/kg", "plantarflexion, largest over the stride"),
    "peak_knee_moment": per_side("N m/kg", "extension, largest in stance"),
    "peak_hip_extension_moment": per_side("N m/kg", "extension, largest over the stride"),
    "peak_hip_flexion_moment": per_side("N m/kg", "flexion, largest over the stride"),
    "peak_hip_abduction_moment": per_side("N m/kg", "abduction, largest in stance"),
    "peak_hip_rotation_moment": per_side("N m/kg", "internal rotation, largest in stance"),
    "peak_hip_external_rotation_moment": per_side(
        "N m/kg", "external rotation by the muscles, largest in stance"
    ),
    "hip_adduction_impulse": per_side(
        "N m s/kg", "EXTERNAL adduction moment (balanced by abduction), integral over stance"
    ),
    "hip_external_rotation_impulse": per_side(
        "N m s/kg",
        "EXTERNAL external-rotation moment (balanced by internal rotation), integral over stance",
    ),
    "hip_external_rotation_impulse_internal": per_side(
        "N m s/kg", "external rotation by the muscles, integral over stance"
    ),
    **{f"{joint}_work": Definition("J/kg", _WORK_DIMS, "over the stride") for joint in JOINTS},
    "ankle_share_of_positive_work": per_side(
        "%", "ankle's part of the positive work of hip, knee and ankle in stance"
    ),
}


def joint_moments(stride: Stride) -> dict[str, Array]:
    """Values of the metrics of this file that the model has coordinates for."""
    values = {}
    if has_coordinate(stride, "ankle_angle"):
        values["peak_ankle_moment"] = largest(-_moment(stride, "ankle_angle"))
    if has_coordinate(stride, "knee_angle"):
        values["peak_knee_moment"] = _largest_in_stance(stride, -_moment(stride, "knee_angle"))
    if has_coordinate(stride, "hip_flexion"):
        flexion = _moment(stride, "hip_flexion")
        values["peak_hip_extension_moment"] = largest(-flexion)
        values["peak_hip_flexion_moment"] = largest(flexion)
    if has_coordinate(stride, "hip_adduction"):
        adduction = _moment(stride, "hip_adduction")
        values["peak_hip_abduction_moment"] = _largest_in_stance(stride, -adduction)
        values["hip_adduction_impulse"] = _stance_impulse(stride, -adduction)
    if has_coordinate(stride, "hip_rotation"):
        rotation = _moment(stride, "hip_rotation")
        values["peak_hip_rotation_moment"] = _largest_in_stance(stride, rotation)
        values["peak_hip_external_rotation_moment"] = _largest_in_stance(stride, -rotation)
        values["hip_external_rotation_impulse"] = _stance_impulse(stride, rotation)
        values["hip_external_rotation_impulse_internal"] = _stance_impulse(stride, -rotation)
    return values | _work(stride)


def _moment(stride: Stride, name: str) -> Array:
    return both_sides(stride, "joint_moments", name) / stride.mass


def _largest_in_stance(stride: Stride, moment: Array) -> Array:
    return largest_in(stride, moment, stance(stride))


def _stance_impulse(stride: Stride, moment: Array) -> Array:
    """Integral over stance of the positive part of a moment (sample, side)."""
    return integral(stride, jnp.maximum(moment, 0.0), stance(stride))


def joint_power(stride: Stride, joint: str) -> Array:
    """Power of a joint over all its coordinates, W/kg: (sample, side)."""
    names = [name for name in JOINTS[joint] if has_coordinate(stride, name)]
    powers = [_moment(stride, name) * both_sides(stride, "speeds", name) for name in names]
    return sum(powers[1:], powers[0])


def _work(stride: Stride) -> dict[str, Array]:
    values, in_stance = {}, {}
    for joint, names in JOINTS.items():
        if not has_coordinate(stride, names[0]):
            continue
        power = joint_power(stride, joint)
        parts = jnp.stack([jnp.maximum(power, 0.0), jnp.minimum(power, 0.0)], axis=1)
        values[f"{joint}_work"] = periodic.integral(parts, stride.time, stride.duration)
        in_stance[joint] = _stance_impulse(stride, power)
    limb = [in_stance[joint] for joint in ("hip", "knee", "ankle") if joint in in_stance]
    if len(limb) == 3:
        total = limb[0] + limb[1] + limb[2]
        works = total > 0.0
        share = 100.0 * limb[2] / jnp.where(works, total, 1.0)
        values["ankle_share_of_positive_work"] = jnp.where(works, share, jnp.nan)
    return values
