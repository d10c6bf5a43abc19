"""Passive joint moments: exponential stops at the ends of the range, and linear spring-dampers.

A stop acts like OpenSim's CoordinateLimitForce but is smooth everywhere: `moment_at_limit` at the
limit, growing by a factor e every `width` beyond it (the form of Audu & Davy 1985).
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from surae._pytree import field, pytree

# Beyond this many widths the exponential continues as its quadratic Taylor series (C2), so that
# wild iterates of the optimizer stay finite.
_EXTRAPOLATE = 4.0


@pytree
class PassiveJoints:
    """Per coordinate; stops at +-infinity and zero stiffness where a coordinate has none."""

    lower: Array = field("coordinate", "rad")
    upper: Array = field("coordinate", "rad")
    moment_at_limit: Array = field("coordinate", "N m")
    width: Array = field("coordinate", "rad")
    stiffness: Array = field("coordinate", "N m/rad")
    damping: Array = field("coordinate", "N m s/rad")
    rest: Array = field("coordinate", "rad")


def passive_moments(passive: PassiveJoints, coordinates: Array, speeds: Array) -> Array:
    """Generalized forces of all passive elements on the joints, (coordinate,), N m or N."""
    push_up = _exponential((passive.lower - coordinates) / passive.width)
    push_down = _exponential((coordinates - passive.upper) / passive.width)
    spring = passive.stiffness * (coordinates - passive.rest) + passive.damping * speeds
    return passive.moment_at_limit * (push_up - push_down) - spring


def _exponential(x: Array) -> Array:
    inside = jnp.exp(jnp.minimum(x, _EXTRAPOLATE))
    beyond = jnp.maximum(x - _EXTRAPOLATE, 0.0)
    # The product rule through min/max is exact here: value, first and second derivative agree at
    # the joint, and each branch has zero derivative where the other is active.
    return inside * (1.0 + beyond + 0.5 * beyond * beyond)
