"""The documentation builds without a warning, and the Python reference holds every public name."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import surae
from surae.loads.all_metrics import DEFINITIONS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    pytest.importorskip("mkdocs", reason='mkdocs comes with pip install "surae[docs]"')
    into = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir"]
    done = subprocess.run([*command, str(into)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return into


def test_every_page_is_there(site):
    pages = {path.stem for path in (ROOT / "docs").glob("*.md")}
    assert pages <= {path.stem for path in site.glob("*.html")}


def test_the_reference_has_every_public_name_and_metric(site):
    text = (site / "api.html").read_text(encoding="utf-8")
    public = {name for name in surae.__all__ if not name.startswith("__")}
    assert public <= set(re.findall(r'<h3 id="(\w+)"', text))
    assert DEFINITIONS.keys() <= set(re.findall(r"<td><code>(\w+)</code></td>", text))
    assert ":::" not in text


def test_the_reference_has_dims_and_units(site):
    text = (site / "api.html").read_text(encoding="utf-8")
    row = re.search(r"<td><code>ground_reaction_force</code></td>(.*?)</tr>", text, re.DOTALL)
    assert row and re.findall(r"<td>(.*?)</td>", row[1])[:2] == ["instant, side, axis", "N"]


def test_equations_are_drawn_and_nothing_is_fetched(site):
    assert "<math" in (site / "theory.html").read_text(encoding="utf-8")
    for page in site.glob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert not re.search(r'(?:src|href)="(?:https?:)?//[^"]+\.(?:js|css|woff2?)"', text), page
