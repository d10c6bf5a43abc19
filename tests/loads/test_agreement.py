"""Our curves beside measured ones: errors that are known in closed form, and what is asked for."""

from __future__ import annotations

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest

from surae._pytree import replace
from surae.loads.agreement import agreement, compared_quantities, curves_of
from surae.loads.stride import prepare
from surae.loads.validation import OUTSIDE, PASS

PERCENT = np.arange(101.0)


@dataclasses.dataclass(frozen=True)
class Measured:
    percent: np.ndarray
    mean: np.ndarray
    sd: np.ndarray


def band(mean, sd=1.0):
    return Measured(PERCENT, mean, np.full(101, sd))


def row(stride, quantity, measured, mode="calibrated"):
    (only,) = agreement(stride, {quantity: measured}, mode)
    return only


@pytest.fixture
def stride(sine_gait, lateral):
    return prepare(sine_gait(lateral=lateral))


def ours(stride, quantity):
    return curves_of(stride, quantity, PERCENT)[:, 0]


def test_a_runner_agrees_with_its_own_curves(stride):
    bands = {name: band(ours(stride, name)) for name in compared_quantities(stride)}
    rows = agreement(stride, bands, "calibrated")
    assert {r.quantity for r in rows} == set(bands)
    for each in rows:
        assert each.rmse == pytest.approx(0.0, abs=1e-6), each.quantity
    moving = [r for r in rows if r.quantity in ("knee_angle", "grf_y")]
    assert [r.verdict for r in moving] == [PASS, PASS]
    assert [r.r for r in moving] == pytest.approx([1.0, 1.0])


def test_curves_begin_at_contact_in_degrees(stride, known):
    phase = 2.0 * np.pi * (PERCENT / 100.0 + stride.events.contact[0] / known.duration)
    expected = np.degrees(known.angle * np.sin(phase))
    for side in curves_of(stride, "knee_angle", PERCENT).T:
        np.testing.assert_allclose(side, expected, atol=0.01)


def test_the_error_is_that_of_an_added_sine(stride):
    extra = 4.0 * np.sin(4.0 * np.pi * PERCENT / 100.0)
    found = row(stride, "knee_angle", band(ours(stride, "knee_angle") + extra, sd=2.0))
    assert found.rmse == pytest.approx(4.0 / np.sqrt(2.0))
    assert found.rmse_sd == pytest.approx(2.0 / np.sqrt(2.0))
    amplitude = np.degrees(0.4)
    assert found.r == pytest.approx(amplitude / np.hypot(amplitude, 4.0), rel=1e-3)


def test_an_offset_is_free_only_where_pelvis_frames_differ(stride):
    for quantity in ("pelvis_tilt", "hip_flexion", "lumbar_extension"):
        found = row(stride, quantity, band(ours(stride, quantity) - 8.0))
        assert (found.offset, found.rmse) == pytest.approx((8.0, 0.0), abs=1e-6)
    found = row(stride, "knee_angle", band(ours(stride, "knee_angle") - 8.0))
    assert (found.offset, found.rmse) == pytest.approx((0.0, 8.0))


def test_a_predicted_runner_may_be_farther_off(stride):
    extra = 12.0 * np.sqrt(2.0) * np.sin(4.0 * np.pi * PERCENT / 100.0)
    for sd, mode, verdict in (
        (4.0, "calibrated", OUTSIDE),
        (4.0, "predict", OUTSIDE),
        (7.0, "predict", PASS),
        (7.0, "calibrated", OUTSIDE),
    ):
        measured = band(ours(stride, "knee_angle") + extra, sd)
        assert row(stride, "knee_angle", measured, mode).verdict == verdict


def test_a_curve_of_the_wrong_shape_is_outside_however_near(stride):
    opposite = band(-0.01 * ours(stride, "pelvis_list") + 0.5 * np.sin(PERCENT / 20.0))
    found = row(stride, "pelvis_list", opposite)
    assert found.rmse < 6.0 and found.verdict == OUTSIDE


def test_the_vertical_force_is_held_against_its_peak(stride):
    force = ours(stride, "grf_y")
    near, far = (row(stride, "grf_y", band(scale * force)) for scale in (1.1, 1.5))
    assert near.verdict == PASS and far.verdict == OUTSIDE
    assert far.rmse_of_range == pytest.approx(
        0.5 * np.sqrt((force[:-1] ** 2).mean()) / (1.5 * force.max()), rel=1e-6
    )


def test_lateral_forces_of_both_feet_are_one_curve(sine_gait, lateral):
    gait = sine_gait(lateral=lateral)
    outward = jnp.array([1.0, -1.0])[None, :] * gait.ground_reaction_force[:, :, 1] * 0.05
    stride = prepare(
        replace(gait, ground_reaction_force=gait.ground_reaction_force.at[:, :, 2].set(outward))
    )
    right, left = curves_of(stride, "grf_z", PERCENT).T
    np.testing.assert_allclose(left, right, atol=1e-3)
    assert right.max() > 0.1


def test_a_planar_runner_has_no_lateral_curves(sine_gait):
    names = compared_quantities(prepare(sine_gait()))
    assert "grf_z" not in names and "hip_adduction" not in names and "grf_y" in names
