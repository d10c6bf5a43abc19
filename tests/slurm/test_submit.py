"""`surae submit`: checks first, keeps the script, passes on what Slurm says."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from surae.cli.main import main
from surae.cli.submit_command import scheduler

ACCEPTS = "echo '4711;other'"
REFUSES = """\
echo "sbatch: error: invalid partition specified: mian" >&2
echo "sbatch: error: Batch job submission failed: Invalid partition name specified" >&2
exit 1"""


class Said(NamedTuple):
    status: int
    out: str
    err: str


@pytest.fixture
def submit(place, capfd, monkeypatch) -> Callable[..., Said]:
    monkeypatch.chdir(place.folder)

    def call(*words: object) -> Said:
        status = main(["submit", *(str(word) for word in words)])
        return Said(status, *capfd.readouterr())

    return call


@pytest.fixture
def sbatch(tmp_path, monkeypatch) -> Callable[[str], Path]:
    """Make this the only `sbatch` there is; the file in which it notes how it was called."""

    def install(text: str) -> Path:
        programs, note = tmp_path / "programs", tmp_path / "note"
        programs.mkdir()
        program = programs / "sbatch"
        program.write_text(f'#!/bin/bash\necho "$PWD $*" >{shlex.quote(str(note))}\n{text}\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(programs))
        return note

    return install


@pytest.fixture
def no_sbatch(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


def test_it_hands_a_kept_script_to_slurm(place, submit, sbatch):
    note = sbatch(ACCEPTS)
    said = submit("study.toml", "--site", place.site(), "--out", "a/b")
    assert said.status == 0, said.err
    assert said.out.startswith("job 4711: ")
    job_folder = place.folder / "a" / "b" / "job"
    assert note.read_text() == f"{job_folder} --parsable planar_gluteus_maximus.sbatch\n"
    lines = (job_folder / "planar_gluteus_maximus.sbatch").read_text().splitlines()
    assert "#SBATCH --signal=B:USR1@150" in lines


def test_a_job_submitted_again_begins_anew(place, submit, sbatch):
    """Its predecessor may have given up for lack of progress; now somebody has seen to it."""
    sbatch(ACCEPTS)
    job_folder = place.out / "job"
    job_folder.mkdir(parents=True)
    for name in ("starts", "starts_3", "planar_gluteus_maximus_1.log"):
        (job_folder / name).touch()
    assert submit(place.study, "--site", place.site(), "--out", place.out).status == 0
    kept = sorted(path.name for path in job_folder.iterdir())
    assert kept == ["planar_gluteus_maximus.sbatch", "planar_gluteus_maximus_1.log"]


def test_the_summary_for_programs(place, submit, sbatch):
    sbatch(ACCEPTS)
    said = submit(place.study, "--site", place.site(), "--json")
    summary = json.loads(said.out)
    assert summary["job"] == "4711"
    assert Path(summary["script"]).is_file()
    assert summary["out"] == str(place.folder / "results" / "planar_gluteus_maximus")


@pytest.mark.usefixtures("no_sbatch")
def test_a_dry_run_prints_the_script_and_writes_nothing(place, submit):
    site = place.site()
    before = sorted(place.folder.rglob("*"))
    said = submit(place.study, "--site", site, "--dry-run")
    assert said.status == 0, said.err
    assert said.out.startswith("#!/bin/bash\n")
    assert sorted(place.folder.rglob("*")) == before


@pytest.mark.parametrize(
    ("template", "sweep"),
    [
        ("example", 'srun --mpi=pmi2 --wait=20 "$surae" sweep "$study" --out "$out";'),
        ("openmpi", 'mpirun -n "$SLURM_NTASKS" "$surae" sweep "$study" --out "$out";'),
        ("array", '"$surae" sweep "$study" --out "$out" --join;'),
    ],
)
def test_the_templates_make_scripts(submit, template, sweep):
    site = Path(__file__).resolve().parents[2] / "slurm" / f"{template}.toml"
    said = submit("planar_gluteus_maximus", "--site", site, "--dry-run")
    assert said.status == 0, said.err
    assert f"run_sweep() {{ exec {sweep} }}" in said.out
    shell = ["/bin/bash", "-n"]
    checked = subprocess.run(shell, input=said.out, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.usefixtures("no_sbatch")
def test_without_slurm_the_script_is_kept(place, submit):
    said = submit(place.study, "--site", place.site(), "--out", place.out)
    assert said.status == 2
    assert len(said.err.splitlines()) == 1
    assert "no sbatch" in said.err
    assert (place.out / "job" / "planar_gluteus_maximus.sbatch").is_file()


def test_a_refusal_of_slurm_is_passed_on_in_one_line(place, submit, sbatch):
    sbatch(REFUSES)
    said = submit(place.study, "--site", place.site(), "--out", place.out)
    assert said.status == 2
    assert len(said.err.splitlines()) == 1
    assert "invalid partition specified: mian" in said.err
    script = place.out / "job" / "planar_gluteus_maximus.sbatch"
    assert str(script) in said.err
    assert script.is_file()


@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        (lambda place: place.study.write_text("[study]\n"), "study.toml"),
        (lambda place: (place.folder / "site.toml").write_text("[slrum]\n"), "'slurm'"),
        (lambda place: (place.folder / "site.toml").unlink(), "site.toml"),
        (lambda place: (place.folder / "venv" / "bin" / "surae").unlink(), "no bin/surae"),
        (lambda place: (place.folder / "results").write_text("a file"), "not a folder"),
    ],
)
def test_nothing_is_written_where_something_is_wrong(place, submit, sbatch, break_it, says):
    note = sbatch(ACCEPTS)
    site = place.site()
    break_it(place)
    before = sorted(place.folder.rglob("*"))
    said = submit(place.study, "--site", site)
    assert said.status == 2
    assert len(said.err.splitlines()) == 1
    assert says in said.err
    assert sorted(place.folder.rglob("*")) == before
    assert not note.exists()


def test_the_folder_of_another_study_is_refused(place, submit, sbatch):
    from surae.files.study_record import read_plan_of, record_of
    from surae.study.store.plan_file import write_plan

    note = sbatch(ACCEPTS)
    place.out.mkdir(parents=True)
    write_plan(place.out, record_of(read_plan_of(place.study)))
    place.study.write_text(place.study.read_text().replace('"planar_gluteus_maximus"', '"another"'))
    said = submit(place.study, "--site", place.site(), "--out", place.out)
    assert said.status == 2
    assert "'planar_gluteus_maximus', not 'another'" in said.err
    assert not note.exists()


def test_ranks_without_work_are_pointed_out(place, submit):
    site = place.site("nodes = 2\nranks_per_node = 48")
    said = submit(place.study, "--site", site, "--dry-run")
    assert said.status == 0
    assert "96 ranks for 3 cases" in said.err


@pytest.mark.usefixtures("no_sbatch")
def test_the_doctor_misses_slurm():
    assert scheduler().startswith("no sbatch")


def test_the_doctor_finds_slurm(sbatch):
    sbatch("echo 'slurm-wlm 22.05.8'")
    assert scheduler() == "slurm-wlm 22.05.8"
