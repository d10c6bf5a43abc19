"""The signs of moment arms that every anatomist knows, checked over the range of running."""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from surae.muscle import path
from surae.runner.runner import Runner
from surae.runner.weakness import SIDES, without_side

# Angles that running visits, with margin, deg (Hamner & Delp 2013, 2 to 5 m/s); the coordinates
# that a muscle also spans are swept over these while one moment arm is checked.
RUNNING_RANGE_DEG = {
    "hip_flexion": (-30.0, 110.0),
    "hip_adduction": (-20.0, 20.0),
    "hip_rotation": (-20.0, 20.0),
    "knee_angle": (0.0, 130.0),
    "ankle_angle": (-40.0, 35.0),
    "subtalar_angle": (-15.0, 15.0),
}
# Muscles hold the body up sideways in stance; a hip bent further turns abductors into rotators.
STANCE_RANGE_DEG = {"hip_flexion": (-20.0, 50.0), "knee_angle": (0.0, 60.0)}
_SIDEWAYS = ("hip_adduction", "hip_rotation")
# What a positive moment arm does, and what a negative one does.
ACTIONS = {
    "hip_flexion": ("flex the hip", "extend the hip"),
    "hip_adduction": ("adduct the hip", "abduct the hip"),
    "hip_rotation": ("rotate the hip inward", "rotate the hip outward"),
    "knee_angle": ("flex the knee", "extend the knee"),
    "ankle_angle": ("dorsiflex the ankle", "plantarflex the ankle"),
    "subtalar_angle": ("invert the foot", "evert the foot"),
}
_KNEE = "knee_angle"
# Points in the coordinate and in each other one that the muscle spans, by how many others there
# are: always 125 poses, so that one compiled function serves. More than two: only the corners.
_GRIDS = {0: (125, 1), 1: (25, 5), 2: (5, 5)}
_CORNERS = (15, 2)


class MomentArmSign(NamedTuple):
    """`muscle` drives `coordinate` (both without side) up (sign 1) or down (-1) in a range, rad."""

    muscle: str
    coordinate: str
    sign: int
    lower: float
    upper: float


class SmallestArm(NamedTuple):
    """Where a moment arm is smallest, or farthest on the wrong side: m, and the pose in words."""

    moment_arm: float
    muscle: str
    pose: str


def smallest_arm(runner: Runner, expected: MomentArmSign) -> SmallestArm:
    """The pose, on either side, that comes closest to the wrong sign or is farthest beyond it.

    The coordinate runs over its range while the other coordinates that the muscle spans run over
    the range of running, or of stance where the coordinate moves the leg sideways. The sign is
    right everywhere if `expected.sign * moment_arm > 0` here.
    """
    candidates = []
    for side in SIDES:
        name = f"{expected.muscle}_{side}"
        muscle = runner.muscle_names.index(name)
        coordinate = _on_side(runner, expected.coordinate, side)
        poses = _poses(runner, muscle, coordinate, expected.lower, expected.upper)
        arms = _arms(runner, muscle, coordinate, poses)
        smallest = int(np.argmin(expected.sign * arms))
        pose = _in_words(runner, muscle, poses[smallest])
        candidates.append(SmallestArm(float(arms[smallest]), name, pose))
    return min(candidates, key=lambda candidate: expected.sign * candidate.moment_arm)


def action(coordinate: str, sign: int, knee_sign: int = 1) -> str:
    """`flex the knee` for knee_angle and 1; knee_sign: of the angle of a bent knee."""
    up, down = ACTIONS.get(coordinate, (f"increase {coordinate}", f"decrease {coordinate}"))
    return up if (sign * knee_sign if coordinate == _KNEE else sign) > 0 else down


def knee_sign(runner: Runner) -> int:
    """1 where bent knees have positive angles (Rajagopal's family), -1 in gait2392's family.

    The longer side of the knee's range is flexion.
    """
    name = f"{_KNEE}_r"
    if name not in runner.coordinate_names:
        return 1
    knee = runner.coordinate_names.index(name)
    middle = float(runner.coordinate_lower[knee]) + float(runner.coordinate_upper[knee])
    return -1 if middle < 0.0 else 1


def _poses(
    runner: Runner, muscle: int, coordinate: int, lower: float, upper: float
) -> NDArray[np.float64]:
    """Poses (pose, coordinate): a grid in one coordinate times a coarse one in the others."""
    others = [c for c in path.spanned(runner.muscles.path, muscle) if c != coordinate]
    grid, sweep = _GRIDS.get(len(others), _CORNERS)
    sideways = without_side(runner.coordinate_names[coordinate]) in _SIDEWAYS
    ranges = [_other_range(runner, runner.coordinate_names[o], sideways) for o in others]
    axes = [np.linspace(lower, upper, grid), *(np.linspace(*r, sweep) for r in ranges)]
    points = np.array(list(itertools.product(*axes)))
    poses = np.zeros((len(points), len(runner.coordinate_names)))
    poses[:, [coordinate, *others]] = points
    return poses


def _other_range(runner: Runner, coordinate: str, sideways: bool) -> tuple[float, float]:
    stem = without_side(coordinate)
    ranges = {**RUNNING_RANGE_DEG, **STANCE_RANGE_DEG} if sideways else RUNNING_RANGE_DEG
    lower, upper = ranges.get(stem, (0.0, 0.0))
    if stem == _KNEE and knee_sign(runner) < 0:
        lower, upper = -upper, -lower
    return math.radians(lower), math.radians(upper)


def _arms(
    runner: Runner, muscle: int, coordinate: int, poses: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Moment arm of one muscle, m, at each pose: minus the slope of its length's polynomial.

    In NumPy: a loaded model asks this of a few muscles at many sets of poses, each of which JAX
    would compile for all muscles.
    """
    arms = np.zeros(len(poses))
    for powers, value in path.terms(runner.muscles.path, muscle).items():
        own = dict(powers)
        if coordinate not in own:
            continue
        slope = np.full(len(poses), value * own[coordinate])
        for c, power in own.items():
            slope *= poses[:, c] ** (power - (c == coordinate))
        arms -= slope
    return arms


def _on_side(runner: Runner, stem: str, side: str) -> int:
    name = f"{stem}_{side}"
    return runner.coordinate_names.index(name if name in runner.coordinate_names else stem)


def _in_words(runner: Runner, muscle: int, pose: NDArray[np.float64]) -> str:
    return ", ".join(
        f"{runner.coordinate_names[c]} {math.degrees(pose[c]):.0f} deg"
        for c in path.spanned(runner.muscles.path, muscle)
    )
