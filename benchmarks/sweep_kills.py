"""A study whose processes are killed again and again: nothing may be lost, nothing may differ.

    .venv/bin/python benchmarks/sweep_kills.py [--kills 50] [--limit 1500] [--toy]

Starts a sweep on two ranks, kills (-9) a random one of its processes (launcher, rank, or the
process beside rank 0) or all of them at a random moment, and starts it again with the same command,
until so many kills have struck; then lets it finish. Three of ten strike while the processes start,
the others a little after the launch has stored its first case. Compares results.h5, byte by byte,
with that of an undisturbed sweep, and checks after each kill that every case finished before is
still there.
--toy: a trivial problem in place of the runner.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from markdown_table import machine

from surae.study.collected import collected
from surae.study.store.plan_file import needed_plan, read_plan
from surae.study.store.shelf import Shelf
from surae.study.store.table import RESULTS, write_tables
from surae.study.sweep_folder import state_of

TOY = Path(__file__).with_name("toy_sweep.py")
MARK = "SURAE_KILLS"
LONGEST = 10  # times what the undisturbed launch took to its first case
STUDY = """\
[study]
name = "kills"
question = "Is anything lost?"

[task]
model = "planar"
speed_m_s = 4.0
scheme = "backward_euler"
intervals = 12

[[axis]]
strength = "gluteus_maximus"
from = 1.0
to = 0.5
count = 11

[[axis]]
strength = "soleus"
from = 1.0
to = 0.8
count = 11

[[axis]]
set = "achilles.stiffness_N_mm"
values = [400, 430, 460]
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--limit", type=float, default=1500.0, help="s, for the kills")
    parser.add_argument("--toy", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        calm, wild = Path(folder) / "calm", Path(folder) / "wild"
        study = Path(folder) / "study.toml"
        study.write_text(STUDY, encoding="utf-8")
        start, clock = time.monotonic(), time.time()
        finish(command(study, calm, given.toy))
        files = (calm / "cases").glob("*.h5")
        # The first files of so many toy cases are packed by now.
        reach = 1.0 if given.toy else min(path.stat().st_mtime for path in files) - clock
        print(
            f"undisturbed: {time.monotonic() - start:.0f} s, {len(done(calm))} cases, "
            f"the first {reach:.1f} s after the start",
            flush=True,
        )
        launches, struck, lost = disturb(study, wild, reach, given)
        finish(command(study, wild, given.toy))
        same = results(calm) == results(wild)
        print(
            f"{struck} kills in {launches} launches and {time.monotonic() - start:.0f} s: "
            f"{lost} finished cases lost, results.h5 {'the same' if same else 'DIFFER'}"
        )
    return 0 if same and not lost and struck >= given.kills else 1


def disturb(
    study: Path, folder: Path, reach: float, given: argparse.Namespace
) -> tuple[int, int, int]:
    """Launches, kills that struck, and finished cases that were lost. `reach`: s to the first."""
    dice, launches, struck, lost = random.Random(given.seed), 0, 0, 0
    known: set[str] = set()
    end = time.monotonic() + given.limit
    while struck < given.kills and time.monotonic() < end:
        launches += 1
        mark = f"{os.getpid()}-{launches}"
        process = subprocess.Popen(
            command(study, folder, given.toy),
            env={**os.environ, MARK: mark},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait(process, folder, reach, dice)
        victims = processes(mark)
        if process.poll() is None and victims:
            for victim in victims if dice.random() < 0.2 else [dice.choice(victims)]:
                kill(victim)
            struck += 1
        try:
            process.wait(10.0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for left in processes(mark):  # of a launcher that was killed
            kill(left)
        now = done(folder)
        lost += len(known - now)
        print(f"{struck} kills, {len(now)} cases finished", file=sys.stderr, flush=True)
        known = now
    return launches, struck, lost


def wait(process: subprocess.Popen, folder: Path, reach: float, dice: random.Random) -> None:
    """Until the moment to strike: on the way to the first case, or beyond it."""
    if dice.random() < 0.3:
        time.sleep(dice.uniform(0.0, reach))
        return
    start, before = time.monotonic(), stored(folder)
    while process.poll() is None and stored(folder) <= before:
        if time.monotonic() - start > LONGEST * reach:
            break
        time.sleep(0.05)
    time.sleep(dice.uniform(0.0, reach / 3))


def stored(folder: Path) -> set[str]:
    """Files of cases and packs."""
    return {path.name for kind in ("cases", "shards") for path in (folder / kind).glob("*.h5")}


def command(study: Path, out: Path, toy: bool) -> list[str]:
    if toy:
        mpiexec = str(Path(sys.executable).with_name("mpiexec"))
        words = ["--cases", "1500", "--stubborn", "0.2", "--seconds", "0.02"]
        return [mpiexec, "-n", "2", sys.executable, str(TOY), str(out), *words]
    words = ["sweep", str(study), "--out", str(out), "--quiet", "--ranks", "2"]
    return [sys.executable, "-m", "surae", *words]


def finish(words: list[str]) -> None:
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


def done(folder: Path) -> set[str]:
    """Keys of the cases that can be read."""
    plan = read_plan(folder) if folder.is_dir() else None
    if plan is None:
        return set()
    state = state_of(plan, Shelf(folder))
    return {plan.keys[number] for number in (*state.solved, *state.failed)}


def results(folder: Path) -> bytes:
    plan = needed_plan(folder)
    write_tables(folder / RESULTS, collected(plan, Shelf(folder)))
    return (folder / RESULTS).read_bytes()


def processes(mark: str) -> list[int]:
    """All processes of one launch, by the mark in their environment."""
    wanted, found = f"{MARK}={mark}".encode(), []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def kill(process: int) -> None:
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        pass


if __name__ == "__main__":
    sys.exit(main())
