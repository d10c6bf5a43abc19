"""The batch script in a plain shell: stand-ins for the sweep and for Slurm's commands."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from surae.files.batch_script import Job, batch_script
from surae.files.site_file import read_site

pytestmark = pytest.mark.skipif(not Path("/bin/bash").exists(), reason="no bash here")

JOB = "7"
LAUNCHER = '#!/bin/bash\nwhile [[ $1 == -* ]]; do shift; done\nexec "$@"\n'


@pytest.fixture
def running(place) -> Iterator[Callable[..., Running]]:
    """Start a script; what still runs at the end of the test is killed."""
    started = []

    def start(slurm: str = "", mpi: str = "", **variables: object) -> Running:
        started.append(Running(place, slurm, mpi, variables))
        return started[-1]

    yield start
    for run in started:
        run.kill()


class Running:
    """A batch script under way, with all it says and asks of Slurm."""

    def __init__(self, place: Any, slurm: str, mpi: str, variables: dict[str, object]) -> None:
        self.out, self.job_folder = place.out, place.out / "job"
        self.job_folder.mkdir(parents=True, exist_ok=True)
        programs = place.folder / "venv" / "bin"
        self.asked_file = place.folder / "asked"
        ask = f'#!/bin/bash\necho "${{0##*/}} $*" >> {shlex.quote(str(self.asked_file))}\n'
        for name, text in {"srun": LAUNCHER, "scontrol": ask, "sbatch": ask}.items():
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)
        job = Job("study", place.study, self.out, self.job_folder, programs)
        job.script.write_text(batch_script(job, read_site(place.site(slurm, mpi, **variables))))
        slurms = {"SLURM_JOB_ID": JOB, "SLURM_JOB_NODELIST": "n1", "SLURM_NTASKS": "1"}
        array = {"SLURM_ARRAY_JOB_ID": "5", "SLURM_ARRAY_TASK_ID": "2"}
        self.log = self.job_folder / "log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                ["/bin/bash", str(job.script)],
                cwd=self.job_folder,
                env={**os.environ, **slurms, **array},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def end(self) -> int:
        """Its exit status."""
        return self.process.wait(30)

    def said(self) -> str:
        return self.log.read_text()

    def asked(self) -> list[str]:
        """Calls of scontrol and sbatch."""
        return self.asked_file.read_text().splitlines() if self.asked_file.exists() else []

    def left(self) -> int:
        path = self.out / "left"
        return int(path.read_text() or -1) if path.exists() else -1

    def sweeps(self) -> int:
        """How often a sweep was started in this folder."""
        words = self.out / "words"
        return len(words.read_text().splitlines()) if words.exists() else 0

    def kill(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def test_a_sweep_that_is_through_ends_the_job(running):
    run = running()
    assert run.end() == 0, run.said()
    assert run.left() == 0
    assert run.asked() == []


def test_failed_cases_do_not_make_it_try_again(running):
    run = running(FAILS=3)
    assert run.end() == 3
    assert run.asked() == []


def test_unusable_input_ends_the_job(running):
    run = running(FAILS=2)
    assert run.end() == 2
    assert run.asked() == []


def test_before_the_time_limit_it_stops_and_requeues(running, wait_for):
    run = running(CASES=100, PACE=0.1)
    wait_for(lambda: 0 <= run.left() < 98, "a finished case")
    os.kill(run.process.pid, signal.SIGUSR1)
    assert run.end() == 0, run.said()
    assert run.asked() == [f"scontrol requeue {JOB}"]
    assert 0 < run.left() < 98


@pytest.mark.parametrize(
    ("slurm", "mpi", "asked"),
    [
        ('when_time_is_up = "resubmit"', "", ["sbatch {script}"]),
        ('when_time_is_up = "no"', "", []),
        ("", 'launcher = "none"\narray_size = 3', ["scontrol requeue 5_2"]),
        ('when_time_is_up = "resubmit"', 'launcher = "none"', ["sbatch --array=2 {script}"]),
    ],
)
def test_it_continues_as_the_site_wants_it(running, wait_for, slurm, mpi, asked):
    run = running(slurm, mpi, CASES=100, PACE=0.1)
    wait_for(lambda: 0 <= run.left() < 100, "a finished case")
    os.kill(run.process.pid, signal.SIGUSR1)
    assert run.end() == (0 if asked else 130), run.said()
    assert run.asked() == [line.format(script=run.job_folder / "study.sbatch") for line in asked]
    assert f"{run.left()} cases left" in run.said()


def test_only_its_own_task_of_an_array_is_stopped(running, wait_for):
    """The tasks share a folder: a stop file would stop the others, too."""
    run = running("", 'launcher = "none"', CASES=100, PACE=0.1)
    wait_for(lambda: 0 <= run.left() < 100, "a finished case")
    os.kill(run.process.pid, signal.SIGUSR1)
    assert run.end() == 0
    assert not (run.out / "stop").exists()
    assert (run.out / "words").read_text().strip().endswith("--join")


def test_what_does_not_stop_is_ended_in_time(running, wait_for):
    """Warned 10 s before the limit, a sweep gets 5 of them."""
    run = running("signal_before_s = 10", CASES=3, PACE=60, DEAF="yes")
    wait_for(lambda: run.left() == 3, "the sweep")
    (run.out / "left").write_text("2")
    os.kill(run.process.pid, signal.SIGUSR1)
    assert run.end() == 0, run.said()
    assert "status 143, 2 cases left" in run.said()
    assert run.asked() == [f"scontrol requeue {JOB}"]


def test_a_killed_rank_is_no_reason_to_wait_in_the_queue(running):
    run = running(CASES=6, DIES_AT=3)
    assert run.end() == 0, run.said()
    assert "status 137, 3 cases left" in run.said()
    assert run.asked() == []
    assert run.left() == 0


def test_without_progress_it_gives_up(running, place):
    place.out.mkdir(parents=True)
    (place.out / "left").write_text("5")
    run = running(FAILS=1)
    assert run.end() == 3
    assert run.asked() == []
    assert run.sweeps() == 3
    assert "given up" in run.said()


def test_a_time_limit_without_a_finished_case_is_too_short(running, place, wait_for):
    place.out.mkdir(parents=True)
    (place.out / "left").write_text("5")
    run = running("signal_before_s = 10", PACE=60, DEAF="yes")
    wait_for(lambda: run.sweeps() == 1, "the sweep")
    os.kill(run.process.pid, signal.SIGUSR1)
    assert run.end() == 3
    assert run.asked() == []
    assert "longer time_limit" in run.said()


def test_a_failure_by_chance_is_no_end(running, place):
    """Such as MPI that does not come up, before there is anything to count."""
    run = running(CASES=3, DIES_AT=3)
    assert run.end() == 0
    assert run.sweeps() == 2
    assert run.left() == 0


def test_a_study_that_has_grown_is_no_lack_of_progress(running, place, wait_for):
    place.out.mkdir(parents=True)
    (place.out / "left").write_text("0")
    run = running(CASES=100, PACE=0.1, GROWS="yes")
    wait_for(lambda: 0 < run.left() < 100, "a finished case")
    os.kill(run.process.pid, signal.SIGUSR1)
    assert run.end() == 0, run.said()
    assert run.asked() == [f"scontrol requeue {JOB}"]


def test_lost_nodes_do_not_make_it_loop(running, place, wait_for):
    """Slurm starts the job of a lost node again, as the same job, as often as nodes are lost."""
    place.out.mkdir(parents=True)
    (place.out / "left").write_text("5")
    for number in (1, 2, 3):
        run = running(PACE=60)
        wait_for(lambda run=run, number=number: run.sweeps() == number, "the sweep")
        run.kill()
    run = running(PACE=60)
    assert run.end() == 3
    assert "given up" in run.said()
    assert run.sweeps() == 3


def test_a_stop_asked_for_by_hand_is_kept(running, wait_for):
    run = running(CASES=100, PACE=0.1)
    wait_for(lambda: 0 <= run.left() < 100, "a finished case")
    (run.out / "stop").touch()
    assert run.end() == 130
    assert run.asked() == []


def test_a_cancelled_job_stops_and_stays_stopped(running, wait_for):
    run = running(CASES=100, PACE=0.1)
    wait_for(lambda: 0 <= run.left() < 100, "a finished case")
    os.kill(run.process.pid, signal.SIGTERM)
    wait_for(lambda: "the sweep ended with status 130" in run.said(), "the end of the sweep")
    assert run.process.poll() is None  # left to Slurm, which requeues a preempted job only then
    assert run.asked() == []


def test_a_missing_program_is_named(running, place):
    (place.folder / "venv" / "bin" / "surae").write_text("#!/bin/bash\nexit 1\n")
    run = running()
    assert run.end() == 2
    assert "no surae that works in" in run.said()
