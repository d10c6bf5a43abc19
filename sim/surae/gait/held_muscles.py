"""The muscles' equations where the motion is data: coordinates and rates come with the instant.

The functions of `muscle_equations` with the first inputs, coordinates and rates of all groups,
taken from `at_point` (input, point), and without the derivatives by them.
"""

from __future__ import annotations

from functools import cache

import jax.numpy as jnp
import numpy as np
from jax import Array

from surae.gait import muscle_equations as eq
from surae.gait.muscle_layout import (
    Groups,
    MuscleParameters,
    Places,
    hessian_entries,
    jacobian_entries,
)


def values(parameters: MuscleParameters, at_point: Array, inputs: Array) -> tuple[Array, Array]:
    """Rows (row, point) and cost (point,)."""
    return eq.values(parameters, None, jnp.concatenate([at_point, inputs]))


def first(parameters: MuscleParameters, at_point: Array, inputs: Array) -> tuple[Array, Array]:
    """Jacobian of the rows at `jacobian_places`, and gradient of the cost (input, point)."""
    jacobian, gradient = eq.first(parameters, None, jnp.concatenate([at_point, inputs]))
    return jacobian[_of_jacobian(*_kind(parameters))], gradient[len(at_point) :]


def second(
    parameters: MuscleParameters,
    at_point: Array,
    inputs: Array,
    multipliers: Array,
    weights: Array,
) -> Array:
    """Hessian of multipliers . rows + weights * cost at `hessian_places`."""
    whole = jnp.concatenate([at_point, inputs])
    hessian = eq.second(parameters, None, whole, multipliers, weights)
    return hessian[_of_hessian(*_kind(parameters))]


def jacobian_places(parameters: MuscleParameters) -> tuple[Places, Places]:
    """Row and input of every entry of `first`."""
    row, place = eq.jacobian_places(parameters)
    kept = _of_jacobian(*_kind(parameters))
    return row[kept], place[kept] - _n_motion(parameters.groups)


def hessian_places(parameters: MuscleParameters) -> tuple[Places, Places]:
    """Pair of inputs of every entry of `second`."""
    one, other = eq.hessian_places(parameters)
    kept, n = _of_hessian(*_kind(parameters)), _n_motion(parameters.groups)
    return one[kept] - n, other[kept] - n


def _kind(parameters: MuscleParameters) -> tuple[Groups, int, bool, bool]:
    return parameters.groups, parameters.states, parameters.elastic, parameters.metabolic


def _n_motion(groups: Groups) -> int:
    """Coordinates and rates among the inputs."""
    return 2 * sum(len(group.coordinates) for group in groups)


@cache
def _of_jacobian(groups: Groups, states: int, elastic: bool, metabolic: bool) -> Places:
    return np.flatnonzero(jacobian_entries(groups, states, elastic).second >= _n_motion(groups))


@cache
def _of_hessian(groups: Groups, states: int, elastic: bool, metabolic: bool) -> Places:
    entries, n = hessian_entries(groups, states, metabolic), _n_motion(groups)
    return np.flatnonzero((entries.first >= n) & (entries.second >= n))
