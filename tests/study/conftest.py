"""A stride that was never solved: the reference, put on a small mesh, with made-up multipliers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from surae._pytree import Note, replace
from surae.files.case_inputs import running_task
from surae.files.model_folder import load_runner
from surae.gait.guess import reference_guess
from surae.gait.problem import running_problem
from surae.gait.stride import Stride
from surae.gait.unpack import full_stride
from surae.nlp.program import NlpSolution
from surae.nlp.report import SolveReport, Status
from surae.runner.runner import Runner
from surae.study.case import Case
from surae.transcription.problem import TranscribedProgram

CASE = Case(symmetry="half", intervals=12)


@pytest.fixture(scope="session")
def runner() -> Runner:
    return load_runner("planar")


@pytest.fixture(scope="session")
def made_up_stride(runner: Runner) -> Callable[..., Stride]:
    def make(case: Case = CASE, status: Status = Status.SOLVED) -> Stride:
        problem = running_problem(runner, running_task(runner, case))
        unknowns = reference_guess(problem).unknowns
        random = np.random.default_rng(7)
        rows = len(TranscribedProgram(problem.problem).row_lower)
        multipliers = random.normal(size=rows), random.normal(size=len(unknowns))
        report = SolveReport(
            status=status,
            iterations=3,
            constraint_violation=1e-9,
            wall_time=1.5,
            derivative_time=0.5,
            worst_constraint="dynamics of pelvis_ty at 8 % of the solved stride",
            log=((3.0, 2.0, 1.0), (2.0, 1e-3, 0.1), (1.0, 1e-9, 1e-8)),
            message="Solve_Succeeded",
        )
        gait = full_stride(problem, unknowns, status.value)
        solution = NlpSolution(unknowns, *multipliers, 0.03)
        return Stride(replace(gait, note=Note(report)), problem, solution, report)

    return make


@pytest.fixture(scope="session")
def stride(made_up_stride: Callable[..., Stride]) -> Stride:
    return made_up_stride()
