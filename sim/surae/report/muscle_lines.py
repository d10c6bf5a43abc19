"""Where muscles are drawn: along the model's lines of action, or where its moment arms put them.

A model that says where its muscles cross the joints (`Runner.lines_of_action`) has them drawn
there; between the joints, and up to their origins, the way is drawing (`_ORIGINS`, `_INSERTIONS`).
Of any other model a muscle passes each joint at the distance of its moment arm: a pull along the
unit vector u, the point p from the joint, turns by p x u, so p = u x (sum of arm * axis).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from surae.report.bones import body_sizes, without_side
from surae.runner.runner import Runner, moment_arms
from surae.skeleton import kinematics

MOVING = -1  # of a vertex on no body: its place is a track over the frames
# Where calf and tendon meet, behind the tibia, and Gait2392's soleus insertion on the calcaneus.
TENDON_HIGH, TENDON_LOW = ("tibia", (-0.055, -0.20, 0.0)), ("calcn", (0.0, 0.031, 0.0))


class Vertex(NamedTuple):
    """A point of a line: (3,) on a body, or in ground over the frames (frame, 3)."""

    body: int
    place: np.ndarray


class MuscleLine(NamedTuple):
    """A muscle from origin to insertion; `muscle`: its number in the model."""

    muscle: int
    vertices: tuple[Vertex, ...]


# Origins and insertions of the right side where a line of action begins or ends at the joint, in
# body axes of Gait2392 (Delp et al. 1990), m; drawing only.
_ORIGINS: dict[str, tuple[str, tuple[float, float, float]]] = {
    "psoas": ("pelvis", (-0.065, 0.089, 0.029)),
    "iliacus": ("pelvis", (-0.067, 0.037, 0.085)),
    "piri": ("pelvis", (-0.140, 0.000, 0.024)),
    "glmax1": ("pelvis", (-0.120, 0.061, 0.070)),
    "glmax2": ("pelvis", (-0.135, 0.018, 0.056)),
    "glmax3": ("pelvis", (-0.150, -0.031, 0.020)),
    "vasint": ("femur", (0.029, -0.192, 0.031)),
    "vasmed": ("femur", (0.014, -0.210, 0.019)),
    "vaslat": ("femur", (0.005, -0.185, 0.035)),
    "bfsh": ("femur", (0.005, -0.211, 0.023)),
    "tibant": ("tibia", (0.018, -0.162, 0.012)),
    "tibpost": ("tibia", (-0.009, -0.135, 0.002)),
    "perbrev": ("tibia", (-0.020, -0.265, 0.033)),
    "perlong": ("tibia", (0.001, -0.157, 0.036)),
    "edl": ("tibia", (0.003, -0.138, 0.028)),
    "ehl": ("tibia", (0.001, -0.177, 0.023)),
    "fdl": ("tibia", (-0.008, -0.205, 0.002)),
    "fhl": ("tibia", (-0.008, -0.233, 0.024)),
}
_KNEECAP = ("patella", (0.010, 0.042, 0.0))  # where the vasti reach the patella
_INSERTIONS: dict[str, tuple[str, tuple[float, float, float]]] = {
    "glmax1": ("femur", (-0.028, -0.057, 0.047)),
    "glmax2": ("femur", (-0.016, -0.102, 0.042)),
    "glmax3": ("femur", (-0.006, -0.141, 0.041)),
}


def muscle_lines(runner: Runner, coordinates: np.ndarray) -> list[MuscleLine]:
    """Every muscle that can be drawn. coordinates: (frame, coordinate) of the frames."""
    if runner.lines_of_action is not None:
        return _along_lines_of_action(runner)
    return _at_moment_arms(runner, coordinates)


def on_body(runner: Runner, body: str, place: Sequence[float], side: str) -> Vertex | None:
    """A drawn point of the right side, on this side of this runner; None without such a body."""
    names = runner.skeleton.body_names
    name = body if body in names else f"{body}_{side}"
    if name not in names:
        return None
    hand = np.array([1.0, 1.0, -1.0 if side == "l" else 1.0])
    number = names.index(name)
    return Vertex(number, np.array(place) * hand * body_sizes(runner.skeleton)[number])


def _along_lines_of_action(runner: Runner) -> list[MuscleLine]:
    lines = runner.lines_of_action
    assert lines is not None
    distal, proximal = np.asarray(lines.distal), np.asarray(lines.proximal)
    found = []
    for muscle, name in enumerate(runner.muscle_names):
        own = [i for i, m in enumerate(lines.muscles) if m == muscle]
        own.sort(key=lambda i: lines.joints[i])  # bodies are numbered from the root
        ends = [
            (
                Vertex(lines.proximal_bodies[i], proximal[i]),
                Vertex(lines.distal_bodies[i], distal[i]),
            )
            for i in own
        ]
        if ends:
            found.append(MuscleLine(muscle, tuple(_completed(runner, name, _joined(ends)))))
    return found


def _joined(ends: list[tuple[Vertex, Vertex]]) -> list[Vertex]:
    """One way through the lines of all joints; a step back on a body becomes its middle."""
    way = list(ends[0])
    for proximal, distal in ends[1:]:
        last = way[-1]
        if _same(proximal, way[-2]) and _same(distal, last):
            continue  # a muscle that passes two joints in one straight line
        if proximal.body == last.body and proximal.place[1] > last.place[1]:
            way[-1] = Vertex(last.body, 0.5 * (proximal.place + last.place))
        elif not _same(proximal, last):
            way.append(proximal)
        way.append(distal)
    return way


def _same(a: Vertex, b: Vertex) -> bool:
    return a.body == b.body and bool(np.allclose(a.place, b.place, atol=1e-6))


def _completed(runner: Runner, name: str, way: list[Vertex]) -> list[Vertex]:
    """With the drawn origin and insertion; muscles of the Achilles tendon end where it begins."""
    stem, side = without_side(name)
    names = runner.skeleton.body_names
    if without_side(names[way[0].body])[0] == "patella":
        kneecap = on_body(runner, *_KNEECAP, side)
        way = [kneecap, *way] if kneecap is not None else way
    for ends, at in ((_ORIGINS, 0), (_INSERTIONS, len(way) + 1)):
        if stem in ends:
            vertex = on_body(runner, *ends[stem], side)
            if vertex is not None:
                way.insert(at, vertex)
    if stem in runner.achilles.muscles:
        top = on_body(runner, *TENDON_HIGH, side)
        way = way if top is None else [*way[:-1], top]
    return way


# Shares of a body's length at which a muscle begins or ends on it, counted from the joint.
_ABOVE, _BELOW = 0.55, 0.28
_CALF_ABOVE_KNEE, _CALF_BELOW_KNEE = 0.06, 0.80
_PELVIS_REACH = 0.09  # m above the hip
_FOOT_REACH = 0.07  # m before the ankle
_WIDEST = 0.09  # m; an arm beyond is drawn there


def _at_moment_arms(runner: Runner, coordinates: np.ndarray) -> list[MuscleLine]:
    """Lines through the points that the moment arms give, in ground over the frames."""
    skeleton = runner.skeleton
    at, arms = jax.jit(jax.vmap(lambda q: (kinematics.poses(skeleton, q), moment_arms(runner, q))))(
        jnp.asarray(coordinates)
    )
    rotations, origins, axes = (np.asarray(part) for part in at)
    joints = origins + np.einsum("fbij,bj->fbi", rotations, np.asarray(skeleton.location_in_child))
    turns = _turning_axes(runner, axes)
    lines = []
    for muscle, name in enumerate(runner.muscle_names):
        own = np.asarray(arms)[:, muscle]
        vertices = _through_joints(runner, name, joints, origins, rotations, turns, own)
        if vertices:
            lines.append(MuscleLine(muscle, tuple(Vertex(MOVING, v) for v in vertices)))
    return lines


def _turning_axes(runner: Runner, axes: np.ndarray) -> np.ndarray:
    """Axis in ground by which each coordinate turns its body: (frame, coordinate, xyz)."""
    turns = np.zeros((len(axes), len(runner.coordinate_names), 3))
    for motion, each in enumerate(runner.skeleton.motions):
        if each.kind == "rotation" and not each.functions:
            turns[:, each.coordinate] = axes[:, motion, :3]
    return turns


def _through_joints(
    runner: Runner,
    name: str,
    joints: np.ndarray,
    origins: np.ndarray,
    rotations: np.ndarray,
    turns: np.ndarray,
    arms: np.ndarray,
) -> list[np.ndarray]:
    """Points of one muscle: above its first joint, beside each joint, below its last."""
    skeleton = runner.skeleton
    crossed = [
        (body, sorted({m.coordinate for m in joint.motions if np.abs(arms[:, m.coordinate]).max()}))
        for body, joint in enumerate(skeleton.joints)
        if joint.parent >= 0
    ]
    crossed = [(body, moved) for body, moved in crossed if moved]
    points: list[np.ndarray] = []
    calf = without_side(name)[0] in runner.achilles.muscles
    for number, (body, moved) in enumerate(crossed):
        last, center = number == len(crossed) - 1, joints[:, body]
        up = _unit(_upward(runner, body, joints, rotations))
        turning = np.einsum("fc,fcx->fx", arms[:, moved], turns[:, moved])
        beside = np.cross(up, turning)
        size = np.linalg.norm(beside, axis=1, keepdims=True)
        beside *= np.minimum(1.0, _WIDEST / np.maximum(size, 1e-9))
        if number == 0:
            share = (_CALF_BELOW_KNEE if last else _CALF_ABOVE_KNEE) if calf else _ABOVE
            points.append(center + up * _reach_above(runner, body, joints, share) + 0.7 * beside)
        if not (calf and last):  # the tendon is drawn on its own
            points.append(center + beside)
        if last:
            points.append(_last(runner, name, body, center, beside, joints, origins, rotations))
    return points


def _upward(runner: Runner, body: int, joints: np.ndarray, rotations: np.ndarray) -> np.ndarray:
    """Along the body above a joint, upward: (frame, xyz)."""
    skeleton, parent = runner.skeleton, runner.skeleton.joints[body].parent
    above = joints[:, parent]
    if without_side(skeleton.body_names[parent])[0] == "pelvis":
        return rotations[:, parent, :, 1]
    return above - joints[:, body]


def _reach_above(runner: Runner, body: int, joints: np.ndarray, share: float) -> float:
    skeleton, parent = runner.skeleton, runner.skeleton.joints[body].parent
    if without_side(skeleton.body_names[parent])[0] == "pelvis":
        return _PELVIS_REACH
    return share * float(np.linalg.norm(joints[0, parent] - joints[0, body]))


def _last(
    runner: Runner,
    name: str,
    body: int,
    center: np.ndarray,
    beside: np.ndarray,
    joints: np.ndarray,
    origins: np.ndarray,
    rotations: np.ndarray,
) -> np.ndarray:
    """Where a muscle ends on the body below its last joint."""
    stem, side = without_side(name)
    if stem in runner.achilles.muscles:
        top = on_body(runner, *TENDON_HIGH, side)
        if top is not None:
            return origins[:, top.body] + rotations[:, top.body] @ top.place
    below = [i for i, joint in enumerate(runner.skeleton.joints) if joint.parent == body]
    if without_side(runner.skeleton.body_names[body])[0] in ("calcn", "talus") or not below:
        return center + _FOOT_REACH * rotations[:, body, :, 0] + 0.4 * beside
    return center + _BELOW * (joints[:, below[0]] - center) + 0.5 * beside


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
