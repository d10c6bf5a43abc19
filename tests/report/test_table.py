"""The table says what changed, puts the answer first, and never sells noise as an effect."""

from __future__ import annotations

import csv
import io
import math

import numpy as np
import pytest

from surae.report.headline import headline
from surae.report.metric_order import ANSWER, SECTIONS
from surae.report.reported import reported
from surae.report.table import (
    NOT_RESOLVED,
    RESOLVED,
    UNKNOWN,
    as_csv,
    as_markdown,
    as_text,
    compare,
    not_resolved,
)

PEAK = "achilles_peak_force"


def row_of(table, metric):
    return next(row for row in table.rows if row.metric == metric)


def test_the_answer_comes_first_and_in_order(healthy, weak):
    table = compare([healthy, weak])
    answer = [row.metric for row in table.rows if row.section == ANSWER]
    assert table.sections[0][0] == ANSWER
    assert answer == list(SECTIONS[0][1])
    assert [title for title, _ in table.sections[:4]] == [title for title, _ in SECTIONS]


def test_difference_and_percent_are_of_the_baseline(healthy, weak):
    row = row_of(compare([healthy, weak]), PEAK)
    baseline, value = (float(s.metrics[PEAK].value[0]) for s in (healthy, weak))
    assert row.difference(0) == pytest.approx(value - baseline)
    assert row.percent(0) == pytest.approx(100.0 * (value / baseline - 1.0))
    assert row.percent(0) > 0.0


def test_angles_have_no_change_in_percent(healthy, weak):
    assert math.isnan(row_of(compare([healthy, weak]), "peak_hip_flexion").percent(0))


@pytest.mark.parametrize(
    ("share", "verdict"), [(1.0 / 2.9, NOT_RESOLVED), (1.0 / 3.1, RESOLVED), (None, UNKNOWN)]
)
def test_an_effect_needs_three_times_the_noise(healthy, weak, share, verdict):
    effect = row_of(compare([healthy, weak]), PEAK).difference(0)
    noise = None if share is None else {PEAK: abs(effect) * share}
    table = compare([healthy, weak], noise)
    assert row_of(table, PEAK).verdict(0) == verdict
    for text in (as_text(table), as_markdown(table), as_csv(table)):
        assert verdict in text
    assert (NOT_RESOLVED in " ".join(headline(table))) == (verdict == NOT_RESOLVED)


def test_no_effect_is_never_resolved():
    assert not_resolved(0.0, 0.0)


def test_equal_sides_are_one_row_and_unequal_sides_two(healthy, make_gait):
    lame = reported(("lame", make_gait(left=0.8)))
    places = [
        [row.place for row in compare(pair).rows if row.metric == PEAK]
        for pair in ([healthy, healthy], [healthy, lame])
    ]
    assert places == [[""], ["right", "left"]]
    muscles = [
        row.place for row in compare([healthy, lame]).rows if row.metric == "peak_activation"
    ]
    assert muscles[0] == "gluteus maximus"
    assert len(muscles) == len(healthy.gait.runner.muscle_names) // 2


def test_a_metric_that_a_what_if_lacks_is_a_dash(healthy, weak):
    fewer = {name: m for name, m in weak.metrics.items() if name != PEAK}
    table = compare([healthy, reported(("fewer", weak.gait, fewer))])
    row = row_of(table, PEAK)
    assert math.isnan(row.values[0])
    assert row.verdict(0) == ""
    assert "no Achilles peak force to compare" in headline(table)[0]


def test_csv_holds_every_number_in_full_precision(healthy, weak):
    table = compare([healthy, weak], {PEAK: 0.01})
    lines = list(csv.DictReader(io.StringIO(as_csv(table))))
    assert len(lines) == len(table.rows)
    first = lines[0]
    assert first["metric"] == PEAK
    assert float(first["value"]) == table.rows[0].values[0]
    assert float(first["noise"]) == 0.01


def test_noise_may_be_given_for_each_side(healthy, make_gait):
    lame = reported(("lame", make_gait(left=0.8)))
    table = compare([healthy, lame], {PEAK: np.array([0.1, 0.2])})
    assert [row.noise for row in table.rows if row.metric == PEAK] == [0.1, 0.2]


def test_text_columns_are_aligned_and_may_be_the_answer_only(healthy, weak):
    lines = as_text(compare([healthy, weak]), [ANSWER]).splitlines()
    assert lines[0] == ANSWER
    assert len(lines) == 2 + len(SECTIONS[0][1])
    assert len({line.index("BW") for line in lines if " BW " in line}) == 1


def test_a_baseline_alone_is_a_table_too(healthy):
    table = compare([healthy])
    assert "difference" not in as_text(table)
    assert PEAK in as_csv(table)
    assert headline(table)[0].startswith("healthy: Achilles peak force")
