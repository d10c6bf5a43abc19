"""The sweep itself under a real Slurm: coarse strides of the planar runner, and a time limit."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from surae.cli.main import main

pytestmark = pytest.mark.slow
STUDY = """\
[study]
name = "coarse"
question = "Does a job finish by itself what its time limit has interrupted?"

[task]
model = "planar"
speed_m_s = 4.0
intervals = 12

[[axis]]
strength = "gluteus_maximus"
from = 1.0
to = 0.5
count = {count}

[[axis]]
strength = "soleus"
from = 1.0
to = 0.8
count = {count}
"""
MPIEXEC = Path(sys.executable).with_name("mpiexec")


class Sweep(NamedTuple):
    """A study of count x count cases, submitted."""

    number: str
    out: Path
    status: Callable[[], dict[str, Any]]
    waiting: Callable[[], str]  # what Slurm still has to do

    def said(self) -> str:
        """All its logs."""
        return "\n".join(path.read_text() for path in sorted(self.out.glob("job/*.log")))


@pytest.fixture
def sweep(tmp_path, slurm, capfd) -> Callable[[int, str, str], Sweep]:
    def submit(count: int, of_slurm: str, of_mpi: str) -> Sweep:
        study, site, out = tmp_path / "study.toml", tmp_path / "site.toml", tmp_path / "out"
        study.write_text(STUDY.format(count=count))
        site.write_text(f"[slurm]\n{of_slurm}\n[mpi]\n{of_mpi}\n")
        assert main(["submit", str(study), "--site", str(site), "--out", str(out)]) == 0
        number = capfd.readouterr().out.split(":")[0].removeprefix("job ")

        def status() -> dict[str, Any]:
            capfd.readouterr()
            if main(["status", str(out), "--json"]) != 0:
                return {"solved": 0}
            return json.loads(capfd.readouterr().out)

        return Sweep(number, out, status, lambda: slurm("squeue", "--noheader"))

    return submit


def assert_complete(sweep: Sweep) -> None:
    status = sweep.status()
    assert (status["left"], status["failed"]) == (0, {}), sweep.said()
    assert (sweep.out / "results.h5").is_file()


def test_what_the_time_limit_interrupts_finishes_by_itself(sweep, slurm, wait_for):
    """The limit is moved to where the study is: no machine is too fast or too slow for it."""
    job = sweep(18, 'time_limit = "00:30:00"\nsignal_before_s = 120\nranks_per_node = 2', "")
    wait_for(lambda: job.status()["solved"] > 2 or not job.waiting(), "the first cases", 300)
    assert job.waiting(), job.said()
    elapsed = slurm("squeue", "--noheader", "--format=%M").strip()  # minutes:seconds
    soon = int(elapsed.split(":")[0]) + 3
    slurm("scontrol", "update", f"JobId={job.number}", f"TimeLimit={soon}")
    wait_for(lambda: "cases left: requeue" in job.said(), "the limit", 180)
    slurm("scontrol", "update", f"JobId={job.number}", "TimeLimit=60")
    wait_for(lambda: not job.waiting(), "an empty queue", 1200)
    assert "the time limit is near" in job.said()
    assert job.said().count(": start on n1") == 2
    assert_complete(job)


@pytest.mark.skipif(not MPIEXEC.exists(), reason="no mpiexec beside this Python")
def test_mpiexec_starts_the_same_sweep(sweep, wait_for):
    options = 'time_limit = "00:30:00"\nranks_per_node = 2'
    job = sweep(3, options, f"launcher = '{MPIEXEC}'")
    wait_for(lambda: not job.waiting(), "an empty queue", 600)
    assert_complete(job)


def test_a_job_array_does_the_same_without_mpi(sweep, wait_for):
    job = sweep(4, 'time_limit = "00:30:00"', 'launcher = "none"\narray_size = 2')
    wait_for(lambda: not job.waiting(), "an empty queue", 600)
    assert len(list((job.out / "job").glob("coarse_*_?.log"))) == 2
    assert_complete(job)
