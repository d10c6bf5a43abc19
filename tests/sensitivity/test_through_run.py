"""`jax.grad` of functions that solve a stride, on the planar runner with a coarse mesh."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import surae

OPTIONS: dict[str, Any] = {"speed": 4.0, "intervals": 12}


@pytest.fixture(scope="module")
def runner() -> Any:
    return surae.load_runner("planar")


@pytest.fixture(scope="module")
def healthy(runner: Any) -> Any:
    return surae.run(runner, **OPTIONS)


def test_the_peak_of_the_tendon_by_a_strength(runner: Any, healthy: Any):
    def peak(strength: Any) -> Any:
        weak = surae.weaken(runner, "soleus", strength=strength)
        gait = surae.run(weak, guess=healthy, **OPTIONS)
        return jnp.mean(surae.metric_values(gait)["achilles_peak_force"])

    value, slope = jax.value_and_grad(peak)(1.0)
    told = surae.sensitivities(healthy, ["strength.soleus"], ["achilles_peak_force"])
    level = np.mean(surae.all_metrics(healthy)["achilles_peak_force"].value)
    assert value == pytest.approx(level, rel=1e-6)
    assert slope == pytest.approx(float(told["achilles_peak_force"].mean()), rel=1e-5)


def test_anything_of_a_stride_by_contact_and_speed(runner: Any, healthy: Any):
    def knee(dissipation: Any, speed: Any) -> Any:
        softer = surae.set_parameter(runner, "contact.dissipation_s_m", dissipation)
        gait = surae.run(softer, speed, guess=healthy, intervals=12)
        place = gait.runner.coordinate_names.index("knee_angle_r")
        return jnp.mean(gait.coordinates[:, place] ** 2)

    now = float(runner.feet.law.dissipation)
    slopes = jax.grad(knee, (0, 1))(now, 4.0)
    step = 1e-3
    wide = [
        (knee(now + step, 4.0) - knee(now - step, 4.0)) / (2 * step),
        (knee(now, 4.0 + step) - knee(now, 4.0 - step)) / (2 * step),
    ]
    np.testing.assert_allclose(slopes, wide, rtol=2e-3)


def test_under_jit_it_says_what_to_do(runner: Any, healthy: Any):
    def peak(strength: Any) -> Any:
        gait = surae.run(surae.weaken(runner, "soleus", strength=strength), guess=healthy)
        return jnp.max(gait.achilles_force)

    with pytest.raises(surae.UnusableInput, match="jit"):
        jax.jit(peak)(0.9)
