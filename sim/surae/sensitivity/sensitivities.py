"""d(load)/d(number) at one solved stride, without another solve.

A load's gradient by the stride's curves (loads.gradients) times the change of the curves with every
number (gait.neighbours), for all loads at once. A largest value over time has the derivative of its
envelope: the curve's change at the time of the peak.

A derivative exists where the stride is a strict minimum with independent constraints, and where
bounds either act or do not. Where multiplier and distance are alike, the solver's barrier lets a
bound act in part. Everything is therefore computed once more with every bound decided, and the
difference told beside the derivative: what it follows over a step that takes some bounds across is
the barrier's, what it follows over none is the other (docs/sensitivities).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from surae.gait.neighbours import Neighbours, Number
from surae.gait.solution import GaitSolution
from surae.gait.stride_slopes import Weights
from surae.loads.all_metrics import DEFINITIONS
from surae.loads.gradients import Gradients, metric_gradients
from surae.loads.metric import Definition

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Shapes = dict[str, tuple[int, ...]]
NOTHING = np.zeros(0), np.zeros(0, dtype=int), np.zeros(0, dtype=int)


@dataclasses.dataclass(frozen=True)
class Load:
    """A load at the solved stride and its derivatives by all numbers: (number, *dims).

    spread: how much deciding about bounds that hardly press changes the derivative. Where a stride
    allows no derivative both are NaN.
    """

    name: str
    definition: Definition
    value: Floats
    derivative: Floats
    spread: Floats


@dataclasses.dataclass(frozen=True)
class Sensitivities:
    """All loads by all numbers. reason: why there are none, where the stride allows none."""

    numbers: tuple[Number, ...]
    loads: tuple[Load, ...]
    active: int
    weakly_active: int
    reason: str = ""


def sensitivities(
    neighbours: Neighbours,
    gait: GaitSolution,
    numbers: Sequence[Number],
    loads: Sequence[str] | None = None,
    check_bounds: bool = True,
) -> Sensitivities:
    """Derivatives of the loads (default: all) by the numbers."""
    solution, numbers = neighbours.solution, tuple(numbers)
    counts = len(solution.active), len(solution.weakly_active)
    values, gradients = metric_gradients(gait)
    names = [name for name in values if loads is None or name in loads]
    shapes = {name: np.shape(values[name]) for name in names}
    reason = "" if solution.regular else _irregular(solution.inertia)
    if reason:
        found = {n: np.full((len(numbers), *shapes[n]), np.nan) for n in names}
        spreads = found
    else:
        solutions = [solution]
        if check_bounds and counts[1]:
            solutions.append(solution.with_bounds_decided())
        # What of the runner no number changes is left out: coefficients of paths alone are large.
        changing = {f"runner.{name}" for number in numbers for name in number.moves}
        chosen = {
            name: {
                quantity: slope
                for quantity, slope in gradients.get(name, {}).items()
                if not quantity.startswith("runner.") or quantity in changing
            }
            for name in names
        }
        weights = _stacked(chosen, shapes)
        own, *others = neighbours.derivatives(weights, numbers, solutions)
        found = _split(own, shapes)
        spreads = _split(np.abs(others[0] - own) if others else np.zeros_like(own), shapes)
    results = []
    for n in names:
        value = np.asarray(values[n], dtype=float)
        results.append(Load(n, DEFINITIONS[n], value, found[n], spreads[n]))
    return Sensitivities(numbers, tuple(results), *counts, reason)


def _stacked(gradients: Gradients, shapes: Shapes) -> Weights:
    """Gradients by quantity: all loads' numbers one after the other, by the quantity's entries."""
    sizes = [int(np.prod(shape, dtype=int)) for shape in shapes.values()]
    starts = dict(zip(shapes, np.cumsum([0, *sizes]).tolist(), strict=False))
    # There even where no load has any.
    parts: dict[str, list[tuple[Floats, Ints, Ints]]] = {"duration": []}
    widths = {"duration": 1}
    for load, by in gradients.items():
        for name, slope in by.items():
            flat = np.asarray(slope, dtype=float).ravel()
            widths[name] = int(np.prod(np.shape(slope)[len(shapes[load]) :], dtype=int))
            places = np.flatnonzero(flat)
            rows, columns = np.divmod(places, widths[name])
            parts.setdefault(name, []).append((flat[places], starts[load] + rows, columns))
    weights = {}
    for name, own in parts.items():
        values, rows, columns = (np.concatenate(each) for each in zip(NOTHING, *own, strict=True))
        shape = (sum(sizes), widths[name])
        weights[name] = sp.csr_matrix((values, (rows, columns)), shape=shape)
    return weights


def _split(derivatives: Floats, shapes: Shapes) -> dict[str, Floats]:
    """(all loads' numbers, number) as (number, *dims) by load."""
    ends = np.cumsum([int(np.prod(shape, dtype=int)) for shape in shapes.values()])
    parts = np.split(derivatives, ends[:-1])
    return {
        name: part.T.reshape(-1, *shape)
        for (name, shape), part in zip(shapes.items(), parts, strict=True)
    }


def _irregular(inertia: object) -> str:
    return (
        "the stride is no strict minimum with independent constraints "
        f"({inertia}), and a derivative does not exist there"
    )
