"""The skeleton: a tree of rigid bodies joined by sequences of one-coordinate motions.

A joint is what OpenSim calls a CustomJoint: an offset frame on the parent, translations along that
frame's axes, rotations about successively rotated axes, and an offset frame on the child. The value
of a motion is its coordinate, or a function of it: a knee slides and twists as it bends.

What hangs on what is static; every number is an array, so that bodies of other sizes, and a left
and a right limb, are served by one compiled function.
"""

from __future__ import annotations

import dataclasses
import functools

import jax.numpy as jnp
import numpy as np
from jax import Array

from surae._pytree import field, pytree, static
from surae.skeleton.functions import MotionFunctions


@dataclasses.dataclass(frozen=True)
class Motion:
    """One coordinate's `rotation` or `translation`; its axis is a row of `Skeleton.axes`.

    functions: rows of `Skeleton.functions` that turn the coordinate into the motion's value, the
    first one applied first; none where the value is the coordinate itself.
    """

    coordinate: int
    kind: str
    functions: tuple[int, ...] = ()


@dataclasses.dataclass(frozen=True)
class Joint:
    """How one body hangs on its parent; -1 is the ground. Translations come before rotations."""

    parent: int
    motions: tuple[Motion, ...]

    def __post_init__(self) -> None:
        kinds = [motion.kind for motion in self.motions]
        if kinds != sorted(kinds, reverse=True) or not {*kinds} <= {"translation", "rotation"}:
            raise ValueError(f"A joint's motions are translations, then rotations; not {kinds}.")


@pytree
class Skeleton:
    """Rigid bodies in an order where every parent comes before its children.

    `motion` runs through the motions of all joints, body by body. Orientations: body-fixed XYZ.
    coupled: names of coordinates that follow another one, with its index and the rows of
    `functions` that give their value; they are no coordinates of the skeleton.
    """

    body_names: tuple[str, ...] = static()
    coordinate_names: tuple[str, ...] = static()
    joints: tuple[Joint, ...] = static()
    mass: Array = field("body", "kg")
    mass_center: Array = field("body", "xyz", "m")
    inertia: Array = field("body", "xx_yy_zz_xy_xz_yz", "kg m^2")
    location_in_parent: Array = field("body", "xyz", "m")
    orientation_in_parent: Array = field("body", "xyz", "rad")
    location_in_child: Array = field("body", "xyz", "m")
    orientation_in_child: Array = field("body", "xyz", "rad")
    axes: Array = field("motion", "xyz", "1")
    functions: MotionFunctions
    gravity: Array = field("xyz", "m/s^2")
    coupled: tuple[tuple[str, int, tuple[int, ...]], ...] = static(default=())

    @property
    def total_mass(self) -> Array:
        """Mass of all bodies, kg."""
        return jnp.sum(self.mass)

    def coordinate(self, name: str) -> int:
        """Index of a coordinate by name."""
        return self.coordinate_names.index(name)

    @property
    def motions(self) -> tuple[Motion, ...]:
        """The motions of all joints, body by body, in the order of `axes`."""
        return tuple(motion for joint in self.joints for motion in joint.motions)


def motion_bodies(joints: tuple[Joint, ...]) -> tuple[int, ...]:
    """For each motion the body that it moves first."""
    return tuple(body for body, joint in enumerate(joints) for _ in joint.motions)


def chain(skeleton: Skeleton, body: int) -> tuple[int, ...]:
    """Indices of `body` and its ancestors, root first."""
    path = [body]
    while skeleton.joints[path[0]].parent >= 0:
        path.insert(0, skeleton.joints[path[0]].parent)
    return tuple(path)


def coordinates_moving(skeleton: Skeleton, body: int) -> tuple[int, ...]:
    """Indices of the coordinates that move `body`, root first."""
    return tuple(
        dict.fromkeys(
            motion.coordinate
            for ancestor in chain(skeleton, body)
            for motion in skeleton.joints[ancestor].motions
        )
    )


@functools.cache
def _numbered_anew(
    joints: tuple[Joint, ...], bodies: tuple[int, ...]
) -> tuple[tuple[Joint, ...], tuple[int, ...], tuple[int, ...]]:
    """Joints of a chain of bodies, and which coordinates and functions of the whole they have."""
    kept = [m for body in bodies for m in joints[body].motions]
    coordinates = tuple(sorted({m.coordinate for m in kept}))
    rows = tuple(dict.fromkeys(row for m in kept for row in m.functions))

    def renumbered(joint: Joint) -> Joint:
        motions = tuple(
            dataclasses.replace(
                m,
                coordinate=coordinates.index(m.coordinate),
                functions=tuple(rows.index(row) for row in m.functions),
            )
            for m in joint.motions
        )
        parent = bodies.index(joint.parent) if joint.parent >= 0 else -1
        return Joint(parent, motions)

    return tuple(renumbered(joints[body]) for body in bodies), coordinates, rows


def limb(skeleton: Skeleton, bodies: tuple[int, ...]) -> tuple[Skeleton, tuple[int, ...]]:
    """A chain of bodies as a skeleton of its own, and its coordinates' indices in the whole.

    Bodies, coordinates and functions are numbered anew and lose their names, so that a right and a
    left limb built alike are of one type: a function compiled for one serves the other.
    """
    joints, coordinates, rows = _numbered_anew(skeleton.joints, bodies)
    chosen = np.array(bodies)
    of_motion = np.isin(motion_bodies(skeleton.joints), chosen)
    functions = {
        name: value[np.array(rows, int)] for name, value in vars(skeleton.functions).items()
    }
    part = dataclasses.replace(
        skeleton,
        body_names=("",) * len(bodies),
        coordinate_names=("",) * len(coordinates),
        joints=joints,
        mass=skeleton.mass[chosen],
        mass_center=skeleton.mass_center[chosen],
        inertia=skeleton.inertia[chosen],
        location_in_parent=skeleton.location_in_parent[chosen],
        orientation_in_parent=skeleton.orientation_in_parent[chosen],
        location_in_child=skeleton.location_in_child[chosen],
        orientation_in_child=skeleton.orientation_in_child[chosen],
        axes=skeleton.axes[of_motion],
        functions=MotionFunctions(**functions),
        coupled=(),
    )
    return part, coordinates
