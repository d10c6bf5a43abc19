"""d(load)/d(number) at one solved stride, without another solve.

The stride next to the solved one is known to first order in every number (gait.neighbours). What a
load makes of it is the chain rule: the load's gradient by the stride's curves (loads.gradients)
times the change of the curves. A largest value over time has the derivative of its envelope: the
curve's change at the time of the peak.

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
from numpy.typing import NDArray

from surae.gait.neighbours import Moved, Neighbours, Number
from surae.gait.solution import GaitSolution
from surae.loads.all_metrics import DEFINITIONS
from surae.loads.gradients import Gradients, metric_gradients, quantity
from surae.loads.metric import Definition
from surae.nlp.kkt import Solution

Floats = NDArray[np.float64]

AT_ONCE = 64  # numbers; their motions are dense


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
    chosen = {name: gradients.get(name, {}) for name in names}
    shapes = {name: np.shape(values[name]) for name in names}
    reason = "" if solution.regular else _irregular(solution.inertia)
    if reason:
        found = {n: np.full((len(numbers), *shapes[n]), np.nan) for n in names}
        spreads = found
    else:
        decided = solution.with_bounds_decided() if check_bounds and counts[1] else None
        parts = [
            _of_some(neighbours, list(numbers[start : start + AT_ONCE]), chosen, shapes, decided)
            for start in range(0, len(numbers), AT_ONCE)
        ]
        found, spreads = (
            {n: np.concatenate([part[which][n] for part in parts]) for n in names}
            for which in (0, 1)
        )
    results = []
    for n in names:
        value = np.asarray(values[n], dtype=float)
        results.append(Load(n, DEFINITIONS[n], value, found[n], spreads[n]))
    return Sensitivities(numbers, tuple(results), *counts, reason)


def _of_some(
    neighbours: Neighbours,
    numbers: list[Number],
    gradients: Gradients,
    shapes: dict[str, tuple[int, ...]],
    decided: Solution | None,
) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Derivatives by some numbers, and their change where bounds are decided."""
    moved = neighbours.moved(numbers)
    found = _derivatives(moved, gradients, shapes)
    if decided is None:
        return found, {name: np.zeros_like(each) for name, each in found.items()}
    other = _derivatives(moved.along(decided), gradients, shapes)
    return found, {name: np.abs(other[name] - each) for name, each in found.items()}


def _derivatives(
    moved: Moved, gradients: Gradients, shapes: dict[str, tuple[int, ...]]
) -> dict[str, Floats]:
    """By load (number, *dims): gradients by each quantity times that quantity's change."""
    quantities = {name for by in gradients.values() for name in by}
    changes: dict[str, list[Floats]] = {name: [] for name in quantities}
    for which in range(len(moved.numbers)):
        high, low, step = moved.strides(which)
        for name in quantities:
            difference = np.asarray(quantity(high, name)) - np.asarray(quantity(low, name))
            changes[name].append(difference.ravel() / step)
    stacked = {name: np.stack(each) for name, each in changes.items() if each}
    found = {}
    for load, by in gradients.items():
        size = int(np.prod(shapes[load], dtype=int))
        total = np.zeros((len(moved.numbers), size))
        for name, slope in by.items():
            total += stacked[name] @ np.asarray(slope).reshape(size, -1).T
        found[load] = total.reshape(len(moved.numbers), *shapes[load])
    return found


def _irregular(inertia: object) -> str:
    return (
        "the stride is no strict minimum with independent constraints "
        f"({inertia}), and a derivative does not exist there"
    )
