"""Cases solved one after another on one screen: titles, progress, Ctrl-C, result files."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from surae._errors import UnusableInput
from surae.api import COLD, prepare_task, solve_case
from surae.cli.interrupt import Callback, Interruption
from surae.cli.progress import Progress, shown
from surae.continuation import Attempt, follow
from surae.files.case_inputs import key_of, settle
from surae.files.results import StoredStride, open_result, save_result
from surae.gait.stride import Stride
from surae.nlp.ipopt import IpoptOptions
from surae.nlp.report import Status
from surae.study.case import Case
from surae.study.provenance import provenance
from surae.study.store.case_file import read_result

Guess = StoredStride | Stride | None
_CODE = ("surae_version", "git_commit")  # strides of different code are no pair


@dataclasses.dataclass(frozen=True)
class Prepared:
    """A case whose inputs have been read and checked; `key` is what equal inputs share."""

    case: Case
    key: str


@dataclasses.dataclass(frozen=True)
class Limits:
    """When a solve gives up."""

    max_iterations: int = IpoptOptions.max_iterations
    max_time: float = IpoptOptions.max_time


def prepare(case: Case) -> Prepared:
    """Read and check everything a case names, so that nothing is refused after a solve."""
    runner, _ = prepare_task(case)
    settled = settle(case, runner)
    return Prepared(settled, key_of(settled))


def without_weakness(case: Case) -> Case:
    """The healthy runner of the same task: parameters that were set stay."""
    kept = tuple(change for change in case.changes if change.kind == "set")
    return dataclasses.replace(case, changes=kept)


class Session:
    """One command's solves."""

    def __init__(
        self,
        progress: Progress,
        interruption: Interruption,
        limits: Limits | None = None,
        cold: bool = False,
    ) -> None:
        self.progress, self._interruption = progress, interruption
        self._limits, self._cold = limits or Limits(), cold

    def solve(self, case: Case, title: str, guess: Guess = None) -> Stride:
        """One case from a guess; where there is none from a baseline, or cold where asked."""
        self._interruption.between_solves()
        with shown(self.progress, title):
            watched = self._interruption.watching(self.progress)
            start = COLD if guess is None and self._cold else guess
            return solve_case(case, start, watched, **dataclasses.asdict(self._limits))

    def watched(self) -> Callback:
        """Progress that Ctrl-C can stop, for solves that are not cases of their own."""
        return self._interruption.watching(self.progress)

    def follow(self, case: Case, title: str, start: StoredStride) -> Attempt:
        """A what-if on the branch of its healthy runner; in smaller steps where one is too long."""

        def solve(part: Case, guess: Guess, step: int, steps: int) -> Stride:
            name = title if steps == 1 else f"{title}, step {step} of {steps}"
            stride = self.solve(part, name, guess)
            if step < steps and stride.report.status is Status.INTERRUPTED:
                raise KeyboardInterrupt
            return stride

        attempt = follow(case, start, solve, lambda text: self.progress.say(f"{title}: {text}"))
        if attempt.solved and not attempt.followed:
            self.progress.say(f"{title}: {attempt.ending}; the difference compares two optima")
        return attempt


def keep(
    path: Path, stride: Stride, prepared: Prepared, more: Mapping[str, Any] | None = None
) -> StoredStride:
    """Write a result, and read it back as everyone else will; more: further attributes."""
    return open_result(save_result(path, stride, prepared.case, more))


def finished(prepared: Prepared, path: Path) -> StoredStride | None:
    """The solved result of this case by this code, if the file is that."""
    code = provenance()
    try:
        attributes = read_result(path, prepared.key).attributes
        same_code = all(attributes.get(name) == code[name] for name in _CODE)
        if attributes["status"] == Status.SOLVED.value and same_code:
            return open_result(path)
    except UnusableInput:  # missing, another case, another schema, another program's file
        pass
    return None


def solved_before(prepared: Prepared, paths: Iterable[Path]) -> StoredStride | None:
    """The first of the files that is a solved result of this case by this code."""
    if provenance()["git_commit"].endswith("-dirty"):  # nobody knows which code that was
        return None
    return next((found for path in paths if (found := finished(prepared, path))), None)
