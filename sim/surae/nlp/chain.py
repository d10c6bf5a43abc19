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
        blocks, meets = _chained(matrix, blocks)
        last = int(blocks.max(initial=BORDER)) + 1
        number = np.where(blocks == BORDER, last, blocks)
        self.order = np.lexsort((meets, number))
        self._starts = np.searchsorted(number[self.order], np.arange(last + 2))
        self._scale, scaled = _equilibrated(sp.csr_matrix(matrix[self.order][:, self.order]))
        counts = np.bincount(number, weights=meets, minlength=last + 1)
        self._eliminate(_Pieces(scaled, self._starts), counts.astype(int))

    def _eliminate(self, pieces: _Pieces, meets: Ints) -> None:
        last = len(meets) - 1
        corner = pieces.of(last)[0].copy()
        self._blocks: list[_Block] = []
        self.signs = np.zeros(3, dtype=np.int64)
        onto_own: Floats | float = 0.0
        onto_border: Floats | float = 0.0
        for number in range(last):
            own, ahead, border = pieces.of(number)
            inverse, signs = _inverse(own - onto_own)
            self.signs += signs
            border -= onto_border
            tail = slice(len(inverse) - meets[number], len(inverse))
            ahead = ahead[tail].copy()
            by_border = inverse @ border
            corner -= border.T @ by_border
            onto_own = ahead.T @ (inverse[tail, tail] @ ahead)
            onto_border = ahead.T @ by_border[tail]
            places = slice(*self._starts[number : number + 2])
            self._blocks.append(_Block(places, inverse, tail, ahead, by_border))
        self._corner, signs = _inverse(corner)
        self.signs += signs

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


def _chained(matrix: sp.csr_matrix, blocks: Ints) -> tuple[Ints, NDArray[np.bool_]]:
    """Blocks of a chain, where those of a ring are given, and which indices meet the next block.

    What of the last block meets the first joins the border. Refuses a matrix in which other blocks
    than neighbours meet: entries would be left out.
    """
    entries, last = matrix.tocoo(), int(blocks.max(initial=BORDER))
    first, second = blocks[entries.row], blocks[entries.col]
    inner = (first != BORDER) & (second != BORDER)
    gap = second - first
    across = inner & (np.abs(gap) == last)
    if np.any(entries.data[inner & (np.abs(gap) > 1) & ~across]):
        raise ValueError("Blocks that are no neighbours meet, perhaps through eliminated pairs.")
    chain, meets = blocks.copy(), np.zeros(len(blocks), dtype=bool)
    if last < 2:
        return np.full_like(blocks, BORDER), meets
    chain[entries.row[across & (first == last)]] = BORDER
    ahead = inner & (gap == 1) & (chain[entries.col] != BORDER)
    meets[entries.row[ahead]] = True
    return chain, meets & (chain != BORDER)


class _Pieces:
    """A sparse matrix in dense pieces: each block's rows by itself, by the next and by the border.

    starts: of the blocks, of the border, and its end.
    """

    def __init__(self, matrix: sp.csr_matrix, starts: Ints) -> None:
        sizes, last = np.diff(starts), len(starts) - 2
        self._sizes, self._next = sizes, np.append(sizes[1:-1], [0, 0])[: last + 1]
        self._widths = widths = sizes + self._next + sizes[-1]
        self._ends, self._entries = matrix.indptr[starts], matrix.data
        block = np.repeat(np.arange(last + 1), sizes)
        counts = np.diff(matrix.indptr)
        first, second = np.repeat(block, counts), block[matrix.indices]
        row = np.repeat(np.arange(len(block)) - starts[block], counts)
        # Own columns and the next block's follow each other already; then come the border's.
        to_border = (second == last) & (first != last)
        gap = starts[-2] - starts[:-1] - sizes - self._next
        column = matrix.indices - starts[first] - np.where(to_border, gap[first], 0)
        # What the block before has already is put behind the end.
        kept = to_border | ((second >= first) & (second <= first + 1))
        self._places = np.where(kept, row * widths[first] + column, (sizes * widths)[first])

    def of(self, block: int) -> tuple[Floats, Floats, Floats]:
        """Rows of a block: its own columns, the next block's, the border's."""
        size, ahead, width = self._sizes[block], self._next[block], self._widths[block]
        entries = slice(*self._ends[block : block + 2])
        flat = np.zeros(size * width + 1)
        flat[self._places[entries]] = self._entries[entries]
        rows = flat[:-1].reshape(size, width)
        return rows[:, :size], rows[:, size : size + ahead], rows[:, size + ahead :]


def _equilibrated(matrix: sp.csr_matrix) -> tuple[Floats, sp.csr_matrix]:
    """Factors of rows and columns that bring every row's largest entry near 1, and the result."""
    counts, columns = np.diff(matrix.indptr), matrix.indices
    scale, entries = np.ones(len(counts)), matrix.data
    filled = counts > 0
    for _ in range(2):
        largest = np.zeros(len(counts))
        if len(entries):
            starts = matrix.indptr[:-1][filled]
            largest[filled] = np.maximum.reduceat(np.abs(entries), starts)
        scale /= np.sqrt(np.where(largest > 0.0, largest, 1.0))
        entries = matrix.data * np.repeat(scale, counts) * scale[columns]
    return scale, sp.csr_matrix((entries, columns, matrix.indptr), shape=matrix.shape)


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
