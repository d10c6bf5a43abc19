"""A result file opens as the stride, runner and case that were saved, or says why not."""

from __future__ import annotations

import dataclasses
import shutil

import numpy as np
import pytest

from surae._errors import UnusableInput
from surae._pytree import Note, replace
from surae.files.case_inputs import key_of, prepare_task, settle
from surae.files.library import library_path
from surae.files.results import guess_for, open_result, save_result
from surae.gait.guess import reference_guess
from surae.gait.problem import running_problem
from surae.gait.stride import Stride
from surae.gait.unpack import full_stride
from surae.nlp.program import NlpSolution
from surae.nlp.report import SolveReport, Status
from surae.study.case import Case, Change, Track
from surae.transcription.problem import TranscribedProgram

# Same mesh as tests/study/conftest.py: nothing compiles twice.
WEAK = Case(changes=(Change("strength", "gluteus_maximus", 0.8),), intervals=12)


def never_solved(case: Case) -> Stride:
    """The reference on the case's mesh."""
    problem = running_problem(*prepare_task(case))
    unknowns = reference_guess(problem).unknowns
    rows = len(TranscribedProgram(problem.problem).row_lower)
    solution = NlpSolution(unknowns, np.ones(rows), np.ones(len(unknowns)), 0.1)
    report = SolveReport(Status.ITERATION_LIMIT, 1, 0.5, 0.1, 0.1)
    gait = replace(full_stride(problem, unknowns), note=Note(report))
    return Stride(gait, problem, solution, report)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    stride = never_solved(WEAK)
    path = save_result(tmp_path_factory.mktemp("results") / "weak.h5", stride, WEAK)
    return stride, path


def test_the_runner_and_the_case_come_back(saved):
    stride, path = saved
    stored = open_result(path)
    assert stored.case == dataclasses.replace(WEAK, symmetry="half")
    assert stored.same_inputs
    np.testing.assert_array_equal(
        stored.gait.runner.muscles.strength, stride.gait.runner.muscles.strength
    )
    np.testing.assert_array_equal(stored.gait.tendon_force, stride.gait.tendon_force)
    assert stored.gait.status == stored.gait.report.status.value == Status.ITERATION_LIMIT.value
    assert stored.attributes["case_key"] == key_of(stored.case)


def test_a_stored_stride_is_a_warm_start(saved):
    stride, path = saved
    stored = open_result(path)
    same = guess_for(stored, stride.problem)
    np.testing.assert_array_equal(same.unknowns, stride.guess.unknowns)
    assert same.warm
    faster = running_problem(*prepare_task(dataclasses.replace(WEAK, speed=4.2)))
    assert guess_for(stored, faster).warm, "multipliers are kept from speed to speed"


def test_one_sided_weakness_needs_a_full_stride():
    one_sided = Case(changes=(Change("strength", "gluteus_maximus_r", 0.8),), symmetry="half")
    with pytest.raises(UnusableInput, match=r"use --symmetry full"):
        prepare_task(one_sided)
    assert prepare_task(dataclasses.replace(one_sided, symmetry="auto"))[1].symmetry == "full"
    both = (*one_sided.changes, Change("strength", "gluteus_maximus_l", 0.8))
    assert prepare_task(Case(changes=both))[1].symmetry == "half"


@pytest.fixture
def own_model(tmp_path):
    """A copy of the planar model beside the user's files."""
    folder = tmp_path / "mine"
    shutil.copytree(library_path() / "models" / "planar", folder)
    return folder


def test_a_model_is_known_by_its_content(own_model):
    case = Case(model=str(own_model), symmetry="half")
    assert key_of(case) == key_of(dataclasses.replace(case, model="planar"))
    (own_model / "SOURCES.md").write_text("prose")
    assert key_of(case) == key_of(dataclasses.replace(case, model="planar"))
    muscles = own_model / "muscles.csv"
    muscles.write_text(muscles.read_text() + "\n")
    assert key_of(case) != key_of(dataclasses.replace(case, model="planar"))


def test_results_open_from_any_folder(own_model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    case = Case(model="mine", intervals=12)
    runner, _ = prepare_task(case)
    assert settle(case, runner).model == str(own_model)
    assert settle(dataclasses.replace(case, model="planar"), runner).model == "planar"
    track = Case(mode="track", track=Track("run.mot", "forces.mot"))
    settled = settle(track, runner).track
    assert settled is not None
    assert settled.kinematics == str(tmp_path / "run.mot")


def test_a_model_that_has_changed_since_is_said(own_model, tmp_path):
    case = Case(model=str(own_model), intervals=12)
    path = save_result(tmp_path / "mine.h5", never_solved(case), case)
    muscles = own_model / "muscles.csv"
    muscles.write_text(muscles.read_text() + "\n")
    assert not open_result(path).same_inputs
    shutil.rmtree(own_model)
    with pytest.raises(UnusableInput, match=r"mine\.h5 cannot be had again: No model folder"):
        open_result(path)
