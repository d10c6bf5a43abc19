"""Passive joints by name: stops and springs, `--set hip_flexion.stop_lower_deg=-10`.

The head is a coordinate that turns a joint, of one side (`hip_flexion_r`) or both (`hip_flexion`).
A stop moved into the range of running is a tight joint: its moment is `moment_at_limit` there and
grows by a factor e every `width` beyond it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from surae._errors import UnusableInput
from surae._pytree import replace
from surae.runner.runner import Runner

_DEG = math.pi / 180.0


class Parameter(NamedTuple):
    """A field of a record, the factor from the named unit to SI, and what is allowed in it."""

    field: str
    factor: float
    low: float
    high: float


JOINT_PARAMETERS = {
    "stop_lower_deg": Parameter("lower", _DEG, -180.0, 180.0),
    "stop_upper_deg": Parameter("upper", _DEG, -180.0, 180.0),
    "stiffness_N_m_rad": Parameter("stiffness", 1.0, 0.0, 2000.0),
    "damping_N_m_s_rad": Parameter("damping", 1.0, 0.0, 100.0),
    "rest_deg": Parameter("rest", _DEG, -180.0, 180.0),
}
_STOPS = ("lower", "upper")


def joint_names(runner: Runner) -> tuple[str, ...]:
    """Coordinates that turn one body on another, each also without its side."""
    turning = [
        runner.coordinate_names[motion.coordinate]
        for joint in runner.skeleton.joints
        if joint.parent >= 0
        for motion in joint.motions
        if motion.kind == "rotation"
    ]
    stems = [name[:-2] for name in turning if name[-2:] in ("_r", "_l")]
    return tuple(dict.fromkeys((*stems, *turning)))


def joint_value(runner: Runner, joint: str, parameter: Parameter) -> float:
    """The present value in the unit of its name; of both sides, the mean."""
    values = np.asarray(getattr(runner.passive, parameter.field))[_chosen(runner, joint)]
    return float(np.mean(values)) / parameter.factor


def with_joint(runner: Runner, joint: str, parameter: Parameter, si: Array) -> Runner:
    """The runner with another passive joint; refused where there is no stop to move."""
    passive, chosen = runner.passive, _chosen(runner, joint)
    if parameter.field in _STOPS and not np.all(np.asarray(passive.moment_at_limit)[chosen] > 0.0):
        raise UnusableInput(
            f"{joint} of {runner.name} has no stop to move; write a [[stop]] in model.toml."
        )
    present = getattr(passive, parameter.field)
    changed = jnp.where(chosen, jnp.broadcast_to(si, present.shape), present)
    return replace(runner, passive=replace(passive, **{parameter.field: changed}))


def stops_complaint(runner: Runner, joint: str) -> str | None:
    """Why the stops of a joint cannot be where they are set, if they cannot."""
    chosen = _chosen(runner, joint)
    lower, upper = (np.degrees(np.asarray(getattr(runner.passive, f))[chosen]) for f in _STOPS)
    if np.all(lower < upper):
        return None
    return f"its lower stop is at {lower.max():g} deg, and its upper one at {upper.min():g} deg"


def _chosen(runner: Runner, joint: str) -> NDArray[np.bool_]:
    names = runner.coordinate_names
    return np.array([name in (joint, f"{joint}_r", f"{joint}_l") for name in names])
