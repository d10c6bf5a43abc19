"""A transcription changes the form of a problem, not its solution; its derivatives are exact."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from surae.transcription.collocation import SCHEMES
from surae.transcription.problem import TranscribedProgram

Floats = NDArray[np.float64]
KINDS = [
    (scheme, half, lifted)
    for scheme in sorted(SCHEMES)
    for half in (False, True)
    for lifted in ((0,) if scheme == "trapezoid" else (0, 1, 2))
]


def start(program: TranscribedProgram) -> Floats:
    return np.random.default_rng(1).uniform(-0.5, 0.5, program.n_unknowns)


@pytest.mark.parametrize("scheme", sorted(SCHEMES))
def test_half_a_symmetric_motion_closed_on_its_mirror_image_is_the_whole_motion(
    scheme: str, make_oscillator: Any, solve_oscillator: Any
) -> None:
    half = make_oscillator(scheme, 6, half=True)
    whole = make_oscillator(scheme, 12)
    first = solve_oscillator(half)
    both = solve_oscillator(whole)
    for rate in range(3):
        values = half.problem.layout.values("q", rate)
        # Rates are per horizon, and the half's is half as long.
        q = first[values] * 2.0**rate
        mirrored = np.concatenate([q, q[::-1]], axis=1)
        scale = np.abs(both[values]).max()
        np.testing.assert_allclose(mirrored, both[values], rtol=0.0, atol=1e-9 * scale)
    assert np.abs(first[0] - first[1]).max() > 0.1


@pytest.mark.parametrize("scheme", ["backward_euler", "radau2", "radau3"])
@pytest.mark.parametrize("lifted", [1, 2])
def test_lifted_and_eliminated_rates_give_the_same_motion(
    scheme: str, lifted: int, make_oscillator: Any, solve_oscillator: Any
) -> None:
    eliminated = solve_oscillator(make_oscillator(scheme, 6))
    found = solve_oscillator(make_oscillator(scheme, 6, lifted=lifted))
    np.testing.assert_allclose(found, eliminated, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("scheme", "half", "lifted"), KINDS)
def test_derivatives_of_the_program_are_those_of_finite_differences(
    scheme: str, half: bool, lifted: int, make_oscillator: Any, jacobian_of: Any, hessian_of: Any
) -> None:
    program = make_oscillator(scheme, 3, half=half, lifted=lifted)
    x, h = start(program), 1e-6
    rows = np.random.default_rng(2).standard_normal(len(program.row_lower))
    n = program.n_unknowns

    def gradient(x: Floats) -> Floats:
        return 0.7 * program.gradient(x) + rows @ jacobian_of(program, x)

    def slope(function: Any) -> Floats:
        steps = h * np.eye(n)
        return np.stack([(function(x + s) - function(x - s)) / (2.0 * h) for s in steps], -1)

    for found, expected in (
        (program.gradient(x), slope(program.cost)),
        (jacobian_of(program, x), slope(program.constraints)),
        (hessian_of(program, x, 0.7, rows), slope(gradient)),
    ):
        scale = np.abs(expected).max()
        np.testing.assert_allclose(found, expected, rtol=0.0, atol=1e-7 * scale)


def test_constant_values_close_across_the_seam(make_oscillator: Any) -> None:
    for half in (False, True):
        book = make_oscillator("radau3", 4, half=half).problem.layout
        x = np.zeros(book.n_unknowns)
        # Equal components: their mirror image is themselves.
        x[book.unknowns["q"]] = 1.5 / book.scale[book.unknowns["q"]]
        values = book.at_instants(x)
        np.testing.assert_allclose(values[book.values("q")], 1.5)
        np.testing.assert_allclose(values[book.values("q", 1)], 0.0, atol=1e-12)
        np.testing.assert_allclose(values[book.values("q", 2)], 0.0, atol=1e-9)


def test_the_cost_is_split_without_loss(make_oscillator: Any) -> None:
    program = make_oscillator("radau2", 4)
    x = start(program)
    np.testing.assert_allclose(sum(program.cost_by_part(x).values()), program.cost(x), rtol=1e-14)


def test_the_patterns_are_sorted_and_without_repeats(make_oscillator: Any) -> None:
    program = make_oscillator("trapezoid", 5, half=True)
    for pattern in (program.jacobian_pattern, program.hessian_pattern):
        keys = pattern.columns * pattern.shape[0] + pattern.rows
        assert np.all(np.diff(keys) > 0)


def test_an_edited_point_is_not_mistaken_for_the_remembered_one(make_oscillator: Any) -> None:
    program = make_oscillator("radau2", 4)
    x = start(program)
    before = program.constraints(x).copy()
    x[3] += 0.1
    assert not np.allclose(program.constraints(x), before)
