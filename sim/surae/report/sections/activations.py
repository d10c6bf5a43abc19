"""Activation of every muscle of the right side, small plots side by side."""

from __future__ import annotations

import numpy as np

from surae.report.curves import PERCENT
from surae.report.line_plot import Plot, Series, legend, plots
from surae.report.markup import Section, details, paragraph
from surae.report.subject import Subject

_COARSER = 2  # of the samples of a curve, every second one is drawn
_SEEN_FIRST = 12  # muscles; the others open on demand


def section(subject: Subject) -> Section:
    """First the weak muscles' neighbours and the calf, then the others."""
    names = sorted(subject.right[0].activations, key=lambda name: -_interest(subject, name))
    panels = [
        Plot(
            name.replace("_", " "),
            "",
            tuple(
                Series(i, c.name, PERCENT[::_COARSER], c.activations[name][::_COARSER])
                for i, c in enumerate(subject.right)
            ),
            stance=subject.right[0].toe_off,
            low=0.0,
            high=1.0,
            small=True,
        )
        for name in names
    ]
    several = len(subject.shown) > 1
    order = "those that change most first" if several else "those that are most active first"
    body = [
        paragraph(f"Activation (0 to 1) of the muscles of the right side, {order}.", "quiet"),
        legend(subject.names),
        plots(panels[:_SEEN_FIRST], "activation"),
    ]
    others = panels[_SEEN_FIRST:]
    if others:
        body.append(details(f"The other {len(others)} muscles", plots(others, "activation-more")))
    return Section("activations", "Muscle activations", "Muscles", "".join(body))


def _interest(subject: Subject, name: str) -> float:
    first, *others = (curves.activations[name] for curves in subject.right)
    if not others:
        return float(first.max())
    return max(float(np.abs(other - first).max()) for other in others)
