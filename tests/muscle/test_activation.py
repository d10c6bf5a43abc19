"""Activation follows excitation: rests where they are equal, rises fast, falls slowly."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax.test_util import check_grads

from surae.muscle.activation import activation_rate
from surae.muscle.muscles import Muscles

GRID = jnp.linspace(0.0, 1.0, 41)


def test_activation_rests_where_it_equals_excitation(soleus: Muscles) -> None:
    np.testing.assert_array_equal(activation_rate(soleus, GRID, GRID), 0.0)


def test_activation_always_moves_toward_excitation(soleus: Muscles) -> None:
    excitation, activation = (axis.ravel() for axis in jnp.meshgrid(GRID, GRID))
    rate = activation_rate(soleus, excitation, activation)
    np.testing.assert_array_equal(np.sign(rate), np.sign(excitation - activation))


def test_constant_excitation_is_reached_in_some_time_constants(soleus: Muscles) -> None:
    for start, goal in ((0.05, 0.9), (0.9, 0.05)):

        def advance(_: int, activation: jax.Array, goal: float = goal) -> jax.Array:
            return activation + 1e-3 * activation_rate(soleus, jnp.asarray(goal), activation)

        reached = jax.lax.fori_loop(0, 600, advance, jnp.asarray(start))
        np.testing.assert_allclose(reached, goal, atol=1e-3)


def test_time_constants_are_those_of_the_muscle(soleus: Muscles) -> None:
    # Far from rest the other time constant is switched off: rate = (e - a) / (tau_a (.5 + 1.5 a))
    # upward and (e - a) (.5 + 1.5 a) / tau_d downward.
    up = activation_rate(soleus, jnp.asarray(1.0), jnp.asarray(0.0))
    down = activation_rate(soleus, jnp.asarray(0.0), jnp.asarray(1.0))
    np.testing.assert_allclose(up, 1.0 / (0.015 * 0.5), rtol=1e-6)
    np.testing.assert_allclose(down, -2.0 / 0.06, rtol=1e-6)


def test_derivatives_agree_with_finite_differences(soleus: Muscles) -> None:
    rng = np.random.default_rng(7)
    states = tuple(jnp.asarray(rng.uniform(0.0, 1.0, 100)) for _ in range(2))
    check_grads(
        lambda *s: activation_rate(soleus, *s),
        states,
        order=2,
        modes=("fwd", "rev"),
        eps=1e-6,
        rtol=1e-5,
        atol=1e-5,
    )


def test_no_derivative_is_nan_anywhere(soleus: Muscles) -> None:
    points = jnp.stack([axis.ravel() for axis in jnp.meshgrid(GRID, GRID)], axis=1)
    for derivative in (jax.grad, jax.jacfwd, jax.hessian):
        found = jax.jit(jax.vmap(derivative(lambda s: activation_rate(soleus, *s))))(points)
        assert np.all(np.isfinite(found))
