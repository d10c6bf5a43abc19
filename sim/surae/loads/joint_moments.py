"""Joint moments and joint work per kilogram of body mass.

Moments are net and internal (what muscles, tendons and ligaments do), unless a meaning says
external. The named direction is positive: a peak ankle moment of 3 is 3 N m/kg of plantarflexion.
Joint work is the integral of moment times speed, its positive and negative parts apart; a joint
with several coordinates sums their power first.
"""

from __future__ import annotations

import numpy as np

from surae.loads import periodic
from surae.loads.metric import Definition, per_side
from surae.loads.stride import Stride, both_sides, has_coordinate, largest, whole_stride

JOINTS = {
    "hip": ("hip_flexion", "hip_adduction", "hip_rotation"),
    "knee": ("knee_angle",),
    "ankle": ("ankle_angle", "subtalar_angle"),
    "mtp": ("mtp_angle",),
}
_WORK_DIMS = ("direction", "side")

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


def joint_moments(stride: Stride) -> dict:
    """Values of the metrics of this file that the model has coordinates for."""
    values = {}
    if has_coordinate(stride, "ankle_angle"):
        values["peak_ankle_moment"] = largest(-_moment(stride, "ankle_angle"), whole_stride(stride))
    if has_coordinate(stride, "knee_angle"):
        values["peak_knee_moment"] = largest(-_moment(stride, "knee_angle"), stride.in_stance)
    if has_coordinate(stride, "hip_flexion"):
        flexion = _moment(stride, "hip_flexion")
        values["peak_hip_extension_moment"] = largest(-flexion, whole_stride(stride))
        values["peak_hip_flexion_moment"] = largest(flexion, whole_stride(stride))
    if has_coordinate(stride, "hip_adduction"):
        adduction = _moment(stride, "hip_adduction")
        values["peak_hip_abduction_moment"] = largest(-adduction, stride.in_stance)
        values["hip_adduction_impulse"] = _stance_impulse(stride, -adduction)
    if has_coordinate(stride, "hip_rotation"):
        rotation = _moment(stride, "hip_rotation")
        values["peak_hip_rotation_moment"] = largest(rotation, stride.in_stance)
        values["peak_hip_external_rotation_moment"] = largest(-rotation, stride.in_stance)
        values["hip_external_rotation_impulse"] = _stance_impulse(stride, rotation)
        values["hip_external_rotation_impulse_internal"] = _stance_impulse(stride, -rotation)
    return values | _work(stride)


def _moment(stride: Stride, name: str) -> np.ndarray:
    return both_sides(stride, np.asarray(stride.even.joint_moments), name) / stride.mass


def _stance_impulse(stride: Stride, moment: np.ndarray) -> np.ndarray:
    """Integral over stance of the positive part of a moment (instant, side)."""
    positive = np.where(stride.in_stance, np.maximum(moment, 0.0), 0.0)
    return np.asarray(periodic.integral(positive, stride.time, stride.duration))


def joint_power(stride: Stride, joint: str) -> np.ndarray:
    """Power of a joint over all its coordinates, W/kg: (instant, side)."""
    power = np.zeros_like(stride.since_contact)
    for name in JOINTS[joint]:
        if has_coordinate(stride, name):
            power = power + _moment(stride, name) * both_sides(stride, stride.even.speeds, name)
    return power


def _work(stride: Stride) -> dict:
    values, in_stance = {}, {}
    for joint, names in JOINTS.items():
        if not has_coordinate(stride, names[0]):
            continue
        power = joint_power(stride, joint)
        parts = np.stack([np.maximum(power, 0.0), np.minimum(power, 0.0)], axis=1)
        values[f"{joint}_work"] = periodic.integral(parts, stride.time, stride.duration)
        in_stance[joint] = _stance_impulse(stride, power)
    limb = ("hip", "knee", "ankle")
    if all(joint in in_stance for joint in limb):
        total = sum(in_stance[joint] for joint in limb)
        share = in_stance["ankle"] / np.where(total > 0.0, total, np.nan)
        values["ankle_share_of_positive_work"] = 100.0 * share
    return values
