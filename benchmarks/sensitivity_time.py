"""What derivatives of all loads by all parameters cost, beside one what-if.

    .venv/bin/python benchmarks/sensitivity_time.py [--model full] [--repeats 3]

How to read it. One process, everything compiled before; medians. `what-if`: the whole model's
gluteals (planar: gluteus maximus) at 90 %, warm. `factors`: the first-order conditions and their
factorization. `all`: all loads by all parameters, factors included; `bounds` the same with every
bound decided once more. The ratio is to the what-if. Memory: highest resident size before and
after the first call.
"""

# ruff: noqa: E402 - threads are settled before JAX is loaded
from __future__ import annotations

import argparse
import resource
import statistics
import sys
import time
from collections.abc import Callable

from surae._runtime import keep_compiled_functions, use_one_thread

use_one_thread()
keep_compiled_functions()

from markdown_table import machine, print_table

import surae
from surae.gait.neighbours import Neighbours
from surae.transcription.problem import TranscribedProgram

WEAK = {"planar": "gluteus_maximus"}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="full")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    print(machine())
    case = surae_case(arguments.model)
    healthy = surae.solve_case(case)
    runner = healthy.gait.runner
    weak = surae.weaken(runner, WEAK.get(arguments.model, "gluteals"), strength=0.9)
    before = peak_mib()
    found = surae.sensitivities(healthy)
    after = peak_mib()
    loads = [name for name in found.data_vars if f"{name}_value" in found]
    scalars = sum(found[f"{name}_value"].size for name in loads)
    print(f"{found.sizes['parameter']} parameters, {len(loads)} loads ({scalars} numbers)\n")
    program = TranscribedProgram(healthy.problem.problem)  # the solver's, which `all` has, too
    timed = {
        "what-if": lambda: surae.run(weak, speed=4.0, guess=healthy),
        "factors": lambda: Neighbours(healthy.problem, healthy.guess, program),
        "all": lambda: surae.sensitivities(healthy, check_bounds=False),
        "bounds": lambda: surae.sensitivities(healthy),
    }
    medians = {name: median(work, arguments.repeats) for name, work in timed.items()}
    print_table(
        ["", "s", "of a what-if"],
        [[name, f"{t:.2f}", f"{t / medians['what-if']:.2f}"] for name, t in medians.items()],
    )
    print(f"\npeak memory {before:.0f} MiB before, {after:.0f} MiB after")


def surae_case(model: str) -> object:
    """The healthy case at 4 m/s."""
    from surae.study.case import Case

    return Case(model=model, speed=4.0)


def median(work: Callable[[], object], repeats: int) -> float:
    """Median wall time of a call that was made once before."""
    work()
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def peak_mib() -> float:
    """Highest resident size of this process, MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


if __name__ == "__main__":
    main()
