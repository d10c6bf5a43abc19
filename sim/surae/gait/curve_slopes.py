"""How what is described of a stride at an instant follows from its motion and its muscles.

The derivatives of `unpack.describe` in the few numbers of which each of its parts is made: a muscle
has a length, a velocity and states of its own, a leg on the ground its own coordinates. What they
are made of in turn, paths and unknowns, is linear algebra (gait.stride_slopes).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from surae._pytree import replace
from surae._traced import Traced
from surae.foot.ground import Leg
from surae.gait.equations import leg_on_ground
from surae.gait.muscle_slopes import LEAVES, directions_of
from surae.gait.unpack import achilles, muscle_curves
from surae.muscle import path
from surae.muscle.muscles import Muscles
from surae.runner.runner import Runner
from surae.skeleton.passive import passive_moments

CURVES = (
    "tendon_force",
    "fiber_length_normalized",
    "fiber_velocity_normalized",
    "metabolic_rate",
)
# Parameters on which the strain of the Achilles tendon depends beside the forces.
OF_STRAIN = ("max_isometric_force", "tendon_stiffness")


class MuscleCurves(NamedTuple):
    """Derivatives at every instant; the last axis, instants, is left out here.

    slope, turn: of length and velocity by coordinates (muscle, coordinate). by_local: of `CURVES`
    by length, velocity, activation, excitation, normalized tendon force and its rate (local, curve,
    muscle). by_parameter: by `LEAVES` (parameter, curve, muscle). strain: of the Achilles tendons
    by tendon forces, then by `OF_STRAIN` (which, side, muscle). stops, damping: of passive moments
    by the own coordinate and speed (coordinate,).
    """

    slope: Any
    turn: Any
    by_local: Any
    by_parameter: Any
    strain: Any
    stops: Any
    damping: Any


def muscle_curve_slopes(
    runner: Runner, coordinates: Array, speeds: Array, states: Array
) -> tuple[Array, ...]:
    """`MuscleCurves`, field by field: its derivatives at all instants.

    coordinates, speeds (coordinate, instant); states (state, muscle, instant): activation,
    excitation, normalized tendon force and its rate.
    """
    at_instants = jax.vmap(_at_instant, in_axes=(None, -1, -1, -1), out_axes=-1)
    return tuple(at_instants(runner, coordinates, speeds, states))


def _at_instant(runner: Runner, coordinates: Array, speeds: Array, states: Array) -> MuscleCurves:
    muscles, n = runner.muscles, len(coordinates)

    def slope(q: Array) -> Array:
        return -path.moment_arm_matrix(muscles.path, q, n)

    by_length, turn = jax.jvp(slope, (coordinates,), (speeds,))
    lengths, velocities = path.lengths_and_velocities(muscles.path, coordinates, speeds)
    local = jnp.concatenate([jnp.stack([lengths, velocities]), states])

    def curves(own: Muscles, numbers: Array) -> Array:
        found = muscle_curves(own, *numbers)
        return jnp.stack([found[name] for name in CURVES])

    def by_local(unit: Array) -> Array:
        return jax.jvp(lambda z: curves(muscles, z), (local,), (unit,))[1]

    def by_parameter(direction: Any) -> Array:
        return jax.jvp(lambda m: curves(m, local), (muscles,), (direction,))[1]

    units = jnp.broadcast_to(jnp.eye(len(local))[:, :, None], (len(local), *local.shape))
    tendon = curves(muscles, local)[CURVES.index("tendon_force")]
    stops, damping = jax.vmap(jax.grad(passive_moments, (1, 2)))(
        runner.passive, coordinates, speeds
    )
    return MuscleCurves(
        by_length,
        turn,
        jax.vmap(by_local)(units),
        jax.vmap(by_parameter)(directions_of(muscles, LEAVES)),
        _strain(runner, tendon),
        stops,
        damping,
    )


def _strain(runner: Runner, tendon: Array) -> Array:
    parameters = [getattr(runner.muscles, name) for name in OF_STRAIN]

    def strain(forces: Array, *others: Array) -> Array:
        changed = dict(zip(OF_STRAIN, others, strict=True))
        own = replace(runner, muscles=replace(runner.muscles, **changed))
        return achilles(own, forces)[1]

    return jnp.stack(jax.jacrev(strain, (0, 1, 2))(tendon, *parameters))


def leg_slopes(leg: Leg, coordinates: Array, speeds: Array) -> Array:
    """Force (3) and center of pressure (3) by coordinates and speeds: (2, 6, n, instant)."""

    def forces(q: Array, v: Array) -> Array:
        force, pressure, _ = leg_on_ground(leg, q, v)
        return jnp.concatenate([force, pressure])

    at_instants = jax.vmap(jax.jacfwd(forces, (0, 1)), in_axes=-1, out_axes=-1)
    return jnp.stack(at_instants(coordinates, speeds))


compiled_muscle_curve_slopes = Traced(muscle_curve_slopes, [muscle_curve_slopes])
compiled_leg_slopes = Traced(leg_slopes, [leg_slopes])
