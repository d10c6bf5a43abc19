"""The smooth sphere on a half space is OpenSim's force, to its last digits, and C2."""

from __future__ import annotations

import dataclasses
import importlib.util
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array
from jax.test_util import check_grads
from numpy.typing import NDArray

from surae import smooth
from surae._pytree import replace
from surae.foot.contact import (
    FRICTION_CORNER,
    SmoothSphereHalfSpace,
    point_share,
    sphere_force,
)

RELATIVE = 1e-9
# Of forces in the far tail of a tanh OpenSim has no digits below this, N and N m.
ABSOLUTE = 1e-8
STILL = jnp.zeros(3)
SCRIPT = Path(__file__).with_name("opensim_contacts.py")
Table = Mapping[str, NDArray[np.float64]]


@pytest.fixture(scope="module")
def law() -> SmoothSphereHalfSpace:
    """The parameters of Falisse et al. (2019), with friction that falls from static to dynamic."""
    values = {
        "dissipation": 2.0,
        "static_friction": 0.9,
        "dynamic_friction": 0.6,
        "viscous_friction": 0.5,
        "transition_velocity": 0.2,
        "constant_contact_force": 1e-5,
        "hertz_smoothing": 300.0,
        "hunt_crossley_smoothing": 50.0,
    }
    return SmoothSphereHalfSpace(**{name: jnp.asarray(value) for name, value in values.items()})


def force(law: SmoothSphereHalfSpace, height: float | Array, velocity: Array = STILL) -> Array:
    """On a sphere of 32 mm with a plane-strain modulus of 1 MPa."""
    radius, stiffness = jnp.asarray(0.032), jnp.asarray(1e6)
    return sphere_force(law, radius, stiffness, jnp.asarray(height), velocity)


def opensim_contacts(out: Path, *words: str) -> Table:
    """What OpenSim says about many spheres, one row each."""
    if importlib.util.find_spec("opensim") is None:
        pytest.skip("OpenSim is not installed")
    done = subprocess.run([sys.executable, SCRIPT, out, *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return dict(np.load(out))


class Ours(NamedTuple):
    """Our force and its torque about the body's origin (row, 3), and where friction is round."""

    force: NDArray[np.float64]
    torque: NDArray[np.float64]
    near_corner: NDArray[np.bool_]


def ours(table: Table) -> Ours:
    """Our law at OpenSim's places and velocities."""
    names = [f.name for f in dataclasses.fields(SmoothSphereHalfSpace)]
    laws = SmoothSphereHalfSpace(**{name: jnp.asarray(table[name]) for name in names})
    height = table["center"][:, 1] - table["radius"]
    point = table["center"].copy()
    point[:, 1] = height - point_share(laws) * height
    arm = point - table["origin"]
    velocity = table["carried"] + np.cross(table["spin"], arm)
    found = jax.jit(jax.vmap(sphere_force))(
        laws, *(jnp.asarray(x) for x in (table["radius"], table["stiffness"], height, velocity))
    )
    slip = np.sqrt(velocity[:, 0] ** 2 + velocity[:, 2] ** 2 + table["constant_contact_force"])
    near_corner = np.abs(slip / table["transition_velocity"] - 1.0) < FRICTION_CORNER
    forces = np.asarray(found)
    return Ours(forces, np.asarray(np.cross(arm, forces), float), near_corner)


def check(found: Ours, force: NDArray[np.float64], torque: NDArray[np.float64]) -> None:
    far = ~found.near_corner
    for here, there in ((found.force, force), (found.torque, torque)):
        np.testing.assert_allclose(here[far], there[far], rtol=RELATIVE, atol=ABSOLUTE)


MODELS = {
    "2D_gait": "opensim-core/2D_gait.osim",
    "LaiArnoldModified2017_contacts": "opencap-processing/LaiArnoldModified2017_contacts.osim",
}


@pytest.mark.parametrize("name", MODELS)
def test_feet_of_opensim_models_feel_opensims_forces(
    shared: Path, tmp_path: Path, name: str
) -> None:
    reference = shared / "reference" / "opensim" / f"{name}.npz"
    path = shared / "data" / "models" / MODELS[name]
    if not (reference.is_file() and path.is_file()):
        pytest.skip(f"OpenSim's values or its model are not here: {name}")
    table = opensim_contacts(tmp_path / "contacts.npz", "model", str(path), str(reference))
    found = ours(table)
    check(found, table["force"], table["torque"])
    stored = np.load(reference)["contact_values"].reshape(-1, 12)
    check(found, stored[:, :3], stored[:, 3:6])
    assert np.sum(table["force"][~found.near_corner, 1] > 10.0) >= 10


def test_thrown_balls_feel_opensims_force(tmp_path: Path) -> None:
    """Any parameters, no dissipation among them; fast sliding; parting faster than it lets go."""
    table = opensim_contacts(tmp_path / "contacts.npz", "balls", "1", "40")
    found = ours(table)
    check(found, table["force"], table["torque"])
    assert np.sum(table["force"][:, 1] > 100.0) > 100
    assert np.sum(table["force"][:, 1] < 1e-6) > 10 and np.any(table["dissipation"] == 0.0)
    sliding = np.hypot(
        *(table["carried"] + np.cross(table["spin"], table["center"] - table["origin"]))[
            :, [0, 2]
        ].T
    )
    assert sliding.max() > 5.0


def test_only_the_corner_of_friction_is_rounder_than_opensims(law: SmoothSphereHalfSpace) -> None:
    """Within 1 % of the transition velocity friction is up to 3/16 of 1 % lower, else equal."""

    def friction(speed: Array) -> Array:
        found = force(law, -0.01, jnp.stack([speed, 0.0 * speed, 0.0 * speed]))
        return -found[0] / found[1]

    relative = jnp.concatenate([jnp.linspace(0.9, 1.1, 401), jnp.logspace(-2.0, 3.0, 50)])
    slip = relative * law.transition_velocity
    speeds = jnp.sqrt(jnp.maximum(slip**2 - law.constant_contact_force, 0.0))
    falling = 2.0 * (law.static_friction - law.dynamic_friction) / (1.0 + relative**2)
    cornered = jnp.minimum(relative, 1.0) * (law.dynamic_friction + falling)
    expected = (cornered + law.viscous_friction * slip) * speeds / slip
    found = jax.vmap(friction)(speeds)
    lower = np.asarray((expected - found) / (cornered + law.viscous_friction * slip))
    outside = np.abs(np.asarray(relative) - 1.0) >= FRICTION_CORNER
    np.testing.assert_allclose(lower[outside], 0.0, atol=1e-12)
    assert 0.0 < lower[~outside].max() <= 3.0 / 16.0 * FRICTION_CORNER


def test_hinge_is_exact_outside_and_twice_continuous() -> None:
    width = 0.3
    x = jnp.linspace(-1.0, 1.0, 4001)
    outside = jnp.abs(x) >= width
    found = jax.vmap(lambda x: smooth.hinge(x, width))(x)
    np.testing.assert_allclose(found[outside], jnp.maximum(x, 0.0)[outside], atol=1e-16)
    slope = jax.vmap(jax.grad(lambda x: smooth.hinge(x, width)))(x)
    curve = jax.vmap(jax.grad(jax.grad(lambda x: smooth.hinge(x, width))))(x)
    # A jump would be of the size of the largest value, 0.75 / width, not of the step.
    assert float(jnp.abs(jnp.diff(curve)).max()) < 0.01 * float(curve.max())
    assert float(jnp.diff(slope).min()) >= -1e-15


def through(law: SmoothSphereHalfSpace, kind: str, s: Array) -> Array:
    """A curve of states through touchdown, parting, zero sliding or the corner, s from -1 to 1."""
    if kind == "touchdown":
        return jnp.sum(force(law, -0.01 * s, jnp.asarray([0.3, -0.4, 0.2])))
    if kind == "parting":
        rate = 2.0 / (3.0 * law.dissipation) + 0.1 * s
        return force(law, -0.01, jnp.stack([0.0 * s, rate, 0.0 * s]))[1]
    width = law.transition_velocity
    speed = 0.05 * s * width if kind == "sliding" else (1.0 + 2.0 * FRICTION_CORNER * s) * width
    return force(law, -0.01, jnp.stack([speed, 0.0 * s, 0.0 * s]))[0]


@pytest.mark.parametrize("kind", ["touchdown", "parting", "sliding", "corner"])
def test_curvature_has_no_jump(law: SmoothSphereHalfSpace, kind: str) -> None:
    # Of a C2 function the largest change of curvature between neighbours shrinks with the step.
    curvature = jax.jit(jax.vmap(jax.grad(jax.grad(lambda s: through(law, kind, s)))))

    def jump(count: int) -> float:
        return float(jnp.abs(jnp.diff(curvature(jnp.linspace(-1.0, 1.0, count)))).max())

    np.testing.assert_allclose(jump(1001) / jump(4001), 4.0, rtol=0.1)


def test_derivatives_agree_with_finite_differences(law: SmoothSphereHalfSpace) -> None:
    small = jax.jit(lambda h, v: 1e-2 * force(law, h, v))
    for height in (0.005, 0.0, -0.01):
        for velocity in (STILL, jnp.asarray([0.05, -0.4, 0.02]), jnp.asarray([-2.0, 0.3, 0.1])):
            check_grads(
                small,
                (jnp.asarray(height), velocity),
                order=2,
                modes=("fwd", "rev"),
                eps=1e-6,
                rtol=1e-4,
                atol=1e-4,
            )


def test_nothing_is_nan_at_extreme_states_nor_by_the_parameters(law: SmoothSphereHalfSpace) -> None:
    axes = ([-10.0, 0.0, 10.0], [-1e4, 0.0, 0.2, 1e4], [-1e4, 0.0, 1e4])
    states = jnp.stack([x.ravel() for x in jnp.meshgrid(*map(jnp.asarray, axes))], axis=1)

    def of(state: Array, law: SmoothSphereHalfSpace) -> Array:
        return force(law, state[0], jnp.stack([state[1], state[2], jnp.zeros(())]))

    for without in (law, replace(law, dissipation=jnp.asarray(0.0))):
        for derivative in (of, jax.jacfwd(of), jax.hessian(of), jax.jacrev(of, 1)):
            found = jax.jit(jax.vmap(derivative, in_axes=(0, None)))(states, without)
            assert all(bool(jnp.all(jnp.isfinite(leaf))) for leaf in jax.tree.leaves(found))


def test_the_force_acts_midway_between_the_surfaces(law: SmoothSphereHalfSpace) -> None:
    assert point_share(law) == 0.5
