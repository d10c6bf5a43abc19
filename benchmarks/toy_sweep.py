"""A sweep with a trivial problem in place of the stride: what tree, ranks and store cost alone.

    .venv/bin/python benchmarks/toy_sweep.py DIR --cases 1000
    .venv/bin/mpiexec -n 2 .venv/bin/python benchmarks/toy_sweep.py DIR --cases 1000

Each case reads the number its parent has stored, and stores another one that follows from it, so a
wrong or lost parent shows. Prints one line of JSON. Tests use it, and benchmarks/sweep_overhead.py.
"""

# ruff: noqa: E402 - threads are settled before NumPy is loaded
from __future__ import annotations

import argparse
import functools
import hashlib
import io
import json
import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from surae._runtime import use_one_thread

use_one_thread()

import h5py
import numpy as np

from surae.loads.metric import Metric
from surae.study.executors import executor
from surae.study.lock import folder_locked
from surae.study.schedule import Schedule
from surae.study.store.case_file import write_case
from surae.study.store.live import Live
from surae.study.store.plan_file import PlanRecord, write_plan
from surae.study.store.shelf import Shelf
from surae.study.sweep import STOP, Cases, Job, Outcome, Sweep, Watch
from surae.study.sweep_folder import state_of
from surae.study.tree import tree_of

KIBIBYTE = 1024


@dataclass(frozen=True)
class Toy:
    """The trivial problem. `stubborn`: the share of cases that fail from their parent."""

    folder: Path
    seconds: float
    stubborn: float

    def __call__(self, job: Job) -> Outcome:
        if self.seconds:
            time.sleep(self.seconds)
        shelf = shelf_of(self.folder)
        luck = int(hashlib.sha256(f"{job.key}{len(job.history)}".encode()).hexdigest()[:8], 16)
        solved = luck / 16**8 >= self.stubborn
        source = job.start[0] if job.start else "cold"
        complaint = "" if solved else f"stubborn from {source}"
        if not solved and not job.last:
            return Outcome(job.number, False, complaint)
        before = 1.0
        if job.start is not None:
            before = stored_value(shelf.image(*job.start)[1])
        value = np.cos(job.payload + before)
        write_case(
            shelf.path_of(job.name, job.key),
            {
                "case_key": job.key,
                "case_name": job.name,
                "status": "solved" if solved else "stubborn",
                "reason": "; ".join([*job.history, complaint] if complaint else job.history),
                "start": source,
                "parent": job.parent,
                "branch": "followed",
                "iterations": 1,
                "wall_time_s": self.seconds,
            },
            {},
            {"value": Metric(np.asarray(value), "1", ())},
        )
        return Outcome(job.number, solved, complaint, iterations=1)


shelf_of = functools.cache(Shelf)


def stored_value(image: bytes) -> float:
    with h5py.File(io.BytesIO(image), "r") as file:
        return float(file["metrics/value"][()])


def toy_tree(cases: int, seed: int = 1):
    """A tree over points in a square, one step apart on the average."""
    side = max(np.sqrt(cases), 1.0)
    positions = np.random.default_rng(seed).uniform(0.0, side, (cases, 2))
    positions[0] = 0.0
    return tree_of(positions, weakness=(0, 1))[0]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=0.0, help="each case sleeps so long")
    parser.add_argument("--stubborn", type=float, default=0.0)
    parser.add_argument("--trace", action="store_true", help="memory of rank 0 as it goes")
    given = parser.parse_args()
    with executor() as place:
        if place is None:
            return 0
        given.folder.mkdir(parents=True, exist_ok=True)
        with folder_locked(given.folder):
            summary = sweep(given, place)
        print(json.dumps(summary), flush=True)
    return 0


def sweep(given: argparse.Namespace, place) -> dict:
    tree = toy_tree(given.cases)
    names = [f"case{number}" for number in range(tree.n)]
    keys = tuple(hashlib.sha256(name.encode()).hexdigest() for name in names)
    (given.folder / STOP).unlink(missing_ok=True)
    shelf = Shelf(given.folder)
    numbers = tuple(range(tree.n))
    plan = PlanRecord(
        "toy", "", "", tuple(names), keys, tree.parents, np.zeros(tree.n, int), np.arange(tree.n),
        ("point",), {"point": numbers},
    )  # fmt: skip
    write_plan(given.folder, plan)
    state = state_of(plan, shelf, repair=True)
    memory: list[tuple[float, float]] = []

    def show(live: Live) -> None:
        memory.append((live.solved + live.failed, peak_memory()))
        if given.trace:
            print(f"{live.solved} {live.failed} {peak_memory():.0f} MiB", file=sys.stderr)

    start = time.perf_counter()
    run = Sweep(
        Cases(names, keys, float, tree.parents),
        Schedule(tree, state.solved, state.failed),
        shelf,
        Toy(given.folder, given.seconds, given.stubborn),
        place,
        Watch(show=show),
    )
    complete = run.run()
    return {
        "complete": complete,
        "cases": tree.n,
        "found": len(state.solved) + len(state.failed),
        "seconds": time.perf_counter() - start,
        "ranks": place.ranks,
        "memory_MiB": [round(m) for _, m in memory[:: max(1, len(memory) // 8)]]
        + [round(peak_memory())],
    }


def peak_memory() -> float:
    """MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIBIBYTE


if __name__ == "__main__":
    sys.exit(main())
