"""Feet on the ground: spheres under each foot and the force law that they share.

Two laws. `HuntCrossley`: K d^1.5 (1 + 1.5 c d') with penetration d rounded over `smoothing` and
regularized Coulomb friction (Hunt & Crossley, J Appl Mech 42:440, 1975). `SmoothSphereHalfSpace`:
OpenSim's force of that name (Serrancoli et al., IEEE Trans Neural Syst Rehabil Eng 27:1580, 2019;
Sherman et al., Procedia IUTAM 2:241, 2011; the code is Simbody's SmoothSphereHalfSpaceForce.cpp).
Everything is C2 through touchdown, toe-off and zero sliding. The ground is the plane y = 0.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import Array

from surae import smooth
from surae._pytree import field, pytree, replace, static

# Hunt-Crossley: the damping factor 1 + 1.5 c d' is kept above zero, rounded over this width (1).
DAMPING_WIDTH = 0.05
# Added to the penetration, m: far up the rounding underflows to 0, where d^1.5 has no curvature.
TINY_PENETRATION = 1e-12
# Simbody's friction has a corner where sliding reaches the transition velocity. Here it is rounded
# within this fraction of it: at the corner friction is 3/16 of the fraction lower, outside equal.
FRICTION_CORNER = 0.01
# Both materials give way alike, so the force acts midway between the surfaces (Sherman 2011).
EQUAL_MATERIALS = 0.5
# Stands in for a dissipation of 0 in 2 / (3 c), s/m: that gate then is 1 to the last digit.
TINY_DISSIPATION = 1e-9


@pytree
class HuntCrossley:
    """Smooth Hunt-Crossley spheres; the stiffness of each is in N/m^1.5."""

    dissipation: Array = field("s/m")
    friction: Array = field("1")
    friction_width: Array = field("m/s")
    smoothing: Array = field("m")


@pytree
class SmoothSphereHalfSpace:
    """OpenSim's SmoothSphereHalfSpaceForce; the stiffness of each is a plane-strain modulus in Pa.

    `constant_contact_force` is OpenSim's name: it is added to the indentation squared, m^2, and to
    the sliding speed squared, (m/s)^2.
    """

    dissipation: Array = field("s/m")
    static_friction: Array = field("1")
    dynamic_friction: Array = field("1")
    viscous_friction: Array = field("s/m")
    transition_velocity: Array = field("m/s")
    constant_contact_force: Array = field("1")
    hertz_smoothing: Array = field("1/m")
    hunt_crossley_smoothing: Array = field("s/m")


Law = HuntCrossley | SmoothSphereHalfSpace
# The names of the laws in a model folder.
LAWS: dict[str, type[Law]] = {
    "hunt_crossley": HuntCrossley,
    "smooth_sphere_half_space": SmoothSphereHalfSpace,
}


@pytree
class Feet:
    """All contact spheres of a runner and the law they share, which gives `stiffness` its unit."""

    names: tuple[str, ...] = static()
    bodies: tuple[int, ...] = static()
    sides: tuple[str, ...] = static()
    law: Law
    location: Array = field("sphere", "xyz", "m")
    radius: Array = field("sphere", "m")
    stiffness: Array = field("sphere", "N/m^1.5 or Pa")


def side(feet: Feet, which: str) -> Feet:
    """The spheres of one side, `r` or `l`."""
    keep = [i for i, s in enumerate(feet.sides) if s == which]
    index = np.array(keep)
    return replace(
        feet,
        names=tuple(feet.names[i] for i in keep),
        bodies=tuple(feet.bodies[i] for i in keep),
        sides=tuple(feet.sides[i] for i in keep),
        location=feet.location[index],
        radius=feet.radius[index],
        stiffness=feet.stiffness[index],
    )


def point_share(law: Law) -> float:
    """Where a sphere's force acts, as the share of the indentation above its lowest point.

    With the lowest point at height y (negative in the ground), the force acts at height
    y - share y, straight above it, also while the sphere is in the air.
    """
    return 0.0 if isinstance(law, HuntCrossley) else EQUAL_MATERIALS


def sphere_force(
    law: Law, radius: Array, stiffness: Array, height: Array, velocity: Array
) -> Array:
    """Force of the ground on one sphere (3,), N, in ground axes.

    radius, m, and stiffness of this sphere; height of its lowest point, m; velocity (3,), m/s, of
    the material at the point where the force acts (`point_share`).
    """
    if isinstance(law, HuntCrossley):
        return _hunt_crossley(law, stiffness, height, velocity)
    return _smooth_sphere_half_space(law, radius, stiffness, height, velocity)


def _hunt_crossley(law: HuntCrossley, stiffness: Array, height: Array, velocity: Array) -> Array:
    # An exponential tail: an algebraic one would push on the swinging foot centimeters up.
    penetration = smooth.softplus(-height, law.smoothing) + TINY_PENETRATION
    damping = smooth.positive_part(1.0 - 1.5 * law.dissipation * velocity[1], DAMPING_WIDTH)
    normal = stiffness * penetration * jnp.sqrt(penetration) * damping
    slip = jnp.sqrt(velocity[0] ** 2 + velocity[2] ** 2 + law.friction_width**2)
    grip = -law.friction * normal / slip
    return jnp.stack([grip * velocity[0], normal, grip * velocity[2]])


def _smooth_sphere_half_space(
    law: SmoothSphereHalfSpace, radius: Array, stiffness: Array, height: Array, velocity: Array
) -> Array:
    """Hertz's force, Hunt & Crossley's damping, and friction that falls from static to dynamic.

    With indentation x, its rate v, k = stiffness^(2/3) / 2, s^2 = |sliding velocity|^2 + cf and
    r = s / transition velocity:
    normal = 4/3 k sqrt(radius k) (x^2 + cf)^(3/4) step(bd x) (1 + 3/2 c v) step(bv (v + 2/(3 c)))
    friction = normal (min(r, 1) (ud + 2 (us - ud) / (1 + r^2)) + uv s)
    """
    indentation, rate = -height, -velocity[1]
    k = 0.5 * stiffness ** (2.0 / 3.0)
    depth = (indentation**2 + law.constant_contact_force) ** 0.75
    hertz = (4.0 / 3.0) * k * jnp.sqrt(radius * k) * depth
    touching = smooth.step(law.hertz_smoothing * indentation, 1.0)
    parting = 2.0 / (3.0 * jnp.maximum(law.dissipation, TINY_DISSIPATION))
    pushing = smooth.step(law.hunt_crossley_smoothing * (rate + parting), 1.0)
    normal = hertz * touching * (1.0 + 1.5 * law.dissipation * rate) * pushing

    slip = jnp.sqrt(velocity[0] ** 2 + velocity[2] ** 2 + law.constant_contact_force)
    relative = slip / law.transition_velocity
    rising = 1.0 - smooth.hinge(1.0 - relative, FRICTION_CORNER)
    excess = 2.0 * (law.static_friction - law.dynamic_friction) / (1.0 + relative**2)
    friction = rising * (law.dynamic_friction + excess) + law.viscous_friction * slip
    grip = -normal * friction / slip
    return jnp.stack([grip * velocity[0], normal, grip * velocity[2]])
