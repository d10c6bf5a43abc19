"""A measured stride from OpenSim files: inverse kinematics and, if there, the ground reaction.

As for the normative data (models/normative_running/SOURCES.md): kinematics are low-pass filtered at
15 Hz and forces at 20 Hz; a stride goes from one right foot contact to the next; the strides of the
file are averaged. What is left open at the end of a stride is removed as a linear drift.
"""

from __future__ import annotations

from pathlib import Path

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from surae._errors import UnusableInput
from surae._pytree import replace
from surae.files.ground_forces import GroundForces, read_ground_forces
from surae.files.low_pass import low_pass, low_pass_periodic
from surae.files.measured_kinematics import KINEMATIC_CUTOFF, Kinematics, read_kinematics
from surae.files.strides import Strides, find_strides
from surae.gait.reference import (
    HEIGHT_COORDINATE,
    PROGRESS_COORDINATE,
    ReferenceStride,
    evaluate,
    ground_reaction,
)

FORCE_CUTOFF = 20.0  # Hz
KINEMATIC_HARMONICS = 12
FORCE_HARMONICS = 20
GRAVITY = 9.80665  # m/s^2, standard gravity

_SAMPLES = 200  # per stride, for the Fourier sums
_TREADMILL_SPEED = 0.3  # m/s: a pelvis that moves less through the laboratory runs on a belt
_SPEED_TOLERANCE = 0.10  # between the speed that is given and the one in the file
_LARGEST_DRIFT = np.radians(20.0)  # of a mean stride; more is no steady run
_BODY_MASSES = (15.0, 200.0)  # kg
# Correlation of the pelvis' vertical acceleration with the vertical force: 0.93 to 0.99 in 7 trials
# of Hamner & Delp (2013); 0.75 once the two are 40 ms apart.
_LOWEST_CORRELATION = 0.75


def measured_stride(
    kinematics_path: str | Path,
    ground_reaction_path: str | Path | None = None,
    speed: float | None = None,
    start: float | None = None,
    end: float | None = None,
    *,
    frame: str = "lai",
) -> ReferenceStride:
    """The mean stride of a measured run; phase 0 is right foot contact.

    `speed` (m/s) is needed where pelvis_tx stays in place (treadmill). `start` and `end` (s) choose
    a part of the files; where it holds one stride only, all of it is taken as the period. `frame`:
    "lai" moves the pelvis frame of gait2392's family (knee flexion negative) to LaiUhlrich2022's,
    "hamner" leaves the frame of the file. `source` of the result says what was done.
    """
    if speed is not None and not 0.0 < speed < 15.0:
        raise UnusableInput(f"Speed is {speed:g}; give the runner's speed in m/s, above 0.")
    kinematics = read_kinematics(kinematics_path, frame=frame, start=start, end=end)
    forces = None
    if ground_reaction_path is not None:
        forces = read_ground_forces(ground_reaction_path, FORCE_CUTOFF, start=start, end=end)
    strides = find_strides(kinematics, forces)
    curves, ends = _stride_samples(kinematics.time, kinematics.values, KINEMATIC_CUTOFF, strides)
    _check_sides(kinematics, curves, forces)
    speed, speed_note = _speed(kinematics, strides, ends, speed)
    offset, cosine, sine = _fourier(curves, KINEMATIC_HARMONICS)
    # Where the runner is on the belt or in the laboratory says nothing about the gait.
    place = np.asarray([name in (PROGRESS_COORDINATE, "pelvis_tz") for name in kinematics.names])
    files = [Path(p).name for p in (kinematics_path, ground_reaction_path) if p is not None]
    notes = (strides.note, *kinematics.notes, _drift_note(kinematics, ends), speed_note)
    stride = ReferenceStride(
        coordinate_names=kinematics.names,
        measured=kinematics.measured,
        source="; ".join((" and ".join(files), *notes)),
        speed=jnp.asarray(speed),
        stride_time=jnp.asarray(float(np.mean([b - a for a, b in strides.edges]))),
        offset=jnp.asarray(np.where(place, 0.0, offset)),
        cosine=jnp.asarray(cosine),
        sine=jnp.asarray(sine),
    )
    if forces is None:
        return stride
    stride = _with_ground_reaction(stride, forces, strides)
    _check_timing(stride, kinematics, forces)
    return stride


def _stride_samples(
    time: NDArray[np.float64], values: NDArray[np.float64], cutoff: float, strides: Strides
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean filtered curves of a stride (sample, column), closed, and the drift taken off them."""
    if strides.period is not None:
        return _period_samples(time, values, cutoff, strides)
    phase = np.arange(_SAMPLES + 1) / _SAMPLES
    rate = (time.size - 1) / (time[-1] - time[0])
    spline = CubicSpline(time, low_pass(values, rate, cutoff), axis=0)
    samples = np.stack([spline(a + (b - a) * phase) for a, b in strides.edges])
    mean = samples.mean(axis=0)
    drift = mean[-1] - mean[0]
    return (mean - (phase[:, None] - 0.5) * drift[None, :])[:-1], drift


def _period_samples(
    time: NDArray[np.float64], values: NDArray[np.float64], cutoff: float, strides: Strides
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The same where the file is one stride: it is closed first and filtered as periodic."""
    assert strides.period is not None
    low, high = strides.period
    phase = np.arange(_SAMPLES + 1) / _SAMPLES
    spanned = np.asarray(CubicSpline(time, values, axis=0)(low + (high - low) * phase))
    drift = spanned[-1] - spanned[0]
    closed = (spanned - (phase[:, None] - 0.5) * drift[None, :])[:-1]
    filtered = low_pass_periodic(closed, _SAMPLES / (high - low), cutoff)
    around = CubicSpline(phase, np.concatenate([filtered, filtered[:1]]), bc_type="periodic")
    first = (strides.edges[0][0] - low) / (high - low)
    return np.asarray(around((phase[:-1] + first) % 1.0)), drift


def _fourier(
    samples: NDArray[np.float64], harmonics: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Offset (column) and cosine and sine (column, harmonic) of uniform samples of one period."""
    spectrum = np.fft.rfft(samples, axis=0) / samples.shape[0]
    kept = spectrum[1 : harmonics + 1].T
    return spectrum[0].real, 2.0 * kept.real, -2.0 * kept.imag


def _with_ground_reaction(
    stride: ReferenceStride, forces: GroundForces, strides: Strides
) -> ReferenceStride:
    """The stride with its ground reaction in body weights: mean total vertical force is 1."""
    flat = forces.force.reshape(-1, 6)
    samples, _ = _stride_samples(forces.time, flat, FORCE_CUTOFF, strides)
    weight = float(samples[:, 1].mean() + samples[:, 4].mean())
    mass = weight / GRAVITY
    low, high = _BODY_MASSES
    if not low < mass < high:
        raise UnusableInput(
            f"{forces.path}: the mean vertical force of both feet is {weight:.1f} N, a body mass "
            f"of {mass:.1f} kg; {low:g} to {high:g} kg are allowed: give forces in N of both feet."
        )
    offset, cosine, sine = (x / weight for x in _fourier(samples, FORCE_HARMONICS))
    return replace(
        stride,
        grf_offset=jnp.asarray(offset.reshape(2, 3)),
        grf_cosine=jnp.asarray(cosine.reshape(2, 3, FORCE_HARMONICS)),
        grf_sine=jnp.asarray(sine.reshape(2, 3, FORCE_HARMONICS)),
        body_mass_kg=jnp.asarray(mass),
    )


def _speed(
    kinematics: Kinematics, strides: Strides, drift: NDArray[np.float64], given: float | None
) -> tuple[float, str]:
    """Speed in m/s: of the pelvis through the laboratory, or as given for a treadmill."""
    moved = 0.0
    if PROGRESS_COORDINATE in kinematics.names:
        advance = drift[kinematics.names.index(PROGRESS_COORDINATE)]
        moved = float(advance / np.mean([b - a for a, b in strides.edges]))
    if abs(moved) < _TREADMILL_SPEED:
        if given is None:
            raise UnusableInput(
                f"{kinematics.path}: pelvis_tx moves at {moved:.2f} m/s, so the run was on a "
                "treadmill and the file does not say how fast; give its speed in m/s."
            )
        return float(given), f"treadmill at {given:g} m/s as given"
    if moved < 0.0:
        raise UnusableInput(
            f"{kinematics.path}: pelvis_tx moves at {moved:.2f} m/s; running goes toward +x: turn "
            "the laboratory frame by 180 deg about y."
        )
    if given is not None and abs(given - moved) > _SPEED_TOLERANCE * moved:
        raise UnusableInput(
            f"{kinematics.path}: pelvis_tx moves at {moved:.2f} m/s, but the speed given is "
            f"{given:g} m/s; leave the speed out, or give the files of that speed."
        )
    return moved, f"overground at {moved:.3f} m/s by pelvis_tx"


def _drift_note(kinematics: Kinematics, drift: NDArray[np.float64]) -> str:
    """How far the mean stride was from closed, in words; too far is refused."""
    sizes = {n: abs(float(d)) for n, d in zip(kinematics.names, drift, strict=True)}
    angles = {n: d for n, d in sizes.items() if n[-2:] not in ("tx", "ty", "tz")}
    worst = max(angles, key=lambda name: angles[name])
    if angles[worst] > _LARGEST_DRIFT:
        raise UnusableInput(
            f"{kinematics.path}: {worst} differs by {np.degrees(angles[worst]):.0f} deg between "
            f"the ends of a stride; at most {np.degrees(_LARGEST_DRIFT):.0f} deg are allowed: "
            "choose start and end within steady running."
        )
    places = [sizes[name] for name in ("pelvis_ty", "pelvis_tz") if name in sizes]
    return (
        f"closure drift removed: at most {np.degrees(angles[worst]):.2f} deg ({worst}), "
        f"{1000.0 * max(places):.1f} mm"
    )


def _check_sides(
    kinematics: Kinematics, curves: NDArray[np.float64], forces: GroundForces | None
) -> None:
    """At right contact the right thigh is in front of the left one."""
    at_contact = dict(zip(kinematics.names, np.degrees(curves[0]), strict=True))
    right, left = at_contact["hip_flexion_r"], at_contact["hip_flexion_l"]
    if right > left:
        return
    given = "the start of the stride" if forces is None else f"right foot contact in {forces.path}"
    remedy = (
        "give start and end at right foot contacts"
        if forces is None
        else "the force columns of right and left, or the times of the two files, do not match"
    )
    raise UnusableInput(
        f"{kinematics.path}: at {given} the left thigh is in front (hip flexion {right:.0f} deg "
        f"right, {left:.0f} deg left); {remedy}."
    )


def _check_timing(stride: ReferenceStride, kinematics: Kinematics, forces: GroundForces) -> None:
    """The pelvis accelerates upward when the ground pushes upward, if the files share one clock."""
    phase = jnp.arange(_SAMPLES) / _SAMPLES
    height = stride.coordinate_names.index(HEIGHT_COORDINATE)
    upward = np.asarray(evaluate(stride, phase)[2][:, height])
    push = np.asarray(ground_reaction(stride, phase)[:, :, 1].sum(axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):  # a locked pelvis_ty gives NaN
        correlation = float(np.corrcoef(upward, push)[0, 1])
    if not correlation > _LOWEST_CORRELATION:
        raise UnusableInput(
            f"The vertical force in {forces.path} does not go with the vertical motion of the "
            f"pelvis in {kinematics.path} (correlation {correlation:.2f}; above "
            f"{_LOWEST_CORRELATION} is needed); give files of the same trial with the same clock."
        )
