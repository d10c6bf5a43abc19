"""Gross metabolic power of the runner: the muscles' mean rate plus the body's at rest."""

from __future__ import annotations

from surae.gait.solution import across
from surae.loads import periodic
from surae.loads.metric import scalar
from surae.loads.stride import Stride
from surae.muscle.energetics import BASAL

READS = ("metabolic_rate", "duration", "speed", "runner.skeleton.mass")
DEFINITIONS = {
    "metabolic_power": scalar("W/kg", "all muscles, mean over the stride, plus 1.2 W/kg at rest"),
    "cost_of_transport": scalar("J/(kg m)", "metabolic power over speed, gross"),
}


def energetics(stride: Stride) -> dict:
    """Values of the metrics of this file."""
    total = across(stride.spline, stride.given.metabolic_rate.sum(axis=1))
    power = periodic.mean(total, stride.time, stride.duration) / stride.mass + BASAL
    return {"metabolic_power": power, "cost_of_transport": power / stride.speed}
