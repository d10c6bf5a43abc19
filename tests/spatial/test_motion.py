"""6-D vectors: cross products are dual and obey Jacobi; inertia is a sum of points."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from surae.spatial import motion as mv

RNG = np.random.default_rng(3)
A, B, C, F = (jnp.asarray(x) for x in RNG.standard_normal((4, 5, 6)))


def test_skew_is_the_cross_product() -> None:
    a, b = A[..., :3], B[..., :3]
    found = jnp.einsum("...ij,...j->...i", mv.skew(a), b)
    np.testing.assert_allclose(found, np.cross(a, b), rtol=1e-14)


def test_power_does_not_change_when_everything_is_carried_along() -> None:
    # d/dt (b . f) = 0 under a rigid motion a: (a x b) . f + b . (a x* f) = 0.
    carried = jnp.sum(mv.cross_motion(A, B) * F + B * mv.cross_force(A, F), axis=-1)
    np.testing.assert_allclose(carried, 0.0, atol=1e-14)


def test_cross_product_obeys_jacobi_and_is_antisymmetric() -> None:
    def x(a: Array, b: Array) -> Array:
        return mv.cross_motion(a, b)

    np.testing.assert_allclose(x(A, x(B, C)) + x(B, x(C, A)) + x(C, x(A, B)), 0.0, atol=1e-13)
    np.testing.assert_allclose(x(A, B), -x(B, A), atol=1e-15)


def test_cross_product_is_the_rate_of_a_vector_fixed_in_a_moving_body() -> None:
    # A hinge with direction w through p: moving with a, both turn and travel.
    def hinge(direction: np.ndarray, point: np.ndarray) -> np.ndarray:
        return np.concatenate([direction, np.cross(point, direction)])

    direction, point = RNG.standard_normal((2, 3))
    a = np.asarray(A[0])
    step = 1e-6
    velocity = a[3:] + np.cross(a[:3], point)

    def moved(h: float) -> np.ndarray:
        return hinge(direction + h * np.cross(a[:3], direction), point + h * velocity)

    rate = (moved(step) - moved(-step)) / (2.0 * step)
    found = mv.cross_motion(A[0], jnp.asarray(hinge(direction, point)))
    np.testing.assert_allclose(found, rate, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize(
    ("matrix", "given", "other", "expected"),
    [
        (mv.cross_motion_matrix, A, B, mv.cross_motion(A, B)),
        (mv.force_cross_matrix, F, A, mv.cross_force(A, F)),
    ],
    ids=["cross_motion_matrix", "force_cross_matrix"],
)
def test_matrices_are_the_cross_products(matrix, given: Array, other: Array, expected) -> None:  # type: ignore[no-untyped-def]
    np.testing.assert_allclose(mv.apply(matrix(given), other), expected, rtol=1e-13, atol=1e-14)


def test_transposed_application() -> None:
    matrices = jnp.asarray(RNG.standard_normal((5, 6, 6)))
    found = mv.transpose_apply(matrices, A)
    np.testing.assert_allclose(found, mv.apply(jnp.swapaxes(matrices, -1, -2), A), rtol=1e-14)


def test_inertia_gives_the_energy_and_momentum_of_a_cloud_of_points() -> None:
    masses, points = RNG.uniform(0.5, 2.0, 8), RNG.standard_normal((8, 3))
    total = masses.sum()
    center = masses @ points / total
    arms = points - center
    about_center = sum(
        m * (r @ r * np.eye(3) - np.outer(r, r)) for m, r in zip(masses, arms, strict=True)
    )
    matrix = mv.inertia(jnp.asarray(total), jnp.asarray(center), jnp.asarray(about_center))
    a = np.asarray(A[0])
    velocities = a[3:] + np.cross(a[:3], points)
    momentum = mv.apply(matrix, A[0])
    linear = masses @ velocities
    angular = (masses[:, None] * np.cross(points, velocities)).sum(axis=0)
    np.testing.assert_allclose(momentum, [*angular, *linear], rtol=1e-13)
    energy = 0.5 * (masses * (velocities**2).sum(axis=1)).sum()
    np.testing.assert_allclose(0.5 * jnp.dot(A[0], momentum), energy, rtol=1e-13)
    np.testing.assert_array_equal(matrix, matrix.T)


def test_inertias_of_many_bodies_are_those_of_each() -> None:
    mass, center = jnp.asarray(RNG.uniform(1.0, 2.0, 4)), jnp.asarray(RNG.standard_normal((4, 3)))
    about = jnp.asarray(RNG.standard_normal((4, 3, 3)))
    together = mv.inertia(mass, center, about)
    for i in range(4):
        np.testing.assert_allclose(together[i], mv.inertia(mass[i], center[i], about[i]))
