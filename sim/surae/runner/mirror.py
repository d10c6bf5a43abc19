"""Left and right: which name is the mirror image of which, for coordinates and muscles."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

_OTHER = {"_r": "_l", "_l": "_r"}
# OpenSim's patella follows the knee by `knee_angle_r_beta`.
_INSIDE = re.compile(r"_[rl](?=_)")


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
    return np.array([names.index(mirrored_name(name)) for name in names])
