"""Left and right: what each name, and each coordinate, becomes in the mirror (z -> -z)."""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from surae.skeleton.tree import Skeleton

# Positions change the sign of z; rotation axes, as pseudovectors, of x and y.
POSITION = (1.0, 1.0, -1.0)
ROTATION = (-1.0, -1.0, 1.0)

_OTHER = {"_r": "_l", "_l": "_r"}
# OpenSim's patella follows the knee by `knee_angle_r_beta`.
_INSIDE = re.compile(r"_[rl](?=_)")


class Mirror(NamedTuple):
    """In the mirror component i is `signs[i]` times component `of[i]`."""

    of: NDArray[np.int64]
    signs: NDArray[np.float64]

    def image(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """The mirror image of values (component, ...)."""
        return (self.signs * values[self.of].T).T


@functools.cache
def mirrored_name(name: str) -> str:
    """`soleus_r` for `soleus_l` and the other way round; midline names are their own."""
    if name[-2:] in _OTHER:
        return name[:-2] + _OTHER[name[-2:]]
    return _INSIDE.sub(lambda side: _OTHER[side[0]], name, count=1)


def mirror_permutation(names: tuple[str, ...]) -> NDArray[np.int64]:
    """For each name the index of its mirror image."""
    missing = [name for name in names if mirrored_name(name) not in names]
    if missing:
        raise ValueError(f"No mirror image for {missing}; sides are written _r and _l.")
    return np.array([names.index(mirrored_name(name)) for name in names], dtype=np.int64)


def mirror_of_names(names: tuple[str, ...]) -> Mirror:
    """Of what has no direction, such as muscles."""
    return Mirror(mirror_permutation(names), np.ones(len(names)))


def mirror_of_coordinates(skeleton: Skeleton) -> Mirror:
    """Of coordinates; those of the midline that lead sideways (pelvis list) change their sign."""
    mirror = mirror_of_names(skeleton.coordinate_names)
    for axis, motion in zip(np.asarray(skeleton.axes), skeleton.motions, strict=True):
        own = motion.coordinate
        if mirror.of[own] == own and not motion.functions:
            turned = axis * (ROTATION if motion.kind == "rotation" else POSITION)
            mirror.signs[own] = np.copysign(1.0, axis @ turned)
    return mirror


def mirror_of_actuators(
    names: tuple[str, ...], coordinates: tuple[int, ...], skeleton: Skeleton
) -> Mirror:
    """Of actuators, which turn in the mirror as the coordinates that they drive."""
    signs = mirror_of_coordinates(skeleton).signs
    return Mirror(mirror_permutation(names), signs[list(coordinates)])
