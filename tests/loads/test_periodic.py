"""Integral, peak and slope on unevenly spaced instants, against closed forms and derivatives."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from surae.loads import periodic


@pytest.fixture
def wave(instants, known):
    phase = 2.0 * np.pi * instants / known.duration
    return jnp.asarray(np.stack([2.0 + np.sin(phase), 1.0 + 3.0 * np.cos(phase)], axis=1))


def test_weights_add_up_to_the_stride(instants, known):
    weights = periodic.quadrature_weights(instants, known.duration)
    assert float(weights.sum()) == pytest.approx(known.duration)


def test_mean_of_sines_is_their_offset(wave, instants, known):
    mean = periodic.mean(wave, instants, known.duration)
    np.testing.assert_allclose(mean, [2.0, 1.0], rtol=1e-4)


def test_peak_lies_between_instants(wave, instants, known):
    peak = periodic.peak(wave, instants, known.duration)
    np.testing.assert_allclose(peak.value, [3.0, 4.0], rtol=1e-6)
    quarter = 0.25 * known.duration
    assert float(peak.time[0]) == pytest.approx(quarter, abs=1e-4)
    whole = float(peak.time[1]) % known.duration
    assert min(whole, known.duration - whole) < 1e-4


def test_peak_of_a_constant_is_the_constant(instants, known):
    value, slope = jax.value_and_grad(
        lambda c: periodic.peak(c * jnp.ones(len(instants)), instants, known.duration).value
    )(5.0)
    assert float(value) == 5.0 and float(slope) == pytest.approx(1.0)


def test_rate_of_sine_is_cosine(wave, instants, known):
    omega = 2.0 * np.pi / known.duration
    slope = periodic.rate(wave, instants, known.duration)
    np.testing.assert_allclose(slope[:, 0], omega * np.cos(omega * instants), atol=5e-3 * omega)


def test_integral_and_peak_have_derivatives(wave, instants, known):
    def loads(values, duration):
        time = jnp.asarray(instants) * duration / known.duration
        peak = periodic.peak(values, time, duration)
        return periodic.integral(values**3, time, duration), peak.value

    # A step that leaves the order of neighbouring values as it is: the peak stays between them.
    point = (wave, jnp.asarray(known.duration))
    check_grads(loads, point, order=1, modes=("fwd", "rev"), rtol=1e-5, eps=1e-7)
