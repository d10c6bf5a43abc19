"""Achilles loads of a sinusoidal calf force, in closed form, and their derivatives."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from surae._pytree import replace
from surae.loads.achilles import (
    REFERENCE_FORCE,
    achilles_loads,
    mean_loading_rate,
    tendon_loads,
)
from surae.loads.metric import EXPONENTS
from surae.muscle import curves


@pytest.fixture
def loads(sine_gait):
    return {name: metric.value for name, metric in achilles_loads(sine_gait()).items()}


def both(value: float) -> np.ndarray:
    return np.array([value, value])


def test_peak_is_the_sum_of_the_calf_muscles(loads, known):
    peak = known.soleus + known.gastrocnemius
    np.testing.assert_allclose(loads["achilles_peak_force_newtons"], both(peak), rtol=1e-7)
    np.testing.assert_allclose(loads["achilles_peak_force"], both(peak / known.weight), rtol=1e-7)
    np.testing.assert_allclose(loads["achilles_peak_force_per_mass"], both(peak / 70.0), rtol=1e-7)
    np.testing.assert_allclose(loads["achilles_peak_stress"], both(peak / 60.0), rtol=1e-7)
    np.testing.assert_allclose(loads["achilles_peak_strain"], both(0.06), rtol=1e-7)


def test_impulse_of_a_raised_cosine_is_its_mean_times_the_stride(loads, known):
    mean = 0.5 * (known.soleus + known.gastrocnemius + 2.0 * known.slack_force)
    impulse = mean * known.duration / known.weight
    np.testing.assert_allclose(loads["achilles_impulse"], both(impulse), rtol=1e-7)
    steps = 1000.0 / (known.speed * known.duration)
    assert loads["steps_per_km"] == pytest.approx(steps)
    np.testing.assert_allclose(loads["achilles_impulse_per_km"], both(steps * impulse), rtol=1e-7)
    share = (known.soleus + known.slack_force) / (2.0 * mean)
    np.testing.assert_allclose(loads["soleus_share"], both(share), rtol=1e-7)


def test_weighted_impulse_integrates_powers_of_the_relative_load(loads, known):
    time = np.linspace(0.0, known.duration, 20001)
    bump = 0.5 * (1.0 - np.cos(2.0 * np.pi * time / known.duration))
    slack, peak = 2.0 * known.slack_force, known.soleus + known.gastrocnemius
    relative = (slack + (peak - slack) * bump) / (REFERENCE_FORCE * known.weight)
    steps = 1000.0 / (known.speed * known.duration)
    expected = [steps * np.trapezoid(relative**b, time) for b in EXPONENTS]
    for side in range(2):
        np.testing.assert_allclose(
            loads["achilles_weighted_impulse_per_km"][:, side], expected, rtol=1e-6
        )


def test_one_percent_more_force_is_nine_percent_more_weighted_load(sine_gait):
    loads = tendon_loads(sine_gait(left_scale=1.01))["achilles_weighted_impulse_per_km"]
    ratio = loads[EXPONENTS.index(9)]
    assert float(ratio[1] / ratio[0]) == pytest.approx(1.01**9, rel=1e-9)


def test_tendon_returns_the_energy_between_slack_and_peak(loads, sine_gait, known):
    # With f = c1 exp(kT (l - c2)) - c3, the energy is Fmax Ls ((f + c3) / kT - c3 l) + constant.
    muscles, names = sine_gait().runner.muscles, sine_gait().runner.muscle_names
    c3 = curves.DE_GROOTE_FREGLY_2016.tendon_3

    def energy(force, index):
        relative = force / 4000.0
        length = float(curves.tendon_length(jnp.asarray(relative), 17.5))
        scale = 4000.0 * float(muscles.tendon_slack_length[index])
        return scale * ((relative + c3) / 17.5 - c3 * length)

    for side, name in enumerate("rl"):
        expected = sum(
            energy(peak, names.index(f"{muscle}_{name}"))
            - energy(known.slack_force, names.index(f"{muscle}_{name}"))
            for muscle, peak in (("soleus", known.soleus), ("gastrocnemius", known.gastrocnemius))
        )
        assert loads["achilles_energy_stored"][side] == pytest.approx(expected, rel=1e-4)
        assert loads["achilles_energy_returned"][side] == pytest.approx(expected, rel=1e-4)


def test_rigid_tendons_and_constant_forces_return_nothing(sine_gait):
    gait = sine_gait()
    constant = jnp.full_like(gait.tendon_force, 1500.0)
    still = tendon_loads(replace(gait, tendon_force=constant))
    np.testing.assert_allclose(still["achilles_energy_returned"], both(0.0), atol=1e-9)
    np.testing.assert_allclose(still["achilles_peak_force_newtons"], both(3000.0))
    rigid = replace(gait.runner.muscles, elastic_tendon=(False,) * 6)
    gait = replace(gait, runner=replace(gait.runner, muscles=rigid))
    np.testing.assert_allclose(tendon_loads(gait)["achilles_energy_stored"], both(0.0))


def test_mean_loading_rate_of_a_straight_rise_is_its_slope():
    time = np.arange(1, 1001) / 1000
    force = np.interp(time, [0.0, 0.4, 0.6, 1.0], [0.0, 0.0, 8.0, 0.0])
    rate = mean_loading_rate(jnp.asarray(force), jnp.asarray(1.0))
    assert rate == pytest.approx(40.0, rel=1e-6)


def test_rates_of_a_raised_cosine(loads, known):
    rise = known.soleus + known.gastrocnemius - 2.0 * known.slack_force
    steepest = np.pi * rise / known.duration / known.weight
    np.testing.assert_allclose(loads["achilles_peak_loading_rate"], both(steepest), rtol=1e-4)
    slope = np.pi * 0.05 / known.duration
    np.testing.assert_allclose(loads["achilles_peak_strain_rate"], both(slope), rtol=1e-4)
    np.testing.assert_allclose(loads["achilles_peak_unloading_strain_rate"], both(slope), rtol=1e-4)


def test_force_peaks_in_mid_stance(loads):
    np.testing.assert_allclose(loads["achilles_time_of_peak"], both(50.0), atol=0.1)


def test_moment_arm_is_moment_over_force_and_the_proxy_its_inverse(sine_gait, known):
    gait = sine_gait()
    calf = gait.tendon_force[:, np.array([1, 4])] + gait.tendon_force[:, np.array([2, 5])]
    index = np.array([gait.runner.coordinate_names.index(f"ankle_angle_{s}") for s in "rl"])
    moments = gait.joint_moments.at[:, index].set(-0.05 * calf)
    loads = achilles_loads(replace(gait, joint_moments=moments))
    np.testing.assert_allclose(loads["achilles_moment_arm_at_peak"].value, both(0.05), rtol=1e-9)
    for proxy, real in (("peak_force", "peak_force"), ("impulse", "impulse")):
        np.testing.assert_allclose(
            loads[f"achilles_proxy_{proxy}"].value, loads[f"achilles_{real}"].value, rtol=1e-6
        )


def test_loads_at_the_solvers_instants_are_the_reported_ones(sine_gait, loads):
    for name, value in tendon_loads(sine_gait()).items():
        np.testing.assert_allclose(value, loads[name], rtol=2e-4, err_msg=name)


def test_loads_have_derivatives(sine_gait):
    gait = sine_gait()
    scale = tendon_loads(gait)

    def relative_loads(kilonewtons, strain, duration):
        time = gait.time * duration / gait.duration
        force = 1000.0 * kilonewtons
        changed = replace(
            gait, tendon_force=force, achilles_strain=strain, duration=duration, time=time
        )
        return {name: value / scale[name] for name, value in tendon_loads(changed).items()}

    point = (gait.tendon_force / 1000.0, gait.achilles_strain, gait.duration)
    # A step that leaves the order of neighbouring values as it is: the peak stays between them.
    check_grads(relative_loads, point, order=1, modes=("fwd", "rev"), rtol=1e-4, eps=1e-7)
