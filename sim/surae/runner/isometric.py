"""Muscles and joints that hold still: fiber lengths over poses, and the strength of joints."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from surae.muscle import contraction
from surae.muscle.contraction import FiberState
from surae.muscle.muscles import Muscles
from surae.runner.runner import Runner, moment_arms, muscle_tendon_lengths

_BISECTIONS = 50
_MOST_FORCE = 5.0  # in max isometric forces, active and passive


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

    The balance is found by bisection on the tendon force; with a rigid tendon it is direct.
    """
    muscles = runner.muscles
    lengths = muscle_tendon_lengths(runner, coordinates)
    elastic = jnp.asarray(muscles.elastic_tendon)

    def fiber_force(tendon: Array) -> Array:
        return _force_along_tendon(muscles, lengths, tendon)

    def halve(_: int, bracket: tuple[Array, Array]) -> tuple[Array, Array]:
        low, high = bracket
        middle = 0.5 * (low + high)
        stronger = fiber_force(middle) > middle
        return jnp.where(stronger, middle, low), jnp.where(stronger, high, middle)

    start = (jnp.zeros_like(lengths), jnp.full_like(lengths, _MOST_FORCE))
    low, high = jax.lax.fori_loop(0, _BISECTIONS, halve, start)
    balanced = 0.5 * (low + high)
    return muscles.max_isometric_force * jnp.where(elastic, balanced, fiber_force(balanced))


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


def _force_along_tendon(muscles: Muscles, lengths: Array, tendon_force: Array) -> Array:
    fiber = _still_fiber(muscles, lengths, tendon_force)
    return contraction.fiber_forces(muscles, jnp.ones_like(lengths), fiber).along_tendon
