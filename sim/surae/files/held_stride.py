"""The stride that a case of mode fixed-kinematics holds: read from its result file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from surae._errors import UnusableInput
from surae.gait.held import HeldMotion, held_motion
from surae.gait.solution import GaitSolution
from surae.runner.runner import Runner
from surae.study.case import Case
from surae.study.store.case_file import StoredResult, read_result


def read_held(case: Case, runner: Runner) -> HeldMotion:
    """The motion that the case's file tells; refused where the case asks for another stride."""
    assert case.stride is not None
    stored = read_result(case.stride)
    own = Case.from_toml(str(stored.attributes["input"]), f"the case in {case.stride}")
    _check_stride(case, stored, own, runner)
    curves: dict[str, Any] = dict(stored.curves)
    gait = GaitSolution(runner=runner, **curves)
    return held_motion(gait, own.symmetry, f"the stride in {Path(case.stride).name}")


def symmetry_of_stride(path: str) -> str:
    """How the stride of a result file was solved: `half` or `full`."""
    stored = read_result(path)
    return Case.from_toml(str(stored.attributes["input"]), f"the case in {path}").symmetry


def _check_stride(case: Case, stored: StoredResult, own: Case, runner: Runner) -> None:
    if not stored.report.status.solved:
        raise UnusableInput(
            f"{case.stride} is {stored.report.status.value}: its motion obeys no law yet; give a "
            "solved stride."
        )
    if stored.labels["coordinate"] != runner.coordinate_names:
        raise UnusableInput(
            f"{case.stride} is a stride of model {own.model!r}, whose coordinates differ from "
            f"those of {case.model!r}; give a stride of the same model."
        )
    if case.stride_time is not None:
        raise UnusableInput(
            "mode fixed-kinematics has the cadence of the stride that is held; leave it out."
        )
    for what in ("speed", "scheme", "intervals"):
        asked, has = getattr(case, what), getattr(own, what)
        same = asked == has if isinstance(has, str) else abs(asked - has) < 1e-9
        if not same:
            raise UnusableInput(
                f"{what} is {asked}, and the stride in {case.stride} has {has}; use its own, or "
                "hold another stride."
            )
