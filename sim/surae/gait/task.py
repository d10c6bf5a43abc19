"""What a runner is asked to do: speed, symmetry, mesh, costs, a stride to follow or resemble."""

from __future__ import annotations

import dataclasses

from surae.gait.reference import ReferenceStride

MODES = ("calibrated", "predict", "track")


@dataclasses.dataclass(frozen=True)
class CostWeights:
    """Weights of the terms of the cost, a time mean of dimensionless squares (see docs/theory).

    effort: volume-weighted activation^exponent. tracking: squared angle errors over
    `tracking_angle` (rad), mean over measured angles.
    ground_reaction: squared force errors in body weights. metabolic: (metabolic rate in W/kg) / 15.
    """

    effort: float = 1.0
    exponent: int = 3
    metabolic: float = 0.0
    activation_rate: float = 1e-2
    acceleration: float = 1e-2
    motor: float = 1e-2
    tracking: float = 0.1
    tracking_angle: float = 0.1
    ground_reaction: float = 0.1


@dataclasses.dataclass(frozen=True)
class RunningTask:
    """One stride at a mean speed. `stride_time` None leaves the cadence free.

    symmetry: `half` solves half a stride and mirrors it; `full` solves the whole stride.
    intervals count over the half stride; a full stride has twice as many. reserves: the price of
    moments and forces from nowhere, which ease a cold solve (gait.eased); without one there are
    none.
    """

    speed: float
    reference: ReferenceStride
    mode: str = "calibrated"
    symmetry: str = "half"
    scheme: str = "radau2"
    intervals: int = 25
    stride_time: float | None = None
    costs: CostWeights = dataclasses.field(default_factory=CostWeights)
    reserves: float | None = None

    @property
    def half(self) -> bool:
        """Whether only half a stride is solved."""
        return self.symmetry == "half"
