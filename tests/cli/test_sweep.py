"""A sweep goes from parent to child, resumes where it stopped, and says what could not be had."""

from __future__ import annotations

import json
from pathlib import Path

from surae.nlp.report import Status

CASES = ["healthy", "gluteus_maximus_80", "gluteus_maximus_60"]


def test_every_case_starts_from_its_parent(surae, solver):
    said = surae("sweep", "gluteal_output", "--out", "d")
    assert said.status == 0, said.err
    starts = [None if guess is None else guess.path.stem for _, guess, *_ in solver.asked]
    assert starts == [None, "healthy", "gluteus_maximus_80"]
    assert sorted(path.name for path in Path("d/cases").iterdir()) == sorted(
        f"{name}.h5" for name in CASES
    )
    assert "Achilles peak force" in said.out and "surae report d" in said.out


def test_the_same_command_resumes(surae, solver):
    solver.ends = [Status.SOLVED, Status.INTERRUPTED]
    first = surae("sweep", "gluteal_output", "--out", "d")
    assert first.status == 130 and "gluteus_maximus_80.h5" in first.err
    solver.asked.clear()
    second = surae("sweep", "gluteal_output", "--out", "d")
    assert second.status == 0 and "healthy: found" in second.err
    assert [len(case.changes) for case, *_ in solver.asked] == [1, 1]
    third = surae("sweep", "gluteal_output", "--out", "d", "--json")
    assert len(solver.asked) == 2
    cases = json.loads(third.out)["cases"]
    assert list(cases) == CASES and {case["status"] for case in cases.values()} == {"solved"}


def test_a_changed_study_is_solved_again(surae, solver):
    from surae.files.library import library_path

    text = (library_path() / "experiments" / "gluteal_output" / "study.toml").read_text()
    Path("s.toml").write_text(text)
    surae("sweep", "s.toml", "--out", "d")
    Path("s.toml").write_text(text.replace("= 4.0 ", "= 3.5 "))
    surae("sweep", "s.toml", "--out", "d")
    assert [case.speed for case, *_ in solver.asked] == [4.0] * 3 + [3.5] * 3


def test_children_of_a_failed_case_are_not_tried(surae, solver):
    solver.ends = [Status.SOLVED] + [Status.INFEASIBLE] * 15
    said = surae("sweep", "gluteal_output", "--out", "d")
    assert said.status == 3
    assert "surae: gluteus_maximus_80: not converged" in said.err
    assert "surae: not tried: gluteus_maximus_60." in said.err
    assert {len(case.changes) for case, *_ in solver.asked} == {0, 1}


def test_more_ranks_are_accepted_and_noted(surae, solver):
    said = surae("sweep", "gluteal_output", "--ranks", 2, "--quiet")
    assert said.status == 0
    assert said.err == "one rank is used; parallel sweeps come later.\n"
    assert Path("results/gluteal_output/cases/healthy.h5").is_file()
