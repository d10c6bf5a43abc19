"""Achilles tendon over the stride: force, strain, stress, and what the what-ifs change in them."""

from __future__ import annotations

from collections.abc import Sequence

from surae.report.curves import PERCENT, Curves
from surae.report.line_plot import Plot, Series, legend, plots
from surae.report.markup import Section, paragraph, subheading
from surae.report.subject import Subject
from surae.report.table import RESOLUTION

QUANTITIES = (
    ("Force", "BW", "achilles_force", "achilles_peak_force", 1.0),
    ("Strain", "%", "achilles_strain", "achilles_peak_strain", 100.0),
    ("Stress", "MPa", "achilles_stress", "achilles_peak_stress", 1.0),
)


def section(subject: Subject) -> Section:
    """The right tendon; the left one, too, where the legs differ."""
    sides = [("right", subject.right)]
    sides += [("left", subject.left)] if subject.lopsided else []
    several = len(subject.shown) > 1
    floors = any(subject.floor(metric) is not None for *_, metric, _ in QUANTITIES)
    parts = [
        paragraph(_text(subject, several), "quiet"),
        legend(subject.names, floor=several and floors),
    ]
    for word, strides in sides:
        if len(sides) > 1:
            parts.append(subheading(f"{word.capitalize()} leg"))
        parts.append(plots(_levels(strides), f"tendon-{word}"))
        if several:
            parts.append(plots(_changes(subject, strides), f"tendon-change-{word}"))
    return Section("tendon", "Achilles tendon over the stride", "Tendon", "".join(parts))


def _text(subject: Subject, several: bool) -> str:
    leg = "each leg" if subject.lopsided else "the right leg"
    text = f"From the contact of {leg} to its next; stance is shaded."
    if several:
        text += (
            f" The second row is the difference to {subject.names[0]} at the same share of the "
            "stride, magnified."
        )
    return text


def _levels(strides: Sequence[Curves]) -> list[Plot]:
    return [
        Plot(
            title,
            unit,
            tuple(Series(i, c.name, PERCENT, getattr(c, name)) for i, c in enumerate(strides)),
            stance=strides[0].toe_off,
            low=0.0,
        )
        for title, unit, name, *_ in QUANTITIES
    ]


def _changes(subject: Subject, strides: Sequence[Curves]) -> list[Plot]:
    panels = []
    for title, unit, name, metric, scale in QUANTITIES:
        noise = subject.floor(metric)
        base = getattr(strides[0], name)
        series = tuple(
            Series(i, c.name, PERCENT, getattr(c, name) - base)
            for i, c in enumerate(strides)
            if i > 0
        )
        floor = None if noise is None else RESOLUTION * noise * scale
        panels.append(
            Plot(
                f"Change of {title.lower()}",
                unit,
                series,
                floor=floor,
                stance=strides[0].toe_off,
                zero=True,
            )
        )
    return panels
