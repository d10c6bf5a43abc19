"""How the conditions of a transcribed problem differ from those of another one of its structure.

Only parts whose numbers differ are evaluated: a heavier thigh changes the equations of motion, and
not those of eighty muscles.
"""

from __future__ import annotations

import jax
import numpy as np
from numpy.typing import NDArray

from surae.nlp.kkt import Conditions
from surae.transcription.parts import CompiledPart, Part, SparsePart
from surae.transcription.problem import OptimalControlProblem, TranscribedProgram

Floats = NDArray[np.float64]
AnyPart = Part | SparsePart


def difference(
    program: TranscribedProgram,
    low: OptimalControlProblem,
    high: OptimalControlProblem,
    unknowns: Floats,
    multipliers: Floats,
) -> Conditions:
    """Conditions of `high` less those of `low`, at one point of the program.

    Rows are measured by the program's own scale in both: another scale rescales their multipliers
    and moves no unknown.
    """
    own = program.problem
    book, points = own.layout, own.layout.mesh.n_points
    instants = book.at_instants(unknowns)
    scale = own.row_scale[:, None]
    pulls = multipliers[: len(scale) * points].reshape(-1, points) / scale
    slope, rows = np.zeros((book.n_values, points)), np.zeros((len(scale), points))
    for compiled, one, other in zip(program.parts, low.parts, high.parts, strict=True):
        if _alike(one, other):
            continue
        mine = compiled.part
        for sign, part in ((-1.0, one), (1.0, other)):
            compiled.update(part)
            np.add.at(rows, part.rows, sign * compiled.values(instants)[0])
            np.add.at(
                slope, part.inputs, sign * _pulled(compiled, instants, pulls, book.mesh.weights)
            )
        compiled.update(mine)
    missing = len(program.row_lower) - rows.size
    return Conditions(
        book.spread.T @ slope.ravel(),
        np.concatenate([(rows / scale).ravel(), np.zeros(missing)]),
        _between(low.layout.lower, high.layout.lower),
        _between(low.layout.upper, high.layout.upper),
    )


def _alike(one: AnyPart, other: AnyPart) -> bool:
    pairs = zip(
        jax.tree.leaves((one.parameters, one.point_parameters)),
        jax.tree.leaves((other.parameters, other.point_parameters)),
        strict=True,
    )
    return all(a is b or np.array_equal(a, b) for a, b in pairs)


def _pulled(compiled: CompiledPart, instants: Floats, pulls: Floats, weights: Floats) -> Floats:
    """A part's share of the Lagrangian, by its inputs: shaped as these, points last."""
    jacobian, gradient = compiled.first(instants)
    part, slope = compiled.part, gradient * weights
    own = pulls[part.rows]
    if isinstance(part, Part):
        return slope + np.einsum("irkp,irp->ikp", jacobian, own)
    row, place = part.jacobian
    np.add.at(slope, place, jacobian * own[row])
    return slope


def _between(low: Floats, high: Floats) -> Floats:
    """How far a bound moves; nothing where there is none."""
    moves = np.isfinite(low) & np.isfinite(high)
    return np.where(moves, high, 0.0) - np.where(moves, low, 0.0)
