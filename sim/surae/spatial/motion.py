"""6-D motion and force vectors (angular part first), Featherstone's cross products, inertias.

Arrays of shape (..., 6), all in ground axes and about the ground's origin, so that vectors of
different bodies add without transformation. Featherstone (2008), chapter 2.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array


def skew(a: Array) -> Array:
    """The matrix (..., 3, 3) with skew(a) b = a x b."""
    zero = jnp.zeros_like(a[..., 0])
    x, y, z = a[..., 0], a[..., 1], a[..., 2]
    rows = [[zero, -z, y], [z, zero, -x], [-y, x, zero]]
    return jnp.stack([jnp.stack(row, axis=-1) for row in rows], axis=-2)


def _cross(a: Array, b: Array) -> Array:
    x = a[..., 1] * b[..., 2] - a[..., 2] * b[..., 1]
    y = a[..., 2] * b[..., 0] - a[..., 0] * b[..., 2]
    z = a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    return jnp.stack([x, y, z], axis=-1)


def cross_motion(a: Array, b: Array) -> Array:
    """a x b: the rate of motion vector b carried along by a."""
    angular = _cross(a[..., :3], b[..., :3])
    linear = _cross(a[..., :3], b[..., 3:]) + _cross(a[..., 3:], b[..., :3])
    return jnp.concatenate([angular, linear], axis=-1)


def cross_force(a: Array, f: Array) -> Array:
    """a x* f: the rate of force vector f carried along by a."""
    angular = _cross(a[..., :3], f[..., :3]) + _cross(a[..., 3:], f[..., 3:])
    linear = _cross(a[..., :3], f[..., 3:])
    return jnp.concatenate([angular, linear], axis=-1)


def _blocks(a: Array, b: Array, c: Array, d: Array) -> Array:
    top = jnp.concatenate([a, b], axis=-1)
    return jnp.concatenate([top, jnp.concatenate([c, d], axis=-1)], axis=-2)


def cross_motion_matrix(a: Array) -> Array:
    """The matrix (..., 6, 6) of b -> a x b; its negative transpose is that of f -> a x* f."""
    angular, linear = skew(a[..., :3]), skew(a[..., 3:])
    return _blocks(angular, jnp.zeros_like(angular), linear, angular)


def force_cross_matrix(f: Array) -> Array:
    """The matrix (..., 6, 6) of a -> a x* f for a fixed force f."""
    moment, force = skew(f[..., :3]), skew(f[..., 3:])
    return -_blocks(moment, force, force, jnp.zeros_like(moment))


def inertia(mass: Array, center: Array, about_center: Array) -> Array:
    """Spatial inertia (..., 6, 6) from mass, center of mass (..., 3) and inertia (..., 3, 3)."""
    arm = skew(center)
    scaled = mass[..., None, None] * arm
    identity = mass[..., None, None] * jnp.broadcast_to(jnp.eye(3), arm.shape)
    return _blocks(about_center - scaled @ arm, scaled, -scaled, identity)


def apply(matrix: Array, vector: Array) -> Array:
    """matrix (..., 6, 6) times vector (..., 6)."""
    return jnp.einsum("...xy,...y->...x", matrix, vector)


def transpose_apply(matrix: Array, vector: Array) -> Array:
    """Transposed matrix (..., 6, 6) times vector (..., 6)."""
    return jnp.einsum("...yx,...y->...x", matrix, vector)
