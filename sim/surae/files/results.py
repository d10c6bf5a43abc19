"""Result files as strides: saved with their case, opened with their runner, used as a guess."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax.numpy as jnp

from surae._errors import UnusableInput
from surae._pytree import Note
from surae.files.case_inputs import key_of, settle
from surae.files.model_folder import load_runner
from surae.gait.guess import Start
from surae.gait.guess import guess_for as guess_from_start
from surae.gait.problem import RunningProblem
from surae.gait.solution import GaitSolution
from surae.gait.stride import Stride
from surae.loads.metric import Metric
from surae.nlp.program import Guess
from surae.study.case import Case, changed
from surae.study.provenance import provenance
from surae.study.store.case_file import StoredResult, read_result, write_result


@dataclasses.dataclass(frozen=True)
class StoredStride:
    """A result file with its case, and its stride with the runner rebuilt from the case.

    `same_inputs`: whether the model and reference files still are those that were solved with.
    """

    path: Path
    gait: GaitSolution
    case: Case
    guess: Guess
    attributes: dict[str, Any]
    metrics: dict[str, Metric]
    same_inputs: bool

    @property
    def start(self) -> Start:
        """What another solve needs of this one."""
        case = self.case
        return Start(self.gait, case.symmetry, case.scheme, case.intervals, self.guess)


def save_result(
    path: str | Path, stride: Stride, case: Case, more: Mapping[str, Any] | None = None
) -> Path:
    """Write the stride of a case, converged or not; `more`: further attributes."""
    case = settle(case, stride.gait.runner)
    return write_result(path, stride, case.to_toml(), provenance(), key_of(case), more)


def open_result(
    path: str | Path, case_key: str | None = None, image: bytes | None = None
) -> StoredStride:
    """Read a result file; with `case_key`, refuse the result of any other case.

    image: the file's bytes where they lie elsewhere (`study.store.shelf`).
    """
    stored = read_result(path, case_key, image)
    case = Case.from_toml(str(stored.attributes["input"]), f"the case in {path}")
    return StoredStride(
        path=stored.path,
        gait=_gait(stored, case),
        case=case,
        guess=stored.guess,
        attributes=stored.attributes,
        metrics=stored.metrics,
        same_inputs=_same_inputs(stored, case),
    )


def guess_for(stored: StoredStride, problem: RunningProblem) -> Guess:
    """What a stored stride gives a problem to start from (see `gait.guess.guess_for`)."""
    return guess_from_start(stored.start, problem)


def _gait(stored: StoredResult, case: Case) -> GaitSolution:
    try:
        runner = changed(load_runner(case.model), case.changes)
    except UnusableInput as error:
        raise UnusableInput(f"The runner in {stored.path} cannot be had again: {error}") from None
    names = {"coordinate": runner.coordinate_names, "muscle": runner.muscle_names}
    for dim, known in names.items():
        if stored.labels[dim] != known:
            differing = sorted(set(stored.labels[dim]) ^ set(known))[:3] or ["their order"]
            raise UnusableInput(
                f"{stored.path} is a stride of another {case.model!r} than is there now: their "
                f"{dim}s differ ({', '.join(differing)}); solve the case again."
            )
    curves: dict[str, Any] = {name: jnp.asarray(curve) for name, curve in stored.curves.items()}
    return GaitSolution(
        runner=runner,
        **curves,
        mode=case.mode,
        status=stored.report.status.value,
        note=Note(stored.report),
    )


def _same_inputs(stored: StoredResult, case: Case) -> bool:
    try:
        return key_of(case) == stored.attributes["case_key"]
    except UnusableInput:  # a file of the measured run is gone
        return False
