"""Activation dynamics: how activation follows excitation (De Groote et al. 2016)."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from surae.muscle.muscles import Muscles

# Sharpness b of the change between the two time constants: 9/10 done at a difference of 0.15.
SWITCH_SHARPNESS = 10.0


def activation_rate(muscle: Muscles, excitation: Array, activation: Array) -> Array:
    """Rate of activation [1/s]: faster on the way up than down, and slower the more is active.

    da/dt = ((0.5 + f) / (tau_a w) + (0.5 - f) w / tau_d) (e - a), w = 0.5 + 1.5 a,
    f = 0.5 tanh(b (e - a)).
    """
    difference = excitation - activation
    slowing = 0.5 + 1.5 * activation
    rising = 0.5 * jnp.tanh(SWITCH_SHARPNESS * difference)
    up = (0.5 + rising) / (muscle.activation_time_constant * slowing)
    down = (0.5 - rising) * slowing / muscle.deactivation_time_constant
    return (up + down) * difference
