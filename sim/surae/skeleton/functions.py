"""Values of joint motions as functions of a coordinate, exact for OpenSim's function classes.

A function is a polynomial plus truncated powers,

    value(x) = sum_i c_i x^i + sum_k [square_k (x - knot_k)_+^2 + cube_k (x - knot_k)_+^3]

which is a cubic spline wherever it has knots, without a search for the interval. Derivatives up to
the fourth are closed forms. A spline that goes on as a straight line beyond its ends, as OpenSim's
do, has a jump of its second derivative there; `beyond="curve"` continues the end pieces instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import ArrayLike

from surae._pytree import field, pytree


@pytree
class MotionFunctions:
    """All functions of a skeleton, padded with zero coefficients to one size."""

    polynomial: Array = field("function", "power", "rad or m")
    knots: Array = field("function", "knot", "rad or m")
    squares: Array = field("function", "knot", "rad or m")
    cubes: Array = field("function", "knot", "rad or m")


class Course(NamedTuple):
    """A value and its first four derivatives, each of the same shape."""

    value: Array
    slope: Array
    curvature: Array
    third: Array
    fourth: Array


class MotionFunction(NamedTuple):
    """One function as numbers; arrays (power,) and (knot,)."""

    polynomial: np.ndarray
    knots: np.ndarray
    squares: np.ndarray
    cubes: np.ndarray

    def scaled(self, factor: float) -> MotionFunction:
        """factor * value: OpenSim's MultiplierFunction."""
        return MotionFunction(
            factor * self.polynomial, self.knots, factor * self.squares, factor * self.cubes
        )


def polynomial_function(coefficients: ArrayLike) -> MotionFunction:
    """A polynomial, coefficient of the lowest power first (OpenSim writes the highest first)."""
    none = np.zeros(0)
    return MotionFunction(np.array(coefficients, float), none, none, none)


def cubic_spline_function(
    x: Sequence[float], y: Sequence[float], beyond: str = "line"
) -> MotionFunction:
    """The cubic spline through (x, y) that OpenSim calls SimmSpline.

    Its end conditions take the third derivative from the cubic through the four outermost points
    (Forsythe, Malcolm & Moler, Computer Methods for Mathematical Computations, 1977, section 4.4).
    beyond: `line` continues with the slope at the end, `curve` with the end piece.
    """
    at, value = np.array(x, float), np.array(y, float)
    if len(at) != len(value) or len(at) < 2 or not np.all(np.diff(at) > 0.0):
        raise ValueError("a spline needs two or more points with increasing x, and as many y")
    bend = _second_derivatives(at, value)
    width = np.diff(at)
    slope = np.diff(value) / width - width * (2.0 * bend[:-1] + bend[1:]) / 6.0
    cubic = np.diff(bend) / (6.0 * width)
    if beyond == "curve":
        first = np.array([value[0], slope[0], bend[0] / 2.0, cubic[0]])
        start = np.polynomial.Polynomial(first)(np.polynomial.Polynomial([-at[0], 1.0]))
        return MotionFunction(start.coef, at[1:-1], np.zeros(len(at) - 2), np.diff(cubic))
    return MotionFunction(
        polynomial=np.array([value[0] - slope[0] * at[0], slope[0]]),
        knots=at,
        squares=np.concatenate([[bend[0]], np.zeros(len(at) - 2), [-bend[-1]]]) / 2.0,
        cubes=np.diff(cubic, prepend=0.0, append=0.0),
    )


def _second_derivatives(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """At the knots, from the continuity of the slope and the end conditions."""
    n, h = len(x), np.diff(x)
    if n == 2:
        return np.zeros(2)
    system, right = np.zeros((n, n)), np.zeros(n)
    for k in range(1, n - 1):
        system[k, k - 1 : k + 2] = h[k - 1], 2.0 * (h[k - 1] + h[k]), h[k]
        right[k] = 6.0 * ((y[k + 1] - y[k]) / h[k] - (y[k] - y[k - 1]) / h[k - 1])
    # Third derivatives of the end pieces; with three points there is no cubic to take them from.
    ends = (6.0 * _divided(x[:4], y[:4]), 6.0 * _divided(x[-4:], y[-4:])) if n > 3 else (0.0, 0.0)
    system[0, :2], right[0] = (-1.0, 1.0), ends[0] * h[0]
    system[-1, -2:], right[-1] = (-1.0, 1.0), ends[1] * h[-1]
    return np.linalg.solve(system, right)


def _divided(x: np.ndarray, y: np.ndarray) -> float:
    """Divided difference of the highest order of these points (Newton)."""
    table = y
    for order in range(1, len(x)):
        table = np.diff(table) / (x[order:] - x[:-order])
    return float(table[0])


def motion_functions(functions: Sequence[MotionFunction] = ()) -> MotionFunctions:
    """Functions stacked; padding adds nothing to any value."""
    powers = max([1, *(len(f.polynomial) for f in functions)])
    knots = max([0, *(len(f.knots) for f in functions)])

    def stacked(field: str, size: int) -> Array:
        rows = [getattr(f, field) for f in functions]
        padded = [np.concatenate([row, np.zeros(size - len(row))]) for row in rows]
        return jnp.asarray(np.array(padded).reshape(len(functions), size))

    return MotionFunctions(
        stacked("polynomial", powers),
        stacked("knots", knots),
        stacked("squares", knots),
        stacked("cubes", knots),
    )


def evaluated(functions: MotionFunctions, x: Array) -> Course:
    """Every function at its own x (function,), with four derivatives."""
    value, slope, curvature, third, fourth = (jnp.zeros_like(x) for _ in range(5))
    for power in reversed(range(functions.polynomial.shape[1])):
        # Horner's rule for a polynomial and its derivatives at once.
        fourth = fourth * x + 4.0 * third
        third = third * x + 3.0 * curvature
        curvature = curvature * x + 2.0 * slope
        slope = slope * x + value
        value = value * x + functions.polynomial[:, power]
    if functions.knots.shape[1] == 0:
        return Course(value, slope, curvature, third, fourth)
    beyond = x[:, None] - functions.knots
    past = jnp.where(beyond > 0.0, beyond, 0.0)
    square, cube = functions.squares, functions.cubes
    inside = jnp.where(beyond >= 0.0, 1.0, 0.0)
    return Course(
        value + jnp.sum((square + cube * past) * past * past, axis=1),
        slope + jnp.sum((2.0 * square + 3.0 * cube * past) * past, axis=1),
        curvature + jnp.sum((2.0 * square + 6.0 * cube * past) * inside, axis=1),
        third + jnp.sum(6.0 * cube * inside, axis=1),
        fourth,
    )


def after(outer: Course, inner: Course) -> Course:
    """outer(inner(q)): derivatives by q from those of outer by its argument (Faa di Bruno)."""
    first, second, third = inner.slope, inner.curvature, inner.third
    return Course(
        outer.value,
        outer.slope * first,
        outer.curvature * first**2 + outer.slope * second,
        outer.third * first**3 + 3.0 * outer.curvature * first * second + outer.slope * third,
        outer.fourth * first**4
        + 6.0 * outer.third * first**2 * second
        + outer.curvature * (3.0 * second**2 + 4.0 * first * third)
        + outer.slope * inner.fourth,
    )
