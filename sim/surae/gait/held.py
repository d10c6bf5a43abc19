"""The stride of mode `fixed-kinematics`: its motion is data, only forces are unknown.

With coordinates, speeds, accelerations and duration given, inverse dynamics and ground reaction
are constants. What remains of the dynamics is one linear balance for each coordinate,

    needed moment = muscles + motors + reserve,

where the reserve is what nobody in the body can give: weighted so heavily that it stays near zero
as long as muscles can do the work, it keeps the problem solvable when they cannot, and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from surae._errors import UnusableInput
from surae._pytree import field, pytree, static
from surae.foot import ground
from surae.foot.ground import Leg
from surae.gait.solution import FORWARD_COORDINATE, GaitSolution
from surae.runner.runner import Runner
from surae.skeleton.dynamics import inverse_dynamics
from surae.skeleton.passive import passive_moments
from surae.transcription.collocation import Mesh

Floats = NDArray[np.float64]
Legs = Sequence[tuple[Leg, NDArray[np.int64]]]

_SAME_INSTANTS = 1e-9  # of the stride


@pytree
class HeldMotion:
    """The motion of one full stride at its mesh's instants; pelvis_tx as deviation from progress.

    symmetry: `half` where the second half is the first one's mirror image.
    """

    time: Array | Floats = field("instant", "s")
    coordinates: Array | Floats = field("instant", "coordinate", "rad or m")
    speeds: Array | Floats = field("instant", "coordinate", "rad/s or m/s")
    accelerations: Array | Floats = field("instant", "coordinate", "rad/s^2 or m/s^2")
    duration: Array | Floats = field("s")
    symmetry: str = static(default="full")
    source: str = static(default="")


def held_motion(gait: GaitSolution, symmetry: str, source: str) -> HeldMotion:
    """The motion of a solved stride."""
    forward = np.array([n == FORWARD_COORDINATE for n in gait.runner.coordinate_names], float)
    progress = float(gait.speed) * forward
    time = np.asarray(gait.time)
    return HeldMotion(
        time=time,
        coordinates=np.asarray(gait.coordinates) - time[:, None] * progress,
        speeds=np.asarray(gait.speeds) - progress,
        accelerations=np.asarray(gait.accelerations),
        duration=np.asarray(gait.duration),
        symmetry=symmetry,
        source=source,
    )


def on_mesh(held: HeldMotion, mesh: Mesh, half: bool) -> HeldMotion:
    """The instants of the solved half or whole stride; they must be the stride's own."""
    if half and held.symmetry != "half":
        raise UnusableInput(
            "symmetry is half, and both sides of the stride that is held were solved; use "
            "--symmetry full."
        )
    points, share = mesh.n_points, 0.5 if half else 1.0
    known = np.asarray(held.time) / float(held.duration)
    wanted = share * mesh.times
    whole = len(known) == (2 * points if half else points)
    if not whole or np.abs(known[:points] - wanted).max() > _SAME_INSTANTS:
        raise UnusableInput(
            f"The stride that is held ({held.source}) has {len(known)} instants on another mesh "
            f"than {mesh.scheme.name} with {mesh.intervals} intervals; use its own scheme and "
            "number of intervals."
        )
    return HeldMotion(
        time=held.time[:points],
        coordinates=held.coordinates[:points],
        speeds=held.speeds[:points],
        accelerations=held.accelerations[:points],
        duration=share * held.duration,
        symmetry=held.symmetry,
        source=held.source,
    )


def needed_moments(runner: Runner, legs: Legs, held: HeldMotion, speed: float) -> Floats:
    """What muscles, motors and reserves must give: (coordinate, instant)."""
    forward = [name == FORWARD_COORDINATE for name in runner.coordinate_names]
    speeds = np.asarray(held.speeds) + speed * np.array(forward, float)
    own = tuple(each for each, _ in legs)
    moved = tuple(tuple(which.tolist()) for _, which in legs)
    given = runner.skeleton, runner.passive, own
    motion = held.coordinates, speeds, held.accelerations
    return np.asarray(_needed(moved, *given, *map(jnp.asarray, motion))).T


@partial(jax.jit, static_argnums=0)
def _needed(
    moved: tuple[tuple[int, ...], ...],
    skeleton: Any,
    passive: Any,
    legs: tuple[Leg, ...],
    coordinates: Array,
    speeds: Array,
    accelerations: Array,
) -> Array:
    def at_instant(q: Array, v: Array, a: Array) -> Array:
        rows = inverse_dynamics(skeleton, q, v, a) - passive_moments(passive, q, v)
        for leg, which in zip(legs, moved, strict=True):
            index = np.array(which)
            place = ground.geometry(leg, q[index])
            forces = ground.sphere_forces(leg, place, v[index])
            rows = rows.at[index].add(-ground.generalized_forces(leg, place, forces))
        return rows

    return jax.vmap(at_instant)(coordinates, speeds, accelerations)
