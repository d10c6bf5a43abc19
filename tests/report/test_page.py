"""The report is complete, stands alone, and says what it is made of."""

from __future__ import annotations

import itertools
import math
import re
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from surae.files import normative
from surae.files.library import library_path
from surae.loads.validation import evaluate, read_targets
from surae.report import figures
from surae.report.curves import curves
from surae.report.gallery import gallery
from surae.report.page import asset, page, write_report
from surae.report.reported import BranchFound, ReportedStride, reported
from surae.report.study_summary import Effect, StudyCase, StudySummary
from surae.report.subject import Subject

STEMS = {"achilles", "angles", "ground_reaction", "moments", "activations", "validation"}
VOID = {"meta", "br", "img", "input"}
LARGEST = 10 * 1024 * 1024  # bytes of a page


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


def without_scripts(text: str) -> str:
    return re.sub(r"<(script|style)[^>]*>.*?</\1>", "", text, flags=re.DOTALL)


class Tags(HTMLParser):
    """Counts tags that are opened and never closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str | None] = []
        self.all: list[tuple[str, list[tuple[str, str]]]] = []

    def handle_starttag(self, tag, attrs):
        self.all.append((tag, [(name, value or "") for name, value in attrs]))
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_all_files_are_written_and_named(written):
    names = {path.name for path in written.paths}
    assert {f"{stem}.{kind}" for stem in STEMS for kind in ("png", "svg")} <= names
    assert {"report.html", "runner.png"} <= names
    assert {"comparison.csv", "comparison.md", "comparison.txt"} <= names
    assert written.paths[0].name == "report.html"
    assert all(path.stat().st_size > 500 for path in written.paths)


def test_the_page_needs_no_network_and_no_other_file(written):
    tags = Tags()
    tags.feed(written.page)
    loads = [
        (tag, name, value)
        for tag, attributes in tags.all
        for name, value in attributes
        if name in ("src", "href", "data", "poster", "action", "srcset", "xlink:href")
    ]
    assert loads and all(value.startswith(("#", "data:image/png;base64,")) for *_, value in loads)
    assert not {tag for tag, _ in tags.all} & {"link", "iframe", "object", "embed", "base"}
    style = re.sub(r"/\*.*?\*/", "", asset("page.css"), flags=re.DOTALL)
    assert not re.search(r"@import|url\(|https?:", style)
    assert not re.search(
        r"\bfetch\(|XMLHttpRequest|import\(", asset("player.js") + asset("page.js")
    )
    assert len(written.page.encode()) < LARGEST


def test_scripts_cannot_end_early():
    for name in ("three.min.js", "skeleton.js", "page.js", "player.js"):
        assert "</script" not in asset(name) and "<!--" not in asset(name)
        assert asset(name).isascii(), "the page is UTF-8; scripts need no more than ASCII"


def test_the_page_is_well_formed_with_ids_used_once(written):
    tags = Tags()
    tags.feed(written.page)
    assert tags.open == []
    assert len(tags.ids) == len(set(tags.ids))
    body = without_scripts(written.page)
    targets = set(re.findall(r'href="#([^"]+)"', body))
    for names in re.findall(r'aria-labelledby="([^"]+)"', body):
        targets |= set(names.split())
    assert targets <= set(tags.ids)


def test_headings_and_landmarks_are_in_order(written):
    tags = Tags()
    tags.feed(written.page)
    order = [tag for tag, _ in tags.all]
    levels = [int(tag[1]) for tag in order if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert order.count("main") == order.count("nav") == 1
    assert dict(next(a for tag, a in tags.all if tag == "html"))["lang"] == "en"


def test_pictures_and_tables_are_named(written):
    tags = Tags()
    tags.feed(written.page)
    drawings = [dict(a) for tag, a in tags.all if tag == "svg"]
    assert all("aria-labelledby" in a or a.get("aria-hidden") == "true" for a in drawings)
    assert all(dict(a).get("alt") for tag, a in tags.all if tag == "img")
    body = without_scripts(written.page)
    assert body.count("<table>") == body.count("<caption") > 2
    assert all(dict(a).get("scope") in ("row", "col", "rowgroup") for t, a in tags.all if t == "th")


def test_light_and_dark_phone_and_paper(written):
    assert "prefers-color-scheme: dark" in written.page and "@media print" in written.page
    assert "prefers-reduced-motion" in written.page
    assert 'name="viewport"' in written.page
    assert "NaN" not in without_scripts(written.page)


SECTIONS = ("answer", "runner", "tendon", "angles", "moments", "ground", "activations", "numbers")


def sections(text: str) -> list[str]:
    return re.findall(r'<section id="([^"]+)"', text)


def test_every_section_is_there_for_a_pair(written):
    assert sections(written.page) == [*SECTIONS, "failures", "validation", "origin"]


def test_every_section_is_there_for_one_stride(healthy):
    assert sections(bare_page([healthy])) == [*SECTIONS, "failures", "origin"]


def test_paper_leaves_out_what_lies_beside_the_page(written):
    """The numbers of six strides would be 40 pages of 50."""
    numbers = written.page.split('<section id="numbers"')[1].split("</section>")[0]
    assert numbers.count("<details") == numbers.count('<details class="screen"') == 1
    assert "comparison.csv" in numbers
    paper = asset("page.css").split("@media print")[1]
    assert ".screen" in paper.split("{ display: none; }")[0]
    assert ":not(.screen)" in asset("page.js")
    others = without_scripts(written.page.replace(numbers, ""))
    assert "<details>" in others and 'class="screen"' not in others


def test_without_webgl_one_line_says_so_and_the_strip_stays(written):
    stage = written.page.split('<div class="stage">')[1].split("<script")[0]
    assert 'data-part="flat" hidden>This browser does not draw in three dimensions' in stage
    assert '<div class="strip">' in stage and "data:image/png;base64," in stage
    before = asset("player.js").split("new THREE.WebGLRenderer")[0]
    assert 'find("flat").hidden = Boolean(probe)' in before


def test_names_are_escaped_and_provenance_is_there(written):
    assert "gluteus maximus &lt;70 %&gt;" in written.page
    assert "<70 %>" not in written.page
    assert "abc &amp; def" in written.page
    assert "calibrated" in written.page


def test_an_effect_below_the_noise_is_called_so(written):
    assert "so that it is not resolved" in written.page
    assert "noise floor of this change is 10 BW" in written.page


def test_a_noise_band_is_drawn_only_where_a_floor_was_measured(written, healthy, weak):
    assert '<rect class="floor" x=' in written.page
    assert '<rect class="floor" x=' not in bare_page([healthy, weak])
    other = bare_page([healthy, weak], {"achilles_peak_strain": 0.001})
    assert other.count('<rect class="floor" x=') == 1


def test_the_answer_says_whether_the_branch_was_followed(healthy, weak):
    def answer(branch):
        weakened = ReportedStride("weak", weak.gait, weak.metrics, 0.7, branch)
        return bare_page([healthy, weakened])

    assert "was not checked" in answer(None)
    assert "stayed on the branch of its start (mismatch 0.02)" in answer(
        BranchFound("followed", 0.02)
    )
    assert "it left the branch of its start" in answer(BranchFound("left", 0.7))


def test_the_same_strides_give_the_same_bytes(healthy, weak, tmp_path):
    pair = [figures.moments([curves(healthy), curves(weak)], {}) for _ in range(2)]
    assert figures.as_svg(pair[0]) == figures.as_svg(pair[1])
    for name, figure in zip("ab", pair, strict=True):
        figures.save_png(figure, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def quick_page(subject: Subject) -> str:
    """The page without its strip of pictures, which takes longest; `written` has it."""
    with patch("surae.report.sections.runner.strip_png", return_value="data:image/png;base64,"):
        return page(subject)


def bare_page(strides, noise=None) -> str:
    return quick_page(Subject(strides, noise or {}))


def test_without_noise_the_page_says_that_it_is_unknown(healthy, weak):
    assert "noise floor was not measured" in bare_page([healthy, weak])
    assert "noise floor was not measured" not in bare_page([healthy])


def test_an_iterate_is_not_shown_as_a_solution(healthy, make_gait):
    stopped = make_gait(status="not converged: iteration limit reached")
    strides = [healthy, reported(("stopped", stopped, healthy.metrics))]
    assert "stopped is not a solution" in bare_page(strides)


def test_one_stride_with_unequal_legs_shows_both(make_gait):
    lame = reported(("lame", make_gait(left=0.8)))
    stems = {exhibit.stem for exhibit in gallery(Subject([lame]))}
    assert {"achilles_r", "achilles_l"} <= stems
    assert "achilles" not in stems


def test_three_strengths_make_a_dose_response(healthy, weak):
    half = ReportedStride("half", weak.gait, weak.metrics, 0.5)
    subject = Subject([healthy, weak, half])
    assert "dose_response" in {exhibit.stem for exhibit in gallery(subject)}
    assert "dose" in sections(quick_page(subject))


def test_a_long_sweep_draws_the_baseline_and_the_last(healthy, weak):
    many = [healthy, *(ReportedStride(f"case {i}", weak.gait, weak.metrics) for i in range(9))]
    first = next(exhibit for exhibit in gallery(Subject(many)) if exhibit.stem == "achilles")
    drawn = [text.get_text() for text in first.figure.legends[0].get_texts()]
    assert len(drawn) == figures.MOST_CURVES
    assert (drawn[0], drawn[-1]) == ("healthy", "case 8")
    assert bare_page(many[:7]).count('class="lead"') == 1


def test_a_speed_without_measured_bands_is_drawn_without_them(weak):
    def refuse(quantity: str, speed: float, side: str = "r"):
        raise ValueError("outside the data")

    norms: Any = SimpleNamespace(
        normative_curve=refuse, pelvis_frame_shift_deg=lambda name: math.nan
    )
    subject = Subject([weak], norms=norms)
    assert not any("Hamner" in exhibit.caption for exhibit in gallery(subject))
    assert "Hamner" not in quick_page(subject)


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


def case(name: str, value: float, status: str = "solved", branch: str = "followed") -> StudyCase:
    """A case of a study that weakens the soleus; healthy where nothing is taken."""
    doses = {} if value == 1.0 else {"soleus strength": value}
    effects = {"achilles_peak_force": Effect(7.0 - value, 6.0)} if status == "solved" else {}
    reason = "" if status == "solved" else "largest violation in <knee>"
    return StudyCase(name, name, status, reason, branch, 0.1, value == 1.0, doses, effects)


@pytest.fixture(scope="session")
def study() -> StudySummary:
    cases = (
        case("healthy", 1.0),
        case("soleus 80 %", 0.8),
        case("soleus 60 %", 0.6, branch="left"),
        case("soleus 40 %", 0.4, status="not converged"),
        case("soleus 20 %", 0.2),
    )
    return StudySummary("soleus", "What does <it> do?", cases, {"achilles_peak_force": "BW"}, {})


def test_a_study_shows_its_doses_cases_and_failures(healthy, weak, study):
    text = quick_page(Subject([healthy, weak], {"achilles_peak_force": 0.05}, study=study))
    here = sections(text)
    assert here == ["answer", "dose", *SECTIONS[1:7], "cases", "numbers", "failures", "origin"]
    assert "What does &lt;it&gt; do?" in text
    assert "Of 3 what-ifs, the peak Achilles force changes most with soleus 20 %: +13.33 %" in text
    assert "2 of 3 stayed on the branch" in text and "3 of 3 are resolved" in text
    assert "1 of 5 cases have no answer" in text
    failures = text.split('<section id="failures"')[1].split("</section>")[0]
    assert "soleus 40 %" in failures and "largest violation in &lt;knee&gt;" in failures
    dose = text.split('<section id="dose"')[1].split("</section>")[0]
    assert dose.count("<circle") == 4, "three cases, and the healthy runner they start from"


def test_a_study_without_failures_says_so(healthy, weak, study):
    solved = tuple(each for each in study.cases if each.solved)
    whole = StudySummary("soleus", "", solved, study.units, {})
    text = quick_page(Subject([healthy, weak], study=whole))
    assert "None: all 4 cases are solved." in text
