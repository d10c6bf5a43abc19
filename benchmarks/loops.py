"""Whether the way back closes: every case of a solved study, back to the stride it started from.

    .venv/bin/python benchmarks/loops.py results/gluteal_output [results/tendon ...]

Each solved case is the start, multipliers included, of a solve of the case that it came from. On a
branch that ends where it began; in another optimum it does not, and then the difference of the
two cases is no effect of what was changed.

How to read it. `closure`: Achilles peak after the way back over that before it, minus one, larger
side. `closes` means at most 0.1 %. `mismatch` is what the sweep's own check said (gait/branch.py),
`iterations` those of the way back.
"""

# ruff: noqa: E402 - threads are settled before JAX is loaded
from __future__ import annotations

import argparse
from pathlib import Path

from surae._runtime import keep_compiled_functions, keep_freed_memory, use_one_thread

use_one_thread()
keep_freed_memory()
keep_compiled_functions()

from markdown_table import print_table, say

from surae.api import solve_case
from surae.files.results import StoredStride, open_result

CLOSES = 1e-3
BASELINE = "the baseline"  # where a case started that was not followed from its parent


def main() -> None:
    """One line a case."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("studies", type=Path, nargs="+", metavar="DIR")
    for folder in parser.parse_args().studies:
        print(f"\n{folder.name}\n")
        header = ["case", "back to", "status", "iterations", "mismatch", "closure (%)", ""]
        print_table(header, rows(folder))


def rows(folder: Path) -> list[list[str]]:
    """Go back from every solved case that has a parent."""
    strides = [open_result(path) for path in sorted((folder / "cases").glob("*.h5"))]
    by_name = {str(s.attributes["case_name"]): s for s in strides if s.gait.status == "solved"}
    table = []
    for name, stride in by_name.items():
        parent = by_name.get(str(stride.attributes["parent"]))
        if parent is None or parent is stride or stride.attributes["start"].startswith(BASELINE):
            continue
        back = solve_case(parent.case, stride)
        report = back.report
        closure = float(back.gait.achilles_force.max()) / peak(parent) - 1.0
        closed = report.status.solved and abs(closure) <= CLOSES
        mismatch = float(stride.attributes["branch_mismatch"])
        line = [name, str(stride.attributes["parent"]), report.status.value]
        line += [str(report.iterations), f"{mismatch:.3f}", f"{100 * closure:+.4f}"]
        table.append([*line, "closes" if closed else "OPEN"])
        say(" ".join(table[-1]))
    return table


def peak(stride: StoredStride) -> float:
    """Achilles peak of the larger side, N."""
    return float(stride.gait.achilles_force.max())


if __name__ == "__main__":
    main()
