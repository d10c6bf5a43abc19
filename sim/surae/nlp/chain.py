"""A symmetric chain of dense blocks with a border, eliminated one block after another.

Each block meets the next one and the border; a ring becomes a chain where what of its last block
meets the first joins the border. Blocks are eliminated by their inverses, which serve many
right-hand sides as fast as matrices multiply. Nothing pivots between blocks.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.linalg import get_lapack_funcs

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BORDER = -1
COLUMNS_AT_ONCE = 64  # of LAPACK's blocks


@dataclasses.dataclass(frozen=True)
class _Block:
    """One eliminated block. What meets the next block is last in it."""

    places: slice
    inverse: Floats
    meets: slice  # within the block
    next_rows: Floats  # (meets, next block)
    by_border: Floats  # inverse @ the border's columns, after earlier eliminations


class Chain:
    """The chain of blocks and its border, eliminated one after another.

    order: of the indices, block after block.
    """

    def __init__(self, matrix: sp.csr_matrix, blocks: Ints) -> None:
        _check_ring(matrix, blocks)
        blocks = _with_seam_in_border(matrix, blocks)
        meets = _meets_next(matrix, blocks)
        last = int(blocks.max(initial=BORDER)) + 1
        number = np.where(blocks == BORDER, last, blocks)
        self.order = np.lexsort((meets, number))
        self._starts = np.searchsorted(number[self.order], np.arange(last + 2))
        matrix = sp.csr_matrix(matrix[self.order][:, self.order])
        scale = self._scale = _equilibrated(matrix)
        self._matrix = sp.csr_matrix(sp.diags(scale) @ matrix @ sp.diags(scale))
        self._eliminate(np.bincount(number, weights=meets, minlength=last + 1).astype(int))

    def _eliminate(self, meets: Ints) -> None:
        last = len(meets) - 1
        corner = self._piece(last, last)
        self._blocks: list[_Block] = []
        self.signs = np.zeros(3, dtype=np.int64)
        onto_own: Floats | float = 0.0
        onto_border: Floats | float = 0.0
        for number in range(last):
            border = self._piece(number, last) - onto_border
            inverse, signs = _inverse(self._piece(number, number) - onto_own)
            self.signs += signs
            tail = slice(len(inverse) - meets[number], len(inverse))
            ahead = self._piece(number, min(number + 1, last))[tail]
            by_border = inverse @ border
            corner -= border.T @ by_border
            onto_own = ahead.T @ (inverse[tail, tail] @ ahead)
            onto_border = ahead.T @ by_border[tail]
            places = slice(*self._starts[number : number + 2])
            self._blocks.append(_Block(places, inverse, tail, ahead, by_border))
        self._corner, signs = _inverse(corner)
        self.signs += signs
        del self._matrix

    def _piece(self, one: int, other: int) -> Floats:
        """Dense, of the rows of one block and the columns of another."""
        rows, columns = (slice(*self._starts[i : i + 2]) for i in (one, other))
        return self._matrix[rows, columns].toarray()

    def solve(self, right: Floats) -> None:
        """Puts solutions in the place of right-hand sides (index in order, right-hand side)."""
        right *= self._scale[:, None]
        corner = right[self._starts[-2] :]
        handed_on: Floats | float = 0.0
        for block in self._blocks:
            own = right[block.places]
            own -= handed_on
            corner -= block.by_border.T @ own
            own[:] = block.inverse @ own
            handed_on = block.next_rows.T @ own[block.meets]
        corner[:] = self._corner @ corner
        ahead = right[:0]
        for block in reversed(self._blocks):
            own = right[block.places]
            own -= block.by_border @ corner
            if len(ahead):
                own -= block.inverse[:, block.meets] @ (block.next_rows @ ahead)
            ahead = own
        right *= self._scale[:, None]


def _meets_next(matrix: sp.csr_matrix, blocks: Ints) -> NDArray[np.bool_]:
    """Which indices meet the block after their own, in a chain."""
    entries = matrix.tocoo()
    first, second = blocks[entries.row], blocks[entries.col]
    found = np.zeros(len(blocks), dtype=bool)
    found[entries.row[(first != BORDER) & (second == first + 1)]] = True
    return found


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


def _equilibrated(matrix: sp.csr_matrix) -> Floats:
    """Factors of rows and columns that bring every row's largest entry near 1."""
    counts = np.diff(matrix.indptr)
    scale, size = np.ones(len(counts)), np.abs(matrix.data)
    starts = matrix.indptr[:-1][counts > 0]
    for _ in range(2):
        entries = size * np.repeat(scale, counts) * scale[matrix.indices]
        largest = np.ones(len(counts))
        largest[counts > 0] = np.maximum.reduceat(entries, starts)
        scale /= np.sqrt(np.where(largest > 0.0, largest, 1.0))
    return scale


def _inverse(matrix: Floats) -> tuple[Floats, Ints]:
    """Inverse of a symmetric dense matrix; numbers of positive, negative and zero eigenvalues."""
    n = len(matrix)
    if n == 0:
        return matrix, np.zeros(3, dtype=np.int64)
    factor, invert = get_lapack_funcs(("sytrf", "sytri"), (matrix,))
    # With room for blocks of columns LAPACK works on whole blocks, three times as fast.
    room = COLUMNS_AT_ONCE * n
    factors, pivots, _ = factor(matrix.T, lower=1, lwork=room, overwrite_a=1)
    diagonal = np.diag(factors)
    alone = pivots > 0
    # A two-by-two pivot has one eigenvalue of each sign.
    twos = int(np.count_nonzero(~alone)) // 2
    positive = int(np.count_nonzero(alone & (diagonal > 0.0))) + twos
    zero = int(np.count_nonzero(alone & (diagonal == 0.0)))
    signs = np.array([positive, n - positive - zero, zero])
    lower, singular = invert(factors, pivots, lower=1, overwrite_a=1)
    if singular:
        return np.full((n, n), np.nan), signs
    lower = np.tril(lower)
    return lower + np.tril(lower, -1).T, signs
