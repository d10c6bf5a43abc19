"""Integral, peak and slope of a curve that repeats every stride. Pure, and differentiable in JAX.

The first axis of `values` is the instant, at `time` in (0, duration], evenly spaced or not: the
phases of a mesh, which no derivative moves (`gait.interpolation`).
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from surae._pytree import field, pytree
from surae.gait.interpolation import mesh_phases


@pytree
class Peak:
    """The largest value of each curve and when it occurs, in (-gap, duration + gap)."""

    value: Array = field("any")
    time: Array = field("s")


def quadrature_weights(time: ArrayLike, duration: ArrayLike) -> Array:
    """Weights of the periodic trapezoidal rule: half the gap before and half the gap after, s."""
    gap = _gap_before(time, duration)
    return 0.5 * (gap + jnp.roll(gap, -1))


def integral(values: ArrayLike, time: ArrayLike, duration: ArrayLike) -> Array:
    """Integral over one stride; exact for every harmonic that evenly spaced instants resolve."""
    return jnp.tensordot(quadrature_weights(time, duration), jnp.asarray(values), axes=1)


def mean(values: ArrayLike, time: ArrayLike, duration: ArrayLike) -> Array:
    """Mean over one stride."""
    return integral(values, time, duration) / duration


def peak(values: ArrayLike, time: ArrayLike, duration: ArrayLike) -> Peak:
    """Maximum of the parabola through the largest value and its two neighbours.

    With y(t) = y1 + b (t - t1) + c (t - t1)^2 through the three points, the maximum is
    y1 - b^2 / (4 c) at t1 - b / (2 c). Unlike the largest sample it does not change by the mesh.
    """
    values, time = jnp.asarray(values), jnp.asarray(time)
    count = values.shape[0]
    middle = jnp.argmax(values, axis=0, keepdims=True)
    y0, y1, y2 = (
        jnp.take_along_axis(values, (middle + shift) % count, axis=0)[0] for shift in (-1, 0, 1)
    )
    gap = _gap_before(time, duration)
    before, after = gap[middle[0]], gap[(middle[0] + 1) % count]
    rise, fall = (y1 - y0) / before, (y2 - y1) / after
    b = (rise * after + fall * before) / (before + after)
    c = (fall - rise) / (before + after)
    # Three equal values have no curvature; then b is zero as well and the middle one is the peak.
    c = jnp.where(c < 0.0, c, -1.0)
    return Peak(value=y1 - b**2 / (4.0 * c), time=time[middle[0]] - b / (2.0 * c))


def rate(values: ArrayLike, time: ArrayLike, duration: ArrayLike) -> Array:
    """Slope of the parabola through each instant and its two neighbours, per second."""
    values = jnp.asarray(values)
    before = _gap_before(time, duration).reshape(-1, *(1,) * (values.ndim - 1))
    after = jnp.roll(before, -1, axis=0)
    rise = (values - jnp.roll(values, 1, axis=0)) / before
    return (rise * after + jnp.roll(rise, -1, axis=0) * before) / (before + after)


def _gap_before(time: ArrayLike, duration: ArrayLike) -> Array:
    """Time since the instant before, which for the first is the last of the stride before.

    A longer stride stretches all gaps; their shares of it are facts of the mesh.
    """
    duration = jnp.asarray(duration)
    phases = mesh_phases(jnp.asarray(time), duration)
    return duration * jnp.diff(phases, prepend=phases[-1:] - 1.0)
