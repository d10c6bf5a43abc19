"""The force curves of De Groote, Kinney, Rao & Fregly (2016), all normalized and all closed form.

Lengths are in optimal fiber lengths (tendon: slack lengths), forces in max isometric forces,
velocities in max contraction velocities (shortening is negative). Source of the equations: Ann
Biomed Eng 44:2922, with the coefficients of OpenSim Moco's `DeGrooteFregly2016Muscle.h`, except the
tendon curve, which is the paper's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import jax.numpy as jnp
from jax import Array

from surae import smooth

# Active force-length: sum of g(x; b1, b2, b3, b4) = b1 exp(-(x - b2)^2 / (2 (b3 + b4 x)^2)).
# Columns b1, b2, b3, b4. The paper's supplement omits the square; Moco's header corrects it.
ACTIVE_FORCE_LENGTH = (
    (0.8150671134243542, 1.055033428970575, 0.162384573599574, 0.063303448465465),
    (0.433004984392647, 0.716775413397760, -0.029947116970696, 0.200356847296188),
    (0.1, 1.0, 0.5 * math.sqrt(0.5), 0.0),
)
# The second bell's width b3 + b4 x passes zero at 0.149 optimal lengths, where the bell itself is
# below exp(-1000). Rounding the width over this much keeps every derivative finite there.
WIDTH_FLOOR = 1e-6


@dataclass(frozen=True)
class CurveConstants:
    """Constants in which published versions of the curves differ; plain numbers, never traced."""

    # f-v: d1 asinh(d2 v + d3) + d4. Moco header; KU Leuven's code has them to other digits.
    velocity_1: float = -0.3211346127989808
    velocity_2: float = -8.149
    velocity_3: float = -0.374
    velocity_4: float = 0.8825327733249912
    # passive f-l: exponential shape kPE and strain e0 at one max isometric force, zero at 0.2.
    passive_shape: float = 4.0
    passive_strain: float = 0.6
    passive_zero_length: float = 0.2
    # tendon: c1 exp(kT (l - c2)) - c3. Paper values; Moco has .2, 1.0, .2.
    tendon_1: float = 0.2
    tendon_2: float = 0.995
    tendon_3: float = 0.25


DE_GROOTE_FREGLY_2016 = CurveConstants()
# Moco's tendon; its passive strain is a property of each muscle (0.6 unless the model says so).
OPENSIM_MOCO = CurveConstants(tendon_1=0.2, tendon_2=1.0, tendon_3=0.2)


def tendon_force(
    length_normalized: Array,
    tendon_stiffness: float | Array,
    constants: CurveConstants = DE_GROOTE_FREGLY_2016,
) -> Array:
    """Tendon force: c1 exp(kT (l - c2)) - c3, which is 0 near one slack length."""
    strained = jnp.exp(tendon_stiffness * (length_normalized - constants.tendon_2))
    return constants.tendon_1 * strained - constants.tendon_3


def tendon_length(
    force_normalized: Array,
    tendon_stiffness: float | Array,
    constants: CurveConstants = DE_GROOTE_FREGLY_2016,
) -> Array:
    """Inverse of `tendon_force`, for force above -c3: c2 + log((f + c3) / c1) / kT."""
    stretch = jnp.log((force_normalized + constants.tendon_3) / constants.tendon_1)
    return constants.tendon_2 + stretch / tendon_stiffness


def tendon_compliance(
    force_normalized: Array,
    tendon_stiffness: float | Array,
    constants: CurveConstants = DE_GROOTE_FREGLY_2016,
) -> Array:
    """d tendon_length / d force: 1 / (kT (f + c3))."""
    return 1.0 / (tendon_stiffness * (force_normalized + constants.tendon_3))


def tendon_stiffness_at_strain(
    strain: float | Array, constants: CurveConstants = DE_GROOTE_FREGLY_2016
) -> float | Array:
    """The kT with which the tendon strains by `strain` at one max isometric force."""
    return math.log((1.0 + constants.tendon_3) / constants.tendon_1) / (
        1.0 + strain - constants.tendon_2
    )


def active_force_length(length_normalized: Array) -> Array:
    """Active force at full activation and zero velocity: three bells, 1 at optimal length."""
    x = length_normalized
    total = jnp.zeros_like(x)
    for height, center, width, slope in ACTIVE_FORCE_LENGTH:
        spread = smooth.positive_part(width + slope * x, WIDTH_FLOOR)
        total = total + height * jnp.exp(-0.5 * ((x - center) / spread) ** 2)
    return total


def passive_force_length(
    length_normalized: Array, constants: CurveConstants = DE_GROOTE_FREGLY_2016
) -> Array:
    """Passive fiber force: exponential, 0 at 0.2 optimal lengths and 1 at 1 + e0 (Moco's form)."""
    rate = constants.passive_shape / constants.passive_strain
    zero = math.exp(rate * (constants.passive_zero_length - 1.0))
    return (jnp.exp(rate * (length_normalized - 1.0)) - zero) / (
        math.exp(constants.passive_shape) - zero
    )


def force_velocity(
    velocity_normalized: Array, constants: CurveConstants = DE_GROOTE_FREGLY_2016
) -> Array:
    """Active force multiplier: d1 asinh(d2 v + d3) + d4; 1 at rest, 0 at v = -1.

    Faster than v = -1 the published curve goes on below zero (-0.23 at v = -2).
    """
    inner = constants.velocity_2 * velocity_normalized + constants.velocity_3
    return constants.velocity_1 * jnp.arcsinh(inner) + constants.velocity_4


def inverse_force_velocity(
    force_multiplier: Array, constants: CurveConstants = DE_GROOTE_FREGLY_2016
) -> Array:
    """Inverse of `force_velocity`: (sinh((f - d4) / d1) - d3) / d2."""
    inner = jnp.sinh((force_multiplier - constants.velocity_4) / constants.velocity_1)
    return (inner - constants.velocity_3) / constants.velocity_2
