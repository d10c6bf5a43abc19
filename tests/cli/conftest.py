"""The command line called in this process, in an empty working directory."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from surae.cli.main import main


class Said(NamedTuple):
    """What a command left behind."""

    status: int
    out: str
    err: str


@pytest.fixture(scope="session", autouse=True)
def cache_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Compiled functions go where `make` put them, and never into a tester's home."""
    if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        os.environ.setdefault("SURAE_CACHE", str(tmp_path_factory.mktemp("jax")))


@pytest.fixture
def surae(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd) -> Callable[..., Said]:
    """Call `surae WORDS` in an empty working directory."""
    monkeypatch.chdir(tmp_path)

    def call(*words: object) -> Said:
        status = main([str(word) for word in words])
        out, err = capfd.readouterr()
        return Said(status, out, err)

    return call


@pytest.fixture(scope="session")
def unsolved():
    """A stride of the planar runner that looks solved and is only its own guess; quick to make."""
    import numpy as np

    from surae._pytree import Note, replace
    from surae.api import prepare_task
    from surae.gait.guess import reference_guess
    from surae.gait.problem import running_problem
    from surae.gait.stride import Stride
    from surae.gait.unpack import full_stride
    from surae.nlp.program import NlpSolution
    from surae.nlp.report import SolveReport, Status
    from surae.study.case import Case

    problem = running_problem(*prepare_task(Case(scheme="backward_euler", intervals=8)))
    guess = reference_guess(problem).unknowns
    report = SolveReport(Status.SOLVED, 7, 1e-9, 1.0, 0.5, "dynamics of pelvis_ty at 21 %")
    gait = full_stride(problem, guess, report.status.value)
    nothing = np.zeros(0)
    solution = NlpSolution(guess, nothing, nothing, 0.0)
    return Stride(replace(gait, note=Note(report)), problem, solution, report)


class Solver:
    """Stands in for `surae.api.solve_case`: notes what it is asked for, ends as it is told."""

    def __init__(self, stride) -> None:
        from surae.nlp.report import Status

        self.stride, self.asked, self.ends = stride, [], []
        self.solved = Status.SOLVED

    def __call__(self, case, guess=None, progress=None, max_iterations=500, max_time=600.0):
        import dataclasses

        from surae._pytree import Note, replace

        self.asked.append((case, guess, max_iterations, max_time))
        if progress is not None:
            progress(0, 1.0, 0.1)
        status = self.ends.pop(0) if self.ends else self.solved
        report = dataclasses.replace(self.stride.report, status=status)
        gait = replace(self.stride.gait, status=status.value, note=Note(report))
        return dataclasses.replace(self.stride, gait=gait, report=report)


@pytest.fixture
def solver(unsolved, monkeypatch: pytest.MonkeyPatch) -> Solver:
    """No solve takes place; whatever is asked for is answered by the same stride."""
    from surae import api, continuation, sweep_case
    from surae.cli import solving
    from surae.gait.branch import Branch

    stand_in = Solver(unsolved)
    monkeypatch.setattr(solving, "solve_case", stand_in)
    monkeypatch.setattr(sweep_case, "solve_case", stand_in)
    monkeypatch.setattr(api, "solve_case", stand_in)
    same = Branch(True, 0.0, 0.0, 0.0, None, "")
    monkeypatch.setattr(continuation, "branch_of", lambda start, stride: same)
    return stand_in
