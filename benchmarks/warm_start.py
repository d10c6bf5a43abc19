"""What a neighbour's solution saves: warm solves of what-ifs against cold solves of the same.

    .venv/bin/python benchmarks/warm_start.py [--mode calibrated] [--intervals 25]

Planar runner, one process, one thread, everything compiled before. Each what-if is solved twice in
turn: cold, from the reference stride, and warm, from its parent in the table (`from`) as a sweep
does it: read from the parent's result file, with its multipliers. Times are whole calls of
`solve_case`, preparation included; reading the file is in the warm ones. `s` is wall time, `CPU s`
what the process computed, which other programs on the machine disturb less.

How to read it. `tighter`: how far the Achilles peak of the warm solve lies from that of a solve of
the same start with tolerances a hundred times smaller (tol 1e-9, complementarity 1e-11), relative.
`cold`: how far the warm cost lies from the cold one, relative; where a cold solve finds another
optimum, this is large and no fault of the warm one. `mismatch` and `followed`: the branch check
(gait.branch). The second table has the medians.
"""

# ruff: noqa: E402 - threads are settled before JAX is loaded
from __future__ import annotations

import argparse
import dataclasses
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from surae._runtime import keep_compiled_functions, use_one_thread

use_one_thread()
keep_compiled_functions()

from markdown_table import machine, print_table, say

from surae.api import branch_of, prepare_task, solve_case
from surae.files.results import StoredStride, open_result, save_result
from surae.gait.branch import Branch
from surae.gait.guess import guess_for
from surae.gait.stride import IpoptOptions, Stride, StrideSolver
from surae.study.case import Case, Change

TIGHT = IpoptOptions(tolerance=1e-9, complementarity_tolerance=1e-11)
Cases = dict[str, tuple[str, Case]]


@dataclasses.dataclass(frozen=True)
class Row:
    """One what-if, solved both ways; times in s: wall, CPU."""

    name: str
    parent: str
    cold: Stride
    cold_time: tuple[float, float]
    warm: Stride
    warm_time: tuple[float, float]
    tighter: float
    branch: Branch


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--mode", default=Case.mode)
    parser.add_argument("--intervals", type=int, default=Case.intervals, help="of a half stride")
    arguments = parser.parse_args()
    base = Case(mode=arguments.mode, intervals=arguments.intervals)
    print(f"{machine()}\n")
    rows = measured(base, what_ifs(base))
    header = ["what-if", "from", "cold (it)", "cold (s)", "warm (it)", "warm (s)", "times cheaper"]
    header += ["tighter", "cold", "mismatch", "followed"]
    print_table(header, [line(row) for row in rows])
    ways = {
        "cold": [(*row.cold_time, row.cold.report.iterations) for row in rows],
        "warm": [(*row.warm_time, row.warm.report.iterations) for row in rows],
    }
    medians = {
        way: [statistics.median(column) for column in zip(*each, strict=True)]
        for way, each in ways.items()
    }
    summary = [
        [way, len(rows), f"{wall:.2f}", f"{cpu:.2f}", f"{count:g}"]
        for way, (wall, cpu, count) in medians.items()
    ]
    ratios = [c / w for c, w in zip(medians["cold"], medians["warm"], strict=True)]
    summary.append(["times cheaper", "", *(f"{ratio:.1f}" for ratio in ratios)])
    print_table(["medians", "solves", "s", "CPU s", "iterations"], summary)
    followed = sum(row.branch.followed for row in rows)
    print(f"{followed} of {len(rows)} what-ifs stayed on their parent's branch.")


def what_ifs(base: Case) -> Cases:
    """Name -> (its parent's name, the case): steps as a sweep's tree makes them."""
    cases: Cases = {"healthy": ("", base)}
    for muscle, weakest in (("gluteus_maximus", 5), ("soleus", 6), ("hamstrings", 7), ("vasti", 7)):
        parent = "healthy"
        for tenths in range(9, weakest - 1, -1):
            change = Change("strength", muscle, tenths / 10)
            name = f"{muscle} {tenths / 10:g}"
            cases[name] = parent, dataclasses.replace(base, changes=(change,))
            parent = name
    for parameter, values in (
        ("achilles.stiffness_N_mm", (387.0, 473.0)),
        ("body.mass_kg", (72.0, 78.0)),
    ):
        for value in values:
            change = Change("set", parameter, value)
            name = f"{parameter} {value:g}"
            cases[name] = "healthy", dataclasses.replace(base, changes=(change,))
    for name, parent, speed in (
        ("4.25 m/s", "healthy", 4.25),
        ("4.5 m/s", "4.25 m/s", 4.5),
        ("3.75 m/s", "healthy", 3.75),
        ("3.5 m/s", "3.75 m/s", 3.5),
    ):
        cases[name] = parent, dataclasses.replace(base, speed=speed)
    costs = dataclasses.replace(base.costs, effort=1.1 * base.costs.effort)
    cases["effort weight x 1.1"] = "healthy", dataclasses.replace(base, costs=costs)
    cases["stride in 0.66 s"] = "healthy", dataclasses.replace(base, stride_time=0.66)
    return cases


def measured(base: Case, cases: Cases) -> list[Row]:
    """Solve all, parents before children."""
    rows = []
    tight = StrideSolver(*prepare_task(base), TIGHT)
    with tempfile.TemporaryDirectory() as folder:
        files: dict[str, Path] = {}
        for name, (parent, case) in cases.items():
            path = Path(folder) / f"{len(files)}.h5"
            if not parent:
                solve_case(dataclasses.replace(base, stride_time=0.7))  # compiles
                files[name] = save_result(path, solve_case(case), case)
                solve_case(case, open_result(files[name]))
                continue
            start = open_result(files[parent])
            cold, cold_time = timed(lambda case=case: solve_case(case))
            warm, warm_time = timed(lambda case=case, p=files[parent]: solve_case(case, p))
            files[name] = save_result(path, warm, case)
            tighter = peak_change(warm, tight, case, start)
            branch = branch_of(start, warm)
            rows.append(Row(name, parent, cold, cold_time, warm, warm_time, tighter, branch))
            say(f"{name}: cold {cold_time[0]:.2f} s, warm {warm_time[0]:.2f} s")
    return rows


def timed(solve: Callable[[], Stride]) -> tuple[Stride, tuple[float, float]]:
    """A solve, its wall time and its CPU time."""
    wall, cpu = time.perf_counter(), time.process_time()
    stride = solve()
    return stride, (time.perf_counter() - wall, time.process_time() - cpu)


def peak_change(warm: Stride, tight: StrideSolver, case: Case, start: StoredStride) -> float:
    """Relative change of the Achilles peak to a tighter solve from the same start."""
    tight.set_task(*prepare_task(case))
    peak = float(tight.solve(guess_for(start.start, tight.problem)).gait.achilles_force.max())
    return float(warm.gait.achilles_force.max()) / peak - 1.0


def line(row: Row) -> list[str]:
    def cell(stride: Stride) -> str:
        note = "" if stride.report.status.solved else " not converged"
        return f"{stride.report.iterations}{note}"

    apart = row.warm.solution.cost / row.cold.solution.cost - 1.0
    return [
        row.name, row.parent, cell(row.cold), f"{row.cold_time[0]:.2f}", cell(row.warm),
        f"{row.warm_time[0]:.2f}", f"{row.cold_time[0] / row.warm_time[0]:.1f}",
        f"{row.tighter:+.0e}",
        f"{apart:+.0e}", f"{row.branch.mismatch:.3f}", "yes" if row.branch.followed else "no",
    ]  # fmt: skip


if __name__ == "__main__":
    main()
