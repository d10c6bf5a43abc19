"""The equations of one instant of running, split into parts that differentiate cheaply.

Every function here is `(parameters, at_point, inputs) -> (rows, cost)` for `transcription.Part`:
inputs are an instant's values with rates per normalized time (the whole horizon is 1), so physical
speeds are rate / duration. Equations: inverse dynamics = passive + muscles + actuators + ground;
activation dynamics; force equilibrium of elastic tendon and fiber.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from surae._pytree import field, pytree, static
from surae.foot import ground
from surae.foot.ground import Leg
from surae.muscle import activation as activation_dynamics
from surae.muscle.muscles import Muscles
from surae.skeleton import derivatives, dynamics
from surae.skeleton.passive import PassiveJoints, passive_moments
from surae.skeleton.tree import Skeleton

Result = tuple[Array, Array]
# Keeps a center of pressure where all forces of a foot are exactly 0, N.
TINY_FORCE = 1e-9


@pytree
class BodyParameters:
    """Skeleton, passive joints and motors; `progress` is the direction of travel at mean speed."""

    skeleton: Skeleton
    passive: PassiveJoints
    max_torque: Array = field("actuator", "N m")
    progress: Array = field("coordinate", "m/s")
    actuated: tuple[int, ...] = static()


def body(parameters: BodyParameters, at_point: None, inputs: Array) -> Result:
    """Rows: inverse dynamics minus passive moments and motors (coordinate,).

    inputs: coordinates, rates, second rates, motor controls, duration.
    """
    coordinates, _, _, _, speeds, accelerations = _body_state(parameters, inputs)
    rows = dynamics.inverse_dynamics(parameters.skeleton, coordinates, speeds, accelerations)
    rows = rows - passive_moments(parameters.passive, coordinates, speeds)
    controls = inputs[3 * len(coordinates) : -1]
    for motor, coordinate in enumerate(parameters.actuated):
        rows = rows.at[coordinate].add(-parameters.max_torque[motor] * controls[motor])
    return rows, jnp.zeros(())


def _body_state(parameters: BodyParameters, inputs: Array) -> tuple[Array, ...]:
    """Coordinates, rates, second rates, duration, speeds and accelerations from the inputs."""
    n = len(parameters.skeleton.coordinate_names)
    duration = inputs[-1]
    coordinates, rates, second = inputs[:n], inputs[n : 2 * n], inputs[2 * n : 3 * n]
    speeds = rates / duration + parameters.progress
    return coordinates, rates, second, duration, speeds, second / (duration * duration)


def body_first(parameters: BodyParameters, at_point: None, inputs: Array) -> Result:
    """Jacobian of `body`'s rows (coordinate, input) in closed form, and a zero cost gradient."""
    coordinates, rates, second, duration, speeds, accelerations = _body_state(parameters, inputs)
    d = derivatives.first_derivatives(parameters.skeleton, coordinates, speeds, accelerations)
    # Every passive moment is a function of its own coordinate and speed.
    stops, damping = jax.vmap(jax.grad(passive_moments, (1, 2)))(
        parameters.passive, coordinates, speeds
    )
    by_q, by_v = d.by_coordinates - jnp.diag(stops), d.by_speeds - jnp.diag(damping)
    by_a = d.by_accelerations
    motors = jnp.zeros((len(coordinates), len(parameters.actuated)))
    for motor, coordinate in enumerate(parameters.actuated):
        motors = motors.at[coordinate, motor].set(-parameters.max_torque[motor])
    by_duration = -(by_v @ rates) / duration**2 - 2.0 * (by_a @ second) / duration**3
    columns = [by_q, by_v / duration, by_a / duration**2, motors, by_duration[:, None]]
    return jnp.concatenate(columns, axis=1), jnp.zeros_like(inputs)


def body_second(
    parameters: BodyParameters, at_point: None, inputs: Array, multipliers: Array, weight: Array
) -> Array:
    """Hessian (input, input) of multipliers . rows of `body` in closed form."""
    coordinates, rates, second, duration, speeds, accelerations = _body_state(parameters, inputs)
    d = derivatives.second_derivatives(
        parameters.skeleton, coordinates, speeds, accelerations, multipliers
    )
    # Every passive moment is a function of its own coordinate and speed, linear in the latter.
    stops = jax.vmap(jax.grad(jax.grad(passive_moments, 1), 1))(
        parameters.passive, coordinates, speeds
    )
    damping = multipliers * jax.vmap(jax.grad(passive_moments, 2))(
        parameters.passive, coordinates, speeds
    )
    qq = d.coordinates_coordinates - jnp.diag(multipliers * stops)
    gradient_v, gradient_a = d.by_speeds - damping, d.by_accelerations
    n, n_motors = len(coordinates), len(parameters.actuated)
    # Chain rule for speeds = rates / T and accelerations = second / T^2.
    v_t, a_t = -rates / duration**2, -2.0 * second / duration**3
    qv, vv, qa = d.coordinates_speeds, d.speeds_speeds, d.coordinates_accelerations
    q_t = qv @ v_t + qa @ a_t
    v_rate_t = (vv @ v_t) / duration - gradient_v / duration**2
    a_rate_t = -2.0 * gradient_a / duration**3
    t_t = v_t @ vv @ v_t + 2.0 * gradient_v @ rates / duration**3
    t_t = t_t + 6.0 * gradient_a @ second / duration**4
    zero, gap, still = jnp.zeros((n, n)), jnp.zeros((n, n_motors)), jnp.zeros(n_motors)
    rows = [
        jnp.concatenate([qq, qv / duration, qa / duration**2, gap, q_t[:, None]], axis=1),
        jnp.concatenate([qv.T / duration, vv / duration**2, zero, gap, v_rate_t[:, None]], axis=1),
        jnp.concatenate([qa.T / duration**2, zero, zero, gap, a_rate_t[:, None]], axis=1),
        jnp.zeros((n_motors, len(inputs))),
        jnp.concatenate([q_t, v_rate_t, a_rate_t, still, t_t[None]])[None],
    ]
    return jnp.concatenate(rows, axis=0)


def body_gradient(
    parameters: BodyParameters, at_point: None, inputs: Array, multipliers: Array, weight: Array
) -> Array:
    """Gradient (input,) of multipliers . rows of `body` in closed form."""
    coordinates, rates, second, duration, speeds, accelerations = _body_state(parameters, inputs)
    d = derivatives.gradient(parameters.skeleton, coordinates, speeds, accelerations, multipliers)
    stops, damping = jax.vmap(jax.grad(passive_moments, (1, 2)))(
        parameters.passive, coordinates, speeds
    )
    by_q, by_v = d.by_coordinates - multipliers * stops, d.by_speeds - multipliers * damping
    by_a = d.by_accelerations
    motors = -parameters.max_torque * multipliers[np.array(parameters.actuated, int)]
    by_duration = -(by_v @ rates) / duration**2 - 2.0 * (by_a @ second) / duration**3
    return jnp.concatenate([by_q, by_v / duration, by_a / duration**2, motors, by_duration[None]])


def required_moments(parameters: BodyParameters, inputs: Array) -> Array:
    """Inverse dynamics alone (coordinate,): what all forces together have to give."""
    coordinates, _, _, _, speeds, accelerations = _body_state(parameters, inputs)
    return dynamics.inverse_dynamics(parameters.skeleton, coordinates, speeds, accelerations)


@pytree
class FootParameters:
    """One leg on the ground at a mean speed, and weights of tracking its ground reaction."""

    leg: Leg
    speed: Array = field("m/s")
    weight: Array = field("xyz", "1")


def leg_state(leg: Leg, speed: Array, inputs: Array) -> tuple[Array, Array, Array, Array]:
    """Coordinates, rates, duration and speeds of the leg from the inputs, at a mean speed (m/s)."""
    n = len(leg.skeleton.coordinate_names)
    duration = inputs[-1]
    coordinates, rates = inputs[:n], inputs[n : 2 * n]
    speeds = rates / duration
    return coordinates, rates, duration, speeds.at[leg.progress].add(speed)


def leg_on_ground(own: Leg, coordinates: Array, speeds: Array) -> tuple[Array, Array, Array]:
    """Force (3,) and center of pressure (3,) of one leg, and its generalized forces (n,)."""
    place = ground.geometry(own, coordinates)
    each = ground.sphere_forces(own, place, speeds)
    # The leg's geometry leaves progress out; positions need it back. Far above the ground the
    # center of pressure is that of the vanishing tails, at last the middle of the spheres:
    # finite, under the foot, without meaning.
    weights = jnp.abs(each[:, 1]) + TINY_FORCE
    pressure = weights @ place.points / jnp.sum(weights)
    pressure = pressure.at[1].set(0.0).at[0].add(coordinates[own.progress])
    return jnp.sum(each, axis=0), pressure, ground.generalized_forces(own, place, each)


def told_of_foot(parameters: FootParameters, inputs: Array) -> Array:
    """Force (3,), center of pressure (3,) and generalized forces of the ground, end to end."""
    coordinates, _, _, speeds = leg_state(parameters.leg, parameters.speed, inputs)
    return jnp.concatenate(leg_on_ground(parameters.leg, coordinates, speeds))


def foot(parameters: FootParameters, at_point: Array, inputs: Array) -> Result:
    """Rows: minus the ground's generalized forces; cost: tracking of the ground reaction.

    inputs: coordinates that move the foot, their rates, duration. at_point: reference force (3,)
    in body weights.
    """
    leg = parameters.leg
    coordinates, _, _, speeds = leg_state(parameters.leg, parameters.speed, inputs)
    place = ground.geometry(leg, coordinates)
    forces = ground.sphere_forces(leg, place, speeds)
    error = jnp.sum(forces, axis=0) / leg.body_weight - at_point
    cost = jnp.dot(parameters.weight * error, error)
    return -ground.generalized_forces(leg, place, forces), cost


def foot_first(parameters: FootParameters, at_point: Array, inputs: Array) -> Result:
    """Jacobian of `foot`'s rows and gradient of its cost in closed form."""
    coordinates, rates, duration, speeds = leg_state(parameters.leg, parameters.speed, inputs)
    r = ground.first_derivatives(parameters.leg, coordinates, speeds)
    weight = parameters.leg.body_weight

    def by_inputs(by_q: Array, by_v: Array) -> Array:
        by_duration = -(by_v @ rates) / duration**2
        return jnp.concatenate([by_q, by_v / duration, by_duration[:, None]], axis=1)

    error = r.force / weight - at_point
    slope = by_inputs(r.force_by_q, r.force_by_v)
    gradient = 2.0 / weight * ((parameters.weight * error) @ slope)
    return -by_inputs(r.torques_by_q, r.torques_by_v), gradient


def foot_second(
    parameters: FootParameters, at_point: Array, inputs: Array, multipliers: Array, weight: Array
) -> Array:
    """Hessian (input, input) of multipliers . rows + weight * cost of `foot` in closed form."""
    leg = parameters.leg
    coordinates, rates, duration, speeds = leg_state(parameters.leg, parameters.speed, inputs)
    r = ground.first_derivatives(leg, coordinates, speeds)
    strength = 2.0 * weight * parameters.weight / leg.body_weight
    push = strength * (r.force / leg.body_weight - at_point)
    c = ground.second_derivatives(leg, coordinates, speeds, -multipliers, push)
    outer = (strength / leg.body_weight)[:, None]
    qq = c.qq + r.force_by_q.T @ (outer * r.force_by_q)
    qv = c.qv + r.force_by_q.T @ (outer * r.force_by_v)
    vv = c.vv + r.force_by_v.T @ (outer * r.force_by_v)
    return second_by_inputs(c._replace(qq=qq, qv=qv, vv=vv), rates, duration)


def second_by_inputs(c: ground.Curvature, rates: Array, duration: Array) -> Array:
    """Hessian by coordinates, rates and duration from that by coordinates and speeds."""
    qq, qv, vv = c.qq, c.qv, c.vv
    # Chain rule for speeds = rates / T.
    v_t = -rates / duration**2
    q_t = qv @ v_t
    v_rate_t = (vv @ v_t) / duration - c.by_speeds / duration**2
    t_t = v_t @ vv @ v_t + 2.0 * c.by_speeds @ rates / duration**3
    rows = [
        jnp.concatenate([qq, qv / duration, q_t[:, None]], axis=1),
        jnp.concatenate([qv.T / duration, vv / duration**2, v_rate_t[:, None]], axis=1),
        jnp.concatenate([q_t, v_rate_t, t_t[None]])[None],
    ]
    return jnp.concatenate(rows, axis=0)


@pytree
class ActivationParameters:
    """One muscle's activation dynamics and effort cost."""

    muscle: Muscles
    effort: Array = field("muscle", "1")
    rate_weight: Array = field("muscle", "1")
    exponent: int = static(3)


# Activation rate that counts as 1 in the rate cost, 1/s: about the fastest, 1 / time constant.
RATE_SCALE = 15.0


def activation(parameters: ActivationParameters, at_point: None, inputs: Array) -> Result:
    """Row: activation dynamics; cost: effort * a^p + rate_weight * (a'/15)^2.

    inputs: activation, its rate, excitation, duration.
    """
    level, rate, excitation, duration = inputs
    flow = rate / duration
    row = flow - activation_dynamics.activation_rate(parameters.muscle, excitation, level)
    cost = parameters.effort * level**parameters.exponent
    return row[None], cost + parameters.rate_weight * (flow / RATE_SCALE) ** 2


@pytree
class CoordinateCost:
    """Tracking and acceleration cost of one coordinate."""

    tracking_weight: Array = field("coordinate", "1")
    tracking_scale: Array = field("coordinate", "rad")
    acceleration_weight: Array = field("coordinate", "1")
    acceleration_scale: Array = field("coordinate", "rad/s^2")


def coordinate_cost(parameters: CoordinateCost, at_point: Array, inputs: Array) -> Result:
    """Cost: squared deviation from the reference and squared acceleration, both scaled.

    inputs: coordinate, its second rate, duration. at_point: the reference value.
    """
    value, second, duration = inputs
    deviation = (value - at_point) / parameters.tracking_scale
    acceleration = second / (duration * duration) / parameters.acceleration_scale
    cost = parameters.tracking_weight * deviation * deviation
    cost = cost + parameters.acceleration_weight * acceleration * acceleration
    return jnp.zeros((0,)), cost


def control_cost(parameters: Array, at_point: None, inputs: Array) -> Result:
    """Cost: weight * control^2. inputs: control."""
    return jnp.zeros((0,)), parameters * inputs[0] * inputs[0]


@pytree
class ReserveParameters:
    """A reserve of one coordinate: its moment or force at 1, and what that costs."""

    scale: Array = field("coordinate", "N m or N")
    weight: Array = field("coordinate", "1")


def reserve(parameters: ReserveParameters, at_point: None, inputs: Array) -> Result:
    """Row: minus the reserve's moment; cost: weight * reserve^2. inputs: reserve."""
    cost = parameters.weight * inputs[0] * inputs[0]
    return -parameters.scale * inputs, cost
