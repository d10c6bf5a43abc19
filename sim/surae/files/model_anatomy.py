"""The finished runner held against anatomy: the last refusals before a model folder is used."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from surae._errors import UnusableInput
from surae.files.model_records import ModelRecords, SignRecord
from surae.runner.anatomy import BODY_MASS_KG
from surae.runner.isometric import fiber_length_range
from surae.runner.moment_arm_signs import MomentArmSign, action, knee_sign, smallest_arm
from surae.runner.parameters import achilles_complaint
from surae.runner.runner import Runner
from surae.runner.symmetry import asymmetries

# In the default pose, where a path and a slack length that do not belong together show at once.
_FIBER_LENGTH = (0.2, 2.0)


def moment_arm_signs(records: ModelRecords) -> tuple[MomentArmSign, ...]:
    """What [[moment_arm_sign]] expects; without range_deg, over the coordinate's own range."""
    return tuple(_expected(records, sign) for sign in records.signs)


def check_anatomy(records: ModelRecords, runner: Runner) -> tuple[str, ...]:
    """Refuse a runner that cannot be one; the notes are left-right differences that are meant."""
    _check_mass(records, runner)
    complaint = achilles_complaint(runner)
    if complaint:
        records.achilles.source.refuse("stiffness_N_mm", complaint)
    _check_fibers(records, runner)
    for sign in records.signs:
        _check_sign(records, runner, sign)
    return _check_symmetry(records, runner)


def _check_mass(records: ModelRecords, runner: Runner) -> None:
    mass, (low, high) = float(runner.body_mass), BODY_MASS_KG
    if not low <= mass <= high:
        raise UnusableInput(
            f"{records.folder / 'model.toml'}: the bodies have {mass:g} kg together; allowed are "
            f"{low:g} to {high:g} kg."
        )


def _check_fibers(records: ModelRecords, runner: Runner) -> None:
    default = jnp.asarray([coordinate.default for coordinate in records.coordinates])
    lengths = np.asarray(fiber_length_range(runner, default[None, :])[0])
    low, high = _FIBER_LENGTH
    for muscle, length in zip(records.muscles, lengths, strict=True):
        if not low <= length <= high:
            muscle.source.refuse(
                f"in the default pose the fiber of {muscle.name} has {length:.3g} of its optimal "
                f"length; allowed are {low:g} to {high:g}: correct its path or tendon slack length"
            )


def _expected(records: ModelRecords, sign: SignRecord) -> MomentArmSign:
    ranges = {coordinate.name: coordinate for coordinate in records.coordinates}
    coordinate = ranges.get(f"{sign.coordinate}_r") or ranges[sign.coordinate]
    lower, upper = sign.range or (coordinate.lower, coordinate.upper)
    return MomentArmSign(sign.muscle, sign.coordinate, sign.sign, lower, upper)


def _check_sign(records: ModelRecords, runner: Runner, sign: SignRecord) -> None:
    expected = _expected(records, sign)
    smallest = smallest_arm(runner, expected)
    if expected.sign * smallest.moment_arm > 0.0:
        return
    low, high = np.degrees([expected.lower, expected.upper])
    what = action(sign.coordinate, sign.sign, knee_sign(runner))
    sign.source.refuse(
        "sign",
        f"{sign.muscle} must {what} at {sign.coordinate} {low:g} to "
        f"{high:g} deg, and the moment arm of {smallest.muscle} is {smallest.moment_arm * 1e3:.1f} "
        f"mm at {smallest.pose}; correct paths.csv, or the sign and range_deg here",
    )


def _check_symmetry(records: ModelRecords, runner: Runner) -> tuple[str, ...]:
    found = asymmetries(runner)
    if found and records.symmetric:
        raise UnusableInput(
            f"{records.folder / 'model.toml'} says symmetric = true, and this is no mirror image "
            f"of itself: {', '.join(found[:5])}; put the midline on z = 0."
        )
    return tuple(f"left and right differ: {difference}" for difference in found)
