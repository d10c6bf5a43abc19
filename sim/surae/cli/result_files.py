"""The result files behind a path: one file, a study's folder, or a folder of runs."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from surae._errors import UnusableInput
from surae.files.results import StoredStride, open_result
from surae.files.study_cases import open_cases, solved_family, solved_healthy
from surae.study.store.plan_file import PlanRecord, read_plan

MOST_COMPARED = 12  # strides of a study that are drawn over one another


def strides_to_compare(path: Path) -> list[StoredStride]:
    """One result; a study's base with some of its what-ifs; or all results in a folder."""
    plan = _plan(path)
    if plan is None:
        return [open_result(each) for each in _result_paths(path)]
    numbers = solved_family(path, plan, MOST_COMPARED)
    if not numbers:
        raise UnusableInput(f"{path} holds no solved case yet; see 'surae status {path}'.")
    return open_cases(path, plan, numbers)


def healthy_results(path: Path) -> list[StoredStride]:
    """One result as it is; of a folder, the solved strides of its one healthy runner."""
    plan = _plan(path)
    if plan is not None:
        strides = open_cases(path, plan, solved_healthy(path, plan))
    else:
        strides = [open_result(each) for each in _result_paths(path)]
    if not path.is_dir():
        return strides
    healthy = [s for s in strides if is_healthy(s) and s.gait.status == "solved"]
    if not healthy:
        raise UnusableInput(
            f"None of the {len(strides)} results in {path} is a solved healthy stride; validate a "
            "single RESULT.h5, or solve the healthy runner first."
        )
    runners = {_runner_words(stride): stride.path.name for stride in healthy}
    if len(runners) > 1:
        raise UnusableInput(
            f"{path} holds results of {len(runners)} different healthy runners or tasks (such as "
            f"{', '.join(sorted(runners.values())[:3])}); validate one RESULT.h5 at a time."
        )
    return healthy


def _plan(path: Path) -> PlanRecord | None:
    return read_plan(path) if path.is_dir() else None


def _result_paths(path: Path) -> list[Path]:
    """The file itself, or the result files of a folder in order of their names."""
    if path.is_dir():
        found = sorted(path.glob("*.h5"))
        if not found:
            raise UnusableInput(
                f"The folder {path} holds no result file (*.h5); give one that 'surae run' or "
                "'surae sweep' has written."
            )
        return found
    if not path.exists():
        raise UnusableInput(f"There is no result file or folder {str(path)!r}; give one.")
    return [path]


def is_healthy(stride: StoredStride) -> bool:
    """Whether nothing is weak or shifted; parameters that were set make another runner."""
    return all(change.kind == "set" for change in stride.case.changes)


def _runner_words(stride: StoredStride) -> str:
    """What must agree for strides at several speeds to be one table."""
    return dataclasses.replace(stride.case, speed=4.0).to_toml()
