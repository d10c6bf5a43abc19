"""The runner drawn from its own kinematics: what the solver's bodies look like in the side view.

Positions in m, x forward from the pelvis, y up from the ground. Joint centers, contact spheres,
center of pressure and forces are the model's. Only the head, the shoulder and the two ends of the
Achilles line are drawing: their places are constants below.
"""

from __future__ import annotations

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np

from surae.gait.solution import FORWARD_COORDINATE, SIDES
from surae.loads.stride import Stride, from_contact
from surae.skeleton import kinematics
from surae.skeleton.tree import Skeleton

# Torso frame, m: LaiUhlrich2022's acromion, and a head above it.
NECK, HEAD, HEAD_RADIUS = (0.0, 0.40, 0.0), (0.02, 0.55, 0.0), 0.11
# Gait2392's soleus insertion on the calcaneus; and where calf and tendon meet, behind the tibia.
TENDON_LOW, TENDON_HIGH = ("calcn", (0.0, 0.031, 0.0)), ("tibia", (-0.055, -0.20, 0.0))
SMALLEST_FORCE = 0.1  # BW; below it a center of pressure has no meaning

LEG = ("femur", "tibia")
ARM = ("humerus", "ulna", "hand")


@dataclasses.dataclass(frozen=True)
class Limb:
    """One side at one instant; every array is (point, 2)."""

    leg: np.ndarray  # hip, knee, ankle
    foot: np.ndarray  # ankle, heel, ball, toe
    arm: np.ndarray  # empty where the model has none
    spheres: np.ndarray  # (sphere, 3): center and radius
    tendon: np.ndarray
    tendon_force: float  # BW
    pressure: np.ndarray  # (2,)
    reaction: np.ndarray  # (2,), BW; zero in the air


@dataclasses.dataclass(frozen=True)
class Pose:
    """The runner at one instant."""

    percent: float
    trunk: np.ndarray  # pelvis (between the hips), lumbar joint, neck
    head: np.ndarray  # (2,)
    limbs: dict[str, Limb]


def poses(stride: Stride, percent: np.ndarray, side: str = "r") -> list[Pose]:
    """The runner at `percent` of the stride from contact of `side`, the pelvis at x = 0."""
    runner = stride.even.runner
    names = runner.coordinate_names
    coordinates = np.array(stride.even.coordinates)
    progress = coordinates[:, names.index(FORWARD_COORDINATE)].copy()
    coordinates[:, names.index(FORWARD_COORDINATE)] = 0.0
    pressure = np.array(stride.even.center_of_pressure)
    pressure[:, :, 0] -= progress[:, None]
    force = np.asarray(stride.even.ground_reaction_force) / stride.weight
    tendon = np.asarray(stride.even.achilles_force) / stride.weight

    def at(values: np.ndarray) -> np.ndarray:
        return from_contact(stride, values, side, np.asarray(percent, dtype=float))

    places, spheres = _places(
        runner.skeleton,
        runner.feet.location,
        jnp.asarray(at(coordinates)),
        sphere_bodies=runner.feet.bodies,
    )
    places = {name: np.asarray(points)[:, :2] for name, points in places.items()}
    loads = at(pressure)[:, :, :2], at(force)[:, :, :2], at(tendon)
    return [
        _pose(
            stride,
            float(p),
            {n: v[i] for n, v in places.items()},
            np.asarray(spheres)[i],
            *(load[i] for load in loads),
        )
        for i, p in enumerate(percent)
    ]


@functools.partial(jax.jit, static_argnames="sphere_bodies")
def _places(
    skeleton: Skeleton, locations: jax.Array, coordinates: jax.Array, sphere_bodies: tuple[int, ...]
) -> tuple[dict[str, jax.Array], jax.Array]:
    """Points by name (instant, 3) and sphere centers (instant, sphere, 3)."""
    bodies = skeleton.body_names

    def one(at_instant: jax.Array) -> tuple[dict[str, jax.Array], jax.Array]:
        at = kinematics.poses(skeleton, at_instant)

        def placed(which: list[int], where: jax.Array) -> jax.Array:
            return kinematics.points_in_ground(at, np.array(which), where)

        joints = placed(list(range(len(bodies))), skeleton.location_in_child)
        marks = _marks(bodies)
        marked = placed(
            [bodies.index(body) for _, body, _ in marks], jnp.array([where for *_, where in marks])
        )
        points = dict(zip(bodies, joints, strict=True))
        points |= {name: place for (name, *_), place in zip(marks, marked, strict=True)}
        return points, placed(list(sphere_bodies), locations)

    return jax.vmap(one)(coordinates)


@functools.cache
def _marks(bodies: tuple[str, ...]) -> tuple[tuple[str, str, tuple[float, float, float]], ...]:
    """Points drawn on bodies: (name, body, place in the body)."""
    marks = [("neck", "torso", NECK), ("head", "torso", HEAD)]
    for side in SIDES:
        for name, (body, at) in (("tendon_low", TENDON_LOW), ("tendon_high", TENDON_HIGH)):
            marks.append((f"{name}_{side}", f"{body}_{side}", at))
    return tuple(mark for mark in marks if mark[1] in bodies)


def _pose(
    stride: Stride,
    percent: float,
    places: dict[str, np.ndarray],
    sphere_centers: np.ndarray,
    pressure: np.ndarray,
    reaction: np.ndarray,
    tendon_force: np.ndarray,
) -> Pose:
    feet = stride.even.runner.feet
    radius = np.asarray(feet.radius)
    limbs = {}
    for i, side in enumerate(SIDES):
        own = np.array([s == side for s in feet.sides])
        spheres = np.column_stack([sphere_centers[own, :2], radius[own]])
        bodies = np.array(feet.bodies)[own]
        limbs[side] = Limb(
            leg=_points(places, (*LEG, "talus" if f"talus_{side}" in places else "calcn"), side),
            foot=_foot(places, side, spheres, bodies, stride.even.runner.skeleton),
            arm=_points(places, ARM, side),
            spheres=spheres,
            tendon=_points(places, ("tendon_low", "tendon_high"), side),
            tendon_force=float(tendon_force[i]),
            pressure=np.array([pressure[i, 0], 0.0]),
            reaction=reaction[i] * (reaction[i, 1] > SMALLEST_FORCE),
        )
    hips = [places[f"femur_{s}"] for s in SIDES if f"femur_{s}" in places]
    trunk = [np.mean(hips, axis=0)] if hips else []
    trunk += [places[name] for name in ("torso", "neck") if name in places]
    return Pose(percent, np.array(trunk), places.get("head", np.full(2, np.nan)), limbs)


def _points(places: dict[str, np.ndarray], names: tuple[str, ...], side: str) -> np.ndarray:
    known = [places[f"{name}_{side}"] for name in names if f"{name}_{side}" in places]
    return np.array(known).reshape(-1, 2)


def _foot(
    places: dict[str, np.ndarray],
    side: str,
    spheres: np.ndarray,
    bodies: np.ndarray,
    skeleton: Skeleton,
) -> np.ndarray:
    """Ankle, heel, ball, toe: the rearmost sphere, the toe joint, the spheres on the toes."""
    ankle = places.get(f"talus_{side}", places[f"calcn_{side}"])
    ball = places.get(f"toes_{side}")
    rear = [i for i, body in enumerate(bodies) if skeleton.body_names[body].startswith("calcn")]
    front = [i for i, body in enumerate(bodies) if skeleton.body_names[body].startswith("toes")]
    # The first sphere of the rear foot is the heel in every model of the library.
    outline = [ankle, *([spheres[rear[0], :2]] if rear else []), *([] if ball is None else [ball])]
    outline += [spheres[front, :2].mean(axis=0)] if front else []
    return np.array(outline)
