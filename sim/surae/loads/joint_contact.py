"""Forces in hip, knee and ankle: between segments, and in the joint once muscles are taken off.

Between segments: the net force across a joint that moves all that hangs below it, by Newton's law
for its bodies: sum of mass * (acceleration - gravity), less the ground reaction. In the joint: the
same, less what the muscles that cross it pull, each along the piece of its path that crosses
(`Runner.lines_of_action`). It presses on the body below; its size is what is reported, as OpenSim's
JointReaction analysis does. Only for models that say where their muscles run.

The knee's is that of the tibia on the femur: quadriceps pull on the tibia through the patella.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from surae.gait.solution import SIDES, across
from surae.loads.metric import per_side
from surae.loads.stride import Stride
from surae.runner.runner import Runner
from surae.skeleton import dynamics
from surae.skeleton.chain_rule import motion_rates
from surae.skeleton.kinematics import motion_course, points_in_ground, poses

# Instants: with more, what lies between leaves the processor's nearest memory.
AT_ONCE = 50
# The body below each joint, without its side.
BODIES = {"hip": "femur", "knee": "tibia", "ankle": "talus"}

READS = (
    "coordinates",
    "speeds",
    "accelerations",
    "tendon_force",
    "ground_reaction_force",
    *(
        f"runner.skeleton.{name}"
        for name in (
            *("mass", "mass_center", "gravity", "axes"),
            *("location_in_parent", "orientation_in_parent"),
            *("location_in_child", "orientation_in_child"),
            *("functions.polynomial", "functions.knots", "functions.squares", "functions.cubes"),
        )
    ),
    "runner.lines_of_action.distal",
    "runner.lines_of_action.proximal",
)
DEFINITIONS = {
    **{
        f"peak_{joint}_contact_force": per_side("BW", "size of the force in the joint, largest")
        for joint in BODIES
    },
    **{
        f"peak_{joint}_intersegmental_force": per_side(
            "BW", "size of the net force across the joint, muscles not taken off, largest"
        )
        for joint in BODIES
    },
}


def joint_contact(stride: Stride) -> dict[str, Array]:
    """Values of the metrics of this file that the model has bodies and lines of action for.

    The peaks are looked for among all samples; only the forces at the peaks have derivatives.
    """
    joints = _joints(stride.given.runner)
    if not joints:
        return {}
    fixed = lax.stop_gradient(stride)
    places = jnp.argmax(_sizes(fixed, fixed.spline), axis=0)
    at_peaks = _sizes(stride, stride.spline[places.ravel()])
    own = jnp.arange(places.size)
    peaks = at_peaks.reshape(places.size, -1)[own, own].reshape(places.shape) / stride.weight
    values = {}
    for joint, (net, contact) in zip(joints, peaks, strict=True):
        values[f"peak_{joint}_intersegmental_force"] = net
        if stride.given.runner.lines_of_action is not None:
            values[f"peak_{joint}_contact_force"] = contact
    return values


def joint_forces(stride: Stride) -> dict[str, tuple[Array, Array]]:
    """Net and contact force on the body below each joint, N in ground: (sample, side, xyz)."""
    forces = _forces(stride, stride.spline)
    return {joint: (net, net - pulled) for joint, (net, pulled) in forces.items()}


def _joints(runner: Runner) -> list[str]:
    """The joints whose bodies the model has."""
    names = runner.skeleton.body_names
    return [joint for joint, body in BODIES.items() if f"{body}_{SIDES[0]}" in names]


def _sizes(stride: Stride, rows: Array) -> Array:
    """Sizes of net and contact force (row, joint, net or contact, side), N."""
    forces = _forces(stride, rows).values()
    pairs = [jnp.stack([net, net - pulled], axis=1) for net, pulled in forces]
    squares = (jnp.stack(pairs, axis=1) ** 2).sum(axis=-1)
    # Without the detour the derivative of no force would be NaN.
    return jnp.where(squares > 0.0, jnp.sqrt(jnp.where(squares > 0.0, squares, 1.0)), 0.0)


def _forces(stride: Stride, rows: Array) -> dict[str, tuple[Array, Array]]:
    """Net force and the muscles' pulls (row, side, xyz), where `rows` take the curves."""
    given, joints = stride.given, _joints(stride.given.runner)
    if not joints:
        return {}
    names, sides = given.runner.skeleton.body_names, len(SIDES)
    below = tuple(names.index(f"{BODIES[joint]}_{side}") for joint in joints for side in SIDES)
    motion = (given.coordinates, given.speeds, given.accelerations, given.tendon_force)
    carried, pulled = _across(below, given.runner, *(across(rows, curve) for curve in motion))
    ground = across(rows, given.ground_reaction_force)
    own = [slice(sides * k, sides * (k + 1)) for k in range(len(joints))]
    return {
        joint: (carried[:, place] - ground, pulled[:, place])
        for joint, place in zip(joints, own, strict=True)
    }


def _across(
    below: tuple[int, ...],
    runner: Runner,
    coordinates: Array,
    speeds: Array,
    accelerations: Array,
    tendon_force: Array,
) -> tuple[Array, Array]:
    """What moves all that hangs on each body, and what muscles pull on it: (row, body, xyz)."""

    def at_instant(motion: tuple[Array, Array, Array, Array]) -> tuple[Array, Array]:
        q, speed, acceleration, tension = motion
        pulled = _pulled(below, runner, q, tension)
        return _inertial(below, runner, q, speed, acceleration), pulled

    motion = coordinates, speeds, accelerations, tendon_force
    return lax.map(at_instant, motion, batch_size=AT_ONCE)


def _inertial(
    below: tuple[int, ...], runner: Runner, coordinates: Array, speeds: Array, accelerations: Array
) -> Array:
    """Sum of mass * (acceleration - gravity) over all bodies that hang on each of `below`."""
    skeleton = runner.skeleton
    course = motion_course(skeleton, coordinates)
    at = dynamics.columns(skeleton, poses(skeleton, coordinates, course))
    rates = motion_rates(skeleton, course, speeds, accelerations)
    force = dynamics.flow(skeleton, at, rates.speed, rates.acceleration).force[:, 3:]
    return jnp.asarray(dynamics.subtrees(skeleton.joints))[np.array(below)] @ force


def _pulled(below: tuple[int, ...], runner: Runner, coordinates: Array, tension: Array) -> Array:
    """Sum of the muscles' pulls on what lies below each of `below`."""
    lines = runner.lines_of_action
    if lines is None:
        return jnp.zeros((len(below), 3))
    at = poses(runner.skeleton, coordinates)
    distal = points_in_ground(at, np.array(lines.distal_bodies), lines.distal)
    proximal = points_in_ground(at, np.array(lines.proximal_bodies), lines.proximal)
    length = jnp.linalg.norm(proximal - distal, axis=1, keepdims=True)
    pulls = tension[np.array(lines.muscles)][:, None] * (proximal - distal) / length
    crosses = np.array(lines.joints)[None, :] == np.array(below)[:, None]
    return jnp.asarray(crosses, float) @ pulls
