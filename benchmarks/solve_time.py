"""How long one stride takes, and where the time goes: a runner at 4 m/s, calibrated.

    .venv/bin/python benchmarks/solve_time.py [--model planar] [--repeats 3] [--speed 4]

How to read it. First table, one process, everything compiled before; medians over the repeats.
`cold`: from the reference stride. `again`: the same problem from its own solution and multipliers,
the least a solve can cost. `what-if`: gluteus maximus at 90 %, from the healthy solution and its
multipliers; what a sweep pays for each case. `derivatives` is the time inside our functions and
their derivatives, `linear algebra` all the rest: IPOPT and MUMPS. `violation` is the largest of all
equations in its own unit (N, N m, 1/s, 1), after scaling is undone.

Second table, a fresh process each, from its start (Python and JAX included) to the solver's first
iteration and to the solved stride:
with an empty compilation cache, as after an installation, and with the cache which that run left; a
model that has baselines is solved from the nearest.
Peak memory is the highest resident size of such a process.
"""

# ruff: noqa: E402 - threads are settled before JAX is loaded
from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

from surae._runtime import CACHE_VARIABLE, keep_compiled_functions, use_one_thread

use_one_thread()
keep_compiled_functions()

from markdown_table import machine, print_table

from surae.api import prepare_task, weaken
from surae.gait.stride import Stride, StrideSolver
from surae.study.case import Case

WEAK, STRENGTH = "gluteus_maximus", 0.9
KIBIBYTE = 1024
# Its last line on stdout: when the first iteration was told (s since the epoch), status,
# iterations, peak resident size in bytes.
FRESH = """
import resource, sys, time
import surae
told = []
def progress(iteration, cost, violation):
    told.append(time.time())
runner = surae.load_runner("{model}")
gait = surae.run(runner, speed={speed}, intervals={intervals}, progress=progress)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
peak *= 1 if sys.platform == "darwin" else 1024
print(told[0], gait.status, gait.report.iterations, peak)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default=Case.model)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--speed", type=float, default=Case.speed, help="m/s")
    parser.add_argument("--intervals", type=int, default=Case.intervals, help="of a half stride")
    arguments = parser.parse_args()
    case = Case(model=arguments.model, speed=arguments.speed, intervals=arguments.intervals)
    print(machine())
    one_process(case, arguments.repeats)
    fresh_processes(case, arguments.repeats)


def one_process(case: Case, repeats: int) -> None:
    """Cold, again and what-if with one solver."""
    runner, task = prepare_task(case)
    solver = StrideSolver(runner, task)
    solver.compile()
    mesh = solver.problem.layout.mesh
    print(
        f"{case.speed:g} m/s, {case.mode}, {task.symmetry} stride, {task.scheme}, "
        f"{mesh.n_points} instants, {solver.program.n_unknowns} unknowns\n"
    )
    healthy = solver.solve()
    header = ["solve", "status", "iterations", "wall (s)", "derivatives (s)"]
    header += ["linear algebra (s)", "ms per iteration", "violation", "worst"]
    rows = [row("cold", repeated(solver.solve, repeats))]
    rows.append(row("again", repeated(lambda: solver.solve(healthy.guess), repeats)))
    solver.set_runner(weaken(runner, WEAK, strength=STRENGTH))
    name = f"what-if: {WEAK} {STRENGTH:g}"
    rows.append(row(name, repeated(lambda: solver.solve(healthy.guess), repeats)))
    print_table(header, rows)


def repeated(solve: Callable[[], Stride], times: int) -> Stride:
    """The solve with the median wall time."""
    strides = sorted((solve() for _ in range(times)), key=lambda s: s.report.wall_time)
    return strides[(len(strides) - 1) // 2]


def row(name: str, stride: Stride) -> list[str]:
    report = stride.report
    rest = report.wall_time - report.derivative_time
    per_iteration = 1e3 * report.wall_time / max(report.iterations, 1)
    return [
        name, report.status.value, str(report.iterations), f"{report.wall_time:.2f}",
        f"{report.derivative_time:.2f}", f"{rest:.2f}", f"{per_iteration:.0f}",
        f"{report.constraint_violation:.1e}", report.worst_constraint,
    ]  # fmt: skip


def fresh_processes(case: Case, repeats: int) -> None:
    """Start to solved in processes of their own."""
    with tempfile.TemporaryDirectory() as folder:
        empty = [fresh(case, folder)]
        filled = [fresh(case, folder) for _ in range(repeats)]
    header = ["fresh process, cache", "runs", "status", "iterations"]
    header += ["start to first iteration (s)", "start to solved (s)"]
    rows = []
    for name, runs in (("empty", empty), ("filled", filled)):
        first, wall = (statistics.median(run[i] for run in runs) for i in (0, 1))
        *_, status, iterations, peak = runs[0]
        memory = f"{peak / KIBIBYTE**2:.0f}"
        times = [f"{first:.1f}", f"{wall:.1f}"]
        rows.append([name, str(len(runs)), status, iterations, *times, memory])
    print_table([*header, "peak memory (MiB)"], rows)


def fresh(case: Case, cache: str) -> tuple[float, float, str, str, int]:
    """Times to first iteration and end (s), status, iterations, peak memory (bytes)."""
    program = FRESH.format(model=case.model, speed=case.speed, intervals=case.intervals)
    start = time.time()
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, CACHE_VARIABLE: cache},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    wall = time.time() - start
    told, *words, iterations, peak = done.stdout.splitlines()[-1].split()
    return float(told) - start, wall, " ".join(words), iterations, int(peak)


if __name__ == "__main__":
    main()
