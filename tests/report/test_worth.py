"""What muscles are worth to a load: told once, in colors that say more and less, as bars."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from surae.report import figures, palette
from surae.report.page import page
from surae.report.subject import Subject
from surae.report.worth_map import body_pictures, colors, of_shown, shown, worth_map
from surae.sensitivity.worth import Worth

LOAD = "achilles_peak_force"
CHANGES = {"triceps_surae": -0.08, "soleus": -0.06, "gluteus_maximus": 0.015, "vasti": 0.0}


def rows(changes: dict[str, float], floor: float | None = None) -> list[Worth]:
    return [
        Worth(f"strength.{name}", 1.0, "1", change, 12.0 * change, 0.001, floor)
        for name, change in changes.items()
    ]


@pytest.fixture(scope="module")
def chart(runner):
    return worth_map(runner, LOAD, "BW", rows(CHANGES))


def page_with(chart, stride) -> str:
    with (
        patch("surae.report.sections.runner.strip_png", return_value="data:image/png;base64,"),
        patch("surae.report.sections.worth._HEIGHT", 60),
    ):
        return page(Subject([stride], worth=chart))


def test_the_largest_comes_first_and_only_strengths_are_told(runner):
    mass = Worth("body.mass_kg", 75.0, "kg", 1.0, 12.0, 0.0, None)
    found = worth_map(runner, LOAD, "BW", [mass, *rows({"vasti": 0.01, "soleus": -0.06})])
    assert [row.name for row in found.muscles] == ["strength.soleus", "strength.vasti"]
    assert found.groups == ()


def test_names_of_the_same_muscles_are_told_once(runner):
    twice = rows({"vasti": -0.02, "knee_extensors": -0.03, "quadriceps": -0.03})
    found = worth_map(runner, LOAD, "BW", twice)
    members = dict(runner.groups)
    assert members["quadriceps"] == members["knee_extensors"]
    assert [row.name for row in found.groups] == ["strength.knee_extensors"]


def test_groups_do_not_color_the_body(chart, runner):
    of = dict(zip(runner.muscle_names, chart.of_muscle, strict=True))
    assert of["soleus_r"] == of["soleus_l"] == -0.06
    assert of["gastrocnemius_r"] == 0.0
    assert chart.largest == 0.06


def test_one_side_is_colored_alone(runner):
    found = worth_map(runner, LOAD, "BW", rows({"soleus_l": -0.06}))
    of = dict(zip(runner.muscle_names, found.of_muscle, strict=True))
    assert (of["soleus_l"], of["soleus_r"]) == (-0.06, 0.0)


def test_colors_end_at_blue_and_vermillion_and_nothing_is_grey(runner):
    found = worth_map(runner, LOAD, "BW", rows({"soleus": -0.06, "vasti": 0.06}))
    of = dict(zip(runner.muscle_names, colors(found), strict=True))
    less, nothing, more = (palette.one(color) for color in palette.WORTH)
    np.testing.assert_allclose(of["soleus_r"], less)
    np.testing.assert_allclose(of["vasti_l"], more)
    np.testing.assert_allclose(of["iliopsoas_r"], nothing)


def test_the_scale_of_colors_is_its_own_inverse():
    share = np.linspace(-1.0, 1.0, 21)
    np.testing.assert_allclose(of_shown(shown(share)), share, atol=1e-15)


def test_the_body_stands_and_shows_the_color_of_the_soleus(chart, healthy):
    from surae.loads.stride import prepare

    pictures = body_pictures(chart, prepare(healthy.gait), 200)
    assert [name for name, _ in pictures] == ["from the right"], "all muscles lie in one plane"
    image = pictures[0][1]
    blue = (image[..., 3] > 0.9) & (image[..., 2] > image[..., 0] + 0.3)
    assert blue.sum() > 20
    assert np.nonzero(blue)[0].mean() > 100, "the calf is in the lower half"
    feet = np.nonzero(image[..., 3].max(axis=1))[0].max()
    assert 185 <= feet < 199, "soles near the lower edge, not cut off"


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_the_figure_is_written_and_is_the_same_again(chart, tmp_path, ending):
    picture = [("from the right", np.zeros((40, 20, 4)))]
    for name in "ab":
        drawn = figures.worth(chart, picture, "Title", "about", 12)
        figures.save(drawn, tmp_path / f"{name}.{ending}")
    first, second = ((tmp_path / f"{name}.{ending}").read_bytes() for name in "ab")
    assert first == second and len(first) > 5000


def test_bars_are_the_changes_and_whiskers_the_floor(runner):
    picture = [("from the right", np.zeros((40, 20, 4)))]
    for floor in (None, 0.002):
        found = worth_map(runner, LOAD, "BW", rows(CHANGES, floor))
        drawn = figures.worth(found, picture, "Title", "about", 2)
        _, right = drawn.subfigs
        muscles = next(ax for ax in drawn.axes if ax.get_title(loc="left") == "Single muscles")
        widths = [bar.get_width() for bar in muscles.patches if isinstance(bar, Rectangle)]
        assert widths == [-0.06, 0.015]
        assert len(muscles.containers) == 1 + (2 if floor else 0)
        said = drawn.get_suptitle()
        assert ("not measured" in said) == (floor is None)
        assert right.axes


def test_the_page_shows_it_only_where_it_was_asked_for(chart, healthy):
    assert 'id="worth"' not in page_with(None, healthy)
    text = page_with(chart, healthy)
    part = text.split('<section id="worth"')[1].split("</section>")[0]
    assert "noise floor was not measured" in part and 'class="whisker"' not in part
    assert part.count('<rect class="less"') == 3, "no change is no gain: drawn with the losses"
    assert part.count('<rect class="more"') == 1
    assert part.count('<th scope="row"') == len(CHANGES)
    assert "gluteus maximus" in part and "+0.015" in part
    assert text.index('id="worth"') < text.index('id="runner"')


def test_a_floor_is_drawn_as_whiskers(runner, healthy):
    text = page_with(worth_map(runner, LOAD, "BW", rows(CHANGES, 0.002)), healthy)
    part = text.split('<section id="worth"')[1].split("</section>")[0]
    assert part.count('class="whisker"') == len(CHANGES)
    assert "not measured" not in part and "two other meshes" in part
