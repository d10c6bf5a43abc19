"""The full runner's instant: residual, Jacobian and Hessian against OpenSim's residual alone.

    .venv/bin/python benchmarks/full_body.py [--model full] [--osim LaiUhlrich2022.osim]

The instant is that of the optimal control problem: inverse dynamics, 80 muscles, two feet of six
spheres, activation dynamics, costs; a half stride of 50 instants, one thread. OpenSim: the same
body with its own muscles (Millard, elastic tendons) and no contact, from the .osim file that the
runner was made of (default: beside the project, in ../shared); state in, muscle forces and inverse
dynamics out, no derivatives; pip install "surae[opensim]" brings it, and it is left out where it is
missing. It has a process of its own, before and after ours, since its wheel brings a CasADi that
cannot be loaded beside ours; the smaller of its two medians counts.

How to read it. `us per instant`: median over calls, divided by the instants. `part` rows: the
compiled function of each part alone; `whole` adds taking values in and putting them into the sparse
matrices. `compile` (in processes of their own, one after the other on one cache): from importing
surae's code to everything compiled, loading the model and Python's own start apart.
"""

# ruff: noqa: E402 - threads are settled before JAX is loaded
from __future__ import annotations

import argparse
import importlib.util
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from surae._runtime import keep_compiled_functions, use_one_thread

use_one_thread()

import numpy as np
from markdown_table import machine, print_table, say

from surae.files.case_inputs import prepare_task
from surae.gait.guess import reference_guess
from surae.gait.stride import StrideSolver
from surae.study.case import Case

CALLS, SHORTEST = 20, 0.5  # at least so many calls and so long (s)
SHARED = Path(__file__).resolve().parents[2] / "shared"
OSIM = SHARED / "data" / "models" / "opencap-processing" / "LaiUhlrich2022.osim"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="full")
    parser.add_argument("--osim", type=Path, default=OSIM)
    parser.add_argument("--compile-only", action="store_true", help="prints seconds and MiB")
    given = parser.parse_args()
    if given.compile_only:
        compile_only(given.model)
        return
    print(f"{machine()}\n")
    compile_times(given.model)
    keep_compiled_functions()
    solver = StrideSolver(*prepare_task(Case(model=given.model)))
    solver.compile()
    before = opensim_residual(given.osim)
    rows, ours = instants(solver)
    after = opensim_residual(given.osim)
    if before is not None and after is not None:
        theirs = min(before, after)
        rows.append(["OpenSim's residual, no derivatives", f"{1e6 * theirs:.0f}"])
        rows.append(["residual with Jacobian / OpenSim's residual", f"{ours / theirs:.2f}"])
    print_table(["per instant", "us"], rows)


def compile_only(model: str) -> None:
    keep_compiled_functions()
    task = prepare_task(Case(model=model))
    start = time.perf_counter()
    StrideSolver(*task).compile()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
    print(f"{time.perf_counter() - start:.1f} {memory:.0f}")


def compile_times(model: str) -> None:
    """Twice in new processes: from an empty cache, then from the filled one."""
    rows = []
    with tempfile.TemporaryDirectory() as cache:
        for name in ("empty cache", "filled cache"):
            start = time.perf_counter()
            done = subprocess.run(
                [sys.executable, __file__, "--model", model, "--compile-only"],
                env={**os.environ, "SURAE_CACHE": cache},
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            )
            seconds, memory = done.stdout.split()[-2:]
            whole = f"{time.perf_counter() - start:.1f}"
            rows.append([name, seconds, whole, memory])
            say(*rows[-1])
    print_table(["compile", "functions (s)", "whole process (s)", "largest memory (MiB)"], rows)


def points(solver: StrideSolver) -> int:
    return solver.problem.layout.mesh.n_points


def instants(solver: StrideSolver) -> tuple[list[list[str]], float]:
    """Rows of the table, and the time of a residual with its Jacobian, s an instant."""
    program, n = solver.program, points(solver)
    rng = np.random.default_rng(0)
    guess = reference_guess(solver.problem).unknowns
    multipliers = rng.standard_normal(len(program.row_lower))
    shifted = [guess * (1.0 + 1e-9 * i) for i in range(2)]  # the program remembers its last point
    turn = [0]

    def another() -> np.ndarray:
        turn[0] += 1
        return shifted[turn[0] % 2]

    def residual_and_jacobian() -> Any:
        x = another()
        return program.constraints(x), program.jacobian(x)

    def hessian() -> Any:
        return program.hessian(another(), 1.0, multipliers)

    at = solver.problem.layout.at_instants(guess)
    own = rng.standard_normal((len(solver.problem.problem.row_scale), n))
    weights = np.full(n, 1.0 / n)
    rows = []
    for part in program.parts:
        times = [
            median(lambda p=part: p.values(at)),
            median(lambda p=part: p.first(at)),
            median(lambda p=part: p.second(at, own, weights)),
        ]
        each = " / ".join(f"{1e6 * t / n:.1f}" for t in times)
        rows.append([f"part {part.part.name}: value / first / second", each])
    whole = median(lambda: program.constraints(another()))
    rows.append(["whole residual", f"{1e6 * whole / n:.0f}"])
    both = median(residual_and_jacobian) / n
    rows.append(["whole residual with Jacobian", f"{1e6 * both:.0f}"])
    rows.append(["whole Hessian of the Lagrangian", f"{1e6 * median(hessian) / n:.0f}"])
    return rows, both


def once(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def median(call: Callable[[], Any]) -> float:
    call()
    times: list[float] = []
    while len(times) < CALLS or sum(times) < SHORTEST:
        times.append(once(call))
    return statistics.median(times)


OPENSIM = """
import statistics, sys, time
import numpy as np
import opensim
opensim.Logger.setLevelString("error")
model = opensim.Model(sys.argv[1])
state = model.initSystem()
model.equilibrateMuscles(state)
solver = opensim.InverseDynamicsSolver(model)
rng = np.random.default_rng(0)
n = state.getNU()
poses = [opensim.Vector.createFromMat(0.1 * rng.standard_normal(n)) for _ in range(2)]
speeds = opensim.Vector.createFromMat(rng.standard_normal(n))
accelerations = opensim.Vector.createFromMat(10.0 * rng.standard_normal(n))
times = []
for turn in range(400):
    start = time.perf_counter()
    state.setQ(poses[turn % 2])
    state.setU(speeds)
    model.realizeDynamics(state)
    solver.solve(state, accelerations)
    times.append(time.perf_counter() - start)
print(statistics.median(times[100:]))
"""


def opensim_residual(path: Path) -> float | None:
    """s an evaluation: state in, muscle forces and inverse dynamics out."""
    if importlib.util.find_spec("opensim") is None:
        say('OpenSim is left out: pip install "surae[opensim]"')
        return None
    if not path.is_file():
        say(f"OpenSim is left out: no file {path}")
        return None
    with tempfile.TemporaryDirectory() as folder:  # for OpenSim's log
        done = subprocess.run(
            [sys.executable, "-c", OPENSIM, str(path.resolve())],
            cwd=folder,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    return float(done.stdout.split()[-1])


if __name__ == "__main__":
    main()
