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
from surae.files.model_folder import read_runner
from surae.foot.contact import Feet
from surae.foot.ground import Leg
from surae.skeleton.tree import Joint, Motion, Skeleton, Triple


@pytest.fixture(scope="session")
def feet() -> Feet:
    return read_runner(library_path() / "models" / "planar").feet


def _oblique(rng: np.random.Generator) -> Triple:
    x, y, z = (v := rng.standard_normal(3)) / np.linalg.norm(v)
    return (float(x), float(y), float(z))


@pytest.fixture(scope="session")
def leg(feet: Feet) -> Leg:
    """Pelvis (free but for yaw), an idle trunk, a shank and a foot on oblique axes; two spheres.

    Coordinate 3 is the trunk's and moves no sphere.
    """
    rng = np.random.default_rng(1)
    x, y, z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
    joints = (
        Joint(
            -1,
            (
                Motion(0, "translation", x),
                Motion(1, "translation", y),
                Motion(2, "rotation", z),
                Motion(6, "rotation", x),
            ),
        ),
        Joint(0, (Motion(3, "rotation", z),)),
        Joint(0, (Motion(4, "rotation", _oblique(rng)),), (0.3, -0.2, 0.1)),
        Joint(2, (Motion(5, "rotation", _oblique(rng)),)),
    )
    below = jnp.asarray([[0.0, 0.0, 0.0], [0.0, 0.2, 0.0], [0.0, -0.4, 0.1], [0.0, -0.4, 0.0]])
    skeleton = Skeleton(
        body_names=("pelvis", "trunk", "shank", "foot"),
        coordinate_names=tuple(f"q{i}" for i in range(7)),
        joints=joints,
        mass=jnp.ones(4),
        mass_center=jnp.zeros((4, 3)),
        inertia=jnp.ones((4, 6)),
        location_in_parent=below,
        location_in_child=jnp.zeros((4, 3)),
        gravity=jnp.asarray([0.0, -9.8, 0.0]),
    )
    spheres = replace(
        feet,
        names=("a", "b"),
        bodies=(3, 2),
        sides=("r", "r"),
        location=jnp.asarray([[0.1, -0.05, 0.03], [0.02, -0.45, -0.06]]),
        radius=jnp.asarray([0.03, 0.02]),
        stiffness=jnp.asarray([1.0e5, 2.0e5]),
    )
    return Leg(
        skeleton=skeleton,
        feet=spheres,
        bodies=(0, 2, 3),
        coordinates=(0, 1, 2, 4, 5, 6),
        progress=0,
        body_weight=jnp.asarray(700.0),
    )


@pytest.fixture(scope="session")
def quick_jit() -> Callable[..., Any]:
    """jax.jit for functions that are called a few times: half the compile time, slower code."""
    return functools.partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})
