"""What Newton's laws demand of any periodic stride: checks of the solution, not of the runner."""

from __future__ import annotations

import numpy as np

from surae.loads import periodic
from surae.loads.metric import scalar
from surae.loads.stride import Stride

_TRANSLATIONS = ("pelvis_tx", "pelvis_ty", "pelvis_tz")

DEFINITIONS = {
    "vertical_impulse_balance": scalar("BW", "mean over the stride of the upward force: 1"),
    "net_fore_aft_impulse": scalar("BW s", "of a stride, both feet: 0"),
    "pelvis_residual_force": scalar("BW", "largest force on a pelvis coordinate: 0"),
    "pelvis_residual_moment": scalar("BW m", "largest moment on a pelvis coordinate: 0"),
    "flight_force": scalar("BW", "smallest upward force of the stride: 0 where the runner flies"),
}


def balance(stride: Stride) -> dict:
    """Values of the metrics of this file."""
    force = np.asarray(stride.even.ground_reaction_force).sum(axis=1) / stride.weight
    names = stride.given.runner.coordinate_names
    # At the instants as solved, where the dynamics hold; a spline between them need not obey.
    moments = np.abs(np.asarray(stride.given.joint_moments)).max(axis=0) / stride.weight
    pelvis = [(n, m) for n, m in zip(names, moments, strict=True) if n.startswith("pelvis_")]
    return {
        "vertical_impulse_balance": periodic.mean(force[:, 1], stride.time, stride.duration),
        "net_fore_aft_impulse": periodic.integral(force[:, 0], stride.time, stride.duration),
        "pelvis_residual_force": max((m for n, m in pelvis if n in _TRANSLATIONS), default=0.0),
        "pelvis_residual_moment": max(
            (m for n, m in pelvis if n not in _TRANSLATIONS), default=0.0
        ),
        "flight_force": force[:, 1].min(),
    }
