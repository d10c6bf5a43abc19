"""Positions, velocities and accelerations of all bodies of a tree, in the ground frame.

Featherstone's forward pass with every quantity expressed in ground, unrolled over the static tree.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

from surae.skeleton.tree import Skeleton, Triple
from surae.spatial import vectors as sv
from surae.spatial.vectors import Component, Matrix, Vector


class Frame(NamedTuple):
    """A moving frame: pose, velocity and acceleration of its origin, all in ground."""

    rotation: Matrix
    origin: Vector
    angular_velocity: Vector
    velocity: Vector
    angular_acceleration: Vector
    acceleration: Vector


class Axis(NamedTuple):
    """World axis of one motion and the point it passes through."""

    coordinate: int
    kind: str
    direction: Vector
    point: Vector


class Motions(NamedTuple):
    """Every body's frame, and every body's joint axes, root side first."""

    frames: tuple[Frame, ...]
    axes: tuple[tuple[Axis, ...], ...]


GROUND = Frame(sv.IDENTITY, sv.ZERO, sv.ZERO, sv.ZERO, sv.ZERO, sv.ZERO)


def motions(
    skeleton: Skeleton,
    coordinates: Array | Mapping[int, Component],
    speeds: Array | None = None,
    accelerations: Array | None = None,
    bodies: tuple[int, ...] | None = None,
) -> Motions:
    """Frames of all bodies (or of `bodies`, which must hold their own ancestors).

    coordinates, speeds, accelerations: (coordinate,) in rad or m and their rates; rates left out
    are zero. Frames of bodies that were not asked for are the ground's.
    """
    frames = [GROUND] * len(skeleton.joints)
    axes: list[tuple[Axis, ...]] = [()] * len(skeleton.joints)
    for body in range(len(skeleton.joints)) if bodies is None else bodies:
        parent = skeleton.joints[body].parent
        base = GROUND if parent < 0 else frames[parent]
        frames[body], axes[body] = _through_joint(
            skeleton, body, base, coordinates, speeds, accelerations
        )
    return Motions(tuple(frames), tuple(axes))


def _through_joint(
    skeleton: Skeleton,
    body: int,
    base: Frame,
    coordinates: Array | Mapping[int, Component],
    speeds: Array | None,
    accelerations: Array | None,
) -> tuple[Frame, tuple[Axis, ...]]:
    joint = skeleton.joints[body]
    frame = shifted(base, sv.vector(skeleton.location_in_parent[body]))
    frame = _turned(frame, joint.orientation_in_parent)
    axes = []
    for motion in sorted(joint.motions, key=lambda m: m.kind != "translation"):
        value: Component = coordinates[motion.coordinate]
        speed: Component = 0.0 if speeds is None else speeds[motion.coordinate]
        acceleration: Component = 0.0 if accelerations is None else accelerations[motion.coordinate]
        direction = sv.rotate(frame.rotation, motion.axis)
        step = _slide if motion.kind == "translation" else _turn
        axes.append(Axis(motion.coordinate, motion.kind, direction, frame.origin))
        frame = step(frame, motion.axis, direction, value, speed, acceleration)
    if any(joint.orientation_in_child):
        inverse = sv.transpose(sv.rotation_xyz(joint.orientation_in_child))
        frame = frame._replace(rotation=sv.compose(frame.rotation, inverse))
    offset = sv.vector(-skeleton.location_in_child[body])
    return shifted(frame, offset), tuple(axes)


def shifted(frame: Frame, offset: Vector) -> Frame:
    """The frame fixed on the same body, its origin moved by `offset` (body axes)."""
    arm = sv.rotate(frame.rotation, offset)
    tangential = sv.cross(frame.angular_velocity, arm)
    return frame._replace(
        origin=sv.add(frame.origin, arm),
        velocity=sv.add(frame.velocity, tangential),
        acceleration=sv.add(
            frame.acceleration,
            sv.add(
                sv.cross(frame.angular_acceleration, arm),
                sv.cross(frame.angular_velocity, tangential),
            ),
        ),
    )


def _turned(frame: Frame, orientation: Triple) -> Frame:
    if not any(orientation):
        return frame
    return frame._replace(rotation=sv.compose(frame.rotation, sv.rotation_xyz(orientation)))


def _slide(
    frame: Frame,
    axis: Triple,
    direction: Vector,
    value: Component,
    speed: Component,
    acceleration: Component,
) -> Frame:
    del axis
    omega, alpha = frame.angular_velocity, frame.angular_acceleration
    arm = sv.scale(value, direction)
    relative = sv.scale(speed, direction)
    tangential = sv.cross(omega, arm)
    coriolis = sv.scale(2.0, sv.cross(omega, relative))
    centripetal = sv.add(sv.cross(alpha, arm), sv.cross(omega, tangential))
    return frame._replace(
        origin=sv.add(frame.origin, arm),
        velocity=sv.add(frame.velocity, sv.add(relative, tangential)),
        acceleration=sv.add(
            frame.acceleration,
            sv.add(sv.scale(acceleration, direction), sv.add(coriolis, centripetal)),
        ),
    )


def _turn(
    frame: Frame,
    axis: Triple,
    direction: Vector,
    value: Component,
    speed: Component,
    acceleration: Component,
) -> Frame:
    relative = sv.scale(speed, direction)
    return frame._replace(
        rotation=sv.compose(frame.rotation, sv.rotation_about(axis, value)),
        angular_velocity=sv.add(frame.angular_velocity, relative),
        angular_acceleration=sv.add(
            frame.angular_acceleration,
            sv.add(sv.scale(acceleration, direction), sv.cross(frame.angular_velocity, relative)),
        ),
    )


def point_on(frame: Frame, offset: Vector) -> tuple[Vector, Vector]:
    """Position and velocity in ground of a point fixed at `offset` (body axes)."""
    moved = shifted(frame, offset)
    return moved.origin, moved.velocity


def stacked(a: Vector) -> Array:
    """The vector as an array (3,)."""
    return jnp.stack([jnp.asarray(component, dtype=float) for component in a])


def body_positions(skeleton: Skeleton, coordinates: Array) -> Array:
    """Origins of all bodies in ground, m: (body, 3)."""
    return jnp.stack([stacked(f.origin) for f in motions(skeleton, coordinates).frames])


def body_rotations(skeleton: Skeleton, coordinates: Array) -> Array:
    """Orientations of all bodies in ground: (body, 3, 3)."""
    frames = motions(skeleton, coordinates).frames
    return jnp.stack([jnp.stack([stacked(row) for row in f.rotation]) for f in frames])


def center_of_mass(skeleton: Skeleton, coordinates: Array) -> Array:
    """Whole-body center of mass in ground, m: (3,)."""
    frames = motions(skeleton, coordinates).frames
    total = sv.ZERO
    for body, frame in enumerate(frames):
        center, _ = point_on(frame, sv.vector(skeleton.mass_center[body]))
        total = sv.add(total, sv.scale(skeleton.mass[body], center))
    return stacked(total) / skeleton.total_mass
