"""Rotation matrices and 3-vectors as arrays (..., 3, 3) and (..., 3), many at once.

Products are written as sums of three terms over broadcast arrays, not as matrix products: a
compiler fuses them into loops over all bodies and instants, where a batch of tiny matrix products
is called one by one.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array


def compose(first: Array, second: Array) -> Array:
    """R1 R2 of (..., 3, 3) each."""
    terms = (first[..., :, k, None] * second[..., k, None, :] for k in range(3))
    a, b, c = terms
    return a + b + c


def transpose(rotation: Array) -> Array:
    """R^T, the inverse of a rotation."""
    return jnp.swapaxes(rotation, -1, -2)


def rotate(rotation: Array, vector: Array) -> Array:
    """R v of (..., 3, 3) and (..., 3)."""
    a, b, c = (rotation[..., :, k] * vector[..., k, None] for k in range(3))
    return a + b + c


def cross(a: Array, b: Array) -> Array:
    """a x b of (..., 3) each."""
    x = a[..., 1] * b[..., 2] - a[..., 2] * b[..., 1]
    y = a[..., 2] * b[..., 0] - a[..., 0] * b[..., 2]
    z = a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    return jnp.stack([x, y, z], axis=-1)


def skew(a: Array) -> Array:
    """The matrix (..., 3, 3) with skew(a) b = a x b."""
    zero = jnp.zeros_like(a[..., 0])
    x, y, z = a[..., 0], a[..., 1], a[..., 2]
    rows = [[zero, -z, y], [z, zero, -x], [-y, x, zero]]
    return jnp.stack([jnp.stack(row, axis=-1) for row in rows], axis=-2)


def about(axis: Array, angle: Array) -> Array:
    """Rotations by angles (...,) about unit axes (..., 3), by Rodrigues' formula."""
    sine, cosine = jnp.sin(angle)[..., None, None], jnp.cos(angle)[..., None, None]
    outer = axis[..., :, None] * axis[..., None, :]
    identity = jnp.broadcast_to(jnp.eye(3), outer.shape)
    return cosine * identity + sine * skew(axis) + (1.0 - cosine) * outer


def body_fixed_xyz(angles: Array) -> Array:
    """Rotations by body-fixed x, then y, then z angles (..., 3) in rad: OpenSim's `orientation`."""
    x, y, z = (about(jnp.broadcast_to(row, angles.shape), angles[..., i])
               for i, row in enumerate(jnp.eye(3)))  # fmt: skip
    return compose(compose(x, y), z)
