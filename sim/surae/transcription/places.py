"""Where in time the unknowns and rows of a transcribed problem are: what meets what."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from surae.nlp.kkt import Blocks
from surae.nlp.ring import BORDER
from surae.transcription.layout import n_rows
from surae.transcription.problem import OptimalControlProblem

Ints = NDArray[np.int64]


def blocks_of(problem: OptimalControlProblem, control: str, rows: Ints) -> Blocks:
    """Intervals as blocks; parameters and boundary rows in the border.

    control: the variable each of whose components appears in one of `rows` (component,) alone.
    """
    book = problem.layout
    stages, points = len(book.mesh.scheme.points), book.mesh.n_points
    interval = np.arange(points) // stages
    unknowns = np.full(book.n_unknowns, BORDER)
    parameters = {v.name for v in book.variables if v.parameter}
    for name, columns in book.unknowns.items():
        if name not in parameters:
            unknowns[columns] = interval
    # Rows are numbered row by row, each over all instants; so are the linear ones.
    per_row = np.tile(interval, len(problem.row_scale) + n_rows(book.linear) // points)
    border = np.full(n_rows(problem.boundary), BORDER)
    own_rows = rows[:, None] * points + np.arange(points)
    pairs = np.stack([book.unknowns[control].ravel(), own_rows.ravel()], axis=1)
    return Blocks(unknowns, np.concatenate([per_row, border]), pairs)
