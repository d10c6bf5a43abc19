"""The shipped strides are solutions of the models that they lie beside."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest

from surae.api import load_runner, prepare_task, run, weaken
from surae.files.baselines import FOLDER, has_baseline, nearest_baseline
from surae.files.case_inputs import key_of
from surae.files.library import library_path
from surae.files.results import open_result
from surae.gait.guess import guess_for
from surae.gait.stride import StrideSolver
from surae.study.case import Case, Change

SHIPPED = sorted((library_path() / "models").glob(f"*/{FOLDER}/*.h5"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parts[-3]}-{path.name}")
def test_a_baseline_solves_its_model_as_it_is(path: Path) -> None:
    stored = open_result(path)
    assert stored.gait.status == "solved" and not stored.case.changes
    assert stored.same_inputs, "model files changed: run tools/baselines.py"
    solver = StrideSolver(*prepare_task(stored.case))
    rows = solver.program.constraints(guess_for(stored.start, solver.problem).unknowns)
    np.testing.assert_allclose(rows, solver.program.row_lower, atol=1e-7)


def test_the_nearest_baseline_is_one_of_the_model_and_mode() -> None:
    found = nearest_baseline("full", "calibrated", 4.3)
    assert found is not None and found.case.speed == 4.0
    assert nearest_baseline("full", "predict", 4.3) is None
    assert nearest_baseline("full", "calibrated", 5.7) is None
    assert nearest_baseline("planar", "calibrated", 4.0) is None
    assert nearest_baseline("a runner of one's own", "calibrated", 4.0) is None


def test_a_case_has_a_baseline_where_one_solves_it_and_nothing_else() -> None:
    own = Case(model="full", speed=5.0, symmetry="half")
    assert has_baseline(own)
    weak = (Change("strength", "gluteals", 0.9),)
    for other in ({"speed": 4.9}, {"changes": weak}, {"intervals": 50}, {"mode": "predict"}):
        assert not has_baseline(dataclasses.replace(own, costs=None, **other)), other


def test_a_key_depends_on_bursts_where_they_are_shifted(tmp_path: Path) -> None:
    model = shutil.copytree(library_path() / "models" / "planar", tmp_path / "planar")
    cases = [
        Case(model=str(model), changes=(Change(kind, "soleus", value),))
        for kind, value in (("strength", 0.9), ("ceiling", 0.9), ("delay", 20.0), ("drop", 0.5))
    ]
    before = [key_of(case) for case in cases]
    bursts = model / "bursts.csv"
    bursts.write_text(bursts.read_text().replace("soleus_r,3,0.6", "soleus_r,3,0.7"))
    after = [key_of(case) for case in cases]
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, True, False, False]


@pytest.mark.slow
def test_a_stride_from_a_baseline_is_the_start_of_its_what_ifs() -> None:
    """With its multipliers: one that has lost them would be solved anew."""
    runner = load_runner("full")
    healthy = run(runner, speed=4.0)
    assert healthy.report is not None and "baseline" in healthy.report.started_from
    weak = run(weaken(runner, "gluteus_medius", strength=0.95), speed=4.0, guess=healthy)
    assert weak.status == "solved" and weak.report is not None
    assert weak.report.iterations <= 40 and not weak.report.started_from
