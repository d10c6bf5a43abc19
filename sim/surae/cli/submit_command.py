"""What `surae submit` does: check study and site, write the batch script, hand it to sbatch."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from surae._errors import UnusableInput
from surae.cli.exit_status import ExitStatus
from surae.cli.study_folder import folder_of
from surae.files.batch_script import Job, batch_script
from surae.files.site_file import Site, read_site

JOB_FOLDER = "job"
_SBATCH = "sbatch"
_PATIENCE = 120.0  # s; a controller under load answers slowly


def submit(arguments: argparse.Namespace) -> int:
    """Write the script of a study's sweep and submit it; the exit status."""
    from surae._runtime import use_one_thread

    use_one_thread()
    site = read_site(arguments.site)
    job, cases = _job(arguments, site)
    text = batch_script(job, site)
    ranks = site.nodes * site.ranks_per_node * site.array_size
    if ranks > cases:
        print(f"note: {ranks} ranks for {cases} cases; the others have no work.", file=sys.stderr)
    if arguments.dry_run:
        _say(arguments.json, job, None, text)
        return ExitStatus.SOLVED
    if site.venv is not None and not (job.programs / "surae").exists():
        raise UnusableInput(
            f"{site.path}: venv {site.venv} has no bin/surae; install surae there, or leave venv "
            "away to use the environment that submits."
        )
    _write(job, text)
    _say(arguments.json, job, _submit(job), text)
    return ExitStatus.SOLVED


def scheduler() -> str:
    """Slurm's version on this machine, or that there is none; a line for `surae doctor`."""
    if shutil.which(_SBATCH) is None:
        return "no sbatch; 'surae submit' needs Slurm"
    try:
        done = _run([_SBATCH, "--version"])
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"sbatch does not answer ({error})"
    return done.stdout.strip() if done.returncode == 0 else f"sbatch: {_complaint(done)}"


def _job(arguments: argparse.Namespace, site: Site) -> tuple[Job, int]:
    """The job, and how many cases it has."""
    from surae.files.study_file import read_study
    from surae.study.plan import plan_of

    study = read_study(arguments.study)
    plan = plan_of(study)
    # Not resolve(): where homes are mounted on demand, the resolved path is that of one machine.
    out = os.path.abspath(folder_of(plan, arguments.out))
    programs = site.venv / "bin" if site.venv else Path(sys.executable).parent
    job = Job(
        name=study.name,
        study=Path(os.path.abspath(study.path)),
        out=Path(out),
        folder=Path(out, JOB_FOLDER),
        programs=Path(os.path.abspath(programs)),
    )
    return job, plan.n


def _write(job: Job, text: str) -> None:
    try:
        job.folder.mkdir(parents=True, exist_ok=True)
        job.script.write_bytes(os.fsencode(text))
        # What an earlier job noted of its progress is not to end this one.
        for notes in job.folder.glob("starts*"):
            notes.unlink()
    except OSError as error:
        raise UnusableInput(
            f"{job.script} cannot be written ({error.strerror}); make room, or give another --out."
        ) from None


def _submit(job: Job) -> str:
    """Slurm's number of the job."""
    # Called in the folder of script and logs, for there Slurm writes them.
    by_hand = f"cd {shlex.quote(str(job.folder))} && sbatch {job.script.name}"
    if shutil.which(_SBATCH) is None:
        raise UnusableInput(
            f"there is no sbatch on this machine; the script is kept in {job.script}: on a machine "
            f"that has Slurm, '{by_hand}'."
        )
    try:
        done = _run([_SBATCH, "--parsable", job.script.name], job.folder)
    except subprocess.TimeoutExpired:
        raise UnusableInput(
            f"sbatch gave no answer in {_PATIENCE:g} s; see with 'squeue --me' whether the job is "
            f"there; the script is kept: '{by_hand}'."
        ) from None
    if done.returncode != 0:
        raise UnusableInput(
            f"Slurm refused the job: {_complaint(done)}; correct the site file and submit again; "
            f"the script is kept in {job.script}."
        )
    return done.stdout.strip().split(";")[0]


def _run(words: list[str], folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words,
        cwd=folder,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=_PATIENCE,
        check=False,
    )


def _complaint(done: subprocess.CompletedProcess[str]) -> str:
    """What sbatch said, its own name left away."""
    lines = [line.split("error: ", 1)[-1].strip() for line in done.stderr.splitlines()]
    said = "; ".join(line.rstrip(".") for line in lines if line)
    return said or f"sbatch ended with status {done.returncode}"


def _say(machine: bool, job: Job, number: str | None, text: str) -> None:
    if machine:
        summary = {"job": number, "script": str(job.script), "out": str(job.out)}
        print(json.dumps(summary if number else {**summary, "text": text}, indent=2))
    elif number is None:
        print(text, end="")
    else:
        print(f"job {number}: the sweep of {job.name}, into {job.out}")
        print(f"script and logs: {job.folder}")
        print(f"follow it with:  surae status {shlex.quote(str(job.out))}")
