"""Where all bodies of a tree are, in the ground frame.

The transforms across all joints are computed at once; only their products along the tree go level
by level, from the root outward.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

from surae.skeleton.functions import Course, after, evaluated
from surae.skeleton.tree import Joint, Motion, Skeleton, motion_bodies
from surae.spatial import rotations as rot


class Poses(NamedTuple):
    """Orientation and origin of every body in ground, and the axis of every motion.

    rotations: (body, 3, 3). origins: (body, 3). axes: (motion, 6) about the ground's origin,
    angular part first.
    """

    rotations: Array
    origins: Array
    axes: Array


class Layout(NamedTuple):
    """The static side of a tree: who stands where in its arrays."""

    body: np.ndarray  # (motion,) the body that a motion moves first
    coordinate: np.ndarray  # (motion,)
    rotates: np.ndarray  # (motion,) 1.0 for rotations, else 0.0
    slides: np.ndarray  # (body, motion) 1.0 where a translation belongs to a body's joint
    slots: np.ndarray  # (slot, body) the body's rotations in order; `motion` where it has no more
    slot_of: np.ndarray  # (motion,) place of a rotation in slots, flattened; 0 for translations
    parent: np.ndarray  # (body,) `body` for the ground
    levels: tuple[np.ndarray, ...]  # bodies by distance from the ground


@cache
def layout(joints: tuple[Joint, ...]) -> Layout:
    """Index arrays of a tree."""
    motions = [motion for joint in joints for motion in joint.motions]
    body, n = np.array(motion_bodies(joints), int), len(joints)
    turns = np.array([m.kind == "rotation" for m in motions], bool)
    most = max([1, *(int(np.sum(turns[body == b])) for b in range(n))])
    slots, slot_of = np.full((most, n), len(motions)), np.zeros(len(motions), int)
    for b in range(n):
        for slot, motion in enumerate(np.flatnonzero(turns & (body == b))):
            slots[slot, b], slot_of[motion] = motion, slot * n + b
    depth = np.zeros(n, int)
    for b, joint in enumerate(joints):
        depth[b] = depth[joint.parent] + 1 if joint.parent >= 0 else 0
    return Layout(
        body,
        np.array([m.coordinate for m in motions], int),
        turns.astype(float),
        ((body == np.arange(n)[:, None]) & ~turns).astype(float),
        slots,
        slot_of,
        np.array([joint.parent if joint.parent >= 0 else n for joint in joints]),
        tuple(np.flatnonzero(depth == level) for level in range(depth.max() + 1)),
    )


def motion_course(skeleton: Skeleton, coordinates: Array) -> Course:
    """Values of all motions (motion,) and their derivatives by their own coordinate."""
    at = coordinates[layout(skeleton.joints).coordinate]
    one, zero = jnp.ones_like(at), jnp.zeros_like(at)
    course = Course(at, one, zero, zero, zero)
    motions = skeleton.motions
    for stage in range(max([0, *(len(m.functions) for m in motions)])):
        course = _through(skeleton, course, motions, stage)
    return course


def _through(skeleton: Skeleton, course: Course, motions: tuple[Motion, ...], stage: int) -> Course:
    """The course after each motion's function of this stage, for those that have one."""
    chosen = np.array([i for i, m in enumerate(motions) if len(m.functions) > stage])
    rows = np.array([motions[i].functions[stage] for i in chosen])
    place = np.zeros(len(motions), int)
    place[chosen] = np.arange(len(chosen))
    has = np.isin(np.arange(len(motions)), chosen)
    inner = Course(*(part[chosen] for part in course))
    functions = skeleton.functions
    own = type(functions)(**{name: value[rows] for name, value in vars(functions).items()})
    new = after(evaluated(own, inner.value), inner)
    return Course(*(jnp.where(has, n[place], old) for n, old in zip(new, course, strict=True)))


def poses(skeleton: Skeleton, coordinates: Array, course: Course | None = None) -> Poses:
    """Where everything is at coordinates (coordinate,), rad or m.

    course: `motion_course` at these coordinates, where the caller has it already.
    """
    book = layout(skeleton.joints)
    value = (motion_course(skeleton, coordinates) if course is None else course).value
    turns = rot.about(skeleton.axes, value)
    still = jnp.eye(3)[None]
    turns = jnp.concatenate([turns, jnp.broadcast_to(still, (1, 3, 3))])
    axes = jnp.concatenate([skeleton.axes, jnp.zeros((1, 3))])
    # Across each joint, in the parent-side joint frame.
    turned = jnp.broadcast_to(still, (len(skeleton.joints), 3, 3))
    directions = []
    for slot in book.slots:
        directions.append(rot.rotate(turned, axes[slot]))
        turned = rot.compose(turned, turns[slot])
    slide = jnp.asarray(book.slides) @ (skeleton.axes * value[:, None])
    # The same in the parent body's frame.
    onto = rot.body_fixed_xyz(skeleton.orientation_in_parent)
    off = rot.transpose(rot.body_fixed_xyz(skeleton.orientation_in_child))
    hinge = skeleton.location_in_parent + rot.rotate(onto, slide)
    turned = rot.compose(rot.compose(onto, turned), off)
    step = hinge - rot.rotate(turned, skeleton.location_in_child)
    rotations, origins = _along_tree(book, turned, step)
    # Axes of all motions in ground.
    base = rotations[book.parent]
    direction = jnp.where(
        (book.rotates > 0.0)[:, None], jnp.concatenate(directions)[book.slot_of], skeleton.axes
    )
    direction = rot.rotate(base[book.body], rot.rotate(onto[book.body], direction))
    point = (origins[book.parent] + rot.rotate(base, hinge))[book.body]
    angular = direction * book.rotates[:, None]
    linear = rot.cross(point, angular) + direction * (1.0 - book.rotates[:, None])
    return Poses(rotations[:-1], origins[:-1], jnp.concatenate([angular, linear], axis=-1))


def _along_tree(book: Layout, turned: Array, step: Array) -> tuple[Array, Array]:
    """Orientations and origins in ground from those in the parent; the ground itself comes last."""
    n = len(book.parent)
    order = np.concatenate([*book.levels, [n]])
    place = np.argsort(order)  # of a body among the levels written one after the other
    rotations, origins = [turned[book.levels[0]]], [step[book.levels[0]]]
    for before, level in zip(book.levels[:-1], book.levels[1:], strict=True):
        parents = np.searchsorted(before, book.parent[level])
        base = rotations[-1][parents]
        origins.append(origins[-1][parents] + rot.rotate(base, step[level]))
        rotations.append(rot.compose(base, turned[level]))
    ground = jnp.eye(3)[None], jnp.zeros((1, 3))
    return (
        jnp.concatenate([*rotations, ground[0]])[place],
        jnp.concatenate([*origins, ground[1]])[place],
    )


def points_in_ground(at: Poses, bodies: np.ndarray, locations: Array) -> Array:
    """Points fixed on bodies (point,) at `locations` (point, 3) in body axes, in ground, m."""
    return at.origins[bodies] + rot.rotate(at.rotations[bodies], locations)


def body_positions(skeleton: Skeleton, coordinates: Array) -> Array:
    """Origins of all bodies in ground, m: (body, 3)."""
    return poses(skeleton, coordinates).origins


def body_rotations(skeleton: Skeleton, coordinates: Array) -> Array:
    """Orientations of all bodies in ground: (body, 3, 3)."""
    return poses(skeleton, coordinates).rotations


def mass_centers(skeleton: Skeleton, at: Poses) -> Array:
    """Centers of mass of all bodies in ground, m: (body, 3)."""
    return at.origins + rot.rotate(at.rotations, skeleton.mass_center)


def center_of_mass(skeleton: Skeleton, coordinates: Array) -> Array:
    """Whole-body center of mass in ground, m: (3,)."""
    centers = mass_centers(skeleton, poses(skeleton, coordinates))
    return skeleton.mass @ centers / skeleton.total_mass


def coupled_values(skeleton: Skeleton, coordinates: Array) -> Array:
    """Values of the coupled coordinates (coupled,), rad or m, in the order of `coupled`."""
    values = []
    for _, independent, rows in skeleton.coupled:
        value = coordinates[independent]
        for row in rows:
            own = {n: v[row : row + 1] for n, v in vars(skeleton.functions).items()}
            value = evaluated(type(skeleton.functions)(**own), value[None]).value[0]
        values.append(value)
    return jnp.stack(values) if values else jnp.zeros(0)
