"""Inverse dynamics of a tree in the ground frame: all bodies at once, sums over static masks.

M(q) q'' + c(q, q') - g(q), in OpenSim's sense: the generalized forces that joints and external
loads together must supply. Featherstone, Rigid Body Dynamics Algorithms (2008), chapter 5, with
every vector in ground axes about the ground's origin, so that recursions become masked sums. The
sums run over motions; the chain rule (chain_rule.py) leads from there to coordinates.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

from surae.skeleton.chain_rule import (
    motion_rates,
    pair_matrix,
    pair_products,
    pairs_within,
    summed,
)
from surae.skeleton.kinematics import Poses, layout, mass_centers, motion_course, poses
from surae.skeleton.tree import Joint, Skeleton
from surae.spatial import motion as mv


class Masks(NamedTuple):
    """above[i, k] = 1 if motion i moves the frame behind motion k (itself included);
    moves[i, b] = 1 if motion i moves body b. Constant floats."""

    above: Array
    moves: Array


@cache
def _masks(joints: tuple[Joint, ...]) -> tuple[np.ndarray, np.ndarray]:
    n = sum(len(joint.motions) for joint in joints)
    above, moves = np.zeros((n, n)), np.zeros((n, len(joints)))
    own = 0
    for body, joint in enumerate(joints):
        seen = moves[:, joint.parent].copy() if joint.parent >= 0 else np.zeros(n)
        for _ in joint.motions:
            seen[own] = 1.0
            above[:, own] = seen
            own += 1
        moves[:, body] = seen
    return above, moves


def masks(skeleton: Skeleton) -> Masks:
    """Who moves whom."""
    above, moves = _masks(skeleton.joints)
    return Masks(jnp.asarray(above), jnp.asarray(moves))


@cache
def subtrees(joints: tuple[Joint, ...]) -> np.ndarray:
    """(body, body) 1.0 where the column's body hangs on the row's, itself included."""
    below = np.eye(len(joints))
    for body in reversed(range(len(joints))):
        if joints[body].parent >= 0:
            below[joints[body].parent] += below[body]
    return below


def carried_sums(skeleton: Skeleton, *of_bodies: Array) -> Array:
    """Sums over all bodies that a motion moves, (motion, all), of arrays (body, any)."""
    sums = jnp.asarray(subtrees(skeleton.joints)) @ jnp.concatenate(of_bodies, axis=-1)
    return sums[layout(skeleton.joints).body]


class Columns(NamedTuple):
    """Motion axes (motion, 6) and spatial inertias (body, 10), both in ground."""

    axes: Array
    inertias: Array


def columns(skeleton: Skeleton, at: Poses) -> Columns:
    """Axes of all motions and inertias of all bodies at a pose."""
    centers = mass_centers(skeleton, at)
    return Columns(at.axes, mv.inertia(skeleton.mass, centers, at.rotations, skeleton.inertia))


class Flow(NamedTuple):
    """Velocity-level quantities; `_at` is behind each motion, `_of` of each body.

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
    """Velocities, accelerations, momenta and net forces of all bodies; rates are of motions."""
    above, moves = masks(skeleton)
    behind = jnp.concatenate([above, moves], axis=1).T
    n = len(at.axes)
    velocity = behind @ (at.axes * speeds[:, None])
    axis_rates = mv.cross_motion(velocity[:n], at.axes)
    fall = jnp.concatenate([jnp.zeros(3), -skeleton.gravity])[None, :]
    acceleration = behind @ (at.axes * accelerations[:, None] + axis_rates * speeds[:, None]) + fall
    momentum = mv.momentum(at.inertias, velocity[n:])
    force = mv.momentum(at.inertias, acceleration[n:]) + mv.cross_force(velocity[n:], momentum)
    return Flow(
        velocity[:n], velocity[n:], axis_rates, acceleration[:n], acceleration[n:], momentum, force
    )


def inverse_dynamics(
    skeleton: Skeleton, coordinates: Array, speeds: Array, accelerations: Array
) -> Array:
    """Generalized forces (coordinate,), N m or N, that produce `accelerations` under gravity."""
    course = motion_course(skeleton, coordinates)
    at = columns(skeleton, poses(skeleton, coordinates, course))
    rates = motion_rates(skeleton, course, speeds, accelerations)
    moving = flow(skeleton, at, rates.speed, rates.acceleration)
    torques = jnp.sum(at.axes * carried_sums(skeleton, moving.force), axis=-1)
    return summed(skeleton, course.slope * torques)


def mass_matrix(skeleton: Skeleton, coordinates: Array) -> Array:
    """Joint-space mass matrix (coordinate, coordinate), composite-rigid-body form."""
    course = motion_course(skeleton, coordinates)
    at = columns(skeleton, poses(skeleton, coordinates, course))
    axes = at.axes * course.slope[:, None]
    carried = mv.momentum(carried_sums(skeleton, at.inertias), axes)
    own = summed(skeleton, jnp.sum(axes * carried, axis=-1))
    own = own + 2.0 * pairs_within(skeleton, axes, carried)
    pairs = pair_products(skeleton, axes, carried)
    return pair_matrix(skeleton, pairs, pairs, own)


def body_velocities(skeleton: Skeleton, coordinates: Array, speeds: Array) -> tuple[Array, Array]:
    """Angular velocities and velocities of the centers of mass in ground: (body, 3) each."""
    course = motion_course(skeleton, coordinates)
    at = poses(skeleton, coordinates, course)
    rates = motion_rates(skeleton, course, speeds, jnp.zeros_like(speeds))
    velocity = masks(skeleton).moves.T @ (at.axes * rates.speed[:, None])
    return velocity[:, :3], mv.velocity_of_points(velocity, mass_centers(skeleton, at))


def mechanical_energy(skeleton: Skeleton, coordinates: Array, speeds: Array) -> Array:
    """Kinetic plus gravitational potential energy, J."""
    kinetic = 0.5 * speeds @ mass_matrix(skeleton, coordinates) @ speeds
    centers = mass_centers(skeleton, poses(skeleton, coordinates))
    return kinetic - jnp.sum(skeleton.mass * (centers @ skeleton.gravity))
