"""How the plantarflexion moment is shared: Achilles tendon, its heads, other muscles, antagonists.

Moments of muscles are tendon force times the path's own moment arm, -dL/dq about the ankle.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import Array

from surae.gait.solution import SIDES, across
from surae.loads.achilles import calf_tension, tendon_elongation, time_of_peak
from surae.loads.metric import per_side
from surae.loads.muscles import group_force, members_of
from surae.loads.stride import Stride, both_sides, has_coordinate
from surae.loads.windows import at, largest, neighbours
from surae.muscle import path
from surae.runner.runner import Runner

JOINT = "ankle_angle"  # dorsiflexion is positive
HEADS = ("gastrocnemius_medialis", "gastrocnemius_lateralis")

READS = (
    "coordinates",
    "tendon_force",
    "joint_moments",
    "duration",
    "runner.skeleton.mass",
    "runner.muscles.max_isometric_force",
    "runner.muscles.tendon_stiffness",
    "runner.muscles.tendon_slack_length",
    "runner.muscles.path.coefficients",
)
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


def plantarflexors(stride: Stride) -> dict[str, Array]:
    """Values of the metrics of this file that the model has coordinates and muscles for."""
    if not has_coordinate(stride, JOINT):
        return {}
    runner = stride.given.runner
    tension = across(stride.spline, calf_tension(runner, stride.given.tendon_force))
    force = tension.sum(axis=1)
    peak = time_of_peak(stride, force)
    net = -at(stride, both_sides(stride, "joint_moments", JOINT), peak)
    elongation = tendon_elongation(runner, tension)
    sliding = elongation.max(axis=1) - elongation.min(axis=1)
    return {
        "ankle_moment_at_peak_achilles_force": net / stride.mass,
        **_at_peak(stride, peak, at(stride, force, peak)),
        "other_plantarflexors_share": _share_of_others(stride),
        "achilles_subtendon_sliding": 1000.0 * largest(sliding),
        **_shares(stride, force),
    }


def ankle_moments(stride: Stride, rows: Array | None = None) -> dict[str, dict[str, Array]]:
    """Of each side: moment about the ankle by each muscle that spans it, N m (sample,).

    rows: what takes the curves from the instants; default to all samples.
    """
    given, runner = stride.given, stride.given.runner
    rows = stride.spline if rows is None else rows
    names, paths = runner.coordinate_names, runner.muscles.path
    ankles = tuple(names.index(f"{JOINT}_{side}") for side in SIDES)
    every = range(len(runner.muscle_names))
    own = [[i for i in every if ankle in path.spanned(paths, i)] for ankle in ankles]
    chosen = np.array([i for members in own for i in members], dtype=int)
    arms = _arms(path.take(paths, chosen.tolist()), across(rows, given.coordinates), ankles)
    moments = iter((arms * across(rows, given.tendon_force[:, chosen])).T)
    return {
        side: {runner.muscle_names[i]: next(moments) for i in members}
        for side, members in zip(SIDES, own, strict=True)
    }


def _arms(paths: path.MusclePaths, coordinates: Array, ankles: tuple[int, ...]) -> Array:
    """Moment arms about the one ankle that each muscle spans (instant, muscle), m."""
    matrix = path.moment_arm_matrix(paths, coordinates.T, coordinates.shape[1])
    return matrix[:, np.array(ankles)].sum(axis=1).T


def _calf(runner: Runner, side: str) -> list[str]:
    return [f"{name}_{side}" for name in runner.achilles.muscles]


def _sum(curves: list[Array], like: Array) -> Array:
    return sum(curves, start=jnp.zeros_like(like))


def _at_peak(stride: Stride, peak: Array, force: Array) -> dict[str, Array]:
    """Arms and antagonists at each side's peak of the Achilles force (side,), N."""
    before, after, share = neighbours(stride, peak)
    share = share[:, None]
    rows = (1.0 - share) * stride.spline[before] + share * stride.spline[after]
    arms, antagonists = [], []
    for s, (side, own) in enumerate(ankle_moments(stride, rows).items()):
        moments = {name: moment[s] for name, moment in own.items()}
        calf = [moments[n] for n in _calf(stride.given.runner, side) if n in moments]
        arms.append(-_sum(calf, force[s]) / force[s])
        pulls = [jnp.maximum(moment, 0.0) for moment in moments.values()]
        antagonists.append(_sum(pulls, force[s]) / stride.mass)
    return {
        "achilles_path_moment_arm_at_peak": jnp.stack(arms),
        "dorsiflexor_moment_at_peak": jnp.stack(antagonists),
    }


def _share_of_others(stride: Stride) -> Array:
    """Part of the plantarflexion impulse of each side that is not the calf's: (side,)."""
    shares = []
    for side, moments in ankle_moments(stride).items():
        calf = _calf(stride.given.runner, side)
        tendon = [-moments[name] for name in calf if name in moments]
        others = [jnp.maximum(-m, 0.0) for name, m in moments.items() if name not in calf]
        own, rest = (_sum(m, stride.time).sum() for m in (tendon, others))
        shares.append(rest / (own + rest))
    return jnp.stack(shares)


def _shares(stride: Stride, force: Array) -> dict[str, Array]:
    """Parts of the Achilles impulse by the heads that the model tells apart."""
    runner = stride.given.runner
    heads = {head: members_of(runner, head) for head in HEADS}
    return {
        f"{head}_share": group_force(stride, members).sum(axis=0) / force.sum(axis=0)
        for head, members in heads.items()
        if members
    }
