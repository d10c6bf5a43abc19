"""`surae sweep --dry-run`: how large a study is before anything of it is solved."""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from surae.cli.exit_status import ExitStatus
from surae.cli.study_folder import folder_of
from surae.cli.sweep_screen import duration

if TYPE_CHECKING:
    from surae.study.plan import Plan


class Measured(NamedTuple):
    """Seconds of a case, and where that is known from."""

    seconds: float
    source: str


def dry_run(study: str, out: Path | None, machine: bool) -> int:
    """Print cases, depth of the tree and core-hours; write nothing."""
    from surae.files.study_record import read_plan_of, record_of
    from surae.study.store.shelf import Shelf
    from surae.study.sweep_folder import state_of

    plan = read_plan_of(study)
    folder = folder_of(plan, out)
    state = state_of(record_of(plan), Shelf(folder))
    left = plan.n - state.final
    times = [time for time in state.wall_times if time == time]
    if times:
        measured = Measured(statistics.median(times), f"median of {len(times)} cases in {folder}")
    else:
        print("measuring a case (nothing is kept) ...", file=sys.stderr)
        measured = _measure(plan)
    core_hours = left * measured.seconds / 3600.0
    depth = int(np.max(plan.tree.depths))
    widest = int(np.max(np.bincount(plan.tree.depths)))
    if machine:
        told = {
            "study": plan.name,
            "cases": plan.n,
            "left": left,
            "depth": depth,
            "widest_level": widest,
            "dims": dict(zip(plan.dims, plan.shape, strict=True)),
            "seconds_a_case": measured.seconds,
            "core_hours": core_hours,
            "out": str(folder),
        }
        print(json.dumps(told, indent=2))
        return ExitStatus.SOLVED
    partners = int(np.sum(plan.place < 0))
    shape = " x ".join(f"{dim} {size}" for dim, size in zip(plan.dims, plan.shape, strict=True))
    print(f"study {plan.name}: {plan.n} cases ({shape}; {partners} more as healthy partners)")
    print(f"warm-start tree: depth {depth}, up to {widest} cases side by side")
    print(f"to solve: {left}; {plan.n - left} are in {folder}")
    print(f"a case takes {measured.seconds:.2g} s on one core ({measured.source})")
    print(f"expected: {core_hours:.2g} core-hours, {duration(3600 * core_hours)} on one core")
    return ExitStatus.SOLVED


def _measure(plan: Plan) -> Measured:
    """Solve the base, and one case that starts from it."""
    from surae.api import solve_case

    base = solve_case(plan.case(0))
    children = plan.tree.children(0)
    if not len(children) or not base.report.status.solved:
        return Measured(base.report.wall_time, f"the base, just now: {base.report.status.value}")
    # The last child is the farthest from the base on the last axis.
    warm = solve_case(plan.case(int(children[-1])), base)
    return Measured(
        warm.report.wall_time,
        f"one warm-started case, just now; the cold base takes {base.report.wall_time:.2g} s",
    )
