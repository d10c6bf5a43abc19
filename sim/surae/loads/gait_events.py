"""Contact and toe-off as a laboratory finds them: low-pass the force, then cross a threshold.

The same filter and threshold as in the measured strides that the results are compared with: a
2nd-order Butterworth run forward and backward (zero lag, cut-off corrected for the two passes),
15 Hz, then 30 N. The filter works on the harmonics of the stride, so it has no start-up transient.
A crossing lies on the line between two samples, and moves with both.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from surae._pytree import field, pytree

FORCE_CUTOFF = 15.0  # Hz; what the smoothed force files of Hamner & Delp 2013 hold
CONTACT_THRESHOLD = 30.0  # N; as in our analysis of those files


@pytree
class GaitEvents:
    """One contact of each side in a stride; NaN where the force never crosses the threshold."""

    contact: Array = field("side", "s")
    toe_off: Array = field("side", "s")
    stance_time: Array = field("side", "s")


def low_pass(values: ArrayLike, duration: ArrayLike, cutoff: float = FORCE_CUTOFF) -> Array:
    """Zero-lag low-pass of a periodic curve given at evenly spaced instants (first axis).

    A Butterworth filter of order 2 passed twice has gain 1 / (1 + (f / f0)^4); f0 is set for
    1 / sqrt(2) at the cut-off (Winter 2009, section 3.4.4.2).
    """
    values = jnp.asarray(values)
    harmonics = jnp.arange(len(values) // 2 + 1.0)
    gain = 1.0 / (1.0 + (np.sqrt(2.0) - 1.0) * (harmonics / (duration * cutoff)) ** 4)
    gain = gain.reshape(-1, *(1,) * (values.ndim - 1))
    waves = gain.astype(complex) * jnp.fft.rfft(values, axis=0)
    return jnp.fft.irfft(waves, n=len(values), axis=0)


def gait_events(
    vertical_force: ArrayLike,
    time: ArrayLike,
    duration: ArrayLike,
    threshold: float = CONTACT_THRESHOLD,
) -> GaitEvents:
    """Events of each side from its vertical force (instant, side) at evenly spaced instants."""
    force, time, duration = (jnp.asarray(each) for each in (vertical_force, time, duration))
    each_side = jax.vmap(_contact_interval, in_axes=(1, None, None, None))
    start, end, found = each_side(force, time[0], duration, threshold)
    return GaitEvents(
        contact=jnp.where(found, start % duration, jnp.nan),
        toe_off=jnp.where(found, end % duration, jnp.nan),
        stance_time=jnp.where(found, end - start, jnp.nan),
    )


def _contact_interval(
    force: Array, first_time: Array, duration: Array, threshold: float
) -> tuple[Array, Array, Array]:
    """Start and end of the interval above the threshold that carries the largest impulse.

    The third value says whether there is one; the others are finite in any case.
    """
    count, above = len(force), force > threshold
    # Begin where the foot is in the air, so that no contact is cut in two.
    first = jnp.argmin(above)
    turned, down = jnp.roll(force, -first), jnp.roll(above, -first)
    number = jnp.cumsum(down & ~jnp.roll(down, 1))
    impulses = jax.ops.segment_sum(jnp.where(down, turned, 0.0), number, count // 2 + 2)
    chosen = down & (number == jnp.argmax(impulses))
    start = jnp.argmax(chosen)
    end = start + chosen.sum()
    found = above.any() & ~above.all()

    def crossing(after: Array) -> Array:
        low, high = turned[(after - 1) % count], turned[after % count]
        rise = jnp.where(found, high - low, 1.0)
        place = (first + after - 1).astype(force.dtype)
        return first_time + duration / count * (place + (threshold - low) / rise)

    return crossing(start), crossing(end), found
