"""Axes of a study file are read, or refused with file, line and what is allowed."""

from __future__ import annotations

import pytest

from surae._errors import UnusableInput
from surae.files.model_folder import load_runner
from surae.files.study_file import read_study
from surae.study.plan import plan_of

GRID = """\
[study]
name = "mine"
question = "What if?"

[task]
model = "planar"
speed_m_s = 3.5

[sampling]
kind = "grid"

[[axis]]
strength = "gluteus_maximus"
values = [1.0, 0.8, 0.6]

[[axis]]
set = "achilles.stiffness_N_mm"
values = [200, 250, 300]
"""
ZIP = GRID.replace('"grid"', '"zip"')
SOBOL = (
    GRID.replace('"grid"', '"sobol"\ncount = 8')
    .replace("values = [1.0, 0.8, 0.6]", "low = 0.5\nhigh = 1.0")
    .replace("values = [200, 250, 300]", "low = 200\nhigh = 300")
)
SCENARIO = '\n[[scenario]]\nname = "stiff"\nset = { achilles.stiffness_N_mm = 280 }\n'
EVERYTHING = """\
[study]
name = "everything"
question = "All \\"at once\\"?"
[task]
model = "planar"
speed_m_s = 4.0
cadence_Hz = 2.8
intervals = 12
[costs]
tracking = 0.05
[fixed]
strength = { vasti = 0.95 }
set = { contact.friction = 0.7 }
[[scenario]]
name = "weak"
strength = { soleus = 0.8, gluteus_maximus_r = 0.9 }
[[scenario]]
name = "large"
set = { achilles.cross_section_mm2 = 80 }
after = "weak"
[[axis]]
strength = ["gluteus_maximus", "hamstrings"]
name = "hip_extensors"
values = [1.0, 0.9, 0.8]
[[axis]]
task = "cadence_Hz"
from = 3.0
to = 2.6
count = 3
[[axis]]
cost = "effort"
from = 0.1
to = 10
count = 3
spacing = "log"
"""
AT_RANDOM = (
    EVERYTHING.split("[[axis]]", maxsplit=1)[0]
    + """\
[sampling]
kind = "latin_hypercube"
count = 5
seed = 11
paired = false
[[axis]]
cost = "effort"
low = 0.1
high = 10
spacing = "log"
"""
)


@pytest.fixture
def write(tmp_path):
    def write(text: str):
        path = tmp_path / "study.toml"
        path.write_text(text)
        return path

    return write


def test_a_grid_has_a_dim_for_each_axis(write):
    plan = plan_of(read_study(write(GRID)))
    assert plan.labels == {
        "gluteus_maximus_strength": (1.0, 0.8, 0.6),
        "achilles_stiffness_N_mm": (200.0, 250.0, 300.0),
    }
    assert plan.units == {"gluteus_maximus_strength": "1", "achilles_stiffness_N_mm": "N/mm"}
    assert plan.n == 9 + 1  # the base has the model's own stiffness


def test_a_zip_takes_the_lists_row_by_row(write):
    plan = plan_of(read_study(write(ZIP)))
    assert plan.dims == ("sample",) and plan.shape == (3,)
    assert plan.along["gluteus_maximus_strength"].tolist() == [1.0, 0.8, 0.6]
    assert plan.along["achilles_stiffness_N_mm"].tolist() == [200.0, 250.0, 300.0]


def test_a_sobol_study_samples_the_ranges(write):
    plan = plan_of(read_study(write(SOBOL.replace("count = 8", "count = 8\nseed = 4"))))
    assert (plan.shape, plan.seed) == ((8,), 4)
    stiffness = plan.along["achilles_stiffness_N_mm"]
    assert 200.0 <= stiffness.min() < 220.0 and 280.0 < stiffness.max() <= 300.0


def test_the_present_value_is_where_the_base_lies(write):
    study = read_study(write(GRID))
    assert list(study.present) == ["achilles.stiffness_N_mm"]
    stiffness = float(load_runner("planar").achilles.stiffness) / 1e3
    assert study.present["achilles.stiffness_N_mm"] == pytest.approx(stiffness)


@pytest.mark.parametrize("text", [GRID, ZIP, SOBOL, EVERYTHING, AT_RANDOM])
def test_the_canonical_text_gives_the_study_back(write, text):
    study = read_study(write(text))
    canonical = plan_of(study).toml()
    again = read_study(write(canonical))
    assert again == study
    assert plan_of(again).toml() == canonical


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ('strength = "gluteus', 'strengh = "gluteus', 13, "did you mean 'strength'"),
        ('"gluteus_maximus"', '"gluteus_maximum"', 13, "did you mean 'gluteus_maximus'"),
        ('"gluteus_maximus"', '["soleus", "soleus"]', 13, "twice"),
        ('"gluteus_maximus"', '"gluteus_medius"', 13, "--model full"),
        ('"gluteus_maximus"', "7", 13, "give a text in quotes"),
        ("[1.0, 0.8, 0.6]", "[]", 14, "some numbers in brackets"),
        ("[1.0, 0.8, 0.6]", "0.8", 14, "some numbers in brackets"),
        ("[1.0, 0.8, 0.6]", '[1.0, "half"]', 14, "no number"),
        ("[1.0, 0.8, 0.6]", "[1.0, nan]", 14, "allowed are"),
        ("[1.0, 0.8, 0.6]", "[1.0, 60]", 14, "allowed are 0.05 to 2"),
        ("[1.0, 0.8, 0.6]", "[1.0, 0.8, 0.8]", 14, "0.8 twice"),
        ("values = [1.0, 0.8, 0.6]\n", "", 12, "give values, or from, to and count"),
        ("values = [1.0, 0.8, 0.6]", "from = 1.0\nto = 0.6", 12, "from, to and count"),
        ("values = [1.0, 0.8, 0.6]", "from = 1\nto = 9\ncount = 3", 15, "is 9; allowed are 0.05"),
        ("values = [1.0, 0.8, 0.6]", "from = 1\nto = 1\ncount = 3", 15, "two different ends"),
        ("values = [1.0, 0.8, 0.6]", "from = 1\nto = 0.5\ncount = 1", 16, "allowed are 2 to"),
        ("values = [1.0, 0.8, 0.6]", "from = 1\nto = 0.5\ncount = 2.5", 16, "whole number"),
        ("values = [1.0, 0.8, 0.6]", "low = 0.5\nhigh = 1.0", 14, "not for grid; give values"),
        ("values = [1.0", "count = 3\nvalues = [1.0", 14, "values and count are given"),
        ('strength = "gluteus_maximus"\n', "", 12, "exactly one of set, strength"),
        ('strength = "gluteus', 'task = "speed_m_s"\nstrength = "gluteus', 14, "exactly one of"),
        (
            "values = [1.0, 0.8, 0.6]",
            'values = [1.0, 0.8]\n[[axis]]\nadvance_ms = "gluteals"\nvalues = [0, 190]',
            17,
            "whose burst",
        ),
        ('strength = "gluteus_maximus"', 'task = "speed"', 13, "write speed_m_s"),
        ('strength = "gluteus_maximus"', 'task = "speed_m_s"', 14, "allowed are 2 to 5 m/s"),
        ('strength = "gluteus_maximus"', 'task = "cadence_Hz"', 14, "1.66667 to 5 Hz"),
        ('strength = "gluteus_maximus"', 'task = "step_width_m"', 14, "-0.1 to 0.3 m"),
        (
            'strength = "gluteus_maximus"\nvalues = [1.0, 0.8, 0.6]',
            'task = "step_width_m"\nvalues = [0.05]',
            14,
            "moves in the sagittal plane",
        ),
        ('strength = "gluteus_maximus"', 'task = "intervals"', 14, "intervals is 1; allowed"),
        (
            'strength = "gluteus_maximus"\nvalues = [1.0, 0.8, 0.6]',
            'task = "intervals"\nfrom = 10\nto = 25\ncount = 3',
            16,
            "whole number",
        ),
        (
            "values = [1.0, 0.8, 0.6]",
            'from = 0\nto = 1\ncount = 3\nspacing = "log"',
            17,
            "0 is not above 0",
        ),
        ('strength = "gluteus_maximus"', 'cost = "efort"', 13, "did you mean 'effort'"),
        ("[200, 250, 300]", "[200, 250, 30000]", 18, "allowed are 20 to 5000"),
        ("[200, 250, 300]", '[200, 300]\nspacing = "lin"', 19, "did you mean 'linear'"),
        ("[200, 250, 300]", '[200, 300]\nname = "my axis"', 19, "use letters"),
        ("[200, 250, 300]", '[200, 300]\nname = "stance_time"', 19, "in the results"),
        ("[200, 250, 300]", '[200, 300]\nname = "side"', 19, "in the results"),
        (
            "[200, 250, 300]",
            '[200, 300]\nname = "gluteus_maximus_strength"',
            19,
            "earlier axis",
        ),
        ("achilles.stiffness_N_mm", "achilles.stifness_N_mm", 17, "achilles"),
        ("achilles.stiffness_N_mm", "stiffness_N_mm", 17, "no parameter"),
        (
            'set = "achilles.stiffness_N_mm"\nvalues = [200, 250, 300]',
            'strength = "gluteus_maximus"\nvalues = [0.9]',
            17,
            "changed by axis",
        ),
        ('"grid"', '"gird"', 10, "did you mean 'grid'"),
        ('"grid"', '"grid"\ncount = 5', 11, "leave it out with grid"),
        ('"grid"', '"grid"\npaired = 1', 11, "true or false"),
        ('"grid"', '"sobol"', 9, "give count = N"),
        ('"grid"', '"sobol"\ncount = 8', 15, "not for sobol; give low and high"),
    ],
)
def test_what_is_wrong_with_an_axis_is_named_with_its_line(write, old, new, line, message):
    assert old in GRID
    path = write(GRID.replace(old, new))
    with pytest.raises(UnusableInput) as refusal:
        read_study(path)
    text = str(refusal.value)
    assert message in text and "\n" not in text
    assert text.startswith(f"{path}, line {line}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (ZIP.replace("[200, 250, 300]", "[200, 250]"), r"line 18.*has 3 values and .* 2\."),
        (ZIP.replace("0.6]", "0.8]").replace("300]", "250]"), r"rows 2 and 3 .* same case"),
        (SOBOL.replace("count = 8", "count = 0"), r"line 11.*count is 0; allowed are 1"),
        (SOBOL.replace("count = 8", "count = 8\nseed = 1.5"), r"line 12.*seed is 1.5.*whole"),
        (SOBOL.replace("count = 8", "count = 8\nseed = -1"), r"line 12.*allowed are 0 to"),
        (SOBOL.replace("high = 1.0", "high = 0.4"), r"line 16.*low below its high"),
        (SOBOL.replace("high = 1.0", ""), r"line 13.*'high' is missing"),
        (SOBOL.replace("low = 0.5", "low = 0.01"), r"line 15.*allowed are 0.05 to 2"),
        (
            SOBOL.replace('strength = "gluteus_maximus"', 'task = "intervals"'),
            r"line 14.*whole number; vary it in a grid",
        ),
        (
            SOBOL.replace("count = 8", "count = 900000")
            + SCENARIO.replace("achilles.stiffness_N_mm = 280", "contact.friction = 0.5"),
            r"1800000 cases; allowed are 1000000",
        ),
        (GRID + SCENARIO, r"line 17.*changed by scenario stiff, too"),
        (GRID + SCENARIO.replace('[[scenario]]\nname = "stiff"', "[fixed]"), r"by \[fixed\], too"),
        (GRID.split("[[axis]]")[0] + SCENARIO, r"line 10.*no axis; add \[\[axis\]\]"),
        (
            GRID.replace('"gluteus_maximus"', '"gluteus_maximus_r"').replace(
                "3.5", '3.5\nsymmetry = "half"'
            ),
            r"line 13 in axis 1: symmetry is half.*full",
        ),
        (
            GRID.replace("values = [1.0, 0.8, 0.6]", "from = 1\nto = 0.5\ncount = 400000"),
            r"1200000 cases; allowed are 1000000",
        ),
    ],
)
def test_what_axes_cannot_have_together_is_refused(write, text, message):
    with pytest.raises(UnusableInput, match=message):
        read_study(write(text))


def test_muscles_that_two_axes_share_are_set_by_one(write):
    both = GRID.replace("achilles.stiffness_N_mm", "soleus_r.max_isometric_force_N").replace(
        "[200, 250, 300]", "[3000, 4000]"
    )
    again = '\n[[axis]]\nset = "plantarflexors.max_isometric_force_N"\nvalues = [3000, 3500]\n'
    with pytest.raises(UnusableInput, match=r"line 21.*plantarflexors.*changed by axis soleus_r"):
        read_study(write(both + again))
    assert plan_of(read_study(write(both))).n == 7


def test_values_that_do_not_go_together_are_refused(write):
    apart = GRID.replace('strength = "gluteus_maximus"', 'set = "achilles.reference_force_N"')
    soft = apart.replace("[1.0, 0.8, 0.6]", "[3500, 5000]").replace("200,", "130,")
    with pytest.raises(UnusableInput, match=r"do not go together.*needs a kT"):
        read_study(write(soft))


def test_a_one_sided_axis_makes_every_case_a_full_stride(write):
    study = read_study(write(GRID.replace('"gluteus_maximus"', '"gluteus_maximus_r"')))
    assert study.base.symmetry == "full"
    assert read_study(write(GRID)).base.symmetry == "half"
