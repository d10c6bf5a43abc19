"""The skeleton: a tree of rigid bodies joined by sequences of one-coordinate motions.

A joint is what OpenSim calls a CustomJoint: an offset frame on the parent, translations along that
frame's axes, rotations about successively rotated axes, and an offset frame on the child.
"""

from __future__ import annotations

import dataclasses

import jax.numpy as jnp
import numpy as np
from jax import Array

from surae._pytree import field, pytree, static

Triple = tuple[float, float, float]


@dataclasses.dataclass(frozen=True)
class Motion:
    """One coordinate's share of a joint: `rotation` about or `translation` along a fixed axis."""

    coordinate: int
    kind: str
    axis: Triple


@dataclasses.dataclass(frozen=True)
class Joint:
    """How one body hangs on its parent; -1 is the ground. Orientations: body-fixed XYZ, rad."""

    parent: int
    motions: tuple[Motion, ...]
    orientation_in_parent: Triple = (0.0, 0.0, 0.0)
    orientation_in_child: Triple = (0.0, 0.0, 0.0)


@pytree
class Skeleton:
    """Rigid bodies in an order where every parent comes before its children."""

    body_names: tuple[str, ...] = static()
    coordinate_names: tuple[str, ...] = static()
    joints: tuple[Joint, ...] = static()
    mass: Array = field("body", "kg")
    mass_center: Array = field("body", "xyz", "m")
    inertia: Array = field("body", "xx_yy_zz_xy_xz_yz", "kg m^2")
    location_in_parent: Array = field("body", "xyz", "m")
    location_in_child: Array = field("body", "xyz", "m")
    gravity: Array = field("xyz", "m/s^2")

    @property
    def total_mass(self) -> Array:
        """Mass of all bodies, kg."""
        return jnp.sum(self.mass)

    def coordinate(self, name: str) -> int:
        """Index of a coordinate by name."""
        return self.coordinate_names.index(name)


def chain(skeleton: Skeleton, body: int) -> tuple[int, ...]:
    """Indices of `body` and its ancestors, root first."""
    path = [body]
    while skeleton.joints[path[0]].parent >= 0:
        path.insert(0, skeleton.joints[path[0]].parent)
    return tuple(path)


def coordinates_moving(skeleton: Skeleton, body: int) -> tuple[int, ...]:
    """Indices of the coordinates that move `body`, root first."""
    return tuple(
        motion.coordinate
        for ancestor in chain(skeleton, body)
        for motion in skeleton.joints[ancestor].motions
    )


def limb(skeleton: Skeleton, bodies: tuple[int, ...]) -> tuple[Skeleton, tuple[int, ...]]:
    """A chain of bodies as a skeleton of its own, and its coordinates' indices in the whole.

    Bodies and coordinates are numbered anew and lose their names, so that a right and a left limb
    built alike are of one type: a function compiled for one serves the other.
    """
    kept = [m.coordinate for body in bodies for m in skeleton.joints[body].motions]
    coordinates = tuple(sorted(kept))

    def renumbered(joint: Joint) -> Joint:
        motions = tuple(
            dataclasses.replace(m, coordinate=coordinates.index(m.coordinate))
            for m in joint.motions
        )
        parent = bodies.index(joint.parent) if joint.parent >= 0 else -1
        return dataclasses.replace(joint, parent=parent, motions=motions)

    chosen = np.array(bodies)
    part = dataclasses.replace(
        skeleton,
        body_names=("",) * len(bodies),
        coordinate_names=("",) * len(coordinates),
        joints=tuple(renumbered(skeleton.joints[body]) for body in bodies),
        mass=skeleton.mass[chosen],
        mass_center=skeleton.mass_center[chosen],
        inertia=skeleton.inertia[chosen],
        location_in_parent=skeleton.location_in_parent[chosen],
        location_in_child=skeleton.location_in_child[chosen],
    )
    return part, coordinates
