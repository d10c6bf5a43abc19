"""Forces in hip, knee and ankle: between segments, and in the joint once muscles are taken off.

Between segments: the net force across a joint that moves all that hangs below it, by Newton's law
for its bodies: sum of mass * (acceleration - gravity), less the ground reaction. In the joint: the
same, less what the muscles that cross it pull, each along the piece of its path that crosses
(`Runner.lines_of_action`). It presses on the body below; its size is what is reported, as OpenSim's
JointReaction analysis does. Only for models that say where their muscles run.

The knee's is that of the tibia on the femur: quadriceps pull on the tibia through the patella.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from surae.gait.solution import SIDES
from surae.loads.metric import per_side
from surae.loads.stride import Stride, largest, whole_stride
from surae.runner.runner import Runner
from surae.skeleton import dynamics
from surae.skeleton.chain_rule import motion_rates
from surae.skeleton.kinematics import motion_course, points_in_ground, poses

# The body below each joint, without its side.
BODIES = {"hip": "femur", "knee": "tibia", "ankle": "talus"}

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


def joint_contact(stride: Stride) -> dict:
    """Values of the metrics of this file that the model has bodies and lines of action for."""
    values = {}
    for joint, (net, contact) in joint_forces(stride).items():
        size = np.linalg.norm(net, axis=2) / stride.weight
        values[f"peak_{joint}_intersegmental_force"] = largest(size, whole_stride(stride))
        if stride.even.runner.lines_of_action is not None:
            size = np.linalg.norm(contact, axis=2) / stride.weight
            values[f"peak_{joint}_contact_force"] = largest(size, whole_stride(stride))
    return values


def joint_forces(stride: Stride) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Net and contact force on the body below each joint, N in ground: (instant, side, xyz)."""
    even, names = stride.even, stride.even.runner.skeleton.body_names
    joints = [joint for joint, body in BODIES.items() if f"{body}_{SIDES[0]}" in names]
    below = tuple(names.index(f"{BODIES[joint]}_{side}") for joint in joints for side in SIDES)
    curves = (even.coordinates, even.speeds, even.accelerations, even.tendon_force)
    if not joints:
        return {}
    carried, pulled = _across(below, even.runner, *(jnp.asarray(curve) for curve in curves))
    forces, sides = {}, len(SIDES)
    for first, joint in enumerate(joints):
        own = slice(sides * first, sides * (first + 1))
        net = np.asarray(carried)[:, own] - np.asarray(even.ground_reaction_force)
        forces[joint] = (net, net - np.asarray(pulled)[:, own])
    return forces


@partial(jax.jit, static_argnums=0)
def _across(
    below: tuple[int, ...],
    runner: Runner,
    coordinates: Array,
    speeds: Array,
    accelerations: Array,
    tendon_force: Array,
) -> tuple[Array, Array]:
    """What moves all that hangs on each body, and what muscles pull on it: (instant, body, xyz)."""

    def at_instant(q: Array, speed: Array, acceleration: Array, tension: Array) -> tuple:
        pulled = _pulled(below, runner, q, tension)
        return _inertial(below, runner, q, speed, acceleration), pulled

    return jax.vmap(at_instant)(coordinates, speeds, accelerations, tendon_force)


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
