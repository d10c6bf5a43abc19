"""Parts: small functions of one instant, evaluated with exact derivatives at all instants at once.

A part reads a few of an instant's values and adds to a few of its equations and to the cost. Since
each part has its own small Jacobian and Hessian, dense or at places of its choice, the sparsity of
the whole falls out of the index lists: no graph coloring, and no part pays for another's size.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from surae._traced import Traced

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Instants a compiled function takes at once: meshes of other sizes loop, so that one compilation
# serves the half stride, the full stride and the doubled mesh.
BATCH = 50
# The name of all parameters of a part that change from point to point (`Part.moving`).
AT_POINT = "at_point"


@dataclasses.dataclass(frozen=True)
class Part:
    """`function(parameters, point_parameters, inputs) -> (rows, cost)`, one instance, one instant.

    inputs: (instance, input) positions in an instant's values; rows: (instance, row) equations
    added to; parameters: pytree with a leading instance axis; point_parameters: pytree with leading
    (instance, point) axes. `curved`: inputs with second derivatives; the Hessian among the others
    is zero. `first`, `second` and `gradient` (of multipliers . rows + weight * cost): derivatives
    in closed form, where there are any. `told(parameters, inputs)`: what else is read from it.
    `moving`: leaves of the parameters that are usually varied, all at once (see slopes).
    """

    name: str
    function: Callable[[Any, Any, Any], tuple[Any, Any]]
    inputs: Ints
    rows: Ints
    parameters: Any
    point_parameters: Any = None
    curved: tuple[int, ...] | None = None
    first: Callable[[Any, Any, Any], tuple[Any, Any]] | None = None
    second: Callable[[Any, Any, Any, Any, Any], Any] | None = None
    gradient: Callable[[Any, Any, Any, Any, Any], Any] | None = None
    told: Callable[[Any, Any], Any] | None = None
    moving: tuple[str, ...] = ()

    @property
    def curved_inputs(self) -> tuple[int, ...]:
        """Inputs for which Hessian columns are computed."""
        return tuple(range(self.inputs.shape[1])) if self.curved is None else self.curved

    @property
    def structure(self) -> tuple[Any, ...]:
        """What makes two parts one compiled function on the same places."""
        return self.function, self.curved, *map(_frozen, (self.inputs, self.rows))

    def jacobian_places(self) -> tuple[Ints, Ints]:
        """Row and value that every entry of `first` belongs to."""
        shape = (*self.rows.shape, self.inputs.shape[1])
        rows, inputs = self.rows[:, :, None], self.inputs[:, None, :]
        return np.broadcast_to(rows, shape).ravel(), np.broadcast_to(inputs, shape).ravel()

    def hessian_places(self) -> tuple[Ints, Ints, Floats]:
        """Values that every entry of `second` belongs to, and how much of its pair it stands for.

        Among curved inputs each entry of a pair stands for one half; a flat partner's mirror image
        is not computed, so that its entry stands for the whole.
        """
        curved = np.array(self.curved_inputs, dtype=np.int64)
        shape = (len(self.inputs), len(curved), self.inputs.shape[1])
        is_curved = np.isin(np.arange(self.inputs.shape[1]), curved)
        places = (self.inputs[:, curved][:, :, None], self.inputs[:, None, :])
        share = np.where(is_curved, 0.5, 1.0)[None, None, :]
        first, second = (np.broadcast_to(place, shape).ravel() for place in places)
        return first, second, np.broadcast_to(share, shape).ravel()

    def compiled(self) -> Any:
        """Jitted (values, first, second), shared by all parts of the same functions."""
        n_inputs = self.inputs.shape[1]
        return _compiled(self.function, self.curved_inputs, n_inputs, self.first, self.second)


@dataclasses.dataclass(frozen=True)
class SparsePart:
    """Many unlike instances that share work: three functions of all of them, at all instants.

    values(parameters, at_point, inputs) -> rows (row, point), cost (point,)
    first(parameters, at_point, inputs) -> Jacobian (entry, point), cost gradient (input, point)
    second(parameters, at_point, inputs, multipliers, weights) -> Hessian (entry, point)

    inputs: (input,) positions in an instant's values; rows: (row,) equations added to. jacobian,
    hessian: (row, input) and (input, input) of each entry, as places in `rows` and `inputs`; a pair
    of the Hessian is given once.
    """

    name: str
    values: Callable[..., Any]
    first: Callable[..., Any]
    second: Callable[..., Any]
    inputs: Ints
    rows: Ints
    parameters: Any
    jacobian: tuple[Ints, Ints]
    hessian: tuple[Ints, Ints]
    point_parameters: Any = None

    @property
    def structure(self) -> tuple[Any, ...]:
        """What makes two parts one compiled function on the same places."""
        places = (self.inputs, self.rows, *self.jacobian, *self.hessian)
        return self.values, *map(_frozen, places)

    def jacobian_places(self) -> tuple[Ints, Ints]:
        """Row and value that every entry of `first` belongs to."""
        row, value = self.jacobian
        return self.rows[row], self.inputs[value]

    def hessian_places(self) -> tuple[Ints, Ints, Floats]:
        """Values that every entry of `second` belongs to; off the diagonal one stands for both."""
        first, second = self.hessian
        share = np.where(first == second, 0.5, 1.0)
        return self.inputs[first], self.inputs[second], share

    def compiled(self) -> Any:
        """Jitted (values, first, second), shared by all parts of the same functions."""
        return _traced(self.values), _traced(self.first), _traced(self.second)


def _frozen(array: Ints) -> tuple[tuple[int, ...], bytes]:
    return array.shape, array.tobytes()


@cache
def _traced(function: Callable[..., Any]) -> Any:
    return Traced(function, [function])


@cache
def _compiled(
    function: Callable[..., Any],
    curved: tuple[int, ...],
    n_inputs: int,
    closed_first: Callable[..., Any] | None,
    closed_second: Callable[..., Any] | None,
) -> Any:
    """Jitted (values, first, second) of a part's function over (instance, point)."""

    def values(parameters: Any, at_point: Any, inputs: Array) -> tuple[Any, Any]:
        return function(parameters, at_point, inputs)

    def first(parameters: Any, at_point: Any, inputs: Array) -> tuple[Any, Any]:
        return jax.jacfwd(lambda x: function(parameters, at_point, x))(inputs)

    directions = np.eye(n_inputs)[list(curved)]

    def second(
        parameters: Any, at_point: Any, inputs: Array, multipliers: Array, weight: Array
    ) -> Array:
        def lagrangian(x: Array) -> Array:
            rows, cost = function(parameters, at_point, x)
            return jnp.dot(multipliers, rows) + weight * cost

        gradient = jax.grad(lagrangian)

        def push(direction: Array) -> Array:
            return jax.jvp(gradient, (inputs,), (direction,))[1]

        return jax.vmap(push)(jnp.asarray(directions))

    made_of = (function, closed_first, closed_second)

    def batched(kind: str, f: Callable[..., Any], extra: tuple[int, ...]) -> Any:
        over_points = jax.vmap(f, in_axes=(None, 0, -1, *extra), out_axes=-1)
        # Of the extra arguments, multipliers belong to an instance, quadrature weights to all.
        per_instance = (0, None)[: len(extra)]
        over_instances = jax.vmap(over_points, in_axes=(0, 0, 0, *per_instance))
        return Traced(over_instances, made_of, f"{kind} {curved}")

    return (
        batched("values", values, ()),
        batched("first", closed_first or first, ()),
        batched("second", closed_second or second, (-1, -1)),
    )


class CompiledPart:
    """A part bound to a number of instants; calls take and return NumPy arrays, points last."""

    def __init__(self, part: Part | SparsePart, n_points: int) -> None:
        self.n_points = n_points
        self._values, self._first, self._second = part.compiled()
        self._take(part)

    def update(self, part: Part | SparsePart) -> None:
        """Take another part that differs in parameter values alone: nothing recompiles."""
        if part is self.part:
            return
        if part.structure != self.part.structure:
            raise ValueError(f"Part {part.name!r} reads or adds to other places; compile it anew.")
        self._take(part)

    def _take(self, part: Part | SparsePart) -> None:
        self.part = part
        starts = range(0, self.n_points, BATCH)
        self.batches = [(start, min(BATCH, self.n_points - start)) for start in starts]
        self.parameters = jax.tree.map(jnp.asarray, part.parameters)
        self.point_parameters = [
            jax.tree.map(
                lambda a, s=start: jnp.asarray(padded(np.asarray(a)[:, s : s + BATCH], 1)),
                part.point_parameters,
            )
            for start in starts
        ]

    def values(self, at_instants: Floats) -> tuple[Floats, Floats]:
        """Rows (instance, row, point) and cost (instance, point); without instance if sparse."""
        rows, cost = self._loop(self._values, at_instants)
        return rows, cost

    def first(self, at_instants: Floats) -> tuple[Floats, Floats]:
        """Jacobian (instance, row, input, point) and cost gradient (instance, input, point).

        Of a sparse part: (entry, point) and (input, point).
        """
        rows, cost = self._loop(self._first, at_instants)
        return rows, cost

    def second(self, at_instants: Floats, multipliers: Floats, weights: Floats) -> Floats:
        """Hessian of multipliers . rows + weight * cost: (instance, curved, input, point).

        Of a sparse part: (entry, point).
        """
        own = multipliers[self.part.rows]
        return self._loop(self._second, at_instants, (own, weights))[0]

    def _loop(
        self, function: Any, at_instants: Floats, extra: tuple[Floats, ...] = ()
    ) -> list[Floats]:
        inputs = at_instants[self.part.inputs]
        collected = []
        for at_point, (start, size) in zip(self.point_parameters, self.batches, strict=True):
            cut = [padded(a[..., start : start + size], -1) for a in (inputs, *extra)]
            out = jax.tree.leaves(function(self.parameters, at_point, *cut))
            collected.append([np.asarray(o)[..., :size] for o in out])
        if len(collected) == 1:
            return collected[0]
        return [np.concatenate(parts, axis=-1) for parts in zip(*collected, strict=True)]


def padded(array: Floats, axis: int) -> Floats:
    """Repeat the last instant until the batch is full."""
    missing = BATCH - array.shape[axis]
    if missing == 0:
        return np.ascontiguousarray(array)
    last = np.take(array, [-1], axis=axis)
    return np.concatenate([array, np.repeat(last, missing, axis=axis)], axis=axis)
