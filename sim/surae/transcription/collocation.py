"""Collocation schemes as data: a scheme is two small matrices and a quadrature rule.

On an interval of length h with start value x_0 and points x_1..x_s, every scheme here reads
D x = h C x' with constant D and C of shape (s, s+1). Where C has no column for the start value
the rates follow from the states alone and need not be unknowns.

Radau IIA points and weights: Hairer & Wanner, Solving Ordinary Differential Equations II (1996),
section IV.5.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Scheme:
    """`points` in (0, 1]; `difference` D and `average` C (point, 1 + point); `weights` (point)."""

    name: str
    points: Matrix
    difference: Matrix
    average: Matrix
    weights: Matrix
    order: int

    @property
    def explicit_rates(self) -> bool:
        """Whether rates at the points follow from the states alone (no start rate needed)."""
        return not np.any(self.average[:, 0])


def _radau(name: str, points: list[float], weights: list[float]) -> Scheme:
    nodes = np.array([0.0, *points])
    return Scheme(
        name=name,
        points=np.array(points),
        difference=_differentiation(nodes)[1:],
        average=np.hstack([np.zeros((len(points), 1)), np.eye(len(points))]),
        weights=np.array(weights),
        order=2 * len(points) - 1,
    )


def _differentiation(nodes: Matrix) -> Matrix:
    """Derivative of the interpolating polynomial at its nodes: (node, node)."""
    powers = np.arange(len(nodes))
    values = nodes[:, None] ** powers
    slopes = powers * nodes[:, None] ** np.maximum(powers - 1, 0)
    return slopes @ np.linalg.inv(values)


_ROOT6 = np.sqrt(6.0)

SCHEMES: dict[str, Scheme] = {
    scheme.name: scheme
    for scheme in (
        _radau("backward_euler", [1.0], [1.0]),
        _radau("radau2", [1.0 / 3.0, 1.0], [3.0 / 4.0, 1.0 / 4.0]),
        _radau(
            "radau3",
            [(4.0 - _ROOT6) / 10.0, (4.0 + _ROOT6) / 10.0, 1.0],
            [(16.0 - _ROOT6) / 36.0, (16.0 + _ROOT6) / 36.0, 1.0 / 9.0],
        ),
        Scheme(
            name="trapezoid",
            points=np.array([1.0]),
            difference=np.array([[-1.0, 1.0]]),
            average=np.array([[0.5, 0.5]]),
            weights=np.array([1.0]),
            order=2,
        ),
    )
}


@dataclasses.dataclass(frozen=True)
class Mesh:
    """A scheme on equal intervals of a unit of time that closes on itself."""

    scheme: Scheme
    intervals: int

    @property
    def n_points(self) -> int:
        """Number of instants."""
        return self.intervals * len(self.scheme.points)

    @property
    def times(self) -> Matrix:
        """Instants as a fraction of the duration, in (0, 1]: (point,)."""
        starts = np.arange(self.intervals) / self.intervals
        return (starts[:, None] + self.scheme.points / self.intervals).ravel()

    @property
    def weights(self) -> Matrix:
        """Quadrature weights of a time mean, summing to 1: (point,)."""
        return np.tile(self.scheme.weights / self.intervals, self.intervals)


def mesh(scheme: str, intervals: int) -> Mesh:
    """A mesh by the scheme's name."""
    if scheme not in SCHEMES:
        raise ValueError(f"No scheme {scheme!r}; there are {sorted(SCHEMES)}.")
    if intervals < 2:
        raise ValueError(f"A mesh of {intervals} intervals; at least 2 are needed.")
    return Mesh(SCHEMES[scheme], intervals)
