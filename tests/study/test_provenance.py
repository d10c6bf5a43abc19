"""A result names the code and the machine that made it."""

from __future__ import annotations

import re
import subprocess

from surae.study import provenance as module
from surae.study.provenance import git_commit, provenance


def test_provenance_is_lines_of_text():
    found = provenance()
    assert {"surae_version", "git_commit", "packages", "host", "platform", "threads"} <= set(found)
    assert all(isinstance(text, str) and "\n" not in text for text in found.values())
    assert re.search(r"jax \d", found["packages"])


def test_an_installed_surae_has_no_commit(monkeypatch, tmp_path):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    place = tmp_path / "venv" / "site" / "surae" / "study" / "provenance.py"
    monkeypatch.setattr(module, "__file__", str(place))
    assert git_commit() == ""


def test_uncommitted_changes_are_said(monkeypatch, tmp_path):
    place = tmp_path / "sim" / "surae" / "study" / "provenance.py"
    place.parent.mkdir(parents=True)
    place.write_text("a")
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run([*git, *words], check=True)
    monkeypatch.setattr(module, "__file__", str(place))
    assert re.fullmatch(r"[0-9a-f]{40}", git_commit())
    place.write_text("b")
    assert git_commit().endswith("-dirty")
