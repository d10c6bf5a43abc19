"""The closed-form derivatives of the muscles' equations are those of JAX and finite differences."""

from __future__ import annotations

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads
from numpy.typing import NDArray

from surae.gait import muscle_equations as equations
from surae.gait.muscle_layout import MuscleParameters, muscle_parameters
from surae.gait.muscle_layout import split as split_inputs
from surae.muscle import contraction, path
from surae.muscle.muscles import Muscles
from surae.muscle.path import muscle_paths

Floats = NDArray[np.float64]
POINTS = 3
# Coordinates and degree of every muscle; two groups share a coordinate, one spans a single one.
SPANS = [((0, 1, 2), 4)] * 3 + [((2, 3), 5)] * 2 + [((4,), 3)] * 2
KINDS = [(elastic, metabolic) for elastic in (False, True) for metabolic in (False, True)]


@pytest.fixture(scope="module")
def muscles() -> Muscles:
    rng = np.random.default_rng(0)
    n = len(SPANS)

    def between(low: float, high: float) -> jax.Array:
        return jnp.asarray(rng.uniform(low, high, n))

    optimal, slack = between(0.05, 0.15), between(0.05, 0.3)
    terms = []
    for muscle, (span, degree) in enumerate(SPANS):
        powers = itertools.product(range(degree + 1), repeat=len(span))
        kept = [exponents for exponents in powers if sum(exponents) <= degree]
        own = {e: float(rng.normal(0.0, 0.02 / len(kept) ** 0.5)) for e in kept}
        own[(0,) * len(span)] = float(optimal[muscle] + slack[muscle])
        terms.append(own)
    return Muscles(
        max_isometric_force=between(500.0, 3000.0),
        strength=between(0.7, 1.0),
        volume=between(0.7, 1.0),
        passive_stiffness=between(0.8, 2.0),
        optimal_fiber_length=optimal,
        tendon_slack_length=slack,
        pennation_at_optimal=between(0.0, 0.5),
        max_contraction_velocity=between(10.0, 12.0),
        tendon_stiffness=between(15.0, 35.0),
        fiber_damping=between(0.01, 0.02),
        activation_time_constant=between(0.01, 0.02),
        deactivation_time_constant=between(0.05, 0.07),
        minimum_activation=between(0.01, 0.02),
        slow_twitch_fraction=between(0.4, 0.6),
        specific_tension=between(6e5, 7e5),
        density=between(1050.0, 1060.0),
        path=muscle_paths([span for span, _ in SPANS], terms),
        names=(),
        elastic_tendon=(),
    )


@pytest.fixture(params=KINDS, ids=["rigid", "rigid heat", "elastic", "elastic heat"])
def parameters(request: pytest.FixtureRequest, muscles: Muscles) -> MuscleParameters:
    return muscle_parameters(muscles, jnp.full(len(SPANS), 1e-2), *request.param)


def random_inputs(parameters: MuscleParameters, points: int, seed: int = 1) -> jax.Array:
    rng = np.random.default_rng(seed)
    n = len(SPANS)
    total = sum(len(group.coordinates) for group in parameters.groups)
    inputs = [rng.uniform(-0.8, 0.8, (total, points)), rng.normal(0.0, 1.0, (total, points))]
    inputs.append(rng.uniform(0.05, 1.0, (n, points)))
    if parameters.elastic:
        inputs += [rng.uniform(0.05, 1.2, (n, points)), rng.normal(0.0, 1.0, (n, points))]
    if parameters.metabolic:
        inputs.append(rng.uniform(0.05, 1.0, (n, points)))
    return jnp.asarray(np.concatenate([*inputs, rng.uniform(0.3, 0.4, (1, points))]))


def at_one(parameters: MuscleParameters, inputs: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Rows and cost of one instant."""
    rows, cost = equations.values(parameters, None, inputs[:, None])
    return rows[:, 0], cost[0]


def close(found: Floats, expected: jax.Array) -> None:
    scale = float(jnp.abs(expected).max())
    np.testing.assert_allclose(found, expected, rtol=0.0, atol=1e-13 * scale)


def test_rows_are_moments_and_balances(parameters: MuscleParameters) -> None:
    muscles, given = parameters.muscle, random_inputs(parameters, 1)[:, 0]
    rows, _ = at_one(parameters, given)
    split = split_inputs(parameters, given)
    duration, at, expected = float(split.duration), 0, []
    balance = np.zeros(len(SPANS))
    for group in parameters.groups:
        own = slice(at, at + len(group.coordinates))
        at += len(group.coordinates)
        pose, speeds = np.zeros((2, 5))
        pose[list(group.coordinates)] = split.coordinates[own]
        speeds[list(group.coordinates)] = split.rates[own] / duration
        lengths, velocities = path.lengths_and_velocities(
            muscles.path, jnp.asarray(pose), jnp.asarray(speeds)
        )
        arms = np.asarray(path.moment_arm_matrix(muscles.path, jnp.asarray(pose), 5))
        if parameters.elastic:
            tendon, rate = split.states[1], split.states[2] / duration
            fiber = contraction.elastic_tendon_fiber(muscles, lengths, velocities, tendon, rate)
        else:
            fiber = contraction.rigid_tendon_fiber(muscles, lengths, velocities)
        along = contraction.fiber_forces(muscles, split.states[0], fiber).along_tendon
        pull = muscles.max_isometric_force * (split.states[1] if parameters.elastic else along)
        for coordinate in group.coordinates:
            members = list(group.muscles)
            expected.append(-(np.asarray(pull) * arms[:, coordinate])[members].sum())
        if parameters.elastic:
            members = np.array(group.muscles)
            balance[members] = np.asarray(along - split.states[1])[members]
    expected += list(balance) if parameters.elastic else []
    np.testing.assert_allclose(rows, expected, rtol=1e-12)


def test_first_derivatives_are_those_of_jax(parameters: MuscleParameters) -> None:
    inputs = random_inputs(parameters, POINTS)
    one = jax.jacfwd(lambda x: at_one(parameters, x))
    expected, slope = jax.jit(jax.vmap(one, in_axes=-1, out_axes=-1))(inputs)
    entries, gradient = jax.jit(equations.first)(parameters, None, inputs)
    rows, columns = equations.jacobian_places(parameters)
    found = np.zeros(expected.shape)
    found[rows, columns] = entries
    close(found, expected)
    np.testing.assert_allclose(gradient, slope, rtol=0.0, atol=1e-13)
    # No entry is given twice, and none is always zero.
    assert len(set(zip(rows.tolist(), columns.tolist(), strict=True))) == len(rows)
    assert np.abs(entries).min(axis=1).all()


def test_second_derivatives_are_those_of_jax(parameters: MuscleParameters) -> None:
    inputs = random_inputs(parameters, POINTS)
    n_rows = len(at_one(parameters, inputs[:, 0])[0])
    rng = np.random.default_rng(2)
    multipliers = jnp.asarray(rng.normal(size=(n_rows, POINTS)))
    weights = jnp.asarray(rng.uniform(0.5, 1.0, POINTS))

    def lagrangian(x: jax.Array, multiplier: jax.Array, weight: jax.Array) -> jax.Array:
        rows, cost = at_one(parameters, x)
        return jnp.dot(multiplier, rows) + weight * cost

    hessian = jax.vmap(jax.jacfwd(jax.grad(lagrangian)), in_axes=(-1, -1, 0), out_axes=-1)
    expected = jax.jit(hessian)(inputs, multipliers, weights)
    entries = jax.jit(equations.second)(parameters, None, inputs, multipliers, weights)
    first, second = equations.hessian_places(parameters)
    found = np.zeros(expected.shape)
    found[first, second] = entries
    found[second, first] = entries
    close(found, expected)
    pairs = {tuple(sorted(pair)) for pair in zip(first.tolist(), second.tolist(), strict=True)}
    assert len(pairs) == len(first)
    assert np.abs(entries).min(axis=1).all()


def test_derivatives_agree_with_finite_differences(parameters: MuscleParameters) -> None:
    inputs = random_inputs(parameters, POINTS)

    def scaled(x: jax.Array) -> tuple[jax.Array, jax.Array]:
        rows, cost = equations.values(parameters, None, x)
        return rows / 100.0, cost

    check_grads(jax.jit(scaled), (inputs,), 1, modes=("fwd", "rev"), eps=1e-6, rtol=1e-6, atol=1e-6)


def test_muscles_touch_nothing_but_their_own_joints_and_states(
    parameters: MuscleParameters,
) -> None:
    first, second = equations.hessian_places(parameters)
    n_inputs = len(random_inputs(parameters, 1))
    owner = np.full(n_inputs, -1)
    split = split_inputs(parameters, np.arange(n_inputs))  # type: ignore[arg-type]
    for states in split.states:
        owner[np.asarray(states)] = np.arange(len(SPANS))
    both = (owner[first] >= 0) & (owner[second] >= 0)
    np.testing.assert_array_equal(owner[first[both]], owner[second[both]])


def test_many_instants_are_as_many_single_ones(parameters: MuscleParameters) -> None:
    inputs = random_inputs(parameters, 1000)
    together = jax.jit(equations.values)(parameters, None, inputs)
    one = jax.jit(at_one)
    for instant in (0, 17, 999):
        for whole, single in zip(together, one(parameters, inputs[:, instant]), strict=True):
            np.testing.assert_allclose(whole[..., instant], single, rtol=1e-11, atol=1e-11)
