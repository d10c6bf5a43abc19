"""A given step width: right minus left center of pressure, force-weighted mean over the stride.

With z_r, z_l the lateral centers of pressure and F_r, F_l the upward forces, whose impulses are
half a body weight's each where both sides are alike, the width w obeys

    mean over the stride of (F_r z_r - F_l z_l) = body weight * w / 2.

To keep an instant's equations its own, this is no sum over all instants but a state, the sway s:

    ds/dt = (F_r z_r - F_l z_l) / body weight - w / 2,

which closes on itself like every other state, and so has a mean rate of nought. F z is taken as
the moment that tips about the runner's line, equal to it but for the sideways force times the
height at which it acts, under a centimeter. With sides unlike each other, w is off by what their
impulses differ, times how far the middle of the feet is from that line.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import Array

from surae._pytree import field, pytree
from surae.foot import ground
from surae.foot.ground import Leg
from surae.gait import equations as eq
from surae.transcription.layout import Layout, Variable
from surae.transcription.parts import Part

SWAY = "sway"
SWAY_SCALE = 0.01  # m s: 5 cm for 0.2 s
WIDTH_SCALE = 0.1  # m
ANY_WIDTH = 0.05  # m, where a problem needs one and no matter which


def sway_variable(half: bool) -> Variable:
    """The sway as a state: the same in the mirror, where sides change and z turns over."""
    seam = {"closing": np.array([0]), "closing_signs": np.ones(1)} if half else {}
    free = np.array([np.inf])
    return Variable(SWAY, 1, np.array([SWAY_SCALE]), -free, free, rates=1, **seam)


@pytree
class TippingParameters:
    """One leg on the ground at a mean speed; sign: 1 of the right one, -1 of the left one."""

    leg: Leg
    speed: Array = field("m/s")
    sign: Array = field("1")


def tipping(parameters: TippingParameters, at_point: None, inputs: Array) -> eq.Result:
    """Row: moment about the forward axis, over body weight, with the sign of the side.

    inputs: coordinates that move the foot, their rates, duration. The moment of an upward force
    beside the line is negative on the right.
    """
    coordinates, _, _, speeds = eq.leg_state(parameters.leg, parameters.speed, inputs)
    moment = ground.tipping_moment(parameters.leg, coordinates, speeds)
    row = parameters.sign * moment / parameters.leg.body_weight
    return row[None], jnp.zeros(())


def tipping_first(parameters: TippingParameters, at_point: None, inputs: Array) -> eq.Result:
    """Jacobian of `tipping`'s row in closed form, and a zero cost gradient."""
    coordinates, rates, duration, speeds = eq.leg_state(parameters.leg, parameters.speed, inputs)
    by_q, by_v = ground.first_tipping(parameters.leg, coordinates, speeds)
    by_duration = -(by_v @ rates) / duration**2
    row = jnp.concatenate([by_q, by_v / duration, by_duration[None]])
    row = parameters.sign * row / parameters.leg.body_weight
    return row[None], jnp.zeros_like(inputs)


def tipping_second(
    parameters: TippingParameters, at_point: None, inputs: Array, multipliers: Array, weight: Array
) -> Array:
    """Hessian (input, input) of multiplier . row of `tipping` in closed form."""
    leg = parameters.leg
    coordinates, rates, duration, speeds = eq.leg_state(leg, parameters.speed, inputs)
    strength = parameters.sign * multipliers[0] / leg.body_weight
    still = jnp.zeros_like(coordinates)
    turn = strength * jnp.array([1.0, 0.0, 0.0])
    c = ground.second_derivatives(leg, coordinates, speeds, still, jnp.zeros(3), turn)
    return eq.second_by_inputs(c, rates, duration)


def sway(half_width: Array, at_point: None, inputs: Array) -> eq.Result:
    """Row: the sway's rate plus half the width. inputs: rate, duration."""
    rate, duration = inputs
    return (rate / duration + half_width)[None], jnp.zeros(())


def step_width_parts(
    width: float,
    legs: dict[str, tuple[Leg, np.ndarray]],
    speed: float,
    book: Layout,
    row: int,
) -> list[Part]:
    """Parts that add to one row, `row`: both legs and the sway."""
    duration = book.values("duration")
    parts = []
    for side, sign in (("r", 1.0), ("l", -1.0)):
        own, moved = legs[side]
        own_state = [book.values("coordinates", rate)[moved] for rate in (0, 1)]
        parameters = TippingParameters(own, jnp.asarray([speed]), jnp.asarray([sign]))
        parts.append(
            Part(
                f"tipping_{side}",
                tipping,
                np.concatenate([*own_state, duration])[None],
                np.array([[row]]),
                parameters,
                first=tipping_first,
                second=tipping_second,
            )
        )
    rate = np.concatenate([book.values(SWAY, 1), duration])
    parts.append(Part(SWAY, sway, rate[None], np.array([[row]]), jnp.asarray([0.5 * width])))
    return parts
