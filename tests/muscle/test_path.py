"""Muscle paths: polynomials and their exact gradients."""

from __future__ import annotations

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from surae.muscle import path
from surae.muscle.path import MusclePaths

N_COORDINATES = 6
EXPONENTS = tuple(e for e in itertools.product(range(6), repeat=2) if sum(e) <= 5)
USES_SECOND = np.array([e[1] > 0 for e in EXPONENTS])


@pytest.fixture
def paths() -> MusclePaths:
    """Three muscles; the last spans one coordinate (4) and pads."""
    coefficients = np.random.default_rng(2).normal(size=(3, len(EXPONENTS)))
    coefficients[2, USES_SECOND] = 0.0
    return MusclePaths(
        coordinates=jnp.asarray([[1, 3], [3, 5], [4, 0]]),
        coefficients=jnp.asarray(coefficients),
        exponents=EXPONENTS,
    )


@pytest.fixture
def coordinates() -> jax.Array:
    return jnp.asarray(np.random.default_rng(3).uniform(-1.5, 1.5, N_COORDINATES))


def test_length_is_the_polynomial(paths: MusclePaths, coordinates: jax.Array) -> None:
    for found, columns, row in zip(
        path.lengths(paths, coordinates), paths.coordinates, paths.coefficients, strict=True
    ):
        q = np.asarray(coordinates)[np.asarray(columns)]
        terms = [q[0] ** a * q[1] ** b for a, b in EXPONENTS]
        np.testing.assert_allclose(found, np.dot(row, terms), rtol=1e-13)


def test_moment_arm_is_minus_the_derivative_of_length(
    paths: MusclePaths, coordinates: jax.Array
) -> None:
    jacobian = jax.jacrev(lambda q: path.lengths(paths, q))(coordinates)
    matrix = path.moment_arm_matrix(paths, coordinates, N_COORDINATES)
    np.testing.assert_allclose(matrix, -jacobian, rtol=1e-12, atol=1e-14)


def test_padding_has_no_moment_arm(paths: MusclePaths, coordinates: jax.Array) -> None:
    assert float(path.moment_arms(paths, coordinates)[2, 1]) == 0.0
    assert np.all(path.moment_arm_matrix(paths, coordinates, N_COORDINATES)[:, 0] == 0.0)


def test_derivatives_are_exact_at_zero(paths: MusclePaths) -> None:
    zero = jnp.zeros(2)
    one = jax.tree.map(lambda leaf: leaf[0], paths)
    coefficient = dict(zip(EXPONENTS, np.asarray(one.coefficients), strict=True))
    value, gradient = path.length_and_gradient(one, zero)
    hessian = jax.hessian(lambda q: path.length(one, q))(zero)
    assert float(value) == coefficient[0, 0]
    np.testing.assert_array_equal(gradient, [coefficient[1, 0], coefficient[0, 1]])
    mixed = coefficient[1, 1]
    np.testing.assert_array_equal(
        hessian, [[2 * coefficient[2, 0], mixed], [mixed, 2 * coefficient[0, 2]]]
    )


def test_velocity_is_minus_moment_arms_times_speeds(
    paths: MusclePaths, coordinates: jax.Array
) -> None:
    speeds = jnp.asarray(np.random.default_rng(4).normal(size=N_COORDINATES))
    lengths, velocities = path.lengths_and_velocities(paths, coordinates, speeds)
    matrix = path.moment_arm_matrix(paths, coordinates, N_COORDINATES)
    np.testing.assert_allclose(lengths, path.lengths(paths, coordinates), rtol=1e-14)
    np.testing.assert_allclose(velocities, -matrix @ speeds, rtol=1e-12)


def test_derivatives_agree_with_finite_differences(
    paths: MusclePaths, coordinates: jax.Array
) -> None:
    for function in (path.lengths, path.moment_arms):
        check_grads(
            lambda q, f=function: f(paths, q), (coordinates,), order=2, modes=("fwd", "rev")
        )
