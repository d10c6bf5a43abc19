"""How the plantarflexion moment is shared: Achilles tendon, its heads, other muscles, antagonists.

Moments of muscles are tendon force times the path's own moment arm, -dL/dq about the ankle.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from surae.gait.solution import SIDES
from surae.loads import periodic
from surae.loads.achilles import achilles_force, tendon_elongation
from surae.loads.metric import per_side
from surae.loads.muscles import members_of
from surae.loads.stride import Stride, both_sides, has_coordinate
from surae.muscle import path

JOINT = "ankle_angle"  # dorsiflexion is positive
HEADS = ("gastrocnemius_medialis", "gastrocnemius_lateralis")

DEFINITIONS = {
    "ankle_moment_at_peak_achilles_force": per_side(
        "N m/kg", "net plantarflexion moment when the Achilles force peaks"
    ),
    "achilles_path_moment_arm_at_peak": per_side(
        "m", "of the tendon's own path about the ankle, weighted by force, at peak force"
    ),
    "dorsiflexor_moment_at_peak": per_side(
        "N m/kg", "dorsiflexion by antagonists when the Achilles force peaks"
    ),
    "other_plantarflexors_share": per_side(
        "1", "part of the muscles' plantarflexion impulse that is not the Achilles tendon's"
    ),
    "achilles_subtendon_sliding": per_side(
        "mm", "largest difference between the elongations of the tendon's parts"
    ),
    **{f"{name}_share": per_side("1", "its part of the Achilles impulse") for name in HEADS},
}


def plantarflexors(stride: Stride) -> dict:
    """Values of the metrics of this file that the model has coordinates and muscles for."""
    if not has_coordinate(stride, JOINT):
        return {}
    moments = ankle_moments(stride)
    values = [_one_side(stride, s, moments[side]) for s, side in enumerate(SIDES)]
    return {name: [each[name] for each in values] for name in values[0]}


def ankle_moments(stride: Stride) -> dict[str, dict[str, np.ndarray]]:
    """Of each side: moment about the ankle by each muscle that spans it, N m (instant,)."""
    runner = stride.even.runner
    names, paths = runner.coordinate_names, runner.muscles.path
    ankles = tuple(names.index(f"{JOINT}_{side}") for side in SIDES)
    every = range(len(runner.muscle_names))
    own = [[i for i in every if ankle in path.spanned(paths, i)] for ankle in ankles]
    chosen = [i for members in own for i in members]
    arms = np.asarray(_arms(path.take(paths, chosen), jnp.asarray(stride.even.coordinates), ankles))
    moments = arms * np.asarray(stride.even.tendon_force)[:, chosen]
    first = iter(moments.T)
    return {
        side: {runner.muscle_names[i]: next(first) for i in members}
        for side, members in zip(SIDES, own, strict=True)
    }


@partial(jax.jit, static_argnames="ankles")
def _arms(paths: path.MusclePaths, coordinates: Array, ankles: tuple[int, ...]) -> Array:
    """Moment arms about the one ankle that each muscle spans (instant, muscle), m."""
    matrix = path.moment_arm_matrix(paths, coordinates.T, coordinates.shape[1])
    return matrix[:, np.array(ankles)].sum(axis=1).T


def _one_side(stride: Stride, s: int, moments: dict[str, np.ndarray]) -> dict[str, float]:
    runner, side, time, duration = stride.even.runner, SIDES[s], stride.time, stride.duration
    force = np.asarray(achilles_force(runner, stride.even.tendon_force))[:, s]
    peak = int(np.argmax(force))
    calf = [f"{name}_{side}" for name in runner.achilles.muscles]
    others = sum(
        (np.maximum(-moment, 0.0) for name, moment in moments.items() if name not in calf),
        start=np.zeros_like(force),
    )
    tendon = -sum((moments[name] for name in calf if name in moments), start=np.zeros_like(force))
    own, rest = (float(periodic.integral(m, time, duration)) for m in (tendon, others))
    net = -both_sides(stride, stride.even.joint_moments, JOINT)[peak, s]
    antagonists = sum(max(float(moment[peak]), 0.0) for moment in moments.values())
    columns = [runner.muscle_names.index(name) for name in calf]
    elongation = np.asarray(tendon_elongation(runner, jnp.asarray(stride.even.tendon_force)))
    return {
        "ankle_moment_at_peak_achilles_force": net / stride.mass,
        "achilles_path_moment_arm_at_peak": tendon[peak] / force[peak],
        "dorsiflexor_moment_at_peak": antagonists / stride.mass,
        "other_plantarflexors_share": rest / (own + rest),
        "achilles_subtendon_sliding": 1000.0 * np.ptp(elongation[:, columns], axis=1).max(),
        **_shares(stride, side, force),
    }


def _shares(stride: Stride, side: str, force: np.ndarray) -> dict[str, float]:
    """Parts of the Achilles impulse by the heads that the model tells apart."""
    names, tendon = stride.even.runner.muscle_names, np.asarray(stride.even.tendon_force)
    shares = {}
    for head in HEADS:
        members = [names.index(f"{m}_{side}") for m in members_of(stride.even.runner, head)]
        if members:
            shares[f"{head}_share"] = float(tendon[:, members].sum() / force.sum())
    return shares
