"""The figures that lie beside the page, for papers; drawing itself is in figures.py."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from surae.loads import validation
from surae.loads.agreement import Band
from surae.report import figures
from surae.report.curves import Curves, asymmetric
from surae.report.dose_response import dose_response
from surae.report.reported import ReportedStride
from surae.report.subject import Subject
from surae.report.validation_chart import marks

FIGURES_SHOW = (
    *figures.LABELS,
    *(f"{name}_moment" for name in figures.LABELS),
    "grf_x",
    "grf_y",
)


@dataclasses.dataclass(frozen=True)
class Exhibit:
    """A figure with the name of its files, a title and a caption in plain text."""

    stem: str
    title: str
    caption: str
    figure: figures.Figure


def gallery(subject: Subject) -> list[Exhibit]:
    """All figures that these strides have something to show for, in reading order."""
    noise, right = subject.noise, subject.right
    bands = {name: band for name, band in subject.bands.items() if name in FIGURES_SHOW}
    shifts = {name: subject.shift(name) for name in figures.LABELS}
    exhibits = [*_tendon(right, subject.left, noise), *_dose(subject.strides, noise)]
    exhibits += _curves(right, bands, shifts)
    chart = marks(subject.rows)
    if chart:
        exhibits.append(_validation(subject.rows, chart))
    return exhibits


def _tendon(
    right: Sequence[Curves], left: Sequence[Curves], noise: Mapping[str, ArrayLike] | None
) -> list[Exhibit]:
    spread = (noise or {}).get("achilles_peak_force")
    floor = None if spread is None else float(np.max(np.asarray(spread)))
    text = (
        "Force in body weights and strain of the Achilles tendon of the {} leg from its contact "
        "to the next; its stance is shaded lightly."
    )
    if len(right) > 1:
        text += " Below: the difference at the same share of the stride, on an axis of its own."
    if len(right) > 1 and floor is not None:
        text += " The dark band is three times the noise floor of the peak force."
    sides = [("r", "right", right)]
    if any(asymmetric(a, b) for a, b in zip(left, right, strict=True)):
        sides.append(("l", "left", left))
    return [
        Exhibit(
            f"achilles_{side}" if len(sides) > 1 else "achilles",
            f"Achilles tendon, {word} leg" if len(sides) > 1 else "Achilles tendon",
            text.format(word),
            figures.achilles(own, floor),
        )
        for side, word, own in sides
    ]


def _dose(
    strides: Sequence[ReportedStride], noise: Mapping[str, ArrayLike] | None
) -> list[Exhibit]:
    dose = dose_response(strides, noise)
    if dose is None:
        return []
    text = "Change of the peak force against the baseline, for every strength that was solved."
    text += (
        " The noise floor was not measured."
        if dose.noise is None
        else " In the band an effect is not resolved."
    )
    return [Exhibit("dose_response", "Dose and response", text, figures.dose_response(dose))]


def _curves(
    right: Sequence[Curves], bands: Mapping[str, Band], shifts: Mapping[str, float]
) -> list[Exhibit]:
    measured = (
        " Blue band: mean and standard deviation of seven men on a treadmill at this speed "
        "(Hamner & Delp 2013)."
        if bands
        else ""
    )
    frame = (
        " Pelvis tilt and hip of the band are moved by the constant difference of about 8 deg "
        "between the pelvis frames of the two models."
        if bands
        else ""
    )
    return [
        Exhibit(
            "angles",
            "Angles",
            f"Right side, right stance shaded.{measured}{frame}",
            figures.angles(right, bands, shifts),
        ),
        Exhibit(
            "ground_reaction",
            "Ground reaction",
            "Right foot, after the zero-lag 15 Hz low-pass that the measured curves went "
            f"through as well.{measured}",
            figures.ground_reaction(right, bands),
        ),
        Exhibit(
            "moments",
            "Joint moments",
            "Net internal moments of the right leg: what muscles, tendons and ligaments do. "
            f"Plantarflexion and extension of the knee and the hip point down.{measured}",
            figures.moments(right, bands),
        ),
        Exhibit(
            "activations",
            "Muscle activations",
            "All muscles of the right side; right stance shaded.",
            figures.activations(right),
        ),
    ]


def _validation(rows: Sequence[validation.Row], chart: Sequence) -> Exhibit:
    passed, applicable = validation.soft_score(rows)
    failed = validation.hard_failures(rows)
    hard = "All hard rows pass." if not failed else f"Hard rows outside: {len(failed)}."
    caption = (
        f"{hard} Soft rows inside: {passed} of {applicable}. Not shown: {len(rows) - len(chart)} "
        "rows without an interval, or that this model cannot answer."
    )
    return Exhibit("validation", "Validation", caption, figures.validation(chart))
