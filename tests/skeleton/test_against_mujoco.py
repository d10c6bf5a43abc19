"""The same tree in MuJoCo: inverse dynamics, mass matrix and poses agree to rounding.

Every motion is a joint of MuJoCo's; what coordinates do to motions is left to automatic
differentiation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from surae.skeleton import dynamics, kinematics
from surae.skeleton.tree import Skeleton, motion_bodies

Jit = Callable[..., Any]
TOLERANCE = 1e-9


def _rotation(orientation: NDArray) -> Rotation:
    return Rotation.from_euler("XYZ", orientation)


def _quaternion(rotation: Rotation) -> NDArray[np.float64]:
    return np.roll(rotation.as_quat(), 1)


def _possible(inertia: NDArray) -> NDArray:
    """Moments about x and y that a body can have: MuJoCo refuses OpenSim's flat toes.

    Only a planar body is changed, whose motion feels its moment about z alone.
    """
    xx, yy, zz, *products = inertia
    return inertia if xx + yy > zz else np.array([zz, zz, zz, *products])


class Twin:
    """A skeleton rebuilt in MuJoCo; motions in our order."""

    def __init__(self, skeleton: Skeleton) -> None:
        m: Any = mujoco
        spec = m.MjSpec()
        spec.option.gravity = np.array(skeleton.gravity)
        bodies: list[Any] = []
        for i, joint in enumerate(skeleton.joints):
            parent = spec.worldbody if joint.parent < 0 else bodies[joint.parent]
            before, after = (
                _rotation(np.asarray(skeleton.orientation_in_parent[i])),
                _rotation(np.asarray(skeleton.orientation_in_child[i])),
            )
            turn = before * after.inv()
            anchor = np.array(skeleton.location_in_child[i])
            place = np.asarray(skeleton.location_in_parent[i]) - turn.apply(anchor)
            body = parent.add_body(
                name=f"body{i}",
                pos=place,
                quat=_quaternion(turn),
                explicitinertial=True,
                mass=float(skeleton.mass[i]),
                ipos=np.array(skeleton.mass_center[i]),
                fullinertia=_possible(np.array(skeleton.inertia[i])),
            )
            own = np.flatnonzero(np.array(motion_bodies(skeleton.joints)) == i)
            for number, motion in zip(own, joint.motions, strict=True):
                slides = motion.kind == "translation"
                body.add_joint(
                    name=f"p{number}",
                    type=m.mjtJoint.mjJNT_SLIDE if slides else m.mjtJoint.mjJNT_HINGE,
                    pos=anchor,
                    axis=after.apply(np.array(skeleton.axes[number])),
                )
            bodies.append(body)
        self._mujoco = m
        self.model = spec.compile()
        self.data = m.MjData(self.model)
        self.bodies = [self.model.body(f"body{i}").id for i in range(len(bodies))]
        n = len(skeleton.motions)
        names = [self.model.joint(i).name for i in range(n)]
        self.order = np.array([names.index(f"p{i}") for i in range(n)])

        def values(q: jax.Array) -> jax.Array:
            return kinematics.motion_course(skeleton, q).value

        def speeds(q: jax.Array, v: jax.Array) -> jax.Array:
            return jax.jvp(values, (q,), (v,))[1]

        @jax.jit
        def moved(q: jax.Array, v: jax.Array, a: jax.Array) -> tuple[jax.Array, ...]:
            speed, acceleration = jax.jvp(speeds, (q, v), (v, a))
            return values(q), speed, acceleration, jax.jacfwd(values)(q)

        self._moved = moved

    def at(self, q: NDArray, v: NDArray, a: NDArray) -> None:
        *rates, by_q = self._moved(*(jnp.asarray(x) for x in (q, v, a)))
        self._by_q = np.asarray(by_q)
        for name, values in zip(("qpos", "qvel", "qacc"), rates, strict=True):
            getattr(self.data, name)[self.order] = values
        self._mujoco.mj_inverse(self.model, self.data)

    def forces(self) -> NDArray:
        return self._by_q.T @ self.data.qfrc_inverse[self.order]

    def mass_matrix(self) -> NDArray:
        full = np.zeros((self.model.nv, self.model.nv))
        self._mujoco.mj_fullM(self.model, self.data, full)
        return self._by_q.T @ full[np.ix_(self.order, self.order)] @ self._by_q

    def positions(self) -> NDArray:
        return self.data.xpos[self.bodies].copy()

    def rotations(self) -> NDArray:
        return self.data.xmat[self.bodies].reshape(-1, 3, 3).copy()


@pytest.fixture(scope="module")
def twin(skeleton: Skeleton) -> Twin:
    return Twin(skeleton)


def test_inverse_dynamics_mass_matrix_and_poses_are_those_of_mujoco(
    skeleton: Skeleton, twin: Twin, some: Any, quick_jit: Jit
) -> None:
    @quick_jit
    def ours(q: jax.Array, v: jax.Array, a: jax.Array) -> tuple[jax.Array, ...]:
        return (
            dynamics.inverse_dynamics(skeleton, q, v, a),
            dynamics.mass_matrix(skeleton, q),
            kinematics.body_positions(skeleton, q),
            kinematics.body_rotations(skeleton, q),
        )

    for q, v, a in zip(*some, strict=True):
        twin.at(np.asarray(q), np.asarray(v), np.asarray(a))
        theirs = (twin.forces(), twin.mass_matrix(), twin.positions(), twin.rotations())
        for found, expected in zip(ours(q, v, a), theirs, strict=True):
            scale = np.abs(expected).max()
            np.testing.assert_allclose(found, expected, rtol=0.0, atol=TOLERANCE * scale)


def test_speeds_alone_give_mujocos_bias_forces(
    skeleton: Skeleton, twin: Twin, some: Any, quick_jit: Jit
) -> None:
    # 3 rad/s beside 30 rad/s^2 could hide a wrong velocity term; ten times the speed alone cannot.
    still = jnp.zeros_like(some.speeds[0])
    bias = quick_jit(lambda q, v: dynamics.inverse_dynamics(skeleton, q, v, still))
    for q, v in zip(some.coordinates[:5], 10.0 * some.speeds[:5], strict=True):
        twin.at(np.asarray(q), np.asarray(v), np.asarray(still))
        expected = twin.forces()
        scale = np.abs(expected).max()
        np.testing.assert_allclose(bias(q, v), expected, rtol=0.0, atol=TOLERANCE * scale)
