"""First and second derivatives of inverse dynamics in closed form.

First derivatives: Carpentier & Mansard, RSS 2018; Singh, Russell & Wensing, IEEE RA-L 7:1783
(2022). Second derivatives of multipliers . inverse_dynamics follow from one idea: turning an
ancestor coordinate k carries everything behind it along rigidly, which no scalar product feels, and
on top changes V by S', the virtual velocity W (the motion that the multipliers would be) by W x S,
and A by S'' + S' x V. Each block of the Hessian is then axes of the ancestor times a
vector of the descendant, so all pairs are one masked matrix product.
"""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

from surae.skeleton.dynamics import Columns, Flow, columns, flow, masks
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


def coriolis_matrix(inertias: Array, velocity: Array) -> Array:
    """The matrix (..., 6, 6) of x -> I (x x V) + x x* I V + V x* I x."""
    momentum = mv.apply(inertias, velocity)
    turning = mv.cross_motion_matrix(velocity)
    carried = inertias @ turning
    return -carried + mv.force_cross_matrix(momentum) - jnp.swapaxes(turning, -1, -2) @ inertias


def _carried(skeleton: Skeleton, at: Columns, moving: Flow) -> _Carried:
    moves = masks(skeleton).moves
    coriolis = coriolis_matrix(at.inertias, moving.velocity_of)
    second = mv.cross_motion(moving.acceleration_at, at.axes)
    second = second + mv.cross_motion(moving.velocity_at, moving.axis_rates)
    both = jnp.stack([at.inertias, coriolis], axis=1).reshape(len(skeleton.joints), 12, 6)
    composite = jnp.einsum("ib,bxy->ixy", moves, both)
    return _Carried(second, composite[:, :6], composite[:, 6:])


def first_derivatives(
    skeleton: Skeleton, coordinates: Array, speeds: Array, accelerations: Array
) -> FirstDerivatives:
    """Inverse dynamics and its Jacobians; row = torque, column = coordinate varied."""
    at = columns(skeleton, coordinates)
    moving = flow(skeleton, at, speeds, accelerations)
    above, moves = masks(skeleton)
    carried = _carried(skeleton, at, moving)
    axes, rates = at.axes, moving.axis_rates
    force = moves @ moving.force
    # How the composite force behind k changes with coordinate, speed and acceleration k.
    by_acceleration = mv.apply(carried.inertia, axes)
    by_speed = 2.0 * mv.apply(carried.inertia, rates) + mv.apply(carried.coriolis, axes)
    by_coordinate = (
        mv.cross_force(axes, force)
        + mv.apply(carried.inertia, carried.axis_accelerations)
        + mv.apply(carried.coriolis, rates)
    )
    # The same seen from the torque of i behind k.
    own = mv.transpose_apply(carried.coriolis, axes)
    strictly = above - jnp.eye(len(axes))
    behind = above.T
    jacobian_q = strictly * (axes @ by_coordinate.T) + behind * (
        by_acceleration @ carried.axis_accelerations.T + own @ rates.T
    )
    jacobian_v = strictly * (axes @ by_speed.T) + behind * (
        2.0 * by_acceleration @ rates.T + own @ axes.T
    )
    jacobian_a = strictly * (axes @ by_acceleration.T) + behind * (by_acceleration @ axes.T)
    return FirstDerivatives(jnp.sum(axes * force, axis=-1), jacobian_q, jacobian_v, jacobian_a)


def second_derivatives(
    skeleton: Skeleton,
    coordinates: Array,
    speeds: Array,
    accelerations: Array,
    multipliers: Array,
) -> SecondDerivatives:
    """Gradient and Hessian of multipliers . inverse_dynamics at one instant."""
    at = columns(skeleton, coordinates)
    moving = flow(skeleton, at, speeds, accelerations)
    above, moves = masks(skeleton)
    carried = _carried(skeleton, at, moving)
    axes, rates = at.axes, moving.axis_rates
    accelerating = carried.axis_accelerations

    virtual = axes * multipliers[:, None]
    virtual_at, virtual_of = above.T @ virtual, moves.T @ virtual
    virtual_rates = mv.cross_motion(virtual_at, axes)
    virtual_momentum = mv.apply(at.inertias, virtual_of)
    # Q = C(V)^T W, the force that pairs with a change of V.
    coupling = (
        mv.cross_force(moving.velocity_of, virtual_momentum)
        - mv.cross_force(virtual_of, moving.momentum)
        - mv.apply(at.inertias, mv.cross_motion(moving.velocity_of, virtual_of))
    )
    force, p, q = jnp.split(
        moves @ jnp.concatenate([moving.force, virtual_momentum, coupling], axis=-1), 3, axis=-1
    )
    virtual_coriolis = jnp.einsum("ib,bxy->ixy", moves, coriolis_matrix(at.inertias, virtual_of))

    def pair(a: Array, b: Array) -> Array:
        return jnp.sum(a * b, axis=-1)

    gradient_q = pair(virtual_rates, force) + pair(accelerating, p) + pair(rates, q)
    gradient_v = 2.0 * pair(rates, p) + pair(axes, q)
    gradient_a = pair(axes, p)

    inertia, coriolis = carried.inertia, carried.coriolis
    inertia_axes = mv.apply(inertia, axes)
    y1 = mv.cross_force(axes, force) + mv.apply(inertia, accelerating) + mv.apply(coriolis, rates)
    y2 = mv.apply(inertia, virtual_rates) + mv.cross_force(axes, p)
    y3 = (
        mv.transpose_apply(coriolis, virtual_rates)
        + 2.0 * mv.cross_force(rates, p)
        + mv.cross_force(axes, q)
        - mv.apply(virtual_coriolis, rates)
    )
    by_speed = 2.0 * mv.apply(inertia, rates) + mv.apply(coriolis, axes)
    y4 = 2.0 * mv.cross_force(axes, p) - mv.apply(virtual_coriolis, axes)

    strictly = above - jnp.eye(len(axes))
    qq = above * (virtual_rates @ y1.T + accelerating @ y2.T + rates @ y3.T)
    vv = above * (axes @ y4.T)
    # Row: the coordinate varied; column: the speed. Above the diagonal the coordinate is the
    # ancestor, below it the speed is.
    qv_above = above * (virtual_rates @ by_speed.T + rates @ y4.T)
    qv_below = strictly * (2.0 * rates @ y2.T + axes @ y3.T)
    qa_above = above * (virtual_rates @ inertia_axes.T)
    qa_below = strictly * (axes @ y2.T)

    def symmetric(upper: Array) -> Array:
        return upper + (upper * strictly).T

    return SecondDerivatives(
        by_coordinates=gradient_q,
        by_speeds=gradient_v,
        by_accelerations=gradient_a,
        coordinates_coordinates=symmetric(qq),
        coordinates_speeds=qv_above + qv_below.T,
        speeds_speeds=symmetric(vv),
        coordinates_accelerations=qa_above + qa_below.T,
    )
