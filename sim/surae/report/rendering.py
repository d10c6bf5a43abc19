"""Rods with round ends become a picture, in parallel projection with light and depth; NumPy alone.

A rod is a sphere swept from one end to the other: a pixel at distance d from its axis, where the
radius is r, lies sqrt(r^2 - d^2) in front of it, and its normal follows. No window, no graphics
card: films and strips come out the same on every machine.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

_LIGHT = np.array([-0.35, 0.65, 0.68])  # right, up, toward the viewer
_AMBIENT = 0.52
_RIM = 0.35  # how much a surface darkens where it turns away from the viewer
FINER = 2  # pixels are averaged from so many a side


class Rods(NamedTuple):
    """Rods in ground, m: ends (rod, 2, 3), radii (rod, 2), colors (rod, 3) in 0..1."""

    ends: np.ndarray
    radii: np.ndarray
    colors: np.ndarray


class View(NamedTuple):
    """A camera: turned by azimuth from the runner's right side, raised, deg; a window in m."""

    azimuth: float
    elevation: float
    center: tuple[float, float, float]
    width: float
    height: float


def joined(parts: list[Rods]) -> Rods:
    """Several sets of rods as one."""
    return Rods(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def axes(view: View) -> np.ndarray:
    """Rows: right, up and toward the viewer, in ground. From the right side, x goes right."""
    a, e = np.radians([view.azimuth, view.elevation])
    right = np.array([np.cos(a), 0.0, -np.sin(a)])
    toward = np.array([np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)])
    return np.stack([right, np.cross(toward, right), toward])


def rendered(rods: Rods, view: View, size: tuple[int, int]) -> np.ndarray:
    """Picture (row, column, rgba) in 0..1, of size (width, height) in pixels.

    Colors are weighted by alpha, so that pictures can be laid over one another.
    """
    width, height = size[0] * FINER, size[1] * FINER
    scale = width / view.width  # pixels a meter
    turned = (rods.ends - np.array(view.center)) @ axes(view).T
    place = np.stack(
        [width / 2 + scale * turned[..., 0], height / 2 - scale * turned[..., 1]], axis=-1
    )
    depth = np.full((height, width), -np.inf)
    color = np.zeros((height, width, 4))
    for i in range(len(rods.radii)):
        _draw(
            color, depth, place[i], turned[i, :, 2] * scale, rods.radii[i] * scale, rods.colors[i]
        )
    return _coarser(color)


def over(front: np.ndarray, back: np.ndarray) -> np.ndarray:
    """One picture laid over another."""
    return front + back * (1.0 - front[..., 3:])


def faded(picture: np.ndarray, alpha: float) -> np.ndarray:
    """A picture that lets through what lies behind it."""
    return picture * alpha


def _draw(
    color: np.ndarray,
    depth: np.ndarray,
    place: np.ndarray,
    toward: np.ndarray,
    radii: np.ndarray,
    paint: np.ndarray,
) -> None:
    low = np.floor((place - radii[:, None]).min(axis=0)).astype(int).clip(0)
    high = np.ceil((place + radii[:, None]).max(axis=0)).astype(int) + 1
    rows, columns = (
        slice(low[1], min(high[1], len(depth))),
        slice(low[0], min(high[0], depth.shape[1])),
    )
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return
    y, x = np.ogrid[rows, columns]
    dx, dy = place[1] - place[0]
    length = dx * dx + dy * dy
    if length < 1e-9:
        share = np.full((y.shape[0], x.shape[1]), float(toward[1] > toward[0]))
    else:
        share = (((x - place[0, 0]) * dx + (y - place[0, 1]) * dy) / length).clip(0.0, 1.0)
    radius = radii[0] + share * (radii[1] - radii[0])
    right, down = x - (place[0, 0] + share * dx), y - (place[0, 1] + share * dy)
    rest = radius * radius - right * right - down * down
    front = np.sqrt(np.maximum(rest, 0.0))
    nearness = toward[0] + share * (toward[1] - toward[0]) + front
    seen = (rest > 0.0) & (nearness > depth[rows, columns])
    if not seen.any():
        return
    normal = np.stack([right[seen], -down[seen], front[seen]], axis=-1) / radius[seen][:, None]
    light = _LIGHT / np.linalg.norm(_LIGHT)
    shade = _AMBIENT + (1.0 - _AMBIENT) * np.maximum(normal @ light, 0.0)
    shade *= 1.0 - _RIM * (1.0 - normal[:, 2]) ** 3
    depth[rows, columns][seen] = nearness[seen]
    color[rows, columns][seen] = np.concatenate(
        [paint * shade[:, None], np.ones((len(shade), 1))], axis=1
    )


def _coarser(picture: np.ndarray) -> np.ndarray:
    height, width = picture.shape[0] // FINER, picture.shape[1] // FINER
    return picture.reshape(height, FINER, width, FINER, 4).mean(axis=(1, 3))
