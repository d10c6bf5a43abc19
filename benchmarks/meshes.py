"""An effect on other meshes, in small steps: what of its change is the mesh, what is a hop.

    .venv/bin/python benchmarks/meshes.py --model full --group gluteals --intervals 25 50 \\
        --strengths 1 0.8 0.7 0.66 0.62 0.6

Each stride starts from the one before it, multipliers included; the first one of a mesh from the
model's baseline. Strengths may come back to 1, which closes the loop.

How to read it. `effect`: Achilles peak minus that of the first stride of the mesh. `mismatch` is
that of the branch rule (gait/branch.py), `largest change` that of any unknown, in its scale, from
the stride before. Along a branch the effect grows evenly and the largest change shrinks with the
step. A hop between strides of almost the same cost shows as a step of the effect that a smaller
step does not make smaller; the muscles named are those whose activation changed most in that step.
"""

# ruff: noqa: E402 - threads are settled before JAX is loaded
from __future__ import annotations

import argparse
from collections.abc import Iterator

from surae._runtime import keep_compiled_functions, keep_freed_memory, use_one_thread

use_one_thread()
keep_freed_memory()
keep_compiled_functions()

import numpy as np
from markdown_table import print_table, say

from surae.api import all_metrics, branch_of, solve_case
from surae.gait.stride import Stride
from surae.study.case import Case, Change

HEADER = ("intervals", "strength", "status", "iterations", "cost", "Achilles peak (BW)")
HEADER += ("effect (BW)", "mismatch", "largest change", "where most")


def main() -> None:
    """A line a stride."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="full")
    parser.add_argument("--speed", type=float, default=4.0, metavar="M_S")
    parser.add_argument("--group", default="gluteals")
    parser.add_argument("--strengths", type=float, nargs="+", default=[1.0, 0.8, 0.6])
    parser.add_argument("--intervals", type=int, nargs="+", default=[25, 50])
    parser.add_argument("--scheme", default=Case.scheme)
    given = parser.parse_args()
    rows: list[list[str]] = []
    for intervals in given.intervals:
        case = Case(given.model, given.speed, scheme=given.scheme, intervals=intervals)
        rows += walk(case, given.group, given.strengths)
    print_table(HEADER, rows)


def walk(case: Case, group: str, strengths: list[float]) -> Iterator[list[str]]:
    """One stride after the other, on one mesh."""
    last: Stride | None = None
    first = 0.0
    for strength in strengths:
        changes = () if strength == 1.0 else (Change("strength", group, strength),)
        weak = Case(
            case.model, case.speed, changes=changes, scheme=case.scheme, intervals=case.intervals
        )
        stride = solve_case(weak, last)
        peak = float(np.max(np.asarray(all_metrics(stride.gait)["achilles_peak_force"].value)))
        first = first or peak
        line = [str(case.intervals), f"{strength:g}", stride.report.status.value]
        line += [str(stride.report.iterations), f"{stride.solution.cost:.8f}", f"{peak:.4f}"]
        line += [f"{peak - first:+.4f}", *compared(last, stride)]
        say(" ".join(line))
        yield line
        last = stride


def compared(last: Stride | None, stride: Stride) -> list[str]:
    """Mismatch, largest change, and the muscle whose activation changed most, with its instant."""
    if last is None:
        return ["-", "-", "-"]
    change = float(np.max(np.abs(stride.solution.unknowns - last.solution.unknowns)))
    gait = stride.gait
    moved = np.abs(np.asarray(gait.activation) - np.asarray(last.gait.activation))
    instant, muscle = np.unravel_index(int(np.argmax(moved)), moved.shape)
    percent = 100.0 * float(gait.time[instant]) / float(gait.duration)
    where = f"{gait.runner.muscle_names[muscle]} {moved.max():.3f} at {percent:.0f} %"
    return [f"{branch_of(last, stride).mismatch:.3f}", f"{change:.3f}", where]


if __name__ == "__main__":
    main()
