"""The bones that are drawn on the bodies of a runner: tapered rods between points.

Places are of the LaiUhlrich2022 bodies, read off its bone meshes by eye: they are drawing, no
number of any result depends on them. Joint centers, which the bones meet, are the model's own. A
body of another size carries its bones with it; one of another name gets plain rods.
"""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import numpy as np

from surae.skeleton.tree import Skeleton

Point = tuple[float, float, float]


class Rod(NamedTuple):
    """A rod on a body with two round ends, m in body axes."""

    body: int
    start: Point
    end: Point
    start_radius: float
    end_radius: float


@dataclasses.dataclass(frozen=True)
class Chain:
    """Points joined by rods, m in body axes; radii run evenly from the first point to the last."""

    radii: tuple[float, float]
    points: tuple[Point, ...]


def _chain(first: float, last: float, *points: Point) -> Chain:
    return Chain((first, last), points)


# Of the right side, z to the right; the left is their mirror image. Radii in m.
SIDED: dict[str, tuple[Chain, ...]] = {
    "femur": (
        _chain(0.022, 0.017, (0.0, 0.0, 0.0), (-0.006, -0.012, 0.045)),
        _chain(0.018, 0.015, (-0.012, -0.006, 0.055), (-0.004, -0.06, 0.05)),
        _chain(0.015, 0.013, (-0.004, -0.06, 0.05), (0.005, -0.20, 0.03), (0.0, -0.37, 0.005)),
        _chain(0.018, 0.024, (0.0, -0.37, 0.004), (-0.004, -0.404, 0.022)),
        _chain(0.018, 0.024, (0.0, -0.37, 0.004), (-0.004, -0.404, -0.024)),
    ),
    "tibia": (
        _chain(0.020, 0.020, (-0.004, -0.024, 0.020), (-0.004, -0.024, -0.022)),
        _chain(0.020, 0.012, (0.002, -0.03, 0.0), (0.006, -0.09, -0.002), (-0.004, -0.30, -0.006)),
        _chain(0.012, 0.016, (-0.004, -0.30, -0.006), (-0.008, -0.385, -0.008)),
        _chain(0.009, 0.006, (-0.018, -0.05, 0.040), (-0.014, -0.24, 0.030)),
        _chain(0.006, 0.010, (-0.014, -0.24, 0.030), (-0.016, -0.405, 0.022)),
    ),
    "patella": (_chain(0.014, 0.011, (0.000, 0.034, 0.0), (0.002, 0.012, 0.0)),),
    "talus": (_chain(0.018, 0.016, (0.0, -0.002, 0.0), (0.022, -0.012, -0.004)),),
    "calcn": (
        _chain(0.018, 0.017, (0.006, 0.014, 0.0), (0.045, 0.026, 0.0)),
        _chain(0.016, 0.012, (0.045, 0.026, 0.0), (0.095, 0.030, -0.012)),
        _chain(0.015, 0.011, (0.045, 0.022, 0.004), (0.085, 0.014, 0.024)),
        _chain(0.012, 0.011, (0.095, 0.030, -0.014), (0.172, 0.000, -0.028)),
        _chain(0.009, 0.008, (0.095, 0.028, -0.006), (0.176, 0.000, -0.008)),
        _chain(0.009, 0.007, (0.092, 0.024, 0.006), (0.168, -0.001, 0.012)),
        _chain(0.009, 0.007, (0.088, 0.019, 0.016), (0.158, -0.002, 0.030)),
        _chain(0.010, 0.007, (0.082, 0.014, 0.026), (0.146, -0.003, 0.046)),
    ),
    "toes": (
        _chain(0.011, 0.009, (-0.006, -0.001, -0.029), (0.056, -0.010, -0.024)),
        _chain(0.008, 0.006, (-0.002, -0.001, -0.009), (0.056, -0.010, -0.003)),
        _chain(0.007, 0.006, (-0.010, -0.002, 0.011), (0.046, -0.010, 0.017)),
        _chain(0.007, 0.006, (-0.020, -0.003, 0.029), (0.034, -0.010, 0.036)),
        _chain(0.007, 0.006, (-0.032, -0.004, 0.045), (0.018, -0.010, 0.053)),
    ),
    "humerus": (
        _chain(0.023, 0.013, (0.0, 0.0, 0.0), (0.003, -0.05, 0.003), (0.008, -0.16, -0.004)),
        _chain(0.011, 0.017, (0.008, -0.16, -0.004), (0.012, -0.28, -0.008)),
        _chain(0.013, 0.013, (0.012, -0.283, -0.026), (0.012, -0.283, 0.014)),
    ),
    "ulna": (
        _chain(0.013, 0.006, (-0.008, 0.012, 0.0), (-0.006, -0.12, 0.008), (-0.013, -0.245, 0.024)),
    ),
    "radius": (
        _chain(0.009, 0.012, (0.0, 0.0, 0.0), (-0.003, -0.12, 0.012), (-0.008, -0.232, 0.013)),
    ),
    "hand": (
        _chain(0.013, 0.019, (0.0, -0.008, 0.0), (0.0, -0.075, 0.006)),
        _chain(0.012, 0.016, (0.0, -0.02, -0.010), (0.006, -0.078, -0.014)),
        _chain(
            0.012, 0.010, (0.004, -0.085, -0.006), (0.020, -0.118, -0.004), (0.034, -0.106, 0.0)
        ),
        _chain(0.009, 0.007, (0.004, -0.03, -0.020), (0.028, -0.075, -0.024)),
    ),
}
_PELVIS_SIDE = (
    _chain(0.010, 0.011, (0.002, -0.004, 0.122), (-0.018, 0.052, 0.135), (-0.062, 0.082, 0.128)),
    _chain(0.011, 0.012, (-0.062, 0.082, 0.128), (-0.108, 0.076, 0.092), (-0.146, 0.036, 0.052)),
    _chain(0.026, 0.014, (-0.056, -0.074, 0.082), (-0.040, -0.030, 0.098), (-0.012, 0.0, 0.118)),
    _chain(0.022, 0.012, (-0.060, -0.066, 0.082), (-0.075, 0.0, 0.095), (-0.072, 0.078, 0.122)),
    _chain(0.022, 0.014, (-0.066, -0.062, 0.078), (-0.105, -0.010, 0.066), (-0.140, 0.030, 0.050)),
    _chain(0.018, 0.012, (-0.045, -0.082, 0.064), (-0.008, -0.078, 0.024), (0.0, -0.084, 0.010)),
    _chain(0.018, 0.014, (-0.066, -0.090, 0.074), (-0.086, -0.132, 0.058)),
    _chain(0.014, 0.010, (-0.086, -0.134, 0.056), (-0.040, -0.120, 0.034), (0.0, -0.090, 0.010)),
)
_RIB_LEVELS = (  # height at the spine, at the front; half width; place of the front; m
    (0.378, 0.350, 0.060, 0.040),
    (0.350, 0.312, 0.092, 0.068),
    (0.318, 0.270, 0.112, 0.090),
    (0.284, 0.228, 0.126, 0.104),
    (0.248, 0.190, 0.134, 0.110),
    (0.212, 0.158, 0.136, 0.104),
    (0.178, 0.130, 0.132, 0.088),
    (0.146, 0.108, 0.122, 0.062),
)
_SPINE = (
    (-0.004, 0.0, 0.0),
    (0.010, 0.050, 0.0),
    (0.004, 0.105, 0.0),
    (-0.022, 0.170, 0.0),
    (-0.052, 0.245, 0.0),
    (-0.064, 0.320, 0.0),
    (-0.050, 0.385, 0.0),
    (-0.026, 0.440, 0.0),
    (-0.012, 0.500, 0.0),
    (-0.002, 0.545, 0.0),
)
_TORSO_SIDE = (
    _chain(0.009, 0.010, (0.036, 0.368, 0.018), (0.030, 0.392, 0.09), (-0.004, 0.394, 0.152)),
    _chain(0.010, 0.007, (-0.004, 0.392, 0.150), (-0.062, 0.372, 0.108), (-0.088, 0.350, 0.070)),
    _chain(0.007, 0.008, (-0.088, 0.350, 0.070), (-0.096, 0.250, 0.082), (-0.020, 0.366, 0.148)),
    _chain(0.012, 0.011, (0.004, 0.560, 0.050), (0.012, 0.532, 0.046), (0.072, 0.516, 0.014)),
)
MIDLINE: dict[str, tuple[Chain, ...]] = {
    "pelvis": (
        _chain(0.024, 0.020, (-0.106, 0.076, 0.0), (-0.138, 0.040, 0.0), (-0.152, -0.010, 0.0)),
        _chain(0.016, 0.008, (-0.152, -0.010, 0.0), (-0.148, -0.050, 0.0), (-0.130, -0.076, 0.0)),
        _chain(0.012, 0.012, (-0.138, 0.034, -0.045), (-0.138, 0.034, 0.045)),
    ),
    "torso": (
        _chain(0.021, 0.014, *_SPINE),
        _chain(0.013, 0.011, (0.038, 0.366, 0.0), (0.072, 0.300, 0.0), (0.106, 0.215, 0.0)),
        _chain(0.076, 0.082, (0.030, 0.616, 0.0), (-0.004, 0.618, 0.0)),
        _chain(0.048, 0.040, (0.052, 0.582, 0.0), (0.058, 0.556, 0.0)),
        _chain(0.024, 0.018, (0.060, 0.535, 0.0), (0.076, 0.522, 0.0)),
    ),
}
# How long the bodies above are: from their own joint to that of the child named; m.
_LENGTHS = {
    "femur": ("tibia", 0.4096),
    "tibia": ("talus", 0.4001),
    "calcn": ("toes", 0.1788),
    "humerus": ("ulna", 0.2868),
    "ulna": ("radius", 0.0301),
    "radius": ("hand", 0.2364),
}
_HIP, _SHOULDER = (-0.056276, -0.07849, 0.07726), (0.003155, 0.3715, 0.17)
_PLAIN_RADIUS = 0.014  # m
_RIB_STEPS = 7  # points of half a rib


def bones(skeleton: Skeleton) -> list[Rod]:
    """Rods on every body of a runner, in the order of the bodies."""
    rods: list[Rod] = []
    sizes = body_sizes(skeleton)
    for body, name in enumerate(skeleton.body_names):
        stem, side = without_side(name)
        for chain in _chains(stem, side):
            rods += _rods(body, chain, sizes[body], -1.0 if side == "l" else 1.0)
        if stem not in SIDED and stem not in MIDLINE:
            rods += _plain(skeleton, body)
    return rods


def body_sizes(skeleton: Skeleton) -> np.ndarray:
    """How large each body is beside LaiUhlrich2022's, (body, xyz)."""
    names = skeleton.body_names
    sizes = np.ones((len(names), 3))
    for body, name in enumerate(names):
        stem, side = without_side(name)
        child, length = _LENGTHS.get(stem, ("", 1.0))
        if stem == "tibia" and f"talus_{side}" not in names:
            child = "calcn"  # a planar model's ankle is the joint of the foot
        below = f"{child}_{side}"
        if stem == "pelvis" and "femur_r" in names:
            sizes[body] = _ratio(skeleton, "femur_r", _HIP)
        elif stem == "torso" and "humerus_r" in names:
            sizes[body] = _ratio(skeleton, "humerus_r", _SHOULDER)
        elif stem in _LENGTHS and below in names:
            place = np.asarray(skeleton.location_in_parent)[names.index(below)]
            sizes[body] = np.linalg.norm(place) / length
    return _like_neighbours(skeleton, sizes)


def without_side(body: str) -> tuple[str, str]:
    """`femur_r` -> (`femur`, `r`); `pelvis` -> (`pelvis`, ``)."""
    return (body[:-2], body[-1]) if body[-2:] in ("_r", "_l") else (body, "")


def _ratio(skeleton: Skeleton, child: str, usual: Point) -> np.ndarray:
    place = np.asarray(skeleton.location_in_parent)[skeleton.body_names.index(child)]
    return np.abs(place / np.array(usual)).clip(0.3, 3.0)


def _like_neighbours(skeleton: Skeleton, sizes: np.ndarray) -> np.ndarray:
    """Small bodies without a length of their own are as large as the body that they hang on."""
    for body, name in enumerate(skeleton.body_names):
        stem, _ = without_side(name)
        if stem in ("patella", "talus", "toes", "hand") and skeleton.joints[body].parent >= 0:
            sizes[body] = sizes[skeleton.joints[body].parent]
    return sizes


def _chains(stem: str, side: str) -> list[Chain]:
    if side:
        return list(SIDED.get(stem, ()))
    chains = list(MIDLINE.get(stem, ()))
    sided = {"pelvis": _PELVIS_SIDE, "torso": (*_TORSO_SIDE, *_ribs())}.get(stem, ())
    return chains + [half for chain in sided for half in (chain, _mirrored(chain))]


def _ribs() -> tuple[Chain, ...]:
    """Half an ellipse from the spine to the front on each level."""
    ribs = []
    for back, front, width, forward in _RIB_LEVELS:
        spine = float(np.interp(back, [y for _, y, _ in _SPINE], [x for x, _, _ in _SPINE]))
        middle, half = 0.5 * (spine + forward), 0.5 * (forward - spine)
        angle = np.linspace(0.0, np.pi, _RIB_STEPS)
        points = tuple(
            (
                float(middle - half * np.cos(a)),
                float(back + (front - back) * (1.0 - np.cos(a)) / 2.0),
                float(width * np.sin(a)),
            )
            for a in angle
        )
        ribs.append(Chain((0.0072, 0.0072), points))
    return tuple(ribs)


def _mirrored(chain: Chain) -> Chain:
    return Chain(chain.radii, tuple((x, y, -z) for x, y, z in chain.points))


def _rods(body: int, chain: Chain, size: np.ndarray, hand: float) -> list[Rod]:
    points = np.array(chain.points) * size * np.array([1.0, 1.0, hand])
    radii = np.linspace(*chain.radii, len(points)) * float(np.cbrt(np.prod(size)))
    return [
        Rod(body, _point(a), _point(b), float(p), float(q))
        for a, b, p, q in zip(points[:-1], points[1:], radii[:-1], radii[1:], strict=True)
    ]


def _plain(skeleton: Skeleton, body: int) -> list[Rod]:
    """From a body's joint to those of its children; of a last body, through its mass center."""
    start = np.asarray(skeleton.location_in_child)[body]
    children = [i for i, joint in enumerate(skeleton.joints) if joint.parent == body]
    ends = [np.asarray(skeleton.location_in_parent)[child] for child in children]
    ends = ends or [start + 2.0 * (np.asarray(skeleton.mass_center)[body] - start)]
    return [Rod(body, _point(start), _point(end), _PLAIN_RADIUS, _PLAIN_RADIUS) for end in ends]


def _point(values: np.ndarray) -> Point:
    return (float(values[0]), float(values[1]), float(values[2]))
