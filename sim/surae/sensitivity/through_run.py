"""`jax.grad` through a solved stride: the solve as a JAX function with a rule of its own.

The stride is solved outside JAX, with plain numbers; backwards, its derivative is the implicit
one (gait.neighbours), for the entries of the runner that are being differentiated and no others.
Of a half stride the entries of both sides count on their own: what moves both sides alike gets
their sum. One derivative, not two: second derivatives are not offered, nor `jit` and `vmap`, in
which there are no plain numbers to solve with.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import scipy.sparse as sp
from jax import Array
from jax.core import Tracer

from surae._errors import UnusableInput
from surae._pytree import Note, replace
from surae.gait.neighbours import Neighbours, Number, along
from surae.gait.solution import GaitSolution
from surae.gait.task import RunningTask
from surae.runner.runner import Runner

Solve = Callable[[Runner, float], GaitSolution]
# The solved stride with its conditions factored, and its task at another speed.
Known = Callable[[GaitSolution], tuple[Neighbours, Any, Callable[[float], RunningTask]]]

STEP = 1e-4  # of an entry
SMALLEST = 1e-6  # step of an entry that is zero
MOST_ENTRIES = 2000


def is_traced(runner: Runner, speed: Any) -> bool:
    """Whether a runner or speed is being differentiated."""
    return any(isinstance(leaf, Tracer) for leaf in jax.tree.leaves((runner, speed)))


def through_run(solve: Solve, known: Known, runner: Runner, speed: Any) -> GaitSolution:
    """The stride of a runner whose leaves, or whose speed, are being differentiated."""
    leaves, tree = jax.tree.flatten((runner, jnp.asarray(speed)))
    places = [place for place, leaf in enumerate(leaves) if isinstance(leaf, Tracer)]
    solved: list[GaitSolution] = []

    def whole(values: list[Any]) -> tuple[Runner, Any]:
        return jax.tree.unflatten(tree, _with(leaves, places, values))

    @jax.custom_vjp
    def stride(values: list[Array]) -> GaitSolution:
        return forward(values)[0]

    def forward(values: list[Array]) -> tuple[GaitSolution, None]:
        if any(isinstance(value, Tracer) for value in values):
            raise UnusableInput(
                "surae.run cannot be called under jax.jit or jax.vmap: a solve needs numbers; call "
                "jax.grad or jax.value_and_grad of a plain function around it."
            )
        own, own_speed = whole(values)
        gait = solve(own, float(own_speed))
        solved.append(gait)
        # Its runner is given back as it came, so that what reads it is differentiated, too.
        return replace(gait, runner=own, note=Note()), None

    def backward(nothing: None, weights: GaitSolution) -> tuple[list[Array]]:
        neighbours, _, at_speed = known(solved[-1])
        numbers, ends = [], []
        for place in places:
            value = np.asarray(jax.tree.leaves((solved[-1].runner, solved[-1].speed))[place])
            numbers += _entries(neighbours, place, value, at_speed, len(leaves) - 1)
            ends.append((value.shape, len(numbers)))
        if len(numbers) > MOST_ENTRIES:
            raise UnusableInput(
                f"{len(numbers)} numbers of the runner are differentiated at once; at most "
                f"{MOST_ENTRIES} are offered (sizes of the body reach into every muscle's path)."
            )
        slopes = _weighted(neighbours, numbers, weights)
        starts = [0, *(end for _, end in ends[:-1])]
        return (
            [
                jnp.asarray(slopes[start:end].reshape(shape))
                for start, (shape, end) in zip(starts, ends, strict=True)
            ],
        )

    stride.defvjp(forward, backward)
    return stride([leaves[place] for place in places])


def _with(leaves: list[Any], places: list[int], values: list[Any]) -> list[Any]:
    changed = list(leaves)
    for place, value in zip(places, values, strict=True):
        changed[place] = value
    return changed


def _entries(
    neighbours: Neighbours,
    place: int,
    value: np.ndarray,
    at_speed: Callable[[float], RunningTask],
    speed_place: int,
) -> list[Number]:
    """Every entry of one leaf of the runner, or the speed, as a number."""
    runner, task = neighbours.problem.runner, neighbours.problem.task
    if place == speed_place:
        own = float(value)
        return [Number("speed", "m/s", own, STEP * own, lambda v: (runner, at_speed(v)))]
    path, _ = jax.tree_util.tree_flatten_with_path(runner)[0][place]
    name = jax.tree_util.keystr(path, simple=True, separator=".")
    numbers = []
    for index in np.ndindex(value.shape):
        own = float(value[index])
        unit = np.zeros_like(value)
        unit[index] = 1.0
        at = partial(along, runner, task, {name: unit}, own)
        step = STEP * abs(own) if own else SMALLEST
        numbers.append(Number(f"{name} {index}", "1", own, step, at, {name: unit}))
    return numbers


def _weighted(neighbours: Neighbours, numbers: list[Number], weights: GaitSolution) -> np.ndarray:
    """Derivative by each number of the stride's curves and runner, times their weights."""
    named = jax.tree_util.tree_flatten_with_path(replace(weights, note=Note()))[0]
    by = {
        jax.tree_util.keystr(path, simple=True, separator="."): sp.csr_matrix(
            np.asarray(weight).reshape(1, -1)
        )
        for path, weight in named
        if np.asarray(weight).dtype == np.float64
    }
    return neighbours.derivatives(by, numbers)[0][0]
