"""Jobs under a real Slurm of one node, with a stand-in for the sweep whose cases only take time."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from surae.cli.main import main

# Slurm looks at its clock every half minute: the warning comes 15 to 45 s before the end.
SHORT = 'time_limit = "00:01:00"\nsignal_before_s = 15\nranks_per_node = 2\n'
ENDED = {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL"}

# Two ranks that really meet in MPI. The first time one is killed; the job is requeued meanwhile.
MPI_STAND_IN = """\
#!{python}
import os, signal, sys, time
if sys.argv[1] in ("--version", "status"):
    sys.exit("status" in sys.argv)
from mpi4py import MPI
MPI.COMM_WORLD.Barrier()
first = int(os.environ.get("SLURM_RESTART_COUNT", 0)) == 0
if first and MPI.COMM_WORLD.rank == 1:
    print("kills itself", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
time.sleep(60 * first)
"""


class Submitted(NamedTuple):
    number: str
    slurm: Callable[..., str]
    out: Path

    def state(self) -> str:
        """What Slurm says of the job, without line breaks."""
        return " ".join(self.slurm("scontrol", "show", "job", self.number).split())

    def said(self) -> str:
        """All its logs."""
        return "\n".join(path.read_text() for path in sorted((self.out / "job").glob("*.log")))

    def ended(self) -> bool:
        return self.state().partition("JobState=")[2].partition(" ")[0] in ENDED

    def left(self) -> int:
        path = self.out / "left"
        return int(path.read_text() or -1) if path.exists() else -1


@pytest.fixture
def submit(slurm, place, capfd) -> Callable[[Path], Submitted]:
    def call(site: Path) -> Submitted:
        status = main(["submit", str(place.study), "--site", str(site), "--out", str(place.out)])
        said = capfd.readouterr()
        assert status == 0, said.err
        number = said.out.split(":")[0].removeprefix("job ")
        return Submitted(number, slurm, place.out)

    return call


@pytest.mark.slow
def test_a_study_longer_than_the_time_limit_finishes_by_itself(place, submit, wait_for):
    job = submit(place.site(SHORT, CASES=100, PACE=0.5))
    wait_for(job.ended, "the end of the job", 300)
    assert "JobState=COMPLETED" in job.state(), job.said()
    assert job.left() == 0
    assert "the time limit is near" in job.said()
    assert "Restarts=0" not in job.state()


@pytest.mark.slow
def test_resubmitting_instead_of_requeueing(place, submit, slurm, wait_for):
    site = place.site(f'{SHORT}when_time_is_up = "resubmit"', CASES=100, PACE=0.5)
    job = submit(site)
    wait_for(lambda: job.left() == 0, "the last case", 300)
    assert "resubmit" in job.said()
    assert len(list((place.out / "job").glob("planar_gluteus_maximus_*.log"))) >= 2
    wait_for(lambda: not slurm("squeue", "--noheader"), "an empty queue")


def test_a_wrong_partition_is_answered_with_slurms_own_words(cluster, place, capfd):
    site = place.site('partition = "mian"')
    status = main(["submit", str(place.study), "--site", str(site), "--out", str(place.out)])
    error = capfd.readouterr().err
    assert status == 2
    assert len(error.splitlines()) == 1
    assert "invalid partition specified: mian" in error
    assert (place.out / "job" / "planar_gluteus_maximus.sbatch").is_file()


@pytest.mark.slow
def test_a_job_array_shares_the_work(place, submit, slurm, wait_for):
    site = place.site(mpi='launcher = "none"\narray_size = 3', CASES=30, PACE=0.2)
    job = submit(site)
    wait_for(lambda: job.left() == 0 and not slurm("squeue", "--noheader"), "an empty queue")
    assert len(list((place.out / "job").glob("planar_gluteus_maximus_*_?.log"))) == 3


def test_mpiexec_starts_the_ranks(place, submit, wait_for):
    program = shutil.which("mpiexec", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip("no mpiexec beside this Python")
    site = place.site("ranks_per_node = 2", f"launcher = '{program}'", CASES=3)
    job = submit(site)
    wait_for(job.ended, "the end of the job")
    assert "JobState=COMPLETED" in job.state(), job.said()
    assert (place.out / "words").read_text().count("sweep") == 2


@pytest.mark.slow
def test_a_killed_rank_costs_no_place_in_the_queue(place, submit, wait_for):
    launcher = "launcher = 'srun --mpi=pmi2 --wait=3'"
    job = submit(place.site("ranks_per_node = 2", launcher, CASES=6, DIES_AT=3))
    wait_for(job.ended, "the end of the job")
    assert "JobState=COMPLETED" in job.state(), job.said()
    assert "3 cases left" in job.said()
    assert "Restarts=0" in job.state()
    assert job.left() == 0


@pytest.mark.slow
def test_a_lost_node_is_no_end(place, submit, slurm, wait_for):
    job = submit(place.site("ranks_per_node = 2", CASES=60, PACE=0.1))
    wait_for(lambda: 0 <= job.left() < 55, "a finished case")
    slurm("scontrol", "update", "NodeName=n1", "State=DOWN", "Reason=test")
    wait_for(lambda: "JobState=PENDING" in job.state(), "requeueing")
    slurm("scontrol", "update", "NodeName=n1", "State=RESUME")
    wait_for(job.ended, "the end of the job")
    assert "JobState=COMPLETED" in job.state(), job.said()
    assert job.left() == 0


@pytest.mark.slow
def test_a_cancelled_job_stays_cancelled(place, submit, slurm, wait_for):
    job = submit(place.site("ranks_per_node = 2", CASES=600, PACE=0.1))
    wait_for(lambda: 0 <= job.left() < 600, "a finished case")
    slurm("scancel", job.number)
    wait_for(job.ended, "the end of the job")
    assert "JobState=CANCELLED" in job.state()
    assert "requeue" not in job.said()


@pytest.mark.slow
def test_what_killed_ranks_leave_behind_does_not_stop_the_next_start(place, submit, wait_for):
    """A requeued job has the numbers of job and step again, and MPICH names its memory by them."""
    (place.folder / "venv" / "bin" / "surae").write_text(MPI_STAND_IN.format(python=sys.executable))
    site = place.site("ranks_per_node = 2", "launcher = 'srun --mpi=pmi2 --wait=2'")
    job = submit(site)
    wait_for(lambda: "kills itself" in job.said(), "the first start")
    job.slurm("scontrol", "requeue", job.number)
    wait_for(job.ended, "the end of the job")
    assert "JobState=COMPLETED" in job.state(), job.said()
    assert job.said().count(": start on n1") == 2
