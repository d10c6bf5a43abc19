"""Functions of motions: splines that pass their points smoothly, and exact derivatives."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from surae.skeleton.functions import (
    MotionFunction,
    after,
    cubic_spline_function,
    evaluated,
    motion_functions,
    polynomial_function,
)

X = [-1.2, -0.5, 0.0, 0.4, 1.1, 1.5]
Y = [0.3, -0.2, 0.1, 0.5, 0.2, 0.25]


def at(function: MotionFunction, x: float) -> np.ndarray:
    """Value and four derivatives (5,)."""
    return np.array(evaluated(motion_functions([function]), jnp.array([x])))[:, 0]


def test_spline_passes_its_points_and_is_smooth_at_them() -> None:
    spline = cubic_spline_function(X, Y)
    for x, y in zip(X, Y, strict=True):
        np.testing.assert_allclose(at(spline, x)[0], y, atol=1e-14)
    for x in X[1:-1]:
        np.testing.assert_allclose(at(spline, x - 1e-9)[:3], at(spline, x + 1e-9)[:3], atol=1e-7)


def test_four_points_of_a_cubic_give_the_cubic() -> None:
    # The end conditions take their third derivative from the outermost four points.
    cubic = polynomial_function([0.2, -0.7, 0.3, 0.9])
    points = [-1.0, -0.2, 0.6, 1.0]
    spline = cubic_spline_function(points, [float(at(cubic, x)[0]) for x in points])
    for x in np.linspace(-0.95, 0.95, 7):
        np.testing.assert_allclose(at(spline, float(x))[:3], at(cubic, float(x))[:3], atol=1e-12)


def test_two_points_give_a_line_and_three_scipys_parabolic_ends() -> None:
    line = cubic_spline_function([0.0, 2.0], [1.0, 5.0])
    np.testing.assert_allclose(at(line, 3.0), [7.0, 2.0, 0.0, 0.0, 0.0], atol=1e-14)
    three = cubic_spline_function([0.0, 1.0, 3.0], [0.0, 1.0, 0.5])
    second = CubicSpline([0.0, 1.0, 3.0], [0.0, 1.0, 0.5], bc_type="not-a-knot")
    np.testing.assert_allclose(at(three, 0.4)[0], second(0.4), atol=1e-12)


@pytest.mark.parametrize("beyond", ["line", "curve"])
def test_beyond_its_ends_a_spline_goes_on_as_told(beyond: str) -> None:
    spline = cubic_spline_function(X, Y, beyond)
    inside, outside = at(spline, X[-1] - 1e-9), at(spline, X[-1] + 0.3)
    np.testing.assert_allclose(at(spline, X[-1] + 1e-9)[:2], inside[:2], atol=1e-7)
    if beyond == "line":
        np.testing.assert_allclose(outside[1:3], [inside[1], 0.0], atol=1e-7)
    else:
        np.testing.assert_allclose(outside[3], inside[3], atol=1e-7)
        inner = cubic_spline_function(X, Y)
        for x in (-1.0, 0.2, 1.3):
            np.testing.assert_allclose(at(spline, x), at(inner, x), atol=1e-12)


@pytest.mark.parametrize("x", [-2.0, -0.3, 0.2, 1.3, 2.0])
def test_derivatives_are_those_of_automatic_differentiation(x: float) -> None:
    functions = motion_functions(
        [cubic_spline_function(X, Y), polynomial_function([1, 2, 3, 4, 5])]
    )

    def value(x: jax.Array) -> jax.Array:
        return evaluated(functions, jnp.full(2, x)).value

    expected, slope = [], value
    for _ in range(5):
        expected.append(slope(jnp.asarray(x)))
        slope = jax.jacfwd(slope)
    np.testing.assert_allclose(evaluated(functions, jnp.full(2, x)), expected, atol=1e-11)


def test_composed_functions_follow_the_chain_rule() -> None:
    inner, outer = (
        motion_functions([f])
        for f in (
            polynomial_function([0.1, 0.8, -0.3, 0.2, 0.1]),
            polynomial_function([0.0, 1.0, 0.5, -0.4, 0.3, 0.1]),
        )
    )

    def value(x: jax.Array) -> jax.Array:
        return evaluated(outer, evaluated(inner, x[None]).value).value[0]

    x = jnp.asarray(0.7)
    first = evaluated(inner, x[None])
    expected, slope = [], value
    for _ in range(5):
        expected.append(slope(x))
        slope = jax.grad(slope)
    np.testing.assert_allclose(
        np.array(after(evaluated(outer, first.value), first))[:, 0], expected, rtol=1e-12
    )


def test_scaled_functions_are_multiples() -> None:
    spline = cubic_spline_function(X, Y)
    np.testing.assert_allclose(at(spline.scaled(1.3), 0.7), 1.3 * at(spline, 0.7), rtol=1e-13)


@pytest.mark.parametrize(
    ("x", "y"), [([0.0, 0.0], [1.0, 2.0]), ([0.0], [1.0]), ([0.0, 1.0], [1.0])]
)
def test_points_that_make_no_spline_are_refused(x: list[float], y: list[float]) -> None:
    with pytest.raises(ValueError, match="increasing x"):
        cubic_spline_function(x, y)
