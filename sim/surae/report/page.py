"""The report: one self-contained page, and beside it the figures and the table as files.

`report.html` needs no network and no other file: style, scripts and the three-dimensional runner
are in it. The answer comes first, then how the loads follow the dose and what the runner looks
like, then every number, then where it all comes from. Each section is a file of `sections`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from numpy.typing import ArrayLike

from surae.loads.validation import Row as ValidationRow
from surae.report import figures
from surae.report.film import save_strip
from surae.report.gallery import gallery
from surae.report.markup import Section, escaped, section
from surae.report.reported import Norms, ReportedStride, reported
from surae.report.scene import scene
from surae.report.sections import (
    activations,
    answer,
    cases,
    dose,
    motion,
    numbers,
    origin,
    runner,
    tendon,
    validity,
)
from surae.report.sections import worth as worth_section
from surae.report.study_summary import StudySummary
from surae.report.subject import Subject
from surae.report.table import as_csv, as_markdown, as_text
from surae.report.worth_map import WorthMap

PAGE = "report.html"
SECTIONS: tuple[Callable[[Subject], Section | None], ...] = (
    answer.section,
    dose.section,
    worth_section.section,
    runner.section,
    tendon.section,
    motion.angles,
    motion.moments,
    motion.ground_reaction,
    activations.section,
    cases.every_case,
    numbers.section,
    cases.failures,
    validity.section,
    origin.section,
)
STYLE, SCRIPTS = "page.css", ("three.min.js", "skeleton.js", "page.js", "player.js")
_STRIP_HEIGHT = 520  # pixels of the strip that lies beside the page


def write_report(
    strides: Sequence[ReportedStride | Sequence[Any]],
    folder: Path | str,
    noise: Mapping[str, ArrayLike] | None = None,
    provenance: Mapping[str, Any] | None = None,
    *,
    norms: Norms | None = None,
    validation: Sequence[ValidationRow] = (),
    study: StudySummary | None = None,
    worth: WorthMap | None = None,
) -> list[Path]:
    """Write the report of strides[0], the baseline, and its what-ifs; the page is the first path.

    strides: `ReportedStride`, or (name, gait), (name, gait, metrics), (name, gait, metrics,
    strength). noise: the noise floor of a metric in its own unit. norms: where measured bands
    come from, the module `surae.files.normative`. validation: rows of `loads.validation`. study:
    the study that the strides are taken from. worth: of the baseline's strengths.
    """
    given = [reported(stride) for stride in strides]
    if not given:
        raise ValueError("No stride to report; give at least the baseline.")
    folder = Path(folder)
    subject = Subject(given, noise or {}, norms, validation, study, provenance or {}, worth)
    exhibits = gallery(subject)
    texts = {
        PAGE: page(subject),
        "comparison.txt": as_text(subject.comparison),
        "comparison.md": as_markdown(subject.comparison),
        "comparison.csv": as_csv(subject.comparison),
        **{f"figures/{e.stem}.svg": figures.as_svg(e.figure) for e in exhibits},
    }
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    for exhibit in exhibits:
        figures.save_png(exhibit.figure, folder / "figures" / f"{exhibit.stem}.png")
    _save_strip(subject, folder / "figures" / "runner.png")
    pictures = [f"figures/{e.stem}.png" for e in exhibits] + ["figures/runner.png"]
    return [folder / name for name in (*texts, *pictures)]


def _save_strip(subject: Subject, path: Path) -> None:
    """The last drawn stride in pictures, the baseline as its ghost."""
    scenes = [scene(subject.names[i], subject.ready[i]) for i in (0, -1)]
    ghost = scenes[0] if len(subject.shown) > 1 else None
    save_strip(scenes[1], ghost, path, _STRIP_HEIGHT, "side")


def page(subject: Subject) -> str:
    """The whole page as text."""
    title = _title(subject)
    parts = [each(subject) for each in SECTIONS]
    sections = [part for part in parts if part is not None]
    links = "".join(f'<li><a href="#{part.id}">{escaped(part.short)}</a></li>' for part in sections)
    head = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escaped(title)}</title>\n<style>\n{asset(STYLE)}</style>\n</head>\n<body>\n"
        '<a class="skip" href="#main">To the answer</a>\n'
    )
    header = (
        f'<header><div class="top"><h1>{escaped(title)}</h1>'
        '<button type="button" class="theme" hidden>Dark page</button></div>'
        f'<nav aria-label="Sections"><ul>{links}</ul></nav></header>\n'
    )
    body = "\n".join(section(part) for part in sections)
    footer = "<footer>Written by surae. It does not diagnose and calls no load safe.</footer>"
    scripts = "".join(f"<script>\n{asset(name)}</script>\n" for name in SCRIPTS)
    return f'{head}{header}<main id="main">\n{body}\n</main>\n{footer}\n{scripts}</body>\n</html>\n'


def asset(name: str) -> str:
    """A file of `assets` as text."""
    return (resources.files("surae.report") / "assets" / name).read_text(encoding="utf-8")


def _title(subject: Subject) -> str:
    if subject.study is not None:
        return f"surae: {subject.study.name.replace('_', ' ')}"
    names = subject.comparison.cases
    title = f"surae: {subject.strides[0].name}"
    if names:
        title += f" and {', '.join(names)}" if len(names) < 3 else f" and {len(names)} what-ifs"
    return title
