"""Which figures a report has, with what each says in words; drawing itself is in figures.py."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from surae.loads import validation
from surae.loads.agreement import Band
from surae.loads.stride import Stride, prepare
from surae.report import figures
from surae.report.curves import Curves, asymmetric, curves
from surae.report.dose_response import dose_response
from surae.report.reported import Norms, ReportedStride
from surae.report.stick_figure import poses
from surae.report.validation_chart import marks

POSES_A_ROW = 6


@dataclasses.dataclass(frozen=True)
class Exhibit:
    """A figure with the name of its files, a title and a caption in plain text."""

    stem: str
    title: str
    caption: str
    figure: figures.Figure


def gallery(
    strides: Sequence[ReportedStride],
    noise: Mapping[str, ArrayLike] | None = None,
    norms: Norms | None = None,
    rows: Sequence[validation.Row] = (),
) -> list[Exhibit]:
    """All figures that these strides have something to show for, in reading order."""
    shown = _at_most(strides, figures.MOST_CURVES)
    ready = [prepare(s.gait) for s in shown]
    right = [curves(s, "r", stride) for s, stride in zip(shown, ready, strict=True)]
    left = [curves(s, "l", stride) for s, stride in zip(shown, ready, strict=True)]
    bands, shifts = _bands(norms, right[0].speed)
    exhibits = [*_tendon(right, left, noise), *_dose(strides, noise)]
    exhibits.append(_strip(shown, ready, right))
    exhibits += _curves(right, bands, shifts)
    chart = marks(rows)
    if chart:
        exhibits.append(_validation(rows, chart))
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


def _strip(
    shown: Sequence[ReportedStride], ready: Sequence[Stride], right: Sequence[Curves]
) -> Exhibit:
    last = len(shown) - 1
    percent = _instants(right[last].toe_off)
    drawn = poses(ready[last], percent)
    ghosts = poses(ready[0], percent) if last > 0 else []
    captions = ("Right foot on the ground", "Right foot in the air")
    caption = (
        f"{shown[last].name}, seen from the right: right leg bold, left leg faint, at shares of "
        "the stride from right contact. Circles under the feet are the contact spheres, arrows "
        "the ground reaction, the colored line is the Achilles tendon. Arms are not drawn where "
        "the model has none; their mass is in the trunk."
    )
    if ghosts:
        caption += f" Grey behind it: {shown[0].name} at the same share of its stride."
    return Exhibit("runner", "The runner", caption, figures.strip(drawn, ghosts, captions))


def _instants(toe_off: float) -> np.ndarray:
    """Six instants from contact to toe-off and six through swing, % of the stride."""
    toe_off = toe_off if np.isfinite(toe_off) else 50.0
    stance = np.linspace(0.0, toe_off, POSES_A_ROW)
    swing = np.linspace(toe_off, 100.0, POSES_A_ROW + 2)[1:-1]
    return np.concatenate([stance, swing])


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


def _bands(norms: Norms | None, speed: float) -> tuple[dict[str, Band], dict[str, float]]:
    """Measured bands at this speed; empty where there are none (also outside 2 to 5 m/s)."""
    names = ("pelvis_tilt", "hip_flexion", "knee_angle", "ankle_angle")
    if norms is None:
        return {}, {}
    quantities = (*names, *(f"{name}_moment" for name in names[1:]), "grf_x", "grf_y")
    try:
        bands = {name: norms.normative_curve(name, speed) for name in quantities}
    except ValueError:
        return {}, {}
    return bands, {name: norms.pelvis_frame_shift_deg(name) for name in names}


def _at_most(strides: Sequence[ReportedStride], count: int) -> list[ReportedStride]:
    """The baseline and the last one always, and evenly chosen ones between."""
    keep = np.unique(np.linspace(0, len(strides) - 1, min(count, len(strides))).round().astype(int))
    return [strides[i] for i in keep]
