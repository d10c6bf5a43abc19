"""Where a solution goes when its conditions are pushed, bounds acting and letting go on the way.

    K d(t) = -t push,  t from 0 to 1

K is the conditions' Jacobian, factored once (nlp.kkt). As long as every bound does what it did, d
is a straight line. It bends where an unknown reaches a bound, which holds it from there on, and
where a bound no longer pulls, which lets go: a parametric active-set method (Ferreau, Bock & Diehl,
Int. J. Robust Nonlinear Control 18:816, 2008). Every such bound costs one solve with the factors
and a row of a small dense system, their Schur complement (Gill, Murray, Saunders & Wright, in
Reliable Numerical Computation, 1990); nothing is factored again.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from surae.nlp.kkt import Solution
from surae.nlp.program import Floats, Guess, Ints

# By how much a bound may be overstepped, or pull the wrong way, before that counts: what the
# barrier leaves to bounds that hardly act is far more.
CLEAR = 1e-7
MOST_BENDS = 300
AT_ONCE = 64  # columns solved for ahead of need
AS_IT_IS, HELD, OFF = 0, 1, 2


@dataclasses.dataclass(frozen=True)
class Bounds:
    """Finite bounds of the free unknowns: whose, on which side (1: below, -1: above), how far and
    how hard they pull, and what they add to the Hessian (bound,)."""

    unknown: Ints
    side: Floats
    distance: Floats
    pull: Floats
    stiffness: Floats


@dataclasses.dataclass(frozen=True)
class Followed:
    """Where the path ends. reached: the t of that, 1 unless it turns back before."""

    point: Guess
    reached: float


def follow(solution: Solution, push: Floats) -> Followed:
    """The path's end for a push of the free unknowns' stationarity and of the rows (n + m,)."""
    return _Path(solution, push).walk()


def bounds_of(solution: Solution) -> Bounds:
    """All bounds at a solution."""
    free, point = solution.free, solution.point
    assert point.bound_multipliers is not None
    kept = []
    for side, values, stiffness in (
        (1.0, solution.lower, solution.by_lower),
        (-1.0, solution.upper, solution.by_upper),
    ):
        own = np.flatnonzero(np.isfinite(values[free]))
        at = free[own]
        distance = np.maximum(side * (point.unknowns[at] - values[at]), 0.0)
        pull = np.maximum(-side * point.bound_multipliers[at], 0.0)
        kept.append((own, np.full(len(own), side), distance, pull, stiffness[at]))
    return Bounds(*(np.concatenate(each) for each in zip(*kept, strict=True)))


class _Path:
    """The piecewise straight path; lines are (., 2): constant part and slope by t."""

    def __init__(self, solution: Solution, push: Floats) -> None:
        self._solution, self._bounds = solution, bounds_of(solution)
        self._unbent = -solution.solve(push[:, None])[:, 0]
        self._state = np.zeros(len(self._bounds.unknown), dtype=int)
        self._bent: list[int] = []  # bounds that do no longer what they did
        self._columns: dict[int, Floats] = {}  # by unknown: what a unit of force on it moves

    def walk(self) -> Followed:
        """From bend to bend to t = 1."""
        reached, last = 0.0, (-1, -1)
        movement, distance, pull = self._lines()
        for _ in range(MOST_BENDS):
            when, new = self._crossings(distance, pull, reached)
            first = int(np.argmin(when))
            if when[first] >= 1.0:
                return self._at(1.0, movement, pull)
            if last == (first, self._state[first]) and when[first] <= reached:
                break  # what has just changed would change back: the path turns
            reached = max(reached, float(when[first]))
            self._bend(first, int(new[first]), when)
            last = first, int(new[first])
            try:
                movement, distance, pull = self._lines()
            except np.linalg.LinAlgError:  # the bounds that act cannot all be held
                break
        return self._at(reached, movement, pull)

    def _lines(self) -> tuple[Floats, Floats, Floats]:
        """Movement of unknowns and multipliers; distance and pull of all bounds."""
        b, n = self._bounds, len(self._solution.free)
        movement = np.stack([np.zeros_like(self._unbent), self._unbent], axis=1)
        force = np.zeros((len(b.unknown), 2))
        if self._bent:
            columns = np.stack([self._columns[int(b.unknown[i])] for i in self._bent], axis=1)
            force[self._bent] = own = self._forces(columns)
            movement -= columns @ own
        along = b.side[:, None] * movement[:n][b.unknown]
        distance = along.copy()
        distance[:, 0] += b.distance
        pull = -b.stiffness[:, None] * along - b.side[:, None] * force
        pull[:, 0] += b.pull
        return movement, distance, pull

    def _forces(self, columns: Floats) -> Floats:
        """Forces that hold the held unknowns on their bounds, and take away the pulls of the others
        (bent, 2)."""
        b, bent = self._bounds, self._bent
        own, unbent = columns[b.unknown[bent]], self._unbent[b.unknown[bent]]
        side, stiffness = b.side[bent], b.stiffness[bent]
        held = self._state[bent] == HELD
        # Rows of hard bounds are large; by their own size they are near 1.
        size = np.where(held, 1.0, np.maximum(1.0, stiffness))
        weight = np.where(held, 1.0, -stiffness / size)
        matrix = weight[:, None] * own + np.diag(np.where(held, 0.0, 1.0 / size))
        constant = np.where(held, side * b.distance[bent], side * b.pull[bent] / size)
        solved = np.linalg.solve(matrix, np.stack([constant, weight * unbent], axis=1))
        return np.asarray(solved, dtype=np.float64)

    def _crossings(self, distance: Floats, pull: Floats, reached: float) -> tuple[Floats, Ints]:
        """When each bound changes next, and to what; a pull falls, or a distance."""
        state = self._state
        onto = np.where(state == HELD, np.inf, _falls_below(distance, reached))
        off = np.where(state == OFF, np.inf, _falls_below(pull, reached))
        return np.minimum(onto, off), np.where(onto <= off, HELD, OFF)

    def _bend(self, first: int, new: int, when: Floats) -> None:
        """Change what a bound does; columns of its unknown and of those that look like the next."""
        self._state[first] = new
        if first not in self._bent:
            self._bent.append(first)
        if int(self._bounds.unknown[first]) in self._columns:
            return
        soon = [first, *np.argsort(when)[:AT_ONCE].tolist()]
        unknowns = {int(self._bounds.unknown[i]) for i in soon if i == first or when[i] < 1.0}
        missing = sorted(unknowns - self._columns.keys())
        right = np.zeros((len(self._unbent), len(missing)))
        right[missing, np.arange(len(missing))] = 1.0
        solved = self._solution.solve(right)
        self._columns |= {unknown: solved[:, i].copy() for i, unknown in enumerate(missing)}

    def _at(self, t: float, movement: Floats, pull: Floats) -> Followed:
        solution, b = self._solution, self._bounds
        point, free = solution.point, solution.free
        assert point.row_multipliers is not None and point.bound_multipliers is not None
        moved = movement @ [1.0, t]
        unknowns, pulls = point.unknowns.copy(), point.bound_multipliers.copy()
        unknowns[free] += moved[: len(free)]
        pulls[free] = -np.bincount(
            b.unknown, b.side * np.maximum(pull @ [1.0, t], 0.0), minlength=len(free)
        )
        rows = point.row_multipliers + moved[len(free) :]
        return Followed(Guess(unknowns, rows, pulls), t)


def _falls_below(lines: Floats, reached: float) -> NDArray[np.float64]:
    """The t at which each line falls below -CLEAR; infinite if it rises."""
    falling = lines[:, 1] < 0.0
    when = np.full(len(lines), np.inf)
    when[falling] = (-CLEAR - lines[falling, 0]) / lines[falling, 1]
    return np.maximum(when, reached)
