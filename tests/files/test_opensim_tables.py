"""OpenSim tables: what is written is read back; what cannot be read is refused in one line."""

from __future__ import annotations

import numpy as np
import pytest

from surae._errors import UnusableInput
from surae.files.opensim_tables import read_table, require_finite, write_table

HEAD = "trial\nversion=1\nnRows=3\nnColumns=3\ninDegrees=yes\nendheader\n"
NAMES = "time\tpelvis_ty\tknee_angle_r\n"
ROWS = "0.0\t0.9\t40\n0.1\t0.91\t41\n0.2\t0.92\t42\n"


def refusal(tmp_path, content: str | bytes, name: str = "trial.mot") -> str:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UnusableInput) as caught:
        read_table(path)
    message = str(caught.value)
    assert "\n" not in message, "one line"
    assert len(message) < 400
    assert name in message
    return message


def test_what_is_written_is_read_back(tmp_path):
    time = np.linspace(0.0, 0.7, 8)
    values = np.random.default_rng(1).normal(size=(8, 2))
    write_table(tmp_path / "a.sto", ("b", "c"), time, values, in_degrees=True, title="mine")
    table = read_table(tmp_path / "a.sto")
    assert table.names == ("b", "c")
    assert table.in_degrees
    assert table.header[0] == "mine"
    np.testing.assert_allclose(table.time, time, rtol=1e-11)
    np.testing.assert_allclose(table.column("c"), values[:, 1], rtol=1e-11)


def test_opensim_reads_what_is_written(tmp_path, in_opensim):
    write_table(tmp_path / "a.mot", ("b",), [0.0, 0.1], [[1.0], [2.0]], in_degrees=True)
    script = """def main(path):
    table = opensim.Storage(path)
    return [table.isInDegrees(), table.getSize()]"""
    assert in_opensim(script, tmp_path / "a.mot") == [True, 2]


@pytest.mark.parametrize(
    ("header", "degrees"),
    [
        ("x\nversion=1\ninDegrees=yes\n", True),
        ("x\nversion=1\ninDegrees=no\n", False),
        ("x\nversion=3\nOpenSimVersion=4.3\n", False),
        ("Coordinates\nnRows=3\nnColumns=3\n\nAngles are in degrees.\n", True),
        ("Coordinates\nAngles are in radians.\n", False),
        ("x\nnRows=3\n\n# SIMM Motion File Header:\nname x\ndatacolumns 3\ndatarows 3\n", True),
        ("name x.mot\t\t\ndatacolumns 3\t\ndatarows 3\t\nrange 0 0.2\t\n", True),
    ],
)
def test_header_says_whether_angles_are_in_degrees(tmp_path, header, degrees):
    (tmp_path / "a.mot").write_text(header + "endheader\n" + NAMES + ROWS)
    assert read_table(tmp_path / "a.mot").in_degrees is degrees


@pytest.mark.parametrize(
    "content",
    [
        HEAD + "time\tpelvis_ty\tknee_angle_r\t\t\n" + ROWS.replace("\n", "\t\t\n"),
        HEAD + "   time\t   pelvis_ty\t knee_angle_r\n" + ROWS.replace("\t", "\t   "),
        HEAD + NAMES.replace("\t", "  ") + ROWS.replace("\t", "   "),
        (HEAD + NAMES + ROWS).replace("\n", "\r\n"),
        "\ufeff" + HEAD + NAMES + ROWS,
        HEAD.replace("endheader", "EndHeader ") + "\n" + NAMES + ROWS + "\n\n",
        HEAD + NAMES.replace("time", "Time") + ROWS,
    ],
    ids=["trailing tabs", "padded", "blanks", "crlf", "byte mark", "empty lines", "Time"],
)
def test_ways_of_writing_the_same_table(tmp_path, content):
    (tmp_path / "a.mot").write_bytes(content.encode())
    table = read_table(tmp_path / "a.mot")
    assert table.names == ("pelvis_ty", "knee_angle_r")
    np.testing.assert_allclose(table.values[:, 1], [40.0, 41.0, 42.0])


def test_missing_file(tmp_path):
    with pytest.raises(UnusableInput, match=r"no file .*nothing.mot; give an OpenSim"):
        read_table(tmp_path / "nothing.mot")


def test_folder_instead_of_a_file(tmp_path):
    with pytest.raises(UnusableInput, match="is not a file"):
        read_table(tmp_path)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "is empty"),
        (" \n\n", "is empty"),
        (b"\x89HDF\r\n\x1a\n\x00\x00\x00\x00endheader\n", "not a text file"),
        (b"\xff\xfe\xfa" * 50, "not a text file"),
        (NAMES + ROWS, "no line 'endheader'"),
        ("time,knee\n0,1\n1,2\n", "no line 'endheader'"),
        ('<?xml version="1.0"?>\n<OpenSimDocument/>\n', "no line 'endheader'"),
        (HEAD, "without column names"),
        (HEAD + ROWS, "must be 'time'"),
        (HEAD + "frame\tpelvis_ty\tknee_angle_r\n" + ROWS, "must be 'time'"),
        (HEAD + NAMES, "promises 3 rows, 0 are there"),
        ("x\nendheader\n" + NAMES, "0 rows of data"),
        ("x\nendheader\n" + NAMES + "0.0\t1\t2\n", "1 rows of data"),
        ("x\nendheader\ntime\n0\n1\n", "no column but time"),
        (HEAD + NAMES + ROWS[:-12], "promises 3 rows, 2 are there"),
        (HEAD.replace("nColumns=3", "nColumns=5") + NAMES + ROWS, "promises 5 columns"),
        (HEAD + NAMES + ROWS.replace("0.91\t", ""), "line 9: 2 values for 3 columns"),
        (HEAD + NAMES + ROWS.replace("41", "41\t7"), "line 9: 4 values for 3 columns"),
        (HEAD + NAMES.replace("pelvis_ty", "knee_angle_r") + ROWS, "more than once: knee_angle_r"),
        (HEAD + NAMES + ROWS.replace("41", "nan"), "'knee_angle_r' holds nan at time 0.1"),
        (HEAD + NAMES + ROWS.replace("41", "-inf"), "'knee_angle_r' holds -inf"),
        (HEAD + NAMES + ROWS.replace("41", "forty"), "'knee_angle_r': 'forty' is not a number"),
        (HEAD + NAMES + ROWS.replace(".91", ",91"), "'pelvis_ty': '0,91' is not a number"),
        (HEAD + NAMES + ROWS.replace("0.2\t", "0.1\t"), "from 0.1 to 0.1 s"),
        (HEAD + NAMES + ROWS.replace("0.2\t", "0.05\t"), "must increase"),
        (HEAD + NAMES + ROWS.replace("0.1\t", "nan\t"), "time is nan in data row 2"),
    ],
)
def test_unusable_tables_are_refused_in_one_line(tmp_path, content, says):
    assert says in refusal(tmp_path, content)


def test_gaps_are_let_through_only_when_asked_and_found_when_used(tmp_path):
    path = tmp_path / "grf.mot"
    path.write_text(HEAD + NAMES + ROWS.replace("0.91", "nan"))
    table = read_table(path, allow_gaps=True)
    require_finite(table, ("knee_angle_r",))
    with pytest.raises(UnusableInput, match="1 of 3 rows"):
        require_finite(table, ("pelvis_ty",))


def test_unknown_column_is_refused_with_those_there(tmp_path):
    (tmp_path / "a.mot").write_text(HEAD + NAMES + ROWS)
    with pytest.raises(UnusableInput, match=r"no column 'hip'; its columns are pelvis_ty"):
        read_table(tmp_path / "a.mot").column("hip")


@pytest.mark.parametrize(
    ("name", "values", "says"),
    [
        ("a.csv", [[1.0], [2.0]], "name it .mot or .sto"),
        ("a.mot", [[1.0]], "need"),
        ("no_folder/a.mot", [[1.0], [2.0]], "Cannot write"),
    ],
)
def test_tables_that_cannot_be_written_are_refused(tmp_path, name, values, says):
    with pytest.raises(UnusableInput, match=says):
        write_table(tmp_path / name, ("b",), [0.0, 0.1], values)
    assert not list(tmp_path.rglob("a.*"))
