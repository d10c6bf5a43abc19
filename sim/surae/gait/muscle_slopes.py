"""How the conditions of a solved stride change with every parameter of every muscle.

The parameters of one muscle act on its own few numbers alone (see `muscle_equations`): moving one
parameter of all muscles at once tells what it does in each of them. One column for each parameter
of each muscle, from one compiled function for all; a strength, a group or a stiffness in N/mm is a
sum of columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import scipy.sparse as sp
from jax import Array
from numpy.typing import NDArray

from surae._pytree import replace
from surae._traced import Traced
from surae.gait.equations import ActivationParameters, activation
from surae.gait.muscle_equations import local_equations, local_numbers, local_share
from surae.gait.muscle_layout import (
    MuscleParameters,
    geometry_of,
    input_places,
    per_muscle,
    split,
)
from surae.gait.muscle_parts import effort_weights
from surae.gait.problem import RunningProblem
from surae.gait.task import CostWeights
from surae.muscle.muscles import Muscles
from surae.transcription.parts import SparsePart
from surae.transcription.problem import TranscribedProgram

Floats = NDArray[np.float64]

OF_FIBER = (
    "max_isometric_force",
    "strength",
    "passive_stiffness",
    "optimal_fiber_length",
    "tendon_slack_length",
    "pennation_at_optimal",
    "max_contraction_velocity",
    "tendon_stiffness",
    "fiber_damping",
)
OF_HEAT = ("volume", "slow_twitch_fraction", "specific_tension", "density")
OF_ACTIVATION = ("activation_time_constant", "deactivation_time_constant")
# Of which a muscle's mass is made, and with it its share in the effort.
OF_MASS = (
    "max_isometric_force",
    "specific_tension",
    "optimal_fiber_length",
    "density",
    "volume",
)
# No muscle's own parameter, but what its share in the effort follows from.
EFFORT = "effort"
# Change a muscle through these alone.
LEAVES = (*OF_FIBER, *OF_HEAT, *OF_ACTIVATION)


class MuscleSlopes:
    """Derivatives of stationarity and rows by parameters of muscles, as sparse columns.

    stationarity: (unknown, column), rows: (row, column); `place` finds the column of a parameter of
    a muscle, in the order of the runner's muscles.
    """

    def __init__(
        self, problem: RunningProblem, program: TranscribedProgram, unknowns: Floats, rows: Floats
    ) -> None:
        self.muscles = problem.runner.muscle_names
        self._names = (*LEAVES, EFFORT)
        self._effort = _effort_slopes(problem)
        book = problem.layout
        points, n_rows = book.mesh.n_points, len(problem.problem.row_scale)
        instants = book.at_instants(unknowns)
        own = rows[: n_rows * points].reshape(-1, points) / problem.problem.row_scale[:, None]
        self.size = size = len(self._names) * len(self.muscles)
        found = _Entries(points, size)
        for part in problem.problem.parts:
            if part.name == "activation":
                self._activation(found, part, instants, own, book.mesh.weights)
            elif isinstance(part, SparsePart):
                self._fibers(found, part, instants, own, book.mesh.weights, problem)
        by_value = found.matrix("value", book.n_values * points)
        by_row = found.matrix("row", n_rows * points)
        scale = sp.diags(np.repeat(1.0 / problem.problem.row_scale, points))
        missing = len(program.row_lower) - n_rows * points
        self.stationarity = sp.csc_matrix(book.spread.T @ by_value)
        self.rows = sp.csc_matrix(sp.vstack([scale @ by_row, sp.csr_matrix((missing, size))]))

    def place(self, name: str, muscle: int) -> int:
        """Column of a parameter of a muscle."""
        return self._names.index(name) * len(self.muscles) + muscle

    def along(self, changes: Sequence[Mapping[str, Floats]]) -> sp.csc_matrix:
        """How fast every column's parameter changes (column, number).

        changes: of each number, by name (`muscles.strength`), per muscle; others are passed over.
        """
        n = len(self.muscles)
        found = np.zeros((len(changes), len(self._names), n))
        for number, by_name in zip(found, changes, strict=True):
            for place, name in enumerate(LEAVES):
                if f"muscles.{name}" in by_name:
                    number[place] = by_name[f"muscles.{name}"]
        of_mass = found[:, [LEAVES.index(name) for name in OF_MASS]]
        of_mass = of_mass.reshape(len(changes), len(OF_MASS) * n)
        found[:, -1] = of_mass @ self._effort
        return sp.csc_matrix(found.reshape(len(changes), self.size).T)

    def _fibers(
        self,
        found: _Entries,
        part: SparsePart,
        instants: Floats,
        multipliers: Floats,
        weights: Floats,
        problem: RunningProblem,
    ) -> None:
        parameters: MuscleParameters = part.parameters
        slopes = _fiber_slopes(parameters, instants[part.inputs], multipliers[part.rows], weights)
        by, balance, slope, turn, turn_along = (np.asarray(each) for each in slopes)
        at = input_places(parameters.groups, parameters.states)
        members = self._members(part, problem, at)
        coordinates, rates = (np.where(p < 0, 0, p) for p in (at.coordinates, at.rates))
        states = range(parameters.states)
        for number, name in enumerate(_of_fibers(parameters)):
            length, rate, *own, duration, pull = by[number]
            q = length[:, None] * slope + rate[:, None] * turn + pull[:, None] * turn_along
            columns = np.array([self.place(name, m) for m in members])
            found.add("value", part.inputs[coordinates], columns[:, None], q)
            found.add("value", part.inputs[rates], columns[:, None], rate[:, None] * slope)
            for state in states:
                found.add("value", part.inputs[at.states[state]], columns, own[state])
            found.add("value", np.full(len(members), part.inputs[-1]), columns, duration)
            found.add("row", part.rows[coordinates], columns[:, None], pull[:, None] * slope)
            if parameters.elastic:
                last = len(part.rows) - len(members) + np.arange(len(members))
                found.add("row", part.rows[last], columns, balance[number])

    def _members(self, part: SparsePart, problem: RunningProblem, at: Any) -> list[int]:
        """Which of the runner's muscles the part's are: by the activation that each reads."""
        levels = problem.layout.values("activation")
        return (part.inputs[at.states[0]] - levels[0]).tolist()

    def _activation(
        self, found: _Entries, part: Any, instants: Floats, multipliers: Floats, weights: Floats
    ) -> None:
        by, rows = _activation_slopes(
            part.parameters, instants[part.inputs], multipliers[part.rows], weights
        )
        for number, name in enumerate((*OF_ACTIVATION, EFFORT)):
            columns = np.array([self.place(name, m) for m in range(len(self.muscles))])
            found.add("value", part.inputs, columns[:, None], np.asarray(by[number]))
            found.add("row", part.rows, columns[:, None], np.asarray(rows[number]))


def effort_slopes(muscles: Muscles) -> Array:
    """Derivatives of all shares in an effort of weight 1, (muscle, parameter, muscle)."""

    def shares(parameters: Array) -> Array:
        changed = dict(zip(OF_MASS, parameters, strict=True))
        return effort_weights(replace(muscles, **changed), CostWeights(effort=1.0))

    return jax.jacrev(shares)(jnp.stack([getattr(muscles, name) for name in OF_MASS]))


def _effort_slopes(problem: RunningProblem) -> Floats:
    """Derivatives of all shares in the effort by `OF_MASS` (parameter * muscle, muscle)."""
    by = problem.task.costs.effort * np.asarray(_shares(problem.runner.muscles))
    return by.reshape(len(by), -1).T


class _Entries:
    """Entries of sparse matrices whose rows are places at all instants."""

    def __init__(self, points: int, size: int) -> None:
        self._points, self._size = points, size
        self._kept: dict[str, list[tuple[Any, Any, Any]]] = {"value": [], "row": []}

    def add(self, kind: str, places: Any, columns: Any, values: Floats) -> None:
        """values (..., point) at `places` (...) of `columns`, broadcast."""
        where = places[..., None] * self._points + np.arange(self._points)
        column = np.broadcast_to(columns[..., None], values.shape)
        self._kept[kind].append((values.ravel(), where.ravel(), column.ravel()))

    def matrix(self, kind: str, n: int) -> sp.csr_matrix:
        values, rows, columns = (np.concatenate(e) for e in zip(*self._kept[kind], strict=True))
        return sp.csr_matrix((values, (rows, columns)), shape=(n, self._size))


def _of_fibers(parameters: MuscleParameters) -> tuple[str, ...]:
    return (*OF_FIBER, *OF_HEAT) if parameters.metabolic else OF_FIBER


def fiber_slopes(
    parameters: MuscleParameters, inputs: Array, multipliers: Array, weights: Array
) -> tuple[Array, ...]:
    """Derivatives by each parameter of the gradient by local numbers and of the balance's rows.

    (parameter, number, muscle, point), (parameter, muscle, point); and the geometry that leads from
    local numbers to coordinates: slope, turn, turn along the multipliers (muscle, span, point).
    """
    given = split(parameters, inputs)
    geometry = geometry_of(parameters, given, 2)
    n = len(given.coordinates)
    along = per_muscle(parameters, multipliers[:n])
    turn_along = jnp.sum(geometry.curvature * along[:, None], axis=2)
    local = local_numbers(parameters, given, geometry, along)

    def conditions(muscle: Any) -> tuple[Array, Array]:
        changed = replace(parameters, muscle=muscle)
        slope = jax.grad(local_share(changed, multipliers[n:], weights))(local)
        _, *balance, _ = local_equations(changed, local[:-1])
        return slope, balance[0] if balance else jnp.zeros((0, inputs.shape[1]))

    _, push = jax.linearize(conditions, parameters.muscle)
    by, balance = jax.vmap(push)(directions_of(parameters.muscle, _of_fibers(parameters)))
    return by, balance, geometry.slope, geometry.turn, turn_along


def activation_slopes(
    parameters: ActivationParameters, inputs: Array, multipliers: Array, weights: Array
) -> tuple[Array, Array]:
    """The same of activation dynamics: (parameter, muscle, input, point), (parameter, muscle,
    row, point)."""

    def conditions(own: ActivationParameters, x: Array, pull: Array, weight: Array) -> Any:
        def share(x: Array) -> Array:
            rows, cost = activation(own, None, x)
            return jnp.dot(pull, rows) + weight * cost

        return jax.grad(share)(x), activation(own, None, x)[0]

    directions = (*OF_ACTIVATION, EFFORT)

    def one(own: ActivationParameters, x: Array, pull: Array, weight: Array) -> Any:
        _, push = jax.linearize(partial(conditions, x=x, pull=pull, weight=weight), own)
        still = jax.tree.map(lambda leaf: jnp.zeros((len(directions), *leaf.shape)), own)
        muscle = directions_of(own.muscle, directions)
        effort = jnp.array([name == EFFORT for name in directions], float)
        return jax.vmap(push)(replace(still, muscle=muscle, effort=effort))

    over_points = jax.vmap(one, (None, -1, -1, 0), -1)
    over_muscles = jax.vmap(over_points, (0, 0, 0, None), 1)
    return over_muscles(parameters, inputs, multipliers, weights)


def directions_of(muscle: Any, names: tuple[str, ...]) -> Any:
    """Directions, one for each name: that parameter of all muscles, and nothing else."""
    count = len(names)
    still = jax.tree.map(lambda leaf: jnp.zeros((count, *leaf.shape)), muscle)
    moved = {
        name: getattr(still, name).at[number].set(1.0)
        for number, name in enumerate(names)
        if hasattr(still, name)
    }
    return replace(still, **moved)


_fiber_slopes = Traced(fiber_slopes, [fiber_slopes])
_activation_slopes = Traced(activation_slopes, [activation_slopes])
_shares = Traced(effort_slopes, [effort_slopes])
