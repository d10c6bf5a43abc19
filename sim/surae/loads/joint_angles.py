"""Joint angles at contact and their extremes in stance and swing, in degrees.

OpenSim signs: flexion, adduction, internal rotation and dorsiflexion are positive.
"""

from __future__ import annotations

import numpy as np

from surae.loads.metric import per_side
from surae.loads.stride import (
    Stride,
    at_contact,
    both_sides,
    has_coordinate,
    largest,
    late_swing,
    midline,
    whole_stride,
)

DEFINITIONS = {
    "hip_flexion_at_contact": per_side("deg", "at contact"),
    "peak_hip_flexion": per_side("deg", "largest over the stride"),
    "minimum_hip_flexion": per_side("deg", "smallest over the stride: negative is extension"),
    "knee_flexion_at_contact": per_side("deg", "at contact"),
    "peak_knee_flexion_stance": per_side("deg", "largest in stance"),
    "peak_knee_flexion_swing": per_side("deg", "largest in swing"),
    "ankle_dorsiflexion_at_contact": per_side("deg", "at contact: negative is plantarflexion"),
    "peak_ankle_dorsiflexion": per_side("deg", "largest in stance"),
    "peak_ankle_plantarflexion": per_side("deg", "largest over the stride, its size"),
    "hip_adduction_at_contact": per_side("deg", "at contact"),
    "peak_hip_adduction": per_side("deg", "largest in stance"),
    "peak_hip_adduction_late_swing": per_side("deg", "largest in the last half of swing"),
    "peak_hip_internal_rotation": per_side("deg", "largest in stance"),
    "pelvic_drop": per_side("deg", "largest drop of the other side's pelvis in stance"),
}


def joint_angles(stride: Stride) -> dict:
    """Values of the metrics of this file that the model has coordinates for."""
    values = {}
    if has_coordinate(stride, "hip_flexion"):
        values |= _hip_flexion(stride)
    if has_coordinate(stride, "knee_angle"):
        values |= _knee(stride)
    if has_coordinate(stride, "ankle_angle"):
        values |= _ankle(stride)
    if has_coordinate(stride, "hip_adduction"):
        values |= _hip_adduction(stride)
    if has_coordinate(stride, "hip_rotation"):
        rotation = _degrees(stride, "hip_rotation")
        values["peak_hip_internal_rotation"] = largest(rotation, stride.in_stance)
    if has_coordinate(stride, "pelvis_list"):
        # Positive list lowers the right side: the other side's drop is - list in right stance.
        tilt = np.degrees(midline(stride, stride.even.coordinates, "pelvis_list"))
        values["pelvic_drop"] = largest(np.stack([-tilt, tilt], axis=-1), stride.in_stance)
    return values


def _degrees(stride: Stride, name: str) -> np.ndarray:
    return np.degrees(both_sides(stride, np.asarray(stride.even.coordinates), name))


def _hip_flexion(stride: Stride) -> dict:
    flexion, everywhere = _degrees(stride, "hip_flexion"), whole_stride(stride)
    return {
        "hip_flexion_at_contact": at_contact(stride, flexion),
        "peak_hip_flexion": largest(flexion, everywhere),
        "minimum_hip_flexion": -largest(-flexion, everywhere),
    }


def _knee(stride: Stride) -> dict:
    flexion = _degrees(stride, "knee_angle")
    return {
        "knee_flexion_at_contact": at_contact(stride, flexion),
        "peak_knee_flexion_stance": largest(flexion, stride.in_stance),
        "peak_knee_flexion_swing": largest(flexion, ~stride.in_stance),
    }


def _ankle(stride: Stride) -> dict:
    dorsiflexion = _degrees(stride, "ankle_angle")
    return {
        "ankle_dorsiflexion_at_contact": at_contact(stride, dorsiflexion),
        "peak_ankle_dorsiflexion": largest(dorsiflexion, stride.in_stance),
        "peak_ankle_plantarflexion": largest(-dorsiflexion, whole_stride(stride)),
    }


def _hip_adduction(stride: Stride) -> dict:
    adduction = _degrees(stride, "hip_adduction")
    return {
        "hip_adduction_at_contact": at_contact(stride, adduction),
        "peak_hip_adduction": largest(adduction, stride.in_stance),
        "peak_hip_adduction_late_swing": largest(adduction, late_swing(stride)),
    }
