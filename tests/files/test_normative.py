"""The shipped normative runner is the one of the published tables, symmetric and periodic."""

from __future__ import annotations

import csv
from collections import defaultdict

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from surae._errors import UnusableInput
from surae.files.library import library_path
from surae.files.normative import (
    normative_curve,
    normative_quantities,
    normative_scalars,
    normative_stride,
)
from surae.gait.reference import apex_phase, evaluate, ground_reaction, motion, symmetrize

PHASES = jnp.linspace(0.0, 1.0, 101)
SPEEDS = (2.0, 2.5, 3.0, 4.0, 5.0)
# How far a Fourier series (12 harmonics, forces 20) may be from the table, per unit.
MEAN_TOLERANCE = {"deg": 0.3, "m": 5e-4, "1": 5e-4, "BW": 0.025, "N m/kg": 0.04}
SD_TOLERANCE = {"deg": 0.2, "m": 2e-4, "1": 5e-4, "BW": 0.08, "N m/kg": 0.04}


def curve_of(stride, name: str) -> np.ndarray:
    return np.asarray(evaluate(stride, PHASES)[0][:, stride.coordinate_names.index(name)])


def test_curves_are_those_of_the_published_table(shared):
    path = shared / "reference" / "normative" / "normative_running.csv"
    if not path.is_file():
        pytest.skip("reference/normative is not beside the repository")
    table: dict[tuple[str, float], np.ndarray] = defaultdict(lambda: np.zeros((2, 101)))
    with path.open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            if row["side_or_symmetrised"] == "symmetrised":
                at = int(row["percent_stride"])
                key = (row["quantity"], float(row["speed_mps"]))
                table[key][:, at] = float(row["mean"]), float(row["sd"])
    assert {quantity for quantity, _ in table} == set(normative_quantities())
    for (quantity, speed), (mean, sd) in table.items():
        curve = normative_curve(quantity, speed)
        name = f"{quantity} at {speed} m/s"
        assert np.abs(curve.mean - mean).max() < MEAN_TOLERANCE[curve.unit], name
        assert np.abs(curve.sd - sd).max() < SD_TOLERANCE[curve.unit], name


def test_scalars_are_those_of_the_published_table(shared):
    path = shared / "reference" / "normative" / "normative_scalars.csv"
    if not path.is_file():
        pytest.skip("reference/normative is not beside the repository")
    with path.open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            name = row["scalar"].split("(")[0]
            found = normative_scalars(float(row["speed_mps"]))[name]
            assert found == (float(row["mean"]), float(row["sd"])), name


@pytest.mark.parametrize("speed", SPEEDS)
def test_normative_runner_is_its_own_mirror_image(speed):
    stride = normative_stride(speed)
    even = symmetrize(stride)
    for a, b in zip(jax.tree.leaves(even), jax.tree.leaves(stride), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-12)


@pytest.mark.parametrize("speed", SPEEDS)
def test_mean_vertical_force_carries_the_body(speed):
    force = ground_reaction(normative_stride(speed), PHASES[:-1])
    assert float(force[:, :, 1].sum(axis=1).mean()) == pytest.approx(1.0, abs=1e-3)
    assert abs(float(force[:, :, 0].sum(axis=1).mean())) < 0.01


@pytest.mark.parametrize("speed", SPEEDS)
def test_flight_apex_lies_shortly_before_right_contact(speed):
    assert 0.88 < float(apex_phase(normative_stride(speed))) < 0.96


def test_key_figures_at_four_metres_a_second():
    stride = normative_stride(4.0)
    assert float(stride.stride_time) == pytest.approx(0.6755)
    assert np.degrees(curve_of(stride, "knee_angle_r").max()) == pytest.approx(121.0, abs=2.0)
    assert float(ground_reaction(stride, PHASES)[:, 0, 1].max()) == pytest.approx(2.53, abs=0.03)
    scalars = normative_scalars(4.0)
    assert scalars["peak_vgrf_BW"] == (2.555, 0.236)
    assert scalars["step_frequency_hz"][0] == pytest.approx(2.964)


def test_left_side_follows_half_a_stride_later():
    stride = normative_stride(3.5)
    right, left = curve_of(stride, "knee_angle_r"), curve_of(stride, "knee_angle_l")
    np.testing.assert_allclose(left[:51], right[50:], atol=1e-12)
    np.testing.assert_allclose(
        normative_curve("grf_z", 3.5, side="l").mean[:51],
        -normative_curve("grf_z", 3.5).mean[50:],
        atol=1e-12,
    )


def test_between_tabulated_speeds_the_mean_of_two_is_found_halfway():
    low, mid, high = (normative_stride(v) for v in (3.0, 3.5, 4.0))
    np.testing.assert_allclose(mid.cosine, 0.5 * (low.cosine + high.cosine), atol=1e-14)
    assert float(mid.stride_time) == pytest.approx(0.5 * (0.7106 + 0.6755))


def test_lai_frame_turns_the_pelvis_and_leaves_thigh_and_trunk_in_space():
    lai, hamner = normative_stride(4.0, frame="lai"), normative_stride(4.0, frame="hamner")
    tilt = curve_of(lai, "pelvis_tilt") - curve_of(hamner, "pelvis_tilt")
    np.testing.assert_allclose(np.degrees(tilt), -8.0, atol=1e-10)
    for joint in ("hip_flexion_r", "hip_flexion_l", "lumbar_extension"):
        turned = curve_of(lai, "pelvis_tilt") + curve_of(lai, joint)
        kept = curve_of(hamner, "pelvis_tilt") + curve_of(hamner, joint)
        np.testing.assert_allclose(turned, kept, atol=1e-12)
    np.testing.assert_allclose(curve_of(lai, "knee_angle_r"), curve_of(hamner, "knee_angle_r"))


def test_pelvis_height_scales_with_the_runner():
    small, tall = (normative_stride(4.0, pelvis_height_m=h) for h in (0.8, 1.0))
    ratio = curve_of(small, "pelvis_ty") / curve_of(tall, "pelvis_ty")
    np.testing.assert_allclose(ratio, 0.8, atol=1e-12)
    assert curve_of(tall, "pelvis_ty").mean() == pytest.approx(0.992, abs=0.002)


def test_planar_selection_has_no_data_for_the_toes():
    names = ("pelvis_tilt", "pelvis_tx", "pelvis_ty", "mtp_angle_r", "knee_angle_l")
    stride = normative_stride(4.0, names)
    assert stride.coordinate_names == names
    assert stride.measured == (True, True, True, False, True)
    np.testing.assert_array_equal(curve_of(stride, "mtp_angle_r"), 0.0)


def test_pelvis_progresses_at_the_speed():
    stride = normative_stride(3.0)
    tx = stride.coordinate_names.index("pelvis_tx")
    at = motion(stride, jnp.linspace(0.0, 1.0, 201)[:-1])
    assert float(at.speeds[:, tx].mean()) == pytest.approx(3.0, abs=1e-9)
    assert abs(curve_of(stride, "pelvis_tx")[:-1].mean()) < 1e-9


def test_bands_are_not_negative():
    for quantity in normative_quantities():
        assert normative_curve(quantity, 4.3).sd.min() >= 0.0


@pytest.mark.parametrize("speed", [0.0, 1.99, 5.01, -3.0, float("nan"), float("inf")])
def test_speeds_without_data_are_refused(speed):
    with pytest.raises(UnusableInput, match="outside the normative data, 2 to 5 m/s"):
        normative_stride(speed)
    with pytest.raises(UnusableInput, match="outside the normative data"):
        normative_scalars(speed)


def test_unknown_names_are_refused_with_what_is_allowed():
    with pytest.raises(UnusableInput, match=r"No normative curve of 'soleus'.*pelvis_tilt"):
        normative_curve("soleus", 4.0)
    with pytest.raises(UnusableInput, match="No pelvis frame 'isb'; allowed are lai and hamner"):
        normative_stride(4.0, frame="isb")
    with pytest.raises(UnusableInput, match="No side 'right'"):
        normative_curve("grf_y", 4.0, side="right")
    with pytest.raises(UnusableInput, match="above 0"):
        normative_stride(4.0, pelvis_height_m=0.0)


def test_library_can_be_moved(tmp_path, monkeypatch):
    here = library_path()
    (tmp_path / "models").mkdir()
    monkeypatch.setenv("SURAE_LIBRARY", str(tmp_path))
    assert library_path() == tmp_path
    with pytest.raises(UnusableInput, match="normative_running"):
        normative_stride(4.0)
    (tmp_path / "models" / "normative_running").symlink_to(here / "models" / "normative_running")
    assert float(normative_stride(4.0).stride_time) == pytest.approx(0.6755)


def test_library_that_is_none_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("SURAE_LIBRARY", str(tmp_path / "nowhere"))
    with pytest.raises(UnusableInput, match=r"SURAE_LIBRARY is .*nowhere.*no folder 'models'"):
        library_path()


def test_checkout_without_links_falls_back_to_its_root(tmp_path, monkeypatch):
    from surae.files import library

    package = tmp_path / "sim" / "surae"
    (package / "files").mkdir(parents=True)
    (package / "library").mkdir()
    (package / "library" / "models").write_text("../../../models")  # a link checked out as text
    monkeypatch.delenv("SURAE_LIBRARY", raising=False)
    monkeypatch.setattr(library, "__file__", str(package / "files" / "library.py"))
    with pytest.raises(UnusableInput, match="No library of models found"):
        library_path()
    (tmp_path / "models").mkdir()
    assert library_path() == tmp_path
