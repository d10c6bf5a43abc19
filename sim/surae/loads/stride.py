"""A stride made ready for measuring: evenly spaced, force filtered, contact and toe-off found."""

from __future__ import annotations

import numpy as np
from jax.typing import ArrayLike

from surae._pytree import field, pytree
from surae.gait.solution import SIDES, GaitSolution, body_mass, body_weight, resample
from surae.loads.gait_events import GaitEvents, gait_events, low_pass

SAMPLES = 1000  # 0.7 ms at 4 m/s: crossing and window errors far below any difference of interest


@pytree
class Stride:
    """A solution as given and resampled, with what all metrics share."""

    given: GaitSolution
    even: GaitSolution
    events: GaitEvents
    filtered_force: np.ndarray = field("instant", "side", "axis", "N")
    since_contact: np.ndarray = field("instant", "side", "s")
    in_stance: np.ndarray = field("instant", "side", "1")
    mass: float = field("kg")
    weight: float = field("N")

    @property
    def time(self) -> np.ndarray:
        """Evenly spaced instants in (0, duration], s."""
        return np.asarray(self.even.time)

    @property
    def duration(self) -> float:
        """Stride time, s."""
        return float(self.even.duration)

    @property
    def speed(self) -> float:
        """Mean forward speed, m/s."""
        return float(self.even.speed)


def prepare(solution: GaitSolution, samples: int = SAMPLES) -> Stride:
    """Resample the stride, filter its ground reaction force and find contact and toe-off."""
    even = resample(solution, samples)
    time, duration = np.asarray(even.time), float(even.duration)
    filtered = low_pass(np.asarray(even.ground_reaction_force), duration)
    events = gait_events(filtered[:, :, 1], time, duration)
    since_contact = (time[:, None] - events.contact[None, :]) % duration
    return Stride(
        given=solution,
        even=even,
        events=events,
        filtered_force=filtered,
        since_contact=since_contact,
        in_stance=since_contact < events.stance_time[None, :],
        mass=float(body_mass(solution.runner)),
        weight=float(body_weight(solution.runner)),
    )


def has_coordinate(stride: Stride, name: str) -> bool:
    """Whether the model has a coordinate: `name` itself, or `name` on both sides."""
    names = stride.even.runner.coordinate_names
    return name in names or all(f"{name}_{side}" in names for side in SIDES)


def both_sides(stride: Stride, curves: ArrayLike, name: str) -> np.ndarray:
    """Curves of coordinate `name` of the right and left side: (instant, side)."""
    names = stride.even.runner.coordinate_names
    return np.asarray(curves)[:, [names.index(f"{name}_{side}") for side in SIDES]]


def midline(stride: Stride, curves: ArrayLike, name: str) -> np.ndarray:
    """Curve of a coordinate that has no side: (instant,)."""
    return np.asarray(curves)[:, stride.even.runner.coordinate_names.index(name)]


def at_contact(stride: Stride, curves: ArrayLike) -> np.ndarray:
    """Value of each side's curve (instant, side) at that side's contact."""
    sides = zip(stride.events.contact, np.asarray(curves).T, strict=True)
    return np.array([np.interp(t, stride.time, y, period=stride.duration) for t, y in sides])


def largest(curves: np.ndarray, window: np.ndarray) -> np.ndarray:
    """Largest value of each side's curve inside its window; NaN where the window is empty."""
    inside = np.where(window, curves, -np.inf).max(axis=0)
    return np.where(window.any(axis=0), inside, np.nan)


def whole_stride(stride: Stride) -> np.ndarray:
    """The window that leaves nothing out."""
    return np.ones_like(stride.in_stance)


def late_swing(stride: Stride) -> np.ndarray:
    """The last half of swing, up to contact of the same side."""
    swing_time = stride.duration - stride.events.stance_time[None, :]
    return stride.since_contact > stride.duration - 0.5 * swing_time


def contact_time(stride: Stride, side: str) -> float:
    """Time of this side's contact, s; the start of the stride where there is none."""
    contact = float(stride.events.contact[SIDES.index(side)])
    return 0.0 if np.isnan(contact) else contact


def from_contact(stride: Stride, values: ArrayLike, side: str, percent: np.ndarray) -> np.ndarray:
    """Periodic values (instant, ...) of the even stride at `percent` of the stride from contact."""
    values = np.asarray(values)
    time = contact_time(stride, side) + stride.duration * percent / 100.0
    columns = values.reshape(len(values), -1).T
    moved = [np.interp(time, stride.time, column, period=stride.duration) for column in columns]
    return np.stack(moved, axis=-1).reshape(len(time), *values.shape[1:])
