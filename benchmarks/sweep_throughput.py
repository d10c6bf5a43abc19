"""How much faster two ranks are than one: a study of the planar runner, swept on each.

    .venv/bin/python benchmarks/sweep_throughput.py [--ranks 1 2] [--out FOLDER]

How to read it. `cases a minute`: between the first and the last case that are stored, so that the
start of Python, loading of compiled functions and the cold baseline do not count; `whole` is all of
it. The results of all runs are compared byte by byte.
"""

from __future__ import annotations

import argparse
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
    rows, contents, base = [], set(), 0.0
    with tempfile.TemporaryDirectory() as folder:
        study = Path(folder) / "study.toml"
        study.write_text(STUDY, encoding="utf-8")
        sweep(study, Path(folder) / "warm-up", max(given.ranks))  # fills the cache
        for turn in range(given.repeats):
            for ranks in given.ranks:
                out = Path(folder) / f"out{turn}-{ranks}"
                seconds = sweep(study, out, ranks)
                contents.add((out / "results.h5").read_bytes())
                stored = sorted(path.stat().st_mtime for path in (out / "cases").glob("*.h5"))
                rate = 60.0 * (len(stored) - 1) / (stored[-1] - stored[0])
                base = base if rows else rate
                rows.append(
                    [
                        str(ranks),
                        str(len(stored)),
                        f"{rate:.1f}",
                        f"{rate / base:.2f}",
                        f"{seconds:.1f}",
                    ]
                )
    print_table(["ranks", "cases", "cases a minute", "ratio", "whole (s)"], rows)
    verdict = "the same" if len(contents) == 1 else "THEY DIFFER"
    print(f"results.h5 of all runs, byte by byte: {verdict}")


def sweep(study: Path, out: Path, ranks: int) -> float:
    """Run a sweep; its wall time."""
    command = [sys.executable, "-m", "surae", "sweep", str(study), "--out", str(out), "--quiet"]
    start = time.perf_counter()
    subprocess.run([*command, "--ranks", str(ranks)], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
