"""A study file becomes cases, or is refused with its file, line and the nearest name."""

from __future__ import annotations

import pytest

from surae._errors import UnusableInput
from surae.files.library import library_path
from surae.files.study_file import read_study
from surae.study.case import Case, Change
from surae.study.design import HEALTHY
from surae.study.plan import Plan, plan_of

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


def cases_of(plan: Plan) -> dict[str, Case]:
    return {plan.name_of(number): plan.case(number) for number in range(plan.n)}


def test_the_default_study_is_three_cases():
    study = read_study(library_path() / "experiments" / "planar_gluteus_maximus" / "study.toml")
    plan = plan_of(study)
    cases = cases_of(plan)
    assert list(cases) == [HEALTHY, "gluteus_maximus_80", "gluteus_maximus_60"]
    assert plan.tree.parents.tolist() == [-1, 0, 1] and plan.baselines.tolist() == [0, 0, 0]
    assert [case.changes for case in cases.values()] == [
        (),
        (Change("strength", "gluteus_maximus", 0.8),),
        (Change("strength", "gluteus_maximus", 0.6),),
    ]
    assert {(c.model, c.speed, c.symmetry) for c in cases.values()} == {("planar", 4.0, "half")}
    assert read_study("planar_gluteus_maximus") == study


def test_parameters_are_set_before_strengths(write):
    weak = cases_of(plan_of(read_study(write(GOOD))))["weak"]
    assert [change.kind for change in weak.changes] == ["set", "strength", "strength"]
    assert weak.changes[0] == Change("set", "achilles.stiffness_N_mm", 250.0)
    assert (weak.speed, weak.intervals, weak.costs.tracking) == (3.5, 10, 0.05)


def test_what_is_fixed_holds_in_every_case_the_healthy_one_included(write):
    fixed = "[fixed]\nstrength = { soleus = 0.9 }\nset = { contact.friction = 0.7 }\n\n"
    study = read_study(write(GOOD.replace("[[scenario]]", fixed + "[[scenario]]", 1)))
    held = (Change("set", "contact.friction", 0.7), Change("strength", "soleus", 0.9))
    assert study.base.changes == held
    for case in cases_of(plan_of(study)).values():
        assert set(held) <= set(case.changes)


def test_cadence_fixes_the_stride_time(write):
    study = read_study(write(GOOD.replace("intervals = 10", "cadence_Hz = 2.5")))
    assert study.base.stride_time == 0.8


def test_one_sided_weakness_makes_every_case_a_full_stride(write):
    one_sided = GOOD.replace("gluteus_maximus = 0.6", "gluteus_maximus_r = 0.6")
    fixed = GOOD.replace("[costs]", "[fixed]\nstrength = { soleus_l = 0.9 }\n\n[costs]")
    for text, symmetry in ((GOOD, "half"), (one_sided, "full"), (fixed, "full")):
        cases = cases_of(plan_of(read_study(write(text))))
        assert {case.symmetry for case in cases.values()} == {symmetry}


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
        ("strength = { gluteus_maximus = 0.6 }", "delay_ms = { soleus = 190 }", 20, "whose burst"),
        ("strength = { gluteus_maximus = 0.6 }\n", "", 18, "changes nothing"),
        ('after = "weak"', 'after = "week"', 21, "did you mean 'weak'"),
        ('name = "weaker"', 'name = "weak"', 19, "is taken"),
        ('name = "weaker"', 'name = "healthy"', 19, "is taken"),
        ('name = "weaker"', 'name = "../weaker"', 19, "use letters"),
        ("intervals = 10", 'mode = "fixed-kinematics"', 8, "needs the result file of one"),
        ("intervals = 10", "intervals = 10.5", 8, "whole number"),
        ("intervals = 10", "cadence_Hz = 25", 8, "allowed are 1.66667 to 5"),
        ("[costs]", "stride_time_s = 0.7\ncadence_Hz = 2.8\n[costs]", 11, "give one of them"),
        ("[costs]", "[fixed]\nstrength = { solues = 0.9 }\n[costs]", 11, "did you mean 'soleus'"),
        ("[costs]", "[fixed]\nweak = { soleus = 0.9 }\n[costs]", 11, "allowed are set, strength"),
        (
            "[costs]",
            "[fixed]\nset = { achilles.stiffness_N_mm = 300 }\n[costs]",
            18,
            "set in [fixed]",
        ),
        (
            "{ achilles.stiffness_N_mm = 250 }",
            '{ achilles.stiffness_N_mm = 250, "achilles.stiffness_N_mm" = 300 }',
            16,
            "twice",
        ),
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


def test_a_study_without_scenarios_and_axes_is_refused(write):
    for text in (GOOD.split("[[scenario]]")[0], "scenario = []\n" + GOOD.split("[[scenario]]")[0]):
        with pytest.raises(UnusableInput, match=r"no case but the healthy one; add \[\[scenario"):
            read_study(write(text))


def test_two_scenarios_of_one_content_are_refused(write):
    with pytest.raises(UnusableInput, match=r"line 18.*what scenario weak changes"):
        read_study(
            write(
                GOOD.replace(
                    "{ gluteus_maximus = 0.6 }",
                    "{ gluteus_maximus = 0.8, soleus = 0.9 }\n"
                    'set = { "achilles.stiffness_N_mm" = 250 }',
                )
            )
        )


def test_half_a_stride_and_one_sided_weakness_are_refused_together(write):
    text = GOOD.replace("intervals = 10", 'symmetry = "half"').replace(
        "{ gluteus_maximus = 0.6 }", "{ gluteus_maximus_l = 0.6 }"
    )
    with pytest.raises(UnusableInput, match=r"line 18.*symmetry is half.*full"):
        read_study(write(text))


def test_an_unknown_study_is_refused(tmp_path):
    with pytest.raises(UnusableInput, match=r"No study .*planar_gluteus_maximus"):
        read_study("planar_gluteus_maximuss")
    with pytest.raises(UnusableInput, match="No study"):
        read_study(tmp_path)
