"""Colors of the moving runner, one place for the page and for films: sRGB in 0..255.

Activation runs from blue over purple to orange, rising in lightness, so that it reads without red
and green. Curves use Okabe & Ito's colors (`figures`, and the page's style).
"""

from __future__ import annotations

import numpy as np

Color = tuple[int, int, int]
ACTIVATION: tuple[Color, ...] = ((44, 82, 158), (124, 66, 158), (201, 70, 98), (240, 136, 32))
TENDON: tuple[Color, ...] = ((125, 190, 165), (60, 170, 110), (250, 200, 40))
TENDON_FULL = 8.0  # BW; the tendon's color and width end here
BONE: Color = (226, 218, 200)
# What a weaker muscle does to a load, from less to more: Okabe & Ito's blue, grey, vermillion.
WORTH: tuple[Color, ...] = ((0, 114, 178), (222, 222, 222), (213, 94, 0))
GHOST: Color = (138, 148, 164)
REACTION: Color = (0, 130, 200)
CONTACT: Color = (90, 100, 115)
GROUND: Color = (150, 156, 166)


def along(stops: tuple[Color, ...], share: np.ndarray) -> np.ndarray:
    """Colors at shares 0..1 of a scale, linear between its stops: (..., 3) in 0..1."""
    at = np.linspace(0.0, 1.0, len(stops))
    table = np.array(stops, dtype=float) / 255.0
    share = np.clip(share, 0.0, 1.0)
    return np.stack([np.interp(share, at, table[:, i]) for i in range(3)], axis=-1)


def one(color: Color) -> np.ndarray:
    """A color in 0..1."""
    return np.array(color, dtype=float) / 255.0
