"""validate, report, models and doctor on results and models that are there."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from surae.cli import doctor


@pytest.fixture
def study_folder(surae, solver) -> Path:
    assert surae("sweep", "planar_gluteus_maximus", "--out", "d").status == 0
    return Path("d")


def test_validation_is_shown_row_by_row(surae, study_folder):
    (healthy,) = (study_folder / "cases").glob("healthy.*.h5")
    one = surae("validate", healthy)
    assert "Newton's second law" in one.out and "\nhard " in one.out
    assert "\nknee_angle " in one.out and one.out.splitlines()[-1].startswith("curves ")
    folder = surae("validate", study_folder)
    assert folder == one, "Of a folder, the healthy strides are held against the targets."


def test_hard_rows_outside_are_status_3(surae, study_folder):
    said = surae("validate", study_folder, "--json")
    summary = json.loads(said.out)
    passed, all_hard = summary["summary"]["hard"]
    assert said.status == (0 if passed == all_hard else 3)
    assert len(summary["rows"]) > 40
    (curves,) = summary["curves"]
    knee = next(row for row in curves["rows"] if row["quantity"] == "knee_angle")
    assert knee["rmse"] > 0.0 and knee["verdict"] in ("pass", "outside")


def test_curves_are_drawn_over_the_measured_ones(surae, study_folder):
    assert surae("validate", study_folder, "--figure", "curves.png").status in (0, 3)
    assert Path("curves.png").read_bytes().startswith(b"\x89PNG")
    refused = surae("validate", study_folder, "--figure", "curves.pdf")
    assert refused.status == 2 and ".png" in refused.err


def test_a_page_says_what_the_table_says(surae, study_folder):
    (healthy,) = (study_folder / "cases").glob("healthy.*.h5")
    said = surae("validate", healthy, "--page", "validation.md", "--beside", healthy)
    page = Path("validation.md").read_text(encoding="utf-8")
    assert Path("validation.png").read_bytes().startswith(b"\x89PNG")
    assert "(validation.png)" in page and healthy.name in page
    rows = json.loads(surae("validate", healthy, "--json").out)["rows"]
    for row in rows:
        assert f"| {row['id']} | {row['quantity']} |" in page
    passed, of = json.loads(surae("validate", healthy, "--json").out)["summary"]["soft"]
    score = f"{passed} of {of} ({100 * passed / of:.0f} %)"
    assert page.count(f"| {score} |") == 2, "the result's own score, and the one beside it"
    assert f"soft {score.replace(' of ', '/')}" in said.out.splitlines()[-1]


def test_pages_of_several_strides_are_refused(surae, solver):
    surae("run", "--speed", "3.9", "--out", "a.h5")
    surae("run", "--out", "b.h5")
    said = surae("validate", ".", "--page", "validation.md")
    assert said.status == 2 and "one stride" in said.err and not Path("validation.md").exists()


def test_a_speed_without_measured_curves_is_said(surae, solver):
    from surae._pytree import replace
    from surae.cli.curve_table import compare, table
    from surae.files.results import open_result

    surae("run", "--out", "a.h5")
    stored = open_result("a.h5")
    fast = dataclasses.replace(stored, gait=replace(stored.gait, speed=6.0))
    said = table(compare(fast))
    assert said.startswith("curves: not compared") and "2 to 5 m/s" in said


def test_a_folder_of_different_runners_is_no_one_table(surae, solver):
    surae("run", "--out", "a.h5")
    surae("run", "--set", "achilles.stiffness_N_mm=300", "--out", "b.h5")
    said = surae("validate", ".")
    assert said.status == 2 and "2 different healthy runners" in said.err


@pytest.mark.slow
def test_report_of_a_study_is_one_page_with_its_healthy_runner_first(surae, study_folder):
    said = surae("report", study_folder)
    assert said.status == 0, said.err
    assert said.out == "report: d/report.html\n"
    page = Path("d/report.html").read_text()
    assert "gluteus maximus 80 %" in page
    assert "planar gluteus maximus" in page.split("</h1>")[0]
    answer = page.split('<section id="answer"')[1].split("</section>")[0]
    assert answer.index(">healthy<") < answer.index(">gluteus maximus 60 %<")


def test_strides_of_one_name_are_told_apart(surae, solver):
    from surae.cli.reporting import read_strides, stride_names

    surae("run", "--strength", "soleus=0.8", "--out", "a.h5")
    shutil.copy("a.h5", "b.h5")
    surae("run", "--speed", "3", "--out", "slow.h5")
    healthy = next(Path("results").glob("*.h5"))
    strides = read_strides([Path(name) for name in ("a.h5", "b.h5", "slow.h5", str(healthy))])
    assert stride_names(strides) == ["healthy", "soleus 80 % (a)", "soleus 80 % (b)"]


def test_a_result_goes_to_opensim(surae, solver):
    from surae.nlp.report import Status

    surae("run", "--out", "a.h5")
    said = surae("export", "a.h5", "--to", "opensim", "for_opensim")
    assert said.status == 0 and said.err == "", said.err
    written = {path.name for path in Path("for_opensim").iterdir()}
    assert written <= set(said.out.replace("\n", " ").replace(",", " ").split())
    assert "coordinates.mot" in written and "external_loads.xml" in written
    solver.ends = [Status.ITERATION_LIMIT]
    assert surae("run", "--speed", "3", "--out", "b.h5").status == 3
    said = surae("export", "b.h5", "--to", "opensim", "for_opensim", "--json")
    assert said.status == 0 and said.err.count("\n") == 1 and "is not solved" in said.err
    assert len(json.loads(said.out)["files"]) == len(written)
    header = Path("for_opensim/activation.sto").read_text().split("endheader")[0]
    assert "status=not converged" in header and "result=b.h5" in header
    Path("for_opensim/activation.sto").write_text("mine")
    said = surae("export", "b.h5", "--to", "opensim", "for_opensim")
    assert said.status == 2 and said.err.count("\n") == 1 and "no export of surae" in said.err


def test_models_are_listed(surae):
    said = surae("models")
    assert said.status == 0 and "planar" in said.out and said.err == ""
    assert [m["name"] for m in json.loads(surae("models", "--json").out)][-1] == "planar"


def test_a_model_is_held_against_anatomy(surae):
    said = surae("models", "--check", "planar")
    assert "body mass" in said.out and "Achilles stiffness" in said.out
    assert said.status == (3 if "FAILS" in said.out else 0)


def test_doctor_finds_what_is_needed(surae, monkeypatch):
    monkeypatch.delenv("XLA_FLAGS", raising=False)
    said = surae("doctor", "--json")
    assert said.status == 0, said.err
    found = json.loads(said.out)
    for what in ("Python", "IPOPT", "HDF5", "JAX devices", "library of models"):
        assert found[what]["usable"] is True
    assert "cores" in found and "MPI" in found


def test_doctor_names_what_does_not_work(surae, monkeypatch):
    monkeypatch.setitem(doctor._PROBES, "IPOPT", "raise SystemExit('no such plugin')")
    said = surae("doctor")
    assert said.status == 2 and "NOT USABLE" in said.out
    assert said.err.count("\n") == 1 and "IPOPT" in said.err


def test_a_library_that_is_not_there_is_named(surae, monkeypatch):
    monkeypatch.setenv("SURAE_LIBRARY", "/nowhere")
    said = surae("models")
    assert said.status == 2 and "/nowhere" in said.err


@pytest.mark.skipif(os.name != "posix", reason="head is a POSIX program")
def test_a_reader_that_leaves_early_is_no_error():
    program = "import sys; from surae.cli.main import main; sys.exit(main(['models', '--json']))"
    done = subprocess.run(
        f'"{sys.executable}" -c "{program}" | head -c 1', shell=True, capture_output=True, text=True
    )
    assert done.stdout == "[" and done.stderr == ""


def test_it_is_a_program_of_its_own():
    command = [sys.executable, "-m", "surae.cli.main", "run", "--speed", "fast"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr == (
        "surae: --speed: 'fast' is no number; give one; see 'surae run --help'.\n"
    )
