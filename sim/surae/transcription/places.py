"""Where in time the unknowns and rows of a transcribed problem are: what meets what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from surae.nlp.chain import BORDER
from surae.nlp.kkt import Blocks
from surae.transcription.layout import Layout, n_rows, rate_name
from surae.transcription.problem import OptimalControlProblem

Ints = NDArray[np.int64]


def blocks_of(
    problem: OptimalControlProblem, control: str, rows: Ints, alone: Sequence[str]
) -> Blocks:
    """Intervals as blocks; parameters and boundary rows in the border.

    control: the variable each of whose components appears in one of `rows` (component,) alone.
    alone: variables whose components hardly meet each other once the control is gone.
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
    own_rows = (rows[:, None] * points + np.arange(points)).ravel()
    pairs = [
        np.stack([book.unknowns[control].ravel(), own_rows], axis=1),
        *_lifted_inside(book, len(problem.row_scale) * points),
    ]
    inside = [columns.ravel() for columns in _inside(book, alone)]
    return Blocks(
        unknowns,
        np.concatenate([per_row, border]),
        np.concatenate(pairs),
        np.concatenate([np.zeros(0, dtype=int), *inside]),
    )


def _lifted_inside(book: Layout, first_row: int) -> Iterable[Ints]:
    """Pairs of lifted rates, inside intervals, and the linear rows that alone tie them to states.

    Where rates at the ends of an interval are averaged there is no inside.
    """
    stage, last = _stages(book)
    at = stage < last
    for variable in book.variables:
        for rate in range(1, variable.rates + 1):
            columns = book.unknowns.get(rate_name(variable.name, rate))
            if columns is not None:
                own = first_row + np.arange(columns.size).reshape(len(columns), -1)
                yield np.stack([columns[:, at].ravel(), own[:, at].ravel()], axis=1)
                first_row += columns.size


def _inside(book: Layout, names: Sequence[str]) -> Iterable[Ints]:
    """Unknowns of these variables that meet one interval and none of their kind.

    A state at the end of an interval meets two; those of one component inside meet each other.
    """
    stage, last = _stages(book)
    for variable in book.variables:
        if variable.name in names:
            columns = book.unknowns[variable.name]
            yield columns[:, (stage == 0) & (stage < last)] if variable.rates else columns


def _stages(book: Layout) -> tuple[Ints, int]:
    """Which point of its interval each instant is (point,), and which one ends an interval."""
    count = len(book.mesh.scheme.points)
    return np.arange(book.mesh.n_points) % count, count - 1
