"""Muscle paths: muscle-tendon length as a polynomial of the few coordinates a muscle spans.

length = sum over terms of coefficient * q1^power_1 * q2^power_2 ...; the moment arm about a
coordinate is minus the derivative of the length by it (An et al. 1984), here in closed form.
Functions in the singular take one muscle's path; those in the plural take all paths at once.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from surae._pytree import field, pytree, static


@pytree
class MusclePaths:
    """One monomial basis for all muscles; one row of coefficients and spanned coordinates each.

    Muscles that span fewer coordinates than the basis has pad `coordinates` with 0 and have
    coefficient 0 in every term that would use the padding.
    """

    coordinates: Array = field("muscle", "span", "1")  # integers into the runner's coordinates
    coefficients: Array = field("muscle", "term", "m")
    exponents: tuple[tuple[int, ...], ...] = static()  # (term, span)


def local_coordinates(path: MusclePaths, coordinates: Array) -> Array:
    """The coordinates (or speeds) that this muscle spans: (span,) out of (coordinate,)."""
    return jnp.asarray(coordinates)[path.coordinates]


def length(path: MusclePaths, local_coordinates: Array) -> Array:
    """Muscle-tendon length of one muscle [m]."""
    powers = _powers(path.exponents, local_coordinates)
    terms = [_product(powers, term) for term in path.exponents]
    return jnp.dot(path.coefficients, jnp.stack(terms))


def length_and_gradient(path: MusclePaths, local_coordinates: Array) -> tuple[Array, Array]:
    """Muscle-tendon length [m] and its derivatives by the spanned coordinates (span,) [m/rad]."""
    powers = _powers(path.exponents, local_coordinates)
    gradient = []
    for column in range(len(powers)):
        terms = [_derivative(powers, term, column) for term in path.exponents]
        gradient.append(jnp.dot(path.coefficients, jnp.stack(terms)))
    return length(path, local_coordinates), jnp.stack(gradient)


def lengths(paths: MusclePaths, coordinates: Array) -> Array:
    """Muscle-tendon lengths (muscle,) [m] at the runner's coordinates (coordinate,)."""
    return jax.vmap(lambda path: length(path, local_coordinates(path, coordinates)))(paths)


def lengths_and_velocities(
    paths: MusclePaths, coordinates: Array, speeds: Array
) -> tuple[Array, Array]:
    """Muscle-tendon lengths [m] and lengthening velocities [m/s], both (muscle,)."""

    def one(path: MusclePaths) -> tuple[Array, Array]:
        value, gradient = length_and_gradient(path, local_coordinates(path, coordinates))
        return value, jnp.dot(gradient, local_coordinates(path, speeds))

    return jax.vmap(one)(paths)


def moment_arms(paths: MusclePaths, coordinates: Array) -> Array:
    """Moment arms about the spanned coordinates (muscle, span): -dL/dq; 0 for padding [m]."""

    def one(path: MusclePaths) -> Array:
        return -length_and_gradient(path, local_coordinates(path, coordinates))[1]

    return jax.vmap(one)(paths)


def moment_arm_matrix(paths: MusclePaths, coordinates: Array, n_coordinates: int) -> Array:
    """Moment arms about every coordinate (muscle, coordinate): -dL/dq [m]."""
    arms = moment_arms(paths, coordinates)
    muscle = jnp.arange(arms.shape[0])[:, None]
    # add, not set: padding points at coordinate 0 with a moment arm of exactly 0.
    matrix = jnp.zeros((arms.shape[0], n_coordinates), arms.dtype)
    return matrix.at[muscle, paths.coordinates].add(arms)


def _powers(exponents: tuple[tuple[int, ...], ...], q: Array) -> list[list[Array]]:
    """powers[column][n] = q[column]^n by repeated products: exact, 0^0 = 1, no NaN at 0."""
    powers = []
    for column in range(len(exponents[0])):
        values = [jnp.ones_like(q[column])]
        for _ in range(max(term[column] for term in exponents)):
            values.append(values[-1] * q[column])
        powers.append(values)
    return powers


def _product(powers: list[list[Array]], term: tuple[int, ...]) -> Array:
    value = powers[0][0]
    for column, exponent in enumerate(term):
        if exponent:
            value = value * powers[column][exponent]
    return value


def _derivative(powers: list[list[Array]], term: tuple[int, ...], column: int) -> Array:
    if term[column] == 0:
        return jnp.zeros_like(powers[0][0])
    lowered = tuple(e - (i == column) for i, e in enumerate(term))
    return term[column] * _product(powers, lowered)
