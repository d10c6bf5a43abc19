"""Ground forces on one leg as generalized forces, with closed-form derivatives.

A sphere's force depends on the height y of its lowest point and the velocity u of the material
there; both follow from the axes of the coordinates that move it. Turning coordinate k carries
everything behind it along rigidly, so first and second variations of y and u are cross products of
axes (see skeleton.derivatives), and automatic differentiation is left with the force law alone.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from surae._pytree import field, pytree, static
from surae.foot.contact import Feet, sphere_force
from surae.skeleton.dynamics import axis_columns, masks
from surae.skeleton.kinematics import motions, point_on, stacked
from surae.skeleton.tree import Skeleton
from surae.spatial import motion as mv
from surae.spatial import vectors as sv


@pytree
class Leg:
    """One side's spheres and the chain that carries them; n coordinates move them."""

    skeleton: Skeleton
    feet: Feet
    bodies: tuple[int, ...] = static()
    coordinates: tuple[int, ...] = static()
    progress: int = static()
    body_weight: Array = field("N")


class Geometry(NamedTuple):
    """Axes (n, 6), sphere centers and lowest points (sphere, 3), and who moves whom."""

    axes: Array
    centers: Array
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
    value: dict[int, Array | float] = dict(zip(leg.coordinates, coordinates, strict=True))
    value[leg.progress] = 0.0
    posed = motions(leg.skeleton, value, bodies=leg.bodies)
    axes = axis_columns(posed, leg.coordinates)
    centers, points = [], []
    for sphere, body in enumerate(leg.feet.bodies):
        center, _ = point_on(posed.frames[body], sv.vector(leg.feet.location[sphere]))
        centers.append(stacked(center))
        points.append(stacked(sv.add(center, (0.0, -leg.feet.radius[sphere], 0.0))))
    who = masks(leg.skeleton)
    own = list(leg.coordinates)
    above, moves = who.above[np.ix_(own, own)], who.moves[np.ix_(own, list(leg.feet.bodies))]
    return Geometry(axes, jnp.stack(centers), jnp.stack(points), above, moves)


def _at(motion: Array, points: Array) -> Array:
    """Velocity at points of 6-D motions: linear + angular x point."""
    return motion[..., 3:] + jnp.cross(motion[..., :3], points)


def sphere_forces(leg: Leg, place: Geometry, speeds: Array) -> Array:
    """Forces on the spheres (sphere, 3)."""
    velocity = place.moves.T @ (place.axes * speeds[:, None])
    sliding = _at(velocity, place.points)
    law = jax.vmap(sphere_force, in_axes=(None, 0, 0, 0, 0))
    feet = leg.feet
    return law(feet.law, feet.radius, feet.stiffness, place.points[:, 1], sliding)


def generalized_forces(leg: Leg, place: Geometry, forces: Array) -> Array:
    """Generalized forces (n,) of sphere forces (sphere, 3)."""
    wrenches = jnp.concatenate([jnp.cross(place.points, forces), forces], axis=-1)
    return jnp.sum(place.axes * (place.moves @ wrenches), axis=-1)


class _Motion(NamedTuple):
    """A 6-D motion of the spheres and its first variation by the coordinates.

    at: behind each coordinate (n, 6); of: of each sphere (sphere, 6); by_q: (n, sphere, 6).
    """

    at: Array
    of: Array
    by_q: Array


def _motion(place: Geometry, rates: Array) -> _Motion:
    moving = place.axes * rates[:, None]
    at, of = place.above.T @ moving, place.moves.T @ moving
    relative = of[None, :, :] - at[:, None, :]
    by_q = mv.cross_motion(jnp.broadcast_to(place.axes[:, None, :], relative.shape), relative)
    return _Motion(at, of, by_q * place.moves[:, :, None])


def _point_variation(place: Geometry) -> Array:
    """How the spheres move with each coordinate (n, sphere, 3)."""
    return _axes_at(place, place.centers)


def _velocity_variation(place: Geometry, moved: _Motion, shift: Array) -> Array:
    """First variation by q of the velocity at the lowest points (n, sphere, 3)."""
    points = jnp.broadcast_to(place.points[None], shift.shape)
    spin = jnp.broadcast_to(moved.of[None, :, :3], shift.shape)
    return _at(moved.by_q, points) + jnp.cross(spin, shift)


def _axes_at_points(place: Geometry) -> Array:
    """First variation by v of the velocity at the lowest points (n, sphere, 3)."""
    return _axes_at(place, place.points)


def _axes_at(place: Geometry, points: Array) -> Array:
    spread = jnp.broadcast_to(place.axes[:, None, :], (*place.moves.shape, 6))
    at_points = _at(spread, jnp.broadcast_to(points[None], (*place.moves.shape, 3)))
    return at_points * place.moves[:, :, None]


def _law(leg: Leg, place: Geometry, moved: _Motion) -> tuple[Array, Array]:
    """Sphere forces (sphere, 3) and their derivatives by (height, velocity) (sphere, 3, 4)."""
    state = jnp.concatenate([place.points[:, 1:2], _at(moved.of, place.points)], axis=-1)

    def force(r: Array, k: Array, s: Array) -> Array:
        return sphere_force(leg.feet.law, r, k, s[0], s[1:])

    forces = jax.vmap(force)(leg.feet.radius, leg.feet.stiffness, state)
    slopes = jax.vmap(jax.jacfwd(force, 2))(leg.feet.radius, leg.feet.stiffness, state)
    return forces, slopes


def first_derivatives(leg: Leg, coordinates: Array, speeds: Array) -> Response:
    """Ground reaction and generalized forces with their Jacobians; column = varied."""
    place = geometry(leg, coordinates)
    moved = _motion(place, speeds)
    forces, slopes = _law(leg, place, moved)
    shift = _point_variation(place)
    by_q = jnp.concatenate([shift[..., 1:2], _velocity_variation(place, moved, shift)], axis=-1)
    arms = _axes_at_points(place)
    force_by_q = jnp.einsum("sxz,ksz->ksx", slopes, by_q)
    force_by_v = jnp.einsum("sxz,ksz->ksx", slopes[..., 1:], arms)
    turning = _arm_variation(place, shift)
    return Response(
        force=jnp.sum(forces, axis=0),
        torques=jnp.sum(arms * forces[None], axis=(1, 2)),
        force_by_q=jnp.sum(force_by_q, axis=1).T,
        force_by_v=jnp.sum(force_by_v, axis=1).T,
        torques_by_q=jnp.einsum("isx,ksx->ik", arms, force_by_q)
        + jnp.einsum("kisx,sx->ik", turning, forces),
        torques_by_v=jnp.einsum("isx,ksx->ik", arms, force_by_v),
    )


class Curvature(NamedTuple):
    """Gradient by speeds and Hessian blocks of multipliers . torques + push . ground reaction."""

    by_speeds: Array
    qq: Array
    qv: Array
    vv: Array


def second_derivatives(
    leg: Leg, coordinates: Array, speeds: Array, multipliers: Array, push: Array
) -> Curvature:
    """Hessian of multipliers (n,) . generalized forces + push (3,) . ground reaction."""
    place = geometry(leg, coordinates)
    real, virtual = _motion(place, speeds), _motion(place, multipliers)
    forces, slopes = _law(leg, place, real)
    shift = _point_variation(place)
    arms = _axes_at_points(place)
    direction = _at(virtual.of, place.points) + push[None, :]

    def along(r: Array, k: Array, state: Array, w: Array) -> Array:
        return jnp.dot(w, sphere_force(leg.feet.law, r, k, state[0], state[1:]))

    state = jnp.concatenate([place.points[:, 1:2], _at(real.of, place.points)], axis=-1)
    hessian = jax.vmap(jax.hessian(along, 2))
    curve = hessian(leg.feet.radius, leg.feet.stiffness, state, direction)
    slope = jnp.einsum("sx,sxz->sz", direction, slopes)

    u_by_q = _velocity_variation(place, real, shift)
    w_by_q = _velocity_variation(place, virtual, shift)
    z_by_q = jnp.concatenate([shift[..., 1:2], u_by_q], axis=-1)
    z_by_v = jnp.concatenate([jnp.zeros_like(arms[..., :1]), arms], axis=-1)

    twisted = jnp.einsum("sxz,ksx->ksz", slopes, w_by_q)
    crossed = jnp.einsum("ksz,lsz->kl", twisted, z_by_q)
    qq = jnp.einsum("ksz,szy,lsy->kl", z_by_q, curve, z_by_q) + crossed + crossed.T
    bend = _point_curvature(place, shift)
    qq = qq + jnp.einsum("s,kls->kl", slope[:, 0], bend[..., 1])
    qq = qq + _paired(slope[:, 1:], _velocity_curvature(place, real, shift, bend))
    qq = qq + _paired(forces, _velocity_curvature(place, virtual, shift, bend))
    qv = jnp.einsum("ksz,szy,lsy->kl", z_by_q, curve, z_by_v)
    qv = qv + jnp.einsum("ksz,lsz->kl", twisted, z_by_v)
    qv = qv + _paired(slope[:, 1:], _arm_variation(place, shift))
    vv = jnp.einsum("ksz,szy,lsy->kl", z_by_v, curve, z_by_v)
    return Curvature(jnp.einsum("lsx,sx->l", arms, slope[:, 1:]), qq, qv, vv)


def _paired(vectors: Array, variations: Array) -> Array:
    return jnp.einsum("sx,klsx->kl", vectors, variations)


def _both_ways(place: Geometry, ancestor_first: Array) -> Array:
    """Symmetric in (k, l) from entries given where k is in front of l."""
    mask = place.above[:, :, None, None]
    strictly = mask * (1.0 - jnp.eye(len(place.above)))[:, :, None, None]
    return mask * ancestor_first + jnp.swapaxes(strictly * ancestor_first, 0, 1)


def _point_curvature(place: Geometry, shift: Array) -> Array:
    """Second variation of the spheres' positions (n, n, sphere, 3)."""
    return _both_ways(place, _cross(place.axes[:, None, None, :3], shift[None]))


def _velocity_curvature(place: Geometry, moved: _Motion, shift: Array, bend: Array) -> Array:
    """Second variation by q of the velocity at the lowest points (n, n, sphere, 3)."""
    n, spheres = place.moves.shape
    pairs = (n, n, spheres, 6)
    turned = mv.cross_motion(
        jnp.broadcast_to(place.axes[:, None, None], pairs), jnp.broadcast_to(moved.by_q, pairs)
    )
    spin = moved.by_q[..., :3]
    mixed = _cross(spin[:, None], shift[None])
    return (
        _at(_both_ways(place, turned), jnp.broadcast_to(place.points, (n, n, spheres, 3)))
        + mixed
        + jnp.swapaxes(mixed, 0, 1)
        + _cross(moved.of[:, :3], bend)
    )


def _arm_variation(place: Geometry, shift: Array) -> Array:
    """Variation by coordinate k of what speed l adds at the lowest points (n, n, sphere, 3)."""
    n, spheres = place.moves.shape
    turned = mv.cross_motion(
        jnp.broadcast_to(place.axes[:, None], (n, n, 6)), jnp.broadcast_to(place.axes, (n, n, 6))
    )
    turned = jnp.broadcast_to((turned * place.above[:, :, None])[:, :, None], (n, n, spheres, 6))
    at_points = _at(turned, jnp.broadcast_to(place.points, (n, n, spheres, 3)))
    moved = _cross(place.axes[None, :, None, :3], shift[:, None])
    return (at_points + moved) * place.moves[None, :, :, None]


def _cross(a: Array, b: Array) -> Array:
    """a x b with leading axes broadcast on purpose."""
    shape = np.broadcast_shapes(a.shape, b.shape)
    return jnp.cross(_expand(a, shape), _expand(b, shape))


def _expand(a: Array, shape: tuple[int, ...]) -> Array:
    return jnp.broadcast_to(a.reshape((1,) * (len(shape) - a.ndim) + a.shape), shape)
