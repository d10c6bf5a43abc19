"""How the solution of a nonlinear program moves with what the program is made of.

At a solution the first-order conditions hold: the Lagrangian is stationary, the rows are zero, and
every bound's multiplier times its distance is the solver's last barrier. They define unknowns and
multipliers as functions of any number in the program (implicit function theorem: Fiacco, Math.
Program. 10:287, 1976); one factorization of their Jacobian serves all numbers, and all functions of
the solution. A bound far from acting adds next to nothing to the Hessian, one that acts all but
fixes its unknown, and one that hardly presses adds what the barrier makes of it.
"""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from surae.nlp.program import Floats, Guess, Ints, NonlinearProgram, Pattern
from surae.nlp.ring import Inertia, RingFactors

# A bound is weakly active where distance and multiplier are within this factor of each other: the
# barrier then holds it neither on the bound nor off it.
WEAK = 10.0
TINY = 1e-12  # of a distance from a bound
# What holds an unknown at its bound, beside curvatures of order one and less.
HELD = 1e6
# A stiffer bound than this holds no better, and what it pulls would drown in rounding.
HARDEST = 1e8


@dataclasses.dataclass(frozen=True)
class Blocks:
    """Places of the unknowns (n,) and rows (m,) in the ring.

    pairs (pair, 2): unknown and row; alone (k,): unknowns. Both as in nlp.ring.
    """

    unknowns: Ints
    rows: Ints
    pairs: Ints
    alone: Ints


@dataclasses.dataclass(frozen=True)
class Motion:
    """Movements of the unknowns (n, direction), of the rows' multipliers, of the bounds'."""

    unknowns: Floats
    row_multipliers: Floats
    bound_multipliers: Floats


@dataclasses.dataclass(frozen=True)
class Conditions:
    """Left-hand sides of the first-order conditions, or their derivatives by a number.

    stationarity (n,), rows (m,); lower, upper (n,): the bounds themselves (zero where infinite).
    """

    stationarity: Floats
    rows: Floats
    lower: Floats
    upper: Floats


def conditions(program: NonlinearProgram, point: Guess) -> Conditions:
    """Gradient of the Lagrangian without the bounds' part, rows and bounds at a point."""
    jacobian = _matrix(program.jacobian_pattern, program.jacobian(point.unknowns))
    slope = program.gradient(point.unknowns) + jacobian.T @ point.row_multipliers
    rows = program.constraints(point.unknowns) - program.row_lower
    return Conditions(slope, rows, *(_finite(b) for b in (program.lower, program.upper)))


class Solution:
    """A solved program, its conditions' Jacobian factored."""

    def __init__(self, program: NonlinearProgram, point: Guess, blocks: Blocks) -> None:
        if point.row_multipliers is None or point.bound_multipliers is None:
            raise ValueError("How a solution moves cannot be told without its multipliers.")
        self.point = point
        x, pull = point.unknowns, point.bound_multipliers
        self.free = np.flatnonzero(program.lower < program.upper)
        self._fixed = np.flatnonzero(program.lower >= program.upper)
        self.lower, self.upper = program.lower, program.upper
        below, above = x - program.lower, program.upper - x
        # Bound multipliers are positive at upper bounds, negative at lower ones.
        self.by_lower = _stiffness(np.maximum(-pull, 0.0), below)
        self.by_upper = _stiffness(np.maximum(pull, 0.0), above)
        nearest = np.minimum(below, above)
        # The solver may end beyond a bound, by the little that it relaxes it.
        ratio = np.abs(pull) / np.maximum(nearest, TINY)
        self.active = _among(self.free, ratio > WEAK, len(x))
        self.weakly_active = _among(self.free, (ratio <= WEAK) & (ratio >= 1.0 / WEAK), len(x))
        now = conditions(program, point)
        self.residual = dataclasses.replace(now, stationarity=now.stationarity + pull)
        hessian = _matrix(program.hessian_pattern, program.hessian(x, 1.0, point.row_multipliers))
        hessian = hessian + sp.triu(hessian, 1).T
        self._hessian = sp.csr_matrix(hessian + sp.diags(self.by_lower + self.by_upper))
        self._jacobian = _matrix(program.jacobian_pattern, program.jacobian(x)).tocsr()
        self._blocks, self._n_rows = blocks, len(program.row_lower)
        self._factors = self._factored()

    def with_bounds_decided(self) -> Solution:
        """The same with every bound either holding its unknown or not there.

        It holds where its multiplier exceeds the distance from it; the barrier's own way between
        the two is left out.
        """
        other = copy.copy(self)
        changed: dict[str, Any] = {
            name: np.where(getattr(self, name) > 1.0, HELD, 0.0)
            for name in ("by_lower", "by_upper")
        }
        before = self.by_lower + self.by_upper
        after = changed["by_lower"] + changed["by_upper"]
        changed["_hessian"] = sp.csr_matrix(self._hessian + sp.diags(after - before))
        other.__dict__.update(changed)
        other._factors = other._factored()
        return other

    def _factored(self) -> RingFactors:
        blocks = self._blocks
        free, rows = self.free, np.arange(self._n_rows)
        inner, across = self._hessian[free][:, free], self._jacobian[:, free]
        matrix = sp.csr_matrix(sp.bmat([[inner, across.T], [across, None]], format="csr"))
        place = np.full(len(self.point.unknowns), -1)
        place[free] = np.arange(len(free))
        pairs = np.stack([place[blocks.pairs[:, 0]], len(free) + blocks.pairs[:, 1]], axis=1)
        pairs = pairs[pairs[:, 0] >= 0]
        alone = place[blocks.alone]
        ring = np.concatenate([blocks.unknowns[free], blocks.rows[rows]])
        return RingFactors(matrix, ring, pairs, alone[alone >= 0])

    @property
    def inertia(self) -> Inertia:
        """Of the conditions' Jacobian."""
        return self._factors.inertia

    @property
    def regular(self) -> bool:
        """Strict minimum with one set of multipliers: second-order condition, independent rows."""
        wanted = len(self.free), self._n_rows, 0
        inertia = self.inertia
        return (inertia.positive, inertia.negative, inertia.zero) == wanted

    def solve(self, right: Floats) -> Floats:
        """Of the factored system, for the free unknowns and then the rows (n + m, right side)."""
        return self._factors.solve(right)

    def moved(self, by_number: list[Conditions]) -> Motion:
        """Motion of the solution for each of these derivatives of the conditions by a number."""
        lower, upper, slope, rows = (
            np.stack([getattr(c, name) for c in by_number], axis=1)
            for name in ("lower", "upper", "stationarity", "rows")
        )
        pushed = self.by_lower[:, None] * lower + self.by_upper[:, None] * upper
        unknowns = np.zeros_like(lower)
        unknowns[self._fixed] = lower[self._fixed]
        slope = slope - pushed + self._hessian @ unknowns
        rows = rows + self._jacobian @ unknowns
        right = -np.concatenate([slope[self.free], rows])
        solved = self.solve(right)
        unknowns[self.free] = solved[: len(self.free)]
        pull = (self.by_lower + self.by_upper)[:, None] * unknowns - pushed
        return Motion(unknowns, solved[len(self.free) :], pull)

    def adjoint(self, gradients: Floats) -> Conditions:
        """Weights (., function) with which derivatives of the conditions count.

        gradients: (n, function) of functions of the unknowns. The derivative of a function by a
        number is minus the sum of these weights times the conditions' derivatives by it.
        """
        right = np.zeros((len(self.free) + self._n_rows, gradients.shape[1]))
        right[: len(self.free)] = gradients[self.free]
        solved = self.solve(right)
        unknowns, rows = np.zeros(gradients.shape), solved[len(self.free) :]
        unknowns[self.free] = solved[: len(self.free)]
        lower, upper = (-by[:, None] * unknowns for by in (self.by_lower, self.by_upper))
        # What is fixed takes the function along by itself, and pushes all the others.
        fixed = self._fixed
        pushed = self._hessian[:, fixed].T @ unknowns + self._jacobian[:, fixed].T @ rows
        lower[fixed] = pushed - gradients[fixed]
        return Conditions(unknowns, rows, lower, upper)

    def last_step(self) -> Motion:
        """Newton's step from here: how far the solve stopped from its solution."""
        r = self.residual
        nothing = np.zeros_like(r.lower)
        return self.moved([dataclasses.replace(r, lower=nothing, upper=nothing)])


def _stiffness(pull: Floats, distance: Floats) -> Floats:
    """Multiplier over distance: what a bound adds to the Hessian; zero where it does not pull."""
    pulls = (pull > 0.0) & np.isfinite(distance)
    stiffness = np.where(pulls, pull, 0.0) / np.where(pulls, np.maximum(distance, TINY), 1.0)
    return np.minimum(stiffness, HARDEST)


def _among(free: Ints, chosen: NDArray[np.bool_], n: int) -> Ints:
    is_free = np.zeros(n, dtype=bool)
    is_free[free] = True
    return np.flatnonzero(is_free & chosen)


def _finite(bound: Floats) -> Floats:
    return np.where(np.isfinite(bound), bound, 0.0)


def _matrix(pattern: Pattern, values: Floats) -> sp.csc_matrix:
    found = sp.csc_matrix((values, (pattern.rows, pattern.columns)), shape=pattern.shape)
    found.eliminate_zeros()  # two thirds of a Hessian's places
    return found
