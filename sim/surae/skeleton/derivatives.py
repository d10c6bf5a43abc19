"""First and second derivatives of inverse dynamics in closed form.

First derivatives: Carpentier & Mansard, RSS 2018; Singh, Russell & Wensing, IEEE RA-L 7:1783
(2022). Second derivatives of multipliers . inverse_dynamics follow from one idea: turning an
ancestor motion k carries everything behind it along rigidly, which no scalar product feels, and on
top changes V by S', the virtual velocity W (the motion that the multipliers would be) by W x S, and
A by S'' + S' x V. Each block of the Hessian is then axes of the ancestor times a vector of the
descendant, so all pairs are one masked matrix product.

All of that is about motions. Coordinates enter by the chain rule through f(q), which puts weights
on the vectors before they are multiplied with one another.
"""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

from surae.skeleton.chain_rule import (
    Rates,
    instants_last,
    motion_rates,
    pair_matrix,
    pair_products,
    pairs_within,
    summed,
)
from surae.skeleton.dynamics import Columns, Flow, carried_sums, columns, flow, masks
from surae.skeleton.functions import Course
from surae.skeleton.kinematics import layout, motion_course, poses
from surae.skeleton.tree import Skeleton
from surae.spatial import motion as mv


class FirstDerivatives(NamedTuple):
    """Inverse dynamics (coordinate,) and its Jacobians (coordinate, coordinate)."""

    torques: Array
    by_coordinates: Array
    by_speeds: Array
    by_accelerations: Array


class SecondDerivatives(NamedTuple):
    """Gradient and Hessian blocks of multipliers . inverse_dynamics.

    Blocks are (row coordinate, column coordinate); the blocks between speeds and accelerations and
    among accelerations are zero.
    """

    by_coordinates: Array
    by_speeds: Array
    by_accelerations: Array
    coordinates_coordinates: Array
    coordinates_speeds: Array
    speeds_speeds: Array
    coordinates_accelerations: Array


class _Carried(NamedTuple):
    """Second axis rates S'' and composite inertia I and Coriolis matrices C behind coordinates."""

    axis_accelerations: Array
    inertia: Array
    coriolis: Array
    force: Array


def _carried(skeleton: Skeleton, at: Columns, moving: Flow) -> _Carried:
    coriolis = mv.coriolis(at.inertias, moving.velocity_of, moving.momentum)
    second = mv.cross_motion(moving.acceleration_at, at.axes)
    second = second + mv.cross_motion(moving.velocity_at, moving.axis_rates)
    behind = carried_sums(skeleton, at.inertias, coriolis, moving.force)
    return _Carried(second, behind[:, :10], behind[:, 10:22], behind[:, 22:])


class _Motion(NamedTuple):
    """Vectors of all motions (motion, 6) that first and second derivatives are made of.

    by_p, by_v, by_a: how the composite force behind a motion changes with its value, speed and
    acceleration; own: the same seen from the torque of a motion in front. p_*: what a coordinate
    does, through its motion, to velocities and accelerations behind.
    """

    force: Array
    by_p: Array
    by_v: Array
    by_a: Array
    own: Array
    q_acceleration: Array
    q_velocity: Array
    v_acceleration: Array
    axes: Array


class _State(NamedTuple):
    """A tree at an instant with everything that both orders of derivatives need."""

    course: Course
    rates: Rates
    at: Columns
    moving: Flow
    carried: _Carried
    motion: _Motion


def _state(skeleton: Skeleton, coordinates: Array, speeds: Array, accelerations: Array) -> _State:
    course = motion_course(skeleton, coordinates)
    rates = motion_rates(skeleton, course, speeds, accelerations)
    at = columns(skeleton, poses(skeleton, coordinates, course))
    moving = flow(skeleton, at, rates.speed, rates.acceleration)
    carried = _carried(skeleton, at, moving)
    axes, axis_rates, bent = at.axes, moving.axis_rates, carried.axis_accelerations
    force = carried.force
    by_a = mv.momentum(carried.inertia, axes)
    slope, speed_q = course.slope[:, None], rates.speed_by_q[:, None]
    return _State(
        course,
        rates,
        at,
        moving,
        carried,
        _Motion(
            force=force,
            by_p=mv.cross_force(axes, force)
            + mv.momentum(carried.inertia, bent)
            + mv.coriolis_apply(carried.coriolis, axis_rates),
            by_v=2.0 * mv.momentum(carried.inertia, axis_rates)
            + mv.coriolis_apply(carried.coriolis, axes),
            by_a=by_a,
            own=mv.coriolis_transpose_apply(carried.coriolis, axes),
            q_acceleration=slope * bent
            + 2.0 * speed_q * axis_rates
            + rates.acceleration_by_q[:, None] * axes,
            q_velocity=slope * axis_rates + speed_q * axes,
            v_acceleration=2.0 * slope * axis_rates + rates.acceleration_by_v[:, None] * axes,
            axes=slope * axes,
        ),
    )


def _angular(a: Array) -> Array:
    return jnp.concatenate([a, jnp.zeros_like(a)], axis=-1)


def _dot(a: Array, b: Array) -> Array:
    return jnp.sum(a * b, axis=-1)


def first_derivatives(
    skeleton: Skeleton, coordinates: Array, speeds: Array, accelerations: Array
) -> FirstDerivatives:
    """Inverse dynamics and its Jacobians; row = torque, column = coordinate varied."""
    course, rates, at, _, _, m = _state(skeleton, coordinates, speeds, accelerations)
    slope = course.slope[:, None]
    by_q = (
        slope * m.by_p
        + rates.speed_by_q[:, None] * m.by_v
        + rates.acceleration_by_q[:, None] * m.by_a
    )
    by_v = slope * m.by_v + rates.acceleration_by_v[:, None] * m.by_a
    momentum, own = slope * m.by_a, slope * m.own
    torques = _dot(at.axes, m.force)

    # The torque of an ancestor feels the force behind; that of a descendant, what carries it.
    @instants_last
    def jacobian(axes: Array, force: Array, far: Array, carried: Array, own: Array) -> Array:
        own = own + jnp.sum(carried * far, axis=1)
        within = pairs_within(skeleton, axes, force) + pairs_within(skeleton, far, carried)
        return pair_matrix(
            skeleton,
            pair_products(skeleton, axes, force),
            pair_products(skeleton, far, carried),
            summed(skeleton, own) + within,
        )

    both = jnp.concatenate([momentum, own], axis=-1)
    far_q = jnp.concatenate([m.q_acceleration, m.q_velocity[:, :3]], axis=-1)
    far_v = jnp.concatenate([m.v_acceleration, m.axes[:, :3]], axis=-1)
    none = jnp.zeros_like(torques)
    return FirstDerivatives(
        summed(skeleton, course.slope * torques),
        jacobian(m.axes, by_q, far_q, both, course.curvature * torques),
        jacobian(m.axes, by_v, far_v, both, none),
        jacobian(m.axes, momentum, m.axes, momentum, none),
    )


class _Virtual(NamedTuple):
    """What the multipliers as a virtual motion make of all motions.

    rates: W x S. coriolis: composite Coriolis matrices with W in place of V, behind motions; p, q:
    composite forces that pair with changes of A and of V. by_p, by_v, by_a: the gradient by values,
    speeds and accelerations of the motions.
    """

    multipliers: Array
    rates: Array
    coriolis: Array
    p: Array
    q: Array
    by_p: Array
    by_v: Array
    by_a: Array
    torques: Array


def _virtual(skeleton: Skeleton, state: _State, multipliers: Array) -> _Virtual:
    course, _, at, moving, carried, m = state
    above, moves = masks(skeleton)
    axes, axis_rates, bent = at.axes, moving.axis_rates, carried.axis_accelerations
    own_multipliers = multipliers[layout(skeleton.joints).coordinate]

    virtual = axes * (course.slope * own_multipliers)[:, None]
    virtual_at, virtual_of = above.T @ virtual, moves.T @ virtual
    virtual_rates = mv.cross_motion(virtual_at, axes)
    virtual_momentum = mv.momentum(at.inertias, virtual_of)
    # Q = C(V)^T W, the force that pairs with a change of V.
    coupling = (
        mv.cross_force(moving.velocity_of, virtual_momentum)
        - mv.cross_force(virtual_of, moving.momentum)
        - mv.momentum(at.inertias, mv.cross_motion(moving.velocity_of, virtual_of))
    )
    spread = mv.coriolis(at.inertias, virtual_of, virtual_momentum)
    behind = carried_sums(skeleton, spread, coupling)
    virtual_coriolis, p, q = behind[:, :12], behind[:, 6:12], behind[:, 12:]
    by_p = _dot(virtual_rates, m.force) + _dot(bent, p) + _dot(axis_rates, q)
    by_v = 2.0 * _dot(axis_rates, p) + _dot(axes, q)
    by_a = _dot(axes, p)
    torques = _dot(axes, m.force)
    return _Virtual(
        own_multipliers, virtual_rates, virtual_coriolis, p, q, by_p, by_v, by_a, torques
    )


class Gradient(NamedTuple):
    """Gradient of multipliers . inverse_dynamics, each (coordinate,)."""

    by_coordinates: Array
    by_speeds: Array
    by_accelerations: Array


def gradient(
    skeleton: Skeleton,
    coordinates: Array,
    speeds: Array,
    accelerations: Array,
    multipliers: Array,
) -> Gradient:
    """Gradient of multipliers . inverse_dynamics at one instant."""
    state = _state(skeleton, coordinates, speeds, accelerations)
    return _gradient(skeleton, state, _virtual(skeleton, state, multipliers))


def _gradient(skeleton: Skeleton, state: _State, w: _Virtual) -> Gradient:
    course, rates = state.course, state.rates
    s, u = course.slope, course.curvature * w.multipliers
    by_q = s * w.by_p + rates.speed_by_q * w.by_v + rates.acceleration_by_q * w.by_a
    return Gradient(
        by_coordinates=summed(skeleton, by_q + u * w.torques),
        by_speeds=summed(skeleton, s * w.by_v + rates.acceleration_by_v * w.by_a),
        by_accelerations=summed(skeleton, s * w.by_a),
    )


def second_derivatives(
    skeleton: Skeleton,
    coordinates: Array,
    speeds: Array,
    accelerations: Array,
    multipliers: Array,
) -> SecondDerivatives:
    """Gradient and Hessian of multipliers . inverse_dynamics at one instant."""
    state = _state(skeleton, coordinates, speeds, accelerations)
    course, rates, at, moving, carried, m = state
    virtual = _virtual(skeleton, state, multipliers)
    own_multipliers, virtual_rates, virtual_coriolis, p, q, by_p, by_v, by_a, torques = virtual
    axes, axis_rates, bent = at.axes, moving.axis_rates, carried.axis_accelerations

    y1 = m.by_p
    y2 = mv.momentum(carried.inertia, virtual_rates) + mv.cross_force(axes, p)
    y3 = (
        _angular(mv.coriolis_transpose_apply(carried.coriolis, virtual_rates))
        + 2.0 * mv.cross_force(axis_rates, p)
        + mv.cross_force(axes, q)
        - mv.coriolis_apply(virtual_coriolis, axis_rates)
    )
    y4 = 2.0 * mv.cross_force(axes, p) - mv.coriolis_apply(virtual_coriolis, axes)

    # A coordinate varies value, speed, acceleration and multiplier of its motions: s, w, z, u by
    # the coordinate, s and y (speed, acceleration) by its speed, s by its acceleration.
    s, w, z = course.slope, rates.speed_by_q, rates.acceleration_by_q
    u, y = course.curvature * own_multipliers, rates.acceleration_by_v
    sc, wc, zc, uc, yc = (each[:, None] for each in (s, w, z, u, y))
    turned, bound = sc * virtual_rates, uc * axes
    k2, k3 = sc * y2 + uc * m.by_a, sc * y3 + wc * y4 + uc * _angular(m.own)
    speed_force, momentum = sc * m.by_v + yc * m.by_a, sc * m.by_a
    value_force = sc * y1 + wc * m.by_v + zc * m.by_a

    heads = jnp.concatenate([turned + bound, m.q_acceleration, m.q_velocity], axis=-1)
    tails = jnp.concatenate([value_force, k2, k3], axis=-1)
    v_heads = jnp.concatenate([turned + bound, m.q_velocity], axis=-1)
    v_tails = jnp.concatenate([speed_force, sc * y4], axis=-1)
    w_heads = jnp.concatenate([m.v_acceleration, m.axes], axis=-1)
    w_tails = jnp.concatenate([k2, k3], axis=-1)

    @instants_last
    def both_ways(
        front: Array, behind: Array, front_of: Array, behind_of: Array, own: Array
    ) -> Array:
        """Row in front of column, then column in front of row, and the diagonal."""
        within = pairs_within(skeleton, front, behind) + pairs_within(skeleton, front_of, behind_of)
        return pair_matrix(
            skeleton,
            pair_products(skeleton, front, behind),
            pair_products(skeleton, front_of, behind_of),
            summed(skeleton, own) + within,
        )

    # Of a motion with itself, and where value, speed and acceleration bend with their coordinate.
    torque_by_p = _dot(m.by_a, bent) + _dot(m.own, axis_rates[:, :3])
    torque_by_v = 2.0 * _dot(m.by_a, axis_rates) + _dot(m.own, axes[:, :3])
    torque_by_a = _dot(m.by_a, axes)
    pv = _dot(virtual_rates, m.by_v) + _dot(axis_rates, y4)
    pa, own_vv = _dot(virtual_rates, m.by_a), _dot(axes, y4)
    own_pp = _dot(virtual_rates, y1) + _dot(bent, y2) + _dot(axis_rates, y3)
    own_speeds = speeds[layout(skeleton.joints).coordinate]
    own_accelerations = accelerations[layout(skeleton.joints).coordinate]
    bend_z = course.third * own_accelerations + course.fourth * own_speeds**2
    bend = (
        course.curvature * by_p
        + course.third * (own_speeds * by_v + own_multipliers * torques)
        + bend_z * by_a
    )
    own_qq = (
        s * s * own_pp
        + 2.0 * s * (w * pv + z * pa)
        + w * w * own_vv
        + 2.0 * u * (s * torque_by_p + w * torque_by_v + z * torque_by_a)
    )
    own_qv = s * (s * pv + y * pa + w * own_vv) + u * (s * torque_by_v + y * torque_by_a)
    bend_qv = course.curvature * by_v + 2.0 * course.third * own_speeds * by_a
    return SecondDerivatives(
        *_gradient(skeleton, state, virtual),
        coordinates_coordinates=both_ways(heads, tails, heads, tails, own_qq + bend),
        coordinates_speeds=both_ways(v_heads, v_tails, w_heads, w_tails, own_qv + bend_qv),
        speeds_speeds=both_ways(
            m.axes, sc * y4, m.axes, sc * y4, s * s * own_vv + 2.0 * course.curvature * by_a
        ),
        coordinates_accelerations=both_ways(
            turned + bound,
            momentum,
            m.axes,
            k2,
            s * s * pa + u * s * torque_by_a + course.curvature * by_a,
        ),
    )
