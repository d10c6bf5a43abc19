"""Passive joints push back into their range, smoothly (C2) and finitely everywhere."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array
from jax.test_util import check_grads

from surae._pytree import replace
from surae.skeleton.passive import PassiveJoints, passive_moments

LOWER, UPPER, WIDTH, AT_LIMIT = -0.5, 2.0, 0.05, 3.0


def array(*values: float) -> Array:
    return jnp.asarray(values)


@pytest.fixture
def joint() -> PassiveJoints:
    return PassiveJoints(
        lower=array(LOWER),
        upper=array(UPPER),
        moment_at_limit=array(AT_LIMIT),
        width=array(WIDTH),
        stiffness=array(0.0),
        damping=array(0.0),
        rest=array(0.0),
    )


def moment(joint: PassiveJoints, angle: Array) -> Array:
    return passive_moments(joint, angle[None], jnp.zeros(1))[0]


def test_a_stop_gives_its_moment_at_its_limit_and_e_times_it_a_width_beyond(
    joint: PassiveJoints,
) -> None:
    for limit, out, into in ((LOWER, -1.0, 1.0), (UPPER, 1.0, -1.0)):
        for widths in (0.0, 1.0, 3.0):
            found = moment(joint, jnp.asarray(limit + out * widths * WIDTH))
            np.testing.assert_allclose(found, into * AT_LIMIT * np.exp(widths), rtol=1e-10)
    np.testing.assert_allclose(moment(joint, jnp.asarray(0.75)), 0.0, atol=1e-8)


def test_a_stop_never_softens(joint: PassiveJoints) -> None:
    slopes = jax.vmap(jax.grad(lambda q: moment(joint, q)))(jnp.linspace(-3.0, 5.0, 401))
    assert np.all(np.asarray(slopes) <= 0.0)


def test_springs_pull_to_rest_and_dampers_against_the_motion(joint: PassiveJoints) -> None:
    spring = replace(
        joint,
        moment_at_limit=array(0.0),
        stiffness=array(20.0),
        damping=array(3.0),
        rest=array(0.4),
    )
    found = passive_moments(spring, array(0.9), array(-2.0))
    np.testing.assert_allclose(found, [-20.0 * 0.5 + 3.0 * 2.0])


@pytest.mark.parametrize("order", [0, 1, 2])
def test_value_slope_and_curvature_are_continuous(joint: PassiveJoints, order: int) -> None:
    # Where the exponential hands over to its Taylor series, four widths beyond the limit.
    def derivative(q: Array) -> Array:
        f = lambda q: moment(joint, q)  # noqa: E731
        for _ in range(order):
            f = jax.grad(f)
        return f(q)

    for seam in (LOWER - 4.0 * WIDTH, UPPER + 4.0 * WIDTH):
        step = 1e-9
        below, at, above = (float(derivative(jnp.asarray(seam + d))) for d in (-step, 0.0, step))
        np.testing.assert_allclose([below, at], above, rtol=1e-6)
        assert abs(above) > 1.0


def test_derivatives_agree_with_finite_differences(joint: PassiveJoints) -> None:
    stop = jax.jit(lambda q: moment(joint, q))
    for angle in (LOWER - 5.0 * WIDTH, LOWER, 0.3, UPPER, UPPER + 2.0 * WIDTH):
        check_grads(
            stop,
            (jnp.asarray(angle),),
            order=2,
            modes=("fwd", "rev"),
            eps=1e-6,
            rtol=1e-4,
            atol=1e-4,
        )


def test_nothing_is_nan_far_out_or_without_a_stop(joint: PassiveJoints) -> None:
    free = replace(joint, lower=array(-np.inf), upper=array(np.inf), moment_at_limit=array(0.0))
    unlimited = replace(joint, lower=array(-np.inf), upper=array(np.inf))
    angles = jnp.asarray([-1e6, -100.0, LOWER, 0.0, UPPER, 100.0, 1e6])
    for passive in (joint, free, unlimited):
        f = lambda q, passive=passive: moment(passive, q)  # noqa: E731
        for derivative in (f, jax.grad(f), jax.grad(jax.grad(f))):
            assert np.all(np.isfinite(jax.jit(jax.vmap(derivative))(angles)))
    np.testing.assert_array_equal(jax.vmap(lambda q: moment(unlimited, q))(angles), 0.0)
