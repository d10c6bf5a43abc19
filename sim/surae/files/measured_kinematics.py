"""Measured coordinates of an OpenSim file: radians, LaiUhlrich2022's names and signs, uniform time.

Two families of models differ in signs: knee flexion is negative in gait2392's (Hamner & Delp 2013)
and positive in Rajagopal's and LaiUhlrich2022's. A runner's mean knee angle, 40 deg or more of
flexion, tells which one wrote the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from surae._errors import UnusableInput
from surae.files.low_pass import uniform_samples
from surae.files.normative import (
    FRAMES,
    MEASURED_SIDE_COORDINATES,
    MIDLINE_COORDINATES,
    UNMEASURED_SIDE_COORDINATES,
    pelvis_frame_shift_deg,
)
from surae.files.opensim_tables import Table, read_table, require_finite, shortened

KINEMATIC_CUTOFF = 15.0  # Hz, as for the normative data

_SIDE_COORDINATES = MEASURED_SIDE_COORDINATES + UNMEASURED_SIDE_COORDINATES
_KNOWN = MIDLINE_COORDINATES + tuple(f"{n}_{side}" for n in _SIDE_COORDINATES for side in "rl")
_TRANSLATIONS = ("pelvis_tx", "pelvis_ty", "pelvis_tz")
_REQUIRED = (
    "pelvis_tilt",
    "pelvis_ty",
    *(f"{n}_{side}" for n in ("hip_flexion", "knee_angle", "ankle_angle") for side in "rl"),
)
_LARGEST_KNEE_ANGLE = 3.2  # rad; no knee bends further
_SMALLEST_KNEE_RANGE = np.radians(15.0)  # runners of the normative data: over 70 deg
_PELVIS_HEIGHTS = (0.3, 1.6)  # m, children to tall men
_LOCKED = 1e-6  # rad or m: a coordinate that moves less was locked, so it holds no data


@dataclass(frozen=True)
class Kinematics:
    """Coordinates over uniform time, in radians and m, with LaiUhlrich2022's signs."""

    names: tuple[str, ...]
    measured: tuple[bool, ...]  # False: locked in the inverse kinematics
    time: NDArray[np.float64]  # (instant) s
    values: NDArray[np.float64]  # (instant, coordinate)
    path: str
    notes: tuple[str, ...]

    def column(self, name: str) -> NDArray[np.float64]:
        """One coordinate over time."""
        return self.values[:, self.names.index(name)]


def read_kinematics(
    path: str | Path, *, frame: str = "lai", start: float | None = None, end: float | None = None
) -> Kinematics:
    """Read inverse kinematics or a state file; `start` and `end` (s) cut it.

    `frame`: "lai" moves the pelvis frame of gait2392's family to LaiUhlrich2022's, as
    `normative_stride` does; "hamner" leaves the frame of the file.
    """
    if frame not in FRAMES:
        raise UnusableInput(f"No pelvis frame {frame!r}; allowed are {' and '.join(FRAMES)}.")
    table = read_table(path, allow_gaps=True)
    columns = {_coordinate_of(label): label for label in table.names if _coordinate_of(label)}
    names = tuple(name for name in _KNOWN if name in columns)
    missing = [name for name in _REQUIRED if name not in columns]
    if missing:
        raise UnusableInput(
            f"{path} has no {', '.join(missing)}; its columns are {shortened(table.names)}. Give "
            "the inverse kinematics of an OpenSim gait model, or rename the columns."
        )
    require_finite(table, tuple(columns[name] for name in names))
    values = np.column_stack([table.column(columns[name]) for name in names])
    angles = np.asarray([name not in _TRANSLATIONS for name in names])
    values = np.where(angles[None, :] & table.in_degrees, np.radians(values), values)
    _check_units(table, names, values)
    values, notes = _with_lai_signs(path, names, values, frame)
    measured = tuple(bool(np.ptp(x) > _LOCKED) for x in values.T)
    time, values = uniform_samples(
        table.time, values, str(path), KINEMATIC_CUTOFF, start=start, end=end
    )
    return Kinematics(names, measured, time, values, str(path), notes)


def _coordinate_of(label: str) -> str | None:
    """knee_angle_r of `knee_angle_r` and of `/jointset/walker_knee_r/knee_angle_r/value`."""
    parts = label.split("/")
    name = parts[-2] if len(parts) > 1 and parts[-1] == "value" else label
    return name if name in _KNOWN else None


def _check_units(table: Table, names: tuple[str, ...], values: NDArray[np.float64]) -> None:
    knees = values[:, [names.index("knee_angle_r"), names.index("knee_angle_l")]]
    largest = float(np.abs(knees).max())
    if largest > _LARGEST_KNEE_ANGLE:
        raise UnusableInput(
            f"{table.path}: a knee bends {largest:.1f} rad if the header is right; angles in "
            "degrees need 'inDegrees=yes' in the header."
        )
    if np.ptp(knees) < _SMALLEST_KNEE_RANGE:
        raise UnusableInput(
            f"{table.path}: the knees move over {np.degrees(np.ptp(knees)):.2f} deg only, which is "
            "no running; check the columns, and that the header says truly whether angles are in "
            "degrees (inDegrees=yes) or radians (inDegrees=no)."
        )
    height = values[:, names.index("pelvis_ty")]
    low, high = _PELVIS_HEIGHTS
    if not low < height.mean() < high:
        raise UnusableInput(
            f"{table.path}: pelvis_ty is {height.mean():.3g} on average; a pelvis height above the "
            f"ground of {low} to {high} m is expected: convert mm to m, or put the ground at y = 0."
        )


def _with_lai_signs(
    path: str | Path, names: tuple[str, ...], values: NDArray[np.float64], frame: str
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Knee flexion positive, whatever the model family of the file; the pelvis frame if asked."""
    right, left = (float(values[:, names.index(f"knee_angle_{side}")].mean()) for side in "rl")
    if right * left <= 0.0:
        raise UnusableInput(
            f"{path}: the mean knee angles are {np.degrees(right):.0f} deg right and "
            f"{np.degrees(left):.0f} deg left; flexion must have the same sign on both sides."
        )
    if right > 0.0:
        return values, ("knee flexion positive in the file (Rajagopal/Lai family), kept",)
    flipped = np.asarray([n[:-2] in ("knee_angle", "mtp_angle") for n in names])
    values = np.where(flipped[None, :], -values, values)
    notes = ["knee flexion negative in the file (gait2392/Hamner family), turned positive"]
    if frame == "lai":
        values = values + np.radians([pelvis_frame_shift_deg(name) for name in names])[None, :]
        notes.append("pelvis frame moved to LaiUhlrich2022's (pelvis_tilt by -8 deg)")
    return values, tuple(notes)
