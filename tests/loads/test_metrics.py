"""Metrics of a stride with known loads: values, names, units and sides."""

from __future__ import annotations

from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

from surae._pytree import replace
from surae.files.results import open_result
from surae.loads.all_metrics import DEFINITIONS, all_metrics
from surae.loads.metric import DIRECTIONS, dimension_labels
from surae.loads.validation import read_targets

BASELINE = Path(__file__).resolve().parents[2] / "models" / "full" / "baselines" / "4.0_m_s.h5"
IN_THE_PLANE = """
achilles_peak_force achilles_peak_strain achilles_peak_stress achilles_impulse
achilles_loading_rate achilles_energy_returned achilles_impulse_per_km
achilles_weighted_impulse_per_km soleus_share stance_time flight_time stride_time step_frequency
step_length peak_vertical_force peak_braking_force peak_propulsive_force knee_flexion_at_contact
peak_knee_flexion_stance peak_knee_flexion_swing peak_ankle_dorsiflexion peak_ankle_moment
peak_knee_moment hip_work knee_work ankle_work metabolic_power peak_activation
""".split()
OUT_OF_THE_PLANE = """
step_width peak_hip_adduction peak_hip_internal_rotation pelvic_drop peak_hip_abduction_moment
peak_hip_rotation_moment hip_external_rotation_impulse hip_adduction_impulse
""".split()


@pytest.fixture
def metrics(sine_gait):
    return all_metrics(sine_gait())


def both(value: float) -> np.ndarray:
    return np.array([value, value])


def test_a_planar_runner_has_the_promised_metrics_and_no_lateral_ones(metrics):
    assert not set(IN_THE_PLANE) - metrics.keys()
    assert not set(OUT_OF_THE_PLANE) & metrics.keys()


def test_a_runner_in_three_dimensions_has_them_all(sine_gait, lateral):
    metrics = all_metrics(sine_gait(lateral=lateral))
    assert not set(IN_THE_PLANE + OUT_OF_THE_PLANE) - metrics.keys()


def test_shapes_and_units_are_the_declared_ones(metrics, sine_gait):
    labels = dimension_labels(sine_gait().runner)
    for name, metric in metrics.items():
        assert metric.unit == DEFINITIONS[name].unit
        assert np.shape(metric.value) == tuple(len(labels[dim]) for dim in metric.dims)
        assert np.isfinite(metric.value).all(), name


def test_step_frequency_and_length_multiply_to_speed(metrics, known):
    frequency, length = metrics["step_frequency"].value, metrics["step_length"].value
    assert frequency * length == pytest.approx(known.speed)
    assert metrics["mean_speed"].value == pytest.approx(known.speed)


def test_two_stances_and_two_flights_fill_a_stride(metrics, known):
    total = metrics["stance_time"].value.sum() + metrics["flight_time"].value.sum()
    assert total == pytest.approx(known.duration)
    np.testing.assert_allclose(metrics["step_time"].value, both(0.5 * known.duration), atol=1e-5)


def test_pelvis_rises_and_falls_by_its_amplitude_twice(metrics):
    assert metrics["pelvis_vertical_oscillation"].value == pytest.approx(8.0, rel=1e-4)


def test_contact_forces_carry_the_body(metrics):
    assert metrics["vertical_impulse_balance"].value == pytest.approx(1.0, abs=1e-3)
    assert metrics["net_fore_aft_impulse"].value == pytest.approx(0.0, abs=1e-4)
    np.testing.assert_allclose(metrics["flight_force"].value, 0.0, atol=0.01)


def test_unfiltered_peaks_are_those_of_the_sines(metrics, known):
    peak = both(known.peak_vertical / known.weight)
    np.testing.assert_allclose(metrics["peak_vertical_force_unfiltered"].value, peak, rtol=1e-4)
    braking = both(known.braking)
    for name in ("peak_braking_force_unfiltered", "peak_propulsive_force_unfiltered"):
        np.testing.assert_allclose(metrics[name].value, braking, rtol=5e-3)
    lost = metrics["peak_vertical_force"].value / peak
    assert (lost < 1.0).all() and (lost > 0.97).all()


def test_half_sine_peaks_in_mid_stance(metrics):
    np.testing.assert_allclose(metrics["time_of_peak_vertical_force"].value, both(50.0), atol=0.5)


def test_angle_at_contact_is_the_angle_at_that_time(metrics, known, sine_gait):
    # The filter moves contact by the same lead on both sides; the left curve is half a stride late.
    contact = known.contact + 0.5 * (known.stance_time - metrics["stance_time"].value[0])
    angle = np.degrees(known.angle * np.sin(2.0 * np.pi * contact / known.duration))
    for joint in ("knee_flexion", "hip_flexion", "ankle_dorsiflexion"):
        np.testing.assert_allclose(metrics[f"{joint}_at_contact"].value, both(angle), atol=0.05)


def test_extreme_angles_fall_in_their_phase(metrics, known):
    amplitude = np.degrees(known.angle)
    np.testing.assert_allclose(
        metrics["peak_knee_flexion_stance"].value, both(amplitude), rtol=1e-4
    )
    np.testing.assert_allclose(metrics["minimum_hip_flexion"].value, both(-amplitude), rtol=1e-4)
    assert (metrics["peak_knee_flexion_swing"].value < 0.9 * amplitude).all()


def test_work_of_moment_in_phase_with_speed_is_pi_times_moment_times_angle(metrics, known):
    # Integral of M cos(wt) * a w cos(wt) over a stride = pi a M, all of it positive.
    expected = np.pi * known.angle * known.moment / known.mass
    for joint in ("hip", "knee", "ankle"):
        work = metrics[f"{joint}_work"].value
        np.testing.assert_allclose(work[DIRECTIONS.index("positive")], both(expected), rtol=1e-5)
        np.testing.assert_allclose(work[DIRECTIONS.index("negative")], both(0.0), atol=1e-9)
    share = metrics["ankle_share_of_positive_work"].value
    np.testing.assert_allclose(share, both(100.0 / 3.0), rtol=1e-6)


def test_peak_moments_are_named_in_their_direction(metrics, known):
    amplitude = known.moment / known.mass
    np.testing.assert_allclose(metrics["peak_ankle_moment"].value, both(amplitude), rtol=1e-4)
    np.testing.assert_allclose(metrics["peak_hip_flexion_moment"].value, both(amplitude), rtol=1e-4)


def test_metabolic_power_is_muscles_plus_rest(metrics, known):
    expected = 6 * known.metabolic_rate / known.mass + 1.2
    assert metrics["metabolic_power"].value == pytest.approx(expected)
    assert metrics["cost_of_transport"].value == pytest.approx(expected / known.speed)


def test_residual_on_the_pelvis_is_seen_at_the_instants(sine_gait, known):
    gait = sine_gait()
    names = gait.runner.coordinate_names
    moments = np.array(gait.joint_moments)
    moments[7, names.index("pelvis_ty")] = -5.0
    moments[9, names.index("pelvis_tilt")] = 3.0
    metrics = all_metrics(replace(gait, joint_moments=jnp.asarray(moments)))
    assert metrics["pelvis_residual_force"].value == pytest.approx(5.0 / known.weight)
    assert metrics["pelvis_residual_moment"].value == pytest.approx(3.0 / known.weight)


def test_internal_rotation_moment_balances_the_external_rotation_impulse(sine_gait, lateral):
    gait = sine_gait(lateral=lateral)
    index = [gait.runner.coordinate_names.index(f"hip_rotation_{side}") for side in "rl"]
    moments = np.array(gait.joint_moments)
    moments[:, index] = 20.0
    metrics = all_metrics(replace(gait, joint_moments=jnp.asarray(moments)))
    expected = 20.0 / 70.0 * metrics["stance_time"].value
    np.testing.assert_allclose(metrics["hip_external_rotation_impulse"].value, expected, rtol=5e-3)
    zero = metrics["hip_external_rotation_impulse_internal"].value
    np.testing.assert_allclose(zero, both(0.0), atol=1e-12)


def test_pelvic_drop_is_of_the_other_side(sine_gait, lateral):
    gait = sine_gait(lateral=lateral)
    coordinates = np.array(gait.coordinates)
    # Held with the right side 5 degrees down: the left stance sees the drop, the right its rise.
    coordinates[:, gait.runner.coordinate_names.index("pelvis_list")] = np.radians(5.0)
    metrics = all_metrics(replace(gait, coordinates=jnp.asarray(coordinates)))
    np.testing.assert_allclose(metrics["pelvic_drop"].value, [-5.0, 5.0])


def test_mirrored_runner_has_mirrored_metrics(sine_gait, known):
    gait = sine_gait(left_scale=0.8)
    metrics, mirrored = all_metrics(gait), all_metrics(mirror(gait))
    for name, metric in metrics.items():
        if metric.dims[-1:] != ("side",):
            continue
        expected = np.asarray(metric.value)[..., ::-1]
        np.testing.assert_allclose(
            mirrored[name].value, expected, rtol=1e-5, atol=1e-5, err_msg=name
        )
    asymmetry = metrics["achilles_asymmetry"].value
    assert asymmetry == pytest.approx(200.0 * 0.2 / 1.8, rel=1e-6)
    assert mirrored["achilles_asymmetry"].value == pytest.approx(-asymmetry)


def mirror(gait):
    """Right and left exchanged, and half a stride later: the same instants, shifted by half."""
    half = len(gait.time) // 2

    def order(names):
        other = {"_r": "_l", "_l": "_r"}
        return [names.index(n[:-2] + other.get(n[-2:], n[-2:])) for n in names]

    joints, muscles = order(gait.runner.coordinate_names), order(gait.runner.muscle_names)
    columns = {
        **dict.fromkeys(("coordinates", "speeds", "joint_moments"), joints),
        **dict.fromkeys(("tendon_force", "activation", "metabolic_rate"), muscles),
        **{name: [1, 0] for name in ("ground_reaction_force", "achilles_strain")},
    }
    moved = {
        name: jnp.roll(getattr(gait, name)[:, np.array(column)], -half, axis=0)
        for name, column in columns.items()
    }
    forward = gait.runner.coordinate_names.index("pelvis_tx")
    progress = gait.speed * gait.time
    moved["coordinates"] = moved["coordinates"].at[:, forward].set(progress)
    return replace(gait, **moved)


def test_a_runner_who_never_lands_gets_no_numbers_for_stance(sine_gait):
    gait = sine_gait()
    floating = replace(gait, ground_reaction_force=jnp.zeros_like(gait.ground_reaction_force))
    metrics = all_metrics(floating)
    assert np.isnan(metrics["stance_time"].value).all()
    assert np.isnan(metrics["peak_knee_flexion_stance"].value).all()
    assert np.isfinite(metrics["achilles_peak_force"].value).all()


@pytest.mark.slow
def test_metrics_of_the_baseline_are_those_in_its_file():
    """The file was written when samples, not edges, ended windows and told where a peak is."""
    moved = {
        "gluteus_minimus_peak_force_late_swing": 1e-2,
        "gluteus_medius_peak_force_late_swing": 1e-2,
        "peak_hip_adduction_late_swing": 4e-3,
        "dorsiflexor_moment_at_peak": 3e-3,
        "ankle_moment_at_peak_achilles_force": 1e-3,
        "achilles_moment_arm_at_peak": 1e-3,
        "achilles_path_moment_arm_at_peak": 1e-3,
        "ankle_share_of_positive_work": 1e-4,
        "hip_adduction_impulse": 1e-4,
        "hip_external_rotation_impulse": 1e-4,
        "step_width": 1e-4,
    }
    stored = open_result(BASELINE)
    metrics = all_metrics(stored.gait)
    assert metrics.keys() == stored.metrics.keys()
    for name, metric in stored.metrics.items():
        close = {"rtol": moved.get(name, 1e-9), "atol": 1e-10, "err_msg": name}
        np.testing.assert_allclose(metrics[name].value, metric.value, **close)


def test_every_metric_says_what_it_means():
    assert all(definition.meaning for definition in DEFINITIONS.values())


def test_targets_file_uses_our_units():
    targets = Path(__file__).resolve().parents[2] / "models" / "validation" / "targets.csv"
    for target in read_targets(targets):
        names = [name for name in target.metric.split(" - ") if name != "speed"]
        for name in filter(None, names):
            relative = target.statistic.startswith("change") and target.unit == "%"
            if target.statistic != "slope with speed" and not relative:
                assert DEFINITIONS[name].unit == target.unit, target.id
