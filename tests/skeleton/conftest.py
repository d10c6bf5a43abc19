"""Two skeletons: the planar runner's, and a random three-dimensional tree with a free base."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from surae.files.library import library_path
from surae.files.model_runner import read_runner
from surae.runner.runner import Runner
from surae.skeleton.functions import (
    MotionFunction,
    cubic_spline_function,
    motion_functions,
    polynomial_function,
)
from surae.skeleton.tree import Joint, Motion, Skeleton

Triple = tuple[float, float, float]
Hinge = tuple[int, str, Triple, tuple[int, ...]]  # coordinate, kind, axis, functions


class State(NamedTuple):
    coordinates: Array
    speeds: Array
    accelerations: Array


def _unit(rng: np.random.Generator) -> Triple:
    x, y, z = (v := rng.standard_normal(3)) / np.linalg.norm(v)
    return (float(x), float(y), float(z))


def free_tree(seed: int = 5) -> Skeleton:
    """A free base, two branches, oblique axes, offsets on both sides, coordinates out of order."""
    rng = np.random.default_rng(seed)
    x, y, z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
    base = [
        (0, "translation", x, ()),
        (1, "translation", y, ()),
        (5, "translation", z, ()),
        (2, "rotation", z, ()),
        (3, "rotation", x, ()),
        (4, "rotation", y, ()),
    ]
    joints = [
        (-1, base),
        (0, [(8, "rotation", _unit(rng), ()), (6, "rotation", y, ())]),
        (1, [(9, "translation", _unit(rng), ()), (7, "rotation", (0.0, 0.0, -1.0), ())]),
        (0, [(10, "rotation", _unit(rng), ())]),
    ]
    return built(joints, 11, rng)


def coupled_tree(seed: int = 3) -> Skeleton:
    """Coordinates that drive several motions, of one joint and of several, through functions."""
    rng = np.random.default_rng(seed)
    functions = [polynomial_function(0.3 * rng.standard_normal(6)) for _ in range(3)]
    knots = [-2.0, -1.0, 0.1, 1.0, 2.0]
    functions.append(cubic_spline_function(knots, list(0.3 * rng.standard_normal(5))))

    def turn(coordinate: int, *rows: int) -> Hinge:
        return coordinate, "rotation", _unit(rng), rows

    def slide(coordinate: int, *rows: int) -> Hinge:
        return coordinate, "translation", _unit(rng), rows

    joints = [
        (-1, [slide(0), turn(1, 0), turn(1, 3)]),
        (0, [slide(2, 1), turn(2), turn(2, 2, 3), turn(3)]),
        (0, [slide(2, 3), turn(2, 0)]),
        (1, [turn(1, 1), turn(4)]),
    ]
    return built(joints, 5, rng, functions)


def pendulum() -> Skeleton:
    """Two bodies on a slider and two oblique hinges, for checks that are slow on more."""
    rng = np.random.default_rng(6)
    first = [(0, "translation", _unit(rng), ()), (1, "rotation", _unit(rng), ())]
    second = [(2, "rotation", _unit(rng), ())]
    return built([(-1, first), (0, second)], 3, rng)


def built(
    joints: Sequence[tuple[int, list[Hinge]]],
    n: int,
    rng: np.random.Generator,
    functions: Sequence[MotionFunction] = (),
) -> Skeleton:
    """Random bodies on these joints (parent, motions), their frames askew; inertias are those of
    clouds of points."""
    inertias = []
    for _ in joints:
        points = rng.standard_normal((6, 3))
        i = np.einsum("pi,pi->", points, points) * np.eye(3) - points.T @ points
        inertias.append([i[0, 0], i[1, 1], i[2, 2], i[0, 1], i[0, 2], i[1, 2]])
    count = len(joints)
    return Skeleton(
        body_names=tuple(f"body{i}" for i in range(count)),
        coordinate_names=tuple(f"q{i}" for i in range(n)),
        joints=tuple(
            Joint(parent, tuple(Motion(c, kind, rows) for c, kind, _, rows in motions))
            for parent, motions in joints
        ),
        mass=jnp.asarray(rng.uniform(0.5, 3.0, count)),
        mass_center=jnp.asarray(rng.uniform(-0.5, 0.5, (count, 3))),
        inertia=0.1 * jnp.asarray(inertias),
        location_in_parent=jnp.asarray(rng.uniform(-0.5, 0.5, (count, 3))),
        orientation_in_parent=jnp.asarray(rng.uniform(-1.5, 1.5, (count, 3))),
        location_in_child=jnp.asarray(rng.uniform(-0.5, 0.5, (count, 3))),
        orientation_in_child=jnp.asarray(rng.uniform(-1.5, 1.5, (count, 3))),
        axes=jnp.asarray([axis for _, motions in joints for _, _, axis, _ in motions]),
        functions=motion_functions(functions),
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


@pytest.fixture(scope="session", params=["planar", "free tree", "coupled tree"])
def skeleton(request: pytest.FixtureRequest, planar: Runner) -> Skeleton:
    if request.param == "planar":
        return planar.skeleton
    return free_tree() if request.param == "free tree" else coupled_tree()


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
