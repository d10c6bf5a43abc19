"""Joint angles at contact and their extremes in stance and swing, in degrees.

OpenSim signs: flexion, adduction, internal rotation and dorsiflexion are positive.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from surae.loads.metric import per_side
from surae.loads.stride import Stride, both_sides, has_coordinate, midline
from surae.loads.windows import at_contact, largest, largest_in, late_swing, stance, swing

READS = ("coordinates", "events", "duration")
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


def joint_angles(stride: Stride) -> dict[str, Array]:
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
        values["peak_hip_internal_rotation"] = largest_in(stride, rotation, stance(stride))
    if has_coordinate(stride, "pelvis_list"):
        # Positive list lowers the right side: the other side's drop is - list in right stance.
        tilt = jnp.degrees(midline(stride, "coordinates", "pelvis_list"))
        drop = jnp.stack([-tilt, tilt], axis=-1)
        values["pelvic_drop"] = largest_in(stride, drop, stance(stride))
    return values


def _degrees(stride: Stride, name: str) -> Array:
    return jnp.degrees(both_sides(stride, "coordinates", name))


def _hip_flexion(stride: Stride) -> dict[str, Array]:
    flexion = _degrees(stride, "hip_flexion")
    return {
        "hip_flexion_at_contact": at_contact(stride, flexion),
        "peak_hip_flexion": largest(flexion),
        "minimum_hip_flexion": -largest(-flexion),
    }


def _knee(stride: Stride) -> dict[str, Array]:
    flexion = _degrees(stride, "knee_angle")
    return {
        "knee_flexion_at_contact": at_contact(stride, flexion),
        "peak_knee_flexion_stance": largest_in(stride, flexion, stance(stride)),
        "peak_knee_flexion_swing": largest_in(stride, flexion, swing(stride)),
    }


def _ankle(stride: Stride) -> dict[str, Array]:
    dorsiflexion = _degrees(stride, "ankle_angle")
    return {
        "ankle_dorsiflexion_at_contact": at_contact(stride, dorsiflexion),
        "peak_ankle_dorsiflexion": largest_in(stride, dorsiflexion, stance(stride)),
        "peak_ankle_plantarflexion": largest(-dorsiflexion),
    }


def _hip_adduction(stride: Stride) -> dict[str, Array]:
    adduction = _degrees(stride, "hip_adduction")
    return {
        "hip_adduction_at_contact": at_contact(stride, adduction),
        "peak_hip_adduction": largest_in(stride, adduction, stance(stride)),
        "peak_hip_adduction_late_swing": largest_in(stride, adduction, late_swing(stride)),
    }
