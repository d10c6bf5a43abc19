"""A study file becomes cases, or is refused with its file, line and the nearest name."""

from __future__ import annotations

import pytest

from surae._errors import UnusableInput
from surae.files.library import library_path
from surae.files.study_file import HEALTHY, expand, read_study
from surae.study.case import Change

GOOD = """\
[study]
name = "mine"
question = "What if?"

[task]
model = "planar"
speed_m_s = 3.5
intervals = 10

[costs]
tracking = 0.05

[[scenario]]
name = "weak"
strength = { gluteus_maximus = 0.8, soleus = 0.9 }
set = { achilles.stiffness_N_mm = 250 }

[[scenario]]
name = "weaker"
strength = { gluteus_maximus = 0.6 }
after = "weak"
"""


@pytest.fixture
def write(tmp_path):
    def write(text: str):
        path = tmp_path / "study.toml"
        path.write_text(text)
        return path

    return write


def test_the_default_study_is_three_cases():
    study = read_study(library_path() / "experiments" / "gluteal_output" / "study.toml")
    cases = expand(study)
    assert [(c.name, c.parent) for c in cases] == [
        (HEALTHY, None),
        ("gluteus_maximus_80", HEALTHY),
        ("gluteus_maximus_60", "gluteus_maximus_80"),
    ]
    assert [c.case.changes for c in cases] == [
        (),
        (Change("strength", "gluteus_maximus", 0.8),),
        (Change("strength", "gluteus_maximus", 0.6),),
    ]
    assert {(c.case.model, c.case.speed, c.case.symmetry) for c in cases} == {
        ("planar", 4.0, "half")
    }
    assert read_study("gluteal_output") == study


def test_parameters_are_set_before_strengths(write):
    weak = expand(read_study(write(GOOD)))[1].case
    assert [change.kind for change in weak.changes] == ["set", "strength", "strength"]
    assert weak.changes[0] == Change("set", "achilles.stiffness_N_mm", 250.0)
    assert (weak.speed, weak.intervals, weak.costs.tracking) == (3.5, 10, 0.05)


def test_one_sided_weakness_makes_every_case_a_full_stride(write):
    one_sided = GOOD.replace("gluteus_maximus = 0.6", "gluteus_maximus_r = 0.6")
    assert {c.case.symmetry for c in expand(read_study(write(one_sided)))} == {"full"}
    assert {c.case.symmetry for c in expand(read_study(write(GOOD)))} == {"half"}


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("speed_m_s = 3.5", "speed = 3.5", 7, "write speed_m_s"),
        ("speed_m_s = 3.5", "speed_m_s = 50", 7, "allowed are 2 to 5"),
        ("speed_m_s = 3.5", "speed_m_s = nan", 7, "allowed are 2 to 5"),
        ('"planar"', '"plannar"', 6, "did you mean 'planar'"),
        ("[task]", "[tusk]", 5, "did you mean 'task'"),
        ("tracking = 0.05", "traking = 0.05", 11, "did you mean 'tracking'"),
        ("tracking = 0.05", "tracking = -1", 11, "allowed are 0"),
        ("gluteus_maximus = 0.8", "gluteus_maximum = 0.8", 15, "did you mean 'gluteus_maximus'"),
        ("gluteus_maximus = 0.8", "gluteus_medius = 0.8", 15, "--model full"),
        ("gluteus_maximus = 0.8", "gluteus_maximus = 80", 15, "allowed are 0.05 to 2"),
        ("gluteus_maximus = 0.8", 'gluteus_maximus = "weak"', 15, "no number"),
        ("achilles.stiffness_N_mm", "achilles.stifness_N_mm", 16, "achilles"),
        ("strength = { gluteus_maximus = 0.6 }", "strength = {}", 20, "GROUP = VALUE"),
        ("strength = { gluteus_maximus = 0.6 }", "delay_ms = { soleus = 20 }", 20, "full runner"),
        ("strength = { gluteus_maximus = 0.6 }\n", "", 18, "changes nothing"),
        ('after = "weak"', 'after = "week"', 21, "did you mean 'weak'"),
        ('name = "weaker"', 'name = "weak"', 19, "is taken"),
        ('name = "weaker"', 'name = "healthy"', 19, "is taken"),
        ('name = "weaker"', 'name = "../weaker"', 19, "use letters"),
        ("intervals = 10", 'mode = "fixed-kinematics"', 8, "measured stride"),
        ("intervals = 10", "intervals = 10.5", 8, "whole number"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(write, old, new, line, message):
    assert old in GOOD
    path = write(GOOD.replace(old, new))
    with pytest.raises(UnusableInput) as refusal:
        read_study(path)
    text = str(refusal.value)
    assert message in text and "\n" not in text
    assert text.startswith(f"{path}, line {line}")


def test_a_study_without_scenarios_is_refused(write):
    for text in (GOOD.split("[[scenario]]")[0], "scenario = []\n" + GOOD.split("[[scenario]]")[0]):
        with pytest.raises(UnusableInput, match=r"there is no scenario|key 'scenario' is missing"):
            read_study(write(text))


def test_half_a_stride_and_one_sided_weakness_are_refused_together(write):
    text = GOOD.replace("intervals = 10", 'symmetry = "half"').replace(
        "{ gluteus_maximus = 0.6 }", "{ gluteus_maximus_l = 0.6 }"
    )
    with pytest.raises(UnusableInput, match=r"line 18.*symmetry is half.*full"):
        read_study(write(text))


def test_an_unknown_study_is_refused(tmp_path):
    with pytest.raises(UnusableInput, match=r"No study .*gluteal_output"):
        read_study("gluteal_outputs")
    with pytest.raises(UnusableInput, match="No study"):
        read_study(tmp_path)
