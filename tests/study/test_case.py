"""A case is its text: reading it gives it back, equal cases have equal keys, others have not."""

from __future__ import annotations

import dataclasses

import pytest

from surae._errors import UnusableInput
from surae.gait.task import CostWeights
from surae.study.case import (
    Case,
    Change,
    Track,
    between,
    case_key,
    changed,
    cost_weights,
)

FULL = Case(
    model='models/"mine"\x7f \u00e9',
    speed=3.3000000000000003,
    mode="track",
    changes=(
        Change("set", "achilles.stiffness_N_mm", 200.0),
        Change("strength", "gluteus_maximus_r", 0.8),
        Change("strength", "soleus", 0.9),
    ),
    symmetry="full",
    scheme="radau3",
    intervals=31,
    stride_time=0.71,
    costs=cost_weights("track", {"effort": 1e-7}),
    track=Track("run.mot", "forces.mot", start=0.5, end=2, speed=3.0),
)
CONTENTS = {"model": "aa", "reference": "bb"}


@pytest.mark.parametrize("case", [Case(), FULL, Case(mode="predict")])
def test_reading_the_text_gives_the_case_back(case):
    assert Case.from_toml(case.to_toml()) == case
    assert Case.from_toml(case.to_toml()).to_toml() == case.to_toml()


def test_a_text_with_defaults_left_out_is_the_default_case():
    assert Case.from_toml("schema = 1\n") == Case()


@pytest.mark.parametrize(
    "different",
    [
        dataclasses.replace(FULL, speed=3.3),
        dataclasses.replace(FULL, changes=FULL.changes[::-1]),
        dataclasses.replace(FULL, costs=CostWeights()),
        dataclasses.replace(FULL, intervals=30),
        dataclasses.replace(FULL, stride_time=None),
    ],
)
def test_what_determines_the_solve_is_in_the_key(different):
    assert case_key(different, CONTENTS) != case_key(FULL, CONTENTS)


def test_files_count_by_content_not_by_place():
    track = Track("elsewhere/run.mot", "forces.mot", start=0.5, end=2, speed=3.0)
    moved = dataclasses.replace(FULL, model="elsewhere", track=track)
    assert case_key(moved, CONTENTS) == case_key(FULL, CONTENTS)
    assert case_key(FULL, {**CONTENTS, "model": "cc"}) != case_key(FULL, CONTENTS)


@pytest.mark.parametrize("speed", [0.0, 50.0, -4.0, float("nan"), float("inf"), "fast", None])
def test_speeds_outside_the_data_are_refused(speed):
    with pytest.raises(UnusableInput, match=r"speed is .*llowed are 2 to 5 m/s"):
        Case(speed=speed)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"mode": "calibrate"}, r"no mode 'calibrate'; did you mean 'calibrated'"),
        ({"symmetry": "halve"}, r"did you mean 'half'"),
        ({"scheme": "radau5"}, r"did you mean 'radau"),
        ({"intervals": 2}, r"intervals is 2; allowed are 4 to 400"),
        ({"intervals": 10.5}, r"whole number"),
        ({"stride_time": 7.0}, r"allowed are 0.4 to 1.2 s"),
        ({"costs": {"efort": 1.0}}, r"no cost weight 'efort'; did you mean 'effort'"),
        ({"costs": {"effort": -1.0}}, r"cost weight effort is -1; allowed are 0"),
        ({"costs": {"exponent": 2.5}}, r"whole number"),
        ({"mode": "track"}, r"without files of a measured stride"),
        ({"track": Track("run.mot")}, r"with files of a measured stride"),
        ({"model": ""}, r"model is ''"),
    ],
)
def test_what_a_case_cannot_have_is_refused(wrong, message):
    with pytest.raises(UnusableInput, match=message):
        Case(**wrong)


def test_changes_are_checked():
    with pytest.raises(UnusableInput, match=r"no kind of change 'strenght'.*'strength'"):
        Change("strenght", "soleus", 0.8)
    with pytest.raises(UnusableInput, match=r"strength of soleus is nan"):
        Change("strength", "soleus", float("nan"))
    assert Change("set", "achilles.stiffness_N_mm", "200").value == 200.0  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("speed_m_s = ", r"not valid TOML"),
        ("speed_m_s = 4.0", r"schema None; this surae reads 1"),
        ("schema = 2", r"schema 2; this surae reads 1"),
        ("schema = 1\nspeed = 4.0", r"write speed_m_s"),
        ("schema = 1\n[track]\nstart_s = 1.0", r"\[track\] has no kinematics"),
        ("schema = 1\n[[change]]\nkind = 'strength'", r"\[\[change\]\] has no 'of'"),
        ("schema = 1\ncosts = 3", r"costs is 3; it must be a table"),
    ],
)
def test_texts_that_are_no_case_are_refused(text, message):
    with pytest.raises(UnusableInput, match=message) as refusal:
        Case.from_toml(text, "my.h5")
    assert str(refusal.value).startswith("my.h5")


def test_prediction_has_no_data_in_its_cost():
    costs = Case(mode="predict").costs
    assert (costs.tracking, costs.ground_reaction) == (0.0, 0.0)
    assert Case(mode="predict", costs=cost_weights("predict", {"tracking": 0.5})).costs != costs


def test_a_held_stride_belongs_to_its_mode():
    with pytest.raises(UnusableInput, match=r"fixed-kinematics is given without a stride to hold"):
        Case(mode="fixed-kinematics")
    with pytest.raises(UnusableInput, match=r"fixed-kinematics is given with files"):
        Case(mode="fixed-kinematics", track=Track("run.mot"))
    with pytest.raises(UnusableInput, match=r"predict is given with a stride to hold"):
        Case(mode="predict", stride="healthy.h5")


def test_a_held_stride_is_told_by_its_content():
    here, there = (Case(mode="fixed-kinematics", stride=f"{name}.h5") for name in "ab")
    assert Case.from_toml(here.to_toml()) == here != there
    assert case_key(here, {"stride": "x"}) == case_key(there, {"stride": "x"})
    assert case_key(here, {"stride": "x"}) != case_key(here, {"stride": "y"})


def test_changes_are_made_in_order(runner):
    healthy = runner.muscles.max_isometric_force
    factor = Change("set", "soleus.max_isometric_force_factor", 1.5)
    to_4000 = Change("set", "soleus.max_isometric_force_N", 4000.0)
    soleus = runner.muscle_names.index("soleus_r")
    first = changed(runner, (to_4000, factor)).muscles.max_isometric_force[soleus]
    last = changed(runner, (factor, to_4000)).muscles.max_isometric_force[soleus]
    assert (float(first), float(last)) == pytest.approx((6000.0, 4000.0))
    assert float(runner.muscles.max_isometric_force[soleus]) == float(healthy[soleus])


def present(name: str) -> float:
    return {"achilles.stiffness_N_mm": 200.0, "contact.dissipation_s_m": 0.0}[name]


STRONG = Case(
    speed=4.0,
    stride_time=0.7,
    symmetry="half",
    changes=(
        Change("strength", "soleus", 0.9),
        Change("delay", "gluteals", 20.0),
        Change("ceiling", "vasti", 0.7),
        Change("ceiling", "vasti", 0.8),
    ),
)
WEAK = Case(
    speed=3.0,
    stride_time=0.8,
    symmetry="half",
    changes=(
        Change("set", "achilles.stiffness_N_mm", 800.0),
        Change("set", "contact.dissipation_s_m", 1.0),
        Change("strength", "soleus", 0.5),
        Change("strength", "vasti", 0.6),
    ),
    costs=cost_weights("calibrated", {"tracking": 0.3}),
    intervals=30,
)


def test_half_way_is_half_of_every_change():
    middle = between(STRONG, WEAK, 0.5, present)
    values = {(change.kind, change.of): change.value for change in middle.changes}
    assert values == {
        ("set", "achilles.stiffness_N_mm"): pytest.approx(400.0),  # in equal ratios
        ("set", "contact.dissipation_s_m"): pytest.approx(0.5),  # from 0 there are none
        ("strength", "soleus"): pytest.approx(0.7),
        ("strength", "vasti"): pytest.approx(0.8),
        ("delay", "gluteals"): pytest.approx(10.0),
        ("ceiling", "vasti"): pytest.approx(0.85),  # the lower one holds
    }
    assert (middle.speed, middle.stride_time) == pytest.approx((3.5, 0.75))
    assert middle.costs.tracking == pytest.approx(0.2)
    assert (middle.intervals, middle.symmetry) == (30, "half")


def test_the_way_ends_at_the_end_and_begins_like_the_start():
    assert between(STRONG, WEAK, 1.0, present) is WEAK
    begin = between(STRONG, WEAK, 0.0, present)
    values = {(change.kind, change.of): change.value for change in begin.changes}
    assert values[("strength", "soleus")] == 0.9 and values[("strength", "vasti")] == 1.0
    assert values[("set", "achilles.stiffness_N_mm")] == pytest.approx(200.0)
    assert (begin.speed, begin.stride_time, begin.costs.tracking) == (4.0, 0.7, 0.1)


def test_what_is_the_same_at_both_ends_stays_to_the_last_digit():
    middle = between(WEAK, dataclasses.replace(WEAK, speed=3.3), 1 / 3, present)
    assert dataclasses.replace(middle, speed=3.0) == WEAK


def test_strengths_that_multiply_are_parted_as_their_product():
    twice = Case(changes=(Change("strength", "soleus", 0.8), Change("strength", "soleus", 0.5)))
    assert between(Case(), twice, 0.5, present).changes == (Change("strength", "soleus", 0.7),)


def test_a_cadence_that_is_free_at_one_end_is_the_ends():
    free = dataclasses.replace(STRONG, stride_time=None)
    assert between(STRONG, free, 0.5, present).stride_time is None
    assert between(free, STRONG, 0.5, present).stride_time == 0.7
