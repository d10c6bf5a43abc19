"""Which unknowns an optimal control problem has, and how the instants' values follow from them.

Everything linear about a transcription is in one constant sparse matrix: values at the instants
(states, their rates with respect to normalized time, controls, parameters) = `spread` @ unknowns.
A problem that closes on itself does so by a permutation, so periodicity and left-right symmetry
cost no constraints.
"""

from __future__ import annotations

import dataclasses
import functools
import operator

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from surae.transcription.collocation import Mesh

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class Variable:
    """A quantity at the instants. `rates`: how many time derivatives the physics reads.

    `lifted` of the rates are unknowns of their own, tied by linear constraints; the others are
    eliminated. Across the seam component i continues as `closing_signs[i]` times component
    `closing[i]`.
    A `parameter` has one value for all instants. Bounds are (size,), or (size, point) where they
    change over the stride.
    """

    name: str
    size: int
    scale: Floats
    lower: Floats
    upper: Floats
    rates: int = 0
    lifted: int = 0
    closing: Ints | None = None
    closing_signs: Floats | None = None
    parameter: bool = False
    rate_scale: float = 1.0

    @property
    def seam(self) -> tuple[Ints, Floats]:
        """Component and sign with which each component continues across the seam."""
        closing = np.arange(self.size) if self.closing is None else self.closing
        return closing, np.ones(self.size) if self.closing_signs is None else self.closing_signs


@dataclasses.dataclass(frozen=True)
class Layout:
    """Index book of the unknowns and of the values at an instant."""

    variables: tuple[Variable, ...]
    mesh: Mesh
    offsets: dict[str, int]
    n_values: int
    n_unknowns: int
    unknowns: dict[str, Ints]
    scale: Floats
    lower: Floats
    upper: Floats
    spread: sp.csr_matrix
    linear: sp.csr_matrix

    def values(self, name: str, rate: int = 0) -> Ints:
        """Positions of a quantity (or of its rate) in the values at an instant: (size,)."""
        variable = next(v for v in self.variables if v.name == name)
        start = self.offsets[name] + rate * variable.size
        return np.arange(start, start + variable.size)

    def at_instants(self, unknowns: Floats) -> Floats:
        """Values at all instants from scaled unknowns: (value, point)."""
        return (self.spread @ unknowns).reshape(self.n_values, self.mesh.n_points)


def with_bounds(book: Layout, variables: tuple[Variable, ...]) -> Layout:
    """The same unknowns within other bounds; `variables` may differ in nothing else."""
    _, scale, lower, upper = _number(variables, book.mesh)
    if not np.array_equal(scale, book.scale):
        raise ValueError("These variables have other sizes or scales; make a layout of their own.")
    return dataclasses.replace(book, variables=variables, lower=lower, upper=upper)


def rate_name(name: str, rate: int) -> str:
    """The key of a lifted rate among the unknowns: name, name', name''."""
    return name + "'" * rate


def layout(variables: tuple[Variable, ...], mesh: Mesh) -> Layout:
    """Number the unknowns instant by instant (parameters last) and build `spread`."""
    points = mesh.n_points
    offsets: dict[str, int] = {}
    n_values = 0
    for variable in variables:
        offsets[variable.name] = n_values
        n_values += variable.size * (1 + variable.rates)
    columns, scale, lower, upper = _number(variables, mesh)
    n_unknowns = len(scale)

    blocks: list[sp.csr_matrix] = []
    linear: list[sp.csr_matrix] = []
    for variable in variables:
        start = offsets[variable.name]
        current = _selection(columns[variable.name], variable, points, n_unknowns)
        blocks.append(_placed(current, start, (n_values * points, n_unknowns), points))
        for rate in range(1, variable.rates + 1):
            difference, average = seam_matrices(mesh, variable)
            if rate <= variable.lifted or not mesh.scheme.explicit_rates:
                lifted = _selection(
                    columns[rate_name(variable.name, rate)], variable, points, n_unknowns
                )
                # Rows near 1: divided by what the rate contributes over one interval.
                row_scale = 1.0 / (scale[columns[rate_name(variable.name, rate)]] / mesh.intervals)
                defect = difference @ current - average @ lifted
                weight = sp.diags(row_scale.ravel())
                linear.append((weight @ defect @ sp.diags(scale)).tocsr())
                current = lifted
            else:
                current = difference @ current
            place = start + rate * variable.size
            blocks.append(_placed(current, place, (n_values * points, n_unknowns), points))
    spread = sp.csr_matrix(functools.reduce(operator.add, blocks) @ sp.diags(scale))
    stacked = sp.csr_matrix(sp.vstack(linear)) if linear else sp.csr_matrix((0, n_unknowns))
    return Layout(
        variables=variables,
        mesh=mesh,
        offsets=offsets,
        n_values=n_values,
        n_unknowns=n_unknowns,
        unknowns=columns,
        scale=scale,
        lower=lower,
        upper=upper,
        spread=spread,
        linear=stacked,
    )


def _number(
    variables: tuple[Variable, ...], mesh: Mesh
) -> tuple[dict[str, Ints], Floats, Floats, Floats]:
    """Columns of each unknown (size, point), and scales and scaled bounds of all unknowns."""
    points = mesh.n_points
    entries: list[tuple[str, int]] = []
    numbers: list[tuple[Floats, Floats, Floats]] = []
    for v in (v for v in variables if not v.parameter):
        entries.append((v.name, v.size))
        numbers.append((v.scale, v.lower, v.upper))
        lifted = v.rates if not mesh.scheme.explicit_rates else v.lifted
        for rate in range(1, lifted + 1):
            rate_scale = v.scale * v.rate_scale**rate
            free = np.full(v.size, np.inf)
            entries.append((rate_name(v.name, rate), v.size))
            numbers.append((rate_scale, -free, free))
    per_point = sum(size for _, size in entries)
    columns: dict[str, Ints] = {}
    offset = 0
    for name, size in entries:
        columns[name] = offset + np.arange(size)[:, None] + per_point * np.arange(points)[None, :]
        offset += size
    stacks = [
        np.concatenate([_at_points(own, points) for own in each]).ravel(order="F")
        for each in zip(*numbers, strict=True)
    ]
    total = per_point * points
    for v in (v for v in variables if v.parameter):
        columns[v.name] = np.tile(total + np.arange(v.size)[:, None], (1, points))
        own = (v.scale, v.lower, v.upper)
        stacks = [np.concatenate([s, p]) for s, p in zip(stacks, own, strict=True)]
        total += v.size
    scale, lower, upper = stacks
    return columns, scale, lower / scale, upper / scale


def _at_points(values: Floats, points: int) -> Floats:
    """(size, point) of what is told once for all instants, or at each."""
    return np.broadcast_to(values[:, None] if values.ndim == 1 else values, (len(values), points))


def _selection(columns: Ints, variable: Variable, points: int, n_unknowns: int) -> sp.csr_matrix:
    """Picks one variable at all instants, rows ordered component-major: (size * point, n)."""
    rows = np.arange(variable.size * points)
    ones = np.ones(len(rows))
    return sp.csr_matrix((ones, (rows, columns.ravel())), shape=(len(rows), n_unknowns))


def n_rows(matrix: sp.csr_matrix) -> int:
    """Number of rows; SciPy's annotations leave `shape` optional."""
    return len(matrix.indptr) - 1


def n_columns(matrix: sp.csr_matrix) -> int:
    """Number of columns."""
    assert matrix.shape is not None
    return int(matrix.shape[1])


def _placed(rows: sp.csr_matrix, start: int, shape: tuple[int, int], points: int) -> sp.csr_matrix:
    coo = rows.tocoo()
    return sp.csr_matrix((coo.data, (coo.row + start * points, coo.col)), shape=shape)


def seam_matrices(mesh: Mesh, variable: Variable) -> tuple[sp.csr_matrix, sp.csr_matrix]:
    """D / h and C of all intervals for one variable, closed across the seam by `closing`.

    Both act on component-major stacked values (size * point).
    """
    s, points = len(mesh.scheme.points), mesh.n_points
    inside = [sp.lil_matrix((points, points)) for _ in range(2)]
    across = [sp.lil_matrix((points, points)) for _ in range(2)]
    for interval in range(mesh.intervals):
        rows = slice(interval * s, (interval + 1) * s)
        before = interval * s - 1
        for which, small in enumerate(
            (mesh.scheme.difference * mesh.intervals, mesh.scheme.average)
        ):
            inside[which][rows, rows] = small[:, 1:]
            target = inside[which] if before >= 0 else across[which]
            target[rows, [before % points]] = small[:, :1]
    closing, signs = variable.seam
    swap = sp.csr_matrix((signs, (np.arange(variable.size), closing)))
    eye = sp.identity(variable.size)
    difference, average = (
        sp.csr_matrix(sp.kron(eye, inner) + sp.kron(swap, outer))
        for inner, outer in zip(inside, across, strict=True)
    )
    return difference, average
