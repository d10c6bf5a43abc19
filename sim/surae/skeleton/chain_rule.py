"""Between coordinates and motions: rates of motions, and sums over what a coordinate drives.

A motion's value p = f(q) moves with p' = f'(q) q' and p'' = f'(q) q'' + f''(q) q'^2; a generalized
force on the coordinate is the sum of f'(q) times the forces on its motions (virtual work). Where
every motion of a skeleton is its coordinate itself, nothing of this costs anything.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from surae.skeleton.functions import Course
from surae.skeleton.kinematics import layout
from surae.skeleton.tree import Joint, Skeleton


class Rates(NamedTuple):
    """Speeds and accelerations of motions (motion,), and how they change with the coordinate.

    speed_by_q: f'' q'. acceleration_by_q: f'' q'' + f''' q'^2. acceleration_by_v: 2 f'' q'.
    """

    speed: Array
    acceleration: Array
    speed_by_q: Array
    acceleration_by_q: Array
    acceleration_by_v: Array


def motion_rates(skeleton: Skeleton, course: Course, speeds: Array, accelerations: Array) -> Rates:
    """Rates of all motions from those of the coordinates (coordinate,)."""
    own = layout(skeleton.joints).coordinate
    v, a = speeds[own], accelerations[own]
    return Rates(
        speed=course.slope * v,
        acceleration=course.slope * a + course.curvature * v * v,
        speed_by_q=course.curvature * v,
        acceleration_by_q=course.curvature * a + course.third * v * v,
        acceleration_by_v=2.0 * course.curvature * v,
    )


class Shares(NamedTuple):
    """Motions of one coordinate across one joint, one after the other: a share of the coordinate.

    Pairs of motions of different shares are ordered as their shares are, so that sums over a
    share's motions may be taken before products. The first shares are those of the coordinates,
    one each in their order; a coordinate that drives several joints has more. A further share that
    moves nothing else, behind the same shares as the first (a kneecap beside its shank), only adds
    to what is behind others; any other one stands at the end.
    """

    front: tuple[np.ndarray, ...]  # (share,) the motions that move others
    behind: tuple[np.ndarray, ...]  # (share,) the motions that others move
    more: tuple[int, ...]  # the coordinate of each share at the end
    strictly: np.ndarray  # (share, share) 1.0 where the row's share moves the column's, but itself
    inside: np.ndarray  # motions of shares of several
    before: np.ndarray  # (inside, inside) 1.0 where the column's comes before the row's in a share


@cache
def shares(joints: tuple[Joint, ...], n: int) -> Shares:
    """The shares of a tree with n coordinates."""
    own, body = layout(joints).coordinate, layout(joints).body
    runs = _runs(own, body)
    of = [[run for run in runs if own[run[0]] == coordinate] for coordinate in range(n)]
    if not all(of):
        idle = [coordinate for coordinate, found in enumerate(of) if not found]
        raise ValueError(f"No motion belongs to coordinates {idle}.")
    moves = _moves(joints)

    def adds(run: list[int], first: list[int]) -> bool:
        """Whether a further share only moves itself, behind the same motions as the first."""
        others = np.setdiff1d(np.arange(len(own)), [*run, *first])
        alike = np.array_equal(moves[others, run[0]], moves[others, first[0]])
        return alike and not moves[run[0], np.setdiff1d(np.arange(len(own)), run)].any()

    merged = [[run for run in found[1:] if adds(run, found[0])] for found in of]
    last = [
        run
        for found, extra in zip(of, merged, strict=True)
        for run in found[1:]
        if run not in extra
    ]
    ordered = [found[0] for found in of] + last
    leaders = np.array([run[0] for run in ordered])
    strictly = moves[np.ix_(leaders, leaders)] & ~np.eye(len(leaders), dtype=bool)
    inside = np.array([m for run in runs if len(run) > 1 for m in run], int)
    share = {m: number for number, run in enumerate(runs) for m in run}
    before = [[share[a] == share[b] and b < a for b in inside] for a in inside]
    behind = [
        found[0] + [m for run in extra for m in run]
        for found, extra in zip(of, merged, strict=True)
    ]
    return Shares(
        tuple(np.array(run) for run in ordered),
        tuple(np.array(run) for run in behind) + tuple(np.array(run) for run in last),
        tuple(int(own[run[0]]) for run in last),
        strictly.astype(float),
        inside,
        np.array(before, float).reshape(len(inside), len(inside)),
    )


def _runs(own: np.ndarray, body: np.ndarray) -> list[list[int]]:
    runs: list[list[int]] = []
    for motion in range(len(own)):
        last = runs[-1][-1] if runs else -1
        if runs and (body[last], own[last]) == (body[motion], own[motion]):
            runs[-1].append(motion)
        else:
            runs.append([motion])
    return runs


def _moves(joints: tuple[Joint, ...]) -> np.ndarray:
    """(motion, motion) True where the row's motion moves the frame behind the column's."""
    body = layout(joints).body
    n = len(body)
    moves = np.zeros((n, n), bool)
    for k in range(n):
        carrier = int(body[k])
        moves[: k + 1, k] = body[: k + 1] == carrier
        while joints[carrier].parent >= 0:
            carrier = joints[carrier].parent
            moves[body == carrier, k] = True
    return moves


def _sums(groups: tuple[np.ndarray, ...], of_motions: Array) -> Array:
    """Sums (group, ...) of (motion, ...)."""
    total = of_motions[np.array([group[0] for group in groups])]
    for number, group in enumerate(groups):
        if len(group) > 1:
            total = total.at[number].add(jnp.sum(of_motions[group[1:]], axis=0))
    return total


@cache
def _drives(joints: tuple[Joint, ...], n: int) -> tuple[np.ndarray, ...]:
    """The motions of each coordinate."""
    return tuple(np.flatnonzero(layout(joints).coordinate == c) for c in range(n))


def summed(skeleton: Skeleton, of_motions: Array) -> Array:
    """Sums over the motions of each coordinate: (motion, ...) -> (coordinate, ...)."""
    return _sums(_drives(skeleton.joints, len(skeleton.coordinate_names)), of_motions)


def summed_twice(skeleton: Skeleton, of_motions: Array) -> Array:
    """Sums along both axes: (motion, motion) -> (coordinate, coordinate)."""
    return summed(skeleton, summed(skeleton, of_motions).T).T


def pair_products(skeleton: Skeleton, ancestors: Array, descendants: Array) -> Array:
    """ancestor . descendant of (motion, any) each, for all shares (share, share); rows in front.

    Every pair is computed, also those that are zero: all of them in one loop without look-ups.
    """
    book = shares(skeleton.joints, len(skeleton.coordinate_names))
    above, below = _sums(book.front, ancestors), _sums(book.behind, descendants)
    terms = [above[:, None, x] * below[None, :, x] for x in range(ancestors.shape[1])]
    product = sum(terms[1:], terms[0])
    strictly = book.strictly.reshape(*book.strictly.shape, *(1,) * (product.ndim - 2))
    return jnp.where(strictly > 0.0, product, 0.0)


def pair_matrix(skeleton: Skeleton, front: Array, behind: Array, own: Array) -> Array:
    """The matrix (coordinate, coordinate) of sums over pairs (share, share) and a diagonal.

    front: rows are coordinates of the share in front, columns of the one behind. behind: products
    of the same pairs that belong into the transposed place. own: (coordinate,).
    """
    n = len(skeleton.coordinate_names)
    matrix = front + jnp.swapaxes(behind, 0, 1)
    for number, coordinate in enumerate(shares(skeleton.joints, n).more, start=n):
        matrix = matrix.at[coordinate].add(matrix[number])
        matrix = matrix.at[:, coordinate].add(matrix[:, number])
    diagonal = np.eye(n, dtype=bool).reshape(n, n, *(1,) * (own.ndim - 1))
    return matrix[:n, :n] + jnp.where(diagonal, own[:, None], 0.0)


def pairs_within(skeleton: Skeleton, ancestors: Array, descendants: Array) -> Array:
    """Sums of ancestor . descendant over pairs of motions within a share (coordinate,)."""
    joints, n = skeleton.joints, len(skeleton.coordinate_names)
    book = shares(joints, n)
    if not len(book.inside):
        return jnp.zeros((n, *ancestors.shape[2:]))
    earlier = jnp.tensordot(jnp.asarray(book.before), ancestors[book.inside], 1)
    within = jnp.sum(earlier * descendants[book.inside], axis=1)
    own = layout(joints).coordinate[book.inside]
    total = jnp.zeros((n, *ancestors.shape[2:]))
    for coordinate in dict.fromkeys(own.tolist()):
        total = total.at[coordinate].add(jnp.sum(within[own == coordinate], axis=0))
    return total


def instants_last(function: Callable[..., Array]) -> Callable[..., Array]:
    """The function of arrays (any, ..., instant...), batched by vmap along a new last axis.

    JAX would put the instants first, and loops would run along axes of six or nine numbers.
    """
    own = jax.custom_batching.custom_vmap(function)

    @own.def_vmap
    def batched(size: int, is_batched: list[bool], *given: Array) -> tuple[Array, bool]:
        last = [
            jnp.moveaxis(x, 0, -1) if moved else jnp.broadcast_to(x[..., None], (*x.shape, size))
            for x, moved in zip(given, is_batched, strict=True)
        ]
        return jnp.moveaxis(function(*last), -1, 0), True

    return own
