"""What a solve has come to: its table or JSON on stdout, what went wrong on stderr, its status."""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np

from surae.cli.case_names import HEALTHY, case_name
from surae.cli.exit_status import ExitStatus
from surae.cli.noise import noise_table
from surae.cli.redistribution import redistribution
from surae.cli.stride_table import as_json, stride_table
from surae.files.results import StoredStride
from surae.nlp.report import SolveReport, Status
from surae.study.noise import NoiseFloor

# Of the highest activation that a muscle may have; from here on it has no more to give.
SATURATED = 0.95


def exit_status(status: Status) -> ExitStatus:
    """How the command ends for a solve that ended so."""
    if status is Status.INTERRUPTED:
        return ExitStatus.INTERRUPTED
    return ExitStatus.SOLVED if status.solved else ExitStatus.NOT_CONVERGED


def print_outcome(
    stored: StoredStride,
    healthy: StoredStride | None,
    machine: bool,
    noise: NoiseFloor | None = None,
) -> None:
    """The answer on stdout, as a table or as JSON; `noise`: repetitions of the effect."""
    if machine:
        summary = _summary(stored, healthy)
        spread = {} if noise is None else {"noise": dict(noise.spread)}
        print(json.dumps({**summary, **spread}, indent=2))
        return
    case, report = stored.case, report_of(stored)
    changed = "" if case_name(case) == HEALTHY else f", {case_name(case)}"
    print(
        f"{stored.attributes['model']}, {case.speed:g} m/s, {case.mode}{changed}: "
        f"{report.status.value} "
        f"({_effort(report)}, {report.wall_time:.1f} s)"
    )
    muscles = stored.gait.runner.muscle_names
    before = None if healthy is None else healthy.metrics
    print(stride_table(stored.metrics, muscles, before, name="this run"))
    if "peak_reserve_moment" in stored.metrics:
        print(redistribution(stored, healthy))
        if saturated(stored):
            print(f"saturated (activation above {SATURATED:g}): {', '.join(saturated(stored))}")
    if noise is not None:
        print(noise_table(noise))
    print(f"result: {stored.path}")


def _effort(report: SolveReport) -> str:
    """What the solver did, and the prediction of its start before."""
    legs = f"{report.legs} leg{'s' if report.legs > 1 else ''}"
    before = f" after {legs} of prediction" if report.legs else ""
    return f"{report.iterations} iterations{before}"


def say_what_went_wrong(stored: StoredStride) -> None:
    """One line on stderr where the solve is not solved: where it failed, and what to try."""
    if not report_of(stored).status.solved:
        print(f"surae: {explanation(stored)}", file=sys.stderr)


def explanation(stored: StoredStride) -> str:
    """Status, worst constraint, saturated muscles, place and remedy, as one line."""
    report, muscles = report_of(stored), saturated(stored)
    parts = [f"{report.status.value} after {report.iterations} iterations"]
    if report.worst_constraint:
        parts.append(
            f"largest violation {report.constraint_violation:.1e} in {report.worst_constraint}"
        )
    if muscles:
        parts.append(
            f"saturated (above {SATURATED:.0%} of their highest activation): {', '.join(muscles)}"
        )
    parts += [f"the last iterate is kept in {stored.path}", report.status.remedy]
    return "; ".join(part for part in parts if part) + "."


def saturated(stored: StoredStride) -> list[str]:
    """Muscles that reach their end, most activated first: `soleus_r (1.00)`.

    The end of a muscle with a ceiling is its ceiling.
    """
    runner = stored.gait.runner
    peaks = np.asarray(stored.gait.activation).max(axis=0)
    ends = SATURATED * np.asarray(runner.excitation_limits.ceiling)
    order = np.argsort(-peaks, kind="stable")
    return [f"{runner.muscle_names[i]} ({peaks[i]:.2f})" for i in order if peaks[i] > ends[i]]


def report_of(stored: StoredStride) -> SolveReport:
    """How the solve ended; every stored stride carries it."""
    report = stored.gait.report
    assert report is not None
    return report


def _summary(stored: StoredStride, healthy: StoredStride | None) -> dict[str, Any]:
    report = report_of(stored)
    summary: dict[str, Any] = {
        "status": report.status.value,
        "out": str(stored.path),
        "case_key": stored.attributes["case_key"],
        "iterations": report.iterations,
        "predicted_legs": report.legs,
        "constraint_violation": report.constraint_violation,
        "worst_constraint": report.worst_constraint,
        "saturated": saturated(stored),
        "metrics": as_json(stored.metrics),
    }
    if healthy is not None:
        summary["healthy"] = {"out": str(healthy.path), "metrics": as_json(healthy.metrics)}
    return summary
