"""Windows of the stride that begin and end with contact or toe-off, and what is largest in them.

A window's edges move with the stride, and derivatives must know: a sample that an edge cuts counts
in integrals by the part that is inside, and the values at the edges, on the line between samples,
compete for the largest. Where a foot never lands, windows have stand-ins, and `where_landed` puts
NaN in place of the result: NaN inside would spoil the derivatives of other metrics.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array, lax

from surae._pytree import field, pytree
from surae.loads.stride import Stride


@pytree
class Window:
    """From start to end of each side, counted from its contact; 0 <= start <= end <= duration."""

    start: Array = field("side", "s")
    end: Array = field("side", "s")


def landed(stride: Stride) -> Array:
    """Whether each foot has a contact: (side,)."""
    return ~jnp.isnan(stride.events.contact)


def where_landed(stride: Stride, values: Array) -> Array:
    """Values (side,) of the sides that land; NaN for the others."""
    return jnp.where(landed(stride), values, jnp.nan)


def contact(stride: Stride) -> Array:
    """Time of contact (side,), s; 0 where there is none."""
    return jnp.where(landed(stride), stride.events.contact, 0.0)


def stance_time(stride: Stride) -> Array:
    """Contact to toe-off (side,), s; half the stride where there is no contact."""
    return jnp.where(landed(stride), stride.events.stance_time, 0.5 * stride.duration)


def stance(stride: Stride) -> Window:
    """Contact to toe-off."""
    end = stance_time(stride)
    return Window(jnp.zeros_like(end), end)


def swing(stride: Stride) -> Window:
    """Toe-off to the next contact."""
    start = stance_time(stride)
    return Window(start, jnp.ones_like(start) * stride.duration)


def late_swing(stride: Stride) -> Window:
    """The last half of swing."""
    whole = swing(stride)
    return Window(0.5 * (whole.start + whole.end), whole.end)


def since_contact(stride: Stride) -> Array:
    """Time since the last contact of each side: (sample, side), s."""
    return (stride.time[:, None] - contact(stride)[None, :]) % stride.duration


def share_inside(stride: Stride, window: Window) -> Array:
    """Part of the time about each sample that lies in the window: (sample, side)."""
    since, step = since_contact(stride), stride.duration / len(stride.time)
    share = jnp.zeros_like(since)
    # About a sample beside contact lies the end of one stride and the begin of the next.
    for strides in (-1.0, 0.0, 1.0):
        later = strides * stride.duration
        lower = jnp.maximum(since - 0.5 * step, window.start[None, :] + later)
        upper = jnp.minimum(since + 0.5 * step, window.end[None, :] + later)
        share = share + jnp.maximum(upper - lower, 0.0) / step
    return share


def integral(stride: Stride, values: Array, window: Window) -> Array:
    """Integral over the window of each side's curve (sample, side): (side,)."""
    step = stride.duration / len(stride.time)
    return where_landed(stride, step * (share_inside(stride, window) * values).sum(axis=0))


def largest(values: Array) -> Array:
    """The largest sample of each curve (sample, ...); moves with that sample."""
    place = jnp.argmax(values, axis=0, keepdims=True)
    return jnp.take_along_axis(values, place, axis=0)[0]


def largest_in(stride: Stride, values: Array, window: Window) -> Array:
    """Largest value of each side's curve (sample, side) inside its window: (side,)."""
    since = lax.stop_gradient(since_contact(stride))
    inside = (since >= window.start[None, :]) & (since < window.end[None, :])
    place = jnp.argmax(jnp.where(inside, values, -jnp.inf), axis=0, keepdims=True)
    sample = jnp.take_along_axis(values, place, axis=0)[0]
    start, end = (at(stride, values, contact(stride) + edge) for edge in (window.start, window.end))
    edges = jnp.maximum(start, end)
    highest = jnp.where(inside.any(axis=0), jnp.maximum(sample, edges), edges)
    return where_landed(stride, highest)


def at(stride: Stride, values: Array, time: Array) -> Array:
    """Each side's curve (sample, side) at that side's time (side,), on the line between samples."""
    before, after, share = neighbours(stride, time)
    sides = jnp.arange(values.shape[1])
    return (1.0 - share) * values[before, sides] + share * values[after, sides]


def at_contact(stride: Stride, values: Array) -> Array:
    """Each side's curve (sample, side) at that side's contact: (side,)."""
    return where_landed(stride, at(stride, values, contact(stride)))


def neighbours(stride: Stride, time: Array) -> tuple[Array, Array, Array]:
    """The samples before and after each time, and how far towards the second it lies."""
    count = len(stride.time)
    # The first sample is one step behind the start of the stride.
    place = time * (count / stride.duration) - 1.0
    before = jnp.floor(lax.stop_gradient(place))
    index = before.astype(int)
    return index % count, (index + 1) % count, place - before
