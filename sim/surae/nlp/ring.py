"""Symmetric sparse systems in blocks that couple to their neighbours in a ring, and to a border.

The equations of a Newton step on a transcribed problem are of that kind: what belongs to one
interval meets the intervals before and after, the last one the first, and a few unknowns meet all.
Blocks are eliminated one after another by dense LU; what the last one hands on to the first joins
the border. A general sparse factorization does three times the work here, and one solve for a
hundred right-hand sides costs it more than its factorization.

Inertia (how many eigenvalues are positive and negative) adds up over the eliminations: Haynsworth,
Linear Algebra and its Applications 1:73 (1968).
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.linalg import get_lapack_funcs, lu_factor, lu_solve

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BORDER = -1
COLUMNS_AT_ONCE = 64  # of LAPACK's blocks
ACCURATE = 1e-8  # of a solution


@dataclasses.dataclass(frozen=True)
class Inertia:
    """Numbers of positive, negative and (to rounding) zero eigenvalues."""

    positive: int
    negative: int
    zero: int


@dataclasses.dataclass(frozen=True)
class _Block:
    """One eliminated block: its places, its LU, and the inverse times what it meets later."""

    places: Ints
    factors: tuple[Floats, Any]
    meets: Ints  # which of its own rows meet the next block
    next_rows: Floats  # (meets, next block)
    by_next: Floats  # inverse @ unit columns at `meets`
    by_border: Floats  # inverse @ the border's columns, after earlier eliminations
    border: Floats  # those columns themselves


class RingFactors:
    """Factors of a symmetric matrix; `blocks` says which block each index is in, or BORDER.

    pairs: (pair, 2) indices of two-by-two blocks that meet no other pair: eliminated beforehand.
    What a pair meets must not lie more than one block apart.
    """

    def __init__(self, matrix: sp.csc_matrix, blocks: Ints, pairs: Ints | None = None) -> None:
        self._matrix = sp.csr_matrix(matrix)
        self._scale = _equilibrated(self._matrix)
        scaled = sp.csr_matrix(sp.diags(self._scale) @ self._matrix @ sp.diags(self._scale))
        pairs = np.zeros((0, 2), dtype=np.int64) if pairs is None else pairs
        self._pairs = pairs
        gone = np.zeros(len(blocks), dtype=bool)
        gone[pairs.ravel()] = True
        self._rest = np.flatnonzero(~gone)
        self._inverse, signs = _inverse_of_pairs(scaled, pairs)
        out = pairs.ravel()
        self._across = sp.csr_matrix(scaled[self._rest][:, out])
        left = scaled[self._rest][:, self._rest] - self._across @ self._inverse @ self._across.T
        self._eliminate(sp.csr_matrix(left), blocks[self._rest], signs)

    def _eliminate(self, matrix: sp.csr_matrix, blocks: Ints, signs: Ints) -> None:
        _check_ring(matrix, blocks)
        blocks = _with_seam_in_border(matrix, blocks)
        self._border = np.flatnonzero(blocks == BORDER)
        order = [np.flatnonzero(blocks == b) for b in range(int(blocks.max()) + 1)]
        pieces = _Pieces(matrix, [*order, self._border])
        self._blocks: list[_Block] = []
        last = len(order)
        corner = pieces.dense(last, last)
        counts = signs.copy()
        handed_on: tuple[Floats, Floats] | None = None
        for number, places in enumerate(order):
            own, border = pieces.dense(number, number), pieces.dense(number, last)
            if handed_on is not None:
                own -= handed_on[0]
                border -= handed_on[1]
            ahead = pieces.dense(number, number + 1) if number + 1 < last else own[:, :0]
            meets = np.flatnonzero(np.any(ahead != 0.0, axis=1))
            next_rows = ahead[meets]
            counts += _signs(own)
            factors = lu_factor(own, overwrite_a=True, check_finite=False)
            unit = np.zeros((len(places), len(meets)), order="F")
            unit[meets, np.arange(len(meets))] = 1.0
            both = np.concatenate([unit.T, border.T]).T
            both = lu_solve(factors, both, overwrite_b=True, check_finite=False)
            by_next, by_border = both[:, : len(meets)], both[:, len(meets) :]
            handed_on = (
                next_rows.T @ (by_next[meets] @ next_rows),
                next_rows.T @ by_border[meets],
            )
            corner -= border.T @ by_border
            self._blocks.append(
                _Block(places, factors, meets, next_rows, by_next, by_border, border)
            )
        self._corner = lu_factor(corner, check_finite=False)
        counts += _signs(corner)
        self.inertia = Inertia(*(int(count) for count in counts))

    def solve(self, right: Floats) -> Floats:
        """Solutions (index, right-hand side), refined against the matrix itself where it is due.

        Elimination block by block does not pivot between blocks; one refinement makes up for it.
        What it would do to a mixture of all right-hand sides tells whether it would do anything.
        """
        solution = self._solve_once(right)
        rest = right - self._matrix @ solution
        if right.shape[1] > 1:
            mixture = np.cos(np.arange(1.0, right.shape[1] + 1.0))[:, None]
            whole, correction = solution @ mixture, self._solve_once(rest @ mixture)
            if np.linalg.norm(correction) <= ACCURATE * np.linalg.norm(whole):
                return solution
        return solution + self._solve_once(rest)

    def _solve_once(self, right: Floats) -> Floats:
        scaled = self._scale[:, None] * right
        out = self._pairs.ravel()
        local = self._inverse @ scaled[out]
        rest = scaled[self._rest] - self._across @ local
        rest = self._solve_ring(rest)
        solution = np.empty_like(scaled)
        solution[self._rest] = rest
        solution[out] = local - self._inverse @ (self._across.T @ rest)
        return self._scale[:, None] * solution

    def _solve_ring(self, right: Floats) -> Floats:
        corner = right[self._border]
        halfway: list[Floats] = []
        handed_on: Floats | None = None
        for block in self._blocks:
            own = right[block.places]
            if handed_on is not None:
                own = own - handed_on
            solved = lu_solve(block.factors, own, check_finite=False)
            corner = corner - block.border.T @ solved
            handed_on = block.next_rows.T @ solved[block.meets]
            halfway.append(solved)
        border = lu_solve(self._corner, corner, check_finite=False)
        solution = np.empty_like(right)
        solution[self._border] = border
        ahead: Floats | None = None
        for block, solved in zip(reversed(self._blocks), reversed(halfway), strict=True):
            solved = solved - block.by_border @ border
            if ahead is not None:
                solved = solved - block.by_next @ (block.next_rows @ ahead)
            solution[block.places] = ahead = solved
        return solution


def _check_ring(matrix: sp.csr_matrix, blocks: Ints) -> None:
    """Refuse a matrix in which other blocks than neighbours meet: entries would be left out."""
    entries = matrix.tocoo()
    first, second = blocks[entries.row], blocks[entries.col]
    gap = np.abs(first - second)
    near = (gap <= 1) | (gap >= int(blocks.max(initial=0))) | (first == BORDER) | (second == BORDER)
    if not np.all(near | (entries.data == 0.0)):
        raise ValueError("Blocks that are no neighbours meet, perhaps through eliminated pairs.")


def _with_seam_in_border(matrix: sp.csr_matrix, blocks: Ints) -> Ints:
    """What of the last block meets the first joins the border, so that the ring is a chain."""
    last = int(blocks.max())
    if last < 2:
        return np.full_like(blocks, BORDER)
    first, tail = np.flatnonzero(blocks == 0), np.flatnonzero(blocks == last)
    seam = tail[np.diff(sp.csr_matrix(matrix[tail][:, first]).indptr) > 0]
    blocks = blocks.copy()
    blocks[seam] = BORDER
    return blocks


class _Pieces:
    """A sparse matrix cut into dense pieces, of the rows and columns of these places."""

    def __init__(self, matrix: sp.csr_matrix, places: list[Ints]) -> None:
        self._starts = np.concatenate([[0], np.cumsum([len(own) for own in places])])
        order = np.concatenate(places)
        self._matrix = sp.csr_matrix(matrix[order])
        position = np.empty_like(order)
        position[order] = np.arange(len(order))
        self._columns = position[self._matrix.indices]
        self._rows = np.repeat(np.arange(len(order)), np.diff(self._matrix.indptr))

    def dense(self, one: int, other: int) -> Floats:
        """Rows of one set of places by columns of another."""
        (top, bottom), (left, right) = (self._starts[i : i + 2] for i in (one, other))
        entries = slice(self._matrix.indptr[top], self._matrix.indptr[bottom])
        columns = self._columns[entries]
        kept = (columns >= left) & (columns < right)
        found = np.zeros((bottom - top, right - left), order="F")
        found[self._rows[entries][kept] - top, columns[kept] - left] = self._matrix.data[entries][
            kept
        ]
        return found


def _equilibrated(matrix: sp.csr_matrix) -> Floats:
    """Factors of rows and columns that bring every row's largest entry near 1."""
    scale = np.ones(len(matrix.indptr) - 1)
    size = abs(matrix)
    for _ in range(3):
        largest = (sp.diags(scale) @ size @ sp.diags(scale)).max(axis=1).toarray().ravel()
        scale /= np.sqrt(np.where(largest > 0.0, largest, 1.0))
    return scale


def _inverse_of_pairs(matrix: sp.csr_matrix, pairs: Ints) -> tuple[sp.csr_matrix, Ints]:
    """Inverse of the pairs' own block, and the signs of its eigenvalues."""
    if len(pairs) == 0:
        return sp.csr_matrix((0, 0)), np.zeros(3, dtype=np.int64)
    a, b = pairs.T
    aa, ab, bb = (np.asarray(matrix[one, other]).ravel() for one, other in ((a, a), (a, b), (b, b)))
    determinant = aa * bb - ab * ab
    count = len(pairs)
    values = np.stack([bb, -ab, -ab, aa]) / determinant
    even, odd = 2 * np.arange(count), 2 * np.arange(count) + 1
    rows, columns = np.concatenate([even, even, odd, odd]), np.concatenate([even, odd, even, odd])
    inverse = sp.csr_matrix((values.ravel(), (rows, columns)), shape=(2 * count, 2 * count))
    mixed = determinant < 0.0
    positive = int(mixed.sum() + 2 * (~mixed & (aa + bb > 0.0)).sum())
    return inverse, np.array([positive, 2 * count - positive, 0])


def _signs(matrix: Floats) -> Ints:
    """Numbers of positive, negative and zero eigenvalues of a symmetric dense matrix."""
    n = len(matrix)
    if n == 0:
        return np.zeros(3, dtype=np.int64)
    (factor_symmetric,) = get_lapack_funcs(("sytrf",), (matrix,))
    # With room for blocks of columns LAPACK works on whole blocks, three times as fast.
    factors, pivots, _ = factor_symmetric(matrix, lower=1, lwork=COLUMNS_AT_ONCE * n)
    diagonal = np.diag(factors)
    alone = pivots > 0
    # A two-by-two pivot has one eigenvalue of each sign.
    twos = int(np.count_nonzero(~alone)) // 2
    positive = int(np.count_nonzero(alone & (diagonal > 0.0))) + twos
    zero = int(np.count_nonzero(alone & (diagonal == 0.0)))
    return np.array([positive, n - positive - zero, zero])
