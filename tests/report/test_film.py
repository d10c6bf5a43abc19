"""Pictures are drawn as light falls and depth hides; films and strips open."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from PIL import Image, ImageSequence

from surae.loads.stride import prepare
from surae.report import film, palette
from surae.report.pictures import picture
from surae.report.rendering import Rods, View, axes, rendered
from surae.report.scene import scene

SIDE = View(0.0, 0.0, (0.0, 0.0, 0.0), 1.0, 1.0)
RED, BLUE = (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)


def ball(place, radius, color) -> Rods:
    return Rods(np.array([[place, place]]), np.array([[radius, radius]]), np.array([color]))


def test_a_ball_is_as_large_as_it_is_and_where_it_is():
    drawn = rendered(ball((0.2, 0.1, 0.0), 0.15, RED), SIDE, (200, 200))[..., 3]
    assert drawn.sum() == pytest.approx(np.pi * 30.0**2, rel=0.01)
    rows, columns = np.nonzero(drawn > 0.5)
    assert columns.mean() == pytest.approx(140, abs=1) and rows.mean() == pytest.approx(80, abs=1)


def test_what_is_nearer_hides_what_is_behind():
    near, far = ball((0.0, 0.0, 0.2), 0.1, RED), ball((0.0, 0.0, -0.2), 0.1, BLUE)
    both = Rods(*(np.concatenate(pair) for pair in zip(near, far, strict=True)))
    from_right = rendered(both, SIDE, (60, 60))[30, 30]
    from_left = rendered(both, SIDE._replace(azimuth=180.0), (60, 60))[30, 30]
    assert from_right[0] > 0.4 and from_right[2] == 0.0
    assert from_left[2] > 0.4 and from_left[0] == 0.0


def test_light_comes_from_above():
    drawn = rendered(ball((0.0, 0.0, 0.0), 0.4, RED), SIDE, (100, 100))
    assert drawn[20, 50, 0] > drawn[80, 50, 0] > 0.1


@pytest.mark.parametrize(
    ("view", "forward"), [("side", (1, 0)), ("front", (0, 1)), ("back", (0, -1))]
)
def test_views_show_the_runner_from_where_they_say(view, forward):
    """Forward goes to the right, toward the viewer, away from the viewer."""
    azimuth, _ = film.VIEWS[view]
    right, _, toward = axes(SIDE._replace(azimuth=azimuth)) @ np.array([1.0, 0.0, 0.0])
    np.testing.assert_allclose((right, toward), forward, atol=1e-12)


@pytest.fixture(scope="module")
def pair(healthy, weak):
    percent = np.linspace(0.0, 100.0, 6, endpoint=False)
    return [scene(s.name, prepare(s.gait), percent) for s in (healthy, weak)]


def test_the_runner_fills_the_picture_and_a_ghost_adds_to_it(pair):
    view = View(0.0, 2.0, (0.0, 0.88, 0.0), 1.62, 2.04)
    alone = picture(pair[1], 1, view, (81, 102), ground=False)
    rows = np.nonzero(alone[..., 3].max(axis=1) > 0.5)[0]
    assert rows[0] < 20 and rows[-1] > 85
    with_ghost = picture(pair[1], 1, view, (81, 102), pair[0], ground=False)
    assert (with_ghost[..., 3] >= alone[..., 3] - 1e-12).all()


def test_scales_run_from_end_to_end():
    ends = palette.along(palette.ACTIVATION, np.array([-1.0, 0.0, 1.0, 2.0]))
    np.testing.assert_allclose(255 * ends[0], palette.ACTIVATION[0])
    np.testing.assert_allclose(ends[0], ends[1])
    np.testing.assert_allclose(255 * ends[3], palette.ACTIVATION[-1])
    lightness = ends @ [0.2126, 0.7152, 0.0722]
    assert lightness[2] > lightness[0], "read without red and green"


def test_a_gif_has_a_frame_for_every_pose(pair, tmp_path):
    film.save_film(pair[1], pair[0], tmp_path / "a.gif", 96, "oblique", 2.0)
    with Image.open(tmp_path / "a.gif") as opened:
        assert sum(1 for _ in ImageSequence.Iterator(opened)) == len(pair[1].percent)
        assert opened.size[1] == 96 and opened.info["loop"] == 0
        assert opened.info["duration"] == pytest.approx(1000 * 2.0 * pair[1].duration / 6, abs=10)


def test_a_strip_has_its_poses_side_by_side(pair, tmp_path):
    film.save_strip(pair[1], None, tmp_path / "few.png", 90, "side", 2)
    film.save_strip(pair[1], None, tmp_path / "more.png", 90, "side", 5)
    with Image.open(tmp_path / "few.png") as few, Image.open(tmp_path / "more.png") as more:
        assert few.height == more.height > 90 and more.width > 1.8 * few.width
        assert few.getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="MP4 is written by ffmpeg")
def test_an_mp4_is_written_by_ffmpeg(pair, tmp_path):
    film.save_film(pair[1], None, tmp_path / "a.mp4", 96, "side", 1.0)
    assert (tmp_path / "a.mp4").read_bytes()[4:8] == b"ftyp"
