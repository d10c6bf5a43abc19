"""6-D vectors: cross products are dual and obey Jacobi; inertia is a sum of points."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import Array
from scipy.spatial.transform import Rotation

from surae.spatial import motion as mv
from surae.spatial import rotations

RNG = np.random.default_rng(3)
A, B, C, F = (jnp.asarray(x) for x in RNG.standard_normal((4, 5, 6)))


def test_skew_is_the_cross_product() -> None:
    a, b = A[..., :3], B[..., :3]
    found = jnp.einsum("...ij,...j->...i", rotations.skew(a), b)
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


def cloud(masses: np.ndarray, points: np.ndarray, rotation: np.ndarray) -> Array:
    """Spatial inertia of points (n, 3) as a body whose axes are the columns of `rotation`."""
    total = masses.sum()
    center = masses @ points / total
    arms = (points - center) @ rotation
    about = np.sum(
        [m * (r @ r * np.eye(3) - np.outer(r, r)) for m, r in zip(masses, arms, strict=True)],
        axis=0,
    )
    six = about[[0, 1, 2, 0, 0, 1], [0, 1, 2, 1, 2, 2]]
    return mv.inertia(*(jnp.asarray(x) for x in (total, center, rotation, six)))


def clouds(count: int) -> tuple[np.ndarray, np.ndarray, Array]:
    masses, points = RNG.uniform(0.5, 2.0, (count, 8)), RNG.standard_normal((count, 8, 3))
    turned = [Rotation.random(rng=RNG).as_matrix() for _ in range(count)]
    inertias = jnp.stack([cloud(*body) for body in zip(masses, points, turned, strict=True)])
    return masses, points, inertias


def test_inertia_gives_the_energy_and_momentum_of_a_cloud_of_points() -> None:
    masses, points, inertias = clouds(5)
    a = np.asarray(A)
    velocities = a[:, None, 3:] + np.cross(a[:, None, :3], points)
    linear = np.einsum("bp,bpx->bx", masses, velocities)
    angular = np.einsum("bp,bpx->bx", masses, np.cross(points, velocities))
    momentum = mv.momentum(inertias, A)
    np.testing.assert_allclose(momentum, np.hstack([angular, linear]), rtol=1e-11, atol=1e-12)
    energy = 0.5 * np.einsum("bp,bpx,bpx->b", masses, velocities, velocities)
    np.testing.assert_allclose(0.5 * jnp.sum(A * momentum, axis=-1), energy, rtol=1e-12)


def test_inertias_of_bodies_welded_together_add_up() -> None:
    masses, points, inertias = clouds(2)
    both = cloud(masses.ravel(), points.reshape(-1, 3), np.eye(3))
    np.testing.assert_allclose(inertias.sum(axis=0), both, rtol=1e-12, atol=1e-13)


def test_coriolis_numbers_are_the_map_they_stand_for() -> None:
    _, _, inertias = clouds(5)
    numbers = mv.coriolis(inertias, A, mv.momentum(inertias, A))
    expected = (
        mv.momentum(inertias, mv.cross_motion(B, A))
        + mv.cross_force(B, mv.momentum(inertias, A))
        + mv.cross_force(A, mv.momentum(inertias, B))
    )
    found = mv.coriolis_apply(numbers, B)
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-11)
    # The transpose: the same scalar product from the other side, without any linear part.
    back = mv.coriolis_transpose_apply(numbers, F)
    np.testing.assert_allclose(
        jnp.sum(back * B[:, :3], axis=-1), jnp.sum(F * found, axis=-1), rtol=1e-11
    )
