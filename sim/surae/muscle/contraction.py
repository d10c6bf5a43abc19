"""Contraction: where the fiber is, and which forces it carries (De Groote et al. 2016).

The fiber keeps a constant height (distance between its parallel aponeuroses), as in OpenSim.
Everything is normalized: lengths by optimal fiber length, velocities by max contraction velocity
(shortening is negative), forces by max isometric force.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from surae import smooth
from surae._pytree import field, pytree
from surae.muscle import curves
from surae.muscle.curves import DE_GROOTE_FREGLY_2016, CurveConstants
from surae.muscle.muscles import Muscles

# Optimal fiber lengths over which the fiber's extent along the tendon is kept above zero: a path
# too short for its tendon gives a very short fiber, not a NaN. It adds 1e-9 to an extent of one
# optimal length and 1e-8 to a tenth; forces above that differ from OpenSim's by less than 2e-7.
EXTENT_FLOOR = 3e-5


@pytree
class FiberState:
    """Length, velocity and pennation of the fiber; the dims are the caller's."""

    length_normalized: Array = field("1")  # optimal fiber lengths
    velocity_normalized: Array = field("1")  # max contraction velocities, lengthening positive
    cos_pennation: Array = field("1")


@pytree
class FiberForces:
    """Forces along the fiber, and their sum along the tendon, in max isometric forces."""

    active: Array = field("1")  # already times strength
    passive: Array = field("1")
    damping: Array = field("1")
    along_tendon: Array = field("1")


def rigid_tendon_fiber(
    muscle: Muscles, muscle_tendon_length: Array, muscle_tendon_velocity: Array
) -> FiberState:
    """Fiber of a muscle whose tendon always has its slack length."""
    extent = muscle_tendon_length - muscle.tendon_slack_length
    return _fiber(muscle, extent, muscle_tendon_velocity)


def elastic_tendon_fiber(
    muscle: Muscles,
    muscle_tendon_length: Array,
    muscle_tendon_velocity: Array,
    tendon_force_normalized: Array,
    tendon_force_rate: Array,
    constants: CurveConstants = DE_GROOTE_FREGLY_2016,
) -> FiberState:
    """Fiber of a muscle whose tendon is as long as its force makes it; force rate in 1/s."""
    stiffness, slack = muscle.tendon_stiffness, muscle.tendon_slack_length
    tendon = slack * curves.tendon_length(tendon_force_normalized, stiffness, constants)
    compliance = slack * curves.tendon_compliance(tendon_force_normalized, stiffness, constants)
    return _fiber(
        muscle,
        muscle_tendon_length - tendon,
        muscle_tendon_velocity - compliance * tendon_force_rate,
    )


def fiber_forces(
    muscle: Muscles,
    activation: Array,
    fiber: FiberState,
    constants: CurveConstants = DE_GROOTE_FREGLY_2016,
) -> FiberForces:
    """Active, passive and damping force: `strength` scales the first, `passive_stiffness` the next.

    Tighter tissue is a multiple of the healthy one: more force and stiffness at every length.
    """
    length, velocity = fiber.length_normalized, fiber.velocity_normalized
    active = (
        muscle.strength
        * activation
        * curves.active_force_length(length)
        * curves.force_velocity(velocity, constants)
    )
    passive = muscle.passive_stiffness * curves.passive_force_length(length, constants)
    damping = muscle.fiber_damping * velocity
    return FiberForces(
        active=active,
        passive=passive,
        damping=damping,
        along_tendon=(active + passive + damping) * fiber.cos_pennation,
    )


def _fiber(muscle: Muscles, extent: Array, extent_velocity: Array) -> FiberState:
    """Fiber from its extent along the tendon [m] and that extent's rate [m/s].

    length^2 = extent^2 + height^2, so the fiber's velocity is the extent's times cos(pennation).
    """
    optimal = muscle.optimal_fiber_length
    height = jnp.sin(muscle.pennation_at_optimal)
    along = smooth.positive_part(extent / optimal, EXTENT_FLOOR)
    # The floor under the root matters only for a fiber without pennation and without length.
    length = jnp.sqrt(height * height + along * along + EXTENT_FLOOR * EXTENT_FLOOR)
    cos_pennation = along / length
    velocity = extent_velocity * cos_pennation / (muscle.max_contraction_velocity * optimal)
    return FiberState(
        length_normalized=length, velocity_normalized=velocity, cos_pennation=cos_pennation
    )
