"""Does this body behave like a body? The rows of `surae models --check`.

Body mass, mirror symmetry, signs of moment arms, stiffness of the Achilles tendon, isometric
strength of the joints, and fiber lengths over a stride.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from surae.muscle.muscles import group_tendon_stiffness, indices_of, take
from surae.runner.isometric import fiber_length_range, isometric_joint_moments
from surae.runner.moment_arm_signs import MomentArmSign, action, knee_sign, smallest_arm
from surae.runner.runner import Runner
from surae.runner.symmetry import asymmetries
from surae.runner.weakness import SIDES

BODY_MASS_KG = (20.0, 200.0)
# Outside, a fiber has almost no active force (Zajac 1989, Crit Rev Biomed Eng 17:359).
FIBER_LENGTH = (0.4, 1.6)
# Joint angles at which isometric strength is told, all other joints straight.
JOINT_ANGLES_DEG = {
    "hip_flexion": (-20.0, 0.0, 30.0, 60.0, 90.0),
    "hip_adduction": (-20.0, 0.0, 15.0),
    "hip_rotation": (-20.0, 0.0, 20.0),
    "knee_angle": (0.0, 30.0, 60.0, 90.0, 120.0),
    "ankle_angle": (-30.0, -15.0, 0.0, 15.0, 30.0),
    "subtalar_angle": (-15.0, 0.0, 15.0),
}
# Fiber lengths are told from elastic tendons slack to this fraction of max isometric force.
_LOADED_TENDON = 0.5
_STIFFNESS_TOLERANCE = 1e-6


class AnatomyRow(NamedTuple):
    """One line of `surae models --check`; `good` is None where nothing is demanded."""

    quantity: str
    value: float
    unit: str
    allowed: str
    good: bool | None


def anatomy_report(
    runner: Runner, signs: Sequence[MomentArmSign] = (), stride: Array | None = None
) -> tuple[AnatomyRow, ...]:
    """Every check of this file, in SI or the unit that the row names.

    signs: moment arms to check. stride: coordinates (instant, coordinate) for the fiber lengths.
    """
    return (
        _mass_row(runner),
        _symmetry_row(runner),
        *(_sign_row(runner, sign) for sign in signs),
        *_achilles_rows(runner),
        *_strength_rows(runner),
        *(_fiber_rows(runner, stride) if stride is not None else ()),
    )


def _mass_row(runner: Runner) -> AnatomyRow:
    mass, (low, high) = float(runner.body_mass), BODY_MASS_KG
    return AnatomyRow("body mass", mass, "kg", f"{low:g} to {high:g}", low <= mass <= high)


def _symmetry_row(runner: Runner) -> AnatomyRow:
    found = asymmetries(runner)
    what = f"left-right differences ({', '.join(found)})" if found else "left-right differences"
    return AnatomyRow(what, float(len(found)), "1", "", None if found else True)


def _sign_row(runner: Runner, expected: MomentArmSign) -> AnatomyRow:
    smallest = smallest_arm(runner, expected)
    does = action(expected.coordinate, expected.sign, knee_sign(runner))
    what = f"{expected.muscle} must {does}: smallest arm"
    arm = expected.sign * smallest.moment_arm * 1e3
    return AnatomyRow(what, arm, "mm", "above 0", arm > 0.0)


def _achilles_rows(runner: Runner) -> list[AnatomyRow]:
    rows = []
    achilles = runner.achilles
    wanted = float(achilles.stiffness) / 1e3
    for side in SIDES:
        names = [f"{name}_{side}" for name in achilles.muscles]
        pulling = take(runner.muscles, indices_of(runner.muscles, names))
        stiffness = float(group_tendon_stiffness(pulling, achilles.reference_force)) / 1e3
        what = f"Achilles stiffness {side} at {float(achilles.reference_force):g} N"
        good = abs(stiffness - wanted) <= _STIFFNESS_TOLERANCE * wanted
        rows.append(AnatomyRow(what, stiffness, "N/mm", f"{wanted:g}", good))
    return rows


def _strength_rows(runner: Runner) -> list[AnatomyRow]:
    cases = [
        (name, runner.coordinate_names.index(f"{name}_r"), angle)
        for name, angles in JOINT_ANGLES_DEG.items()
        if f"{name}_r" in runner.coordinate_names
        for angle in angles
    ]
    poses = np.zeros((len(cases), len(runner.coordinate_names)))
    for pose, (_, coordinate, angle) in zip(poses, cases, strict=True):
        pose[coordinate] = math.radians(angle)
    moments = jax.jit(jax.vmap(isometric_joint_moments, in_axes=(None, 0)))
    up, down = moments(runner, jnp.asarray(poses))
    rows = []
    for row, (name, coordinate, angle) in enumerate(cases):
        for sign, strength in ((1, up), (-1, down)):
            what = f"strength to {action(name, sign, knee_sign(runner))} at {angle:g} deg"
            rows.append(AnatomyRow(what, abs(float(strength[row, coordinate])), "N m", "", None))
    return rows


def _fiber_rows(runner: Runner, stride: Array) -> list[AnatomyRow]:
    shortest = fiber_length_range(runner, stride, _LOADED_TENDON)[0]
    longest = fiber_length_range(runner, stride)[1]
    low, high = FIBER_LENGTH
    rows = []
    for muscle, name in enumerate(runner.muscle_names):
        for what, value in (("shortest", shortest[muscle]), ("longest", longest[muscle])):
            # An elastic tendon's length is a state: full or no load are bounds, not lengths it has.
            elastic = runner.muscles.elastic_tendon[muscle]
            good = None if elastic else low <= float(value) <= high
            quantity = f"{what} fiber of {name}"
            rows.append(AnatomyRow(quantity, float(value), "1", f"{low:g} to {high:g}", good))
    return rows
