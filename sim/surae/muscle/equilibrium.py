"""Tendon forces from lengths, velocities and activations: what a muscle does at a given state.

A rigid tendon carries what the fiber pulls with. An elastic one has a state of its own, its force;
held still, tendon and fiber balance, and that force follows from length and activation alone.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from surae.muscle import contraction
from surae.muscle.curves import DE_GROOTE_FREGLY_2016, CurveConstants
from surae.muscle.muscles import Muscles

# Tendon forces between which the balance is sought, max isometric forces: OpenSim's
# DeGrooteFregly2016Muscle looks between the same two.
FORCE_RANGE = (0.0, 5.0)
_BISECTIONS = 50  # 5 / 2^50: rounding


def rigid_tendon_force(
    muscles: Muscles,
    activation: Array,
    muscle_tendon_length: Array,
    muscle_tendon_velocity: Array,
    constants: CurveConstants = DE_GROOTE_FREGLY_2016,
) -> Array:
    """Tendon forces [N] of muscles with rigid tendons at lengths [m] and velocities [m/s]."""
    fiber = contraction.rigid_tendon_fiber(muscles, muscle_tendon_length, muscle_tendon_velocity)
    forces = contraction.fiber_forces(muscles, activation, fiber, constants)
    return muscles.max_isometric_force * forces.along_tendon


def static_tendon_force(
    muscles: Muscles,
    activation: Array,
    muscle_tendon_length: Array,
    constants: CurveConstants = DE_GROOTE_FREGLY_2016,
) -> Array:
    """Tendon forces [N] of muscles with elastic tendons that hold still, by bisection.

    Where fiber and tendon balance at more than one force (fibers far beyond optimal length), the
    bisection ends at one of them, as OpenSim's does.
    """
    still = jnp.zeros_like(muscle_tendon_length)

    def fiber_force(tendon: Array) -> Array:
        fiber = contraction.elastic_tendon_fiber(
            muscles, muscle_tendon_length, still, tendon, still, constants
        )
        return contraction.fiber_forces(muscles, activation, fiber, constants).along_tendon

    def halve(_: int, bracket: tuple[Array, Array]) -> tuple[Array, Array]:
        low, high = bracket
        middle = 0.5 * (low + high)
        stronger = fiber_force(middle) > middle
        return jnp.where(stronger, middle, low), jnp.where(stronger, high, middle)

    start = tuple(jnp.full_like(muscle_tendon_length, force) for force in FORCE_RANGE)
    low, high = jax.lax.fori_loop(0, _BISECTIONS, halve, start)
    return muscles.max_isometric_force * 0.5 * (low + high)
