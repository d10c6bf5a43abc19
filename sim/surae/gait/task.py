"""What a runner is asked to do: speed, symmetry, mesh, costs, a stride to follow or resemble."""

from __future__ import annotations

import dataclasses

from surae.gait.held import HeldMotion
from surae.gait.reference import ReferenceStride

HELD_MODE = "fixed-kinematics"
# Price of the reserves of a motion that is held, as that of gait.eased: heavy, so that a healthy
# stride needs none to speak of (docs/theory).
HELD_RESERVES = 2e3
MODES = ("calibrated", "predict", "track", HELD_MODE)


@dataclasses.dataclass(frozen=True)
class CostWeights:
    """Weights of the terms of the cost, a time mean of dimensionless squares (see docs/theory).

    effort: volume-weighted activation^exponent. tracking: squared angle errors over
    `tracking_angle` (rad; half of it out of the sagittal plane), mean over measured angles.
    ground_reaction: squared force errors in body weights, sideways ones four times as large.
    metabolic: (metabolic rate in W/kg) / 15.
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
    """One stride at a mean speed. `stride_time` None leaves the cadence free,
    `step_width` (m) None where the feet land (gait.step_width).

    symmetry: `half` solves half a stride and mirrors it; `full` solves the whole stride.
    intervals count over the half stride; a full stride has twice as many. reserves: the price of
    moments and forces from nowhere, which ease a cold solve (gait.eased); without one there are
    none. held: the motion of mode fixed-kinematics, where only forces are unknown.
    """

    speed: float
    reference: ReferenceStride
    mode: str = "calibrated"
    symmetry: str = "half"
    scheme: str = "radau2"
    intervals: int = 25
    stride_time: float | None = None
    step_width: float | None = None
    costs: CostWeights = dataclasses.field(default_factory=CostWeights)
    reserves: float | None = None
    held: HeldMotion | None = None

    def __post_init__(self) -> None:
        if self.held is not None:
            object.__setattr__(self, "stride_time", float(self.held.duration))
            if self.reserves is None:
                object.__setattr__(self, "reserves", HELD_RESERVES)

    @property
    def half(self) -> bool:
        """Whether only half a stride is solved."""
        return self.symmetry == "half"

    @property
    def source(self) -> str:
        """Where the stride that is resembled, followed or held comes from."""
        return self.reference.source if self.held is None else self.held.source
