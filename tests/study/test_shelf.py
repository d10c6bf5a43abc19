"""A solved case is never lost: not by packing, not by damage next to it, not by a kill."""

from __future__ import annotations

import hashlib
from pathlib import Path

import h5py
import numpy as np
import pytest

from surae._errors import UnusableInput
from surae.loads.metric import Metric
from surae.study.store import hdf5
from surae.study.store.case_file import write_case
from surae.study.store.shelf import Damage, Shelf


def key_of(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def put(shelf: Shelf, name: str, value: float = 1.0, status: str = "solved") -> Path:
    path = shelf.path_of(name, key_of(name))
    facts = {"case_key": key_of(name), "case_name": name, "status": status, "iterations": 7}
    metrics = {
        "peak": Metric(np.array([value, -value]), "BW", ("side",)),
        "time": Metric(np.asarray(value), "s", ()),
    }
    write_case(path, facts, {"side": ("r", "l")}, metrics if status == "solved" else {})
    return path


@pytest.fixture
def shelf(tmp_path) -> Shelf:
    return Shelf(tmp_path)


def names(shelf: Shelf) -> list[str]:
    found = [each for each in shelf.rows() if not isinstance(each, Damage)]
    return sorted(row.case_name for each in found for row in each.rows)


def test_packing_keeps_every_byte(shelf):
    paths = [put(shelf, f"case{i}", i) for i in range(5)]
    before = {path.name.split(".")[0]: path.read_bytes() for path in paths}
    shard = shelf.pack(paths[:3])
    assert shard is not None and shelf.loose() == paths[3:]
    for name, content in before.items():
        assert shelf.image(name, key_of(name))[1] == content
        row = shelf.row(name, key_of(name))
        assert row is not None and row.solved and row.iterations == 7
    assert names(shelf) == sorted(before)


def test_metrics_are_the_same_packed_or_not(shelf):
    paths = [put(shelf, f"case{i}", i) for i in range(3)] + [put(shelf, "bad", status="failed")]
    loose = {each.rows[0].case_name: each.metrics for each in shelf.rows(metrics=True)}
    shelf.pack(paths)
    (packed,) = shelf.rows(metrics=True)
    for i, row in enumerate(packed.rows):
        for name in ("peak", "time"):
            value = np.asarray(packed.metrics[name].value)[i]
            if row.case_name == "bad":
                assert np.isnan(value).all()
            else:
                np.testing.assert_array_equal(value, loose[row.case_name][name].value)
    assert packed.metrics["peak"].dims == ("side",) and packed.metrics["peak"].unit == "BW"
    assert packed.labels["side"] == ("r", "l")


def test_a_kill_between_packing_and_removing_loses_nothing(shelf):
    paths = [put(shelf, f"case{i}") for i in range(4)]
    kept = paths[0].read_bytes()
    shelf.pack(paths)
    paths[0].write_bytes(kept)  # the file that was not removed yet
    assert sorted(set(names(shelf))) == [f"case{i}" for i in range(4)]
    assert shelf.image("case0", key_of("case0")) == (paths[0], kept)


@pytest.mark.parametrize("cut", [0, 10, 700, -1])
def test_damage_is_found_named_and_set_aside(shelf, cut):
    put(shelf, "good")
    path = put(shelf, "bad")
    content = path.read_bytes()
    path.write_bytes(content[:cut])
    damages = [each for each in shelf.rows(verify=True) if isinstance(each, Damage)]
    assert [each.path for each in damages] == [path]
    aside = shelf.set_aside(path)
    assert aside.exists() and names(shelf) == ["good"]


def test_a_flipped_bit_in_the_data_is_found(shelf):
    path = put(shelf, "bad", value=12345.678)
    content = bytearray(path.read_bytes())
    place = content.find(np.float64(12345.678).tobytes())
    content[place + 3] ^= 1
    path.write_bytes(content)
    assert any(isinstance(each, Damage) for each in shelf.rows(verify=True))


def test_a_damaged_shard_is_named_and_the_others_stay(shelf):
    first = shelf.pack([put(shelf, f"case{i}") for i in range(3)])
    shelf.pack([put(shelf, f"other{i}") for i in range(3)])
    first.write_bytes(first.read_bytes()[:1000])
    damages = [each for each in shelf.rows() if isinstance(each, Damage)]
    assert [each.path for each in damages] == [first]
    assert names(shelf) == ["other0", "other1", "other2"]


def test_a_file_that_is_another_case_is_damage(shelf):
    path = put(shelf, "one")
    path.rename(shelf.path_of("two", key_of("two")))
    assert any(isinstance(each, Damage) for each in shelf.rows())


def test_a_full_disk_leaves_what_was_there(shelf, monkeypatch):
    path = put(shelf, "case")
    before = path.read_bytes()

    def full(_: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(hdf5, "to_disk", full)
    with pytest.raises(UnusableInput, match="No space left on device"):
        put(shelf, "case", 2.0)
    assert path.read_bytes() == before
    assert [p.name for p in shelf.cases.iterdir()] == [path.name], "no half-written file"


def test_left_over_parts_are_removed(shelf):
    put(shelf, "case")
    part = shelf.cases / ".x.h5.1234.part"
    part.write_bytes(b"half")
    shelf.remove_leftovers()
    assert not part.exists() and names(shelf) == ["case"]


def test_a_case_that_is_nowhere_is_named(shelf):
    with pytest.raises(UnusableInput, match="no result of nobody"):
        shelf.image("nobody", key_of("nobody"))
    assert shelf.row("nobody", key_of("nobody")) is None


def test_packed_files_can_be_taken_out_with_h5py_alone(shelf, tmp_path):
    path = put(shelf, "case")
    content = path.read_bytes()
    shard = shelf.pack([path])
    with h5py.File(shard) as file:
        taken = np.asarray(file[f"cases/{key_of('case')}"]).tobytes()
    assert taken == content
