"""Feet on the ground: smooth Hunt-Crossley spheres under each foot.

Normal force K d^1.5 (1 + 1.5 c d') with penetration d rounded over `smoothing`, friction of the
regularized Coulomb kind. Hunt & Crossley, J Appl Mech 42:440 (1975). Everything is infinitely
differentiable through touchdown, toe-off and zero sliding. The ground is the plane y = 0.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from surae import smooth
from surae._pytree import field, pytree, replace, static

# The damping factor 1 + 1.5 c d' is kept above zero, rounded over this width (dimensionless).
DAMPING_WIDTH = 0.05
# Added to the penetration, m: far up the rounding underflows to 0, where d^1.5 has no curvature.
TINY_PENETRATION = 1e-12


@pytree
class Feet:
    """All contact spheres of a runner and the law they share."""

    names: tuple[str, ...] = static()
    bodies: tuple[int, ...] = static()
    sides: tuple[str, ...] = static()
    location: Array = field("sphere", "xyz", "m")
    radius: Array = field("sphere", "m")
    stiffness: Array = field("sphere", "N/m^1.5")
    dissipation: Array = field("s/m")
    friction: Array = field("1")
    friction_width: Array = field("m/s")
    smoothing: Array = field("m")


def side(feet: Feet, which: str) -> Feet:
    """The spheres of one side, `r` or `l`."""
    keep = [i for i, s in enumerate(feet.sides) if s == which]
    index = jnp.array(keep)
    return replace(
        feet,
        names=tuple(feet.names[i] for i in keep),
        bodies=tuple(feet.bodies[i] for i in keep),
        sides=tuple(feet.sides[i] for i in keep),
        location=feet.location[index],
        radius=feet.radius[index],
        stiffness=feet.stiffness[index],
    )


def sphere_force(feet: Feet, stiffness: Array, height: Array, velocity: Array) -> Array:
    """Force of the ground on one sphere (3,), N, in ground axes.

    height: of its lowest point, m; velocity: of the material at that point (3,), m/s.
    """
    # An exponential tail: an algebraic one would push on the swinging foot centimeters up.
    penetration = smooth.softplus(-height, feet.smoothing) + TINY_PENETRATION
    damping = smooth.positive_part(1.0 - 1.5 * feet.dissipation * velocity[1], DAMPING_WIDTH)
    normal = stiffness * penetration * jnp.sqrt(penetration) * damping
    slip = jnp.sqrt(velocity[0] ** 2 + velocity[2] ** 2 + feet.friction_width**2)
    grip = -feet.friction * normal / slip
    return jnp.stack([grip * velocity[0], normal, grip * velocity[2]])
