"""Metabolic rate of a muscle: Bhargava, Pandy & Anderson (2004), smooth, as KU Leuven's PredSim.

Rate = heat (activation, maintenance, shortening or lengthening) + positive work, >= 1 W/kg.
As in PredSim, the decay of activation heat is replaced by 1, the table of maintenance heat over
length by the normalized fiber length itself (the table falls again beyond optimal length), and
negative work neither costs nor pays.

Where `strength` alone falls the muscle is inhibited: it keeps its mass, and with it activation and
maintenance heat; only what follows its force (shortening heat, work) falls. So each newton of an
inhibited muscle costs more. Where `volume` falls with it the muscle is atrophied, and all falls.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from surae import smooth
from surae._pytree import field, pytree
from surae.muscle import curves
from surae.muscle.contraction import FiberForces, FiberState
from surae.muscle.muscles import Muscles

# Bhargava et al. (2004), J Biomech 37:81, table 1 and eqs. 5-11. W/kg of muscle at full excitation.
ACTIVATION_HEAT_SLOW = 40.0
ACTIVATION_HEAT_FAST = 133.0
MAINTENANCE_HEAT_SLOW = 74.0
MAINTENANCE_HEAT_FAST = 111.0
# Shortening heat per velocity, as fractions of isometric and of total fiber force; lengthening.
SHORTENING_ISOMETRIC = 0.16
SHORTENING_TOTAL = 0.18
LENGTHENING_TOTAL = 0.157
# A muscle's rate never falls below this, W/kg of muscle. PredSim puts the floor under the heat
# alone; under heat plus work it differs only where rounding makes work slightly negative.
HEAT_FLOOR = 1.0
# The whole body at rest, W/kg of body mass; the caller adds it once per runner, not per muscle.
BASAL = 1.2

# Rounding: change from lengthening to shortening over this fraction of max contraction velocity,
VELOCITY_WIDTH = 0.02
# the heat floor over this many W/kg (the rate is at most this much above the sharp one),
HEAT_WIDTH = 0.5
# and active force, negative on the published curve faster than max contraction velocity, is kept
# above zero over this fraction of max isometric force: or such a fiber would be paid for its work.
FORCE_WIDTH = 1e-4


@pytree
class MetabolicRates:
    """The parts of the metabolic rate [W]; `total` is their sum, not below the heat floor."""

    activation_heat: Array = field("W")
    maintenance_heat: Array = field("W")
    shortening_heat: Array = field("W")  # negative while the fiber lengthens
    positive_work: Array = field("W")
    total: Array = field("W")


def healthy_mass(muscle: Muscles) -> Array:
    """Mass [kg]: (max isometric force / specific tension) * optimal fiber length * density."""
    cross_section = muscle.max_isometric_force / muscle.specific_tension
    return cross_section * muscle.optimal_fiber_length * muscle.density


def muscle_mass(muscle: Muscles) -> Array:
    """Mass [kg] that is left of the healthy one."""
    return muscle.volume * healthy_mass(muscle)


def metabolic_rate(
    muscle: Muscles, excitation: Array, activation: Array, fiber: FiberState, forces: FiberForces
) -> Array:
    """Metabolic rate [W] of one muscle, basal rate not included."""
    return metabolic_rates(muscle, excitation, activation, fiber, forces).total


def metabolic_rates(
    muscle: Muscles, excitation: Array, activation: Array, fiber: FiberState, forces: FiberForces
) -> MetabolicRates:
    """The metabolic rate and the parts of which it is made."""
    mass = muscle_mass(muscle)
    slow = muscle.slow_twitch_fraction * jnp.sin(0.5 * jnp.pi * excitation)
    fast = (1.0 - muscle.slow_twitch_fraction) * (1.0 - jnp.cos(0.5 * jnp.pi * excitation))
    activating = mass * (ACTIVATION_HEAT_SLOW * slow + ACTIVATION_HEAT_FAST * fast)
    maintaining = (
        mass
        * fiber.length_normalized
        * (MAINTENANCE_HEAT_SLOW * slow + MAINTENANCE_HEAT_FAST * fast)
    )
    isometric = muscle.strength * activation * curves.active_force_length(fiber.length_normalized)
    total = forces.active + forces.passive + forces.damping
    shortens = smooth.step(-fiber.velocity_normalized, VELOCITY_WIDTH)
    shortening_force = SHORTENING_ISOMETRIC * isometric + SHORTENING_TOTAL * total
    heat_force = shortens * shortening_force + (1.0 - shortens) * LENGTHENING_TOTAL * total
    power_scale = (
        muscle.max_isometric_force * muscle.max_contraction_velocity * muscle.optimal_fiber_length
    )
    shortening_power = -fiber.velocity_normalized * power_scale
    shortening = shortening_power * heat_force
    work = shortening_power * smooth.positive_part(forces.active, FORCE_WIDTH) * shortens
    above_floor = activating + maintaining + shortening + work - HEAT_FLOOR * mass
    return MetabolicRates(
        activation_heat=activating,
        maintenance_heat=maintaining,
        shortening_heat=shortening,
        positive_work=work,
        total=HEAT_FLOOR * mass + smooth.positive_part(above_floor, HEAT_WIDTH * mass),
    )
