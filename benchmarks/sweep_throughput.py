"""How much faster two ranks are than one: a study of the planar runner, swept on each.

    .venv/bin/python benchmarks/sweep_throughput.py [--ranks 1 2] [--repeats 3]

How to read it. `cases a minute`: between the first and the last case that are stored, so that the
start of Python, loading of compiled functions and the cold baseline do not count; `whole` is all of
it. Repeats alternate between the numbers of ranks; the medians are what counts. `others (s)`: what
processes that have nothing to do with the sweep took of the machine's processors meanwhile (Linux);
next to nothing on a quiet machine. The results of all runs are compared byte by byte.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from markdown_table import machine, print_table

STUDY = """\
[study]
name = "throughput"
question = "How many cases a minute?"

[task]
model = "planar"
speed_m_s = 4.0

[[axis]]
strength = "gluteus_maximus"
values = [1.0, 0.9, 0.8, 0.7, 0.6]

[[axis]]
set = "achilles.stiffness_N_mm"
values = [360, 390, 420, 450, 480]

[[axis]]
strength = "soleus"
values = [1.0, 0.95, 0.9]
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--ranks", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--repeats", type=int, default=1)
    given = parser.parse_args()
    print(machine())
    rows, contents = [], set()
    rates: dict[int, list[float]] = {ranks: [] for ranks in given.ranks}
    with tempfile.TemporaryDirectory() as folder:
        study = Path(folder) / "study.toml"
        study.write_text(STUDY, encoding="utf-8")
        sweep(study, Path(folder) / "warm-up", max(given.ranks))  # fills the cache
        for turn in range(given.repeats):
            for ranks in given.ranks:
                out = Path(folder) / f"out{turn}-{ranks}"
                seconds, others = sweep(study, out, ranks)
                contents.add((out / "results.h5").read_bytes())
                stored = sorted(path.stat().st_mtime for path in (out / "cases").glob("*.h5"))
                rates[ranks].append(60.0 * (len(stored) - 1) / (stored[-1] - stored[0]))
                rows.append(
                    [
                        str(ranks),
                        str(len(stored)),
                        f"{rates[ranks][-1]:.1f}",
                        f"{seconds:.1f}",
                        f"{others:.1f}",
                    ]
                )
    print_table(["ranks", "cases", "cases a minute", "whole (s)", "others (s)"], rows)
    medians = {ranks: statistics.median(rates[ranks]) for ranks in given.ranks}
    base = medians[given.ranks[0]]
    print_table(
        ["ranks", "cases a minute (median)", "ratio"],
        [[str(n), f"{rate:.1f}", f"{rate / base:.2f}"] for n, rate in medians.items()],
    )
    verdict = "the same" if len(contents) == 1 else "THEY DIFFER"
    print(f"results.h5 of all runs, byte by byte: {verdict}")


def sweep(study: Path, out: Path, ranks: int) -> tuple[float, float]:
    """Run a sweep; its wall time, and the processor time of all other processes meanwhile."""
    command = [sys.executable, "-m", "surae", "sweep", str(study), "--out", str(out), "--quiet"]
    start, busy, own = time.perf_counter(), processors_busy(), own_processor_time()
    subprocess.run([*command, "--ranks", str(ranks)], check=True, stdout=subprocess.DEVNULL)
    others = (processors_busy() - busy) - (own_processor_time() - own)
    return time.perf_counter() - start, others


def processors_busy() -> float:
    """Processor time that everything on this machine has taken, s; NaN where it is not told."""
    try:
        line = Path("/proc/stat").read_text(encoding="ascii").splitlines()[0]
    except OSError:
        return float("nan")
    user, nice, system, _, _, *interrupts = (int(word) for word in line.split()[1:9])
    return (user + nice + system + sum(interrupts)) / os.sysconf("SC_CLK_TCK")


def own_processor_time() -> float:
    """Processor time of the processes that this one has started and seen end, s."""
    times = os.times()
    return times.children_user + times.children_system


if __name__ == "__main__":
    main()
