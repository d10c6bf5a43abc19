"""The runner in space over one stride: what the animation in the page and the films are drawn from.

Bodies move as the solver's do; the ground slides back at the mean speed, so that the runner stays
in view. Frames lie evenly over the stride from right contact. m; forces in body weights.
"""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np

from surae.gait.solution import FORWARD_COORDINATE, SIDES
from surae.loads.stride import Stride, contact_time, from_contact
from surae.report.bones import Rod, bones
from surae.report.muscle_lines import (
    MOVING,
    TENDON_HIGH,
    TENDON_LOW,
    MuscleLine,
    Vertex,
    muscle_lines,
    on_body,
)
from surae.runner.runner import Runner
from surae.skeleton import kinematics
from surae.skeleton.tree import Skeleton

FRAMES = 60
HEIGHT_COORDINATE = "pelvis_ty"
SIDE = "r"  # the stride begins at its contact
_RADII = (0.005, 0.017)  # m
SMALLEST_FORCE = 0.05  # BW; below it a center of pressure has no meaning


@dataclasses.dataclass(frozen=True)
class Sphere:
    """A contact sphere on a body, m."""

    body: int
    center: np.ndarray
    radius: float


@dataclasses.dataclass(frozen=True)
class Scene:
    """A stride in frames; arrays begin with (frame,). Sides in the order (r, l)."""

    name: str
    body_names: tuple[str, ...]
    muscle_names: tuple[str, ...]
    duration: float  # s
    speed: float  # m/s
    toe_off: float  # % of the stride; NaN where no contact was found
    percent: np.ndarray  # of the stride
    rotations: np.ndarray  # (frame, body, 3, 3), in ground
    origins: np.ndarray  # (frame, body, 3), m
    rods: tuple[Rod, ...]
    spheres: tuple[Sphere, ...]
    lines: tuple[MuscleLine, ...]
    tendons: tuple[tuple[Vertex, Vertex] | None, ...]  # (side,): from the calf to the heel
    muscle_radius: np.ndarray  # (muscle,), m; drawn, by the strength of each muscle
    activation: np.ndarray  # (frame, muscle)
    tendon_force: np.ndarray  # (frame, side), BW
    reaction: np.ndarray  # (frame, side, 3), BW; zero in the air
    pressure: np.ndarray  # (frame, side, 3), m

    def places(self, vertex: Vertex) -> np.ndarray:
        """Where a vertex is in ground: (frame, 3)."""
        if vertex.body == MOVING:
            return vertex.place
        return self.origins[:, vertex.body] + self.rotations[:, vertex.body] @ vertex.place


def scene(name: str, stride: Stride, percent: np.ndarray | None = None) -> Scene:
    """The scene of a stride, at evenly spaced frames unless `percent` says where."""
    percent = 100.0 * np.arange(FRAMES) / FRAMES if percent is None else np.asarray(percent, float)
    runner, even = stride.even.runner, stride.even
    coordinates, progress = _in_place(stride)
    pressure = np.array(even.center_of_pressure)
    pressure[:, :, 0] -= progress[:, None]

    def at(values: np.ndarray | jax.Array) -> np.ndarray:
        return from_contact(stride, values, SIDE, percent)

    drawn = at(coordinates)
    reaction = at(np.asarray(even.ground_reaction_force) / stride.weight)
    reaction *= (reaction[:, :, 1] > SMALLEST_FORCE)[:, :, None]
    rotations, origins = _poses(runner.skeleton, jnp.asarray(drawn))
    feet = runner.feet
    return Scene(
        name=name,
        body_names=runner.skeleton.body_names,
        muscle_names=runner.muscle_names,
        duration=float(stride.duration),
        speed=float(stride.speed),
        toe_off=100.0 * float(stride.events.stance_time[SIDES.index(SIDE)] / stride.duration),
        percent=percent,
        rotations=np.asarray(rotations),
        origins=np.asarray(origins),
        rods=tuple(bones(runner.skeleton)),
        spheres=tuple(
            Sphere(body, center, float(radius))
            for body, center, radius in zip(
                feet.bodies, np.asarray(feet.location), np.asarray(feet.radius), strict=True
            )
        ),
        lines=tuple(muscle_lines(runner, drawn)),
        tendons=tuple(_tendon(stride, side) for side in SIDES),
        muscle_radius=_muscle_radius(np.asarray(runner.muscles.max_isometric_force)),
        activation=at(even.activation),
        tendon_force=at(np.asarray(even.achilles_force) / stride.weight),
        reaction=reaction,
        pressure=at(pressure),
    )


def standing(of: Scene, runner: Runner) -> Scene:
    """One frame of the same runner upright on the ground, all joints straight."""
    height = runner.coordinate_names.index(HEIGHT_COORDINATE)
    coordinates = np.zeros((1, len(runner.coordinate_names)))
    for _ in range(2):  # first to find the soles, then on them
        rotations, origins = map(np.asarray, _poses(runner.skeleton, jnp.asarray(coordinates)))
        soles = [
            (origins[0, s.body] + rotations[0, s.body] @ s.center)[1] - s.radius for s in of.spheres
        ]
        coordinates[0, height] -= min(soles, default=0.0)
    lines = tuple(muscle_lines(runner, coordinates))
    return dataclasses.replace(of, rotations=rotations, origins=origins, lines=lines)


def _in_place(stride: Stride) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates without the mean progress since right contact, and that progress in m."""
    names = stride.even.runner.coordinate_names
    coordinates = np.array(stride.even.coordinates)
    forward = coordinates[:, names.index(FORWARD_COORDINATE)]
    progress = np.array(stride.speed * (stride.time - contact_time(stride, SIDE)))
    progress += np.mean(forward - progress)  # the pelvis swings about x = 0
    coordinates[:, names.index(FORWARD_COORDINATE)] = forward - progress
    return coordinates, progress


def _muscle_radius(max_isometric_force: np.ndarray) -> np.ndarray:
    """As the root of the strength, as a cross-section would; weakest and strongest stay in view."""
    share = np.sqrt(max_isometric_force / max_isometric_force.max())
    return _RADII[0] + (_RADII[1] - _RADII[0]) * share


def _tendon(stride: Stride, side: str) -> tuple[Vertex, Vertex] | None:
    runner = stride.even.runner
    ends = on_body(runner, *TENDON_HIGH, side), on_body(runner, *TENDON_LOW, side)
    high, low = ends
    return None if high is None or low is None else (high, low)


@jax.jit
def _poses(skeleton: Skeleton, coordinates: jax.Array) -> tuple[jax.Array, jax.Array]:
    def one(at_instant: jax.Array) -> tuple[jax.Array, jax.Array]:
        at = kinematics.poses(skeleton, at_instant)
        return at.rotations, at.origins

    return jax.vmap(one)(coordinates)
