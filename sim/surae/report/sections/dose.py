"""How the load follows what is taken from the muscles: change against dose, with the noise band."""

from __future__ import annotations

import math

import numpy as np

from surae.report.dose_response import dose_curves, dose_response
from surae.report.line_plot import MOST_SERIES, Plot, Series, legend, plots
from surae.report.markup import Section, paragraph
from surae.report.metric_order import label
from surae.report.subject import Subject
from surae.report.table import RESOLUTION

METRICS = (
    "achilles_peak_force",
    "achilles_impulse",
    "achilles_peak_strain",
    "achilles_loading_rate",
)
_REMAINS = "Active force that remains (%)"


def section(subject: Subject) -> Section | None:
    """Dose-response plots of a study, or of results of three strengths and more."""
    body = _of_study(subject) if subject.study is not None else _of_strides(subject)
    return None if body is None else Section("dose", "Dose and response", "Dose", body)


def _of_study(subject: Subject) -> str | None:
    study = subject.study
    assert study is not None
    parts = []
    for number, family in enumerate(dose_curves(study, METRICS)):
        panels = []
        for metric in METRICS:
            curves = [c for c in family.curves if metric in c.change]
            if not curves:
                continue
            series = tuple(
                Series(i + 1 if not family.sampled else 1, c.name, c.dose, c.change[metric], True)
                for i, c in enumerate(curves[: MOST_SERIES - 1])
            )
            healthy = float(np.nanmedian([c.healthy[metric] for c in curves]))
            panels.append(_panel(subject, metric, series, family.label, healthy, family.falling))
        names = [] if family.sampled else [c.name for c in family.curves[: MOST_SERIES - 1]]
        key = legend(names, floor=bool(subject.noise), stance=False, first=1) if names else ""
        parts += [key, plots(panels, f"dose{number}")]
        left_out = len(family.curves) - (MOST_SERIES - 1)
        if left_out > 0 and not family.sampled:
            parts.append(paragraph(f"{left_out} more curves are in results.h5.", "quiet"))
    if not parts:
        return None
    return paragraph(_text(subject), "quiet") + "".join(parts)


def _of_strides(subject: Subject) -> str | None:
    panels = []
    for metric in METRICS:
        dose = dose_response(subject.strides, subject.noise, metric)
        if dose is None:
            continue
        series = (Series(1, "solved strides", 100.0 * dose.strength, dose.change, True),)
        panels.append(_panel(subject, metric, series, _REMAINS, dose.healthy, True))
    if not panels:
        return None
    return paragraph(_text(subject), "quiet") + plots(panels, "dose")


def _panel(
    subject: Subject,
    metric: str,
    series: tuple[Series, ...],
    x_label: str,
    healthy: float,
    falling: bool,
) -> Plot:
    noise = subject.floor(metric)
    scale = 100.0 / abs(healthy) if healthy else math.nan
    floor = None if noise is None else RESOLUTION * noise * scale
    return Plot(
        f"Change of {label(metric)}",
        "%",
        series,
        x_label,
        floor=floor,
        over_stride=False,
        zero=True,
        falling_x=falling,
    )


def _text(subject: Subject) -> str:
    text = "Change from the healthy partner, of the larger side, for every case that was solved."
    if not subject.noise:
        return f"{text} The noise floor was not measured, so that no band is drawn."
    return f"{text} In the grey band, three noise floors wide, an effect is not resolved."
