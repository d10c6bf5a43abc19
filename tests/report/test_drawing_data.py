"""What is drawn is what was solved: phases, positions, arrows, and places in intervals."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest

from surae.loads.stride import from_contact, prepare
from surae.loads.validation import OUTSIDE, PASS
from surae.report.curves import PERCENT, curves
from surae.report.dose_response import dose_response
from surae.report.reported import ReportedStride
from surae.report.validation_chart import FARTHEST, marks


def test_curves_begin_and_end_at_contact(healthy):
    own = curves(healthy)
    assert own.vertical_force[0] == pytest.approx(own.vertical_force[-1], abs=1e-9)
    assert own.vertical_force[0] < 0.1 < own.vertical_force[20]
    assert 20.0 < own.toe_off < 50.0
    assert np.all(own.vertical_force[PERCENT > own.toe_off + 5.0] < 0.1)


def test_a_symmetric_runner_has_the_same_curves_left_and_right(healthy):
    right, left = curves(healthy, "r"), curves(healthy, "l")
    np.testing.assert_allclose(left.achilles_force, right.achilles_force, atol=1e-3)
    np.testing.assert_allclose(left.angles["knee_angle"], right.angles["knee_angle"], atol=0.1)


def test_degrees_and_body_weights(healthy):
    own, runner = curves(healthy), healthy.gait.runner
    assert own.angles["knee_angle"].max() == pytest.approx(np.degrees(0.8), rel=1e-3)
    peak = float(healthy.gait.achilles_force.max() / runner.body_weight)
    assert own.achilles_force.max() == pytest.approx(peak, rel=1e-2)


def test_a_stride_without_contact_is_still_drawn(healthy):
    stride = prepare(healthy.gait)
    blind = SimpleNamespace(
        events=SimpleNamespace(contact=np.full(2, np.nan)),
        time=stride.time,
        duration=stride.duration,
    )
    values = from_contact(blind, stride.time, "r", PERCENT)  # type: ignore[arg-type]
    assert np.isfinite(values).all()


def validation_row(ours, low, high, verdict=PASS, gate="hard"):
    target = SimpleNamespace(id="V1", quantity="q", gate=gate, low=low, high=high, unit="BW")
    return SimpleNamespace(target=target, ours=ours, verdict=verdict, speed=4.0, reason="")


@pytest.mark.parametrize(
    ("ours", "low", "high", "position", "clipped"),
    [
        (2.0, 2.0, 4.0, 0.0, 0),
        (3.0, 2.0, 4.0, 0.5, 0),
        (50.0, 2.0, 4.0, 1.0 + FARTHEST, 1),
        (-50.0, 2.0, 4.0, -FARTHEST, -1),
        (3.0, 2.0, math.nan, 0.5, 0),
        (1.0, 2.0, math.nan, -0.5, 0),
        (5.0, math.nan, 4.0, 1.5, 0),
    ],
)
def test_rows_are_placed_in_their_interval(ours, low, high, position, clipped):
    (mark,) = marks([validation_row(ours, low, high)])  # type: ignore[list-item]
    assert mark.position == pytest.approx(position)
    assert mark.clipped == clipped


def test_rows_without_interval_or_value_are_left_out():
    rows = [
        validation_row(1.0, math.nan, math.nan),
        validation_row(math.nan, 0.0, 1.0, OUTSIDE),
        validation_row(1.0, 0.0, 1.0, "not applicable"),
    ]
    assert marks(rows) == ()  # type: ignore[arg-type]


def test_dose_response_needs_three_strengths(healthy, weak):
    assert dose_response([healthy, weak]) is None
    half = ReportedStride("half", weak.gait, weak.metrics, 0.5)
    dose = dose_response([healthy, weak, half], {"achilles_peak_force": 0.01})
    assert dose is not None
    assert list(dose.strength) == [1.0, 0.7, 0.5]
    assert dose.change[0] == 0.0
    assert dose.change[1] == dose.change[2] > 0.0
    assert dose.noise is not None and dose.noise > 0.0
