"""Inverse dynamics obeys the conservation laws, and is the same for one instant and a thousand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.test_util import check_grads
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from surae._pytree import replace
from surae.runner.mirror import mirror_permutation
from surae.runner.runner import Runner
from surae.skeleton import dynamics, kinematics
from surae.skeleton.tree import Skeleton, chain, coordinates_moving

Jit = Callable[..., Any]


def test_mass_matrix_is_how_torques_change_with_accelerations(
    skeleton: Skeleton, some: Any, quick_jit: Jit
) -> None:
    @quick_jit
    @jax.vmap
    def both(q: Array, v: Array, a: Array) -> tuple[Array, Array]:
        change = jax.jacfwd(lambda a: dynamics.inverse_dynamics(skeleton, q, v, a))(a)
        return change, dynamics.mass_matrix(skeleton, q)

    change, mass = both(*some)
    np.testing.assert_allclose(change, mass, rtol=0.0, atol=1e-11 * float(jnp.abs(mass).max()))
    np.testing.assert_allclose(mass, jnp.swapaxes(mass, 1, 2), rtol=0.0, atol=1e-12)
    assert np.all(np.linalg.eigvalsh(mass) > 0.0)


def momenta(skeleton: Skeleton, q: Array, v: Array) -> tuple[Array, Array]:
    """Linear momentum, and angular momentum about the center of mass, body by body."""
    at = kinematics.poses(skeleton, q)
    centers = kinematics.mass_centers(skeleton, at)
    spins, velocities = dynamics.body_velocities(skeleton, q, v)
    whole, travel = jax.jvp(lambda q: kinematics.center_of_mass(skeleton, q), (q,), (v,))
    linear, angular = jnp.zeros(3), jnp.zeros(3)
    for body, mass in enumerate(skeleton.mass):
        rotation = at.rotations[body]
        xx, yy, zz, xy, xz, yz = skeleton.inertia[body]
        local = jnp.stack([xx, xy, xz, xy, yy, yz, xz, yz, zz]).reshape(3, 3)
        spin = rotation @ local @ rotation.T @ spins[body]
        relative = velocities[body] - travel
        angular += spin + mass * jnp.cross(centers[body] - whole, relative)
        linear += mass * velocities[body]
    return linear, angular


def fall(jit: Jit, skeleton: Skeleton, q: Array, v: Array, time: float) -> tuple[Array, Array]:
    """The state after free flight: no joint moments, no contact."""
    n = len(q)

    @jit
    def rate(y: Array) -> Array:
        q, v = y[:n], y[n:]
        bias = dynamics.inverse_dynamics(skeleton, q, v, jnp.zeros_like(v))
        return jnp.concatenate([v, -jnp.linalg.solve(dynamics.mass_matrix(skeleton, q), bias)])

    found = solve_ivp(
        lambda _, y: np.asarray(rate(jnp.asarray(y))),
        (0.0, time),
        np.concatenate([q, v]),
        method="DOP853",
        rtol=1e-11,
        atol=1e-11,
    )
    assert found.success
    return jnp.asarray(found.y[:n, -1]), jnp.asarray(found.y[n:, -1])


def test_energy_and_momentum_are_conserved_in_flight(
    skeleton: Skeleton, some: Any, quick_jit: Jit
) -> None:
    time = 0.05
    start = 0.5 * some.coordinates[0], some.speeds[0]
    end = fall(quick_jit, skeleton, *start, time)
    energy = [float(dynamics.mechanical_energy(skeleton, *state)) for state in (start, end)]
    np.testing.assert_allclose(energy[1], energy[0], rtol=1e-8)
    assert float(jnp.abs(end[0] - start[0]).max()) > 0.1
    if len(skeleton.functions.polynomial):
        return  # the base of the coupled tree is guided: the guide takes momentum, no energy
    (linear, angular), (linear_end, angular_end) = (momenta(skeleton, *s) for s in (start, end))
    weight = skeleton.total_mass * skeleton.gravity
    np.testing.assert_allclose(linear_end, linear + weight * time, rtol=1e-7, atol=1e-6)
    # A planar base does not let the body roll and yaw; only its pitch is free.
    free = slice(None) if len(skeleton.joints[0].motions) == 6 else slice(2, 3)
    np.testing.assert_allclose(angular_end[free], angular[free], rtol=1e-7, atol=1e-6)
    assert float(jnp.linalg.norm(angular[free])) > 0.1


def test_joint_moments_do_work_at_the_rate_energy_changes(
    skeleton: Skeleton, some: Any, quick_jit: Jit
) -> None:
    @quick_jit
    def powers(q: Array, v: Array, a: Array) -> tuple[Array, Array]:
        _, rate = jax.jvp(lambda q, v: dynamics.mechanical_energy(skeleton, q, v), (q, v), (v, a))
        return jnp.dot(v, dynamics.inverse_dynamics(skeleton, q, v, a)), rate

    for state in list(zip(*some, strict=True))[:5]:
        power, rate = powers(*state)
        np.testing.assert_allclose(power, rate, rtol=1e-10)


def test_a_mirrored_motion_takes_mirrored_torques(planar: Runner) -> None:
    swap = mirror_permutation(planar.coordinate_names)
    rng = np.random.default_rng(2)
    state = [jnp.asarray(x) for x in rng.standard_normal((3, len(swap)))]
    torques = dynamics.inverse_dynamics(planar.skeleton, *state)
    mirrored = dynamics.inverse_dynamics(planar.skeleton, *(x[swap] for x in state))
    np.testing.assert_allclose(mirrored, torques[swap], rtol=1e-12, atol=1e-12)
    assert not np.allclose(torques, torques[swap])


def test_position_along_the_ground_does_not_matter(planar: Runner) -> None:
    skeleton = planar.skeleton
    rng = np.random.default_rng(2)
    q, v, a = (jnp.asarray(x) for x in rng.standard_normal((3, len(planar.coordinate_names))))
    far = (
        q.at[skeleton.coordinate("pelvis_tx")].add(7.0).at[skeleton.coordinate("pelvis_ty")].add(3)
    )
    found, expected = (dynamics.inverse_dynamics(skeleton, x, v, a) for x in (far, q))
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-9)


def test_weightless_and_at_rest_nothing_is_needed(skeleton: Skeleton, some: Any) -> None:
    floating = replace(skeleton, gravity=jnp.zeros(3))
    still = jnp.zeros_like(some.speeds[0])
    torques = dynamics.inverse_dynamics(floating, some.coordinates[0], still, still)
    np.testing.assert_allclose(torques, 0.0, atol=1e-12)


def test_a_thousand_instants_are_a_thousand_times_one(planar: Runner, quick_jit: Jit) -> None:
    rng = np.random.default_rng(4)
    shape = (1000, len(planar.coordinate_names))
    state = [jnp.asarray(x) for x in rng.standard_normal((3, *shape))]

    def one(q: Array, v: Array, a: Array) -> Array:
        return dynamics.inverse_dynamics(planar.skeleton, q, v, a)

    alone, together = quick_jit(one), quick_jit(jax.vmap(one))(*state)
    singles = np.stack([alone(*instant) for instant in zip(*state, strict=True)])
    np.testing.assert_allclose(together, singles, rtol=1e-11, atol=1e-11)


def test_derivatives_agree_with_finite_differences(small: Skeleton) -> None:
    rng = np.random.default_rng(6)
    direction, *state = (jnp.asarray(x) for x in rng.standard_normal((4, 3)))

    @jax.jit
    def along(q: Array, v: Array, a: Array) -> Array:
        return jnp.dot(direction, dynamics.inverse_dynamics(small, q, v, a))

    check_grads(along, tuple(state), order=2, modes=("fwd",), eps=1e-5, rtol=1e-5)


def test_paths_from_the_ground_name_who_moves_whom(planar: Runner) -> None:
    skeleton = planar.skeleton
    toes = skeleton.body_names.index("toes_l")
    names = [skeleton.body_names[b] for b in chain(skeleton, toes)]
    assert names == ["pelvis", "femur_l", "tibia_l", "calcn_l", "toes_l"]
    moving = [skeleton.coordinate_names[c] for c in coordinates_moving(skeleton, toes)]
    pelvis = ["pelvis_tx", "pelvis_ty", "pelvis_tilt"]
    leg = ["hip_flexion_l", "knee_angle_l", "ankle_angle_l", "mtp_angle_l"]
    assert moving == pelvis + leg


def test_masks_are_the_pose_itself(skeleton: Skeleton, some: Any) -> None:
    # A coordinate moves a body exactly when the body's pose depends on it.
    def pose(q: Array) -> Array:
        rotation = kinematics.body_rotations(skeleton, q).reshape(len(skeleton.joints), 9)
        return jnp.concatenate([rotation, kinematics.body_positions(skeleton, q)], axis=1)

    slopes: NDArray = np.asarray(jax.jacfwd(pose)(some.coordinates[0]))
    depends = np.abs(slopes).max(axis=1).T > 1e-9
    moves, own = (
        np.asarray(dynamics.masks(skeleton).moves),
        kinematics.layout(skeleton.joints).coordinate,
    )
    by_coordinate = np.array([moves[own == c].any(axis=0) for c in range(len(depends))])
    np.testing.assert_array_equal(by_coordinate, depends)


def test_bodies_move_as_their_poses_do(skeleton: Skeleton, some: Any) -> None:
    q, v = some.coordinates[0], some.speeds[0]

    def placed(q: Array) -> tuple[Array, Array]:
        at = kinematics.poses(skeleton, q)
        return at.rotations, kinematics.mass_centers(skeleton, at)

    (rotations, _), (turning, expected) = jax.jvp(placed, (q,), (v,))
    spins, velocities = dynamics.body_velocities(skeleton, q, v)
    np.testing.assert_allclose(velocities, expected, rtol=1e-10, atol=1e-10)
    # R' R^T is the skew matrix of the angular velocity.
    skew = turning @ jnp.swapaxes(rotations, 1, 2)
    found = jnp.stack([skew[:, 2, 1], skew[:, 0, 2], skew[:, 1, 0]], axis=1)
    np.testing.assert_allclose(spins, found, rtol=1e-10, atol=1e-10)
