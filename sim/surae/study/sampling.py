"""Points of a study: evenly spread values, and quasi-random points by scipy.stats.qmc, seeded."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

SPACINGS = ("linear", "log")


def spread(low: float, high: float, count: int, spacing: str = "linear") -> tuple[float, ...]:
    """`count` values from `low` to `high`, both included."""
    return tuple(_between(np.linspace(0.0, 1.0, count), low, high, spacing).tolist())


def sampled(
    kind: str,
    count: int,
    seed: int,
    ranges: Sequence[tuple[float, float, str]],
) -> NDArray[np.float64]:
    """Points (count, axis), scrambled; ranges: low, high and spacing of each axis."""
    random = np.random.default_rng(seed)
    if kind == "sobol":
        # The first points of a longer sequence; whole powers of two are what scipy is silent about.
        points = qmc.Sobol(len(ranges), rng=random).random_base2(int(count - 1).bit_length())
    else:
        points = qmc.LatinHypercube(len(ranges), rng=random).random(count)
    columns = [_between(points[:count, i], *each) for i, each in enumerate(ranges)]
    return np.column_stack(columns)


def _between(
    share: NDArray[np.float64], low: float, high: float, spacing: str
) -> NDArray[np.float64]:
    """Values at shares 0..1 of a range, to twelve digits: 0.9, not 0.9000000000000001."""
    if spacing == "log":
        values = np.exp(np.log(low) + share * (np.log(high) - np.log(low)))
    else:
        values = low + share * (high - low)
    values = np.array([float(f"{value:.12g}") for value in values])
    # exp(log(x)) may miss the ends.
    return np.clip(values, min(low, high), max(low, high))
