"""Between coordinates and motions: rates of motions, and sums over what a coordinate drives.

A motion's value p = f(q) moves with p' = f'(q) q' and p'' = f'(q) q'' + f''(q) q'^2; a generalized
force on the coordinate is the sum of f'(q) times the forces on its motions (virtual work). Where
every motion of a skeleton is its coordinate itself, nothing of this costs anything.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

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
    coordinate's motions may be taken before products. The first shares are those of the
    coordinates, one each in their order; a coordinate that drives several joints has more at the
    end.
    """

    first: np.ndarray  # (share,) first motion
    others: tuple[tuple[int, np.ndarray], ...]  # (share, its other motions), where it has any
    more: tuple[tuple[int, int], ...]  # (share, coordinate) beyond the coordinates' own
    strictly: np.ndarray  # (share, share) 1.0 where the row's share moves the column's, but itself
    inside: np.ndarray  # motions of shares of several
    before: np.ndarray  # (inside, inside) 1.0 where the column's comes before the row's in a share


@cache
def shares(joints: tuple[Joint, ...], n: int) -> Shares:
    """The shares of a tree with n coordinates."""
    own, body = layout(joints).coordinate, layout(joints).body
    runs: list[list[int]] = []
    for motion in range(len(own)):
        last = runs[-1][-1] if runs else -1
        if runs and (body[last], own[last]) == (body[motion], own[motion]):
            runs[-1].append(motion)
        else:
            runs.append([motion])
    of = [[run for run in runs if own[run[0]] == coordinate] for coordinate in range(n)]
    if not all(of):
        idle = [coordinate for coordinate, found in enumerate(of) if not found]
        raise ValueError(f"No motion belongs to coordinates {idle}.")
    ordered = [found[0] for found in of] + [run for found in of for run in found[1:]]
    inside = np.array([m for run in runs if len(run) > 1 for m in run], int)
    share = {m: s for s, run in enumerate(ordered) for m in run}
    same = np.array([[share[a] == share[b] and b < a for b in inside] for a in inside], float)
    moves = _moves(joints)
    leaders = np.array([run[0] for run in ordered])
    strictly = np.zeros((len(ordered), len(ordered)))
    for k, run in enumerate(ordered):
        for i, other in enumerate(ordered):
            strictly[i, k] = float(i != k and moves[other[0], run[0]])
    return Shares(
        leaders,
        tuple((s, np.array(run[1:])) for s, run in enumerate(ordered) if len(run) > 1),
        tuple((s, int(own[ordered[s][0]])) for s in range(n, len(ordered))),
        strictly,
        inside,
        same.reshape(len(inside), len(inside)),
    )


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


def _of_shares(book: Shares, of_motions: Array) -> Array:
    """Sums (share, ...) of (motion, ...)."""
    total = of_motions[book.first]
    for share, others in book.others:
        total = total.at[share].add(jnp.sum(of_motions[others], axis=0))
    return total


def _of_coordinates(book: Shares, of_shares: Array) -> Array:
    """Sums (coordinate, ...) of (share, ...)."""
    n = len(book.first) - len(book.more)
    total = of_shares[:n]
    for share, coordinate in book.more:
        total = total.at[coordinate].add(of_shares[share])
    return total


def summed(skeleton: Skeleton, of_motions: Array) -> Array:
    """Sums over the motions of each coordinate: (motion, ...) -> (coordinate, ...)."""
    book = shares(skeleton.joints, len(skeleton.coordinate_names))
    return _of_coordinates(book, _of_shares(book, of_motions))


def summed_twice(skeleton: Skeleton, of_motions: Array) -> Array:
    """Sums along both axes: (motion, motion) -> (coordinate, coordinate)."""
    return summed(skeleton, summed(skeleton, of_motions).T).T


def pair_products(skeleton: Skeleton, ancestors: Array, descendants: Array) -> Array:
    """Sums of ancestor . descendant over pairs of motions, (coordinate, coordinate).

    ancestors, descendants: (motion, any). A pair counts where the first motion moves the second
    and is another one; rows are the coordinates of the first. Pairs within a share are on the
    diagonal.
    """
    book = shares(skeleton.joints, len(skeleton.coordinate_names))
    above, below = _of_shares(book, ancestors), _of_shares(book, descendants)
    matrix = jnp.asarray(book.strictly) * (above @ below.T)
    matrix = _of_coordinates(book, _of_coordinates(book, matrix).T).T
    if not len(book.inside):
        return matrix
    earlier = jnp.asarray(book.before) @ ancestors[book.inside]
    within = jnp.sum(earlier * descendants[book.inside], axis=-1)
    own = layout(skeleton.joints).coordinate[book.inside]
    for coordinate in dict.fromkeys(own.tolist()):
        matrix = matrix.at[coordinate, coordinate].add(jnp.sum(within[own == coordinate]))
    return matrix
