"""From which case each case starts: a tree fixed before the run, rooted in the healthy baseline.

A case starts from the nearest one of the same task (speed, parameters, costs) that lies closer to
its task's healthiest case; these healthiest cases start from one another, the one nearest to the
root first. Positions are scaled so that 1 is one comfortable step of a warm start.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_DECIMALS = 9  # of a step: what differs by less is a tie, whatever the machine rounds
_TIE = 1e-9
_NEIGHBOURS_AT_FIRST = 8
_NEIGHBOURS_AT_MOST = 1024  # only equal points crowd more than that
_DISTANCES_AT_ONCE = 4_000_000
_APART = 1e6  # steps between tasks, farther than any weakness


@dataclasses.dataclass(frozen=True, eq=False)
class Tree:
    """Cases by number, parents before their children, breadth first; the root is number 0.

    parents: (n,), -1 for the root. positions: (n, d) in steps. depths: (n,), 0 for the root.
    """

    parents: Ints
    positions: Floats
    depths: Ints

    @property
    def n(self) -> int:
        """Number of cases."""
        return len(self.parents)

    def children(self, number: int) -> Ints:
        """Numbers of the cases that start from this one, ascending."""
        children, start = self._children
        return children[start[number] : start[number + 1]]

    def neighbours(self, number: int, count: int = 8) -> Ints:
        """Up to `count` lower-numbered cases, nearest first, ties by number; parent included."""
        wanted, found = min(count, number), np.array([], int)
        asked = min(self.n, 4 * count)
        while wanted:
            distance, index = self._space.query(self._rounded[number], k=asked)
            distance, index = np.atleast_1d(distance), np.atleast_1d(index)
            # The farthest ones may tie with others that were not asked for.
            sure = (distance < distance[-1] * (1 - _TIE)) | (asked == self.n)
            found = np.flatnonzero(sure & (index < number))
            if len(found) >= wanted or asked == self.n:
                order = np.lexsort((index[found], distance[found].round(_DECIMALS)))
                return index[found[order[:wanted]]].astype(int)
            asked = min(self.n, 4 * asked)
        return found

    @functools.cached_property
    def _children(self) -> tuple[Ints, Ints]:
        order = np.argsort(self.parents, kind="stable")
        return order, np.searchsorted(self.parents[order], np.arange(self.n + 1))

    @functools.cached_property
    def _rounded(self) -> Floats:
        return self.positions.round(_DECIMALS)

    @functools.cached_property
    def _space(self) -> KDTree:
        return KDTree(self._rounded)


def tree_of(
    positions: Floats,
    weakness: Sequence[int] = (),
    after: Ints | None = None,
    place: Ints | None = None,
) -> tuple[Tree, Ints]:
    """A tree of cases (n, d) whose row 0 is the root, and the row of each number.

    weakness: columns of `positions` that are weaknesses, 0 where healthy. after: (n,) rows to start
    from, -1 where the rule decides. place: (n,) order among cases of the same depth, the rows'
    where not given.
    """
    n = len(positions)
    given = np.full(n, -1) if after is None else np.asarray(after)
    free = np.flatnonzero(given < 0)
    parents = given.copy()
    natural = _natural_parents(positions[free].round(_DECIMALS), list(weakness))
    parents[free] = np.where(natural < 0, -1, free[natural])
    depths = _depths(parents)
    order = np.lexsort((np.arange(n) if place is None else place, depths))
    number = np.empty(n, int)
    number[order] = np.arange(n)
    parents = np.where(parents[order] < 0, -1, number[parents[order]])
    return Tree(parents, positions[order], depths[order]), order


def _natural_parents(positions: Floats, weakness: list[int]) -> Ints:
    """Parents (n,) by the rule of this file; row 0 is the root."""
    n = len(positions)
    task = np.delete(positions, weakness, axis=1)
    weak = positions[:, weakness]
    group = groups_of(task)
    weakest_last = np.lexsort((np.arange(n), _length(weak), group))
    sorted_group = group[weakest_last]
    is_head = np.r_[True, sorted_group[1:] != sorted_group[:-1]]
    # A coordinate far apart keeps tasks from meeting, so that one search serves all of them.
    points = np.column_stack([weak, _APART * group.astype(float)])[weakest_last]
    earlier = _nearest_earlier(points, np.flatnonzero(~is_head))
    parents = np.full(n, -1)
    parents[weakest_last[~is_head]] = weakest_last[earlier[~is_head]]

    heads = weakest_last[is_head]
    from_root = _length(positions[heads] - positions[0]).round(_DECIMALS)
    heads = heads[np.lexsort((heads, from_root))]
    earlier = _nearest_earlier(positions[heads], np.arange(1, len(heads)))
    parents[heads[1:]] = heads[earlier[1:]]
    return parents


def groups_of(rows: NDArray) -> Ints:
    """A whole number for each row (n, d), the same for equal rows."""
    group = np.zeros(len(rows), int)
    for column in rows.T:
        code = np.unique(column, return_inverse=True)[1]
        group = np.unique(group * (code.max(initial=0) + 1) + code, return_inverse=True)[1]
    return group


def _nearest_earlier(points: Floats, wanted: Ints) -> Ints:
    """The nearest earlier point of each wanted one, the earliest where several tie; else -1."""
    n = len(points)
    nearest = np.full(n, -1)
    if not len(wanted):
        return nearest
    space = KDTree(points)
    count = min(n, _NEIGHBOURS_AT_FIRST)
    while len(wanted):
        left = []
        for part in np.array_split(wanted, 1 + len(wanted) * count // _DISTANCES_AT_ONCE):
            distance, index = space.query(points[part], k=count)
            before = np.where(index < part[:, None], distance, np.inf)
            best = before.min(axis=1, keepdims=True)
            tied = before <= best * (1 + _TIE) + _TIE
            nearest[part] = np.where(tied, index, n).min(axis=1)
            # A tie may hide behind the farthest neighbour that was asked for.
            sure = (best[:, 0] + _TIE < distance[:, -1] * (1 - _TIE)) | (count == n)
            if count >= _NEIGHBOURS_AT_MOST:
                sure |= np.isfinite(best[:, 0])
            left.append(part[~sure])
        wanted = np.concatenate(left)
        count = min(n, 4 * count)
    return nearest


def _depths(parents: Ints) -> Ints:
    depths = np.where(parents < 0, 0, -1)
    while (depths < 0).any():
        waiting = np.flatnonzero(depths < 0)
        ready = waiting[depths[parents[waiting]] >= 0]
        if not len(ready):
            raise ValueError("The cases start from one another in a circle.")
        depths[ready] = depths[parents[ready]] + 1
    return depths


def _length(vectors: Floats) -> Floats:
    return np.sqrt((vectors**2).sum(axis=1)).round(_DECIMALS)
