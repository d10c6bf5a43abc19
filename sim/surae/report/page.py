"""The report: one self-contained page, and beside it the figures and the table as files.

`report.html` needs no network and no other file. The answer comes first, then what the runner
looks like, then every number, then where it all comes from.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import ArrayLike

from surae.loads.validation import Row as ValidationRow
from surae.report import figures
from surae.report.gallery import Exhibit, gallery
from surae.report.headline import headline
from surae.report.metric_order import ANSWER
from surae.report.page_style import CSS
from surae.report.reported import Norms, ReportedStride, reported
from surae.report.table import (
    NOT_RESOLVED,
    RESOLVED,
    Comparison,
    Row,
    alone,
    as_csv,
    as_markdown,
    as_text,
    cells,
    compare,
    header,
    number,
    percentage,
)

PAGE = "report.html"
# Widths of an inch of figure on the page: below the first, text would be too small to read.
SMALLEST_REM, LARGEST_REM = 4.0, 7.4


def write_report(
    strides: Sequence[ReportedStride | Sequence[Any]],
    folder: Path | str,
    noise: Mapping[str, ArrayLike] | None = None,
    provenance: Mapping[str, Any] | None = None,
    *,
    norms: Norms | None = None,
    validation: Sequence[ValidationRow] = (),
) -> list[Path]:
    """Write the report of strides[0], the baseline, and its what-ifs; the page is the first path.

    strides: `ReportedStride`, or (name, gait), (name, gait, metrics), (name, gait, metrics,
    strength). noise: the noise floor of a metric in its own unit. norms: where measured bands
    come from, the module `surae.files.normative`. validation: rows of `loads.validation`.
    """
    given = [reported(stride) for stride in strides]
    if not given:
        raise ValueError("No stride to report; give at least the baseline.")
    folder = Path(folder)
    comparison = compare(given, noise)
    exhibits = gallery(given, noise, norms, validation)
    drawings = {exhibit.stem: figures.as_svg(exhibit.figure) for exhibit in exhibits}
    texts = {
        PAGE: page(given, comparison, exhibits, drawings, provenance or {}),
        "comparison.txt": as_text(comparison),
        "comparison.md": as_markdown(comparison),
        "comparison.csv": as_csv(comparison),
        **{f"figures/{stem}.svg": svg for stem, svg in drawings.items()},
    }
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    paths = []
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
        paths.append(folder / name)
    for exhibit in exhibits:
        path = folder / "figures" / f"{exhibit.stem}.png"
        figures.save_png(exhibit.figure, path)
        paths.append(path)
    return paths


def page(
    strides: Sequence[ReportedStride],
    comparison: Comparison,
    exhibits: Sequence[Exhibit],
    drawings: Mapping[str, str],
    provenance: Mapping[str, Any],
) -> str:
    """The whole page as text."""
    title = f"surae: {strides[0].name}"
    if comparison.cases:
        title += (
            f" and {', '.join(comparison.cases)}"
            if len(comparison.cases) < 3
            else (f" and {len(comparison.cases)} what-ifs")
        )
    body = [
        f"<h1>{html.escape(title)}</h1>",
        *(f'<p class="lead">{html.escape(line)}</p>' for line in headline(comparison)),
        *_warnings(strides, comparison),
        _answer(comparison),
        _reading_help(strides, comparison),
        *(_exhibit(exhibit, drawings[exhibit.stem]) for exhibit in exhibits),
        "<h2>Every number</h2>",
        *_full_tables(comparison),
        "<h2>Where this comes from</h2>",
        _facts({**_facts_of(strides), **provenance}),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>{CSS}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def _warnings(strides: Sequence[ReportedStride], comparison: Comparison) -> list[str]:
    lines = [
        f"{s.name} is not a solution ({s.gait.status}): read its numbers as those of an iterate."
        for s in strides
        if not s.solved
    ]
    if comparison.cases and all(row.noise is None for row in comparison.rows):
        lines.append(
            "The noise floor was not measured for these strides: whether a difference stands out "
            "of the solver's noise is not known."
        )
    return [f'<p class="alert">{html.escape(line)}</p>' for line in lines]


def _answer(comparison: Comparison) -> str:
    """Baseline and every what-if side by side, for the rows of the answer."""
    rows = [row for row in comparison.rows if row.section == ANSWER]
    heads = ("load", comparison.baseline, *comparison.cases)
    noisy = any(row.noise is not None for row in rows)
    heads = (*heads, "noise floor") if noisy else heads
    lines = []
    for row in rows:
        parts = [
            _cell(f"{row.label} ({row.unit})", "text"),
            _cell(number(row.baseline), ""),
        ]
        parts += [_change(row, case) for case in range(len(comparison.cases))]
        if noisy:
            parts.append(_cell("-" if row.noise is None else f"{row.noise:.2g}", "weak"))
        lines.append(f"<tr>{''.join(parts)}</tr>")
    return _table(heads, lines)


def _change(row: Row, case: int) -> str:
    """A what-if's value over its change, quiet where that is not resolved."""
    verdict = row.verdict(case)
    lines = [number(row.values[case]), percentage(row.percent(case))]
    lines += [verdict] if verdict == NOT_RESOLVED else []
    kind = {NOT_RESOLVED: "weak", RESOLVED: "strong"}.get(verdict, "")
    return f'<td class="{kind}">{"<br>".join(html.escape(line) for line in lines)}</td>'


def _reading_help(strides: Sequence[ReportedStride], comparison: Comparison) -> str:
    arm = strides[0].metrics.get("achilles_moment_arm_at_peak")
    arm = math.nan if arm is None else float(arm.value.max())
    text = (
        "Read the change before the level: published Achilles forces in running differ by a factor "
        "of two to three between methods."
    )
    if not math.isnan(arm):
        text += f" The moment arm at work here is {100.0 * arm:.1f} cm at peak force."
    text += (
        " Weighted impulses count load to a power, relative to 6 body weights: compare them "
        "between runners only. Nothing here says that a load is safe or unsafe."
    )
    if comparison.cases:
        text += f' "{NOT_RESOLVED}" means smaller than three times the noise floor.'
    return f'<p class="quiet">{html.escape(text)}</p>'


def _exhibit(exhibit: Exhibit, svg: str) -> str:
    return (
        f"<h2>{html.escape(exhibit.title)}</h2>\n<figure>"
        f'<div class="wide">{inline_svg(svg, exhibit.stem, exhibit.title)}</div>'
        '<p class="more">Wider than the screen: swipe sideways.</p>'
        f"<figcaption>{html.escape(exhibit.caption)}</figcaption></figure>"
    )


def inline_svg(svg: str, stem: str, title: str) -> str:
    """An SVG file as part of the page: its own ids, the page's text color, no paper behind it."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\s+xmlns(:\w+)?="[^"]*"', "", svg)
    svg = re.sub(r'\bid="', f'id="{stem}-', svg)
    svg = svg.replace('href="#', f'href="#{stem}-').replace("url(#", f"url(#{stem}-")
    svg = svg.replace("fill: #ffffff", "fill: none").replace(figures.INK, "currentColor")
    svg = svg.replace(figures.BLUE.lower(), "var(--blue)")
    inches = float(svg.split('width="', 1)[1].split("pt", 1)[0]) / 72.0
    size = f"min-width:{SMALLEST_REM * inches:.1f}rem;max-width:{LARGEST_REM * inches:.1f}rem"
    label = html.escape(title, quote=True)
    return svg.replace("<svg", f'<svg role="img" aria-label="{label}" style="{size}"', 1)


def _full_tables(comparison: Comparison) -> list[str]:
    if not comparison.cases:
        return [_sections(comparison, ("metric", "unit", comparison.baseline), alone)]
    return [
        f"<details{' open' if len(comparison.cases) == 1 else ''}><summary>"
        f"{html.escape(comparison.baseline)} and {html.escape(name)}</summary>"
        + _sections(comparison, header(comparison, case), lambda row, case=case: cells(row, case))
        + "</details>"
        for case, name in enumerate(comparison.cases)
    ]


def _sections(comparison: Comparison, heads: Sequence[str], of) -> str:
    lines = []
    for title, rows in comparison.sections:
        lines.append(f'<tr><th colspan="{len(heads)}">{html.escape(title)}</th></tr>')
        for row in rows:
            parts = [_cell(text, _place(i, len(heads))) for i, text in enumerate(of(row))]
            lines.append(f"<tr>{''.join(parts)}</tr>")
    return _table(heads, lines)


def _place(column: int, columns: int) -> str:
    """Words stand left, numbers right; the verdict in the last of eight columns is a word."""
    if column == columns - 1 == 7:
        return "text verdict"
    return "text" if column < 2 else ""


_WORDS = ("load", "metric", "unit", "verdict")  # heads of columns of words


def _table(heads: Sequence[str], lines: Sequence[str]) -> str:
    top = "".join(
        f'<th class="{"text" if head in _WORDS else ""}">{html.escape(head)}</th>' for head in heads
    )
    return (
        f'<div class="wide"><table><thead><tr>{top}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def _cell(text: str, kind: str) -> str:
    return (
        f'<td class="{kind}">{html.escape(text)}</td>' if kind else f"<td>{html.escape(text)}</td>"
    )


def _facts_of(strides: Sequence[ReportedStride]) -> dict[str, str]:
    gait = strides[0].gait
    facts = {
        "model": str(getattr(gait.runner, "name", "")),
        "mode": gait.mode,
        "speed": f"{float(gait.speed):g} m/s",
        "body mass": f"{float(gait.runner.body_mass):.1f} kg",
    }
    return facts | {f"status of {s.name}": s.gait.status for s in strides}


def _facts(facts: Mapping[str, Any]) -> str:
    lines = [
        f"<tr>{_cell(str(name), '')}{_cell(str(value), '')}</tr>"
        for name, value in facts.items()
        if str(value)
    ]
    return f'<table class="facts"><tbody>{"".join(lines)}</tbody></table>'
