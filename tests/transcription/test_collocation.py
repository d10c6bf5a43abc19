"""Every scheme integrates at its order, and its quadrature is the one of its textbook."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.special import iv

from surae.transcription.collocation import SCHEMES, mesh

# Intervals of the coarse mesh: fine enough for the asymptote, coarse enough to stay above rounding.
ORDERS = {
    "backward_euler": (1, 160),
    "trapezoid": (2, 40),
    "radau2": (3, 40),
    "radau3": (5, 20),
}


def test_every_scheme_is_known_here() -> None:
    assert set(ORDERS) == set(SCHEMES)
    assert {name: scheme.order for name, scheme in SCHEMES.items()} == {
        name: order for name, (order, _) in ORDERS.items()
    }


@pytest.mark.parametrize("name", sorted(ORDERS))
def test_error_of_a_periodic_motion_falls_at_the_order_of_the_scheme(
    name: str, make_oscillator: Any, solve_oscillator: Any, known_motion: Any
) -> None:
    order, intervals = ORDERS[name]

    def error(intervals: int) -> float:
        program = make_oscillator(name, intervals)
        book = program.problem.layout
        ends = slice(len(book.mesh.scheme.points) - 1, None, len(book.mesh.scheme.points))
        q = solve_oscillator(program)[book.values("q")][:, ends]
        return float(np.abs(q - known_motion(book.mesh.times[ends])).max())

    coarse, fine = error(intervals), error(2 * intervals)
    assert fine > 1e-13
    np.testing.assert_allclose(np.log2(coarse / fine), order, atol=0.35)


@pytest.mark.parametrize("name", sorted(SCHEMES))
def test_differences_are_exact_for_polynomials_of_the_scheme(name: str) -> None:
    scheme = SCHEMES[name]
    times = np.concatenate([[0.0], scheme.points])
    highest = 2 if name == "trapezoid" else len(scheme.points)
    for power in range(highest + 1):
        rates = power * times ** max(power - 1, 0)
        defect = scheme.difference @ times**power - scheme.average @ rates
        np.testing.assert_allclose(defect, 0.0, atol=1e-13)


@pytest.mark.parametrize("name", sorted(SCHEMES))
def test_quadrature_is_a_mean(name: str) -> None:
    grid = mesh(name, 7)
    np.testing.assert_allclose(grid.weights.sum(), 1.0, rtol=1e-14)
    assert grid.weights.min() > 0.0
    assert len(grid.weights) == len(grid.times) == grid.n_points
    assert np.all(np.diff(grid.times) > 0.0) and grid.times[0] > 0.0
    np.testing.assert_allclose(grid.times[-1], 1.0, rtol=1e-15)


@pytest.mark.parametrize("name", ["backward_euler", "radau2", "radau3"])
def test_radau_quadrature_has_the_degree_of_radau(name: str) -> None:
    scheme = SCHEMES[name]
    for power in range(2 * len(scheme.points) - 1):
        mean = scheme.weights @ scheme.points**power
        np.testing.assert_allclose(mean, 1.0 / (power + 1.0), rtol=1e-13)


@pytest.mark.parametrize("name", sorted(SCHEMES))
def test_mean_of_a_periodic_curve(name: str) -> None:
    # The mean of exp(sin 2 pi t) is the Bessel function I0(1).
    grid = mesh(name, 40)
    found = grid.weights @ np.exp(np.sin(2.0 * np.pi * grid.times))
    np.testing.assert_allclose(found, iv(0, 1.0), rtol=1e-7)


def test_unusable_meshes_are_refused_with_what_is_allowed() -> None:
    with pytest.raises(ValueError, match="backward_euler"):
        mesh("runge_kutta", 10)
    with pytest.raises(ValueError, match="at least 2"):
        mesh("radau2", 1)
