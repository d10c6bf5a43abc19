"""A given step width is the metric's; a free stride is the stride of its own width."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from surae._errors import UnusableInput
from surae.api import branch_of, prepare_task, solve_case
from surae.files.baselines import nearest_baseline
from surae.files.case_inputs import running_task
from surae.files.results import StoredStride
from surae.gait.branch import lagrangian
from surae.gait.guess import guess_for
from surae.gait.problem import RunningProblem, running_problem
from surae.gait.width_guess import width_of, with_other_rows
from surae.loads.all_metrics import all_metrics
from surae.nlp.program import Guess
from surae.study.case import Case
from surae.transcription.problem import TranscribedProgram


@pytest.fixture(scope="module")
def baseline() -> StoredStride:
    stored = nearest_baseline("full", "calibrated", 4.0)
    assert stored is not None
    return stored


def problem_of(width: float | None) -> RunningProblem:
    return running_problem(*prepare_task(Case(model="full", step_width=width)))


def width_metric(gait: Any) -> float:
    return float(all_metrics(gait)["step_width"].value)


def test_a_free_stride_has_the_width_that_is_measured(baseline: StoredStride) -> None:
    problem = problem_of(0.12)
    program = TranscribedProgram(problem.problem)
    guess = guess_for(baseline.start, problem)
    width = width_of(program, problem, guess.unknowns)
    # Contact and toe-off, the filter and the height at which forces act are the difference.
    assert width == pytest.approx(width_metric(baseline.gait), abs=1e-3)


def test_the_sway_comes_and_goes_without_a_trace(baseline: StoredStride) -> None:
    free, given = problem_of(None), problem_of(0.12)
    guess = guess_for(baseline.start, free)
    taken = with_other_rows(free, given, guess)
    assert taken.warm and len(taken.unknowns) == given.layout.n_unknowns
    back = with_other_rows(given, free, taken)
    for one, other in zip(
        (guess.unknowns, guess.row_multipliers, guess.bound_multipliers),
        (back.unknowns, back.row_multipliers, back.bound_multipliers),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)
    programs = [TranscribedProgram(problem.problem) for problem in (free, given)]
    values = [lagrangian(*pair) for pair in zip(programs, (guess, taken), strict=True)]
    assert values[0] == pytest.approx(values[1], rel=1e-12)
    assert not with_other_rows(free, given, Guess(guess.unknowns)).warm


def test_a_planar_runner_has_no_step_width() -> None:
    with pytest.raises(UnusableInput, match="planar has no pelvis_tz: it moves in the sagittal"):
        prepare_task(Case(model="planar", step_width=0.05))
    with pytest.raises(UnusableInput, match=r"step_width is 5 m; allowed are -0.1 to 0.3 m"):
        Case(model="full", step_width=5.0)


@pytest.mark.slow
def test_a_given_width_is_reached_and_followed_there_and_back(baseline: StoredStride) -> None:
    wide = solve_case(Case(model="full", step_width=0.07), baseline)
    assert wide.report.status.solved
    assert width_metric(wide.gait) == pytest.approx(0.07, abs=1e-3)
    there = branch_of(baseline, wide)
    assert there.followed and there.change > 0.0, there
    free = solve_case(Case(model="full"), wide)
    back = branch_of(wide, free)
    assert back.followed and back.change == pytest.approx(-there.change, rel=1e-3), back
    assert width_metric(free.gait) == pytest.approx(width_metric(baseline.gait), abs=1e-5)
    assert running_task(free.problem.runner, Case(model="full")).step_width is None
