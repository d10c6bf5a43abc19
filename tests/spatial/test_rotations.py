"""Rotation matrices are those of SciPy, and turn vectors without changing their length."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax.test_util import check_grads
from scipy.spatial.transform import Rotation

from surae.spatial import rotations as rot

RNG = np.random.default_rng(7)
ANGLES = RNG.uniform(-3.0, 3.0, (6, 3))


def test_body_fixed_angles_turn_as_scipy_says() -> None:
    expected = Rotation.from_euler("XYZ", ANGLES).as_matrix()
    np.testing.assert_allclose(rot.body_fixed_xyz(jnp.asarray(ANGLES)), expected, atol=1e-14)


def test_turning_about_an_axis_is_a_rotation_vector() -> None:
    axes = RNG.standard_normal((6, 3))
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    angles = np.array([0.0, 1e-9, -1.0, 2.0, np.pi, 7.0])
    expected = Rotation.from_rotvec(angles[:, None] * axes).as_matrix()
    found = rot.about(jnp.asarray(axes), jnp.asarray(angles))
    np.testing.assert_allclose(found, expected, atol=1e-14)


def test_products_are_matrix_products() -> None:
    a, b = RNG.standard_normal((2, 4, 3, 3))
    v = RNG.standard_normal((4, 3))
    np.testing.assert_allclose(rot.compose(jnp.asarray(a), jnp.asarray(b)), a @ b, atol=1e-14)
    found = rot.rotate(jnp.asarray(a), jnp.asarray(v))
    np.testing.assert_allclose(found, np.einsum("bij,bj->bi", a, v), atol=1e-14)
    np.testing.assert_allclose(
        rot.cross(jnp.asarray(v), jnp.asarray(v[::-1])), np.cross(v, v[::-1]), atol=1e-14
    )


def test_rotation_has_exact_derivatives_at_zero() -> None:
    axis = jnp.asarray([0.6, 0.0, 0.8])
    check_grads(jax.jit(lambda x: rot.about(axis, x)), (jnp.zeros(()),), order=2)
