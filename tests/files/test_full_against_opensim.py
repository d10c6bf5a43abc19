"""models/full moves and weighs as OpenSim 4.6 says LaiUhlrich2022 does, at 20 random states.

The left side of models/full is the mirror image of the right one. The published left side is, too,
but for the axis of its toes, which is written with pi to six digits: 5e-6 rad.

OpenSim keeps the kneecap's angle as a coordinate of its own, held to the knee by a constraint;
here it is the knee's. Rows and columns of its matrices are added up accordingly.

One term of OpenSim's inverse dynamics is not mechanics: for a joint whose second and third rotation
both follow one coordinate (this knee), Simbody's FunctionBased mobilizer takes the rate of the
rotation axes from the whole angular velocity of the joint instead of the part in front of each axis
(MobilizedBodyImpl.h, buildHdot). That adds the angular acceleration f2' f3' q'^2 (a3 x a2) to
everything below the knee, up to 1e-4 of the largest moment here. With this term our moments are
OpenSim's to rounding; without it they obey Lagrange's equations, with OpenSim's mass matrix.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array
from numpy.typing import NDArray

from surae.files.model_folder import load_runner
from surae.runner import runner as instant
from surae.runner.runner import Runner
from surae.skeleton import dynamics, kinematics
from surae.skeleton.tree import Skeleton
from surae.spatial import motion as mv

Table = Mapping[str, NDArray]
NOT_QUITE_MIRRORED = "toes_l"


@pytest.fixture(scope="module")
def table(shared: Path) -> Table:
    path = shared / "reference" / "opensim" / "LaiUhlrich2022.npz"
    if not path.is_file():
        pytest.skip(f"OpenSim's values are not here: {path.name}")
    return dict(np.load(path))


@pytest.fixture(scope="module")
def full() -> Runner:
    return load_runner("full")


@pytest.fixture(scope="module")
def onto(full: Runner, table: Table) -> NDArray:
    """How OpenSim's coordinates follow ours: (theirs, ours)."""
    theirs, skeleton = [str(name) for name in table["coord_names"]], full.skeleton
    matrix = np.zeros((len(theirs), len(full.coordinate_names)))
    for ours, name in enumerate(full.coordinate_names):
        matrix[theirs.index(name), ours] = 1.0
    for name, independent, rows in skeleton.coupled:
        assert not rows  # the same angle
        matrix[theirs.index(name), independent] = 1.0
    assert np.all(matrix.sum(axis=1) == 1.0)
    return matrix


@pytest.fixture(scope="module")
def state(full: Runner, table: Table) -> tuple[Array, Array, Array]:
    theirs = [str(name) for name in table["coord_names"]]
    own = [theirs.index(name) for name in full.coordinate_names]
    q, u, udot = (jnp.asarray(table[key][:, own]) for key in ("q", "u", "udot"))
    return q, u, udot


@pytest.fixture(scope="module")
def bodies(full: Runner, table: Table) -> tuple[NDArray, NDArray]:
    """Indices of the bodies to compare, ours and theirs."""
    names, ours = [str(name) for name in table["body_names"]], full.skeleton.body_names
    kept = np.array([i for i, name in enumerate(ours) if name != NOT_QUITE_MIRRORED])
    return kept, np.array([names.index(ours[i]) for i in kept])


def close(found: Array, expected: NDArray, tolerance: float) -> None:
    """Within the tolerance, of the largest entry."""
    scale = np.abs(expected).max()
    np.testing.assert_allclose(found, expected, rtol=0.0, atol=tolerance * scale)


def test_bodies_are_where_opensim_puts_them(
    full: Runner, table: Table, state: tuple[Array, ...], bodies: tuple[NDArray, NDArray]
) -> None:
    at = jax.jit(jax.vmap(lambda q: kinematics.poses(full.skeleton, q)))(state[0])
    ours, theirs = bodies
    for found, key in ((at.origins, "body_origin"), (at.rotations, "body_R")):
        expected = table[key][:, theirs]
        np.testing.assert_allclose(found[:, ours], expected, atol=1e-10, rtol=0.0)


def test_bodies_move_as_in_opensim(
    full: Runner, table: Table, state: tuple[Array, ...], bodies: tuple[NDArray, NDArray]
) -> None:
    q, u, _ = state
    moving = jax.jit(jax.vmap(lambda q, u: dynamics.body_velocities(full.skeleton, q, u)))
    angular, linear = moving(q, u)
    ours, theirs = bodies
    for found, key in ((angular, "body_angvel"), (linear, "body_com_vel")):
        expected = table[key][:, theirs]
        np.testing.assert_allclose(found[:, ours], expected, atol=1e-10, rtol=0.0)


def test_mass_matrix_is_that_of_opensim(
    full: Runner, table: Table, state: tuple[Array, ...], onto: NDArray
) -> None:
    expected = np.einsum("ai,nab,bj->nij", onto, table["mass_matrix"], onto)
    found = jax.jit(jax.vmap(lambda q: instant.mass_matrix(full, q)))(state[0])
    close(found, expected, 1e-9)


def test_weight_is_held_as_in_opensim(
    full: Runner, table: Table, state: tuple[Array, ...], onto: NDArray
) -> None:
    q = state[0]
    still = jnp.zeros_like(q)
    found = jax.jit(jax.vmap(lambda *s: instant.inverse_dynamics(full, *s)))(q, still, still)
    close(found, table["id_tau_static"] @ onto, 1e-8)


def extra_of_simbody(skeleton: Skeleton, q: Array, u: Array, side: str) -> Array:
    """Moments (coordinate,) of the acceleration that Simbody adds below one knee."""
    course = kinematics.motion_course(skeleton, q)
    at = kinematics.poses(skeleton, q, course)
    book = kinematics.layout(skeleton.joints)
    tibia = skeleton.body_names.index(f"tibia_{side}")
    _, second, third = np.flatnonzero((book.body == tibia) & (book.rotates > 0.0))
    knee = skeleton.coordinate(f"knee_angle_{side}")
    rates = course.slope[second] * course.slope[third] * u[knee] ** 2
    angular = rates * jnp.cross(at.axes[third, :3], at.axes[second, :3])
    joint = kinematics.points_in_ground(
        at, np.array([tibia]), skeleton.location_in_child[tibia][None]
    )[0]
    extra = jnp.concatenate([angular, jnp.cross(joint, angular)])
    moves = dynamics.masks(skeleton).moves
    below = moves[second][:, None]
    columns = dynamics.columns(skeleton, at)
    force = below * mv.momentum(columns.inertias, jnp.broadcast_to(extra, (len(below), 6)))
    torques = course.slope * jnp.sum(at.axes * (moves @ force), axis=-1)
    return jnp.zeros_like(q).at[book.coordinate].add(torques)


def test_moments_are_those_of_opensim_with_simbodys_extra_term(
    full: Runner, table: Table, state: tuple[Array, ...], onto: NDArray
) -> None:
    skeleton = full.skeleton
    ours = jax.jit(jax.vmap(lambda *s: instant.inverse_dynamics(full, *s)))(*state)
    extra = sum(
        jax.jit(jax.vmap(lambda q, u, s=side: extra_of_simbody(skeleton, q, u, s)))(*state[:2])
        for side in ("r", "l")
    )
    theirs = table["id_tau"] @ onto
    close(ours + extra, theirs, 1e-8)
    # It is small, and it is there.
    assert 1e-6 < np.abs(ours - theirs).max() / np.abs(theirs).max() < 1e-3


@pytest.mark.slow
def test_moments_obey_lagranges_equations(full: Runner, state: tuple[Array, ...]) -> None:
    skeleton = full.skeleton

    def momentum(q: Array, u: Array) -> Array:
        return dynamics.mass_matrix(skeleton, q) @ u

    def lagrangian(q: Array, u: Array) -> Array:
        height = skeleton.gravity @ kinematics.center_of_mass(skeleton, q)
        return 0.5 * u @ momentum(q, u) + skeleton.total_mass * height

    @jax.jit
    @jax.vmap
    def lagrange(q: Array, u: Array, a: Array) -> Array:
        rate = jax.jvp(momentum, (q, u), (u, a))[1]
        return rate - jax.grad(lagrangian)(q, u)

    some = [x[:4] for x in state]
    found = jax.jit(jax.vmap(lambda *s: dynamics.inverse_dynamics(skeleton, *s)))(*some)
    close(found, np.asarray(lagrange(*some)), 1e-10)


# The range over which the paths are fitted to be good (models/full/SOURCES.md), deg. At wider
# poses OpenSim's paths have corners: psoas slips off its surface and gets 10 mm shorter at once.
RUNNING_DEG = {
    "hip_flexion": (-30.0, 90.0),
    "hip_adduction": (-20.0, 20.0),
    "hip_rotation": (-20.0, 20.0),
    "knee_angle": (0.0, 130.0),
    "ankle_angle": (-40.0, 35.0),
    "subtalar_angle": (-20.0, 20.0),
    "mtp_angle": (-45.0, 30.0),
}


def test_muscle_tendon_lengths_and_moment_arms_are_close_to_opensims(
    full: Runner, table: Table, state: tuple[Array, ...]
) -> None:
    """At most 1 mm and 2 mm RMS in the range of running, where OpenSim agrees with itself."""
    q = np.asarray(state[0])
    names = [str(name) for name in table["muscle_names"]]
    theirs = [str(name) for name in table["coord_names"]]
    columns = [theirs.index(name) for name in full.coordinate_names]
    lengths = jax.jit(jax.vmap(lambda q: instant.muscle_tendon_lengths(full, q)))(q)
    arms = jax.jit(jax.vmap(lambda q: instant.moment_arms(full, q)))(q)
    sound = table["ma_length_mismatch"] <= 1e-4
    running = np.ones(q.shape, bool)
    for column, name in enumerate(full.coordinate_names):
        if name[:-2] in RUNNING_DEG:
            low, high = np.radians(RUNNING_DEG[name[:-2]])
            running[:, column] = (q[:, column] >= low) & (q[:, column] <= high)
    compared = 0
    for muscle, name in enumerate(full.muscle_names):
        own = names.index(name)
        expected = table["moment_arm"][:, own][:, columns]
        spanned = np.abs(expected).max(axis=0) > 1e-6
        keep = sound[:, own] & running[:, spanned].all(axis=1)
        if not keep.any():
            continue
        compared += int(keep.sum())
        length = np.asarray(lengths)[keep, muscle] - table["mtu_length"][keep, own]
        arm = np.asarray(arms)[keep, muscle] - expected[keep]
        assert np.sqrt(np.mean(length**2)) <= 1e-3, name
        assert np.sqrt(np.mean(arm[:, spanned] ** 2)) <= 2e-3, name
        assert np.abs(arm[:, ~spanned]).max() <= 1e-6, name
    assert compared > 200
