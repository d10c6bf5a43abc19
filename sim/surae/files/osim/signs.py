"""The moment arms that every anatomist knows, held against an imported runner."""

from __future__ import annotations

import math
from typing import Any

from surae.files.osim.anatomy import KNOWN_ARMS, KnownArm, kind_of
from surae.muscle import path
from surae.runner.moment_arm_signs import MomentArmSign, SmallestArm, action, smallest_arm
from surae.runner.runner import Runner
from surae.runner.weakness import without_side

_KNEE = "knee_angle"


def known_signs(runner: Runner, knee_sign: int) -> tuple[list[dict[str, Any]], list[str]]:
    """Entries of [[moment_arm_sign]] that the runner fulfils, and in words those that it does not.

    knee_sign: of the angle of a bent knee.
    """
    stems = list(dict.fromkeys(without_side(name) for name in runner.muscle_names))
    entries, broken = [], []
    for known in KNOWN_ARMS:
        for stem in stems:
            if kind_of(stem) != known.kind or not _spans(runner, stem, known.coordinate):
                continue
            sign, lower, upper = _of_runner(runner, known, knee_sign)
            expected = MomentArmSign(
                stem, known.coordinate, sign, math.radians(lower), math.radians(upper)
            )
            smallest = smallest_arm(runner, expected)
            if sign * smallest.moment_arm > 0.0:
                entries.append(
                    {
                        "muscle": stem,
                        "coordinate": known.coordinate,
                        "sign": "+" if sign > 0 else "-",
                        "range_deg": [lower, upper],
                    }
                )
            else:
                broken.append(_in_words(known, sign, knee_sign, smallest))
    return entries, broken


def _spans(runner: Runner, stem: str, coordinate: str) -> bool:
    muscle = runner.muscle_names.index(f"{stem}_r")
    spanned = path.spanned(runner.muscles.path, muscle)
    return f"{coordinate}_r" in {runner.coordinate_names[c] for c in spanned}


def _of_runner(runner: Runner, known: KnownArm, knee_sign: int) -> tuple[int, float, float]:
    """Sign and range, deg, in this runner's convention and within its coordinate's range."""
    sign, lower, upper = known.sign, known.lower_deg, known.upper_deg
    if known.coordinate == _KNEE and knee_sign < 0:
        sign, lower, upper = -sign, -upper, -lower
    at = runner.coordinate_names.index(f"{known.coordinate}_r")
    lowest, highest = (
        math.degrees(float(limit[at]))
        for limit in (runner.coordinate_lower, runner.coordinate_upper)
    )
    return sign, float(max(lower, lowest)), float(min(upper, highest))


def _in_words(known: KnownArm, sign: int, knee_sign: int, smallest: SmallestArm) -> str:
    return (
        f"{smallest.muscle} should {action(known.coordinate, sign, knee_sign)}; its moment arm is "
        f"{smallest.moment_arm * 1e3:.1f} mm at {smallest.pose}"
    )
