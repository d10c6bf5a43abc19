"""A guess carried to another transcription describes the same stride, and keeps the Lagrangian."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from surae._errors import UnusableInput
from surae._pytree import replace
from surae.files.case_inputs import running_task
from surae.files.model_folder import load_runner
from surae.gait.guess import Start, guess_for, guess_from_gait, onto, reference_guess
from surae.gait.problem import RunningProblem, running_problem
from surae.gait.unfold import unfolded
from surae.gait.unpack import full_stride
from surae.nlp.program import Guess
from surae.runner.mirror import mirror_permutation
from surae.study.case import Case
from surae.transcription.problem import TranscribedProgram


@pytest.fixture(scope="module")
def runner():
    return load_runner("planar")


@pytest.fixture(scope="module")
def problem_of(runner):
    def make(**settings) -> RunningProblem:
        case = Case(**{"symmetry": "half", "intervals": 12, **settings})
        return running_problem(runner, running_task(runner, case))

    return make


@pytest.fixture(scope="module")
def half(problem_of) -> RunningProblem:
    return problem_of()


@pytest.fixture(scope="module")
def guess(half) -> Guess:
    """The reference with some activity, and random multipliers."""
    book = half.layout
    random = np.random.default_rng(3)
    unknowns = reference_guess(half).unknowns
    for name in ("activation", "excitation", "tendon_force"):
        columns = book.unknowns[name]
        wave = np.sin(2.0 * np.pi * book.mesh.times[None, :] + np.arange(len(columns))[:, None])
        unknowns[columns] += 0.05 * wave
    rows = len(TranscribedProgram(half.problem).row_lower)
    return Guess(unknowns, random.normal(size=rows), random.normal(size=len(unknowns)))


def coordinates_of(problem: RunningProblem, guess: Guess) -> np.ndarray:
    return np.asarray(full_stride(problem, guess.unknowns).coordinates)


def test_a_half_stride_unfolds_without_a_change_of_the_lagrangian(half, problem_of, guess):
    full = problem_of(symmetry="full")
    whole = unfolded(half, full, guess)
    values = []
    for problem, point in ((half, guess), (full, whole)):
        program = TranscribedProgram(problem.problem)
        constraints = program.constraints(point.unknowns)
        assert point.row_multipliers is not None and point.bound_multipliers is not None
        cost = program.cost(point.unknowns)
        bound_term = point.bound_multipliers @ point.unknowns
        values.append((cost, point.row_multipliers @ constraints, bound_term))
    assert values[1] == pytest.approx(values[0], rel=1e-9)
    np.testing.assert_allclose(
        coordinates_of(full, whole), coordinates_of(half, guess), atol=1e-9, rtol=0.0
    )


def test_a_stride_from_a_full_one_is_that_stride(half, guess):
    gait = full_stride(half, guess.unknowns)
    mirror = mirror_permutation(half.runner.muscle_names)
    again = full_stride(half, guess_from_gait(half, gait).unknowns)
    assert float(again.duration) == pytest.approx(float(gait.duration))
    for name in ("coordinates", "activation", "excitation", "tendon_force"):
        expected = np.asarray(getattr(gait, name))
        np.testing.assert_allclose(getattr(again, name), expected, atol=1e-6 * np.ptp(expected))
    half_way = len(gait.time) // 2
    np.testing.assert_allclose(
        np.asarray(again.activation)[half_way:], np.asarray(again.activation)[:half_way, mirror]
    )


@pytest.mark.parametrize("settings", [{"intervals": 30}, {"scheme": "radau3", "intervals": 17}])
def test_another_mesh_gets_the_same_curves(half, problem_of, settings):
    smooth = reference_guess(half)
    finer = problem_of(**settings)
    moved = onto(half.layout, finer.layout, smooth)
    back = onto(finer.layout, half.layout, moved)
    np.testing.assert_allclose(
        coordinates_of(half, back), coordinates_of(half, smooth), atol=2e-3, rtol=0.0
    )


def test_multipliers_keep_their_size_per_unit_of_time(half, problem_of, guess):
    finer = problem_of(intervals=24)
    book = half.layout
    rows = len(half.problem.row_scale)
    size = rows * book.mesh.n_points
    constant = np.concatenate(
        [np.tile(book.mesh.weights, rows), np.zeros(len(guess.row_multipliers) - size)]
    )
    steady = dataclasses.replace(guess, row_multipliers=constant)
    moved = onto(book, finer.layout, steady).row_multipliers
    assert moved is not None
    np.testing.assert_allclose(
        moved[: rows * finer.layout.mesh.n_points], np.tile(finer.layout.mesh.weights, rows)
    )


def test_what_a_neighbour_gives(half, problem_of, guess):
    gait = full_stride(half, guess.unknowns)
    start = Start(gait, "half", half.task.scheme, half.task.intervals, guess)
    assert guess_for(start, half) is guess
    assert guess_for(start, problem_of(intervals=16)).warm
    assert guess_for(start, problem_of(symmetry="full")).warm
    assert guess_for(start, problem_of(symmetry="full", intervals=16)).warm
    elsewhere = problem_of(speed=3.5, stride_time=0.7, costs={"effort": 2.0})
    assert guess_for(start, elsewhere) is guess
    assert guess_for(start, problem_of(speed=3.5, intervals=16)).warm
    whole = dataclasses.replace(start, symmetry="full")
    assert not guess_for(whole, half).warm
    assert not guess_for(dataclasses.replace(start, guess=None), half).warm
    older = Guess(guess.unknowns[:-3], guess.row_multipliers, guess.bound_multipliers)
    assert not guess_for(dataclasses.replace(start, guess=older), half).warm


def test_a_stride_of_another_model_is_refused(half, guess):
    gait = full_stride(half, guess.unknowns)
    muscles = replace(gait.runner.muscles, names=gait.runner.muscle_names[::-1])
    other = replace(gait, runner=replace(gait.runner, name="other", muscles=muscles))
    with pytest.raises(UnusableInput, match=r"stride of model 'other'.*muscle names differ"):
        guess_for(Start(other, "half", "radau2", 12, guess), half)
