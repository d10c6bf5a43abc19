"""The planar runner's feet, and a foot on a random three-dimensional leg."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from surae._pytree import replace
from surae.files.library import library_path
from surae.files.model_runner import read_runner
from surae.foot.contact import Feet, SmoothSphereHalfSpace
from surae.foot.ground import Leg
from surae.skeleton.functions import motion_functions, polynomial_function
from surae.skeleton.tree import Joint, Motion, Skeleton


@pytest.fixture(scope="session")
def feet() -> Feet:
    return read_runner(library_path() / "models" / "planar").feet


def published() -> SmoothSphereHalfSpace:
    """The law with the parameters of Falisse et al. 2019, all friction coefficients different."""
    return SmoothSphereHalfSpace(
        dissipation=jnp.asarray(2.0),
        static_friction=jnp.asarray(0.9),
        dynamic_friction=jnp.asarray(0.8),
        viscous_friction=jnp.asarray(0.5),
        transition_velocity=jnp.asarray(0.2),
        constant_contact_force=jnp.asarray(1e-5),
        hertz_smoothing=jnp.asarray(300.0),
        hunt_crossley_smoothing=jnp.asarray(50.0),
    )


@pytest.fixture(scope="session", params=["hunt_crossley", "smooth_sphere_half_space"])
def leg(request: pytest.FixtureRequest, feet: Feet) -> Leg:
    """Pelvis (free but for yaw), a shank and a foot on oblique axes; two spheres.

    With OpenSim's law the shank also slides and twists as its coordinate turns, as a knee does.
    """
    rng = np.random.default_rng(1)
    plain = request.param == "hunt_crossley"
    functions = [polynomial_function(0.2 * rng.standard_normal(5)) for _ in range(2)]
    turn, slide, twist = (
        Motion(3, "rotation"),
        Motion(3, "translation", (0,)),
        Motion(3, "rotation", (1,)),
    )
    pelvis = (
        Motion(0, "translation"),
        Motion(1, "translation"),
        Motion(2, "rotation"),
        Motion(5, "rotation"),
    )
    joints = (
        Joint(-1, pelvis),
        Joint(0, (turn,) if plain else (slide, turn, twist)),
        Joint(1, (Motion(4, "rotation"),)),
    )
    oblique = rng.standard_normal((4, 3))
    oblique = oblique / np.linalg.norm(oblique, axis=1, keepdims=True)
    axes = np.concatenate([np.eye(3), np.eye(3)[:1], oblique[: 2 if plain else 4]])
    skeleton = Skeleton(
        body_names=("pelvis", "shank", "foot"),
        coordinate_names=tuple(f"q{i}" for i in range(6)),
        joints=joints,
        mass=jnp.ones(3),
        mass_center=jnp.zeros((3, 3)),
        inertia=jnp.ones((3, 6)),
        location_in_parent=jnp.asarray([[0.0, 0.0, 0.0], [0.0, -0.4, 0.1], [0.0, -0.4, 0.0]]),
        orientation_in_parent=jnp.asarray([[0.0, 0.0, 0.0], [0.3, -0.2, 0.1], [0.0, 0.0, 0.0]]),
        location_in_child=jnp.zeros((3, 3)),
        orientation_in_child=jnp.zeros((3, 3)),
        axes=jnp.asarray(axes),
        functions=motion_functions([] if plain else functions),
        gravity=jnp.asarray([0.0, -9.8, 0.0]),
    )
    spheres = replace(
        feet,
        names=("a", "b"),
        bodies=(2, 1),
        sides=("r", "r"),
        location=jnp.asarray([[0.1, -0.05, 0.03], [0.02, -0.45, -0.06]]),
        radius=jnp.asarray([0.03, 0.02]),
        stiffness=jnp.asarray([1.0e5, 2.0e5]),
    )
    if not plain:
        spheres = replace(spheres, law=published(), stiffness=jnp.asarray([1.0e6, 2.0e6]))
    return Leg(skeleton=skeleton, feet=spheres, progress=0, body_weight=jnp.asarray(700.0))


@pytest.fixture(scope="session")
def quick_jit() -> Callable[..., Any]:
    """jax.jit for functions that are called a few times: half the compile time, slower code."""
    return functools.partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})
