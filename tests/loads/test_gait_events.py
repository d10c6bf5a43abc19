"""The force filter and the contact that it finds, against closed forms and SciPy's filter."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt

from surae.loads.gait_events import FORCE_CUTOFF, gait_events, low_pass

DURATION, SAMPLES = 0.7, 1400
TIME = DURATION * np.arange(1, SAMPLES + 1) / SAMPLES


def half_sine(start: float, stance_time: float, peak: float) -> np.ndarray:
    phase = np.pi * ((TIME - start) % DURATION) / stance_time
    return np.where(phase < np.pi, peak * np.sin(phase), 0.0)


@pytest.mark.parametrize("harmonic", [0, 1, 5, 30])
def test_filter_scales_every_harmonic_and_shifts_none(harmonic):
    wave = np.cos(2.0 * np.pi * harmonic * TIME / DURATION)
    frequency = harmonic / DURATION
    gain = 1.0 / (1.0 + (np.sqrt(2.0) - 1.0) * (frequency / FORCE_CUTOFF) ** 4)
    np.testing.assert_allclose(low_pass(wave, DURATION), gain * wave, atol=1e-12)


def test_filter_passes_half_the_power_at_its_cutoff():
    wave = np.sin(2.0 * np.pi * 7 * TIME / DURATION)
    np.testing.assert_allclose(
        low_pass(wave, DURATION, cutoff=10.0), wave / np.sqrt(2.0), atol=1e-12
    )


def test_filter_is_the_butterworth_filter_run_both_ways():
    force = half_sine(0.1, 0.22, 1700.0)
    corrected = FORCE_CUTOFF / (np.sqrt(2.0) - 1.0) ** 0.25
    sections = butter(2, corrected, fs=SAMPLES / DURATION, output="sos")
    middle = sosfiltfilt(sections, np.tile(force, 5))[2 * SAMPLES : 3 * SAMPLES]
    np.testing.assert_allclose(low_pass(force, DURATION), middle, atol=1e-3 * force.max())


@pytest.mark.parametrize("start", [0.05, 0.33, 0.55, 0.69])
def test_contact_is_where_the_force_crosses_the_threshold(start):
    stance_time, peak, threshold = 0.22, 1700.0, 30.0
    force = half_sine(start, stance_time, peak)
    events = gait_events(force[:, None], TIME, DURATION, threshold)
    delay = stance_time / np.pi * np.arcsin(threshold / peak)
    assert events.contact[0] == pytest.approx((start + delay) % DURATION, abs=1e-6)
    assert events.toe_off[0] == pytest.approx((start + stance_time - delay) % DURATION, abs=1e-6)
    assert events.stance_time[0] == pytest.approx(stance_time - 2.0 * delay, abs=1e-6)


def test_a_scuff_is_not_taken_for_the_contact():
    force = half_sine(0.1, 0.22, 1700.0) + half_sine(0.5, 0.05, 100.0)
    events = gait_events(force[:, None], TIME, DURATION)
    assert events.stance_time[0] == pytest.approx(0.22, abs=0.01)


@pytest.mark.parametrize("force", [0.0, 500.0])
def test_without_a_crossing_there_is_no_contact(force):
    events = gait_events(np.full((SAMPLES, 2), force), TIME, DURATION)
    assert np.isnan(events.contact).all() and np.isnan(events.stance_time).all()


def test_filtered_half_sine_lasts_as_much_longer_as_measured_strides_do():
    force = low_pass(half_sine(0.1, 0.22, 1700.0), DURATION)
    longer = gait_events(force[:, None], TIME, DURATION).stance_time[0] - 0.22
    # Estimated for the measured strides: a half sine through one such pass gains 8 to 14 ms.
    assert 0.004 < longer < 0.018
