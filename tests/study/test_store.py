"""A result file tells everything it was given, by name and unit, or is refused in one line."""

from __future__ import annotations

import dataclasses

import h5py
import numpy as np
import pytest
import xarray

from surae._errors import UnusableInput
from surae.nlp.report import Status
from surae.study.store.case_file import CURVES, read_result, write_result

PROVENANCE = {"surae_version": "1.2.3", "git_commit": "abc-dirty", "packages": "jax 0"}
# The table in the project's promises (interface), dims in HDF5's order.
PROMISED = {
    "time": (("instant",), "s"),
    "coordinates": (("instant", "coordinate"), "rad or m"),
    "speeds": (("instant", "coordinate"), "rad/s or m/s"),
    "accelerations": (("instant", "coordinate"), "rad/s^2 or m/s^2"),
    "joint_moments": (("instant", "coordinate"), "N m or N"),
    "excitation": (("instant", "muscle"), "1"),
    "activation": (("instant", "muscle"), "1"),
    "tendon_force": (("instant", "muscle"), "N"),
    "fiber_length_normalized": (("instant", "muscle"), "1"),
    "ground_reaction_force": (("instant", "side", "axis"), "N"),
    "center_of_pressure": (("instant", "side", "axis"), "m"),
    "achilles_force": (("instant", "side"), "N"),
    "achilles_strain": (("instant", "side"), "1"),
}
ATTRIBUTES = (
    "schema",
    "status",
    "model",
    "mode",
    "speed_m_s",
    "body_mass_kg",
    "input",
    "case_key",
    "surae_version",
    "git_commit",
    "packages",
    "wall_time_s",
    "iterations",
    "constraint_violation",
)


@pytest.fixture(scope="module")
def path(tmp_path_factory, stride):
    place = tmp_path_factory.mktemp("results") / "case.h5"
    return write_result(place, stride, "schema = 1\n", PROVENANCE, "f00d")


def test_reading_gives_back_what_was_written(path, stride):
    stored = read_result(path)
    for name in CURVES:
        np.testing.assert_array_equal(stored.curves[name], np.asarray(getattr(stride.gait, name)))
    for name in ("unknowns", "row_multipliers", "bound_multipliers"):
        np.testing.assert_array_equal(getattr(stored.guess, name), getattr(stride.guess, name))
    assert stored.report == stride.report
    assert stored.labels["muscle"] == stride.gait.runner.muscle_names
    assert stored.labels["coordinate"] == stride.gait.runner.coordinate_names


def test_root_attributes_are_the_promised_ones(path, stride):
    attributes = read_result(path).attributes
    assert set(ATTRIBUTES) <= set(attributes)
    assert attributes["input"] == "schema = 1\n"
    assert attributes["git_commit"] == "abc-dirty"
    assert attributes["status"] == "solved"
    assert attributes["body_mass_kg"] == pytest.approx(float(stride.gait.runner.body_mass))


@pytest.mark.parametrize("name", PROMISED)
def test_xarray_labels_every_curve(path, stride, name):
    dims, unit = PROMISED[name]
    with xarray.open_dataset(path, engine="h5netcdf") as data:
        assert data[name].dims == dims
        assert data[name].attrs["unit"] == unit
        assert {"instant", "coordinate", "muscle", "side", "axis"} <= set(data.indexes)
        assert tuple(data["muscle"].values) == stride.gait.runner.muscle_names
        assert tuple(data["side"].values) == ("r", "l")
        assert tuple(data["axis"].values) == ("x", "y", "z")
        np.testing.assert_array_equal(data[name].coords["time"], np.asarray(stride.gait.time))


def test_every_dataset_has_a_unit(path):
    without = []

    def look(name, item):
        if isinstance(item, h5py.Dataset) and "unit" not in item.attrs:
            without.append(name)

    with h5py.File(path) as file:
        file.visititems(look)
    assert without == []


def test_metrics_are_stored_with_unit_and_dims(path):
    stored = read_result(path)
    peak = stored.metrics["achilles_peak_force"]
    assert (peak.unit, peak.dims, peak.value.shape) == ("BW", ("side",), (2,))
    with xarray.open_dataset(path, engine="h5netcdf", group="metrics") as metrics:
        assert metrics["achilles_peak_force"].dims == ("side",)
        assert metrics["peak_activation"].dims == ("muscle",)
        assert metrics["stride_time"].attrs["unit"] == "s"


def test_a_stride_that_is_no_running_is_kept_without_metrics(tmp_path, made_up_stride):
    gave_up = made_up_stride(status=Status.INFEASIBLE)
    broken = dataclasses.replace(
        gave_up.gait, ground_reaction_force=gave_up.gait.coordinates[:, :6] * np.nan
    )
    broken = dataclasses.replace(
        broken, ground_reaction_force=broken.ground_reaction_force.reshape(-1, 2, 3)
    )
    path = tmp_path / "gave_up.h5"
    write_result(path, dataclasses.replace(gave_up, gait=broken), "", PROVENANCE)
    stored = read_result(path)
    assert stored.metrics == {}
    assert stored.report.status is Status.INFEASIBLE
    np.testing.assert_array_equal(stored.guess.unknowns, gave_up.guess.unknowns)


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, path, stride):
    place = tmp_path / "case.h5"
    place.write_bytes(path.read_bytes())
    not_text = {**PROVENANCE, "packages": object()}
    with pytest.raises(TypeError):
        write_result(place, stride, "", not_text)  # type: ignore[arg-type]
    assert place.read_bytes() == path.read_bytes()
    assert list(tmp_path.iterdir()) == [place]


def test_a_place_that_cannot_be_written_is_one_line(tmp_path, stride):
    (tmp_path / "file").write_text("")
    with pytest.raises(UnusableInput, match=r"cannot be written"):
        write_result(tmp_path / "file" / "case.h5", stride, "", PROVENANCE)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(UnusableInput, match=r"No result file .*nothing\.h5"):
        read_result(tmp_path / "nothing.h5")


def test_files_of_others_are_refused(tmp_path):
    text, empty, foreign = (tmp_path / name for name in ("a.h5", "b.h5", "c.h5"))
    text.write_text("time,knee\n")
    empty.write_bytes(b"")
    with h5py.File(foreign, "w") as file:
        file["time"] = [1.0]
        file.attrs["title"] = "somebody's"
    for path in (text, empty, tmp_path):
        with pytest.raises(UnusableInput, match=r"no result of surae"):
            read_result(path)
    with pytest.raises(UnusableInput, match=r"no result of 'surae run'.*title"):
        read_result(foreign)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.99])
def test_a_truncated_file_is_refused(tmp_path, path, share):
    whole = path.read_bytes()
    short = tmp_path / "short.h5"
    short.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(UnusableInput, match=r"damaged or cut short") as refusal:
        read_result(short)
    assert "\n" not in str(refusal.value)


def test_a_flipped_bit_in_a_curve_is_found(tmp_path, path):
    with h5py.File(path) as file:
        data = file["tendon_force"]
        assert isinstance(data, h5py.Dataset)
        place = data.id.get_chunk_info(0).byte_offset + 100
    content = bytearray(path.read_bytes())
    content[place] ^= 0x10
    flipped = tmp_path / "flipped.h5"
    flipped.write_bytes(bytes(content))
    with pytest.raises(UnusableInput, match=r"damaged or cut short"):
        read_result(flipped)


def test_a_file_without_a_curve_is_refused(tmp_path, path):
    less = tmp_path / "less.h5"
    less.write_bytes(path.read_bytes())
    with h5py.File(less, "r+") as file:
        del file["tendon_force"]
    with pytest.raises(UnusableInput, match=r"damaged.*tendon_force"):
        read_result(less)


def test_a_newer_schema_is_refused(tmp_path, path):
    newer = tmp_path / "newer.h5"
    newer.write_bytes(path.read_bytes())
    with h5py.File(newer, "r+") as file:
        file.attrs["schema"] = 2
    with pytest.raises(UnusableInput, match=r"schema 2.*reads 1; update surae"):
        read_result(newer)


def test_another_case_is_refused(path):
    assert read_result(path, "f00d").attributes["case_key"] == "f00d"
    with pytest.raises(UnusableInput, match=r"another case"):
        read_result(path, "beef")
