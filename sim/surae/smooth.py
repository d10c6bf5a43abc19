"""Smooth stand-ins for max, abs and step, NaN-free under any derivative.

Infinitely differentiable, `hinge` and `ramp` twice. Each but `ramp` takes a width in the unit of
its argument: the distance over which the corner is rounded.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array


def positive_part(x: Array, width: float | Array) -> Array:
    """max(x, 0) rounded over `width`: (x + sqrt(x^2 + 4 width^2)) / 2; equals `width` at x = 0."""
    # Written as width^2 / (...) for x < 0 the far tail would keep its digits; the tail here is
    # at most width^2/|x|, far above rounding, so the plain form is exact enough.
    return 0.5 * (x + jnp.sqrt(x * x + 4.0 * width * width))


def softplus(x: Array, width: float | Array) -> Array:
    """max(x, 0) rounded over `width`, with a tail that dies exponentially for x < 0.

    width log(1 + exp(x / width)); equals 0.69 `width` at x = 0.
    """
    return width * jnp.logaddexp(x / width, 0.0)


def hinge(x: Array, half_width: float | Array) -> Array:
    """max(x, 0), exact outside |x| < half_width and a quartic inside that joins it C2.

    half_width (-t^4 + 6 t^2 + 8 t + 3) / 16 with t = x / half_width; 3/16 `half_width` at x = 0.
    """
    t = jnp.clip(x / half_width, -1.0, 1.0)
    inside = half_width * (3.0 + t * (8.0 + t * (6.0 - t * t))) / 16.0
    return inside + jnp.maximum(x - half_width, 0.0)


def absolute(x: Array, width: float | Array) -> Array:
    """|x| rounded over `width`: sqrt(x^2 + width^2)."""
    return jnp.sqrt(x * x + width * width)


def sign(x: Array, width: float | Array) -> Array:
    """sign(x) rounded over `width`: x / sqrt(x^2 + width^2)."""
    return x / jnp.sqrt(x * x + width * width)


def step(x: Array, width: float | Array) -> Array:
    """0 for x << 0, 1 for x >> 0, over `width`: (1 + tanh(x / width)) / 2."""
    return 0.5 * (1.0 + jnp.tanh(x / width))


def ramp(x: Array) -> Array:
    """0 for x <= 0, 1 for x >= 1, between them the quintic 10 x^3 - 15 x^4 + 6 x^5 (C2)."""
    t = jnp.clip(x, 0.0, 1.0)
    return t * t * t * (10.0 + t * (6.0 * t - 15.0))
