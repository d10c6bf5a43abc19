"""The report is complete, stands alone, and says what it is made of."""

from __future__ import annotations

import math
import re
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from surae.files import normative
from surae.files.library import library_path
from surae.loads.validation import evaluate, read_targets
from surae.report import figures
from surae.report.curves import curves
from surae.report.gallery import gallery
from surae.report.page import inline_svg, page, write_report
from surae.report.reported import ReportedStride, reported
from surae.report.table import compare

STEMS = {"achilles", "runner", "angles", "ground_reaction", "moments", "activations"}
VOID = {"meta", "br"}


@pytest.fixture(scope="session")
def written(healthy, weak, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    targets = read_targets(library_path() / "models" / "validation" / "targets.csv")
    paths = write_report(
        [healthy, weak],
        folder / "new" / "place",
        {"achilles_peak_force": 10.0},
        {"git commit": "abc & def"},
        norms=normative,
        validation=evaluate(targets, [(4.0, healthy.metrics)]),
    )
    return SimpleNamespace(paths=paths, page=paths[0].read_text(encoding="utf-8"))


class Tags(HTMLParser):
    """Counts tags that are opened and never closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str | None] = []

    def handle_starttag(self, tag, attrs):
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_all_files_are_written_and_named(written):
    names = {path.name for path in written.paths}
    stems = STEMS | {"validation"}
    assert {f"{stem}.{kind}" for stem in stems for kind in ("png", "svg")} <= names
    assert {"report.html", "comparison.csv", "comparison.md", "comparison.txt"} <= names
    assert written.paths[0].name == "report.html"
    assert all(path.stat().st_size > 500 for path in written.paths)


def test_the_page_needs_no_network_and_no_other_file(written):
    assert not re.search(r"https?:|//\w|@import|<link|<script|<img", written.page)
    assert all(url.startswith("url(#") for url in re.findall(r"url\([^)]*", written.page))
    assert "prefers-color-scheme" in written.page
    assert 'name="viewport"' in written.page


def test_the_page_is_well_formed_with_ids_used_once(written):
    tags = Tags()
    tags.feed(written.page)
    assert tags.open == []
    assert len(tags.ids) == len(set(tags.ids))
    targets = set(re.findall(r'href="#([^"]+)"', written.page))
    targets |= set(re.findall(r"url\(#([^)]+)\)", written.page))
    assert targets <= set(tags.ids)


def test_names_are_escaped_and_provenance_is_there(written):
    assert "gluteus maximus &lt;70 %&gt;" in written.page
    assert "<70 %>" not in written.page
    assert "abc &amp; def" in written.page
    assert "calibrated" in written.page


def test_an_effect_below_the_noise_is_called_so(written):
    assert "not resolved: no change of the peak found" in written.page


def test_figures_follow_the_colors_of_the_page(written):
    assert "currentColor" in written.page
    assert figures.INK not in written.page
    assert (
        inline_svg('<svg width="72pt"><g id="a"/></svg>', "x", 'A "title"').count('id="x-a"') == 1
    )


def test_the_same_strides_give_the_same_bytes(healthy, weak, tmp_path):
    pair = [figures.moments([curves(healthy), curves(weak)], {}) for _ in range(2)]
    assert figures.as_svg(pair[0]) == figures.as_svg(pair[1])
    for name, figure in zip("ab", pair, strict=True):
        figures.save_png(figure, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def bare_page(strides, noise=None) -> str:
    return page(strides, compare(strides, noise), [], {}, {})


def test_without_noise_the_page_says_that_it_is_unknown(healthy, weak):
    assert "noise floor was not measured" in bare_page([healthy, weak])
    assert "noise floor was not measured" not in bare_page([healthy])


def test_an_iterate_is_not_shown_as_a_solution(healthy, make_gait):
    stopped = make_gait(status="not converged: iteration limit reached")
    strides = [healthy, reported(("stopped", stopped, healthy.metrics))]
    assert "stopped is not a solution" in bare_page(strides)


def test_one_stride_with_unequal_legs_shows_both(make_gait):
    lame = reported(("lame", make_gait(left=0.8)))
    stems = {exhibit.stem for exhibit in gallery([lame])}
    assert {"achilles_r", "achilles_l"} <= stems
    assert "achilles" not in stems


def test_three_strengths_make_a_dose_response(healthy, weak):
    half = ReportedStride("half", weak.gait, weak.metrics, 0.5)
    assert "dose_response" in {exhibit.stem for exhibit in gallery([healthy, weak, half])}


def test_a_long_sweep_draws_the_baseline_and_the_last(healthy, weak):
    many = [healthy, *(ReportedStride(f"case {i}", weak.gait, weak.metrics) for i in range(9))]
    first = next(exhibit for exhibit in gallery(many) if exhibit.stem == "achilles")
    drawn = [text.get_text() for text in first.figure.legends[0].get_texts()]
    assert len(drawn) == figures.MOST_CURVES
    assert (drawn[0], drawn[-1]) == ("healthy", "case 8")
    assert bare_page(many).count('class="lead"') == 1


def test_a_speed_without_measured_bands_is_drawn_without_them(weak):
    def refuse(quantity: str, speed: float, side: str = "r"):
        raise ValueError("outside the data")

    norms: Any = SimpleNamespace(
        normative_curve=refuse, pelvis_frame_shift_deg=lambda name: math.nan
    )
    assert not any("Hamner" in exhibit.caption for exhibit in gallery([weak], norms=norms))


def test_no_stride_is_refused(tmp_path):
    with pytest.raises(ValueError, match="at least the baseline"):
        write_report([], tmp_path)


def test_bands_are_moved_to_our_pelvis_frame(healthy):
    band = normative.normative_curve("hip_flexion", 4.0)
    shift = normative.pelvis_frame_shift_deg("hip_flexion")
    drawn = figures.angles([curves(healthy)], {"hip_flexion": band}, {"hip_flexion": shift})
    hip = next(ax for ax in drawn.axes if ax.get_title(loc="left").startswith("Hip"))
    lines = [np.asarray(line.get_ydata()) for line in hip.lines]
    mean = next(line for line in lines if line.size == band.mean.size)
    np.testing.assert_allclose(mean, band.mean + 8.0)
