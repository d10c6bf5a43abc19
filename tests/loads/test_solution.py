"""Interpolating a stride keeps its period, its curves and its forward progress."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from surae._pytree import replace
from surae.gait.solution import body_mass, body_weight, resample


def test_resampled_curves_are_the_curves(sine_gait, known):
    gait = sine_gait()
    even = resample(gait, 500)
    omega = 2.0 * np.pi / known.duration
    knee = gait.runner.coordinate_names.index("knee_angle_r")
    np.testing.assert_allclose(even.time, known.duration * np.arange(1, 501) / 500)
    expected = known.angle * np.sin(omega * np.asarray(even.time))
    np.testing.assert_allclose(even.coordinates[:, knee], expected, atol=1e-7)


def test_curves_are_scipys_periodic_spline_and_pressure_lies_on_lines(sine_gait, known):
    gait = sine_gait()
    generator = np.random.default_rng(5)
    force, pressure = (generator.normal(size=gait.center_of_pressure.shape) for _ in range(2))
    rough = replace(gait, ground_reaction_force=force, center_of_pressure=pressure)
    even, time = resample(rough, 500), np.asarray(gait.time)
    closed = np.concatenate([force[-1:], force])
    spline = CubicSpline(np.concatenate([[0.0], time]), closed, bc_type="periodic")
    np.testing.assert_allclose(even.ground_reaction_force, spline(even.time), atol=1e-10)
    lines = np.interp(even.time, time, pressure[:, 1, 2], period=known.duration)
    np.testing.assert_allclose(even.center_of_pressure[:, 1, 2], lines, atol=1e-12)


def test_forward_position_keeps_its_progress(sine_gait, known):
    gait = sine_gait()
    even = resample(gait, 300)
    forward = gait.runner.coordinate_names.index("pelvis_tx")
    np.testing.assert_allclose(
        even.coordinates[:, forward], known.speed * np.asarray(even.time), atol=1e-9
    )


def test_resampling_at_the_same_instants_changes_nothing(sine_gait):
    even = resample(sine_gait(), 400)
    again = resample(even, 400)
    for name in ("coordinates", "tendon_force", "ground_reaction_force", "center_of_pressure"):
        np.testing.assert_allclose(getattr(again, name), getattr(even, name), atol=1e-8)


def test_mass_and_weight_are_the_runners(sine_gait, known):
    runner = sine_gait().runner
    assert float(body_mass(runner)) == known.mass
    assert float(body_weight(runner)) == pytest.approx(known.weight)
