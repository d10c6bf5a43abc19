"""Small programs with known solutions, dense and written in JAX."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array
from numpy.typing import NDArray

from surae.nlp.program import Pattern

Floats = NDArray[np.float64]


class DenseProgram:
    """A NonlinearProgram whose derivatives are JAX's and whose patterns are full."""

    def __init__(
        self,
        cost: Callable[[Array], Array],
        rows: Callable[[Array], Array],
        lower: Any,
        upper: Any,
        row_lower: Any,
        row_upper: Any,
    ) -> None:
        self.lower, self.upper = np.asarray(lower, float), np.asarray(upper, float)
        self.row_lower, self.row_upper = np.asarray(row_lower, float), np.asarray(row_upper, float)
        n, m = len(self.lower), len(self.row_lower)
        columns, over = np.meshgrid(np.arange(n), np.arange(m), indexing="ij")
        self.jacobian_pattern = Pattern(over.ravel(), columns.ravel(), (m, n))
        self._upper = np.triu_indices(n)
        order = np.lexsort(self._upper)
        self._upper = self._upper[0][order], self._upper[1][order]
        self.hessian_pattern = Pattern(*self._upper, (n, n))
        self._cost, self._rows = jax.jit(cost), jax.jit(rows)
        self._gradient, self._jacobian = jax.jit(jax.grad(cost)), jax.jit(jax.jacfwd(rows))
        self._hessian = jax.jit(
            jax.hessian(lambda x, weight, over: weight * cost(x) + jnp.dot(over, rows(x)))
        )

    def cost(self, x: Floats) -> float:
        return float(self._cost(x))

    def gradient(self, x: Floats) -> Floats:
        return np.asarray(self._gradient(x))

    def constraints(self, x: Floats) -> Floats:
        return np.asarray(self._rows(x))

    def jacobian(self, x: Floats) -> Floats:
        return np.asarray(self._jacobian(x)).T.ravel()

    def hessian(self, x: Floats, cost_weight: float, multipliers: Floats) -> Floats:
        return np.asarray(self._hessian(x, jnp.asarray(cost_weight), multipliers))[self._upper]


def tutorial_problem() -> DenseProgram:
    """Problem 71 of Hock & Schittkowski (1981), the one of IPOPT's tutorial."""
    return DenseProgram(
        cost=lambda x: x[0] * x[3] * (x[0] + x[1] + x[2]) + x[2],
        rows=lambda x: jnp.stack([jnp.prod(x), jnp.sum(x**2)]),
        lower=np.ones(4),
        upper=np.full(4, 5.0),
        row_lower=[25.0, 40.0],
        row_upper=[np.inf, 40.0],
    )


@pytest.fixture
def dense() -> type[DenseProgram]:
    return DenseProgram


@pytest.fixture
def hock_schittkowski_71() -> DenseProgram:
    return tutorial_problem()


@pytest.fixture
def impossible() -> DenseProgram:
    """A circle of radius 1 and a line that passes it by."""
    return DenseProgram(
        cost=lambda x: jnp.sum(x),
        rows=lambda x: jnp.stack([jnp.sum(x**2), x[0] + x[1]]),
        lower=[-10.0, -10.0],
        upper=[10.0, 10.0],
        row_lower=[1.0, 5.0],
        row_upper=[1.0, 5.0],
    )


@pytest.fixture
def compilations() -> Iterator[list[str]]:
    """Grows by the name of every compilation from here on."""
    events: list[str] = []

    def listen(event: str, duration_secs: float, **kwargs: str | int) -> None:
        if event.startswith("/jax/core/compile/"):
            events.append(event)

    jax.monitoring.register_event_duration_secs_listener(listen)
    yield events
    jax.monitoring.unregister_event_duration_listener(listen)


@pytest.fixture
def projection() -> Callable[..., DenseProgram]:
    """The point nearest to a target among those with a given sum, above lower bounds."""

    def make(target: list[float], total: float, lower: list[float]) -> DenseProgram:
        return DenseProgram(
            cost=lambda x: 0.5 * jnp.sum((x - jnp.array(target)) ** 2),
            rows=lambda x: jnp.stack([jnp.sum(x)]),
            lower=lower,
            upper=[np.inf] * len(lower),
            row_lower=[total],
            row_upper=[total],
        )

    return make
