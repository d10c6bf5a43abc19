"""The tree rebuilt from OpenSim's 2D_gait model moves and weighs as OpenSim 4.6 says it does."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

from surae.skeleton import dynamics, kinematics
from surae.skeleton.functions import motion_functions
from surae.skeleton.tree import Joint, Motion, Skeleton

Table = Mapping[str, NDArray]
# OpenSim prints its model files with 10 digits and works in double precision.
TOLERANCE = 1e-9


@pytest.fixture(scope="module")
def table(shared: Path) -> Table:
    path = shared / "reference" / "opensim" / "2D_gait.npz"
    if not path.is_file():
        pytest.skip(f"OpenSim's values are not here: {path.name}")
    return dict(np.load(path))


@pytest.fixture(scope="module")
def gait(shared: Path, table: Table) -> Skeleton:
    """The tree, joints from the model file, masses as OpenSim reports them."""
    path = shared / "data" / "models" / "opensim-core" / "2D_gait.osim"
    if not path.is_file():
        pytest.skip(f"the OpenSim model is not here: {path.name}")
    bodies = tuple(str(name) for name in table["body_names"])
    coordinates = tuple(str(name) for name in table["coord_names"])
    joints, axes, in_parent, in_child = {}, {}, {}, {}
    for element in ElementTree.parse(path).iterfind("./Model/JointSet/objects/*"):
        frames = {f.get("name"): f for f in element.iterfind("frames/PhysicalOffsetFrame")}
        parent, child = (
            frames[element.findtext(f"socket_{side}_frame")] for side in ("parent", "child")
        )
        body, on = (_text(f, "socket_parent").split("/")[-1] for f in (child, parent))
        names = [c.get("name") for c in element.iterfind("coordinates/Coordinate")]
        own = [coordinates.index(str(name)) for name in names]
        motions = [Motion(own[0], "rotation")] if own else []
        if element.tag == "PlanarJoint":
            motions = [Motion(own[i], "translation") for i in (1, 2)] + motions
        axes[body] = [np.eye(3)[:2], np.eye(3)[2:]] if len(own) == 3 else [np.eye(3)[2:]] * len(own)
        joints[body] = Joint(bodies.index(on) if on in bodies else -1, tuple(motions))
        in_parent[body], in_child[body] = (
            [float(x) for x in _text(f, "translation").split()] for f in (parent, child)
        )
    return Skeleton(
        body_names=bodies,
        coordinate_names=coordinates,
        joints=tuple(joints[b] for b in bodies),
        mass=jnp.asarray(table["body_mass"]),
        mass_center=jnp.asarray(table["body_com_local"]),
        inertia=jnp.asarray(table["body_inertia"]),
        location_in_parent=jnp.asarray([in_parent[b] for b in bodies]),
        orientation_in_parent=jnp.zeros((len(bodies), 3)),
        location_in_child=jnp.asarray([in_child[b] for b in bodies]),
        orientation_in_child=jnp.zeros((len(bodies), 3)),
        axes=jnp.asarray(np.concatenate([row for b in bodies for row in axes[b]])),
        functions=motion_functions(),
        gravity=jnp.asarray(table["gravity"]),
    )


def _text(element: ElementTree.Element, tag: str) -> str:
    text = element.findtext(tag)
    assert text is not None
    return text


def close(found: jax.Array, expected: NDArray) -> None:
    scale = np.abs(expected).max()
    np.testing.assert_allclose(found, expected, rtol=TOLERANCE, atol=TOLERANCE * scale)


def test_generalized_forces_are_those_of_opensim(gait: Skeleton, table: Table) -> None:
    forces = jax.vmap(lambda q, v, a: dynamics.inverse_dynamics(gait, q, v, a))
    q, u, udot = (jnp.asarray(table[key]) for key in ("q", "u", "udot"))
    close(forces(q, u, udot), table["id_tau"])
    close(forces(q, jnp.zeros_like(u), jnp.zeros_like(u)), table["id_tau_static"])


def test_mass_matrix_is_that_of_opensim(gait: Skeleton, table: Table) -> None:
    found = jax.vmap(lambda q: dynamics.mass_matrix(gait, q))(jnp.asarray(table["q"]))
    close(found, table["mass_matrix"])


def test_bodies_are_where_opensim_puts_them(gait: Skeleton, table: Table) -> None:
    q = jnp.asarray(table["q"])
    close(jax.vmap(lambda q: kinematics.body_positions(gait, q))(q), table["body_origin"])
    close(jax.vmap(lambda q: kinematics.body_rotations(gait, q))(q), table["body_R"])
    close(jax.vmap(lambda q: kinematics.center_of_mass(gait, q))(q), table["model_com"])


def test_bodies_move_as_in_opensim(gait: Skeleton, table: Table) -> None:
    velocities = jax.vmap(lambda q, u: dynamics.body_velocities(gait, q, u))
    angular, linear = velocities(jnp.asarray(table["q"]), jnp.asarray(table["u"]))
    close(angular, table["body_angvel"])
    close(linear, table["body_com_vel"])
