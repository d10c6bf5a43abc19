"""A load metric: a number with its unit and dims, and the definition that gives it both.

Each file of this floor declares its metrics once, in a table `DEFINITIONS` beside the code that
computes them; `named` joins values to the table, so that no value leaves without a unit.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
from jax import Array

from surae._pytree import field, pytree, static
from surae.gait.solution import SIDES
from surae.runner.runner import Runner

# Exponents of the load-weighted impulse. 9 is the usual reading of Firminger et al. 2020 and
# Edwards 2018; 5 to 12 spans what fatigue tests of tendon support.
EXPONENTS = (5, 7, 9, 12)
DIRECTIONS = ("positive", "negative")


@dataclasses.dataclass(frozen=True)
class Definition:
    """What a metric means, in which unit, over which dims."""

    unit: str
    dims: tuple[str, ...]
    meaning: str


@pytree
class Metric:
    """A value with its unit; `dims` name its axes (see `dimension_labels`), () for a scalar."""

    value: Array | np.ndarray = field("1")
    unit: str = static(default="1")
    dims: tuple[str, ...] = static(default=())


def per_side(unit: str, meaning: str) -> Definition:
    """A definition with one value for each side, in the order (r, l)."""
    return Definition(unit, ("side",), meaning)


def scalar(unit: str, meaning: str) -> Definition:
    """A definition with one value for the whole runner."""
    return Definition(unit, (), meaning)


def named(definitions: Mapping[str, Definition], values: Mapping[str, Any]) -> dict[str, Metric]:
    """Values as metrics, each with the unit and dims of its definition."""
    return {name: _metric(name, definitions[name], value) for name, value in values.items()}


def dimension_labels(runner: Runner) -> dict[str, tuple]:
    """What the places along each dim of a metric stand for."""
    return {
        "side": SIDES,
        "exponent": EXPONENTS,
        "direction": DIRECTIONS,
        "muscle": tuple(runner.muscle_names),
        "coordinate": tuple(runner.coordinate_names),
    }


def _metric(name: str, definition: Definition, value: Any) -> Metric:
    value = np.asarray(value, dtype=float)
    if value.ndim != len(definition.dims):
        raise ValueError(f"Metric {name!r} has shape {value.shape}; its dims: {definition.dims}.")
    return Metric(value, definition.unit, definition.dims)
