"""What the muscles' equations read and add to, and lengths with their derivatives, padded.

Arrays of muscles are padded to the largest span: (muscle, span, point), zero behind the own span.
Muscles that span the same coordinates add up to one block, so that nothing couples muscles but the
joints that they share.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from surae._pytree import field, pytree, static
from surae.muscle import path
from surae.muscle.muscles import Muscles
from surae.muscle.path import PathGroup

Places = NDArray[np.int64]
Groups = tuple[PathGroup, ...]


@pytree
class MuscleParameters:
    """Muscles that all have rigid or all have elastic tendons; weight of their metabolic rate.

    The inputs of all functions here, each (input, point): the coordinates of every group of paths;
    their rates; of all muscles activation, of elastic ones tendon force and its rate, excitation
    where the metabolic rate counts; the duration. Rows: minus the joint moments about every group's
    coordinates, then of elastic tendons fiber force minus tendon force.
    """

    muscle: Muscles
    metabolic_weight: Array = field("muscle", "1/W")
    # Of each group, coefficients (muscle, which, term) of derivatives of order 0 to 3.
    tables: tuple[tuple[Array, ...], ...]
    elastic: bool = static()
    metabolic: bool = static()

    @property
    def groups(self) -> Groups:
        """Muscles that span the same coordinates."""
        return self.muscle.path.groups

    @property
    def states(self) -> int:
        """Number of a muscle's own states among the inputs."""
        return 1 + 2 * self.elastic + self.metabolic


def muscle_parameters(
    muscle: Muscles, metabolic_weight: Array, elastic: bool, metabolic: bool
) -> MuscleParameters:
    """Parameters with the derivatives' coefficients worked out."""
    paths = muscle.path
    tables = tuple(
        tuple(path.derivative_coefficients(paths, group, order) for order in range(4))
        for group in paths.groups
    )
    return MuscleParameters(muscle, metabolic_weight, tables, elastic, metabolic)


class Inputs(NamedTuple):
    """The inputs by meaning: (coordinate of a group,), their rates, (state, muscle), duration."""

    coordinates: Array
    rates: Array
    states: Array
    duration: Array


def split(parameters: MuscleParameters, inputs: Array) -> Inputs:
    """Inputs, or their places, by meaning."""
    n = sum(len(group.coordinates) for group in parameters.groups)
    states = inputs[2 * n : -1].reshape(parameters.states, -1, *inputs.shape[1:])
    return Inputs(inputs[:n], inputs[n : 2 * n], states, inputs[-1])


class Geometry(NamedTuple):
    """Length and its derivatives by the muscle's own coordinates; empty where not asked for."""

    length: Array  # (muscle, point)
    rate: Array
    slope: Array  # (muscle, span, point)
    rates: Array  # the coordinates' rates
    curvature: Array  # (muscle, span, span, point)
    turn: Array  # curvature . rates: how the length's rate changes with the coordinates
    third: Array  # (muscle, pair of the upper triangle, span, point)


def geometry_of(parameters: MuscleParameters, given: Inputs, order: int) -> Geometry:
    """Lengths with derivatives up to `order`, 1 to 3."""
    powers = path.monomials(parameters.groups, given.coordinates)
    derivatives = []
    for times in range(order + 1):
        pieces = []
        for table, own in zip(parameters.tables, powers, strict=True):
            which = table[times]
            found = jnp.tensordot(which, own[: which.shape[2]], 1)
            pieces.append(found.reshape(-1, found.shape[-1]))
        derivatives.append(_padded(pieces, _derivative_places(parameters.groups, times)))
    length, slope = derivatives[:2]
    rates = per_muscle(parameters, given.rates)
    rate = jnp.sum(slope * rates, axis=1)
    curvature = turn = third = jnp.zeros(0)
    if order > 1:
        curvature = derivatives[2]
        turn = jnp.sum(curvature * rates[:, None], axis=2)
    if order > 2:
        third = derivatives[3]
    return Geometry(length, rate, slope, rates, curvature, turn, third)


def _padded(pieces: Sequence[Array], places: Places) -> Array:
    """Rows of the pieces at these places; the row behind the last is zero."""
    zero = jnp.zeros_like(pieces[0], shape=(1, *pieces[0].shape[1:]))
    return jnp.concatenate([*pieces, zero])[places]


def per_muscle(parameters: MuscleParameters, of_groups: Array) -> Array:
    """What belongs to each muscle's coordinates (muscle, span, point)."""
    return _padded([of_groups], _coordinate_places(parameters.groups))


@cache
def _coordinate_places(groups: Groups) -> Places:
    """Place of each muscle's coordinates among those of all groups (muscle, span)."""
    total = sum(len(group.coordinates) for group in groups)
    places = np.full((_count(groups), _width(groups)), total)
    first = 0
    for group in groups:
        span = len(group.coordinates)
        places[list(group.muscles), :span] = first + np.arange(span)
        first += span
    return places


@cache
def _derivative_places(groups: Groups, order: int) -> Places:
    """Place of each muscle's derivatives among those of all groups, see `Geometry`."""
    width = _width(groups)
    shape = {0: (), 1: (width,), 2: (width, width), 3: (len(upper(width)[0]), width)}[order]
    spans = [len(group.coordinates) for group in groups]
    counts = [_which(span, order).max(initial=-1) + 1 for span in spans]
    total = sum(count * len(group.muscles) for count, group in zip(counts, groups, strict=True))
    places = np.full((_count(groups), *shape), total)
    first = 0
    for group, span, count in zip(groups, spans, counts, strict=True):
        which = np.full((width,) * order, -1)
        which[(slice(span),) * order] = _which(span, order)
        if order == 3:
            which = which[upper(width)]
        for muscle in group.muscles:
            places[muscle] = np.where(which >= 0, first + which, total)
            first += count
    return places


def _which(span: int, order: int) -> Places:
    return path.symmetric(span, order) if order else np.array(0)


def upper(n: int) -> tuple[Places, Places]:
    """Rows and columns of the upper triangle, diagonal included."""
    i, j = np.triu_indices(n)
    return i, j


def _count(groups: Groups) -> int:
    return sum(len(group.muscles) for group in groups)


def _width(groups: Groups) -> int:
    return max(len(group.coordinates) for group in groups)


def group_sums(parameters: MuscleParameters, blocks: Sequence[Array]) -> Array:
    """Blocks (muscle, ..., point), side by side, summed over each group: (group entry, point)."""
    points = blocks[0].shape[-1]
    flat = jnp.concatenate([block.reshape(len(block), -1, points) for block in blocks], axis=1)
    group_of = np.zeros(len(flat), dtype=np.int64)
    for number, group in enumerate(parameters.groups):
        group_of[list(group.muscles)] = number
    return rows_of(jax.ops.segment_sum(flat, group_of, len(parameters.groups)))


class Entries(NamedTuple):
    """Which of the padded entries exist, and the two places that each belongs to."""

    kept: Places
    first: Places
    second: Places


def _entries(pairs: Sequence[tuple[Places, Places]]) -> Entries:
    both = [np.broadcast_arrays(*pair) for pair in pairs]
    first, second = (np.concatenate([pair[k].ravel() for pair in both]) for k in (0, 1))
    kept = np.flatnonzero((first >= 0) & (second >= 0))
    return Entries(kept, first[kept], second[kept])


class InputPlaces(NamedTuple):
    """Places among the inputs of every muscle's coordinates, rates (-1: padding), states."""

    coordinates: Places  # (muscle, span)
    rates: Places
    states: Places  # (state, muscle)
    duration: Places


@cache
def input_places(groups: Groups, states: int) -> InputPlaces:
    """Where among the inputs every muscle's own numbers are."""
    total = sum(len(group.coordinates) for group in groups)
    own = _coordinate_places(groups)
    padding, n = own == total, len(own)
    state = 2 * total + np.arange(states * n).reshape(states, n)
    rates = np.where(padding, -1, own + total)
    return InputPlaces(np.where(padding, -1, own), rates, state, np.array(2 * total + states * n))


@cache
def jacobian_entries(groups: Groups, states: int, elastic: bool) -> Entries:
    """(row, input) of the entries of `first`, in its order."""
    at = input_places(groups, states)
    pairs = []
    for group in groups:
        q, r = at.coordinates[group.muscles[0]], at.rates[group.muscles[0]]
        pairs.append((q[:, None], q))
        if not elastic:
            pairs += [(q[:, None], r), (q, at.duration)]
    pulling = at.states[1] if elastic else at.states[0]
    pairs.append((at.coordinates, pulling[:, None]))
    if elastic:
        balance = sum(len(group.coordinates) for group in groups) + np.arange(at.states.shape[1])
        pairs += [(balance[:, None], at.coordinates), (balance[:, None], at.rates)]
        pairs += [(balance, place) for place in (*at.states[:3], at.duration)]
    return _entries(pairs)


@cache
def hessian_entries(groups: Groups, states: int, metabolic: bool) -> Entries:
    """(input, input) of the entries of `second`, in its order."""
    at = input_places(groups, states)
    pairs = []
    for group in groups:
        q, r = at.coordinates[group.muscles[0]], at.rates[group.muscles[0]]
        i, j = upper(len(q))
        pairs += [(q[i], q[j]), (q[:, None], r), (r[i], r[j]), (q, at.duration), (r, at.duration)]
    for state in at.states:
        pairs += [(at.coordinates, state[:, None]), (at.rates, state[:, None])]
    pairs += [(at.states[i], at.states[j]) for i, j in state_pairs(states, metabolic)]
    pairs += [(state, at.duration) for state in at.states]
    return _entries([*pairs, (at.duration, at.duration)])


def state_pairs(states: int, metabolic: bool) -> list[tuple[int, int]]:
    """Pairs of own states with second derivatives: without heat, activation enters linearly."""
    pairs = [(i, j) for i in range(states) for j in range(i, states)]
    return pairs if metabolic else pairs[1:]


def group_places(parameters: MuscleParameters, *names: str) -> Places:
    """Places of coordinates, rates among the inputs, group by group; -1: padding."""
    at = input_places(parameters.groups, parameters.states)
    return np.concatenate(
        [getattr(at, name)[group.muscles[0]] for group in parameters.groups for name in names]
    )


def rows_of(array: Array) -> Array:
    """(..., point) as (row, point)."""
    return array.reshape(-1, array.shape[-1])
