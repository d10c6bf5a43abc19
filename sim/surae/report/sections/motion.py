"""Joint angles, net joint moments and ground reaction over the bands of measured runners."""

from __future__ import annotations

import operator
from collections.abc import Callable

import numpy as np

from surae.report.curves import PERCENT, Curves
from surae.report.line_plot import Plot, Series, legend, plots
from surae.report.markup import Section, paragraph
from surae.report.subject import Subject

LABELS = {
    "pelvis_tilt": ("Pelvis tilt", "backward +"),
    "pelvis_list": ("Pelvis list", "right side down +"),
    "pelvis_rotation": ("Pelvis rotation", "to the left +"),
    "lumbar_extension": ("Trunk on pelvis", "extension +"),
    "hip_flexion": ("Hip", "flexion +"),
    "hip_adduction": ("Hip", "adduction +"),
    "hip_rotation": ("Hip", "internal rotation +"),
    "knee_angle": ("Knee", "flexion +"),
    "ankle_angle": ("Ankle", "dorsiflexion +"),
    "subtalar_angle": ("Subtalar", "inversion +"),
}
FORCES = (
    ("Vertical", "up +", "vertical_force", "grf_y"),
    ("Fore-aft", "forward +", "forward_force", "grf_x"),
    ("Sideways", "to the right +", "lateral_force", "grf_z"),
)
_MEASURED = "measured, mean and SD"
_SOURCE = (
    " Band: mean and standard deviation of seven men on a treadmill at this speed (Hamner & Delp "
    "2013)."
)


def angles(subject: Subject) -> Section:
    """Angles of pelvis, trunk and the right leg."""
    text = "Right side; right stance is shaded."
    if subject.bands:
        text += (
            f"{_SOURCE} Pelvis tilt, hip flexion and trunk of the band are moved by the constant "
            "difference of about 8 deg between the pelvis frames of the two models."
        )
    panels = _of_joints(subject, "angles", "", "deg")
    return _section(subject, "angles", "Angles", "Angles", text, panels)


def moments(subject: Subject) -> Section:
    """Net internal moments of the right leg."""
    text = (
        "Net internal moments of the right leg: what muscles, tendons and ligaments do. "
        "Plantarflexion and extension of the knee and the hip point down."
    )
    if subject.bands:
        text += _SOURCE
    panels = _of_joints(subject, "moments", "_moment", "N m/kg")
    return _section(subject, "moments", "Joint moments", "Moments", text, panels)


def ground_reaction(subject: Subject) -> Section:
    """Force under the right foot."""
    panels = []
    for title, sign, name, band in FORCES:
        if np.abs(getattr(subject.right[0], name)).max() < 1e-9:
            continue  # a planar runner has no force to the side
        of = operator.attrgetter(name)
        panels.append(_panel(subject, f"{title}, {sign}", band, of, "BW"))
    text = (
        "Right foot, after the zero-lag 15 Hz low-pass that the measured curves went through as "
        "well."
    )
    if subject.bands:
        text += _SOURCE
    return _section(subject, "ground", "Ground reaction", "Ground", text, panels)


def _section(
    subject: Subject, ident: str, title: str, short: str, text: str, panels: list[Plot]
) -> Section:
    band = _MEASURED if any(panel.band is not None for panel in panels) else ""
    body = paragraph(text, "quiet") + legend(subject.names, band) + plots(panels, f"{ident}-plot")
    return Section(ident, title, short, body)


def _of_joints(subject: Subject, kind: str, ending: str, unit: str) -> list[Plot]:
    """A panel for each coordinate that the curves have; ending: of the measured quantity's name."""
    own = operator.attrgetter(kind)
    return [
        _panel(subject, ", ".join(words), f"{name}{ending}", lambda c, n=name: own(c)[n], unit)
        for name, words in LABELS.items()
        if name in own(subject.right[0])
    ]


def _panel(
    subject: Subject, title: str, quantity: str, of: Callable[[Curves], np.ndarray], unit: str
) -> Plot:
    band = subject.bands.get(quantity)
    edges = None
    if band is not None:
        middle = np.asarray(band.mean) + subject.shift(quantity)
        edges = (np.asarray(band.percent), middle - band.sd, middle + band.sd)
    series = tuple(Series(i, c.name, PERCENT, of(c)) for i, c in enumerate(subject.right))
    return Plot(title, unit, series, band=edges, stance=subject.right[0].toe_off, zero=True)
