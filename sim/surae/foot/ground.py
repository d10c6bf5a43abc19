"""Ground forces on one leg as generalized forces, with closed-form derivatives.

A sphere's force depends on the height y of its lowest point and the velocity u of the material
where the force acts; both follow from the axes of the motions that move it. Turning motion k
carries everything behind it along rigidly, so first and second variations of y and u are cross
products of axes (see skeleton.derivatives), and automatic differentiation is left with the force
law alone. Coordinates enter by the chain rule (skeleton.chain_rule).
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from surae._pytree import field, pytree, static
from surae.foot.contact import Feet, point_share, sphere_force
from surae.skeleton.chain_rule import Rates, motion_rates, summed, summed_twice
from surae.skeleton.dynamics import masks
from surae.skeleton.functions import Course
from surae.skeleton.kinematics import layout, motion_course, points_in_ground, poses
from surae.skeleton.tree import Skeleton
from surae.spatial import motion as mv
from surae.spatial.rotations import cross


@pytree
class Leg:
    """One side's spheres and the chain that carries them; all its coordinates move them."""

    skeleton: Skeleton
    feet: Feet
    progress: int = static()
    body_weight: Array = field("N")


class Geometry(NamedTuple):
    """Where the spheres are, and what moves them.

    axes: (motion, 6). centers: (sphere, 3). heights: of the lowest points (sphere,). points: where
    the forces act (sphere, 3). above (motion, motion) and moves (motion, sphere): who moves whom.
    """

    course: Course
    axes: Array
    centers: Array
    heights: Array
    points: Array
    above: Array
    moves: Array


class Response(NamedTuple):
    """Ground reaction (3,) and generalized forces (n,), and their Jacobians by q and v."""

    force: Array
    torques: Array
    force_by_q: Array
    force_by_v: Array
    torques_by_q: Array
    torques_by_v: Array


def geometry(leg: Leg, coordinates: Array) -> Geometry:
    """Where the spheres are, from the n coordinates; progress along x is left out (set to 0)."""
    coordinates = coordinates.at[leg.progress].set(0.0)
    course = motion_course(leg.skeleton, coordinates)
    at = poses(leg.skeleton, coordinates, course)
    bodies = np.array(leg.feet.bodies)
    centers = points_in_ground(at, bodies, leg.feet.location)
    heights = centers[:, 1] - leg.feet.radius
    share = point_share(leg.feet.law)
    points = centers.at[:, 1].set((1.0 - share) * heights)
    who = masks(leg.skeleton)
    return Geometry(course, at.axes, centers, heights, points, who.above, who.moves[:, bodies])


def _raised(leg: Leg, shift: Array) -> Array:
    """How the points where forces act move when the centers move by `shift` (..., 3)."""
    share = point_share(leg.feet.law)
    return shift * jnp.array([1.0, 1.0 - share, 1.0]).reshape((1,) * (shift.ndim - 1) + (3,))


def _rates(leg: Leg, place: Geometry, speeds: Array) -> Rates:
    return motion_rates(leg.skeleton, place.course, speeds, jnp.zeros_like(speeds))


def sphere_forces(leg: Leg, place: Geometry, speeds: Array) -> Array:
    """Forces on the spheres (sphere, 3)."""
    velocity = place.moves.T @ (place.axes * _rates(leg, place, speeds).speed[:, None])
    feet, sliding = leg.feet, mv.velocity_of_points(velocity, place.points)

    def law(radius: Array, stiffness: Array, height: Array, u: Array) -> Array:
        return sphere_force(feet.law, radius, stiffness, height, u)

    return jax.vmap(law)(feet.radius, feet.stiffness, place.heights, sliding)


def generalized_forces(leg: Leg, place: Geometry, forces: Array) -> Array:
    """Generalized forces (n,) of sphere forces (sphere, 3)."""
    wrenches = jnp.concatenate([cross(place.points, forces), forces], axis=-1)
    torques = jnp.sum(place.axes * (place.moves @ wrenches), axis=-1)
    return summed(leg.skeleton, place.course.slope * torques)


def tipping_moment(leg: Leg, coordinates: Array, speeds: Array) -> Array:
    """Moment of the ground's forces about the forward axis through the ground's origin, N m."""
    place = geometry(leg, coordinates)
    forces = sphere_forces(leg, place, speeds)
    return jnp.sum(cross(place.points, forces)[:, 0])


def first_tipping(leg: Leg, coordinates: Array, speeds: Array) -> tuple[Array, Array]:
    """Gradients (n,) of `tipping_moment` by coordinates and speeds."""
    place = geometry(leg, coordinates)
    rates = _rates(leg, place, speeds)
    real = _motion(place, rates.speed)
    _, forces, slopes = _law(leg, place, real)
    v = _varied(leg, place, rates, real)
    moved = summed(leg.skeleton, place.course.slope[:, None, None] * v.moved)
    by_q, by_v = (
        jnp.sum(cross(place.points[None], jnp.einsum("sxz,ksz->ksx", slopes, by))[..., 0], axis=1)
        for by in (v.by_q, v.by_v)
    )
    return by_q + jnp.sum(cross(moved, forces[None])[..., 0], axis=1), by_v


class _Motion(NamedTuple):
    """A 6-D motion of the spheres and its first variation by the motions' values.

    of: of each sphere (sphere, 6); by_p: (motion, sphere, 6).
    """

    of: Array
    by_p: Array


def _motion(place: Geometry, rates: Array) -> _Motion:
    moving = place.axes * rates[:, None]
    at, of = place.above.T @ moving, place.moves.T @ moving
    relative = of[None, :, :] - at[:, None, :]
    by_p = mv.cross_motion(place.axes[:, None, :], relative)
    return _Motion(of, by_p * place.moves[:, :, None])


def _axes_at(place: Geometry, points: Array) -> Array:
    """Velocity of points (sphere, 3) by the speed of each motion (motion, sphere, 3)."""
    at_points = mv.velocity_of_points(place.axes[:, None, :], points[None])
    return at_points * place.moves[:, :, None]


def _velocity_variation(place: Geometry, moved: _Motion, shift: Array) -> Array:
    """First variation of the velocity at the points where forces act (motion, sphere, 3)."""
    return mv.velocity_of_points(moved.by_p, place.points[None]) + cross(
        moved.of[None, :, :3], shift
    )


def _law(leg: Leg, place: Geometry, moved: _Motion) -> tuple[Array, Array, Array]:
    """States (sphere, 4) = height, velocity; forces (sphere, 3); slopes (sphere, 3, 4)."""
    feet, sliding = leg.feet, mv.velocity_of_points(moved.of, place.points)
    state = jnp.concatenate([place.heights[:, None], sliding], axis=-1)

    def force(radius: Array, k: Array, s: Array) -> tuple[Array, Array]:
        value = sphere_force(feet.law, radius, k, s[0], s[1:])
        return value, value

    slopes, forces = jax.vmap(jax.jacfwd(force, 2, has_aux=True))(
        feet.radius, feet.stiffness, state
    )
    return state, forces, slopes


class _Varied(NamedTuple):
    """First variations of every sphere.

    shift, moved: of centers and of points where forces act, by the motions' values; arms: of
    velocities by their speeds (motion, sphere, 3). by_q, by_v: of states (height, velocity) by the
    coordinates and their speeds (coordinate, sphere, 4).
    """

    shift: Array
    moved: Array
    arms: Array
    by_p: Array
    by_q: Array
    by_v: Array


def _varied(leg: Leg, place: Geometry, rates: Rates, real: _Motion) -> _Varied:
    shift = _axes_at(place, place.centers)
    moved, arms = _raised(leg, shift), _axes_at(place, place.points)
    by_p = jnp.concatenate([shift[..., 1:2], _velocity_variation(place, real, moved)], axis=-1)
    by_speed = jnp.concatenate([jnp.zeros_like(arms[..., :1]), arms], axis=-1)
    slope, bent = place.course.slope[:, None, None], rates.speed_by_q[:, None, None]
    by_q = summed(leg.skeleton, slope * by_p + bent * by_speed)
    return _Varied(shift, moved, arms, by_p, by_q, summed(leg.skeleton, slope * by_speed))


def first_derivatives(leg: Leg, coordinates: Array, speeds: Array) -> Response:
    """Ground reaction and generalized forces with their Jacobians; column = varied."""
    place = geometry(leg, coordinates)
    rates = _rates(leg, place, speeds)
    real = _motion(place, rates.speed)
    _, forces, slopes = _law(leg, place, real)
    v = _varied(leg, place, rates, real)
    slope = place.course.slope
    force_by_q = jnp.einsum("sxz,ksz->ksx", slopes, v.by_q)
    force_by_v = jnp.einsum("sxz,ksz->ksx", slopes, v.by_v)
    arms = summed(leg.skeleton, slope[:, None, None] * v.arms)
    turning = jnp.einsum("kisx,sx->ik", _arm_variation(place, v.moved), forces)
    turning = summed_twice(leg.skeleton, slope[:, None] * turning * slope[None, :])
    torques = jnp.sum(v.arms * forces[None], axis=(1, 2))
    bend = jnp.diag(summed(leg.skeleton, place.course.curvature * torques))
    return Response(
        force=jnp.sum(forces, axis=0),
        torques=summed(leg.skeleton, slope * torques),
        force_by_q=jnp.sum(force_by_q, axis=1).T,
        force_by_v=jnp.sum(force_by_v, axis=1).T,
        torques_by_q=jnp.einsum("isx,ksx->ik", arms, force_by_q) + turning + bend,
        torques_by_v=jnp.einsum("isx,ksx->ik", arms, force_by_v),
    )


class Curvature(NamedTuple):
    """Gradient by speeds and Hessian blocks of multipliers . torques + push . ground reaction."""

    by_speeds: Array
    qq: Array
    qv: Array
    vv: Array


def second_derivatives(
    leg: Leg,
    coordinates: Array,
    speeds: Array,
    multipliers: Array,
    push: Array,
    turn: Array | None = None,
) -> Curvature:
    """Hessian of multipliers (n,) . generalized forces + push (3,) . ground reaction.

    turn (3,): besides, of the moment of the ground's forces about the ground's origin.
    """
    place = geometry(leg, coordinates)
    rates = _rates(leg, place, speeds)
    course = place.course
    own = layout(leg.skeleton.joints).coordinate
    own_multipliers, own_speeds = multipliers[own], speeds[own]
    real, virtual = _motion(place, rates.speed), _motion(place, course.slope * own_multipliers)
    if turn is not None:  # the same turn of all spheres in the ground's frame: nothing varies it
        whole = jnp.concatenate([turn, jnp.zeros(3)])
        virtual = virtual._replace(of=virtual.of + whole[None])
    state, forces, slopes = _law(leg, place, real)
    v = _varied(leg, place, rates, real)
    direction = mv.velocity_of_points(virtual.of, place.points) + push[None, :]

    def along(radius: Array, k: Array, s: Array, w: Array) -> Array:
        return jnp.dot(w, sphere_force(leg.feet.law, radius, k, s[0], s[1:]))

    curve = jax.vmap(jax.hessian(along, 2))(leg.feet.radius, leg.feet.stiffness, state, direction)
    slope = jnp.einsum("sx,sxz->sz", direction, slopes)

    # What a coordinate does to the virtual velocity: by the values of its motions, and because
    # the multipliers of the motions are f'(q) times its own.
    s, w = course.slope[:, None, None], (course.curvature * own_multipliers)[:, None, None]
    w_by_p = _velocity_variation(place, virtual, v.moved)
    w_by_q = summed(leg.skeleton, s * w_by_p + w * v.arms)
    twisted = jnp.einsum("sxz,ksx->ksz", slopes, w_by_q)
    crossed = jnp.einsum("ksz,lsz->kl", twisted, v.by_q)
    bent_state = jnp.einsum("ksz,szy->ksy", v.by_q, curve)
    qq = jnp.einsum("ksy,lsy->kl", bent_state, v.by_q) + crossed + crossed.T
    qv = jnp.einsum("ksy,lsy->kl", bent_state + twisted, v.by_v)
    vv = jnp.einsum("ksz,szy,lsy->kl", v.by_v, curve, v.by_v)

    # Second variations by pairs of motions.
    bend = _point_curvature(place, v.shift)
    moved_bend = _raised(leg, bend)
    turn = _paired(slope[:, 1:], _arm_variation(place, v.moved))
    turn_forces = _paired(forces, _arm_variation(place, v.moved))
    pp = jnp.einsum("s,kls->kl", slope[:, 0], bend[..., 1])
    pp = pp + _paired(slope[:, 1:], _velocity_curvature(place, real, v.moved, moved_bend))
    pp = pp + _paired(forces, _velocity_curvature(place, virtual, v.moved, moved_bend))
    s1, w1, u1 = course.slope, rates.speed_by_q, course.curvature * own_multipliers
    mixed = s1[:, None] * (turn * w1[None, :] + turn_forces * u1[None, :])
    qq = qq + summed_twice(leg.skeleton, s1[:, None] * pp * s1[None, :] + mixed + mixed.T)
    qv = qv + summed_twice(leg.skeleton, s1[:, None] * turn * s1[None, :])

    # And where values, speeds and multipliers bend with their coordinate.
    by_p = jnp.einsum("sz,ksz->k", slope, v.by_p) + jnp.einsum("sx,ksx->k", forces, w_by_p)
    by_speed = jnp.einsum("ksx,sx->k", v.arms, slope[:, 1:])
    torques = jnp.einsum("ksx,sx->k", v.arms, forces)
    bend_qq = course.curvature * by_p
    bend_qq = bend_qq + course.third * (own_speeds * by_speed + own_multipliers * torques)
    return Curvature(
        summed(leg.skeleton, s1 * by_speed),
        qq + jnp.diag(summed(leg.skeleton, bend_qq)),
        qv + jnp.diag(summed(leg.skeleton, course.curvature * by_speed)),
        vv,
    )


def _paired(vectors: Array, variations: Array) -> Array:
    return jnp.einsum("sx,klsx->kl", vectors, variations)


def _both_ways(place: Geometry, ancestor_first: Array) -> Array:
    """Symmetric in (k, l) from entries given where k is in front of l."""
    mask = place.above[:, :, None, None]
    strictly = (place.above - jnp.eye(len(place.above)))[:, :, None, None]
    return mask * ancestor_first + jnp.swapaxes(strictly * ancestor_first, 0, 1)


def _point_curvature(place: Geometry, shift: Array) -> Array:
    """Second variation of the spheres' positions (motion, motion, sphere, 3)."""
    return _both_ways(place, cross(place.axes[:, None, None, :3], shift[None]))


def _velocity_curvature(place: Geometry, moved: _Motion, shift: Array, bend: Array) -> Array:
    """Second variation by values of the velocity at the points (motion, motion, sphere, 3)."""
    turned = mv.cross_motion(place.axes[:, None, None], moved.by_p[None])
    spin = moved.by_p[..., :3]
    mixed = cross(spin[:, None], shift[None])
    return (
        mv.velocity_of_points(_both_ways(place, turned), place.points[None, None])
        + mixed
        + jnp.swapaxes(mixed, 0, 1)
        + cross(moved.of[None, None, :, :3], bend)
    )


def _arm_variation(place: Geometry, shift: Array) -> Array:
    """Variation by the value of k of what the speed of l adds at the points (k, l, sphere, 3)."""
    turned = mv.cross_motion(place.axes[:, None], place.axes[None, :]) * place.above[:, :, None]
    at_points = mv.velocity_of_points(turned[:, :, None], place.points[None, None])
    moved = cross(place.axes[None, :, None, :3], shift[:, None])
    return (at_points + moved) * place.moves[None, :, :, None]
