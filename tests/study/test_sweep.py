"""A sweep of a trivial problem: the same results on any number of ranks, after any kill."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from surae.study.collected import MISSING, collected
from surae.study.store.live import read_lives
from surae.study.store.plan_file import needed_plan
from surae.study.store.shelf import LOOSE, PACK, Shelf
from surae.study.store.table import RESULTS, read_table, write_tables

TOY = Path(__file__).resolve().parents[2] / "benchmarks" / "toy_sweep.py"
MPIEXEC = shutil.which("mpiexec", path=str(Path(sys.executable).parent)) or shutil.which("mpiexec")
needs_mpi = pytest.mark.skipif(MPIEXEC is None, reason="no mpiexec here (pip install mpich)")


def command(folder: Path, ranks: int, *words: object) -> list[str]:
    launcher = [] if ranks == 1 else [str(MPIEXEC), "-n", str(ranks)]
    return [*launcher, sys.executable, str(TOY), str(folder), *map(str, words)]


def toy(folder: Path, ranks: int, *words: object) -> dict:
    done = subprocess.run(
        command(folder, ranks, *words), capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def results(folder: Path) -> bytes:
    """The bytes of results.h5."""
    plan, shelf = needed_plan(folder), Shelf(folder)
    write_tables(folder / RESULTS, collected(plan, shelf))
    return (folder / RESULTS).read_bytes()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> bytes:
    folder = tmp_path_factory.mktemp("one")
    assert toy(folder, 1, "--cases", 120, "--stubborn", 0.3)["complete"]
    return results(folder)


@needs_mpi
@pytest.mark.parametrize("ranks", [2, 3])
def test_results_are_the_same_on_any_number_of_ranks(tmp_path, undisturbed, ranks):
    summary = toy(tmp_path, ranks, "--cases", 120, "--stubborn", 0.3)
    assert summary["ranks"] == ranks and summary["complete"]
    assert results(tmp_path) == undisturbed


@needs_mpi
def test_more_ranks_than_cases_is_no_trouble(tmp_path):
    assert toy(tmp_path, 3, "--cases", 1)["complete"]


@needs_mpi
def test_the_signal_to_stop_ends_no_process_of_its_own():
    code = (
        "import signal, time\n"
        "from surae.study.executors import executor\n"
        "with executor() as place:\n"
        "    if place is not None:\n"
        "        heard = []\n"
        "        signal.signal(signal.SIGUSR1, lambda *_: heard.append(1))\n"
        "        both = [place.submit(abs, n) for n in (-1, -2)]\n"
        "        print(sorted(each.result() for each in both), flush=True)\n"
        "        while not heard: time.sleep(0.05)\n"
        "        both = [place.submit(abs, n) for n in (-3, -4)]\n"
        "        print(sorted(each.result() for each in both))\n"
    )
    process = subprocess.Popen(
        [str(MPIEXEC), "-n", "2", sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "[1, 2]\n"
    process.send_signal(signal.SIGUSR1)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out, err) == (0, "[3, 4]\n", "")


def test_many_cases_are_few_files(tmp_path):
    cases = LOOSE + 2 * PACK
    assert toy(tmp_path, 1, "--cases", cases)["complete"]
    shelf = Shelf(tmp_path)
    assert len(shelf.loose()) < LOOSE + PACK and list(shelf.shards.glob("*.h5"))
    again = toy(tmp_path, 1, "--cases", cases)
    assert again["found"] == cases
    table = collected(needed_plan(tmp_path), shelf)[""]
    assert (table.columns["status"].values == "solved").all()


def ranks_of(parent: int) -> list[int]:
    """Processes of a launch that run the toy, by what the system says."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            environment = (entry / "environ").read_bytes()
        except (OSError, ValueError):
            continue
        if f"TOY_LAUNCH={parent}".encode() in environment and b"python" in words[0]:
            found.append(int(entry.name))
    return found


def killed_again_and_again(folder: Path, kills: int, ranks: int, words: list[object]) -> int:
    """Kill a random process of the sweep at random moments; how many kills struck."""
    dice, struck, launch = random.Random(5), 0, 0
    end = time.monotonic() + 20 + 6 * kills
    while struck < kills and time.monotonic() < end:
        launch += 1
        process = subprocess.Popen(
            command(folder, ranks, *words),
            env={**os.environ, "TOY_LAUNCH": str(launch)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(dice.uniform(0.8, 2.2))
        victims = ranks_of(launch)
        if process.poll() is None and victims:
            os.kill(dice.choice(victims), signal.SIGKILL)
            struck += 1
        try:
            process.wait(8.0)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        for left in ranks_of(launch):
            os.kill(left, signal.SIGKILL)
    return struck


@needs_mpi
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds ranks to kill in /proc")
def test_kills_lose_nothing(tmp_path, undisturbed):
    words = ["--cases", 120, "--stubborn", 0.3, "--seconds", 0.05]
    assert killed_again_and_again(tmp_path, 3, 2, words) == 3
    kept = len(Shelf(tmp_path).loose())
    summary = toy(tmp_path, 2, *words[:-1], 0.0)
    assert summary["complete"] and summary["found"] == kept
    assert results(tmp_path) == undisturbed


def test_two_sweeps_of_one_folder_are_refused(tmp_path):
    first = subprocess.Popen(
        command(tmp_path, 1, "--cases", 50, "--seconds", 0.3), stdout=subprocess.DEVNULL
    )
    try:
        while not read_lives(tmp_path):
            time.sleep(0.1)
        second = subprocess.run(
            command(tmp_path, 1, "--cases", 50), capture_output=True, text=True, check=False
        )
        assert second.returncode != 0 and "is being swept by process" in second.stderr
    finally:
        first.kill()
        first.wait()
    assert toy(tmp_path, 1, "--cases", 50)["complete"], "the lock goes with its process"


def test_a_stop_file_stops_between_cases(tmp_path):
    process = subprocess.Popen(
        command(tmp_path, 1, "--cases", 100, "--seconds", 0.1),
        stdout=subprocess.PIPE,
        text=True,
    )
    while not read_lives(tmp_path):
        time.sleep(0.1)
    (tmp_path / "stop").touch()
    out, _ = process.communicate(timeout=20)
    summary = json.loads(out)
    assert not summary["complete"]
    table = collected(needed_plan(tmp_path), Shelf(tmp_path))[""]
    status = table.columns["status"].values
    assert 0 < (status == "solved").sum() < 100 and (status == MISSING).any()
    assert toy(tmp_path, 1, "--cases", 100)["complete"]


def test_what_is_not_solved_is_nan_with_its_status(tmp_path):
    toy(tmp_path, 1, "--cases", 40, "--stubborn", 0.8)
    write_tables(tmp_path / RESULTS, collected(needed_plan(tmp_path), Shelf(tmp_path)))
    table = read_table(tmp_path / RESULTS)
    failed = table.columns["status"].values == "stubborn"
    assert 0 < failed.sum() < 40
    np.testing.assert_array_equal(np.isnan(table.columns["value"].values), failed)
    assert all("stubborn from" in reason for reason in table.columns["reason"].values[failed])
