"""Which of the other results answers which row of the validation table."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from surae.cli.validation_rows import evaluated
from surae.loads.metric import Metric
from surae.loads.validation import NOT_APPLICABLE, OUTSIDE, PASS
from surae.study.case import Change

WEAK = (Change("strength", "gluteus_medius", 0.7),)


def stride(speed=4.0, duration=0.66, changes=(), mode="calibrated", status="solved", **values):
    values = {"achilles_peak_force": 8.0, "achilles_peak_stress": 100.0, **values}
    return SimpleNamespace(
        gait=SimpleNamespace(speed=speed, duration=duration, status=status),
        case=SimpleNamespace(model="full", mode=mode, changes=changes),
        metrics={name: Metric(np.full(2, value), "", ("side",)) for name, value in values.items()},
    )


def verdicts(*others, base=None):
    rows: Any = evaluated([base or stride()], list(others))  # type: ignore[arg-type,list-item]
    return {row.target.id: row.verdict for row in rows}


def test_alone_a_result_says_nothing_about_a_change():
    found = verdicts()
    assert {found[row] for row in ("V24", "V39a", "V45a")} == {NOT_APPLICABLE}


def test_another_speed_answers_rows_about_speed_and_no_other():
    slow = stride(speed=3.0, achilles_peak_force=7.0, achilles_peak_stress=90.0)
    found = verdicts(slow)
    assert (found["V24"], found["V39a"]) == (PASS, NOT_APPLICABLE)
    assert verdicts(stride(speed=3.0, achilles_peak_force=9.0))["V24"] == OUTSIDE


def test_a_faster_cadence_answers_its_rows():
    assert verdicts(stride(duration=0.60, achilles_peak_stress=95.0))["V39a"] == PASS
    assert verdicts(stride(duration=0.60, achilles_peak_stress=105.0))["V39a"] == OUTSIDE
    assert verdicts(stride(duration=0.66, achilles_peak_stress=95.0))["V39a"] == NOT_APPLICABLE


def test_a_twin_with_weak_abductors_answers_its_rows():
    base = stride(peak_hip_adduction=12.0)
    assert verdicts(stride(changes=WEAK, peak_hip_adduction=13.0), base=base)["V45a"] == PASS
    other = (Change("strength", "soleus", 0.7),)
    found = verdicts(stride(changes=other, peak_hip_adduction=13.0), base=base)
    assert found["V45a"] == NOT_APPLICABLE


def test_other_modes_and_unsolved_runs_answer_nothing():
    for other in (stride(speed=3.0, mode="predict"), stride(speed=3.0, status="interrupted")):
        assert verdicts(other)["V24"] == NOT_APPLICABLE


def test_a_value_stays_that_of_the_result():
    assert verdicts(stride(speed=3.5, achilles_peak_force=20.0))["V23"] == PASS
