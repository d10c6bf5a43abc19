"""Muscles and joints that hold still: fiber lengths over poses, and the strength of joints."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from surae.muscle import contraction, equilibrium
from surae.muscle.contraction import FiberState
from surae.muscle.muscles import Muscles
from surae.runner.runner import Runner, moment_arms, muscle_tendon_lengths


def fiber_length_range(
    runner: Runner, coordinates: Array, tendon_force_normalized: float = 0.0
) -> tuple[Array, Array]:
    """Shortest and longest normalized fiber (muscle,) over poses (instant, coordinate).

    Elastic tendons carry `tendon_force_normalized`; 0 is the slack length, as for rigid ones.
    """
    fibers = _still_fibers(runner, coordinates, tendon_force_normalized)
    return jnp.min(fibers, axis=0), jnp.max(fibers, axis=0)


@jax.jit
def _still_fibers(runner: Runner, coordinates: Array, tendon_force_normalized: float) -> Array:
    def at(pose: Array) -> Array:
        lengths = muscle_tendon_lengths(runner, pose)
        force = jnp.full_like(lengths, tendon_force_normalized)
        return _still_fiber(runner.muscles, lengths, force).length_normalized

    return jax.vmap(at)(coordinates)


def isometric_forces(runner: Runner, coordinates: Array) -> Array:
    """Largest tendon forces without movement (muscle,), N: fully active, fiber and tendon balanced.

    With a rigid tendon the fiber's force is the tendon's.
    """
    muscles = runner.muscles
    lengths = muscle_tendon_lengths(runner, coordinates)
    active, still = jnp.ones_like(lengths), jnp.zeros_like(lengths)
    return jnp.where(
        jnp.asarray(muscles.elastic_tendon),
        equilibrium.static_tendon_force(muscles, active, lengths),
        equilibrium.rigid_tendon_force(muscles, active, lengths, still),
    )


def isometric_joint_moments(runner: Runner, coordinates: Array) -> tuple[Array, Array]:
    """Largest moments up and down each coordinate (coordinate,), N m, at a pose, muscles only."""
    moments = moment_arms(runner, coordinates) * isometric_forces(runner, coordinates)[:, None]
    return jnp.sum(jnp.maximum(moments, 0.0), axis=0), jnp.sum(jnp.minimum(moments, 0.0), axis=0)


def _still_fiber(muscles: Muscles, lengths: Array, tendon_force: Array) -> FiberState:
    still = jnp.zeros_like(lengths)
    elastic = jnp.asarray(muscles.elastic_tendon)
    return jax.tree.map(
        lambda stretched, slack: jnp.where(elastic, stretched, slack),
        contraction.elastic_tendon_fiber(muscles, lengths, still, tendon_force, still),
        contraction.rigid_tendon_fiber(muscles, lengths, still),
    )
