"""6-D motion and force vectors (angular part first), Featherstone's cross products, inertias.

Arrays of shape (..., 6), all in ground axes and about the ground's origin, so that vectors of
different bodies add without transformation. Featherstone (2008), chapter 2.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from surae.spatial.rotations import cross


def cross_motion(a: Array, b: Array) -> Array:
    """a x b: the rate of motion vector b carried along by a."""
    angular = cross(a[..., :3], b[..., :3])
    linear = cross(a[..., :3], b[..., 3:]) + cross(a[..., 3:], b[..., :3])
    return jnp.concatenate([angular, linear], axis=-1)


def cross_force(a: Array, f: Array) -> Array:
    """a x* f: the rate of force vector f carried along by a."""
    angular = cross(a[..., :3], f[..., :3]) + cross(a[..., 3:], f[..., 3:])
    linear = cross(a[..., :3], f[..., 3:])
    return jnp.concatenate([angular, linear], axis=-1)


def velocity_of_points(motion: Array, points: Array) -> Array:
    """Velocities (..., 3) at points (..., 3) of bodies that move with `motion` (..., 6)."""
    return motion[..., 3:] + cross(motion[..., :3], points)


def symmetric_apply(matrix: Array, vector: Array) -> Array:
    """A symmetric 3 x 3 matrix, given as xx, yy, zz, xy, xz, yz (..., 6), times vector (..., 3)."""
    xx, yy, zz, xy, xz, yz = (matrix[..., i] for i in range(6))
    x, y, z = (vector[..., i] for i in range(3))
    return jnp.stack(
        [xx * x + xy * y + xz * z, xy * x + yy * y + yz * z, xz * x + yz * y + zz * z], axis=-1
    )


def inertia(mass: Array, center: Array, rotation: Array, about_center: Array) -> Array:
    """Spatial inertias (..., 10) about the ground's origin: they add up.

    mass (...,), center of mass in ground (..., 3), orientation (..., 3, 3), moments and products
    about the center in body axes (..., 6). A spatial inertia is the moment matrix about the origin
    (xx, yy, zz, xy, xz, yz), mass times center, and mass.
    """
    xx, yy, zz, xy, xz, yz = (about_center[..., i, None] for i in range(6))
    a, b, c = (rotation[..., i] for i in range(3))  # body axes in ground
    turned = [
        a * (xx * _at(a, k) + xy * _at(b, k) + xz * _at(c, k))
        + b * (xy * _at(a, k) + yy * _at(b, k) + yz * _at(c, k))
        + c * (xz * _at(a, k) + yz * _at(b, k) + zz * _at(c, k))
        for k in range(3)
    ]
    first = mass[..., None] * center
    x, y, z = (center[..., i] for i in range(3))
    hx, hy, hz = (first[..., i] for i in range(3))
    moments = [
        turned[0][..., 0] + hy * y + hz * z,
        turned[1][..., 1] + hx * x + hz * z,
        turned[2][..., 2] + hx * x + hy * y,
        turned[0][..., 1] - hx * y,
        turned[0][..., 2] - hx * z,
        turned[1][..., 2] - hy * z,
    ]
    return jnp.concatenate([jnp.stack(moments, axis=-1), first, mass[..., None]], axis=-1)


def _at(axis: Array, k: int) -> Array:
    return axis[..., k, None]


def momentum(inertias: Array, motion: Array) -> Array:
    """I V (..., 6) of spatial inertias (..., 10) and motions (..., 6)."""
    first, mass = inertias[..., 6:9], inertias[..., 9:]
    angular, linear = motion[..., :3], motion[..., 3:]
    return jnp.concatenate(
        [
            symmetric_apply(inertias[..., :6], angular) + cross(first, linear),
            mass * linear - cross(first, angular),
        ],
        axis=-1,
    )


def coriolis(inertias: Array, motion: Array, carried: Array) -> Array:
    """Numbers (..., 12) of the map C(V): x -> I (x x V) + x x* I V + V x* I x; they add up.

    carried: the momentum I V (..., 6). With V = (w, v), I V = (l, p) and inertia (J, h, m),
    Jacobi's identity leaves of the map's 6 x 6 matrix only

        [[S - l x, 0], [-2 p x, 0]],   S = w x J - J w x - v h' - h v' + 2 (h . v)

    so that the symmetric S (xx, yy, zz, xy, xz, yz) and (l, p) say it all.
    """
    w, v, h = motion[..., :3], motion[..., 3:], inertias[..., 6:9]
    xx, yy, zz, xy, xz, yz = (inertias[..., i] for i in range(6))
    wx, wy, wz = (w[..., i] for i in range(3))
    vx, vy, vz = (v[..., i] for i in range(3))
    hx, hy, hz = (h[..., i] for i in range(3))
    stretch = [
        2.0 * (wy * xz - wz * xy + hy * vy + hz * vz),
        2.0 * (wz * xy - wx * yz + hx * vx + hz * vz),
        2.0 * (wx * yz - wy * xz + hx * vx + hy * vy),
        wy * yz - wz * yy + wz * xx - wx * xz - vx * hy - hx * vy,
        wy * zz - wz * yz - wy * xx + wx * xy - vx * hz - hx * vz,
        wz * xz - wx * zz - wy * xy + wx * yy - vy * hz - hy * vz,
    ]
    return jnp.concatenate([jnp.stack(stretch, axis=-1), carried], axis=-1)


def coriolis_apply(numbers: Array, x: Array) -> Array:
    """C(V) x (..., 6)."""
    stretch, spin, push = numbers[..., :6], numbers[..., 6:9], numbers[..., 9:]
    w = x[..., :3]
    return jnp.concatenate(
        [symmetric_apply(stretch, w) - cross(spin, w), -2.0 * cross(push, w)], axis=-1
    )


def coriolis_transpose_apply(numbers: Array, y: Array) -> Array:
    """C(V)' y: its angular part (..., 3); the linear part is zero."""
    stretch, spin, push = numbers[..., :6], numbers[..., 6:9], numbers[..., 9:]
    return (
        symmetric_apply(stretch, y[..., :3])
        + cross(spin, y[..., :3])
        + 2.0 * cross(push, y[..., 3:])
    )
