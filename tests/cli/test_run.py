"""What `surae run` promises to scripts: places, statuses, one summary, the branch that is kept."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from surae.files.results import open_result
from surae.nlp.report import Status

HALTED = {
    Status.ITERATION_LIMIT: 3,
    Status.TIME_LIMIT: 3,
    Status.INFEASIBLE: 3,
    Status.FAILED: 3,
    Status.ACCEPTABLE: 3,
    Status.INTERRUPTED: 130,
}


def test_healthy_run_writes_one_file_and_a_short_table(surae, solver, tmp_path):
    said = surae("run", "--out", "h.h5", "--quiet")
    assert said.status == 0 and said.err == ""
    assert "planar, 4 m/s, calibrated: solved" in said.out
    assert "Achilles peak force" in said.out and "highest activation" in said.out
    assert len(said.out.splitlines()) < 20
    assert [path.name for path in tmp_path.rglob("*")] == ["h.h5"]
    assert open_result("h.h5").gait.status == "solved"


def test_flags_reach_the_case(surae, solver):
    said = surae(
        "run",
        "--speed",
        3.5,
        "--mode",
        "predict",
        "--set",
        "achilles.stiffness_N_mm=300",
        "--cadence",
        3.2,
        "--scheme",
        "radau3",
        "--intervals",
        12,
        "--cost",
        "effort=2",
        "--symmetry",
        "full",
        "--max-iterations",
        9,
        "--max-time",
        60,
        "--out",
        "r.h5",
    )
    assert said.status == 0, said.err
    [(case, guess, iterations, seconds)] = solver.asked
    assert (case.speed, case.mode, case.scheme, case.intervals) == (3.5, "predict", "radau3", 12)
    assert case.symmetry == "full" and math.isclose(case.stride_time, 2.0 / 3.2)
    assert case.costs.effort == 2.0 and guess is None
    assert [(c.kind, c.of, c.value) for c in case.changes] == [
        ("set", "achilles.stiffness_N_mm", 300.0)
    ]
    assert (iterations, seconds) == (9, 60.0)


def test_without_a_name_the_result_goes_where_its_key_says(surae, solver):
    said = surae("run", "--quiet")
    [path] = Path("results").glob("*.h5")
    key = open_result(path).attributes["case_key"]
    assert path.name == f"run_{key[:10]}.h5" and str(path) in said.out


def test_json_is_all_there_is_on_stdout(surae, solver):
    said = surae("run", "--json", "--out", "h.h5")
    summary = json.loads(said.out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert (summary["status"], summary["out"]) == ("solved", "h.h5")
    assert summary["metrics"]["step_frequency"]["unit"] == "Hz"
    assert len(summary["metrics"]["achilles_peak_force"]["value"]) == 2


@pytest.mark.parametrize("status", HALTED, ids=lambda status: status.name)
def test_what_did_not_converge_is_kept_and_explained(surae, solver, status):
    solver.solved = status
    said = surae("run", "--out", "h.h5", "--quiet")
    assert said.status == HALTED[status]
    assert open_result("h.h5").gait.status == status.value
    assert said.err.count("\n") == 1 and said.err.startswith("surae: ")
    for words in (status.value, "dynamics of pelvis_ty", "kept in h.h5", status.remedy):
        assert words in said.err


def test_saturated_muscles_are_named(surae, solver, unsolved):
    import dataclasses

    from surae._pytree import replace

    activation = unsolved.gait.activation.at[3, 8].set(0.99)
    gait = replace(unsolved.gait, activation=activation)
    solver.stride = dataclasses.replace(unsolved, gait=gait)
    solver.solved = Status.INFEASIBLE
    said = surae("run", "--out", "h.h5", "--quiet")
    assert f"{gait.runner.muscle_names[8]} (0.99)" in said.err


def test_a_what_if_starts_from_its_healthy_runner(surae, solver):
    said = surae("run", "--strength", "gluteus_maximus=0.7", "--out", "w.h5")
    assert said.status == 0, said.err
    (healthy, cold, *_), (weak, start, *_) = solver.asked
    assert healthy.changes == () and cold is None
    assert weak.changes[0].of == "gluteus_maximus" and start.case == healthy
    assert start.path.parent == Path("results")
    assert "difference" in said.out and "healthy" in said.out


def test_a_what_if_keeps_its_branch_and_its_noise_floor(surae, solver, monkeypatch):
    from surae.cli import noise
    from surae.cli.reporting import noise_of, reported_strides
    from surae.files.results import open_result
    from surae.study.noise import NoiseFloor

    surae("run", "--strength", "soleus=0.7", "--out", "w.h5")
    weak = open_result("w.h5")
    assert weak.attributes["branch"] == "followed" and noise_of([weak]) == {}
    assert reported_strides([weak])[0].branch == ("followed", 0.0)
    spread = {"achilles_peak_force": 0.02, "step_width": float("nan")}
    monkeypatch.setattr(noise, "noise_floor", lambda *words: NoiseFloor((), {}, spread))
    monkeypatch.setattr("surae.cli.outcome.noise_table", lambda floor: "")
    surae("run", "--strength", "soleus=0.7", "--noise-floor", "--out", "w.h5")
    assert noise_of([open_result("w.h5")]) == {"achilles_peak_force": 0.02}


def test_a_one_sided_what_if_is_compared_with_a_whole_healthy_stride(surae, solver):
    said = surae("run", "--strength", "soleus_r=0.7", "--out", "w.h5")
    assert said.status == 0, said.err
    assert [case.symmetry for case, *_ in solver.asked] == ["full", "full"]


def test_a_healthy_result_of_the_same_code_is_found_again(surae, solver, monkeypatch):
    from surae.study import provenance

    monkeypatch.setattr(provenance, "_commit_of_this_process", lambda: "abc")
    surae("run", "--strength", "soleus=0.9", "--out", "w1.h5")
    said = surae("run", "--strength", "soleus=0.8", "--out", "w2.h5")
    assert len(solver.asked) == 3 and "found in results" in said.err
    monkeypatch.setattr(provenance, "_commit_of_this_process", lambda: "def")
    surae("run", "--strength", "soleus=0.7", "--out", "w3.h5")
    assert len(solver.asked) == 5, "A result of other code is no baseline."


def test_a_healthy_runner_that_fails_ends_the_what_if(surae, solver):
    solver.solved = Status.INFEASIBLE
    said = surae("run", "--strength", "soleus=0.9", "--out", "w.h5", "--quiet")
    assert said.status == 3 and len(solver.asked) == 1
    assert not Path("w.h5").exists() and "kept in results" in said.err


def test_a_what_if_too_far_away_is_approached_in_steps(surae, solver):
    solver.ends = [Status.SOLVED, Status.INFEASIBLE, Status.SOLVED, Status.SOLVED]
    said = surae("run", "--strength", "soleus=0.6", "--out", "w.h5")
    assert said.status == 0 and "trying 2 steps" in said.err
    strengths = [case.changes[0].value for case, *_ in solver.asked if case.changes]
    assert strengths == pytest.approx([0.6, 0.8, 0.6])


@pytest.mark.parametrize("found", ["in two steps", "nowhere"])
def test_a_what_if_that_leaves_its_branch_is_approached_in_steps(surae, solver, monkeypatch, found):
    from surae import continuation
    from surae.gait.branch import Branch

    def branch_of(start, stride):
        whole = len(solver.asked) == 2  # healthy, and the what-if in one step
        left = found == "nowhere" or whole
        return Branch(not left, 0.5 if left else 0.01, 0.0, 0.0, None, "")

    monkeypatch.setattr(continuation, "branch_of", branch_of)
    said = surae("run", "--strength", "soleus=0.6", "--out", "w.h5")
    assert said.status == 0
    assert "not on the branch that it started from; trying 2 steps" in said.err
    assert ("compares two optima" in said.err) == (found == "nowhere")
    assert len(solver.asked) == (4 if found == "in two steps" else 2 + 2 + 4 + 8)


def test_a_given_guess_is_taken(surae, solver):
    surae("run", "--out", "h.h5")
    said = surae("run", "--strength", "soleus=0.6", "--guess", "h.h5", "--out", "w.h5")
    assert said.status == 0 and len(solver.asked) == 2
    assert solver.asked[1][1].path == Path("h.h5")
    assert "difference" in said.out, "The guess is the healthy runner of this what-if."


def test_cut_files_and_strides_of_other_models_are_no_guess(surae, solver, tmp_path):
    surae("run", "--out", "h.h5")
    whole = Path("h.h5").read_bytes()
    for share in (0.1, 0.5, 0.99):
        Path("cut.h5").write_bytes(whole[: int(share * len(whole))])
        said = surae("run", "--guess", "cut.h5")
        assert said.status == 2 and said.err.count("\n") == 1 and "cut.h5" in said.err
    assert len(solver.asked) == 1


def test_full_disk_is_found_before_the_solve(surae, solver, monkeypatch):
    import errno

    from surae.cli import destination

    def full(folder):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(destination, "_try_writing", full)
    said = surae("run", "--out", "h.h5")
    assert said.status == 2 and "No space left on device" in said.err
    assert solver.asked == []


def test_folder_without_permission_is_found_before_the_solve(surae, solver, monkeypatch):
    from surae.cli import destination

    monkeypatch.setattr(destination.os, "access", lambda path, mode: False)
    said = surae("run", "--out", "h.h5")
    assert said.status == 2 and "no permission" in said.err and solver.asked == []


def test_a_given_up_iterate_is_continued_without_its_multipliers(surae, solver):
    solver.ends = [Status.ITERATION_LIMIT]
    surae("run", "--out", "few.h5")
    surae("run", "--guess", "few.h5", "--out", "more.h5")
    assert solver.asked[1][1].guess.row_multipliers is None


def test_a_motion_is_held_by_what_if_and_healthy_partner_alike(surae, solver):
    weak = ("--strength", "gluteus_maximus=0.7")
    mesh = ("--scheme", "backward_euler", "--intervals", 8)
    said = surae("run", "--mode", "fixed-kinematics", *weak, *mesh, "--out", "weak.h5", "--quiet")
    assert said.status == 0, said.err
    free, healthy, held = (case for case, *_ in solver.asked)
    assert (free.mode, free.stride, free.changes) == ("calibrated", None, ())
    assert healthy.mode == held.mode == "fixed-kinematics"
    assert healthy.stride == held.stride and Path(held.stride).is_file()
    assert open_result(held.stride).case.mode == "calibrated"
    assert healthy.changes == () and [c.of for c in held.changes] == ["gluteus_maximus"]
    assert "difference" in said.out
    # Every result of it can be held, or stand for the stride that it holds.
    for given in (held.stride, "weak.h5"):
        solver.asked.clear()
        again = surae(
            "run", "--mode", "fixed-kinematics", *weak, "--guess", given, "--out", "again.h5"
        )
        assert again.status == 0, again.err
        cases = [case for case, *_ in solver.asked]
        assert {case.stride for case in cases} == {held.stride}
        assert cases[-1].intervals == 8 and cases[-1].scheme == "backward_euler"


def test_a_stride_is_held_at_its_own_speed_and_mesh(surae, solver):
    assert surae("run", "--scheme", "backward_euler", "--intervals", 8, "--out", "h.h5").status == 0
    for flags in (("--speed", 3), ("--intervals", 9), ("--scheme", "radau2")):
        said = surae("run", "--mode", "fixed-kinematics", "--guess", "h.h5", *flags)
        assert said.status == 2
        assert "use its own, or hold another stride" in said.err and said.err.count("\n") == 1


def test_a_stride_that_is_not_solved_is_not_held(surae, solver):
    solver.solved = Status.INFEASIBLE
    surae("run", "--scheme", "backward_euler", "--intervals", 8, "--out", "h.h5")
    said = surae("run", "--mode", "fixed-kinematics", "--guess", "h.h5", "--out", "f.h5")
    assert said.status == 2 and "give a solved stride" in said.err
    assert not Path("f.h5").exists()
