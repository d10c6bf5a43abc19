"""The parts of a problem that are no muscle's: body, feet, costs of motion, motors, reserves."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from surae.foot import contact
from surae.foot.ground import Leg
from surae.gait import equations as eq
from surae.gait.reference import evaluate, ground_reaction, has_ground_reaction, unnamed
from surae.gait.task import RunningTask
from surae.runner.runner import Runner
from surae.skeleton.tree import chain, limb
from surae.transcription.layout import Layout
from surae.transcription.parts import AT_POINT, Part

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

_evaluate, _ground_reaction = jax.jit(evaluate), jax.jit(ground_reaction)

PROGRESS = "pelvis_tx"
HEIGHT = "pelvis_ty"
FORCE_SCALE = 1.0  # body weights
MOMENT_SCALE = 100.0  # N m
# What pelvis and hips do out of the sagittal plane has a third of the range of what they do in it,
# and a tenth of a radian there is a different gait: with the same scale the feet land three times
# too far apart, and the abductors have less to do.
SMALL_ANGLES = ("pelvis_list", "pelvis_rotation", "hip_adduction", "hip_rotation")
SMALL_ANGLE = 0.5
# Forward, up, sideways: errors of the ground reaction count so much. The sideways force is a tenth
# of the one fore and aft, and tells where the feet land.
FORCE_PULL = np.array([1.0, 1.0, 4.0])
# What is usually varied of a foot on the ground.
OF_FOOT = (
    "leg.feet.stiffness",
    "leg.feet.law",
    "leg.body_weight",
    "speed",
    "weight",
    AT_POINT,
)


def is_rotation(runner: Runner) -> NDArray[np.bool_]:
    """Which coordinates are angles (coordinate,)."""
    kinds = {m.coordinate: m.kind for joint in runner.skeleton.joints for m in joint.motions}
    return np.array([kinds[i] == "rotation" for i in range(len(runner.coordinate_names))])


def moment_scale(runner: Runner) -> Floats:
    """Size of the moment, or force, on each coordinate (coordinate,)."""
    return np.where(is_rotation(runner), MOMENT_SCALE, FORCE_SCALE * float(runner.body_weight))


def _plain(values: Any) -> Any:
    """Numbers as NumPy has them: in JAX each cut and product would compile on its own."""
    return np.asarray(values, float)


def one(tree: Any) -> Any:
    """Give every leaf a leading instance axis of one."""
    return jax.tree.map(lambda leaf: np.asarray(leaf)[None], tree)


def _progress(runner: Runner, speed: float) -> Any:
    unit = np.array([name == PROGRESS for name in runner.coordinate_names], dtype=float)
    return speed * unit


def body_part(runner: Runner, task: RunningTask, book: Layout) -> Part:
    """Inverse dynamics, passive joints and motors."""
    inputs = np.concatenate(
        [book.values("coordinates", rate) for rate in range(3)]
        + [book.values("motors"), book.values("duration")]
    )
    n = len(runner.coordinate_names)
    parameters = eq.BodyParameters(
        skeleton=runner.skeleton,
        passive=runner.passive,
        max_torque=runner.actuators.max_torque,
        progress=_progress(runner, task.speed),
        actuated=runner.actuators.coordinates,
    )
    own, rows = one(parameters), np.arange(n)[None]
    return Part(
        "body",
        eq.body,
        inputs[None],
        rows,
        own,
        first=eq.body_first,
        second=eq.body_second,
        gradient=eq.body_gradient,
        told=eq.required_moments,
        moving=("skeleton.mass", "skeleton.inertia"),
    )


def leg(runner: Runner, which: str) -> tuple[Leg, Indices]:
    """The spheres of one side and what carries them; and which of the coordinates move it."""
    feet = contact.side(runner.feet, which)
    bodies = sorted({b for carrier in feet.bodies for b in chain(runner.skeleton, carrier)})
    skeleton, moving = limb(runner.skeleton, tuple(bodies))
    carriers = tuple(bodies.index(carrier) for carrier in feet.bodies)
    nameless = ("",) * len(carriers)
    own = Leg(
        skeleton=skeleton,
        feet=dataclasses.replace(feet, bodies=carriers, names=nameless, sides=nameless),
        progress=moving.index(runner.coordinate_names.index(PROGRESS)),
        body_weight=runner.body_weight,
    )
    return own, np.array(moving)


def foot_targets(task: RunningTask, phases: Floats) -> Floats:
    """The reference's ground reaction (point, side, 3), body weights; zeros where unmeasured."""
    if not has_ground_reaction(task.reference):
        return np.zeros((len(phases), 2, 3))
    return np.asarray(_ground_reaction(unnamed(task.reference), jnp.asarray(phases)))


def foot_part(runner: Runner, task: RunningTask, book: Layout, which: str, targets: Floats) -> Part:
    """The ground under one foot, and the cost of another ground reaction than the reference's."""
    own, moved = leg(runner, which)
    parameters = eq.FootParameters(
        leg=own,
        speed=_plain(task.speed),
        weight=_plain(task.costs.ground_reaction * np.square(FORCE_PULL)),
    )
    state = [book.values("coordinates", rate)[moved] for rate in (0, 1)]
    inputs = np.concatenate([*state, book.values("duration")])
    target = targets[:, ("r", "l").index(which)]
    return Part(
        f"foot_{which}",
        eq.foot,
        inputs[None],
        moved[None],
        one(parameters),
        target[None],
        first=eq.foot_first,
        second=eq.foot_second,
        told=eq.told_of_foot,
        moving=OF_FOOT,
    )


def reference_coordinates(runner: Runner, task: RunningTask, phases: Floats) -> Floats:
    """The reference's coordinates at the phases: (point, coordinate); zero where unmeasured."""
    values, _, _ = _evaluate(unnamed(task.reference), jnp.asarray(phases))
    return np.array(values)


def coordinate_cost_part(runner: Runner, task: RunningTask, book: Layout, phases: Floats) -> Part:
    """What it costs to deviate from the reference, and to accelerate."""
    n = len(runner.coordinate_names)
    angles = is_rotation(runner)
    costs = task.costs
    # Heights are not tracked: a runner's leg length is not ours, and a pelvis held up by its
    # reference would shorten stance.
    untracked = np.isin(runner.coordinate_names, [PROGRESS, HEIGHT])
    tracked = np.array(task.reference.measured) & ~untracked
    inputs = np.stack(
        [
            book.values("coordinates"),
            book.values("coordinates", 2),
            np.repeat(book.values("duration"), n),
        ],
        axis=1,
    )
    scale = np.where(angles, costs.tracking_angle, costs.tracking_angle / 3.0)
    scale = np.where(_small_angles(runner), SMALL_ANGLE * scale, scale)
    parameters = eq.CoordinateCost(
        tracking_weight=_plain(np.where(tracked, costs.tracking / max(tracked.sum(), 1), 0.0)),
        tracking_scale=_plain(scale),
        acceleration_weight=_plain(np.full(n, costs.acceleration / n)),
        acceleration_scale=_plain(np.where(angles, 500.0, 20.0)),
    )
    target = reference_coordinates(runner, task, phases).T
    rows = np.zeros((n, 0), dtype=np.int64)
    moving = "tracking_weight", "acceleration_weight", AT_POINT
    return Part("coordinates", eq.coordinate_cost, inputs, rows, parameters, target, moving=moving)


def _small_angles(runner: Runner) -> NDArray[np.bool_]:
    """Pelvis and hips out of the sagittal plane (coordinate,)."""
    return np.array(
        [
            name.removesuffix(name[-2:]) in SMALL_ANGLES or name in SMALL_ANGLES
            for name in runner.coordinate_names
        ]
    )


def motor_part(task: RunningTask, book: Layout) -> Part:
    """What the motors cost."""
    controls = book.values("motors")
    weights = np.full(len(controls), task.costs.motor)
    empty = np.zeros((len(controls), 0), dtype=np.int64)
    return Part("motors", eq.control_cost, controls[:, None], empty, weights)


def reserve_part(runner: Runner, task: RunningTask, book: Layout) -> Part:
    """Moments and forces from nowhere, and what they cost."""
    scale = moment_scale(runner)
    weight = np.full(len(scale), task.reserves or 0.0)
    parameters = eq.ReserveParameters(scale=_plain(scale), weight=_plain(weight))
    rows = np.arange(len(scale))[:, None]
    return Part("reserves", eq.reserve, book.values("reserves")[:, None], rows, parameters)
