"""The normative runner: mean and SD over seven men of Hamner & Delp (2013) at 2 to 5 m/s.

models/normative_running/fourier.csv holds Fourier series over one stride that starts at right foot
contact, symmetrised and given for the right side; SOURCES.md beside it says how they were made.
Between tabulated speeds the coefficients are interpolated linearly.
"""

from __future__ import annotations

import csv
import functools
from dataclasses import dataclass
from pathlib import Path

import jax.numpy as jnp
import numpy as np

from surae._errors import UnusableInput
from surae._pytree import replace
from surae.files.library import library_path
from surae.gait.reference import LATERAL_COORDINATES, ReferenceStride, select

MIDLINE_COORDINATES = (
    "pelvis_tilt",
    "pelvis_list",
    "pelvis_rotation",
    "pelvis_tx",
    "pelvis_ty",
    "pelvis_tz",
    "lumbar_extension",
    "lumbar_bending",
    "lumbar_rotation",
)
MEASURED_SIDE_COORDINATES = (
    "hip_flexion",
    "hip_adduction",
    "hip_rotation",
    "knee_angle",
    "ankle_angle",
    "arm_flex",
    "arm_add",
    "arm_rot",
    "elbow_flex",
    "pro_sup",
)
# Locked at zero in the inverse kinematics of Hamner & Delp (2013): no data.
UNMEASURED_SIDE_COORDINATES = ("subtalar_angle", "mtp_angle")

# At pelvis_tilt 0 the pelvis of Hamner's model leans about 8 deg (4 to 11) further forward than
# that of LaiUhlrich2022 (bones compared in OpenSim 4.6; SOURCES.md): the same pose reads this.
_LAI_MINUS_HAMNER_DEG = {"pelvis_tilt": -8.0, "hip_flexion": 8.0, "lumbar_extension": 8.0}
FRAMES = ("lai", "hamner")

_KINEMATIC_HARMONICS = 12
_AXES = ("grf_x", "grf_y", "grf_z")
_SOURCE = "normative, 7 men on a treadmill (Hamner & Delp 2013, J Biomech 46:780), mean curves"


@dataclass(frozen=True)
class NormativeCurve:
    """Mean and between-runner SD over one stride; percent 0 and 100 are right foot contact."""

    quantity: str
    unit: str
    speed: float  # m/s
    percent: np.ndarray
    mean: np.ndarray
    sd: np.ndarray


@dataclass(frozen=True)
class _Series:
    unit: str
    offset: float
    cosine: np.ndarray
    sine: np.ndarray

    def at(self, phase: np.ndarray) -> np.ndarray:
        angle = 2.0 * np.pi * np.multiply.outer(phase, np.arange(1, self.cosine.size + 1))
        return self.offset + np.cos(angle) @ self.cosine + np.sin(angle) @ self.sine


def normative_stride(
    speed: float,
    coordinate_names: tuple[str, ...] | None = None,
    *,
    frame: str = "lai",
    pelvis_height_m: float | None = None,
) -> ReferenceStride:
    """The mean stride at `speed` (m/s), both sides; phase 0 is right foot contact.

    `frame`: "lai" moves pelvis_tilt, hip_flexion and lumbar_extension by the constant difference
    of the pelvis frames to LaiUhlrich2022; "hamner" leaves them as measured.
    `pelvis_height_m`: height of the runner's pelvis origin above the calcaneus origin in the zero
    pose, which scales pelvis_ty; without it pelvis_ty is the group's, in shoes.
    """
    if frame not in FRAMES:
        raise UnusableInput(f"No pelvis frame {frame!r}; allowed are {' and '.join(FRAMES)}.")
    if pelvis_height_m is not None and not pelvis_height_m > 0.0:
        raise UnusableInput(f"pelvis_height_m is {pelvis_height_m}; give a height above 0 in m.")
    rows: dict[str, _Series] = {}
    for name in MIDLINE_COORDINATES:
        rows[name] = _midline(name, speed, frame, pelvis_height_m)
    for name in MEASURED_SIDE_COORDINATES:
        rows[f"{name}_r"] = _si(_at_speed(name, "mean", speed), name, frame)
        rows[f"{name}_l"] = _half_stride_later(rows[f"{name}_r"])
    stride = ReferenceStride(
        coordinate_names=tuple(rows),
        measured=(True,) * len(rows),
        source=f"{_SOURCE}, {speed:g} m/s, {frame} pelvis frame",
        speed=jnp.asarray(float(speed)),
        stride_time=jnp.asarray(normative_scalars(speed)["stride_time_s"][0]),
        offset=jnp.asarray([row.offset for row in rows.values()]),
        cosine=jnp.asarray([row.cosine[:_KINEMATIC_HARMONICS] for row in rows.values()]),
        sine=jnp.asarray([row.sine[:_KINEMATIC_HARMONICS] for row in rows.values()]),
    )
    stride = _with_ground_reaction(stride, speed)
    if coordinate_names is not None:
        return select(stride, tuple(coordinate_names))
    unmeasured = tuple(f"{n}_{side}" for n in UNMEASURED_SIDE_COORDINATES for side in "rl")
    return select(stride, stride.coordinate_names + unmeasured)


def normative_scalars(speed: float) -> dict[str, tuple[float, float]]:
    """Mean and between-runner SD of the tabulated scalars (unit in the name) at `speed` (m/s)."""
    table = _scalar_table(_folder() / "scalars.csv")
    low, high, fraction = _bracket(speed)
    return {
        name: (_blend(a[0], b[0], fraction), _blend(a[1], b[1], fraction))
        for (name, a), b in zip(table[low].items(), table[high].values(), strict=True)
    }


def normative_curve(quantity: str, speed: float, side: str = "r") -> NormativeCurve:
    """Mean and SD band of a coordinate, force (BW) or moment at 0, 1 .. 100 % of the stride.

    In the file's own units (deg, m, BW, N m/kg) and in the measured (hamner) pelvis frame; `side`
    "l" gives the left side of the same symmetric runner.
    """
    if side not in ("r", "l"):
        raise UnusableInput(f"No side {side!r}; allowed are 'r' and 'l'.")
    mean, sd = (_at_speed(quantity, statistic, speed) for statistic in ("mean", "sd"))
    percent = np.arange(101.0)
    phase = percent / 100.0 + (0.5 if side == "l" else 0.0)
    sign = -1.0 if side == "l" and quantity in (*LATERAL_COORDINATES, "grf_z") else 1.0
    # The series of the SD of a force rings by a few thousandths below zero in swing.
    spread = np.maximum(sd.at(phase), 0.0)
    return NormativeCurve(quantity, mean.unit, float(speed), percent, sign * mean.at(phase), spread)


def pelvis_frame_shift_deg(coordinate: str) -> float:
    """What one pose reads more in LaiUhlrich2022's pelvis frame than in gait2392's or Hamner's."""
    name = coordinate[:-2] if coordinate[-2:] in ("_r", "_l") else coordinate
    return _LAI_MINUS_HAMNER_DEG.get(name, 0.0)


def normative_quantities() -> tuple[str, ...]:
    """Names that `normative_curve` knows."""
    table = _fourier_table(_folder() / "fourier.csv")
    return tuple(dict.fromkeys(quantity for _, quantity, _ in table))


def _midline(name: str, speed: float, frame: str, pelvis_height_m: float | None) -> _Series:
    if name == "pelvis_tx":
        return _at_speed("pelvis_tx_dev", "mean", speed)
    if name == "pelvis_ty" and pelvis_height_m is not None:
        return _scaled(_at_speed("pelvis_ty_rel", "mean", speed), pelvis_height_m, "m")
    return _si(_at_speed(name, "mean", speed), name, frame)


def _with_ground_reaction(stride: ReferenceStride, speed: float) -> ReferenceStride:
    right = [_at_speed(axis, "mean", speed) for axis in _AXES]
    left = [_half_stride_later(series) for series in right]
    left[2] = _scaled(left[2], -1.0, left[2].unit)
    sides = (right, left)
    return replace(
        stride,
        grf_offset=jnp.asarray([[s.offset for s in side] for side in sides]),
        grf_cosine=jnp.asarray([[s.cosine for s in side] for side in sides]),
        grf_sine=jnp.asarray([[s.sine for s in side] for side in sides]),
    )


def _si(series: _Series, name: str, frame: str) -> _Series:
    if series.unit != "deg":
        return series
    shift_deg = pelvis_frame_shift_deg(name) if frame == "lai" else 0.0
    moved = _Series("deg", series.offset + shift_deg, series.cosine, series.sine)
    return _scaled(moved, np.pi / 180.0, "rad")


def _scaled(series: _Series, factor: float, unit: str) -> _Series:
    return _Series(unit, series.offset * factor, series.cosine * factor, series.sine * factor)


def _half_stride_later(series: _Series) -> _Series:
    """f(p + 1/2): every odd harmonic changes sign."""
    sign = np.where(np.arange(1, series.cosine.size + 1) % 2, -1.0, 1.0)
    return _Series(series.unit, series.offset, series.cosine * sign, series.sine * sign)


def _at_speed(quantity: str, statistic: str, speed: float) -> _Series:
    table = _fourier_table(_folder() / "fourier.csv")
    low, high, fraction = _bracket(speed)
    if (low, quantity, statistic) not in table:
        raise UnusableInput(
            f"No normative curve of {quantity!r}; there are {', '.join(normative_quantities())}."
        )
    a, b = table[low, quantity, statistic], table[high, quantity, statistic]
    return _Series(
        a.unit,
        _blend(a.offset, b.offset, fraction),
        (1.0 - fraction) * a.cosine + fraction * b.cosine,
        (1.0 - fraction) * a.sine + fraction * b.sine,
    )


def _bracket(speed: float) -> tuple[float, float, float]:
    """The tabulated speeds around `speed` and how far it lies from the lower to the upper one."""
    speeds = sorted(_scalar_table(_folder() / "scalars.csv"))
    if not speeds[0] <= speed <= speeds[-1]:
        raise UnusableInput(
            f"Speed {speed:g} m/s is outside the normative data, {speeds[0]:g} to {speeds[-1]:g} "
            "m/s; choose a speed in that range, or give a measured stride."
        )
    low = max(s for s in speeds[:-1] if s <= speed)
    high = min(s for s in speeds if s > low)
    return low, high, (speed - low) / (high - low)


def _blend(low: float, high: float, fraction: float) -> float:
    return (1.0 - fraction) * low + fraction * high


def _folder() -> Path:
    folder = library_path() / "models" / "normative_running"
    for name in ("fourier.csv", "scalars.csv"):
        if not (folder / name).is_file():
            raise UnusableInput(
                f"The library has no {folder / name}; copy the folder models/normative_running "
                "of surae there, or unset SURAE_LIBRARY."
            )
    return folder


@functools.lru_cache(maxsize=4)
def _fourier_table(path: Path) -> dict[tuple[float, str, str], _Series]:
    table = {}
    for row in _rows(path):
        numbers = {k: float(v) for k, v in row.items() if "_" in k and k[-1].isdigit() and v}
        cosine = np.asarray([v for k, v in numbers.items() if k.startswith("cosine")])
        sine = np.asarray([v for k, v in numbers.items() if k.startswith("sine")])
        key = (float(row["speed_m_s"]), row["quantity"], row["statistic"])
        table[key] = _Series(row["unit"], float(row["offset"]), cosine, sine)
    return table


@functools.lru_cache(maxsize=4)
def _scalar_table(path: Path) -> dict[float, dict[str, tuple[float, float]]]:
    table: dict[float, dict[str, tuple[float, float]]] = {}
    for row in _rows(path):
        by_name = table.setdefault(float(row["speed_m_s"]), {})
        by_name[row["scalar"]] = (float(row["mean"]), float(row["sd"]))
    return table


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))
