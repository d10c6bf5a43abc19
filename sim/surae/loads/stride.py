"""A stride made ready for measuring: evenly spaced, force filtered, contact and toe-off found.

`ready` is pure JAX: what moves a stride's curves, its duration or its runner has derivatives
through it. Curves are evened only as far as a metric reads them (`curves`), which keeps these
derivatives small. `prepare` is the same for people who look at a stride, in NumPy.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from surae._pytree import Note, field, pytree, replace
from surae.gait.interpolation import even_phases, linear_matrix, mesh_phases, spline_matrix
from surae.gait.solution import SIDES, GaitSolution, across, even_coordinates, resample
from surae.loads.gait_events import GaitEvents, gait_events, low_pass

SAMPLES = 1000  # 0.7 ms at 4 m/s: crossing and window errors far below any difference of interest
PRESSURE = "center_of_pressure"


@pytree
class Stride:
    """A solution as given and resampled, with what all metrics share."""

    given: GaitSolution
    events: GaitEvents
    # What takes curves at the given instants to evenly spaced ones.
    spline: Array = field("sample", "instant", "1")
    linear: Array = field("sample", "instant", "1")

    @property
    def time(self) -> Array:
        """Evenly spaced instants in (0, duration], s."""
        return self.duration * even_phases(len(self.spline))

    @property
    def duration(self) -> Array:
        """Stride time, s."""
        return self.given.duration

    @property
    def speed(self) -> Array:
        """Mean forward speed, m/s."""
        return self.given.speed

    @property
    def mass(self) -> Array:
        """Mass of the runner, kg."""
        return self.given.runner.body_mass

    @property
    def weight(self) -> Array:
        """Weight of the runner, N."""
        return self.given.runner.body_weight

    @cached_property
    def even(self) -> GaitSolution:
        """The whole stride at evenly spaced instants, for people who draw it."""
        return jax.tree.map(np.asarray, _evened(bare(self.given), len(self.spline)))

    @property
    def filtered_force(self) -> Array:
        """Ground reaction force after the filter (sample, side, axis), N."""
        return low_pass(self.even.ground_reaction_force, self.duration)


def ready(gait: GaitSolution, samples: int = SAMPLES) -> Stride:
    """Resample the stride, filter its upward force and find contact and toe-off. Pure JAX."""
    phases = mesh_phases(gait.time, gait.duration)
    spline = spline_matrix(phases, samples)
    upward = low_pass(across(spline, gait.ground_reaction_force[:, :, 1]), gait.duration)
    return Stride(
        given=gait,
        events=gait_events(upward, gait.duration * even_phases(samples), gait.duration),
        spline=spline,
        linear=linear_matrix(phases, samples),
    )


def prepare(solution: GaitSolution, samples: int = SAMPLES) -> Stride:
    """The stride made ready, in NumPy; compiled once for all strides of a model."""
    stride = jax.tree.map(np.asarray, _ready(bare(solution), samples))
    return replace(stride, given=solution)


_ready = jax.jit(ready, static_argnums=1)
_evened = jax.jit(resample, static_argnums=1)


def bare(gait: GaitSolution) -> GaitSolution:
    """Without the words that tell the types of two strides of one model apart."""
    gait = replace(gait, mode="", status="", problem="", note=Note())
    return jax.tree.map(jnp.asarray, gait)


def has_coordinate(stride: Stride, name: str) -> bool:
    """Whether the model has a coordinate: `name` itself, or `name` on both sides."""
    names = stride.given.runner.coordinate_names
    return name in names or all(f"{name}_{side}" in names for side in SIDES)


def curves(stride: Stride, quantity: str, columns: Sequence[int]) -> Array:
    """Columns of a quantity of the stride (instant, column, ...) at evenly spaced instants."""
    if quantity == "coordinates":
        return even_coordinates(stride.given, stride.spline, columns)
    matrix = stride.linear if quantity == PRESSURE else stride.spline
    return across(matrix, getattr(stride.given, quantity)[:, np.array(columns, dtype=int)])


def both_sides(stride: Stride, quantity: str, name: str) -> Array:
    """Curves of coordinate `name` of the right and left side: (sample, side)."""
    names = stride.given.runner.coordinate_names
    return curves(stride, quantity, [names.index(f"{name}_{side}") for side in SIDES])


def midline(stride: Stride, quantity: str, name: str) -> Array:
    """Curve of a coordinate that has no side: (sample,)."""
    return curves(stride, quantity, [stride.given.runner.coordinate_names.index(name)])[:, 0]


def contact_time(stride: Stride, side: str) -> float:
    """Time of this side's contact, s; the start of the stride where there is none."""
    contact = float(stride.events.contact[SIDES.index(side)])
    return 0.0 if np.isnan(contact) else contact


def from_contact(stride: Stride, values: ArrayLike, side: str, percent: np.ndarray) -> np.ndarray:
    """Periodic values (instant, ...) of the even stride at `percent` of the stride from contact."""
    values, time, duration = np.asarray(values), np.asarray(stride.time), float(stride.duration)
    wanted = contact_time(stride, side) + duration * percent / 100.0
    columns = values.reshape(len(values), -1).T
    moved = [np.interp(wanted, time, column, period=duration) for column in columns]
    return np.stack(moved, axis=-1).reshape(len(wanted), *values.shape[1:])
