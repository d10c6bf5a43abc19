"""Solve a model's healthy strides and keep them beside it: models/NAME/baselines/SPEED_m_s.h5.

    .venv/bin/python tools/baselines.py full 3 4 5 [--starts 5]

Each is solved cold from the normative stride and from perturbed ones; the cheapest is kept. Prints
how many starts ended there. Without a change of model, costs or transcription the files that are
there come out again, to the solver's tolerance.
"""

# ruff: noqa: E402 - threads are settled before JAX is loaded
from __future__ import annotations

import argparse

from surae._runtime import keep_compiled_functions, keep_freed_memory, use_one_thread

use_one_thread()
keep_freed_memory()

from surae.api import prepare_task
from surae.files.baselines import baseline_path
from surae.files.results import save_result
from surae.gait.guess import perturbed, reference_guess
from surae.gait.stride import Stride, StrideSolver
from surae.study.case import Case

PERTURBATION = 0.1  # of every unknown's scale
SAME_COST = 1e-5  # relative


def main() -> None:
    """Solve, keep, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("speeds", type=float, nargs="+", metavar="M_S")
    parser.add_argument("--starts", type=int, default=5, help="starts a speed")
    given = parser.parse_args()
    keep_compiled_functions()
    for speed in given.speeds:
        case = Case(model=given.model, speed=speed)
        strides = solved(case, given.starts)
        best = min(strides, key=lambda stride: stride.solution.cost)
        path = baseline_path(given.model, speed)
        path.parent.mkdir(exist_ok=True)
        save_result(path, best, case)
        costs = [stride.solution.cost for stride in strides]
        same = sum(cost - min(costs) < SAME_COST * min(costs) for cost in costs)
        print(f"{path}: cost {min(costs):.6f}, {same} of {given.starts} starts", flush=True)


def solved(case: Case, starts: int) -> list[Stride]:
    """Converged strides of a case from the reference and from perturbed starts."""
    solver = StrideSolver(*prepare_task(case))
    reference = reference_guess(solver.problem)
    found = []
    for number in range(starts):
        start = perturbed(reference, solver.problem.layout, PERTURBATION, number)
        stride = solver.solve(reference if number == 0 else start)
        report = stride.report
        peak = float(stride.gait.achilles_force.max())
        print(
            f"  start {number}: {report.status.value}, {report.iterations} iterations, "
            f"{report.wall_time:.0f} s, cost {stride.solution.cost:.6f}, Achilles {peak:.1f} N",
            flush=True,
        )
        if report.status.solved:
            found.append(stride)
    return found


if __name__ == "__main__":
    main()
