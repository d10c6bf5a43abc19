"""Where the strides of a measured run begin and end, from the vertical forces under both feet."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from surae._errors import UnusableInput
from surae.files.ground_forces import CONTACT_THRESHOLD, Contact, GroundForces, contacts
from surae.files.measured_kinematics import Kinematics

SHORTEST_STRIDE, LONGEST_STRIDE = 0.35, 1.3  # s; men of the normative data: 0.59 to 0.81 s
_STRIDE_TIME_TOLERANCE = 0.10  # of the median, as for the normative data
_LARGEST_OPENING = np.radians(15.0)  # between the ends of a file that is one stride


@dataclass(frozen=True)
class Strides:
    """Strides from right foot contact to right foot contact."""

    edges: tuple[tuple[float, float], ...]  # s, start and end of each stride
    period: tuple[float, float] | None  # s; set where the file is one periodic stride
    note: str


def find_strides(kinematics: Kinematics, forces: GroundForces | None) -> Strides:
    """Strides that lie in both files; or the whole span where it is just one stride."""
    if forces is None:
        return _span_without_forces(kinematics)
    low, high = _common_span(kinematics, forces)
    inside = (forces.time >= low - 1e-9) & (forces.time <= high + 1e-9)
    right, left = (contacts(forces.time[inside], forces.force[inside, side, 1]) for side in (0, 1))
    strikes = [c for c in right if not np.isnan(c.start)]
    if not strikes:
        peak = forces.force[inside, 0, 1].max()
        raise UnusableInput(
            f"{forces.path} has no right foot strike between {low:g} and {high:g} s: the vertical "
            f"force never rises through {CONTACT_THRESHOLD:g} N for a contact (its peak is "
            f"{peak:.0f} N); give forces in N and files of the same trial."
        )
    if len(strikes) == 1:
        return _one_period(kinematics, forces, low, high, strikes[0].start)
    return _complete_strides(strikes, right, left, forces.path)


def _complete_strides(
    strikes: list[Contact], right: list[Contact], left: list[Contact], path: str
) -> Strides:
    edges = [(a.start, b.start) for a, b in pairwise(strikes)]
    median = float(np.median([b - a for a, b in edges]))
    good, reasons = [], []
    for a, b in edges:
        reason = _reason_to_drop(a, b, median, right, left)
        if reason:
            reasons.append(reason)
        else:
            good.append((a, b))
    if not good:
        raise UnusableInput(
            f"{path}: of {len(edges)} intervals between right foot strikes none is a running "
            f"stride ({'; '.join(dict.fromkeys(reasons))}); give a run with flight phases and the "
            "forces of both feet."
        )
    durations = [b - a for a, b in good]
    note = f"mean of {len(good)} strides of {np.mean(durations):.4f} s"
    if len(good) > 1:
        note += f" (SD {np.std(durations, ddof=1):.4f} s)"
    if reasons:
        note += f", {len(reasons)} left out ({'; '.join(dict.fromkeys(reasons))})"
    return Strides(tuple(good), None, note)


def _reason_to_drop(
    a: float, b: float, median: float, right: list[Contact], left: list[Contact]
) -> str:
    if not SHORTEST_STRIDE < b - a < LONGEST_STRIDE:
        return f"a stride of {b - a:.2f} s; {SHORTEST_STRIDE} to {LONGEST_STRIDE} s are allowed"
    if abs(b - a - median) > _STRIDE_TIME_TOLERANCE * median:
        return "duration more than 10 % from the median"
    lefts = [c for c in left if a <= c.start < b]
    if len(lefts) != 1:
        return f"{len(lefts)} left contacts in a stride instead of 1"
    stance = next(c for c in right if c.start == a)
    # A NaN end or start compares as False: a contact cut by the end of the file is let pass.
    if lefts[0].start < stance.end or lefts[0].end > b:
        return "both feet on the ground at once"
    return ""


def _one_period(
    kinematics: Kinematics, forces: GroundForces, low: float, high: float, strike: float
) -> Strides:
    name, opening = _largest_opening(kinematics)
    if not SHORTEST_STRIDE < high - low < LONGEST_STRIDE or opening > _LARGEST_OPENING:
        raise UnusableInput(
            f"{forces.path} has one right foot strike, at {strike:.3f} s, between {low:g} and "
            f"{high:g} s, and that span is no whole stride ({name} differs by "
            f"{np.degrees(opening):.0f} deg between its ends); give at least two right foot "
            "strikes, or start and end of one stride."
        )
    note = f"one stride of {high - low:.4f} s, the whole span taken as its period"
    return Strides(((strike, strike + high - low),), (low, high), note)


def _span_without_forces(kinematics: Kinematics) -> Strides:
    low, high = float(kinematics.time[0]), float(kinematics.time[-1])
    name, opening = _largest_opening(kinematics)
    if not SHORTEST_STRIDE < high - low < LONGEST_STRIDE or opening > _LARGEST_OPENING:
        raise UnusableInput(
            f"{kinematics.path}, {low:g} to {high:g} s, is no single stride ({name} differs by "
            f"{np.degrees(opening):.0f} deg between its ends); without a ground reaction file give "
            "start and end of one stride, from right foot contact to right foot contact."
        )
    note = f"one stride of {high - low:.4f} s, taken to start at right foot contact"
    return Strides(((low, high),), (low, high), note)


def _common_span(kinematics: Kinematics, forces: GroundForces) -> tuple[float, float]:
    low = max(float(kinematics.time[0]), float(forces.time[0]))
    high = min(float(kinematics.time[-1]), float(forces.time[-1]))
    if high - low < SHORTEST_STRIDE:
        raise UnusableInput(
            f"{kinematics.path} covers {kinematics.time[0]:g} to {kinematics.time[-1]:g} s and "
            f"{forces.path} {forces.time[0]:g} to {forces.time[-1]:g} s; they must have at least "
            "one stride in common: give files of the same trial."
        )
    return low, high


def _largest_opening(kinematics: Kinematics) -> tuple[str, float]:
    """The leg angle that differs most between the ends of the file: its name and by how much."""
    legs = [n for n in kinematics.names if n[:-2] in ("hip_flexion", "knee_angle", "ankle_angle")]
    openings: NDArray[np.float64] = np.asarray(
        [abs(kinematics.column(n)[-1] - kinematics.column(n)[0]) for n in legs]
    )
    worst = int(np.argmax(openings))
    return legs[worst], float(openings[worst])
