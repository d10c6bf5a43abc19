"""What predicting a start saves: every case of a study from its parent, plain and predicted.

    .venv/bin/python benchmarks/predictor.py [--model full] [--study STUDY.toml] [--cases 50]

Without a study: 50 cases, two muscles at five strengths each and two tendon stiffnesses. Cases are
solved in the order of the sweep's tree, in one process, compiled before; each twice from the same
solved parent (the predicted one), once from its solution as it is and once from the start that
nlp.predictor finds.

How to read it. `iterations` are the solver's. A leg is one factorization and evaluation of the
conditions, about the work of an iteration; `with legs` counts it as one. `CPU s`: of the whole
solve, prediction included. `cost`: largest relative difference of the two costs; a case that ends
in another optimum from one start than from the other shows here. The medians are over cases.
"""

# ruff: noqa: E402 - threads are settled before JAX is loaded
from __future__ import annotations

import argparse
import dataclasses
import statistics
import tempfile
import time
from pathlib import Path

from surae._runtime import keep_compiled_functions, keep_freed_memory, use_one_thread

use_one_thread()
keep_freed_memory()
keep_compiled_functions()

from markdown_table import machine, print_table, say

from surae.api import prepare_task, solve_case
from surae.files.study_file import read_study
from surae.gait.stride import Stride, StrideSolver
from surae.nlp.program import Guess
from surae.study.plan import plan_of

SECOND = {"planar": "hamstrings", "full": "gluteus_medius"}
FIFTY = """
[study]
name = "fifty"
question = "How many iterations does a predicted start save?"
[task]
model = "{model}"
speed_m_s = 4.0
[[axis]]
strength = "gluteus_maximus"
values = [1.0, 0.9, 0.8, 0.7, 0.6]
[[axis]]
strength = "{second}"
values = [1.0, 0.9, 0.8, 0.7, 0.6]
[[axis]]
set = "achilles.stiffness_N_mm"
values = [430.0, 400.0]
"""


@dataclasses.dataclass(frozen=True)
class Way:
    """One solve of a case."""

    solved: bool
    iterations: int
    legs: int
    seconds: float
    cost: float


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="planar", choices=sorted(SECOND))
    parser.add_argument("--study", type=Path)
    parser.add_argument("--cases", type=int, default=50)
    arguments = parser.parse_args()
    print(f"{machine()}\n")
    with tempfile.TemporaryDirectory() as folder:
        study = arguments.study or fifty(arguments.model, Path(folder))
        pairs = both_ways(study, arguments.cases)
    header = ["case", "plain (it)", "CPU s", "predicted (it)", "legs", "CPU s", "cost"]
    print_table(header, [line(name, *ways) for name, ways in pairs.items()])
    done = [ways for ways in pairs.values() if all(way.solved for way in ways)]
    columns = {
        "iterations": lambda way: way.iterations,
        "with legs": lambda way: way.iterations + way.legs,
        "CPU s": lambda way: way.seconds,
    }
    rows = []
    for name, column in columns.items():
        plain, other = ([column(way) for way in ways] for ways in zip(*done, strict=True))
        saved = [1.0 - b / a for a, b in zip(plain, other, strict=True)]
        halves = [f"{statistics.median(each):.4g}" for each in (plain, other)]
        rows.append(
            [name, *halves, f"{statistics.median(saved):.0%}", f"{share(plain, other):.0%}"]
        )
    print_table(["median of", "plain", "predicted", "saved in a case", "saved in all"], rows)
    print(f"{len(pairs)} cases, {len(done)} solved both ways")


def share(plain: list[float], other: list[float]) -> float:
    """Of the whole study's."""
    return 1.0 - sum(other) / sum(plain)


def fifty(model: str, folder: Path) -> Path:
    """The study of this benchmark, as a file."""
    text = FIFTY.format(model=model, second=SECOND[model])
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return folder / "study.toml"


def both_ways(study: Path, most: int) -> dict[str, tuple[Way, Way]]:
    """All cases but the first, each solved from its parent twice."""
    plan = plan_of(read_study(study))
    root = solve_case(plan.case(0))
    solvers = {
        predicts: StrideSolver(root.problem.runner, root.problem.task, predicts=predicts)
        for predicts in (False, True)
    }
    for solver in solvers.values():
        solver.solve(root.guess)
    ends: dict[int, Guess] = {0: root.guess}
    found = {}
    for number in range(1, min(plan.n, most)):
        name, parent = plan.name_of(number), int(plan.tree.parents[number])
        if parent not in ends:
            say(name, "has no solved parent")
            continue
        runner, task = prepare_task(plan.case(number))
        ways = []
        for solver in solvers.values():
            solver.set_task(runner, task)
            start = time.process_time()
            stride = solver.solve(ends[parent])
            ways.append(way(stride, time.process_time() - start))
        if ways[-1].solved:
            ends[number] = stride.guess
        found[name] = (ways[0], ways[1])
        say(*line(name, *found[name]))
    return found


def way(stride: Stride, seconds: float) -> Way:
    """What a solve took."""
    report = stride.report
    solved, cost = report.status.solved, stride.solution.cost
    return Way(solved, report.iterations, report.legs, seconds, cost)


def line(name: str, plain: Way, other: Way) -> list[str]:
    """A row of the table."""
    gap = abs(other.cost / plain.cost - 1.0)
    cells = [name, plain.iterations, f"{plain.seconds:.2f}", other.iterations, other.legs]
    cells += [f"{other.seconds:.2f}", f"{gap:.0e}" if plain.solved and other.solved else "failed"]
    return [str(cell) for cell in cells]


if __name__ == "__main__":
    main()
