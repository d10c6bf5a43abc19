"""What each muscle's strength is worth to the load: bars, the body in their colors, a table."""

from __future__ import annotations

import numpy as np

from surae.report import palette
from surae.report.bar_plot import Bar, bar_plot, ends_of
from surae.report.film import picture_png
from surae.report.markup import (
    Section,
    details,
    escaped,
    figure,
    number_cell,
    paragraph,
    table,
    words,
)
from surae.report.subject import Subject
from surae.report.worth_map import WorthMap, body_pictures, name_of
from surae.sensitivity.worth import Worth

_MOST_BARS = 10
_HEIGHT = 520  # pixels of the body


def section(subject: Subject) -> Section | None:
    """Of the baseline, where its derivatives were asked for."""
    found = subject.worth
    if found is None:
        return None
    parts = [paragraph(_text(subject, found), "quiet"), _bars(found), _body(subject, found)]
    rows = [*found.groups, *found.muscles]
    parts.append(details(f"All {len(rows)} groups and muscles", _table(found)))
    return Section("worth", "What each muscle is worth", "Worth", "".join(parts))


def _text(subject: Subject, found: WorthMap) -> str:
    text = (
        f"{found.title} of {subject.names[0]} where a tenth of a strength is lost: the exact "
        "derivative at this stride times the step, hence to first order; a study tells of more. "
        "Blue: less load. Orange: more."
    )
    if found.has_floor:
        return f"{text} Whiskers: how far the slope moves on two other meshes."
    return f"{text} The noise floor was not measured: 'surae sensitivity --floor' does."


def _bars(found: WorthMap) -> str:
    parts = [("Groups", found.groups[:_MOST_BARS]), ("Single muscles", found.muscles[:_MOST_BARS])]
    bars = [(title, [Bar(name_of(r), r.change, r.floor) for r in rows]) for title, rows in parts]
    ends = ends_of([bar for _, each in bars for bar in each])
    drawn = [
        bar_plot(title, f"{found.unit} per 10 % weaker", each, f"worth-{number}", ends)
        for number, (title, each) in enumerate(bars)
        if each
    ]
    return f'<div class="plots">{"".join(drawn)}</div>'


def _body(subject: Subject, found: WorthMap) -> str:
    pictures = body_pictures(found, subject.ready[0], _HEIGHT)
    views = ", ".join(name for name, _ in pictures)
    image = picture_png(np.concatenate([each for _, each in pictures], axis=1))
    text = (
        f"The muscles {views}, each by what it does alone; the tendon and the bones have no color "
        "of their own. The color goes by the root of the change."
    )
    stops = ",".join(f"rgb{color}" for color in palette.WORTH)
    end = f"{found.largest:.2g} {found.unit}"
    scale = (
        f'<ul class="legend"><li>less by {end} <span class="bar" style="background:linear-gradient'
        f'(90deg,{stops})"></span> more by {end}</li></ul>'
    )
    return figure(f'<img class="body" src="{image}" alt="{escaped(text)}">', text) + scale


def _table(found: WorthMap) -> str:
    heads = [words("Strength"), words(f"10 % weaker ({found.unit})", kind="num")]
    heads += [words("in %", kind="num"), words("bounds", kind="num")]
    heads += [words("noise floor", kind="num")] if found.has_floor else []
    groups = (("Groups", found.groups), ("Single muscles", found.muscles))
    lines = [(title, [_cells(row) for row in rows]) for title, rows in groups if rows]
    return table(f"Change of {found.title}", heads, lines)


def _cells(row: Worth) -> list:
    cells = [words(name_of(row)), number_cell(f"{row.change:+.2g}")]
    cells += [number_cell(f"{row.percent:+.2f}"), number_cell(f"{row.spread:.1g}", kind="weak")]
    return cells if row.floor is None else [*cells, number_cell(f"{row.floor:.1g}", kind="weak")]
