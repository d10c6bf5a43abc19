"""Whether a stride depends on where its solve starts: the same task from many perturbed starts.

    .venv/bin/python benchmarks/starts.py [--model planar] [--speeds 3 4 5] [--starts 20]

Each solve starts at the reference stride with every unknown moved at random by up to `size` of its
scale (0.1: angles by 6 deg, heights by 1 cm, activations by 0.1), smoothly over the stride.

How to read it. An optimum is the set of solves whose cost agrees within 0.1 % and whose Achilles
peak within 0.5 % with its first; the first is the one from the unperturbed reference. `count` says
how many starts ended there, `of` how many there were; `not converged` are those without an optimum.
One row a speed with count = of means: no sign of a second optimum. Other optima with a higher cost
show how far a careless start can be off.
"""

# ruff: noqa: E402 - threads are settled before JAX is loaded
from __future__ import annotations

import argparse
import dataclasses
import statistics

from surae._runtime import keep_compiled_functions, use_one_thread

use_one_thread()
keep_compiled_functions()

import numpy as np
from markdown_table import machine, print_table, say

from surae.api import all_metrics, prepare_task
from surae.gait.guess import perturbed, reference_guess
from surae.gait.stride import IpoptOptions, Stride, StrideSolver
from surae.study.case import Case

MAX_TIME = 3600.0  # s of a solve, also on a busy machine
SAME_COST = 1e-3  # of the cost
SAME_PEAK = 5e-3  # of the Achilles peak


@dataclasses.dataclass
class Optimum:
    """Where solves end."""

    cost: float
    achilles_peak: float  # body weights
    braking_peak: float  # body weights
    step_frequency: float  # Hz
    iterations: list[int]

    def is_reached_by(self, other: Optimum) -> bool:
        """Whether the other one is the same optimum."""
        same_cost = abs(other.cost - self.cost) <= SAME_COST * abs(self.cost)
        apart = abs(other.achilles_peak - self.achilles_peak)
        return same_cost and apart <= SAME_PEAK * self.achilles_peak


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default=Case.model)
    parser.add_argument("--speeds", type=float, nargs="+", default=[3.0, 4.0, 5.0], metavar="M_S")
    parser.add_argument("--starts", type=int, default=20, help="perturbed starts a speed")
    parser.add_argument("--size", type=float, default=0.1, help="of the perturbations")
    parser.add_argument("--mode", default=Case.mode)
    parser.add_argument("--intervals", type=int, default=Case.intervals, help="of a half stride")
    arguments = parser.parse_args()
    print(f"{machine()}\n{arguments.starts} starts a speed, size {arguments.size:g}\n")
    header = ["speed (m/s)", "optimum", "count", "of", "cost", "Achilles peak (BW)"]
    header += ["braking peak (BW)", "step frequency (Hz)", "median iterations"]
    rows: list[list[str]] = []
    for speed in arguments.speeds:
        case = Case(arguments.model, speed, arguments.mode, intervals=arguments.intervals)
        rows += rows_at(case, arguments.starts, arguments.size)
    print_table(header, rows)


def rows_at(case: Case, starts: int, size: float) -> list[list[str]]:
    """Solve from the reference and from all perturbed starts; a line for each optimum."""
    solver = StrideSolver(*prepare_task(case), IpoptOptions(max_time=MAX_TIME))
    reference = reference_guess(solver.problem)
    guesses = [reference]
    guesses += [perturbed(reference, solver.problem.layout, size, seed) for seed in range(starts)]
    optima: list[Optimum] = []
    lost = 0
    for guess in guesses:
        stride = solver.solve(guess)
        report = stride.report
        say(f"{case.speed:g} m/s: {report.status.value}, {report.iterations} iterations")
        if not report.status.solved:
            lost += 1
            continue
        found = optimum_of(stride)
        known = next((each for each in optima if each.is_reached_by(found)), None)
        if known is None:
            optima.append(found)
        else:
            known.iterations += found.iterations
    rows = [
        [
            f"{case.speed:g}", str(number), str(len(each.iterations)), str(len(guesses)),
            f"{each.cost:.6f}", f"{each.achilles_peak:.3f}", f"{each.braking_peak:.3f}",
            f"{each.step_frequency:.3f}", f"{statistics.median(each.iterations):.0f}",
        ]
        for number, each in enumerate(optima, start=1)
    ]  # fmt: skip
    if lost:
        rows.append([f"{case.speed:g}", "not converged", str(lost), str(len(guesses)), *"-----"])
    return rows


def optimum_of(stride: Stride) -> Optimum:
    """What tells optima apart, larger side."""
    metrics = all_metrics(stride.gait)

    def largest(name: str) -> float:
        return float(np.max(np.asarray(metrics[name].value)))

    return Optimum(
        cost=stride.solution.cost,
        achilles_peak=largest("achilles_peak_force"),
        braking_peak=largest("peak_braking_force"),
        step_frequency=largest("step_frequency"),
        iterations=[stride.report.iterations],
    )


if __name__ == "__main__":
    main()
