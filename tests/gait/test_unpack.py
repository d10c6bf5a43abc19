"""A stride obeys Newton, closes on itself, and is its own mirror image half a stride later."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array
from numpy.typing import NDArray

from surae.gait.solution import GaitSolution
from surae.gait.stride import Stride
from surae.runner.mirror import mirror_permutation
from surae.runner.runner import moment_arms
from surae.skeleton.kinematics import center_of_mass
from surae.skeleton.passive import passive_moments

Floats = NDArray[np.float64]


@pytest.fixture(scope="module")
def gait(stride: Stride) -> GaitSolution:
    return stride.gait


@pytest.fixture(scope="module")
def weights(stride: Stride) -> Floats:
    """Of a time mean over the whole stride: those of the half, twice."""
    return np.tile(0.5 * stride.problem.layout.mesh.weights, 2)


def test_nothing_but_the_ground_holds_the_pelvis(gait: GaitSolution, stride: Stride) -> None:
    scales = stride.problem.problem.row_scale
    for name in ("pelvis_tilt", "pelvis_tx", "pelvis_ty"):
        i = gait.runner.coordinate_names.index(name)
        residual = np.abs(np.asarray(gait.joint_moments)[:, i]).max() / scales[i]
        assert residual < 1e-6, name
    assert float(jnp.abs(gait.joint_moments).max()) > 50.0


def test_the_center_of_mass_moves_as_newton_says(gait: GaitSolution) -> None:
    # Independent of inverse dynamics: the second time derivative of the center of mass alone.
    skeleton = gait.runner.skeleton

    @jax.jit
    @jax.vmap
    def acceleration(q: Array, v: Array, a: Array) -> Array:
        def velocity(q: Array, v: Array) -> Array:
            return jax.jvp(lambda q: center_of_mass(skeleton, q), (q,), (v,))[1]

        return jax.jvp(velocity, (q, v), (v, a))[1]

    found = acceleration(gait.coordinates, gait.speeds, gait.accelerations)
    total = np.asarray(gait.ground_reaction_force).sum(axis=1)
    mass = float(skeleton.total_mass)
    expected = total / mass + np.asarray(skeleton.gravity)
    # The pelvis's generalized forces are those of the ground; sideways the planar model is held.
    np.testing.assert_allclose(found[:, :2], expected[:, :2], atol=1e-4)


def test_the_ground_carries_body_weight_on_average(gait: GaitSolution, weights: Floats) -> None:
    weight = float(gait.runner.body_weight)
    vertical, forward = (
        weights @ np.asarray(gait.ground_reaction_force)[:, :, axis].sum(axis=1) / weight
        for axis in (1, 0)
    )
    # Exact for the continuous stride; a mesh of 6 intervals is a few percent off.
    np.testing.assert_allclose(vertical, 1.0, atol=0.05)
    np.testing.assert_allclose(forward, 0.0, atol=0.02)


def test_mean_speed_is_exactly_the_tasks(gait: GaitSolution, weights: Floats) -> None:
    i = gait.runner.coordinate_names.index("pelvis_tx")
    np.testing.assert_allclose(weights @ np.asarray(gait.speeds)[:, i], 4.0, rtol=1e-12)
    end = np.asarray(gait.coordinates)[-1, i]
    np.testing.assert_allclose(end, 4.0 * float(gait.duration), rtol=1e-7)
    np.testing.assert_allclose(gait.time[-1], gait.duration, rtol=1e-14)
    assert float(gait.time[0]) > 0.0 and np.all(np.diff(gait.time) > 0.0)


def test_the_second_half_is_the_mirror_image_of_the_first(gait: GaitSolution) -> None:
    runner, half = gait.runner, len(gait.time) // 2
    joints, muscles = (
        mirror_permutation(n) for n in (runner.coordinate_names, runner.muscle_names)
    )
    sides = np.array([1, 0])
    curves = {
        "speeds": joints,
        "accelerations": joints,
        "joint_moments": joints,
        "excitation": muscles,
        "activation": muscles,
        "tendon_force": muscles,
        "fiber_length_normalized": muscles,
        "fiber_velocity_normalized": muscles,
        "metabolic_rate": muscles,
        "achilles_force": sides,
        "achilles_strain": sides,
    }
    for name, swap in curves.items():
        curve = np.asarray(getattr(gait, name))
        scale = np.abs(curve).max()
        np.testing.assert_allclose(
            curve[half:], curve[:half][:, swap], rtol=0.0, atol=1e-9 * scale, err_msg=name
        )
    force = np.asarray(gait.ground_reaction_force)
    np.testing.assert_allclose(force[half:, :, :2], force[:half, ::-1, :2], atol=1e-6)
    q = np.asarray(gait.coordinates)
    progress = runner.coordinate_names.index("pelvis_tx")
    forward = np.zeros(q.shape[1])
    forward[progress] = 4.0 * float(gait.duration) / 2.0
    np.testing.assert_allclose(q[half:], q[:half][:, joints] + forward, atol=1e-12)


def test_the_runner_is_in_the_air_and_on_one_foot_at_a_time(gait: GaitSolution) -> None:
    vertical = np.asarray(gait.ground_reaction_force)[:, :, 1] / float(gait.runner.body_weight)
    assert vertical.min() > 0.0
    assert vertical.max() > 1.5
    assert vertical.min(axis=1).max() < 0.2
    # It starts in flight before right contact.
    assert vertical[0].max() < 0.3
    assert np.argmax(vertical[:, 0]) < len(vertical) // 2 <= np.argmax(vertical[:, 1])


def test_muscles_passive_joints_and_motors_make_the_joint_moments(gait: GaitSolution) -> None:
    # Net moments are what pulls, seen from the result alone.
    runner = gait.runner
    arms = np.asarray(jax.vmap(lambda q: moment_arms(runner, q))(gait.coordinates))
    made = np.einsum("tmc,tm->tc", arms, np.asarray(gait.tendon_force))
    passive = jax.vmap(lambda q, v: passive_moments(runner.passive, q, v))
    made = made + np.asarray(passive(gait.coordinates, gait.speeds))
    muscled = [i for i in range(made.shape[1]) if i not in runner.actuators.coordinates]
    moments = np.asarray(gait.joint_moments)[:, muscled]
    np.testing.assert_allclose(made[:, muscled], moments, atol=1e-3)


def test_the_achilles_carries_its_muscles(gait: GaitSolution) -> None:
    runner = gait.runner
    for side, column in (("r", 0), ("l", 1)):
        members = [runner.muscle_names.index(f"{m}_{side}") for m in runner.achilles.muscles]
        total = np.asarray(gait.tendon_force)[:, members].sum(axis=1)
        np.testing.assert_allclose(gait.achilles_force[:, column], total, rtol=1e-12)
    assert float(gait.achilles_force.max()) > float(runner.body_weight)
    assert 0.0 < float(gait.achilles_strain.max()) < 0.15


def test_pressure_is_under_the_foot_that_carries(gait: GaitSolution) -> None:
    force = np.asarray(gait.ground_reaction_force)[:, :, 1]
    pressure = np.asarray(gait.center_of_pressure)
    assert np.all(np.isfinite(pressure)) and np.all(pressure[:, :, 1] == 0.0)
    pelvis = np.asarray(gait.coordinates)[:, gait.runner.coordinate_names.index("pelvis_tx")]
    loaded = force > 0.5 * float(gait.runner.body_weight)
    ahead = pressure[:, :, 0] - pelvis[:, None]
    assert np.all(np.abs(ahead[loaded]) < 0.8)
    assert np.ptp(ahead[loaded]) > 0.2
