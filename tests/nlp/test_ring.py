"""Block elimination around a ring is that of the whole matrix."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from surae.nlp.ring import BORDER, Inertia, RingFactors


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
    factors = RingFactors(sp.csc_matrix(matrix), blocks)
    np.testing.assert_allclose(factors.solve(right), np.linalg.solve(matrix, right), rtol=1e-7)
    eigenvalues = np.linalg.eigvalsh(matrix)
    positive = int((eigenvalues > 0).sum())
    assert factors.inertia == Inertia(positive, len(matrix) - positive, 0)


def with_pairs() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs that meet nothing but their own block and the border."""
    matrix, blocks = ring_matrix(7, 5, 6, 1)
    pairs = np.array([[6 * block, 6 * block + 1] for block in range(5)])
    for block, pair in enumerate(pairs):
        strange = (blocks != block) & (blocks != BORDER)
        matrix[np.ix_(pair, strange)] = 0.0
        matrix[np.ix_(strange, pair)] = 0.0
    return matrix, blocks, pairs


def test_pairs_are_eliminated_beforehand():
    matrix, blocks, pairs = with_pairs()
    right = np.random.default_rng(2).standard_normal((len(matrix), 2))
    factors = RingFactors(sp.csc_matrix(matrix), blocks, pairs)
    np.testing.assert_allclose(factors.solve(right), np.linalg.solve(matrix, right), rtol=1e-7)
    assert factors.inertia.positive == int((np.linalg.eigvalsh(matrix) > 0).sum())


def test_a_matrix_that_is_no_ring_is_refused():
    matrix, blocks, _ = with_pairs()
    matrix[2, 15] = matrix[15, 2] = 1.0  # blocks 0 and 2
    with pytest.raises(ValueError, match="no neighbours"):
        RingFactors(sp.csc_matrix(matrix), blocks)
