"""One full stride of running as a record of curves, and its periodic interpolation.

The stride starts at the flight apex before right contact. Instants lie at times in
(0, duration], the last one at `duration`, and need not be evenly spaced. Everything repeats after
`duration` except positions along the direction of running, which advance by speed * duration.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array

from surae._pytree import Note, field, pytree, replace, static
from surae.gait.interpolation import even_phases, linear_matrix, mesh_phases, spline_matrix
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
    """The same stride at `samples` evenly spaced instants, the last one at `duration`. Pure JAX.

    Curves pass through the given instants as periodic cubic splines; the forward position is
    interpolated about its uniform progress. The center of pressure jumps at contact, so it is
    interpolated linearly.
    """
    phases = mesh_phases(solution.time, solution.duration)
    spline, linear = spline_matrix(phases, samples), linear_matrix(phases, samples)
    curves = {name: across(spline, getattr(solution, name)) for name in _PERIODIC_CURVES}
    return replace(
        solution,
        time=solution.duration * even_phases(samples),
        coordinates=even_coordinates(solution, spline),
        center_of_pressure=across(linear, solution.center_of_pressure),
        **curves,
    )


def across(matrix: Array, values: Array) -> Array:
    """A matrix (sample, instant) on curves (instant, ...)."""
    return jnp.tensordot(matrix, jnp.asarray(values), axes=1)


def even_coordinates(
    solution: GaitSolution, spline: Array, columns: Sequence[int] | None = None
) -> Array:
    """Coordinates, or some of them, at evenly spaced instants: (sample, coordinate)."""
    names = solution.runner.coordinate_names
    chosen = np.array(range(len(names)) if columns is None else columns, dtype=int)
    forward = np.array([names[i] == FORWARD_COORDINATE for i in chosen], dtype=float)
    distance = solution.speed * solution.duration * jnp.asarray(forward)[None, :]
    phases = mesh_phases(solution.time, solution.duration)
    deviation = jnp.asarray(solution.coordinates)[:, chosen] - phases[:, None] * distance
    return across(spline, deviation) + even_phases(len(spline))[:, None] * distance
