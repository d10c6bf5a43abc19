"""`surae import`: one line and status 2 for what cannot be used, a listing for what was done."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from surae.cli.main import main

GAIT = Path(__file__).resolve().parents[3] / "shared/data/models/opensim-core/2D_gait.osim"
needs_opensim = pytest.mark.skipif(
    importlib.util.find_spec("opensim") is None or not GAIT.is_file(),
    reason='needs the opensim package (pip install "surae[opensim]") and a published model',
)


def refused(words: list[str], capsys) -> str:
    assert main(["import", *words]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    complaint = captured.err.splitlines()[-1]
    assert complaint.startswith("surae: ") and complaint.endswith(".")
    return complaint


def test_a_missing_file_is_one_line(tmp_path, capsys):
    complaint = refused([str(tmp_path / "no.osim"), "--out", str(tmp_path / "out")], capsys)
    assert "no.osim cannot be read: No such file" in complaint
    assert list(tmp_path.iterdir()) == []


def test_out_is_asked_for(capsys):
    assert "--out" in refused(["model.osim"], capsys)


def test_a_folder_that_exists_is_not_touched(tmp_path, capsys):
    assert "exists already" in refused(["model.osim", "--out", str(tmp_path)], capsys)


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    words = ["model.osim", "--out", str(tmp_path / "file" / "out")]
    assert "cannot be" in refused(words, capsys)


@needs_opensim
def test_a_model_becomes_a_folder_and_a_listing(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gait.osim").write_bytes(GAIT.read_bytes())
    out = Path("models") / "gait"
    assert main(["import", "gait.osim", "--out", str(out)]) == 0
    captured = capsys.readouterr()
    for words in ("Not carried over:", "19 Mesh", "Muscle paths:", f"model folder: {out}"):
        assert words in captured.out, words
    assert "sampling muscle paths" in captured.err
    assert main(["models", "--check", str(out)]) in (0, 3)


@needs_opensim
def test_the_listing_for_programs_is_json_alone(tmp_path, capsys):
    out = tmp_path / "gait"
    assert main(["import", str(GAIT), "--out", str(out), "--json", "--quiet"]) == 0
    captured = capsys.readouterr()
    summary = json.loads(captured.out)
    assert captured.err == "" and summary["out"] == str(out)
    assert len(summary["muscles"]) == 18 and summary["path_errors_mm"]["soleus_r"]["length_rms"] < 1
    assert any("Mesh" in line for line in summary["not_carried_over"])
