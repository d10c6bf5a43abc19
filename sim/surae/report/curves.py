"""Curves over one stride as figures show them: from one side's contact, in deg and body weights.

0 and 100 % are the contact of that side (30 N on the 15 Hz force, as in the measured strides).
"""

from __future__ import annotations

import dataclasses

import numpy as np
from jax.typing import ArrayLike

from surae.gait.solution import SIDES
from surae.loads.stride import Stride, from_contact, has_coordinate, prepare
from surae.report.reported import ReportedStride

SAMPLES = 201
PERCENT = np.linspace(0.0, 100.0, SAMPLES)
MIDLINE_ANGLES = ("pelvis_tilt", "pelvis_list", "pelvis_rotation", "lumbar_extension")
SIDE_ANGLES = (
    "hip_flexion",
    "hip_adduction",
    "hip_rotation",
    "knee_angle",
    "ankle_angle",
    "subtalar_angle",
)


@dataclasses.dataclass(frozen=True)
class Curves:
    """One side of one stride at `PERCENT`: forces in BW, angles in deg, moments in N m/kg."""

    name: str
    side: str
    speed: float  # m/s
    duration: float  # s
    toe_off: float  # % of the stride; NaN where no contact was found
    achilles_force: np.ndarray
    achilles_strain: np.ndarray  # %
    achilles_stress: np.ndarray  # MPa
    vertical_force: np.ndarray
    forward_force: np.ndarray
    lateral_force: np.ndarray  # to the right
    angles: dict[str, np.ndarray]
    moments: dict[str, np.ndarray]
    activations: dict[str, np.ndarray]


def curves(item: ReportedStride, side: str = "r", stride: Stride | None = None) -> Curves:
    """Curves of one side. `stride` is the prepared stride where the caller has it already."""
    stride = prepare(item.gait) if stride is None else stride
    s, runner = SIDES.index(side), stride.given.runner
    coordinates = np.degrees(np.asarray(stride.even.coordinates))
    moments = np.asarray(stride.even.joint_moments) / stride.mass
    force = np.asarray(stride.filtered_force) / stride.weight
    names, muscles = runner.coordinate_names, runner.muscle_names
    section = float(runner.achilles.cross_section)
    angles = {
        name: names.index(name) for name in MIDLINE_ANGLES if has_coordinate(stride, name)
    } | {
        name: names.index(f"{name}_{side}") for name in SIDE_ANGLES if has_coordinate(stride, name)
    }

    def over_stride(values: ArrayLike) -> np.ndarray:
        return from_contact(stride, values, side, PERCENT)

    return Curves(
        name=item.name,
        side=side,
        speed=float(stride.speed),
        duration=float(stride.duration),
        toe_off=100.0 * float(stride.events.stance_time[s] / stride.duration),
        achilles_force=over_stride(np.asarray(stride.even.achilles_force)[:, s] / stride.weight),
        achilles_strain=over_stride(100.0 * np.asarray(stride.even.achilles_strain)[:, s]),
        achilles_stress=over_stride(np.asarray(stride.even.achilles_force)[:, s] / section / 1e6),
        vertical_force=over_stride(force[:, s, 1]),
        forward_force=over_stride(force[:, s, 0]),
        lateral_force=over_stride(force[:, s, 2]),
        angles={name: over_stride(coordinates[:, i]) for name, i in angles.items()},
        moments={n: over_stride(moments[:, angles[n]]) for n in SIDE_ANGLES if n in angles},
        activations={
            name.removesuffix(f"_{side}"): over_stride(np.asarray(stride.even.activation)[:, i])
            for i, name in enumerate(muscles)
            if name.endswith(f"_{side}")
        },
    )


def measured_quantities(own: Curves) -> tuple[str, ...]:
    """Names of the curves that may have been measured, too."""
    moments = (f"{name}_moment" for name in own.moments)
    return (*own.angles, *moments, "grf_x", "grf_y", "grf_z")


def asymmetric(left: Curves, right: Curves) -> bool:
    """Whether the legs carry different Achilles loads, by more than rounding."""
    largest = max(float(np.abs(right.achilles_force).max()), 1e-12)
    return float(np.abs(right.achilles_force - left.achilles_force).max()) > 1e-3 * largest
