"""Interpolation of a periodic curve at evenly spaced phases: constant matrices (sample, instant).

A phase is time over duration, in (0, 1]. Phases are facts of the mesh: whatever moves a stride,
its duration too, leaves them alone, and so derivatives do not go through them.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import Array, lax


def even_phases(samples: int) -> Array:
    """Evenly spaced phases, the last one 1."""
    return jnp.asarray(np.arange(1, samples + 1) / samples)


def mesh_phases(time: Array, duration: Array) -> Array:
    """Phases of a stride's instants, as constants."""
    return lax.stop_gradient(jnp.asarray(time) / duration)


def spline_matrix(phases: Array, samples: int) -> Array:
    """Values of the periodic cubic spline through the given phases.

    Between neighbours y0, y1 with second derivatives m0, m1 at a distance h, a share b of it behind
    y0 and a = 1 - b: a y0 + b y1 + h^2 / 6 ((a^3 - a) m0 + (b^3 - b) m1). Slopes agree where
    pieces meet: a linear system in all m (de Boor 1978, chapter 4).
    """
    own = jnp.eye(len(phases))
    before, behind = jnp.roll(own, 1, axis=0), jnp.roll(own, -1, axis=0)
    gap = _gaps(phases)[:, None]
    next_gap = jnp.roll(gap, -1, axis=0)
    slopes = (own - before) / gap
    system = gap * before + 2.0 * (gap + next_gap) * own + next_gap * behind
    curvature = jnp.linalg.solve(system, 6.0 * (jnp.roll(slopes, -1, axis=0) - slopes))
    place, b = _places(phases, samples)
    a = 1.0 - b
    bend = (a**3 - a) * jnp.roll(curvature, 1, axis=0)[place] + (b**3 - b) * curvature[place]
    return a * before[place] + b * own[place] + gap[place] ** 2 / 6.0 * bend


def linear_matrix(phases: Array, samples: int) -> Array:
    """Values on straight lines between neighbours."""
    own = jnp.eye(len(phases))
    place, share = _places(phases, samples)
    return (1.0 - share) * jnp.roll(own, 1, axis=0)[place] + share * own[place]


def _gaps(phases: Array) -> Array:
    """Distance to the phase before; to that of the stride before for the first."""
    return jnp.diff(phases, prepend=phases[-1:] - 1.0)


def _places(phases: Array, samples: int) -> tuple[Array, Array]:
    """The instant at or behind each sample, and how far (sample, 1) towards it the sample lies."""
    even = even_phases(samples)
    place = jnp.minimum(jnp.searchsorted(phases, even), len(phases) - 1)
    return place, (1.0 - (phases[place] - even) / _gaps(phases)[place])[:, None]
