"""Muscle paths: muscle-tendon length as a polynomial of the few coordinates a muscle spans.

length = sum over terms of coefficient * q1^power_1 * q2^power_2 ...; the moment arm about a
coordinate is minus the derivative of the length by it (An et al. 1984). Muscles that span the same
coordinates form a group: they share the monomials, so lengths are one matrix product, and so is
every derivative, whose coefficients are the length's, moved to lower powers and multiplied.
Arrays of coordinates may carry further axes behind the first (instants); results carry them too.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from surae._pytree import field, pytree, replace, static

Exponents = tuple[tuple[int, ...], ...]  # (term, spanned coordinate)


class PathGroup(NamedTuple):
    """Muscles that span the same coordinates, and the monomials in which their lengths are written.

    With a monomial, all that divide it are there too. Those of low degree come first: derivatives
    need no others.
    """

    muscles: tuple[int, ...]
    coordinates: tuple[int, ...]
    exponents: Exponents


@pytree
class MusclePaths:
    """Coefficients of every muscle in its group's monomials, then zeros up to the longest group."""

    coefficients: Array = field("muscle", "term", "m")
    groups: tuple[PathGroup, ...] = static()


def muscle_paths(
    spans: Sequence[Sequence[int]], terms: Sequence[Mapping[tuple[int, ...], float]]
) -> MusclePaths:
    """Paths from each muscle's coordinates and its terms {powers of these: coefficient in m}."""
    if len(spans) != len(terms):
        raise ValueError(f"{len(spans)} muscles have coordinates, but {len(terms)} have terms.")
    ordered = [_with_sorted_span(span, own) for span, own in zip(spans, terms, strict=True)]
    groups = tuple(
        PathGroup(
            muscles=tuple(i for i, (other, _) in enumerate(ordered) if other == span),
            coordinates=span,
            exponents=_closed({e for other, own in ordered if other == span for e in own}, span),
        )
        for span in dict.fromkeys(span for span, _ in ordered)
    )
    coefficients = np.zeros((len(terms), max((len(g.exponents) for g in groups), default=0)))
    for group in groups:
        for muscle in group.muscles:
            for exponents, coefficient in ordered[muscle][1].items():
                coefficients[muscle, group.exponents.index(exponents)] = coefficient
    return MusclePaths(coefficients=jnp.asarray(coefficients), groups=groups)


def _with_sorted_span(
    span: Sequence[int], terms: Mapping[tuple[int, ...], float]
) -> tuple[tuple[int, ...], dict[tuple[int, ...], float]]:
    """The coordinates that occur in a term, in rising order, and the terms in that order."""
    if len(set(span)) != len(span) or any(len(exponents) != len(span) for exponents in terms):
        raise ValueError(f"Terms {sorted(terms)} are not powers of distinct coordinates {span}.")
    used = [k for k in range(len(span)) if any(exponents[k] for exponents in terms)]
    used.sort(key=lambda k: span[k])
    own = {tuple(exponents[k] for k in used): float(terms[exponents]) for exponents in terms}
    return tuple(int(span[k]) for k in used), own


def _closed(exponents: set[tuple[int, ...]], span: tuple[int, ...]) -> Exponents:
    """These monomials and all that divide one of them, by rising degree."""
    divisors = {(0,) * len(span)}
    for term in exponents:
        divisors.update(itertools.product(*(range(power + 1) for power in term)))
    return tuple(sorted(divisors, key=lambda term: (sum(term), term)))


def take(paths: MusclePaths, indices: Sequence[int]) -> MusclePaths:
    """The paths at these indices, in this order."""
    groups = [
        group._replace(muscles=tuple(new for new, old in enumerate(indices) if old in members))
        for group, members in ((group, set(group.muscles)) for group in paths.groups)
    ]
    kept = tuple(group for group in groups if group.muscles)
    chosen = paths.coefficients[np.asarray(indices, dtype=int)]
    return replace(paths, coefficients=chosen, groups=kept)


def spanned(paths: MusclePaths, muscle: int) -> tuple[int, ...]:
    """Indices of the coordinates on which this muscle's length depends."""
    return next(group.coordinates for group in paths.groups if muscle in group.muscles)


def terms(paths: MusclePaths, muscle: int) -> dict[tuple[tuple[int, int], ...], float]:
    """Nonzero terms of a muscle's length: {((coordinate, power), ...): coefficient in m}."""
    group = next(group for group in paths.groups if muscle in group.muscles)
    found = {}
    coefficients = np.asarray(paths.coefficients)[muscle]  # in JAX each would be cut out on its own
    for exponents, coefficient in zip(group.exponents, coefficients, strict=False):
        if coefficient != 0.0:
            powers = zip(group.coordinates, exponents, strict=True)
            found[tuple(power for power in powers if power[1])] = float(coefficient)
    return found


def lengths(paths: MusclePaths, coordinates: Array) -> Array:
    """Muscle-tendon lengths (muscle,) [m] at the runner's coordinates (coordinate,)."""
    pieces = [
        group_derivatives(paths, group, _own(group, coordinates), 0)[0][:, 0]
        for group in paths.groups
    ]
    return in_muscle_order(paths, pieces)


def lengths_and_velocities(
    paths: MusclePaths, coordinates: Array, speeds: Array
) -> tuple[Array, Array]:
    """Muscle-tendon lengths [m] and lengthening velocities [m/s], both (muscle,)."""
    values, rates = [], []
    for group in paths.groups:
        length, gradient = group_derivatives(paths, group, _own(group, coordinates), 1)
        values.append(length[:, 0])
        rates.append(jnp.einsum("ms...,s...->m...", gradient, _own(group, speeds)))
    return in_muscle_order(paths, values), in_muscle_order(paths, rates)


def moment_arm_matrix(paths: MusclePaths, coordinates: Array, n_coordinates: int) -> Array:
    """Moment arms about every coordinate (muscle, coordinate): -dL/dq [m]."""
    pieces = []
    for group in paths.groups:
        _, gradient = group_derivatives(paths, group, _own(group, coordinates), 1)
        own = group.coordinates
        # A column of zeros behind the spanned ones serves all coordinates that are not spanned.
        padded = jnp.concatenate([-gradient, jnp.zeros_like(gradient, shape=_one(gradient))], 1)
        column = [own.index(c) if c in own else len(own) for c in range(n_coordinates)]
        pieces.append(padded[:, np.array(column)])
    return in_muscle_order(paths, pieces)


def _own(group: PathGroup, coordinates: Array) -> Array:
    return jnp.asarray(coordinates)[np.asarray(group.coordinates, dtype=int)]


def _one(gradient: Array) -> tuple[int, ...]:
    return (gradient.shape[0], 1, *gradient.shape[2:])


def in_muscle_order(paths: MusclePaths, pieces: Sequence[Array]) -> Array:
    """One array (muscle, ...) from one of each group (muscle of the group, ...)."""
    order = [muscle for group in paths.groups for muscle in group.muscles]
    whole = jnp.concatenate(pieces)
    return whole if order == sorted(order) else whole[np.argsort(order)]


def group_derivatives(
    paths: MusclePaths, group: PathGroup, own_coordinates: Array, order: int
) -> tuple[Array, ...]:
    """Lengths of a group's muscles and their derivatives up to `order`, each (muscle, which).

    own_coordinates: those that the group spans (span,). which: 0 for the length; coordinate i of
    the span; pairs i <= j; triples i <= j <= k; in the order of
    itertools.combinations_with_replacement (see `symmetric`). Units m, m/rad, ...
    """
    (powers,) = monomials([group], own_coordinates)
    found = []
    for times in range(order + 1):
        lowered = derivative_coefficients(paths, group, times)
        found.append(jnp.tensordot(lowered, powers[: lowered.shape[2]], 1))
    return tuple(found)


def derivative_coefficients(paths: MusclePaths, group: PathGroup, order: int) -> Array:
    """Coefficients (muscle, which, term) of derivatives in the group's leading monomials."""
    source, factor = _differentiation(group.exponents, order)
    own = paths.coefficients[np.asarray(group.muscles, dtype=int)]
    return own[:, source] * factor[None]


def monomials(groups: Sequence[PathGroup], own_coordinates: Array) -> list[Array]:
    """Monomials of each group (term,) from the coordinates of all groups, one after the other.

    Powers are repeated products: 0^0 = 1, and no derivative is NaN at 0.
    """
    q = jnp.asarray(own_coordinates)
    highest = max((max(term, default=0) for g in groups for term in g.exponents), default=0)
    powers = [jnp.ones_like(q)]
    for _ in range(highest):
        powers.append(powers[-1] * q)
    if not len(q):
        return [jnp.ones_like(q, shape=(1, *q.shape[1:])) for _ in groups]
    table = jnp.concatenate(powers)
    factors = _factors(tuple(groups), len(q))
    product = table[factors[:, 0]]
    for column in range(1, factors.shape[1]):
        product = product * table[factors[:, column]]
    ends = np.cumsum([len(group.exponents) for group in groups])
    return jnp.split(product, ends[:-1])


@cache
def _factors(groups: tuple[PathGroup, ...], n: int) -> NDArray[np.int64]:
    """Rows (term, factor) of the table of powers (power 0 of all n, power 1 of all n, ...)."""
    width = max(len(group.coordinates) for group in groups)
    rows, first = [], 0
    for group in groups:
        own = [
            [power * n + first + column for column, power in enumerate(term)]
            for term in group.exponents
        ]
        # Row 0 is a power of 0: one.
        rows += [row + [0] * (width - len(row)) for row in own]
        first += len(group.coordinates)
    return np.array(rows, dtype=np.int64)


def symmetric(n: int, order: int) -> NDArray[np.int64]:
    """Where the derivative by (i, j, ...) stands among those with i <= j <= ...: (n,) * order."""
    chosen = list(itertools.combinations_with_replacement(range(n), order))
    place = [chosen.index(tuple(sorted(i))) for i in itertools.product(range(n), repeat=order)]
    return np.array(place, dtype=np.int64).reshape((n,) * order)


@cache
def _differentiation(
    exponents: Exponents, order: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Derivatives of `order` in the leading monomials: coefficient[source] * factor, (which, term).

    d/dq of c q^(n+1) is (n+1) c q^n: the coefficient of a monomial comes from one degree above.
    """
    span, degree = len(exponents[0]), sum(exponents[-1])
    place = {term: at for at, term in enumerate(exponents)}
    lower = [term for term in exponents if sum(term) <= degree - order] or [(0,) * span]
    chosen = list(itertools.combinations_with_replacement(range(span), order))
    source = np.zeros((len(chosen), len(lower)), dtype=np.int64)
    factor = np.zeros((len(chosen), len(lower)))
    for row, by in enumerate(chosen):
        for column, term in enumerate(lower):
            raised, multiple = list(term), 1.0
            for coordinate in by:
                raised[coordinate] += 1
                multiple *= raised[coordinate]
            if tuple(raised) in place:
                source[row, column], factor[row, column] = place[tuple(raised)], multiple
    return source, factor
