"""Inverse dynamics of a tree in the ground frame: all bodies at once, sums over static masks.

M(q) q'' + c(q, q') - g(q), in OpenSim's sense: the generalized forces that joints and external
loads together must supply. Featherstone, Rigid Body Dynamics Algorithms (2008), chapter 5, with
every vector in ground axes about the ground's origin, so that recursions become masked sums.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

from surae.skeleton.kinematics import Motions, motions, stacked
from surae.skeleton.tree import Joint, Skeleton
from surae.spatial import motion as mv
from surae.spatial import vectors as sv


class Masks(NamedTuple):
    """above[i, k] = 1 if coordinate i moves the frame behind coordinate k (itself included);
    moves[i, b] = 1 if coordinate i moves body b. Constant floats."""

    above: Array
    moves: Array


@cache
def _masks(joints: tuple[Joint, ...], n: int) -> tuple[np.ndarray, np.ndarray]:
    above, moves = np.zeros((n, n)), np.zeros((n, len(joints)))
    for body, joint in enumerate(joints):
        inherited = moves[:, joint.parent] if joint.parent >= 0 else np.zeros(n)
        seen = inherited.copy()
        for motion in sorted(joint.motions, key=lambda m: m.kind != "translation"):
            seen[motion.coordinate] = 1.0
            above[:, motion.coordinate] = seen
        moves[:, body] = seen
    return above, moves


def masks(skeleton: Skeleton) -> Masks:
    """Who moves whom."""
    above, moves = _masks(skeleton.joints, len(skeleton.coordinate_names))
    return Masks(jnp.asarray(above), jnp.asarray(moves))


class Columns(NamedTuple):
    """Motion axes (coordinate, 6) and spatial inertias (body, 6, 6), both in ground."""

    axes: Array
    inertias: Array


def columns(skeleton: Skeleton, coordinates: Array) -> Columns:
    """Axes of all coordinates and inertias of all bodies at a pose."""
    posed = motions(skeleton, coordinates)
    axes = axis_columns(posed, tuple(range(len(skeleton.coordinate_names))))
    rotation = jnp.stack([jnp.stack([stacked(row) for row in f.rotation]) for f in posed.frames])
    origin = jnp.stack([stacked(frame.origin) for frame in posed.frames])
    center = origin + jnp.einsum("bij,bj->bi", rotation, skeleton.mass_center)
    xx, yy, zz, xy, xz, yz = (skeleton.inertia[:, i] for i in range(6))
    local = jnp.stack([xx, xy, xz, xy, yy, yz, xz, yz, zz], axis=-1).reshape(-1, 3, 3)
    about_center = jnp.einsum("bij,bjk,blk->bil", rotation, local, rotation)
    return Columns(jnp.stack(axes), mv.inertia(skeleton.mass, center, about_center))


def axis_columns(posed: Motions, coordinates: tuple[int, ...]) -> Array:
    """Motion axes of the given coordinates about the ground's origin (coordinate, 6)."""
    by_coordinate = {axis.coordinate: axis for body in posed.axes for axis in body}
    rows = []
    for coordinate in coordinates:
        axis = by_coordinate[coordinate]
        if axis.kind == "translation":
            parts = sv.ZERO + axis.direction
        else:
            parts = axis.direction + sv.cross(axis.point, axis.direction)
        rows.append(jnp.stack([jnp.asarray(c, dtype=float) for c in parts]))
    return jnp.stack(rows)


class Flow(NamedTuple):
    """Velocity-level quantities; `_at` is behind each coordinate, `_of` of each body.

    axis_rates: V x S. acceleration has gravity taken off, so that weight needs no term of its own.
    """

    velocity_at: Array
    velocity_of: Array
    axis_rates: Array
    acceleration_at: Array
    acceleration_of: Array
    momentum: Array
    force: Array


def flow(skeleton: Skeleton, at: Columns, speeds: Array, accelerations: Array) -> Flow:
    """Velocities, accelerations, momenta and net forces of all bodies."""
    above, moves = masks(skeleton)
    moving = at.axes * speeds[:, None]
    velocity_at, velocity_of = above.T @ moving, moves.T @ moving
    axis_rates = mv.cross_motion(velocity_at, at.axes)
    changing = at.axes * accelerations[:, None] + axis_rates * speeds[:, None]
    fall = jnp.concatenate([jnp.zeros(3), -skeleton.gravity])[None, :]
    acceleration_at, acceleration_of = above.T @ changing + fall, moves.T @ changing + fall
    momentum = mv.apply(at.inertias, velocity_of)
    force = mv.apply(at.inertias, acceleration_of) + mv.cross_force(velocity_of, momentum)
    return Flow(
        velocity_at, velocity_of, axis_rates, acceleration_at, acceleration_of, momentum, force
    )


def inverse_dynamics(
    skeleton: Skeleton, coordinates: Array, speeds: Array, accelerations: Array
) -> Array:
    """Generalized forces (coordinate,), N m or N, that produce `accelerations` under gravity."""
    at = columns(skeleton, coordinates)
    moving = flow(skeleton, at, speeds, accelerations)
    return jnp.sum(at.axes * (masks(skeleton).moves @ moving.force), axis=-1)


def mass_matrix(skeleton: Skeleton, coordinates: Array) -> Array:
    """Joint-space mass matrix (coordinate, coordinate), composite-rigid-body form."""
    at = columns(skeleton, coordinates)
    above, moves = masks(skeleton)
    composite = jnp.einsum("ib,bxy->ixy", moves, at.inertias)
    carried = mv.apply(composite, at.axes)
    upper = above * (at.axes @ carried.T)
    return upper + upper.T - jnp.diag(jnp.diagonal(upper))


def mechanical_energy(skeleton: Skeleton, coordinates: Array, speeds: Array) -> Array:
    """Kinetic plus gravitational potential energy, J."""
    kinetic = 0.5 * speeds @ mass_matrix(skeleton, coordinates) @ speeds
    frames = motions(skeleton, coordinates).frames
    origin = jnp.stack([stacked(frame.origin) for frame in frames])
    rotation = jnp.stack([jnp.stack([stacked(row) for row in f.rotation]) for f in frames])
    center = origin + jnp.einsum("bij,bj->bi", rotation, skeleton.mass_center)
    return kinetic - jnp.sum(skeleton.mass * (center @ skeleton.gravity))
