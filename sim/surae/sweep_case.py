"""One case of a sweep, solved by the process it was sent to: followed, checked and kept.

How a case is followed from its start: `continuation`. Which start is tried after that is the
schedule's business.
"""

from __future__ import annotations

import dataclasses
import functools
import traceback
from pathlib import Path
from typing import Any

from surae._errors import UnusableInput
from surae._runtime import keep_compiled_functions, keep_freed_memory, use_one_thread
from surae.api import compile_case, solve_case
from surae.continuation import Attempt, follow
from surae.files.baselines import has_baseline
from surae.files.results import StoredStride, open_result, save_result
from surae.gait.stride import IpoptOptions, Stride
from surae.study.case import Case
from surae.study.provenance import provenance
from surae.study.store.case_file import write_case
from surae.study.store.shelf import Shelf
from surae.study.sweep import Job, Outcome

STARTS_KEPT = 4  # siblings come to the same process one after another
COLD = "cold guess"


@dataclasses.dataclass(frozen=True)
class SolveStride:
    """Solves jobs of a study whose folder this is; picklable."""

    folder: Path
    study: str
    seed: int | None = None
    max_iterations: int = IpoptOptions.max_iterations
    max_time: float = IpoptOptions.max_time

    def __call__(self, job: Job) -> Outcome:
        """Solve one case, and store it where it is solved or where nothing is left to try."""
        use_one_thread()
        keep_freed_memory()
        keep_compiled_functions()
        shelf = _shelf(self.folder)
        try:
            start = None if job.start is None else _start(shelf, *job.start)
        except UnusableInput as error:
            path = shelf.path_of(*job.start) if job.start else self.folder
            return Outcome(job.number, False, f"start set aside: {error}", damaged=_gone(path))
        try:
            attempt = self._attempt(job.payload, start)
        except UnusableInput as error:
            return self._refused(job, shelf, str(error))
        except (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError) as error:
            # A sweep does not die of one case; what went wrong stays beside it.
            place = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(place.filename).name}, line {place.lineno}"
            return self._refused(job, shelf, f"{type(error).__name__} in {where}: {error}")
        report = attempt.stride.report
        source = report.started_from or _source(start, attempt.steps)
        reason = "" if attempt.solved else f"from {source}: {_reason(attempt.stride)}"
        if attempt.solved or job.last:
            path = shelf.path_of(job.name, job.key)
            history = "; ".join((*job.history, reason) if reason else job.history)
            facts = {**self._facts(job, attempt), "start": source, "reason": history}
            save_result(path, attempt.stride, job.payload, facts)
        return Outcome(
            job.number,
            attempt.solved,
            reason,
            iterations=report.iterations,
            wall_time=report.wall_time,
        )

    def _attempt(self, case: Case, start: StoredStride | None) -> Attempt:
        """From its start; a healthy case of another speed that a baseline solves, from there.

        Between speeds there is no effect to follow, and a chain of speeds may end on a dearer
        branch than the one whose stride comes with the model.
        """
        if start is None or (case.speed != start.case.speed and has_baseline(case)):
            own = Attempt(self._solve(case, None))
            if start is None or own.solved:
                return own
        return follow(case, start, self._solve)

    def _solve(self, case: Case, guess: Any, step: int = 1, steps: int = 1) -> Stride:
        return solve_case(case, guess, None, self.max_iterations, self.max_time)

    def _facts(self, job: Job, attempt: Attempt) -> dict[str, Any]:
        """What the sweep knows of a case beyond its solve."""
        facts: dict[str, Any] = {
            "study": self.study,
            "case_name": job.name,
            "parent": job.parent,
            **attempt.facts,
        }
        return facts if self.seed is None else {**facts, "seed": self.seed}

    def _refused(self, job: Job, shelf: Shelf, reason: str) -> Outcome:
        """A case that cannot even be tried: its reason is stored, and no stride."""
        case: Case = job.payload
        write_case(
            shelf.path_of(job.name, job.key),
            {
                "status": "refused",
                "reason": reason,
                "model": case.model,
                "mode": case.mode,
                "speed_m_s": case.speed,
                "input": case.to_toml(),
                "case_key": job.key,
                "case_name": job.name,
                "study": self.study,
                "parent": job.parent,
                "iterations": 0,
                **provenance(),
            },
            {},
            {},
        )
        # Another start would be refused alike.
        return Outcome(job.number, False, reason, final=True)


def warm_up(case: Case) -> None:
    """Load and compile what cases like this one need: done by all ranks while the first solves."""
    use_one_thread()
    keep_compiled_functions()
    compile_case(case)


def _source(start: StoredStride | None, steps: int) -> str:
    """What a case was solved from, in words."""
    if start is None:
        return COLD
    name = str(start.attributes["case_name"])
    return name if steps == 1 else f"{name} in {steps} steps"


def _reason(stride: Stride) -> str:
    report = stride.report
    text = f"{report.status.value} after {report.iterations} iterations"
    if report.worst_constraint:
        text += (
            f", largest violation {report.constraint_violation:.1e} in {report.worst_constraint}"
        )
    return text


@functools.cache
def _shelf(folder: Path) -> Shelf:
    return Shelf(folder)


@functools.lru_cache(maxsize=STARTS_KEPT)
def _start(shelf: Shelf, name: str, key: str) -> StoredStride:
    path, image = shelf.image(name, key)
    return open_result(path, key, image)


def _gone(path: Path) -> bool:
    """Set a damaged file aside, so that its case is solved again."""
    if path.exists():
        path.rename(path.with_name(path.name + ".damaged"))
    return True
