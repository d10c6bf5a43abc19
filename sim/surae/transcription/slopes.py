"""How the first-order conditions of a transcribed problem change with what its parts are made of.

Any number acts through parameters of parts, and these are known beside the problem: a step above
and a step below. Along such a direction the part's share of the conditions is differentiated, not
evaluated: forward over its gradient, all directions in one call of one compiled function.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from surae._traced import Traced
from surae.nlp.kkt import Conditions
from surae.transcription.parts import AT_POINT, BATCH, CompiledPart, Part, SparsePart, padded
from surae.transcription.problem import OptimalControlProblem, TranscribedProgram

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
AnyPart = Part | SparsePart

AT_ONCE = 16  # directions that one call has room for
ALIKE = 1e-9  # of a direction's largest entry: what differencing leaves of it


@dataclasses.dataclass(frozen=True)
class Beside:
    """Problems of one structure on both sides of another one, `width` of a number apart."""

    low: OptimalControlProblem
    high: OptimalControlProblem
    width: float


@dataclasses.dataclass(frozen=True)
class Slopes:
    """Derivatives of the conditions by numbers, (., number); told: by part, of what else is read
    from it: (number, instance, ., point), for parts of which something is."""

    conditions: Conditions
    told: dict[str, Floats]


def slopes(
    program: TranscribedProgram, numbers: Sequence[Beside], unknowns: Floats, multipliers: Floats
) -> Slopes:
    """Derivatives by numbers at one point of the program.

    Rows are measured by the program's own scale: another scale rescales their multipliers and moves
    no unknown.
    """
    own = program.problem
    book, points, count = own.layout, own.layout.mesh.n_points, len(numbers)
    instants = book.at_instants(unknowns)
    scale = own.row_scale[:, None]
    pulls = multipliers[: len(scale) * points].reshape(-1, points) / scale
    slope = np.zeros((count, book.n_values, points))
    rows = np.zeros((count, len(scale), points))
    told: dict[str, Floats] = {}
    for place, compiled in enumerate(program.parts):
        part = compiled.part
        sides = [(n.low.parts[place], n.high.parts[place], n.width) for n in numbers]
        for which, directions, movers, share in _directions(part, sides):
            by = _along(compiled, which, directions, instants, pulls, book.mesh.weights)
            own_slope, own_rows, *own_told = (share @ each.reshape(len(each), -1) for each in by)
            shape = (len(movers), *part.inputs.shape, points)
            for number, one in zip(movers, own_slope.reshape(shape), strict=True):
                np.add.at(slope[number], part.inputs, one)
            shape = (len(movers), *part.rows.shape, points)
            for number, one in zip(movers, own_rows.reshape(shape), strict=True):
                np.add.at(rows[number], part.rows, one)
            for each, shaped in zip(own_told, by[2:], strict=True):
                whole = told.setdefault(part.name, np.zeros((count, *shaped.shape[1:])))
                whole[movers] += each.reshape(len(movers), *shaped.shape[1:])
    missing = len(program.row_lower) - scale.size * points
    conditions = Conditions(
        book.spread.T @ slope.reshape(count, book.n_values * points).T,
        np.concatenate(
            [(rows / scale).reshape(count, scale.size * points), np.zeros((count, missing))], axis=1
        ).T,
        *(_bounds(numbers, own, name) for name in ("lower", "upper")),
    )
    return Slopes(conditions, told)


def _bounds(numbers: Sequence[Beside], own: OptimalControlProblem, name: str) -> Floats:
    """How fast bounds move (unknown, number)."""
    found = np.zeros((own.layout.n_unknowns, len(numbers)))
    for column, number in zip(found.T, numbers, strict=True):
        low, high = (getattr(side.layout, name) for side in (number.low, number.high))
        if low is not high:
            column[:] = _gap(low, high) / number.width
    return found


def _gap(low: Floats, high: Floats) -> Floats:
    """Difference; none between what is infinite on both sides."""
    moves = np.isfinite(low) & np.isfinite(high)
    return np.where(moves, high, 0.0) - np.where(moves, low, 0.0)


# Which leaves move, their directions (direction, *leaf), the numbers, and how much of each
# direction is in each number (number, direction).
_Group = tuple[tuple[int, ...], list[Floats], list[int], Floats]


def _directions(part: AnyPart, sides: list[tuple[AnyPart, AnyPart, float]]) -> list[_Group]:
    """Directions of a part's leaves, together where one compiled function is to serve them."""
    usual = _usual(part)
    groups: dict[tuple[int, ...], dict[int, dict[int, Floats]]] = {}
    for number, (low, high, width) in enumerate(sides):
        if low is high:
            continue
        pairs = enumerate(zip(_leaves(low), _leaves(high), strict=True))
        gaps = {
            leaf: _gap(np.asarray(a), np.asarray(b)) / width
            for leaf, (a, b) in pairs
            if a is not b and np.any(np.not_equal(a, b))
        }
        if gaps:
            which = usual if gaps.keys() <= set(usual) else tuple(sorted(gaps))
            groups.setdefault(which, {})[number] = gaps
    shapes = [np.shape(leaf) for leaf in _leaves(part)]
    found = []
    for which, members in groups.items():
        flat = [
            np.concatenate([gaps.get(i, np.zeros(shapes[i])).ravel() for i in which])
            for gaps in members.values()
        ]
        distinct, share = _distinct(np.array(flat))
        ends = np.cumsum([int(np.prod(shapes[i], dtype=int)) for i in which])
        pieces = zip(np.split(distinct, ends[:-1], axis=1), which, strict=True)
        stacks = [piece.reshape(-1, *shapes[i]) for piece, i in pieces]
        found.append((which, stacks, list(members), share))
    return found


def _distinct(directions: Floats) -> tuple[Floats, Floats]:
    """Directions that are no multiples of each other, and how much of each is in each given one.

    All masses, say, act on a foot through the body weight alone.
    """
    found: list[Floats] = []
    share = np.zeros((len(directions), len(directions)))
    for own, direction in zip(share, directions, strict=True):
        size = direction[np.argmax(np.abs(direction))]
        unit = direction / size
        alike = [np.max(np.abs(unit - other)) < ALIKE for other in found]
        own[alike.index(True) if True in alike else len(found)] = size
        if True not in alike:
            found.append(unit)
    return np.array(found), share[:, : len(found)]


def _leaves(part: AnyPart) -> list[Any]:
    """Parameters, then those that change from point to point."""
    return jax.tree.leaves((part.parameters, part.point_parameters))


def _usual(part: AnyPart) -> tuple[int, ...]:
    """Leaves that are usually varied, whichever of them a caller asks for."""
    moving = part.moving if isinstance(part, Part) else ()
    structures = (jax.tree.structure(p) for p in (part.parameters, part.point_parameters))
    return _named(moving, *structures)


@cache
def _named(moving: tuple[str, ...], parameters: Any, at_point: Any) -> tuple[int, ...]:
    whole = jax.tree.unflatten(parameters, range(parameters.num_leaves))
    paths = [path for path, _ in jax.tree_util.tree_flatten_with_path(whole)[0]]
    names = [jax.tree_util.keystr(path, simple=True, separator=".") for path in paths]
    names += [AT_POINT] * at_point.num_leaves
    return tuple(
        leaf
        for leaf, name in enumerate(names)
        if any(name == each or name.startswith(f"{each}.") for each in moving)
    )


def _along(
    compiled: CompiledPart,
    which: tuple[int, ...],
    directions: list[Floats],
    instants: Floats,
    pulls: Floats,
    weights: Floats,
) -> list[Floats]:
    """Derivatives along directions of the part's gradient, rows and what else it tells."""
    part, steady = compiled.part, len(jax.tree.leaves(compiled.part.parameters))
    push, places = _pushed(part, which)
    inputs, own = instants[part.inputs], pulls[part.rows]
    found = []
    for begin in range(0, len(directions[0]), AT_ONCE):
        room = [each[begin : begin + AT_ONCE] for each in directions]
        count = len(room[0])
        room = [np.concatenate([r, np.zeros((AT_ONCE - count, *r.shape[1:]))]) for r in room]
        pieces = []
        for at_point, (start, size) in zip(
            compiled.point_parameters, compiled.batches, strict=True
        ):
            cut = [padded(a[..., start : start + size], -1) for a in (inputs, own, weights)]
            along = [
                padded(r[:, :, start : start + BATCH], 2) if leaf >= steady else r
                for r, leaf in zip(room, which, strict=True)
            ]
            out = push(compiled.parameters, at_point, *cut, places, tuple(along), np.asarray(count))
            pieces.append([np.asarray(each)[:count, ..., :size] for each in out])
        found.append([np.concatenate(each, axis=-1) for each in zip(*pieces, strict=True)])
    return [np.concatenate(each) for each in zip(*found, strict=True)]


def _pushed(part: AnyPart, which: tuple[int, ...]) -> tuple[Traced, Any]:
    """Derivatives of a part's share along directions of these leaves; and where its entries go."""
    if isinstance(part, Part):
        return _compiled(part.function, part.gradient, part.told, which), ()
    return _compiled_sparse(part.values, part.first, which), part.jacobian


@cache
def _compiled(function: Any, gradient: Any, told: Any, which: tuple[int, ...]) -> Traced:
    def share(parameters: Any, at_point: Any, x: Array, pull: Array, weight: Array) -> Any:
        def lagrangian(x: Array) -> Array:
            rows, cost = function(parameters, at_point, x)
            return jnp.dot(pull, rows) + weight * cost

        if gradient is None:
            slope = jax.grad(lagrangian)(x)
        else:
            slope = gradient(parameters, at_point, x, pull, weight)
        found = slope, function(parameters, at_point, x)[0]
        return found if told is None else (*found, told(parameters, x))

    over_points = jax.vmap(share, (None, 0, -1, -1, 0), -1)
    over_instances = jax.vmap(over_points, (0, 0, 0, 0, None))

    def whole(
        parameters: Any, at_point: Any, x: Array, pulls: Array, weights: Array, places: Any
    ) -> Any:
        return over_instances(parameters, at_point, x, pulls, weights)

    return Traced(_pushing(whole, which), (function, gradient, told), f"along {which}")


@cache
def _compiled_sparse(values: Any, first: Any, which: tuple[int, ...]) -> Traced:
    def whole(
        parameters: Any, at_point: Any, x: Array, pulls: Array, weights: Array, places: Any
    ) -> Any:
        jacobian, gradient = first(parameters, at_point, x)
        row, place = places
        slope = (gradient * weights).at[place].add(jacobian * pulls[row])
        return slope, values(parameters, at_point, x)[0]

    return Traced(_pushing(whole, which), (values, first), f"along {which}")


def _pushing(share: Any, which: tuple[int, ...]) -> Any:
    """The share's derivatives along the first `count` of `AT_ONCE` directions of some leaves."""

    def along(
        parameters: Any,
        at_point: Any,
        x: Array,
        pulls: Array,
        weights: Array,
        places: Any,
        directions: tuple[Array, ...],
        count: Array,
    ) -> tuple[Array, ...]:
        leaves, tree = jax.tree.flatten((parameters, at_point))

        def moved(some: list[Array]) -> Any:
            changed = list(leaves)
            for leaf, value in zip(which, some, strict=True):
                changed[leaf] = value
            return share(*jax.tree.unflatten(tree, changed), x, pulls, weights, places)

        found, push = jax.linearize(moved, [leaves[leaf] for leaf in which])

        def step(i: Array, so_far: tuple[Array, ...]) -> tuple[Array, ...]:
            by = push([each[i] for each in directions])
            return tuple(all_.at[i].set(one) for all_, one in zip(so_far, by, strict=True))

        room = tuple(jnp.zeros((AT_ONCE, *each.shape)) for each in found)
        return jax.lax.fori_loop(0, count, step, room)

    return along
