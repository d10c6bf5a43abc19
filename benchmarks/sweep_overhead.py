"""What a sweep costs beside the solves: tree, ranks and store with a trivial problem.

    .venv/bin/python benchmarks/sweep_overhead.py [--cases 100000]

How to read it. `ms a case`: wall time of the whole sweep over its cases, the file of each case
forced to disk, packing included; `growth` is that time over the one at a tenth of the cases. With
two ranks two cases are stored at a time. `rank 0`: largest memory of the process that hands out
cases, at a tenth, half and the end of the sweep. `read again`: a second run that finds everything
done, from start to end. `collect`: writing results.h5.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from markdown_table import machine, print_table

from surae.study.collected import collected
from surae.study.store.plan_file import needed_plan
from surae.study.store.shelf import Shelf
from surae.study.store.table import RESULTS, write_tables

TOY = Path(__file__).with_name("toy_sweep.py")
MPIEXEC = shutil.which("mpiexec", path=str(Path(sys.executable).parent)) or shutil.which("mpiexec")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cases", type=int, default=100_000)
    given = parser.parse_args()
    print(machine())
    rows = []
    for ranks in (1, 2):
        smaller = 0.0
        for cases in (given.cases // 10, given.cases):
            with tempfile.TemporaryDirectory(dir=".") as folder:
                row, per_case = measured(Path(folder), cases, ranks)
            rows.append([*row, f"{per_case / smaller:.2f}" if smaller else "-"])
            smaller = per_case
    head = ["ranks", "cases", "s", "ms a case", "rank 0 (MiB)", "files", "read again (s)"]
    print_table([*head, "collect (s)", "growth"], rows)


def measured(folder: Path, cases: int, ranks: int) -> tuple[list[str], float]:
    """A row of the table, and ms a case."""
    first = run(folder, cases, ranks)
    assert first["complete"] and first["found"] == 0
    start = time.perf_counter()
    again = run(folder, cases, 1)
    read_again = time.perf_counter() - start
    assert again["found"] == cases
    start = time.perf_counter()
    write_tables(folder / RESULTS, collected(needed_plan(folder), Shelf(folder)))
    collect = time.perf_counter() - start
    memory = first["memory_MiB"]
    files = sum(1 for _ in folder.rglob("*.h5"))
    per_case = 1e3 * first["seconds"] / cases
    few = [memory[len(memory) // 10], memory[len(memory) // 2], memory[-1]]
    return [
        str(ranks), str(cases), f"{first['seconds']:.1f}", f"{per_case:.2f}",
        " / ".join(map(str, few)), str(files), f"{read_again:.1f}", f"{collect:.1f}",
    ], per_case  # fmt: skip


def run(folder: Path, cases: int, ranks: int) -> dict:
    """One toy sweep in processes of its own; its summary."""
    launcher = [] if ranks == 1 else [str(MPIEXEC), "-n", str(ranks)]
    command = [*launcher, sys.executable, str(TOY), str(folder), "--cases", str(cases)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    main()
