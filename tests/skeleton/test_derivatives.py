"""Closed-form derivatives of inverse dynamics are those of automatic differentiation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from surae.skeleton import derivatives, dynamics
from surae.skeleton.tree import Skeleton

Jit = Callable[..., Any]
TOLERANCE = 1e-10  # of the largest entry


def close(found: Array, expected: Array) -> None:
    scale = float(jnp.abs(expected).max())
    np.testing.assert_allclose(found, expected, rtol=0.0, atol=TOLERANCE * max(scale, 1.0))


def test_first_derivatives_are_those_of_inverse_dynamics(
    skeleton: Skeleton, some: Any, quick_jit: Jit
) -> None:
    @quick_jit
    @jax.vmap
    def automatic(q: Array, v: Array, a: Array) -> tuple[Array, ...]:
        def f(q: Array, v: Array, a: Array) -> Array:
            return dynamics.inverse_dynamics(skeleton, q, v, a)

        return f(q, v, a), *jax.jacfwd(f, (0, 1, 2))(q, v, a)

    closed = quick_jit(jax.vmap(lambda *s: derivatives.first_derivatives(skeleton, *s)))
    for found, expected in zip(closed(*some), automatic(*some), strict=True):
        close(found, expected)


def test_second_derivatives_are_those_of_inverse_dynamics(small: Skeleton, quick_jit: Jit) -> None:
    n = 3
    *state, multipliers = (
        jnp.asarray(x) for x in np.random.default_rng(8).standard_normal((4, 20, n))
    )

    @quick_jit
    @jax.vmap
    def automatic(q: Array, v: Array, a: Array, multiplier: Array) -> tuple[Array, Array]:
        def along(state: Array) -> Array:
            torques = dynamics.inverse_dynamics(small, *jnp.split(state, 3))
            return jnp.dot(multiplier, torques)

        state = jnp.concatenate([q, v, a])
        return jax.grad(along)(state), jax.hessian(along)(state)

    d = quick_jit(jax.vmap(lambda *s: derivatives.second_derivatives(small, *s)))(
        *state, multipliers
    )
    gradient, hessian = automatic(*state, multipliers)
    close(jnp.concatenate([d.by_coordinates, d.by_speeds, d.by_accelerations], axis=1), gradient)
    q, v, a = slice(n), slice(n, 2 * n), slice(2 * n, 3 * n)
    close(d.coordinates_coordinates, hessian[:, q, q])
    close(d.coordinates_speeds, hessian[:, q, v])
    close(d.speeds_speeds, hessian[:, v, v])
    close(d.coordinates_accelerations, hessian[:, q, a])
    np.testing.assert_allclose(hessian[:, v, a], 0.0, atol=1e-12)
    np.testing.assert_allclose(hessian[:, a, a], 0.0, atol=1e-12)


def test_second_derivatives_are_differences_of_the_first(
    skeleton: Skeleton, some: Any, quick_jit: Jit
) -> None:
    # On the large trees, where compiling an automatic Hessian takes longer than all other tests.
    q, v, a = (x[0] for x in some)
    n, h = len(q), 1e-5
    multipliers = jnp.asarray(np.random.default_rng(8).standard_normal(n))

    @quick_jit
    @jax.vmap
    def gradient(state: Array) -> Array:
        d = derivatives.first_derivatives(skeleton, *jnp.split(state, 3))
        return multipliers @ jnp.concatenate([d.by_coordinates, d.by_speeds], axis=1)

    state = jnp.concatenate([q, v, a])
    steps = h * jnp.eye(3 * n)
    here = jnp.broadcast_to(state, steps.shape)
    slopes = (gradient(here + steps) - gradient(here - steps)) / (2.0 * h)
    assert float(jnp.abs(slopes).max()) > 1.0
    d = quick_jit(lambda *s: derivatives.second_derivatives(skeleton, *s))(q, v, a, multipliers)
    found = jnp.block(
        [
            [d.coordinates_coordinates, d.coordinates_speeds],
            [d.coordinates_speeds.T, d.speeds_speeds],
            [d.coordinates_accelerations.T, jnp.zeros((n, n))],
        ]
    )
    scale = float(jnp.abs(slopes).max())
    np.testing.assert_allclose(found, slopes, rtol=0.0, atol=1e-7 * scale)


def test_derivatives_are_finite_at_extreme_states(skeleton: Skeleton, quick_jit: Jit) -> None:
    rng = np.random.default_rng(9)
    shape = (200, len(skeleton.coordinate_names))
    q = rng.choice([-100.0, -np.pi, -np.pi / 2, 0.0, np.pi / 2, np.pi, 100.0], shape)
    v, a = (rng.choice([-size, 0.0, size], shape) for size in (1e3, 1e5))
    state = [jnp.asarray(x) for x in (q, v, a)]

    @quick_jit
    @jax.vmap
    def everything(q: Array, v: Array, a: Array) -> Any:
        return (
            derivatives.first_derivatives(skeleton, q, v, a),
            derivatives.second_derivatives(skeleton, q, v, a, jnp.ones_like(q)),
        )

    for leaf in jax.tree.leaves(everything(*state)):
        assert np.all(np.isfinite(leaf))
