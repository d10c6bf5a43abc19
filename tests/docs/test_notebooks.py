"""The notebooks of experiments/ run from first cell to last, and are kept without output."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

import pytest

nbformat = pytest.importorskip("nbformat", reason='notebooks need pip install "surae[notebooks]"')

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "experiments").glob("*.ipynb"))
LONGEST_S = 900


def name(path: Path) -> str:
    return path.stem


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def test_the_promised_notebooks_are_there():
    promised = {"what_if", "dose_response", "your_model", "gradients"}
    assert promised <= {path.stem for path in NOTEBOOKS}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
def test_it_is_kept_without_output(path):
    for cell in read(path).cells:
        if cell.cell_type == "code":
            assert cell.outputs == [] and cell.execution_count is None, cell.source


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
def test_it_begins_with_what_it_answers_and_how_long_it_takes(path):
    first = read(path).cells[0]
    assert first.cell_type == "markdown"
    assert "**Answers:**" in first.source and "**Takes:**" in first.source


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
def test_it_runs(path, tmp_path, monkeypatch):
    monkeypatch.delenv("MY_MODEL_OSIM", raising=False)
    executed(path, tmp_path, monkeypatch)


@pytest.mark.slow
def test_your_model_runs_with_somebodys_model(tmp_path, monkeypatch):
    model = ROOT.parent / "shared/data/models/opensim-core/2D_gait.osim"
    if importlib.util.find_spec("opensim") is None or not model.is_file():
        pytest.skip("needs the opensim package and a published model beside the checkout")
    monkeypatch.setenv("MY_MODEL_OSIM", str(model))
    notebook = executed(ROOT / "experiments" / "your_model.ipynb", tmp_path, monkeypatch)
    said = [out.text for cell in notebook.cells for out in cell.get("outputs", []) if "text" in out]
    assert any("18 muscles" in text for text in said)


def executed(path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run all cells in a kernel of its own, in an empty folder; an error in a cell is ours."""
    nbclient = pytest.importorskip("nbclient")
    own = Path(sys.executable).parent
    monkeypatch.setenv("PATH", os.pathsep.join([str(own), os.environ["PATH"]]))
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setenv("IPYTHONDIR", str(folder / "ipython"))
    if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        monkeypatch.setenv("SURAE_CACHE", str(folder / "cache"))
    notebook = read(path)
    resources = {"metadata": {"path": str(folder)}}
    nbclient.NotebookClient(
        notebook, timeout=LONGEST_S, kernel_name="python3", resources=resources
    ).execute()
    return notebook
