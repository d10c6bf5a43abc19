"""The validation table: which rows apply, what passes, and what the file may hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from surae._errors import UnusableInput
from surae._pytree import replace
from surae.loads.all_metrics import all_metrics
from surae.loads.metric import Metric
from surae.loads.validation import (
    HIGHER_CADENCE,
    NOT_APPLICABLE,
    OUTSIDE,
    PASS,
    WEAK_ABDUCTORS,
    evaluate,
    hard_failures,
    read_targets,
    soft_score,
)

FILE = Path(__file__).resolve().parents[2] / "models" / "validation" / "targets.csv"
LATERAL_ROWS = {"V11", "V12", "V14", "V20", "V21", "V29", "V31", "V32a", "V34", "V44", "V48"}
PAIRED_ROWS = {"V36", "V40"} | {
    f"V{row}" for row in ("37a", "37b", "38a", "38b", "38c", "39a", "39b", "45a", "45b")
}
SPEED_ROWS = {"V09", "V24"}
UNCOMMON_MUSCLES = {"V33a", "V33b"}


@pytest.fixture(scope="module")
def targets():
    return read_targets(FILE)


@pytest.fixture
def metrics(sine_gait):
    return all_metrics(sine_gait())


def by_id(rows):
    return {row.target.id: row for row in rows}


def with_value(metrics, name, value):
    return {**metrics, name: replace(metrics[name], value=np.asarray(value))}


def test_every_row_of_the_scientific_table_is_there(targets):
    numbers = {target.id.rstrip("abc") for target in targets}
    assert numbers == {f"V{number:02d}" for number in range(1, 51)}


def test_ids_are_unique_and_bands_are_ordered(targets):
    assert len({target.id for target in targets}) == len(targets)
    for target in targets:
        assert not target.low > target.high
        assert not target.lowest_speed_m_s > target.highest_speed_m_s


def test_a_planar_runner_at_one_speed_misses_only_what_it_cannot_have(targets, metrics):
    rows = evaluate(targets, [(4.0, metrics)])
    missing = {row.target.id for row in rows if row.verdict == NOT_APPLICABLE}
    assert missing == LATERAL_ROWS | PAIRED_ROWS | SPEED_ROWS | UNCOMMON_MUSCLES
    assert all(row.reason for row in rows if row.verdict == NOT_APPLICABLE)


def test_a_change_is_judged_against_the_run_without_it(targets, metrics):
    def table(name, values, statistic):
        partner = (4.0, with_value(metrics, name, values))
        return by_id(evaluate(targets, [(4.0, metrics)], {statistic: partner}))

    stress = np.asarray(metrics["achilles_peak_stress"].value)
    lower = table("achilles_peak_stress", 0.9 * stress, HIGHER_CADENCE)["V39a"]
    assert lower.verdict == PASS and lower.ours == pytest.approx(-10.0)
    higher = table("achilles_peak_stress", 1.1 * stress, HIGHER_CADENCE)["V39a"]
    assert higher.verdict == OUTSIDE and higher.ours == pytest.approx(10.0)
    knee = np.asarray(metrics["peak_knee_flexion_stance"].value)
    less = table("peak_knee_flexion_stance", knee - 3.5, HIGHER_CADENCE)["V38b"]
    assert less.verdict == PASS and less.ours == pytest.approx(-3.5)
    other = table("achilles_peak_stress", 0.9 * stress, WEAK_ABDUCTORS)["V39a"]
    assert other.verdict == NOT_APPLICABLE and "cadence" in other.reason


def test_a_value_inside_its_band_passes_and_one_outside_does_not(targets, metrics):
    good = with_value(metrics, "peak_vertical_force", [2.5, 2.6])
    bad = with_value(metrics, "peak_vertical_force", [2.5, 3.1])
    assert by_id(evaluate(targets, [(4.0, good)]))["V08"].verdict == PASS
    row = by_id(evaluate(targets, [(4.0, bad)]))["V08"]
    assert row.verdict == OUTSIDE and row in hard_failures([row])
    assert row.ours == pytest.approx(2.8)


def test_bands_hold_only_at_their_speeds(targets, metrics):
    rows = by_id(evaluate(targets, [(3.0, metrics)]))
    assert rows["V08"].verdict == NOT_APPLICABLE
    assert rows["V01"].verdict == PASS


def test_the_run_nearest_to_the_rows_speed_is_judged(targets, metrics):
    fast = with_value(metrics, "peak_vertical_force", [9.0, 9.0])
    row = by_id(evaluate(targets, [(4.15, fast), (4.0, metrics)]))["V08"]
    assert row.speed == 4.0


def test_speed_reached_is_compared_with_speed_asked_for(targets, metrics, known):
    assert by_id(evaluate(targets, [(known.speed, metrics)]))["V04"].verdict == PASS
    assert by_id(evaluate(targets, [(known.speed + 0.1, metrics)]))["V04"].verdict == OUTSIDE


def test_rank_rows_take_differences(targets, metrics, known):
    row = by_id(evaluate(targets, [(4.0, metrics)]))["V35"]
    assert row.ours == pytest.approx((known.soleus - known.gastrocnemius) / known.mass, rel=1e-6)
    assert row.verdict == PASS


@pytest.mark.parametrize(("change", "verdict"), [(0.2, PASS), (-0.2, OUTSIDE)])
def test_effects_of_speed_need_several_speeds(targets, metrics, change, verdict):
    results = [
        (
            speed,
            {
                name: Metric(np.full(2, 5.0 + change * speed), "BW", ("side",))
                for name in ("achilles_peak_force", "peak_vertical_force")
            },
        )
        for speed in (2.5, 3.5, 4.0)
    ]
    rows = by_id(evaluate(targets, results))
    assert rows["V24"].ours == pytest.approx(change)
    assert rows["V24"].verdict == rows["V09"].verdict == verdict


def test_not_a_number_never_passes(targets, metrics):
    broken = with_value(metrics, "stance_time", [np.nan, 0.23])
    row = by_id(evaluate(targets, [(4.0, broken)]))["V07"]
    assert row.verdict == OUTSIDE and "not a number" in row.reason


def test_score_counts_soft_rows_that_apply(targets, metrics):
    rows = evaluate(targets, [(4.0, metrics)])
    passed, applicable = soft_score(rows)
    assert 0 < passed <= applicable < sum(target.gate == "soft" for target in targets)


def test_a_wrong_gate_is_named(tmp_path):
    wrong = tmp_path / "targets.csv"
    wrong.write_text(FILE.read_text().replace(",hard,", ",firm,", 1))
    with pytest.raises(UnusableInput, match=r"V01: gate 'firm' is none of"):
        read_targets(wrong)


def test_a_missing_column_is_named(tmp_path):
    wrong = tmp_path / "targets.csv"
    wrong.write_text(FILE.read_text().replace("nominal_speed_m_s", "speed", 1))
    with pytest.raises(UnusableInput, match="has columns"):
        read_targets(wrong)
