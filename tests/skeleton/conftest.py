"""Two skeletons: the planar runner's, and a random three-dimensional tree with a free base."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from surae.files.library import library_path
from surae.files.model_folder import read_runner
from surae.runner.runner import Runner
from surae.skeleton.tree import Joint, Motion, Skeleton, Triple


class State(NamedTuple):
    coordinates: Array
    speeds: Array
    accelerations: Array


def _unit(rng: np.random.Generator) -> Triple:
    x, y, z = (v := rng.standard_normal(3)) / np.linalg.norm(v)
    return (float(x), float(y), float(z))


def _triple(rng: np.random.Generator) -> Triple:
    x, y, z = rng.uniform(-1.5, 1.5, 3)
    return (float(x), float(y), float(z))


def free_tree(seed: int = 5) -> Skeleton:
    """A free base, two branches, oblique axes, offsets on both sides, coordinates out of order."""
    rng = np.random.default_rng(seed)
    x, y, z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
    base = (
        Motion(2, "rotation", z),
        Motion(0, "translation", x),
        Motion(1, "translation", y),
        Motion(3, "rotation", x),
        Motion(5, "translation", z),
        Motion(4, "rotation", y),
    )
    joints = (
        Joint(-1, base),
        Joint(
            0,
            (Motion(8, "rotation", _unit(rng)), Motion(6, "rotation", y)),
            _triple(rng),
            _triple(rng),
        ),
        Joint(1, (Motion(7, "rotation", (0.0, 0.0, -1.0)), Motion(9, "translation", _unit(rng)))),
        Joint(0, (Motion(10, "rotation", _unit(rng)),), (0.0, 0.0, 0.0), _triple(rng)),
    )
    return built(joints, 11, rng)


def pendulum() -> Skeleton:
    """Two bodies on a slider and two oblique hinges, for checks that are slow on more."""
    rng = np.random.default_rng(6)
    first = (Motion(1, "rotation", _unit(rng)), Motion(0, "translation", _unit(rng)))
    second = (Motion(2, "rotation", _unit(rng)),)
    return built((Joint(-1, first), Joint(0, second, _triple(rng))), 3, rng)


def built(joints: tuple[Joint, ...], n: int, rng: np.random.Generator) -> Skeleton:
    """Random bodies on these joints; inertias are those of clouds of points."""
    inertias = []
    for _ in joints:
        points = rng.standard_normal((6, 3))
        i = np.einsum("pi,pi->", points, points) * np.eye(3) - points.T @ points
        inertias.append([i[0, 0], i[1, 1], i[2, 2], i[0, 1], i[0, 2], i[1, 2]])
    count = len(joints)
    return Skeleton(
        body_names=tuple(f"body{i}" for i in range(count)),
        coordinate_names=tuple(f"q{i}" for i in range(n)),
        joints=joints,
        mass=jnp.asarray(rng.uniform(0.5, 3.0, count)),
        mass_center=jnp.asarray(rng.uniform(-0.5, 0.5, (count, 3))),
        inertia=0.1 * jnp.asarray(inertias),
        location_in_parent=jnp.asarray(rng.uniform(-0.5, 0.5, (count, 3))),
        location_in_child=jnp.asarray(rng.uniform(-0.5, 0.5, (count, 3))),
        gravity=jnp.asarray([0.4, -9.7, 1.1]),
    )


def states(skeleton: Skeleton, count: int, seed: int = 11) -> State:
    """Random states of the size of running: radians, 3 rad/s, 30 rad/s^2."""
    shape = (count, len(skeleton.coordinate_names))
    rng = np.random.default_rng(seed)
    return State(*(jnp.asarray(size * rng.standard_normal(shape)) for size in (1.0, 3.0, 30.0)))


@pytest.fixture(scope="session")
def planar() -> Runner:
    return read_runner(library_path() / "models" / "planar")


@pytest.fixture(scope="session", params=["planar", "free tree"])
def skeleton(request: pytest.FixtureRequest, planar: Runner) -> Skeleton:
    return planar.skeleton if request.param == "planar" else free_tree()


@pytest.fixture(scope="session")
def small() -> Skeleton:
    return pendulum()


@pytest.fixture(scope="session")
def some(skeleton: Skeleton) -> State:
    """Ten random states."""
    return states(skeleton, 10)


@pytest.fixture(scope="session")
def quick_jit() -> Callable[..., Any]:
    """jax.jit for functions that are called a few times: half the compile time, slower code."""
    return functools.partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})
