"""A guess is the reference stride, a reproducible perturbation of it, or another mesh's stride."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from surae.gait.guess import onto, perturbed, reference_coordinates, reference_guess
from surae.gait.problem import RunningProblem
from surae.nlp.program import Guess
from surae.transcription.collocation import SCHEMES
from surae.transcription.problem import TranscribedProgram


@pytest.mark.parametrize("scheme", sorted(SCHEMES))
@pytest.mark.parametrize("symmetry", ["half", "full"])
def test_the_first_guess_is_the_reference_stride(
    scheme: str, symmetry: str, make_problem: Any
) -> None:
    problem = make_problem(scheme=scheme, symmetry=symmetry)
    book, names = problem.layout, problem.runner.coordinate_names
    guess = reference_guess(problem)
    assert not guess.warm
    assert np.all((book.lower <= guess.unknowns) & (guess.unknowns <= book.upper))
    values = book.at_instants(guess.unknowns)
    expected = reference_coordinates(problem.runner, problem.task, problem.phases).T
    progress = names.index("pelvis_tx")
    expected[progress] -= expected[progress, -1]
    np.testing.assert_allclose(values[book.values("coordinates")], expected, atol=1e-12)
    share = 0.5 if problem.task.half else 1.0
    duration = values[book.values("duration")]
    np.testing.assert_allclose(duration, share * float(problem.task.reference.stride_time))


@pytest.mark.parametrize("scheme", ["backward_euler", "radau2", "radau3"])
def test_lifted_rates_of_a_guess_follow_from_its_states(scheme: str, make_problem: Any) -> None:
    # (The trapezoid has motions that no periodic rates belong to; its guess is the nearest.)
    problem = make_problem(scheme=scheme)
    program = TranscribedProgram(problem.problem)
    rows = problem.layout.linear @ reference_guess(problem).unknowns
    np.testing.assert_allclose(rows, 0.0, atol=1e-6)
    apex = problem.problem.boundary @ reference_guess(problem).unknowns
    assert abs(apex[1]) < 1e-12
    assert len(program.row_lower) == program.n_rows + len(rows) + len(apex)


def test_a_perturbed_guess_is_reproducible_bounded_and_different_for_each_seed(
    make_problem: Any,
) -> None:
    problem = make_problem()
    book, guess = problem.layout, reference_guess(problem)
    one, again, other = (perturbed(guess, book, 0.1, seed) for seed in (4, 4, 5))
    np.testing.assert_array_equal(one.unknowns, again.unknowns)
    assert not np.allclose(one.unknowns, other.unknowns)
    assert np.all((book.lower <= one.unknowns) & (one.unknowns <= book.upper))
    moved = np.abs(one.unknowns - guess.unknowns)
    # A spline through noise may overshoot its knots a little.
    assert 0.05 < moved.max() < 0.25
    angles = book.unknowns["coordinates"]
    assert np.all(moved[angles].max(axis=1) > 0.01)
    np.testing.assert_array_equal(perturbed(guess, book, 0.0, 4).unknowns, guess.unknowns)


@pytest.mark.parametrize("scheme", sorted(SCHEMES))
def test_a_guess_onto_its_own_mesh_is_itself(
    scheme: str, make_problem: Any, near_reference: Any
) -> None:
    problem = make_problem(scheme=scheme)
    book, rng = problem.layout, np.random.default_rng(1)
    x = near_reference(problem)
    warm = Guess(x, rng.standard_normal(rows_of(problem)), rng.standard_normal(len(x)))
    found = onto(book, book, warm)
    states = np.concatenate([book.unknowns[v.name].ravel() for v in book.variables])
    np.testing.assert_allclose(found.unknowns[states], x[states], atol=1e-12)
    assert found.row_multipliers is not None and warm.row_multipliers is not None
    np.testing.assert_allclose(found.row_multipliers, warm.row_multipliers, rtol=1e-12)
    of_states = np.setdiff1d(states, book.unknowns["duration"])
    assert found.bound_multipliers is not None and warm.bound_multipliers is not None
    np.testing.assert_allclose(
        found.bound_multipliers[of_states], warm.bound_multipliers[of_states], rtol=1e-12
    )


@pytest.mark.parametrize("symmetry", ["half", "full"])
def test_onto_a_finer_mesh_the_curves_stay(symmetry: str, make_problem: Any) -> None:
    coarse = make_problem(symmetry=symmetry, intervals=8)
    fine = make_problem(symmetry=symmetry, intervals=16)
    guess = reference_guess(coarse)
    found = onto(coarse.layout, fine.layout, guess)
    expected = reference_guess(fine)
    angles = fine.layout.unknowns["coordinates"][3:]
    error = np.abs(found.unknowns[angles] - expected.unknowns[angles])
    assert error.max() < 0.02
    # Values on instants that both meshes have are taken over as they are.
    ends = coarse.layout.at_instants(guess.unknowns)[coarse.layout.values("coordinates")][:, 1::2]
    values = fine.layout.at_instants(found.unknowns)[fine.layout.values("coordinates")][:, 3::4]
    np.testing.assert_allclose(values, ends, atol=1e-12)


def test_multipliers_onto_a_finer_mesh_keep_their_sum(make_problem: Any) -> None:
    # A multiplier of an equation is a density times the instant's share of time.
    coarse, fine = make_problem(intervals=6), make_problem(intervals=12)
    points, weights = coarse.layout.mesh.n_points, coarse.layout.mesh.weights
    size, equations = rows_of(coarse), len(coarse.problem.row_scale)
    rows = np.full(size, 3.0)
    rows[: equations * points] = np.tile(weights, equations)
    bounds = np.zeros(coarse.layout.n_unknowns)
    guess = Guess(reference_guess(coarse).unknowns, rows, bounds)
    found = onto(coarse.layout, fine.layout, guess).row_multipliers
    assert found is not None and len(found) == rows_of(fine)
    sums = found[: equations * fine.layout.mesh.n_points].reshape(equations, -1).sum(axis=1)
    np.testing.assert_allclose(sums, 1.0, rtol=1e-12)
    boundary = fine.problem.boundary.shape[0]
    np.testing.assert_array_equal(found[-boundary:], 3.0)


def rows_of(problem: RunningProblem) -> int:
    return len(TranscribedProgram(problem.problem).row_lower)


def test_noise_is_smooth_over_the_stride(make_problem: Any) -> None:
    # On any mesh the same seed is the same curve.
    coarse, fine = make_problem(intervals=12), make_problem(intervals=24)
    moves = []
    for problem in (coarse, fine):
        book, guess = problem.layout, reference_guess(problem)
        moved = perturbed(guess, book, 0.05, 7).unknowns - guess.unknowns
        moves.append((book.mesh.times, moved[book.unknowns["coordinates"]]))
    (times, few), (more_times, many) = moves
    spline = CubicSpline(more_times, many, axis=1)
    np.testing.assert_allclose(spline(times)[:, 2:], few[:, 2:], atol=2e-3)
