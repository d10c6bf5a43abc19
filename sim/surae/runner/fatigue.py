"""How the output of a muscle falls along a run.

After a time t of running a muscle gives the share

    1 - loss (1 - exp(-t / time_constant))

of its fresh active force: an exponential fall towards 1 - loss, the shortest curve with an initial
rate and an end. Volume, passive tissue and tendon stay, as with `strength`. That hips tire is
measured: abductor torque falls in a run to exhaustion at 4.0 m/s (38 men: Radzak & Stickley,
Journal of Athletic Training 55:1270, 2020; as in 32 women: Brown et al., Human Movement Science
64:181, 2019). Loss and time constant are assumptions, a study's to vary: those texts as we have
them tell no size, and no curve over time.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from surae._pytree import field, pytree

LOSS = 0.3
TIME_CONSTANT = 1200.0  # s


@pytree
class Fatigue:
    """For how long each muscle has run, and how running tires it."""

    time: Array = field("muscle", "s")
    loss: Array = field("1")
    time_constant: Array = field("s")


def fresh(muscles: int) -> Fatigue:
    """That of a runner at the start."""
    return Fatigue(jnp.zeros(muscles), jnp.asarray(LOSS, float), jnp.asarray(TIME_CONSTANT, float))


def share_left(fatigue: Fatigue) -> Array:
    """Share of its fresh active force that each muscle has left (muscle,)."""
    return 1.0 - fatigue.loss * (1.0 - jnp.exp(-fatigue.time / fatigue.time_constant))
