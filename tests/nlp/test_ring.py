"""Block elimination around a ring is that of the whole matrix."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from surae.nlp.chain import BORDER
from surae.nlp.ring import Inertia, RingFactors


def ring_matrix(seed: int, n_blocks: int, size: int, border: int) -> tuple[np.ndarray, np.ndarray]:
    """A saddle-point matrix of blocks that meet their neighbours and the border."""
    random = np.random.default_rng(seed)
    n = n_blocks * size + border
    blocks = np.concatenate([np.repeat(np.arange(n_blocks), size), np.full(border, BORDER)])
    matrix = random.standard_normal((n, n))
    matrix = matrix + matrix.T
    gap = np.abs(blocks[:, None] - blocks[None, :])
    near = (gap <= 1) | (gap == n_blocks - 1)
    near |= (blocks[:, None] == BORDER) | (blocks[None, :] == BORDER)
    return np.where(near, matrix, 0.0), blocks


@pytest.mark.parametrize(("n_blocks", "border"), [(2, 1), (3, 0), (6, 2), (11, 1)])
def test_solution_and_inertia_are_those_of_the_dense_matrix(n_blocks: int, border: int):
    matrix, blocks = ring_matrix(n_blocks, n_blocks, 5, border)
    right = np.random.default_rng(1).standard_normal((len(matrix), 3))
    factors = RingFactors(sp.csr_matrix(matrix), blocks)
    np.testing.assert_allclose(factors.solve(right), np.linalg.solve(matrix, right), rtol=1e-7)
    eigenvalues = np.linalg.eigvalsh(matrix)
    positive = int((eigenvalues > 0).sum())
    assert factors.inertia == Inertia(positive, len(matrix) - positive, 0)


def with_pairs() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs, the second without a diagonal, that meet their own block and the border alone."""
    matrix, blocks = ring_matrix(7, 5, 6, 1)
    pairs = np.array([[6 * block, 6 * block + 1] for block in range(5)])
    for block, pair in enumerate(pairs):
        strange = (blocks != block) & (blocks != BORDER)
        matrix[np.ix_(pair, strange)] = 0.0
        matrix[np.ix_(strange, pair)] = 0.0
    matrix[pairs[:, 1], pairs[:, 1]] = 0.0
    return matrix, blocks, pairs


def solves(matrix: np.ndarray, factors: RingFactors) -> None:
    """Solutions and inertia are those of the dense matrix."""
    right = np.random.default_rng(2).standard_normal((len(matrix), 2))
    np.testing.assert_allclose(factors.solve(right), np.linalg.solve(matrix, right), rtol=1e-7)
    assert factors.inertia.positive == int((np.linalg.eigvalsh(matrix) > 0).sum())


def test_pairs_are_eliminated_beforehand():
    matrix, blocks, pairs = with_pairs()
    solves(matrix, RingFactors(sp.csr_matrix(matrix), blocks, pairs))


def test_so_are_unknowns_of_pairs_that_meet_each_other():
    matrix, blocks = ring_matrix(8, 5, 6, 1)
    first, second = np.array([[12, 13], [14, 15]])  # unknowns and rows, all in block 2
    matrix[np.ix_(second, second)] = 0.0
    matrix[first, second[::-1]] = matrix[second[::-1], first] = 0.0
    for place in (*first, *second):
        strange = (blocks != 2) & (blocks != BORDER)
        matrix[place, strange] = matrix[strange, place] = 0.0
    assert matrix[12, 13] != 0.0
    pairs = np.stack([first, second], axis=1)
    solves(matrix, RingFactors(sp.csr_matrix(matrix), blocks, pairs))
    matrix[14, 13] = matrix[13, 14] = 1.0
    with pytest.raises(ValueError, match="meet each other"):
        RingFactors(sp.csr_matrix(matrix), blocks, pairs)


def test_what_stands_alone_is_eliminated_next_and_what_does_not_stays():
    matrix, blocks, pairs = with_pairs()
    alone = np.arange(2, 30, 6)
    strange = np.isin(np.arange(31), alone)[:, None] & (blocks[:, None] != blocks)
    strange[:, -1] = False
    matrix[strange | strange.T] = 0.0
    assert np.count_nonzero(matrix[np.ix_(alone, alone)]) == len(alone)
    solves(matrix, RingFactors(sp.csr_matrix(matrix), blocks, pairs, alone))
    nothing = matrix.copy()
    nothing[alone[1], alone[1]] = 0.0  # no pivot
    solves(nothing, RingFactors(sp.csr_matrix(nothing), blocks, pairs, alone))
    solves(matrix, RingFactors(sp.csr_matrix(matrix), blocks, pairs, np.append(alone, 3)))


def test_a_matrix_that_is_no_ring_is_refused():
    matrix, blocks, _ = with_pairs()
    matrix[2, 15] = matrix[15, 2] = 1.0  # blocks 0 and 2
    with pytest.raises(ValueError, match="no neighbours"):
        RingFactors(sp.csr_matrix(matrix), blocks)
