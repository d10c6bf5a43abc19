"""One full stride of running as a record of curves, and its periodic interpolation.

The stride starts at the flight apex before right contact. Instants lie at times in
(0, duration], the last one at `duration`, and need not be evenly spaced. Everything repeats after
`duration` except positions along the direction of running, which advance by speed * duration.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from jax import Array
from scipy.interpolate import CubicSpline

from surae._pytree import Note, field, pytree, replace, static
from surae.runner.runner import Runner

SIDES = ("r", "l")
FORWARD_COORDINATE = "pelvis_tx"

_PERIODIC_CURVES = (
    "speeds",
    "accelerations",
    "joint_moments",
    "excitation",
    "activation",
    "tendon_force",
    "fiber_length_normalized",
    "fiber_velocity_normalized",
    "metabolic_rate",
    "ground_reaction_force",
    "achilles_force",
    "achilles_strain",
)


@pytree
class GaitSolution:
    """A runner's stride. Ground axes: x forward, y up, z right; sides in the order (r, l)."""

    runner: Runner
    time: Array = field("instant", "s")
    coordinates: Array = field("instant", "coordinate", "rad or m")
    speeds: Array = field("instant", "coordinate", "rad/s or m/s")
    accelerations: Array = field("instant", "coordinate", "rad/s^2 or m/s^2")
    # Net internal moments; forces in N for translations.
    joint_moments: Array = field("instant", "coordinate", "N m or N")
    excitation: Array = field("instant", "muscle", "1")
    activation: Array = field("instant", "muscle", "1")
    tendon_force: Array = field("instant", "muscle", "N")
    fiber_length_normalized: Array = field("instant", "muscle", "1")
    fiber_velocity_normalized: Array = field("instant", "muscle", "1")
    metabolic_rate: Array = field("instant", "muscle", "W")
    ground_reaction_force: Array = field("instant", "side", "axis", "N")
    center_of_pressure: Array = field("instant", "side", "axis", "m")
    achilles_force: Array = field("instant", "side", "N")
    achilles_strain: Array = field("instant", "side", "1")
    duration: Array = field("s")
    speed: Array = field("m/s")
    # What neither muscles nor motors could give; only where the motion was held.
    reserve_moments: Array | None = field("instant", "coordinate", "N m or N", default=None)
    mode: str = static(default="")
    status: str = static(default="")
    problem: str = static(default="")
    note: Note = static(default=Note())

    @property
    def report(self) -> Any:
        """The solver's `SolveReport`; None for a stride that was not solved here."""
        return self.note.value


def body_mass(runner: Runner) -> Array:
    """Mass of the whole runner in kg."""
    return runner.body_mass


def body_weight(runner: Runner) -> Array:
    """Weight of the whole runner in N."""
    return runner.body_weight


def resample(solution: GaitSolution, samples: int) -> GaitSolution:
    """The same stride at `samples` evenly spaced instants, the last one at `duration`.

    Curves pass through the given instants as periodic cubic splines; the forward position is
    interpolated about its uniform progress. The center of pressure jumps at contact, so it is
    interpolated linearly. Host side: the arrays of the result are NumPy's.
    """
    duration = float(solution.duration)
    time = duration * np.arange(1, samples + 1) / samples
    curves = {
        name: _interpolate_periodic(solution, getattr(solution, name), time)
        for name in _PERIODIC_CURVES
    }
    forward = np.array(
        [name == FORWARD_COORDINATE for name in solution.runner.coordinate_names], dtype=float
    )
    progress = float(solution.speed) * forward
    deviation = np.asarray(solution.coordinates) - np.asarray(solution.time)[:, None] * progress
    coordinates = _interpolate_periodic(solution, deviation, time) + time[:, None] * progress
    return replace(
        solution,
        time=time,
        coordinates=coordinates,
        center_of_pressure=_interpolate_linearly(solution, solution.center_of_pressure, time),
        **curves,
    )


def _interpolate_periodic(
    solution: GaitSolution, values: Array | np.ndarray, time: np.ndarray
) -> np.ndarray:
    known, values = np.asarray(solution.time), np.asarray(values)
    # The last instant, one stride earlier, closes the period.
    known = np.concatenate([[known[-1] - float(solution.duration)], known])
    return CubicSpline(known, np.concatenate([values[-1:], values]), bc_type="periodic")(time)


def _interpolate_linearly(
    solution: GaitSolution, values: Array | np.ndarray, time: np.ndarray
) -> np.ndarray:
    known, values = np.asarray(solution.time), np.asarray(values)
    columns = values.reshape(len(known), -1).T
    period = float(solution.duration)
    interpolated = [np.interp(time, known, column, period=period) for column in columns]
    return np.stack(interpolated, axis=-1).reshape(len(time), *values.shape[1:])
