"""Symmetric sparse systems in blocks that couple to their neighbours in a ring, and to a border.

The equations of a Newton step on a transcribed problem are of that kind: what belongs to one
interval meets the intervals before and after, the last one the first, and a few unknowns meet all.
What meets little is eliminated beforehand, by sparse products; then block after block by its dense
inverse, which serves many right-hand sides as fast as matrices multiply; what the last one hands on
to the first joins the border. A general sparse factorization does several times the work here, and
one solve for a hundred right-hand sides costs it more than its factorization.

Inertia (how many eigenvalues are positive and negative) adds up over the eliminations: Haynsworth,
Linear Algebra and its Applications 1:73 (1968).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from surae.nlp.chain import Chain

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ACCURATE = 1e-8  # of a solution
REFINEMENTS = 3
# An entry may grow so much where what stands alone is eliminated; a refinement makes up for it.
GROWTH = 1e6
NONE = np.zeros(0, dtype=np.int64)
# With the numbers of its positive, negative and zero eigenvalues.
_Inverse = tuple[sp.csr_matrix, Ints]


@dataclasses.dataclass(frozen=True)
class Inertia:
    """Numbers of positive, negative and (to rounding) zero eigenvalues."""

    positive: int
    negative: int
    zero: int


@dataclasses.dataclass(frozen=True)
class _Beforehand:
    """What was eliminated by sparse products: its inverse, and how the rest meets it."""

    inverse: sp.csr_matrix
    across: sp.csr_matrix


class RingFactors:
    """Factors of a symmetric matrix; `blocks` says which block each index is in, or BORDER.

    pairs: (pair, 2) indices of an unknown and a row, eliminated beforehand: the rows meet neither
    each other nor any of these unknowns but their own. alone: (index,) what may be eliminated after
    them, each by itself, where it meets none of its kind. What they meet must not lie more than one
    block apart.
    """

    def __init__(
        self,
        matrix: sp.csr_matrix,
        blocks: Ints,
        pairs: Ints | None = None,
        alone: Ints | None = None,
    ) -> None:
        self._matrix = matrix
        first = NONE if pairs is None else pairs.T.ravel()
        second = NONE if alone is None else alone
        others = np.ones(len(blocks), dtype=bool)
        others[first] = others[second] = False
        order = np.concatenate([first, second, np.flatnonzero(others)])
        whole = sp.csr_matrix(self._matrix[order][:, order])
        by_pairs, left, signs = _eliminated(whole, len(first), _inverse_of_pairs)
        after = order[len(first) :]
        chosen = _alone(left, len(second))
        rest = np.setdiff1d(np.arange(len(after)), chosen)
        moved = np.concatenate([chosen, rest])
        if len(chosen) < len(second):
            left = sp.csr_matrix(left[moved][:, moved])
        by_alone, left, more = _eliminated(left, len(chosen), _inverse_of_diagonal)
        self._chain = Chain(left, blocks[after[rest]])
        own = self._chain.order
        moved = np.concatenate([chosen, rest[own]])
        self._order = np.concatenate([first, after[moved]])
        self._beforehand = (
            _Beforehand(by_pairs.inverse, sp.csr_matrix(by_pairs.across[moved])),
            _Beforehand(by_alone.inverse, sp.csr_matrix(by_alone.across[own])),
        )
        self.inertia = Inertia(*(int(count) for count in signs + more + self._chain.signs))

    def solve(self, right: Floats) -> Floats:
        """Solutions (index, right-hand side), refined against the matrix itself where it is due.

        Elimination block by block does not pivot between blocks; refinements make up for it. What
        the next would do to a mixture of all solutions tells whether it would do anything.
        """
        solution = self._solve_once(right)
        size = np.sqrt(np.einsum("ij,ij->j", solution, solution))
        mixture = np.cos(np.arange(1.0, len(size) + 1.0)) / np.where(size > 0.0, size, 1.0)
        for _ in range(REFINEMENTS):
            whole = solution @ mixture
            correction = self._solve_once((right @ mixture - self._matrix @ whole)[:, None])
            if np.linalg.norm(correction) <= ACCURATE * np.linalg.norm(whole):
                break
            solution += self._solve_once(right - self._matrix @ solution)
        return solution

    def _solve_once(self, right: Floats) -> Floats:
        solved = right[self._order]
        rest = solved
        for gone in self._beforehand:
            own, rest = _split(rest, gone)
            own[:] = gone.inverse @ own
            rest -= gone.across @ own
        self._chain.solve(rest)
        solution = np.empty_like(right)
        # The rest of the pairs is all that follows them, and the one of those alone the chain.
        first, second = self._beforehand
        local, rest = _split(solved, first)
        alone, chain = _split(rest, second)
        alone -= second.inverse @ (second.across.T @ chain)
        local -= first.inverse @ (first.across.T @ rest)
        solution[self._order] = solved
        return solution


def _split(values: Floats, gone: _Beforehand) -> tuple[Floats, Floats]:
    count = len(gone.inverse.indptr) - 1
    return values[:count], values[count:]


def _eliminated(
    matrix: sp.csr_matrix,
    count: int,
    inverse_of: Callable[[sp.csr_matrix], _Inverse],
) -> tuple[_Beforehand, sp.csr_matrix, Ints]:
    """The first `count` indices, what is left of the others, and signs of eigenvalues."""
    inverse, signs = inverse_of(sp.csr_matrix(matrix[:count, :count]))
    across = sp.csr_matrix(matrix[count:, :count])
    left = matrix[count:, count:] - across @ inverse @ across.T
    return _Beforehand(inverse, across), sp.csr_matrix(left), signs


def _inverse_of_pairs(matrix: sp.csr_matrix) -> _Inverse:
    """Of [[H, B], [B, 0]] with B diagonal, which has as many eigenvalues of each sign."""
    count = (len(matrix.indptr) - 1) // 2
    own, across, rows = matrix[:count, :count], matrix[:count, count:], matrix[count:, count:]
    by = across.diagonal()
    if rows.count_nonzero() or across.count_nonzero() > count:
        raise ValueError("Pairs meet each other in more than their unknowns.")
    back = sp.diags(1.0 / by)
    inverse = sp.csr_matrix(sp.bmat([[None, back], [back, -back @ own @ back]]))
    return inverse, np.array([count, count, 0])


def _alone(matrix: sp.csr_matrix, count: int) -> Ints:
    """Which of the first `count` indices meet none of these, and divide without much loss."""
    diagonal, entries = np.abs(matrix.diagonal()[:count]), matrix[:count].tocoo()
    # What meets these may be in any row, and the largest that it meets elsewhere, too.
    largest = np.zeros(len(matrix.indptr) - 1)
    np.maximum.at(largest, matrix.indices, np.abs(matrix.data))
    row, column, value = entries.row, entries.col, np.abs(entries.data)
    meets = (column < count) & (value > 0.0)
    grows = value**2 > GROWTH * diagonal[row] * largest[column]
    found = diagonal > 0.0
    found[row[(row != column) & (meets | grows)]] = False
    return np.flatnonzero(found)


def _inverse_of_diagonal(matrix: sp.csr_matrix) -> _Inverse:
    diagonal = np.asarray(matrix.diagonal(), dtype=float)
    positive = int(np.count_nonzero(diagonal > 0.0))
    signs = np.array([positive, len(diagonal) - positive, 0])
    return sp.csr_matrix(sp.diags(1.0 / diagonal)), signs
