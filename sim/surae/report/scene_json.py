"""Scenes as the page's script takes them: one compact JSON text, lengths in 0.1 mm.

Poses are quaternions and origins in whole numbers, rounded to 1e-4 (0.06 mm at the end of a
limb). What strides share, bones and the ways of muscles, is there once.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from surae.report import palette
from surae.report.muscle_lines import MOVING, Vertex
from surae.report.pictures import ARROW
from surae.report.scene import Scene

LENGTH, TURN = 1e-4, 1e-4  # m and 1 a step
FORCE, SHARE = 1e-2, 1e-2  # BW and 1 a step


def scenes_text(scenes: Sequence[Scene], ghost: int | None, start: float) -> str:
    """The text. ghost: which scene stands behind the others; start: % of the stride shown first."""
    bodies: list[dict[str, Any]] = []
    strides = []
    for each in scenes:
        own = _figure(each)
        if own not in bodies:
            bodies.append(own)
        strides.append({"figure": bodies.index(own), **_stride(each)})
    content = {
        "steps": {"length": LENGTH, "turn": TURN, "force": FORCE, "share": SHARE},
        "figures": bodies,
        "strides": strides,
        "ghost": ghost,
        "start": start,
        "look": {
            "activation": palette.ACTIVATION,
            "tendon": palette.TENDON,
            "tendonFull": palette.TENDON_FULL,
            "bone": palette.BONE,
            "ghost": palette.GHOST,
            "reaction": palette.REACTION,
            "contact": palette.CONTACT,
            "arrow": ARROW,
        },
    }
    return json.dumps(content, separators=(",", ":"))


def quaternions(rotations: np.ndarray) -> np.ndarray:
    """Unit quaternions (x, y, z, w) of rotations (..., 3, 3), by the largest of four roots.

    Shepperd (1978), Journal of Guidance and Control 1:223.
    """
    r = rotations
    trace = np.trace(r, axis1=-2, axis2=-1)
    diagonal = np.diagonal(r, axis1=-2, axis2=-1)
    squares = np.stack([*np.moveaxis(1.0 + 2.0 * diagonal - trace[..., None], -1, 0), 1.0 + trace])
    xy, xz, yz = (r[..., i, j] + r[..., j, i] for i, j in ((0, 1), (0, 2), (1, 2)))
    wx, wy, wz = (r[..., i, j] - r[..., j, i] for i, j in ((2, 1), (0, 2), (1, 0)))
    rows = np.stack(
        [
            np.stack([squares[0], xy, xz, wx], -1),
            np.stack([xy, squares[1], yz, wy], -1),
            np.stack([xz, yz, squares[2], wz], -1),
            np.stack([wx, wy, wz, squares[3]], -1),
        ]
    )
    chosen = np.take_along_axis(rows, np.argmax(squares, axis=0)[None, ..., None], axis=0)[0]
    return chosen / np.linalg.norm(chosen, axis=-1, keepdims=True)


def _figure(scene: Scene) -> dict[str, Any]:
    rods = [
        [rod.body, *_steps([*rod.start, *rod.end, rod.start_radius, rod.end_radius], LENGTH)]
        for rod in scene.rods
    ]
    tracks = 0
    muscles = []
    for line in scene.lines:
        way = []
        for vertex in line.vertices:
            moving = vertex.body == MOVING
            way.append([MOVING, tracks] if moving else _fixed(vertex))
            tracks += moving
        muscles.append([line.muscle, way])
    return {
        "bodies": list(scene.body_names),
        "muscleNames": list(scene.muscle_names),
        "rods": rods,
        "spheres": [[s.body, *_steps([*s.center, s.radius], LENGTH)] for s in scene.spheres],
        "muscles": muscles,
        "muscleRadius": _steps(scene.muscle_radius, LENGTH),
        "tendons": [t and [_fixed(t[0]), _fixed(t[1])] for t in scene.tendons],
    }


def _stride(scene: Scene) -> dict[str, Any]:
    turns = quaternions(scene.rotations)
    tracks = [v.place for line in scene.lines for v in line.vertices if v.body == MOVING]
    forces = np.concatenate([_flat(scene.pressure) / LENGTH, _flat(scene.reaction) / FORCE], axis=1)
    return {
        "name": scene.name,
        "duration": round(scene.duration, 5),
        "speed": round(scene.speed, 4),
        "toeOff": None if np.isnan(scene.toe_off) else round(scene.toe_off, 2),
        "frames": len(scene.percent),
        "origins": _steps(_flat(scene.origins), LENGTH),
        "turns": _steps(_flat(turns), TURN),
        "tracks": _steps(np.stack(tracks, axis=1), LENGTH) if tracks else [],
        "activation": _steps(scene.activation, SHARE),
        "tendonForce": _steps(scene.tendon_force, FORCE),
        "ground": _steps(forces, 1.0),
    }


def _fixed(vertex: Vertex) -> list[int]:
    return [vertex.body, *_steps(vertex.place, LENGTH)]


def _flat(values: np.ndarray) -> np.ndarray:
    return values.reshape(len(values), -1)


def _steps(values: Any, step: float) -> list[int]:
    """Whole numbers of steps, flat."""
    return np.rint(np.asarray(values, dtype=float) / step).astype(int).ravel().tolist()
