"""The torque of the ground about the center of pressure: what a force plate calls free moment."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from surae.foot import ground
from surae.gait.motion_parts import leg
from surae.gait.solution import SIDES
from surae.runner.runner import Runner


@jax.jit
def ground_torques(
    runner: Runner, coordinates: Array, speeds: Array, center_of_pressure: Array
) -> Array:
    """Torque about the center of pressure (instant, side, xyz), N m, of all spheres of a side.

    coordinates, speeds (instant, coordinate); center_of_pressure (instant, side, xyz), m. With the
    ground reaction force at that point it is all that the ground does to the foot.
    """

    def at_instant(q: Array, v: Array, pressure: Array) -> Array:
        return jnp.stack([_torque(runner, side, q, v, pressure[i]) for i, side in enumerate(SIDES)])

    return jax.vmap(at_instant)(coordinates, speeds, center_of_pressure)


def _torque(runner: Runner, side: str, q: Array, v: Array, pressure: Array) -> Array:
    own, moved = leg(runner, side)
    place = ground.geometry(own, q[moved])
    forces = ground.sphere_forces(own, place, v[moved])
    # The leg's geometry leaves progress out, the center of pressure does not.
    point = pressure.at[0].add(-q[moved[own.progress]])
    return jnp.sum(jnp.cross(place.points - point[None], forces), axis=0)
