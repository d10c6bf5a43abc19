"""A sweep goes from parent to child, resumes where it stopped, and says what could not be had."""

from __future__ import annotations

import json
import mmap
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import xarray

import surae as package
from surae._errors import UnusableInput
from surae.nlp.report import Status

CASES = ["healthy", "gluteus_maximus_80", "gluteus_maximus_60"]


def study_text() -> str:
    from surae.files.library import library_path

    return (library_path() / "experiments" / "planar_gluteus_maximus" / "study.toml").read_text()


def starts(solver) -> list[str | None]:
    return [
        None if guess is None else getattr(guess, "attributes", {}).get("case_name", "a step")
        for _, guess, *_ in solver.asked
    ]


def stored(folder: str = "d") -> list[str]:
    return sorted(path.name.split(".")[0] for path in Path(folder, "cases").glob("*.h5"))


def test_every_case_starts_from_its_parent(surae, solver):
    said = surae("sweep", "planar_gluteus_maximus", "--out", "d")
    assert said.status == 0, said.err
    assert starts(solver) == [None, "healthy", "gluteus_maximus_80"]
    assert stored() == sorted(CASES)
    assert "Achilles peak force" in said.out and "surae report d" in said.out
    assert "[3/3] gluteus_maximus_60: solved" in said.err


def test_the_same_command_resumes(surae, solver):
    surae("sweep", "planar_gluteus_maximus", "--out", "d")
    next(Path("d/cases").glob("gluteus_maximus_80*")).unlink()
    solver.asked.clear()
    second = surae("sweep", "planar_gluteus_maximus", "--out", "d")
    assert second.status == 0 and "2 of 3 cases are done, 1 are left" in second.err
    assert [case.changes[0].value for case, *_ in solver.asked] == [0.8]
    third = surae("sweep", "planar_gluteus_maximus", "--out", "d", "--json")
    assert len(solver.asked) == 1
    summary = json.loads(third.out)
    assert (summary["total"], summary["solved"], summary["left"]) == (3, 3, 0)
    assert list(summary["cases"]) == CASES
    assert {case["status"] for case in summary["cases"].values()} == {"solved"}


def test_an_edited_study_runs_its_changed_cases_only(surae, solver):
    Path("s.toml").write_text(study_text())
    surae("sweep", "s.toml", "--out", "d")
    Path("s.toml").write_text(study_text().replace("= 0.6 }", "= 0.5 }"))
    solver.asked.clear()
    said = surae("sweep", "s.toml", "--out", "d")
    assert [case.changes[0].value for case, *_ in solver.asked] == [0.5]
    assert "1 results are of an earlier form of this study" in said.err
    assert len(stored()) == 4, "the old result stays"
    status = surae("status", "d")
    assert "3 of 3 solved" in status.out and "kept and not counted: 1" in status.out


def test_a_case_that_fails_climbs_the_ladder_and_is_recorded(surae, solver):
    # From the parent in 1 step, then in 2, 4 and 8 whose first steps fail, from the cold guess.
    solver.ends = [Status.SOLVED] + [Status.INFEASIBLE] * 5 + [Status.SOLVED]
    said = surae("sweep", "planar_gluteus_maximus", "--out", "d")
    assert said.status == 3
    assert "surae: gluteus_maximus_80: from healthy" in said.err
    assert "from cold guess" in said.err
    assert starts(solver) == [None, *["healthy"] * 4, None, "healthy"], "the child finds another"
    status = surae("status", "d")
    assert "2 of 3 solved, 1 failed" in status.out and "failed: gluteus_maximus_80" in status.out
    solver.asked.clear()
    again = surae("sweep", "planar_gluteus_maximus", "--out", "d")
    assert again.status == 3 and not solver.asked, "a failure is final"
    again = surae("sweep", "planar_gluteus_maximus", "--out", "d", "--retry-failed")
    assert again.status == 0 and len(solver.asked) == 1


def test_smaller_steps_end_on_the_case_itself(surae, solver):
    solver.ends = [Status.SOLVED, Status.INFEASIBLE]
    assert surae("sweep", "planar_gluteus_maximus", "--out", "d").status == 0
    assert [case.changes[0].value for case, *_ in solver.asked[1:4]] == [0.8, 0.9, 0.8]
    case = package.open_case("d", "gluteus_maximus_80")
    assert case.attributes["start"] == "healthy in 2 steps"


def test_results_have_the_studys_axes(surae, solver):
    surae("sweep", "planar_gluteus_maximus", "--out", "d")
    for data in (
        package.open_study("d"),
        package.open_study("d/results.h5"),
        xarray.open_dataset("d/results.h5", engine="h5netcdf"),
    ):
        assert data["achilles_peak_force"].dims == ("scenario", "side")
        assert list(data["scenario"].values) == CASES
        assert (data["status"] == "solved").all()
        assert data["achilles_peak_force"].attrs["unit"] == "BW"
        change = data["achilles_peak_force_change"]
        assert not change.sel(scenario="healthy").any() and not change.isnull().any()


def test_every_result_tells_where_it_comes_from(surae, solver):
    surae("sweep", "planar_gluteus_maximus", "--out", "d")
    facts = package.open_case("d", "gluteus_maximus_60").attributes
    assert facts["parent"] == facts["start"] == "gluteus_maximus_80"
    assert facts["study"] == "planar_gluteus_maximus" and facts["branch"] == "followed"
    for name in ("input", "git_commit", "packages", "host", "threads", "surae_version"):
        assert name in facts
    with pytest.raises(UnusableInput, match="did you mean 'gluteus_maximus_60'"):
        package.open_case("d", "gluteus_maximus_6")


def test_another_studys_folder_is_refused(surae, solver):
    surae("sweep", "planar_gluteus_maximus", "--out", "d")
    Path("s.toml").write_text(study_text().replace('"planar_gluteus_maximus"', '"mine"'))
    said = surae("sweep", "s.toml", "--out", "d")
    assert said.status == 2 and "holds the study 'planar_gluteus_maximus', not 'mine'" in said.err
    assert said.err.count("\n") == 1 and len(solver.asked) == 3


def test_a_damaged_case_is_named_and_solved_again(surae, solver):
    surae("sweep", "planar_gluteus_maximus", "--out", "d")
    victim = next(Path("d/cases").glob("gluteus_maximus_60*"))
    victim.write_bytes(victim.read_bytes()[:5000])
    status = surae("status", "d")
    assert "damaged, will be solved again" in status.out and victim.name in status.out
    said = surae("sweep", "planar_gluteus_maximus", "--out", "d")
    assert (
        said.status == 0
        and f"set aside, its cases are solved again: {victim.resolve()}" in said.err
    )
    assert len(solver.asked) == 4


def test_damage_found_only_when_it_is_needed_is_mended(surae, solver, monkeypatch):
    import h5py

    from surae import sweep_case
    from surae.study.store import shelf

    surae("sweep", "planar_gluteus_maximus", "--out", "d")
    next(Path("d/cases").glob("gluteus_maximus_60*")).unlink()
    victim = next(Path("d/cases").glob("gluteus_maximus_80*"))
    content = bytearray(victim.read_bytes())
    with h5py.File(victim) as file:
        place = file["solver/unknowns"].id.get_chunk_info(0).byte_offset
    content[place + 100] ^= 1
    victim.write_bytes(content)
    # As if it had been damaged after the sweep had begun, and in a process that never read it.
    sweep_case._start.cache_clear()
    verifying = shelf._read_loose
    monkeypatch.setattr(
        shelf, "_read_loose", lambda path, metrics, _: verifying(path, metrics, False)
    )
    said = surae("sweep", "planar_gluteus_maximus", "--out", "d")
    assert said.status == 0 and "start set aside" in said.err
    assert starts(solver)[3:] == ["healthy", "gluteus_maximus_80"]


def test_a_healthy_case_of_another_speed_starts_from_its_own_baseline(surae, solver, monkeypatch):
    from surae import sweep_case

    study = study_text() + '\n[[axis]]\ntask = "speed_m_s"\nvalues = [4.0, 5.0]\n'
    Path("s.toml").write_text(study)
    monkeypatch.setattr(sweep_case, "has_baseline", lambda case: not case.changes)
    assert surae("sweep", "s.toml", "--out", "d").status == 0
    guesses = {(c.speed, bool(c.changes)): guess for c, guess, *_ in solver.asked}
    assert guesses[4.0, False] is None and guesses[5.0, False] is None
    assert guesses[5.0, True] is not None


def test_collect_gathers_what_is_there(surae, solver):
    surae("sweep", "planar_gluteus_maximus", "--out", "d")
    Path("d/results.h5").unlink()
    assert surae("collect", "d").status == 0
    assert surae("collect", "d", "--out", "mine.h5").status == 0
    assert Path("d/results.h5").read_bytes() == Path("mine.h5").read_bytes()


def test_status_counts_what_is_left(surae, solver):
    surae("sweep", "planar_gluteus_maximus", "--out", "d")
    assert surae("status", "d", "--left").out == "0\n"
    next(Path("d/cases").glob("healthy*")).unlink()
    assert surae("status", "d", "--left").out == "1\n"
    told = json.loads(surae("status", "d", "--json").out)
    assert (told["total"], told["solved"], told["left"], told["failed"]) == (3, 2, 1, {})


def test_a_dry_run_writes_nothing(surae, solver):
    said = surae("sweep", "planar_gluteus_maximus", "--dry-run")
    assert said.status == 0, said.err
    assert "3 cases" in said.out and "depth 2" in said.out and "core-hours" in said.out
    assert not list(Path().iterdir())


def test_sweeps_can_share_a_folder(surae, solver):
    from surae.study.claims import Claims

    claims = Claims(Path("d").resolve())
    said = surae("sweep", "planar_gluteus_maximus", "--out", "d", "--join")
    assert said.status == 0 and len(solver.asked) == 3
    assert not list(Path("d/claims").iterdir()), "claims are given back"
    claims.close()
    assert (
        surae("sweep", "planar_gluteus_maximus", "--out", "d", "--join", "--ranks", 2).status == 2
    )


def test_ctrl_c_lets_the_running_case_finish(surae, solver, monkeypatch):
    from surae import sweep_case

    def pressed(*words):
        if len(solver.asked) == 1:
            os.kill(os.getpid(), signal.SIGINT)
        return solver(*words)

    monkeypatch.setattr(sweep_case, "solve_case", pressed)
    before = signal.getsignal(signal.SIGINT)
    said = surae("sweep", "planar_gluteus_maximus", "--out", "d")
    assert said.status == 130 and "stopping: running cases finish" in said.err
    assert "1 cases are left; the same command continues" in said.err
    assert stored() == ["gluteus_maximus_80", "healthy"]
    assert signal.getsignal(signal.SIGINT) is before
    assert surae("sweep", "planar_gluteus_maximus", "--out", "d").status == 0
    assert len(solver.asked) == 3


def test_a_batch_log_gets_the_table_once(surae, solver, monkeypatch):
    from surae import sweep_case

    def pressed(*words):
        if len(solver.asked) == 1:
            os.kill(os.getpid(), signal.SIGUSR1)
        return solver(*words)

    monkeypatch.setenv("SLURM_JOB_ID", "7")
    monkeypatch.setattr(sweep_case, "solve_case", pressed)
    said = surae("sweep", "planar_gluteus_maximus", "--out", "d")
    assert said.status == 130 and "Achilles" not in said.out
    assert "2 of 3 cases solved" in said.out
    said = surae("sweep", "planar_gluteus_maximus", "--out", "d")
    assert said.status == 0 and "Achilles" in said.out


def test_shared_memory_of_killed_ranks_is_given_back(tmp_path):
    from surae.cli.launch import remove_segments

    left, used, new, other = (
        tmp_path / name for name in ("mpich_shm_1", "mpich_shm_2", "mpich_shm_3", "sem.mp-1")
    )
    for path in (left, used, new, other):
        path.write_bytes(bytes(4096))
        if path is not new:
            long_ago = time.time() - 3600.0
            os.utime(path, (long_ago, long_ago))
    with used.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ):
        remove_segments(tmp_path)
        assert [path.exists() for path in (left, used, new, other)] == [False, True, True, True]
    remove_segments(tmp_path)
    assert not used.exists()


def test_a_full_disk_is_one_line_and_nothing_is_lost(surae, solver, monkeypatch):
    from surae.study.store import hdf5

    writing = hdf5.to_disk

    def full(path: Path) -> None:
        if ".gluteus_maximus_60" in path.name:
            raise OSError(28, "No space left on device")
        writing(path)

    monkeypatch.setattr(hdf5, "to_disk", full)
    said = surae("sweep", "planar_gluteus_maximus", "--out", "d", "--quiet")
    assert said.status == 2 and "No space left on device" in said.err
    assert said.err.count("\n") == 1 and "Traceback" not in said.err
    assert stored() == ["gluteus_maximus_80", "healthy"]
    monkeypatch.setattr(hdf5, "to_disk", writing)
    assert surae("sweep", "planar_gluteus_maximus", "--out", "d").status == 0
    assert len(solver.asked) == 4


def test_a_case_that_cannot_be_tried_is_recorded_with_its_reason(surae, solver, monkeypatch):
    from surae import sweep_case

    def refusing(case, *words):
        if case.changes and case.changes[0].value == 0.6:
            raise UnusableInput("no tendon curve has that stiffness.")
        return solver(case, *words)

    monkeypatch.setattr(sweep_case, "solve_case", refusing)
    said = surae("sweep", "planar_gluteus_maximus", "--out", "d")
    assert said.status == 3 and "gluteus_maximus_60: no tendon curve" in said.err
    data = package.open_study("d")
    assert data["status"].sel(scenario="gluteus_maximus_60") == "refused"
    assert data["achilles_peak_force"].sel(scenario="gluteus_maximus_60").isnull().all()
    report = surae("report", "d")
    assert report.status == 0, report.err
    page = Path("d/report.html").read_text()
    failures = page.split('<section id="failures"')[1].split("</section>")[0]
    assert "gluteus maximus 60 %" in failures and "no tendon curve has that stiffness" in failures
    assert "1 of 3 cases have no answer" in page


def test_axes_are_dimensions(surae, solver):
    axis = '[[axis]]\nset = "achilles.stiffness_N_mm"\nvalues = [400, 430]\n'
    Path("s.toml").write_text(study_text() + axis)
    assert surae("sweep", "s.toml", "--out", "d").status == 0
    data = package.open_study("d")
    assert dict(data.sizes)["scenario"] == 3 and dict(data.sizes)["achilles_stiffness_N_mm"] == 2
    assert (data["status"] == "solved").all()
    assert len(solver.asked) == 7, "the base, whose stiffness is on no axis, is a case, too"
    assert list(package.open_study("d", partners=True)["case"].values) == ["healthy"]
    healthy = data["healthy"].sel(achilles_stiffness_N_mm=400)
    assert len(set(healthy.values)) == 1, "each stiffness has a healthy partner of its own"


@pytest.mark.slow
def test_two_ranks_give_the_same_bytes_as_one(tmp_path):
    """The whole command, with real strides on a coarse mesh; the first run compiles, too."""
    text = study_text().replace('symmetry = "half"', 'intervals = 8\nscheme = "backward_euler"')
    (tmp_path / "s.toml").write_text(text)
    environment = {**os.environ, "SURAE_CACHE": str(tmp_path / "cache")}
    environment.pop("JAX_COMPILATION_CACHE_DIR", None)
    for folder, ranks in (("one", 1), ("two", 2)):
        words = ["sweep", "s.toml", "--out", folder, "--ranks", str(ranks)]
        done = subprocess.run(
            [sys.executable, "-m", "surae", *words],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "Achilles peak force" in done.stdout
    one, two = (tmp_path / folder / "results.h5" for folder in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
