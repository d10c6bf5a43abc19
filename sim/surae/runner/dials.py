"""The ways in which a muscle's output is reduced, as a table: names, units, ranges.

strength  active force that remains; volume stays: inhibition
atrophy   active force and volume that remain (above 1: growth)
ceiling   highest excitation over the whole stride
delay     the muscle's stance burst begins later, relative to contact
advance   it ends earlier
drop      highest excitation in the first 100 ms after contact, as a fraction of the healthy peak
fatigue   the muscle has run for so long (runner.fatigue says what that leaves of its active force)

Everything here works without JAX.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import NamedTuple

from surae._errors import UnusableInput


class Dial(NamedTuple):
    """How one way of reducing output is told. `step`: a comfortable step of a warm start."""

    key: str  # in a study file
    healthy: float
    low: float
    high: float
    unit: str
    step: float
    total: Callable[[Iterable[float]], float]  # what several values for one muscle come to
    flag: str  # help of the command line
    range_words: str


def _least(values: Iterable[float]) -> float:
    return min(values, default=1.0)


_REMAINS = "the fraction of healthy active force that remains (0.7 means 30 % lost)"
_MUSCLE = "the fraction of the healthy muscle that remains (0.7 means 30 % lost)"
DIALS = {
    "strength": Dial(
        "strength", 1.0, 0.05, 2.0, "1", 0.1, math.prod, "active force that remains", _REMAINS
    ),
    "atrophy": Dial(
        "atrophy", 1.0, 0.05, 2.0, "1", 0.1, math.prod, "force and volume that remain", _MUSCLE
    ),
    "ceiling": Dial(
        "ceiling",
        1.0,
        0.05,
        1.0,
        "1",
        0.1,
        _least,
        "highest excitation over the stride",
        "the highest excitation, 1 being all",
    ),
    "delay": Dial(
        "delay_ms",
        0.0,
        0.0,
        200.0,
        "ms",
        10.0,
        sum,
        "bursts begin this much later",
        "how much later the burst begins, in ms",
    ),
    "advance": Dial(
        "advance_ms",
        0.0,
        0.0,
        200.0,
        "ms",
        10.0,
        sum,
        "bursts end this much earlier",
        "how much earlier the burst ends, in ms",
    ),
    "drop": Dial(
        "drop",
        1.0,
        0.05,
        1.0,
        "1",
        0.1,
        math.prod,
        "excitation that remains in early stance",
        "the fraction of the healthy peak excitation in the first 100 ms of stance",
    ),
    "fatigue": Dial(
        "fatigue_min",
        0.0,
        0.0,
        600.0,
        "min",
        5.0,
        sum,
        "tired by so long a run",
        "for how long the muscle has run, in minutes",
    ),
}

# Those that are told relative to a muscle's burst in stance.
OF_BURSTS = ("delay", "advance", "drop")


def check_dial(kind: str, of: str, value: float) -> None:
    """Refuse a value that no muscle can have."""
    dial = DIALS[kind]
    if not dial.low <= value <= dial.high:
        unit = "" if dial.unit == "1" else f" {dial.unit}"
        raise UnusableInput(
            f"{kind} of {of} is {value:g}{unit}; allowed are {dial.low:g} to {dial.high:g}{unit}, "
            f"{dial.range_words}."
        )
