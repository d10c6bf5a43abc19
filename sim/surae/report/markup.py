"""Pieces of the page as HTML text: what every section is made of. All text is escaped here."""

from __future__ import annotations

import dataclasses
import html
import re
from collections.abc import Sequence


@dataclasses.dataclass(frozen=True)
class Section:
    """A part of the page with its heading; `short`: its name in the list of contents."""

    id: str
    title: str
    short: str
    body: str


@dataclasses.dataclass(frozen=True)
class Cell:
    """A cell of a table: lines of text, and how it is meant (`num`, `strong`, `weak`, `head`)."""

    lines: tuple[str, ...]
    kind: str = ""


def escaped(text: object) -> str:
    """Text that cannot be taken for HTML."""
    return html.escape(str(text), quote=True)


def words(*lines: object, kind: str = "") -> Cell:
    """A cell of text."""
    return Cell(tuple(str(line) for line in lines), kind)


def number_cell(*lines: object, kind: str = "") -> Cell:
    """A cell of numbers, set to the right."""
    return Cell(tuple(str(line) for line in lines), f"num {kind}".strip())


def paragraph(text: str, kind: str = "") -> str:
    """A paragraph; kind: `lead`, `quiet`, `alert`."""
    return f"<p{_class(kind)}>{escaped(text)}</p>"


def table(
    caption: str,
    heads: Sequence[Cell],
    groups: Sequence[tuple[str, Sequence[Sequence[Cell]]]],
    *,
    hidden_caption: bool = False,
) -> str:
    """A table that scrolls sideways where it is too wide; the first cell of a row is its head."""
    head = "".join(f'<th scope="col"{_class(c.kind)}>{_lines(c)}</th>' for c in heads)
    bodies = []
    for title, rows in groups:
        lines = [_row(row) for row in rows]
        if title:
            span = f'<tr><th scope="rowgroup" class="group" colspan="{len(heads)}">'
            lines.insert(0, f"{span}{escaped(title)}</th></tr>")
        bodies.append(f"<tbody>{''.join(lines)}</tbody>")
    hide = ' class="unseen"' if hidden_caption else ""
    # A region that scrolls can be reached and moved by keyboard.
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escaped(caption)}"><table>'
        f"<caption{hide}>{escaped(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"{''.join(bodies)}</table></div>"
    )


def _row(cells: Sequence[Cell]) -> str:
    first, *others = cells
    parts = [f'<th scope="row"{_class(first.kind)}>{_lines(first)}</th>']
    parts += [f"<td{_class(cell.kind)}>{_lines(cell)}</td>" for cell in others]
    return f"<tr>{''.join(parts)}</tr>"


def _lines(cell: Cell) -> str:
    return "<br>".join(escaped(line) for line in cell.lines)


def details(summary: str, body: str, *, printed: bool = True) -> str:
    """A part that opens on demand; on paper it is open, or absent."""
    kind = "" if printed else "screen"
    return f"<details{_class(kind)}><summary>{escaped(summary)}</summary>{body}</details>"


def figure(body: str, caption: str) -> str:
    """A figure with its caption."""
    return f"<figure>{body}<figcaption>{escaped(caption)}</figcaption></figure>"


def subheading(text: str) -> str:
    """A heading inside a section."""
    return f"<h3>{escaped(text)}</h3>"


def section(part: Section) -> str:
    """A section with its heading and a place for links."""
    return (
        f'<section id="{part.id}" aria-labelledby="{part.id}-title">'
        f'<h2 id="{part.id}-title">{escaped(part.title)}</h2>\n{part.body}\n</section>'
    )


def identifier(text: str) -> str:
    """A word that can be an id."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "x"


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""
