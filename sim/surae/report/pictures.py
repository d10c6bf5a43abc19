"""A frame of a scene as a picture: bones, muscles by activation, tendon by force, arrows."""

from __future__ import annotations

import numpy as np

from surae.report import palette
from surae.report.muscle_lines import MuscleLine
from surae.report.rendering import Rods, View, faded, joined, over, rendered
from surae.report.scene import Scene

ARROW = 0.32  # m drawn for one body weight of ground reaction
_SHAFT, _TIP, _TIP_LENGTH = 0.011, 0.030, 0.085  # m
_TENDON = (0.005, 0.011)  # m; radius without load and at `palette.TENDON_FULL`
_THIN, _THICK = 0.55, 1.0  # of a muscle's radius, relaxed and fully active
_GHOST_SHARE = 0.42
_MAP_BONES_SHARE = 0.45
_CONTACT_SHARE, _GROUND_SHARE, _ARROW_SHARE = 0.35, 0.6, 0.8
_TIE, _TIE_EVERY, _TIE_REACH = 0.0035, 0.25, 0.42  # radius, spacing, half length of ground lines, m


def picture(
    scene: Scene,
    frame: int,
    view: View,
    size: tuple[int, int],
    ghost: Scene | None = None,
    ground: bool = True,
) -> np.ndarray:
    """The runner at a frame, (row, column, rgba) weighted by alpha; the ghost stands behind."""
    front = rendered(joined(_parts(scene, frame)), view, size)
    contact = rendered(_contact(scene, frame), view, size)
    arrows = rendered(_arrows(scene, frame), view, size)
    result = over(faded(contact, _CONTACT_SHARE), front)
    result = over(faded(arrows, _ARROW_SHARE), result)  # seen through the leg that it runs in
    if ghost is not None:
        back = rendered(_bones(ghost, frame, palette.GHOST), view, size)
        result = over(result, faded(back, _GHOST_SHARE))
    if not ground:
        return result
    way = rendered(_ground(scene, frame, view), view, size)
    return over(result, faded(way, _GROUND_SHARE))


def _parts(scene: Scene, frame: int) -> list[Rods]:
    return [
        _bones(scene, frame, palette.BONE),
        *_muscles(scene, frame),
        *_tendons(scene, frame),
    ]


def body_map(
    scene: Scene, frame: int, view: View, size: tuple[int, int], colors: np.ndarray
) -> np.ndarray:
    """The body with its muscles in colors (muscle, 3), each as thick as it is strong.

    Muscles are seen through the bones, so that none is hidden by them.
    """
    parts = [
        _line(scene, frame, line, scene.muscle_radius[line.muscle], colors[line.muscle])
        for line in scene.lines
    ]
    for ends in (ends for ends in scene.tendons if ends is not None):
        way = np.stack([scene.places(vertex)[frame] for vertex in ends])[None]
        parts.append(_painted(way, np.full((1, 2), _TENDON[0]), palette.one(palette.BONE)))
    bones = rendered(_bones(scene, frame, palette.BONE), view, size)
    return over(rendered(joined(parts), view, size), faded(bones, _MAP_BONES_SHARE))


def _bones(scene: Scene, frame: int, color: palette.Color) -> Rods:
    body = np.array([rod.body for rod in scene.rods])
    ends = np.array([[rod.start, rod.end] for rod in scene.rods])
    turned = np.einsum("rij,rej->rei", scene.rotations[frame][body], ends)
    radii = np.array([[rod.start_radius, rod.end_radius] for rod in scene.rods])
    return _painted(turned + scene.origins[frame][body][:, None], radii, palette.one(color))


def _muscles(scene: Scene, frame: int) -> list[Rods]:
    parts = []
    for line in scene.lines:
        share = float(scene.activation[frame, line.muscle])
        radius = scene.muscle_radius[line.muscle] * (_THIN + (_THICK - _THIN) * share)
        color = palette.along(palette.ACTIVATION, np.array(share))
        parts.append(_line(scene, frame, line, radius, color))
    return parts


def _line(scene: Scene, frame: int, line: MuscleLine, radius: float, color: np.ndarray) -> Rods:
    way = np.stack([scene.places(vertex)[frame] for vertex in line.vertices])
    ends = np.stack([way[:-1], way[1:]], axis=1)
    return _painted(ends, np.full((len(ends), 2), radius), color)


def _tendons(scene: Scene, frame: int) -> list[Rods]:
    parts = []
    for side, ends in enumerate(scene.tendons):
        if ends is None:
            continue
        share = float(scene.tendon_force[frame, side]) / palette.TENDON_FULL
        way = np.stack([scene.places(vertex)[frame] for vertex in ends])[None]
        radius = _TENDON[0] + (_TENDON[1] - _TENDON[0]) * min(share, 1.0)
        color = palette.along(palette.TENDON, np.array(share))
        parts.append(_painted(way, np.full((1, 2), radius), color))
    return parts


def _arrows(scene: Scene, frame: int) -> Rods:
    parts = [Rods(np.zeros((0, 2, 3)), np.zeros((0, 2)), np.zeros((0, 3)))]
    for foot, force in zip(scene.pressure[frame], scene.reaction[frame], strict=True):
        size = float(np.linalg.norm(force)) * ARROW
        if size < _TIP_LENGTH:
            continue
        along = force / np.linalg.norm(force)
        neck = foot + along * (size - _TIP_LENGTH)
        ends = np.array([[foot, neck], [neck, foot + along * size]])
        parts.append(
            _painted(ends, np.array([[_SHAFT] * 2, [_TIP, 0.002]]), palette.one(palette.REACTION))
        )
    return joined(parts)


def _contact(scene: Scene, frame: int) -> Rods:
    centers = np.array(
        [
            scene.origins[frame, s.body] + scene.rotations[frame, s.body] @ s.center
            for s in scene.spheres
        ]
    ).reshape(-1, 3)
    radii = np.array([[s.radius] * 2 for s in scene.spheres]).reshape(-1, 2)
    return _painted(np.repeat(centers[:, None], 2, axis=1), radii, palette.one(palette.CONTACT))


def _ground(scene: Scene, frame: int, view: View) -> Rods:
    """Lines across the way that slide back at the runner's speed, and the edge on each side."""
    reach = view.width / 2 + _TIE_EVERY
    passed = scene.speed * scene.duration * float(scene.percent[frame]) / 100.0
    x = np.arange(-reach, reach, _TIE_EVERY) - passed % _TIE_EVERY
    ties = [[(at, 0.0, -_TIE_REACH), (at, 0.0, _TIE_REACH)] for at in x]
    edges = [[(-reach, 0.0, z), (reach, 0.0, z)] for z in (-_TIE_REACH, _TIE_REACH)]
    ends = np.array(ties + edges)
    return _painted(ends, np.full((len(ends), 2), _TIE), palette.one(palette.GROUND))


def _painted(ends: np.ndarray, radii: np.ndarray, color: np.ndarray) -> Rods:
    return Rods(ends, radii, np.broadcast_to(color, (len(ends), 3)))
