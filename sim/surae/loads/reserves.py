"""What the body could not give to a motion that was held (mode fixed-kinematics)."""

from __future__ import annotations

import jax.numpy as jnp

from surae.loads.metric import Definition
from surae.loads.stride import Stride
from surae.loads.windows import largest

READS = ("reserve_moments", "runner.skeleton.mass")
DEFINITIONS = {
    "peak_reserve_moment": Definition(
        "N m/kg", ("coordinate",), "largest over the stride; of translations a force in N/kg"
    ),
}


def reserves(stride: Stride) -> dict:
    """Values of the metrics of this file; none where the motion was free."""
    moments = stride.given.reserve_moments
    if moments is None:
        return {}
    return {"peak_reserve_moment": largest(jnp.abs(moments)) / stride.mass}
