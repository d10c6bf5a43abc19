"""From an optimal control problem (variables, parts, mesh) to a sparse nonlinear program.

Every Jacobian and Hessian entry of the program is a fixed linear combination of the parts' small
dense derivatives, so assembly is one constant sparse matrix times a vector of values.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from surae.nlp.program import Pattern
from surae.transcription.layout import Layout, n_rows
from surae.transcription.parts import CompiledPart, Part, SparsePart

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Computed = TypeVar("Computed")


@dataclasses.dataclass(frozen=True)
class OptimalControlProblem:
    """Equations at every instant (summed over parts), a time-mean cost, and linear boundary rows.

    row_scale: (row,) size of each equation, in its own unit; row_names for messages.
    boundary: rows over the unknowns, equal to boundary_value.
    """

    layout: Layout
    parts: tuple[Part | SparsePart, ...]
    row_scale: Floats
    row_names: tuple[str, ...]
    boundary: sp.csr_matrix
    boundary_value: Floats


class TranscribedProgram:
    """The nonlinear program of an optimal control problem (see `nlp.program.NonlinearProgram`)."""

    def __init__(self, problem: OptimalControlProblem) -> None:
        book = problem.layout
        points = book.mesh.n_points
        self.parts = [CompiledPart(part, points) for part in problem.parts]
        self.n_rows = len(problem.row_scale) * points
        self._linear = sp.csr_matrix(sp.vstack([book.linear, problem.boundary]))
        self._gather = book.spread.T.tocsr()
        self._take(problem)
        self.jacobian_pattern, self._jacobian_map, self._jacobian_constant = self._assemble_first()
        self.hessian_pattern, self._hessian_map = self._assemble_second()

    @property
    def n_unknowns(self) -> int:
        """Number of unknowns."""
        return self.problem.layout.n_unknowns

    def update(self, problem: OptimalControlProblem) -> None:
        """Take another problem of the same structure: nothing recompiles or is re-analysed.

        It may differ in bounds, row scales, boundary values and the parameters of its parts.
        """
        for compiled, part in zip(self.parts, problem.parts, strict=True):
            compiled.update(part)
        self._take(problem)

    def _take(self, problem: OptimalControlProblem) -> None:
        book = problem.layout
        self.problem = problem
        self.lower, self.upper = book.lower, book.upper
        offset = np.concatenate([np.zeros(n_rows(book.linear)), problem.boundary_value])
        self.row_lower = self.row_upper = np.concatenate([np.zeros(self.n_rows), offset])
        self._per_row = np.repeat(1.0 / problem.row_scale, book.mesh.n_points)
        rows = np.concatenate([part.jacobian_places()[0] for part in problem.parts])
        self._jacobian_scale = np.repeat(problem.row_scale[rows], book.mesh.n_points)
        self._cached: dict[str, tuple[Floats, Any]] = {}

    def cost(self, x: Floats) -> float:
        """Time mean of the parts' costs."""
        return self._values(x)[0]

    def constraints(self, x: Floats) -> Floats:
        """Equations at the instants (row-major over row, point), defects, boundary rows."""
        return self._values(x)[1]

    def gradient(self, x: Floats) -> Floats:
        """Gradient of the cost (n,)."""
        return self._first(x)[0]

    def jacobian(self, x: Floats) -> Floats:
        """Values of the Jacobian on `jacobian_pattern`."""
        return self._first(x)[1]

    def hessian(self, x: Floats, cost_weight: float, multipliers: Floats) -> Floats:
        """Values of the Lagrangian's Hessian on `hessian_pattern` (upper triangle)."""
        instants = self._instants(x)
        points = self.problem.layout.mesh.n_points
        own = (multipliers[: self.n_rows] * self._per_row).reshape(-1, points)
        weights = cost_weight * self.problem.layout.mesh.weights
        values = [part.second(instants, own, weights).ravel() for part in self.parts]
        return self._hessian_map @ np.concatenate(values)

    def cost_by_part(self, x: Floats) -> dict[str, float]:
        """The cost split by part."""
        instants = self._instants(x)
        weights = self.problem.layout.mesh.weights
        return {p.part.name: float(np.sum(p.values(instants)[1] @ weights)) for p in self.parts}

    def _instants(self, x: Floats) -> Floats:
        return self.problem.layout.at_instants(x)

    def _remember(self, key: str, x: Floats, compute: Callable[[Floats], Computed]) -> Computed:
        known = self._cached.get(key)
        if known is None or not np.array_equal(known[0], x):
            self._cached[key] = (x.copy(), compute(x))
        return self._cached[key][1]

    def _values(self, x: Floats) -> tuple[float, Floats]:
        return self._remember("values", x, self._compute_values)

    def _first(self, x: Floats) -> tuple[Floats, Floats]:
        return self._remember("first", x, self._compute_first)

    def _compute_values(self, x: Floats) -> tuple[float, Floats]:
        book = self.problem.layout
        instants = self._instants(x)
        rows = np.zeros((len(self.problem.row_scale), book.mesh.n_points))
        cost = 0.0
        for part in self.parts:
            values, costs = part.values(instants)
            np.add.at(rows, part.part.rows, values)
            cost += float(np.sum(costs @ book.mesh.weights))
        rows = rows / self.problem.row_scale[:, None]
        return cost, np.concatenate([rows.ravel(), self._linear @ x])

    def _compute_first(self, x: Floats) -> tuple[Floats, Floats]:
        book = self.problem.layout
        instants = self._instants(x)
        gradient = np.zeros((book.n_values, book.mesh.n_points))
        values = []
        for part in self.parts:
            rows, cost = part.first(instants)
            np.add.at(gradient, part.part.inputs, cost * book.mesh.weights)
            values.append(rows.ravel())
        scaled = np.concatenate(values) / self._jacobian_scale
        jacobian = self._jacobian_map @ scaled + self._jacobian_constant
        return self._gather @ gradient.ravel(), jacobian

    def _assemble_first(self) -> tuple[Pattern, sp.csr_matrix, Floats]:
        """Pattern of the Jacobian, map from part values to it, and its constant (linear) values."""
        book = self.problem.layout
        points = book.mesh.n_points
        point = np.arange(points)
        places = [compiled.part.jacobian_places() for compiled in self.parts]
        equation, value = (np.concatenate(p)[:, None] * points for p in zip(*places, strict=True))
        row, value = (equation + point).ravel(), (value + point).ravel()
        entry, column, weight = _expand(book.spread, value)
        linear = self._linear.tocoo()
        all_rows = np.concatenate([row[entry], linear.row.astype(np.int64) + self.n_rows])
        all_columns = np.concatenate([column, linear.col.astype(np.int64)])
        shape = (self.n_rows + n_rows(self._linear), book.n_unknowns)
        pattern, place = _pattern(all_rows, all_columns, shape)
        n_linear = len(linear.data)
        size = (len(pattern.rows), len(row))
        mapping = sp.csr_matrix((weight, (place[: len(entry)], entry)), shape=size)
        constant = np.zeros(len(pattern.rows))
        if n_linear:
            np.add.at(constant, place[-n_linear:], linear.data)
        return pattern, mapping, constant

    def _assemble_second(self) -> tuple[Pattern, sp.csr_matrix]:
        """Pattern of the Hessian's upper triangle and the map from part values to it."""
        book = self.problem.layout
        points = book.mesh.n_points
        point = np.arange(points)
        places = [compiled.part.hessian_places() for compiled in self.parts]
        first, second, share = (np.concatenate(each)[:, None] for each in zip(*places, strict=True))
        first, second = ((place * points + point).ravel() for place in (first, second))
        factor = np.broadcast_to(share, (len(share), points)).ravel()
        entry, column_a, weight_a = _expand(book.spread, first)
        again, column_b, weight_b = _expand(book.spread, second[entry])
        entry, column_a = entry[again], column_a[again]
        weight = weight_a[again] * weight_b * factor[entry]
        # H = B + B^T over all (a, b); on the diagonal both count.
        weight = np.where(column_a == column_b, 2.0 * weight, weight)
        low, high = np.minimum(column_a, column_b), np.maximum(column_a, column_b)
        pattern, place = _pattern(low, high, (book.n_unknowns, book.n_unknowns))
        size = (len(pattern.rows), len(first))
        return pattern, sp.csr_matrix((weight, (place, entry)), shape=size)


def _expand(matrix: sp.csr_matrix, rows: Ints) -> tuple[Ints, Ints, Floats]:
    """All nonzeros of matrix[rows]: (which of `rows`, column, value)."""
    counts = np.diff(matrix.indptr)[rows]
    entry = np.repeat(np.arange(len(rows)), counts)
    within = np.arange(len(entry)) - np.repeat(np.cumsum(counts) - counts, counts)
    position = np.repeat(matrix.indptr[rows], counts) + within
    values = np.asarray(matrix.data[position], dtype=np.float64)
    return entry, matrix.indices[position].astype(np.int64), values


def _pattern(rows: Ints, columns: Ints, shape: tuple[int, int]) -> tuple[Pattern, Ints]:
    """Unique positions sorted by column then row, and where each given entry went."""
    key = columns * shape[0] + rows
    unique, place = np.unique(key, return_inverse=True)
    return Pattern(unique % shape[0], unique // shape[0], shape), place
