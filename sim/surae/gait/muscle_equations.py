"""The equations of muscles at many instants at once, with derivatives in closed form.

A muscle knows its coordinates q and their rates r only through its length L(q) and the length's
rate S = dL/dq . r, and pulls on them by force * dL/dq. With M = multipliers . dL/dq, its share of
the Lagrangian is therefore a function of the few numbers (L, S, own states, duration, M). Their
derivatives come from JAX, for all muscles at once; the chain rule through the polynomials of the
paths is written out.
"""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from surae.gait.muscle_layout import (
    Geometry,
    Inputs,
    MuscleParameters,
    Places,
    geometry_of,
    group_places,
    group_sums,
    hessian_entries,
    jacobian_entries,
    per_muscle,
    rows_of,
    split,
    state_pairs,
    upper,
)
from surae.muscle import contraction, energetics

# Normalized tendon force rate that counts as 1 in the regularization, 1/s.
FORCE_RATE_SCALE = 20.0
FORCE_RATE_WEIGHT = 1e-4


def local_equations(parameters: MuscleParameters, local: Array) -> tuple[Array, ...]:
    """Force [N], of elastic tendons fiber force minus tendon force, and cost of every muscle.

    local: (number, muscle, point): length, its rate per normalized time, own states, duration.
    """
    muscle = jax.tree.map(lambda leaf: leaf[:, None], parameters.muscle)
    length, rate, level, *others, duration = local
    velocity = rate / duration
    cost = jnp.zeros_like(length)
    if parameters.elastic:
        tendon, tendon_rate = others[0], others[1] / duration
        fiber = contraction.elastic_tendon_fiber(muscle, length, velocity, tendon, tendon_rate)
        forces = contraction.fiber_forces(muscle, level, fiber)
        pull = (tendon, forces.along_tendon - tendon)
        cost = FORCE_RATE_WEIGHT * (tendon_rate / FORCE_RATE_SCALE) ** 2
    else:
        fiber = contraction.rigid_tendon_fiber(muscle, length, velocity)
        forces = contraction.fiber_forces(muscle, level, fiber)
        pull = (forces.along_tendon,)
    if parameters.metabolic:
        heat = energetics.metabolic_rate(muscle, others[-1], level, fiber, forces)
        cost = cost + parameters.metabolic_weight[:, None] * heat
    return (muscle.max_isometric_force * pull[0], *pull[1:], cost)


def _local(parameters: MuscleParameters, given: Inputs, geometry: Geometry) -> Array:
    length, rate = geometry.length[None], geometry.rate[None]
    duration = jnp.broadcast_to(given.duration, length.shape)
    return jnp.concatenate([length, rate, given.states, duration])


def values(parameters: MuscleParameters, at_point: None, inputs: Array) -> tuple[Array, Array]:
    """Rows (row, point) and cost (point,)."""
    given = split(parameters, inputs)
    geometry = geometry_of(parameters, given, 1)
    force, *balance, cost = local_equations(parameters, _local(parameters, given, geometry))
    moments = group_sums(parameters, [force[:, None] * geometry.slope])
    kept = group_places(parameters, "coordinates") >= 0
    return jnp.concatenate([moments[np.flatnonzero(kept)], *balance]), jnp.sum(cost, axis=0)


def first(parameters: MuscleParameters, at_point: None, inputs: Array) -> tuple[Array, Array]:
    """Jacobian of the rows at `jacobian_places`, and gradient of the cost (input, point)."""
    given = split(parameters, inputs)
    geometry = geometry_of(parameters, given, 2)
    slope = geometry.slope
    local = _local(parameters, given, geometry)

    def push(direction: Array) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
        return jax.jvp(lambda z: local_equations(parameters, z), (local,), (direction,))

    outputs, by_local = jax.vmap(push, out_axes=(None, 0))(_units(local, len(local)))
    force, (force_by, *balance_by, cost_by) = outputs[0], by_local

    def by_coordinates(by: Array) -> Array:
        return by[0][:, None] * slope + by[1][:, None] * geometry.turn

    across = slope[:, :, None] * by_coordinates(force_by)[:, None]
    blocks = [across + force[:, None, None] * geometry.curvature]
    if not parameters.elastic:
        blocks.append(force_by[1][:, None, None] * slope[:, :, None] * slope[:, None])
        blocks.append(force_by[-1][:, None] * slope)
    of_muscles = [force_by[3 if parameters.elastic else 2][:, None] * slope]
    for by in balance_by:
        of_muscles += [by_coordinates(by), by[1][:, None] * slope]
    entries = [group_sums(parameters, blocks), *map(rows_of, of_muscles)]
    for by in balance_by:
        entries += [*by[2:5], by[-1]]
    kept = jacobian_entries(parameters.groups, parameters.states, parameters.elastic).kept
    gradient = [jnp.zeros_like(inputs, shape=(2 * len(given.coordinates), inputs.shape[1]))]
    if parameters.metabolic:
        slopes = group_sums(parameters, [by_coordinates(cost_by), cost_by[1][:, None] * slope])
        places = group_places(parameters, "coordinates", "rates")
        order = np.argsort(places)[np.count_nonzero(places < 0) :]
        gradient = [slopes[order]]
    gradient += [rows_of(cost_by[2:-1]), jnp.sum(cost_by[-1], axis=0)[None]]
    return jnp.concatenate(entries)[kept], jnp.concatenate(gradient)


def jacobian_places(parameters: MuscleParameters) -> tuple[Places, Places]:
    """Row and input of every entry of `first`."""
    entries = jacobian_entries(parameters.groups, parameters.states, parameters.elastic)
    return entries.first, entries.second


def second(
    parameters: MuscleParameters, at_point: None, inputs: Array, multipliers: Array, weights: Array
) -> Array:
    """Hessian of multipliers . rows + weights * cost at `hessian_places`."""
    given = split(parameters, inputs)
    geometry = geometry_of(parameters, given, 3)
    slope, turn, curvature = geometry.slope, geometry.turn, geometry.curvature
    n = len(given.coordinates)
    along = per_muscle(parameters, multipliers[:n])
    turn_along = jnp.sum(curvature * along[:, None], axis=2)
    local = local_numbers(parameters, given, geometry, along)
    by_local, by_pair = _local_second(parameters, local, multipliers[n:], weights)
    last = len(local) - 1

    def pair(one: int, other: int) -> Array:
        return by_pair[one, other][:, None]

    def by_coordinates(number: int) -> Array:
        through = pair(number, 0) * slope + pair(number, 1) * turn
        return through + pair(number, last) * turn_along

    # Length, rate and projection change with q by slope, turn and turn_along; only the rate changes
    # with r, by slope. The projection's own second derivative is zero.
    by = [by_coordinates(number) for number in range(last)]
    force_by_q = pair(0, last) * slope + pair(1, last) * turn
    by_length, by_rate, by_projection = (by_local[k][:, None] for k in (0, 1, last))
    i, j = upper(slope.shape[1])
    bending = by_rate * geometry.rates + by_projection * along
    qq = slope[:, i] * by[0][:, j] + turn[:, i] * by[1][:, j] + turn_along[:, i] * force_by_q[:, j]
    qq = qq + by_length * curvature[:, i, j] + jnp.sum(geometry.third * bending[:, None], axis=2)
    qr = by[1][:, :, None] * slope[:, None] + by_rate[:, None] * curvature
    rr = pair(1, 1) * slope[:, i] * slope[:, j]
    blocks = [qq, qr, rr, by[last - 1], pair(1, last - 1) * slope]
    entries = [group_sums(parameters, blocks)]
    for state in range(2, last - 1):
        entries += [rows_of(by[state]), rows_of(pair(state, 1) * slope)]
    pairs = state_pairs(parameters.states, parameters.metabolic)
    entries += [by_pair[2 + one, 2 + other] for one, other in pairs]
    entries += [rows_of(by_pair[2:-1, -2]), jnp.sum(by_pair[-1, -2], axis=0)[None]]
    kept = hessian_entries(parameters.groups, parameters.states, parameters.metabolic).kept
    return jnp.concatenate(entries)[kept]


def hessian_places(parameters: MuscleParameters) -> tuple[Places, Places]:
    """Pair of inputs of every entry of `second`."""
    entries = hessian_entries(parameters.groups, parameters.states, parameters.metabolic)
    return entries.first, entries.second


def _local_second(
    parameters: MuscleParameters, local: Array, balance_multipliers: Array, weights: Array
) -> tuple[Array, Array]:
    """Gradient and Hessian of every muscle's share of the Lagrangian by its local numbers.

    local: (number, muscle, point): length, rate, own states, duration, multipliers . dL/dq. The
    Hessian's last row is left out: it follows from symmetry.
    """

    lagrangian = local_share(parameters, balance_multipliers, weights)

    # Forward over reverse: forward over forward was merged by XLA into loops 40 times as slow.
    def push(unit: Array) -> tuple[Array, Array]:
        return jax.jvp(jax.grad(lagrangian), (local,), (unit,))

    return jax.vmap(push, out_axes=(None, 0))(_units(local, len(local) - 1))


def local_share(
    parameters: MuscleParameters, balance_multipliers: Array, weights: Array
) -> Callable[[Array], Array]:
    """All muscles' shares of the Lagrangian, summed, as a function of their local numbers.

    The last number is multipliers . dL/dq.
    """

    def lagrangian(numbers: Array) -> Array:
        force, *balance, cost = local_equations(parameters, numbers[:-1])
        share = numbers[-1] * force + weights[None] * cost
        for each in balance:
            share = share + balance_multipliers * each
        # Muscles and points do not meet: the sum's gradient is each one's own.
        return jnp.sum(share)

    return lagrangian


def local_numbers(
    parameters: MuscleParameters, given: Inputs, geometry: Geometry, along: Array
) -> Array:
    """Length, rate, own states, duration and multipliers . dL/dq: (number, muscle, point)."""
    projection = jnp.sum(geometry.slope * along, axis=1)
    return jnp.concatenate([_local(parameters, given, geometry), projection[None]])


def _units(local: Array, count: int) -> Array:
    """Unit directions of the first `count` local numbers, for all muscles and points at once."""
    return jnp.broadcast_to(jnp.eye(len(local))[:count, :, None, None], (count, *local.shape))
