"""A sparse nonlinear program: what a solver needs and nothing of where it came from.

minimize f(x) subject to constraints(x) = 0 row by row within [row_lower, row_upper] and
lower <= x <= upper. Derivatives come as values on fixed sparsity patterns.
"""

from __future__ import annotations

import dataclasses
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class Pattern:
    """Where a sparse matrix has entries: rows and columns, sorted by column, then row."""

    rows: Ints
    columns: Ints
    shape: tuple[int, int]


class NonlinearProgram(Protocol):
    """Functions of the scaled unknowns x (n,) and their exact derivatives."""

    lower: Floats
    upper: Floats
    row_lower: Floats
    row_upper: Floats
    jacobian_pattern: Pattern
    hessian_pattern: Pattern

    def cost(self, x: Floats) -> float:
        """The objective."""
        ...

    def gradient(self, x: Floats) -> Floats:
        """Its gradient (n,)."""
        ...

    def constraints(self, x: Floats) -> Floats:
        """Constraint rows (m,)."""
        ...

    def jacobian(self, x: Floats) -> Floats:
        """Values of the constraint Jacobian on its pattern."""
        ...

    def hessian(self, x: Floats, cost_weight: float, multipliers: Floats) -> Floats:
        """Values of the Lagrangian's Hessian, upper triangle, on its pattern."""
        ...


@dataclasses.dataclass(frozen=True)
class NlpSolution:
    """Primal and dual point: unknowns, multipliers of rows and of bounds (scaled), and the cost."""

    unknowns: Floats
    row_multipliers: Floats
    bound_multipliers: Floats
    cost: float


@dataclasses.dataclass(frozen=True)
class Guess:
    """Where a solve starts; with multipliers it is a warm start."""

    unknowns: Floats
    row_multipliers: Floats | None = None
    bound_multipliers: Floats | None = None

    @property
    def warm(self) -> bool:
        """Whether duals are there."""
        return self.row_multipliers is not None and self.bound_multipliers is not None
