"""Muscle paths: polynomials, their exact derivatives, and groups that share monomials."""

from __future__ import annotations

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from surae.muscle import path
from surae.muscle.path import MusclePaths, muscle_paths

N_COORDINATES = 8
Terms = dict[tuple[int, ...], float]
# Two muscles share coordinates, in other orders; one spans a single coordinate, one spans five.
SPANS = [(1, 3), (3, 1), (4,), (7, 2, 0, 5), (0, 2, 5, 6, 7), (1, 3, 5)]
DEGREES = [5, 3, 7, 4, 4, 6]


def random_terms(span: int, degree: int, seed: int) -> Terms:
    rng = np.random.default_rng(seed)
    exponents = itertools.product(range(degree + 1), repeat=span)
    return {e: float(rng.normal()) for e in exponents if sum(e) <= degree}


@pytest.fixture(scope="module")
def terms() -> list[Terms]:
    pairs = zip(SPANS, DEGREES, strict=True)
    return [random_terms(len(span), degree, i) for i, (span, degree) in enumerate(pairs)]


@pytest.fixture(scope="module")
def paths(terms: list[Terms]) -> MusclePaths:
    return muscle_paths(SPANS, terms)


@pytest.fixture
def coordinates() -> jax.Array:
    return jnp.asarray(np.random.default_rng(3).uniform(-1.5, 1.5, N_COORDINATES))


def polynomial(span: tuple[int, ...], terms: Terms, coordinates: jax.Array) -> float:
    q = np.asarray(coordinates)
    return sum(
        c * np.prod([q[i] ** e for i, e in zip(span, es, strict=True)]) for es, c in terms.items()
    )


def test_length_is_the_polynomial(
    paths: MusclePaths, terms: list[Terms], coordinates: jax.Array
) -> None:
    expected = [polynomial(*given, coordinates) for given in zip(SPANS, terms, strict=True)]
    np.testing.assert_allclose(path.lengths(paths, coordinates), expected, rtol=1e-12)


def test_muscles_that_span_the_same_coordinates_are_one_group(paths: MusclePaths) -> None:
    assert [group.muscles for group in paths.groups] == [(0, 1), (2,), (3,), (4,), (5,)]
    assert [path.spanned(paths, i) for i in range(6)] == [tuple(sorted(span)) for span in SPANS]


def test_terms_are_given_back(paths: MusclePaths, terms: list[Terms]) -> None:
    for muscle, (span, own) in enumerate(zip(SPANS, terms, strict=True)):
        expected = {
            tuple(sorted((c, e) for c, e in zip(span, exponents, strict=True) if e)): value
            for exponents, value in own.items()
        }
        assert path.terms(paths, muscle) == expected


def test_a_coordinate_without_a_term_is_not_spanned() -> None:
    paths = muscle_paths([(3, 1)], [{(0, 0): 0.3, (0, 2): 0.1}])
    assert path.spanned(paths, 0) == (1,)


def test_terms_that_do_not_fit_the_coordinates_are_refused() -> None:
    with pytest.raises(ValueError, match="distinct coordinates"):
        muscle_paths([(3, 1)], [{(1,): 0.3}])
    with pytest.raises(ValueError, match="distinct coordinates"):
        muscle_paths([(3, 3)], [{(1, 0): 0.3}])
    with pytest.raises(ValueError, match="2 muscles"):
        muscle_paths([(3,), (1,)], [{(1,): 0.3}])


def test_a_muscle_of_constant_length_has_no_moment_arm(coordinates: jax.Array) -> None:
    paths = muscle_paths([(), (2,)], [{(): 0.3}, {(1,): 0.2}])
    np.testing.assert_allclose(path.lengths(paths, coordinates), [0.3, 0.2 * float(coordinates[2])])
    matrix = path.moment_arm_matrix(paths, coordinates, N_COORDINATES)
    np.testing.assert_array_equal(matrix, -0.2 * (np.arange(8) == 2) * [[0.0], [1.0]])


def test_moment_arm_is_minus_the_derivative_of_length(
    paths: MusclePaths, coordinates: jax.Array
) -> None:
    jacobian = jax.jacrev(lambda q: path.lengths(paths, q))(coordinates)
    matrix = path.moment_arm_matrix(paths, coordinates, N_COORDINATES)
    np.testing.assert_allclose(matrix, -jacobian, rtol=1e-12, atol=1e-12)


def test_closed_form_derivatives_are_those_of_jax(
    paths: MusclePaths, coordinates: jax.Array
) -> None:
    derivative = lambda q: path.lengths(paths, q)  # noqa: E731
    for order in range(1, 4):
        derivative = jax.jacfwd(derivative)
        whole = np.asarray(derivative(coordinates))
        for group in paths.groups:
            at = coordinates[np.array(group.coordinates)]
            own = path.group_derivatives(paths, group, at, order)[order]
            expected = whole[np.ix_(group.muscles, *[group.coordinates] * order)]
            found = np.asarray(own)[:, path.symmetric(len(group.coordinates), order)]
            scale = np.abs(expected).max()
            np.testing.assert_allclose(found, expected, rtol=0.0, atol=1e-13 * scale)


def test_derivatives_are_exact_at_zero(paths: MusclePaths, terms: list[Terms]) -> None:
    zero = jnp.zeros(N_COORDINATES)
    c = terms[0]
    first = jax.jacfwd(lambda q: path.lengths(paths, q))(zero)[0]
    second = jax.jacrev(jax.jacrev(lambda q: path.lengths(paths, q)))(zero)[0]
    assert path.lengths(paths, zero)[0] == c[0, 0]
    np.testing.assert_array_equal(first[np.array([1, 3])], [c[1, 0], c[0, 1]])
    np.testing.assert_array_equal(
        second[np.ix_([1, 3], [1, 3])], [[2 * c[2, 0], c[1, 1]], [c[1, 1], 2 * c[0, 2]]]
    )


def test_velocity_is_minus_moment_arms_times_speeds(
    paths: MusclePaths, coordinates: jax.Array
) -> None:
    speeds = jnp.asarray(np.random.default_rng(4).normal(size=N_COORDINATES))
    lengths, velocities = path.lengths_and_velocities(paths, coordinates, speeds)
    matrix = path.moment_arm_matrix(paths, coordinates, N_COORDINATES)
    np.testing.assert_allclose(lengths, path.lengths(paths, coordinates), rtol=1e-14)
    np.testing.assert_allclose(velocities, -matrix @ speeds, rtol=1e-12)


def test_many_instants_are_as_many_single_ones(paths: MusclePaths) -> None:
    poses = jnp.asarray(np.random.default_rng(5).uniform(-1.0, 1.0, (20, N_COORDINATES)))
    for function in (path.lengths, lambda p, q: path.moment_arm_matrix(p, q, N_COORDINATES)):
        singles = np.stack([function(paths, pose) for pose in poses])
        mapped = jax.vmap(function, in_axes=(None, 0))(paths, poses)
        stacked = np.moveaxis(np.asarray(function(paths, poses.T)), -1, 0)
        np.testing.assert_allclose(mapped, singles, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(stacked, singles, rtol=1e-12, atol=1e-12)


def test_taken_muscles_keep_their_lengths(paths: MusclePaths, coordinates: jax.Array) -> None:
    chosen = [4, 1, 2, 1]
    taken = path.take(paths, chosen)
    expected = path.lengths(paths, coordinates)[np.array(chosen)]
    np.testing.assert_allclose(path.lengths(taken, coordinates), expected, rtol=1e-14)
    assert path.spanned(taken, 3) == (1, 3)


def test_derivatives_agree_with_finite_differences(
    paths: MusclePaths, coordinates: jax.Array
) -> None:
    for function in (path.lengths, lambda p, q: path.moment_arm_matrix(p, q, N_COORDINATES)):
        check_grads(
            lambda q, f=function: f(paths, q), (0.3 * coordinates,), order=2, modes=("fwd", "rev")
        )
