"""lines_of_action.csv: optional, mirrored, checked, and no part of what a solve depends on."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from surae._errors import UnusableInput
from surae.files.case_inputs import key_of
from surae.files.library import library_path
from surae.files.model_runner import read_runner
from surae.study.case import Case


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(library_path() / "models" / "full", tmp_path / "full")
    return tmp_path / "full"


def rewritten(folder: Path, old: str, new: str) -> None:
    path = folder / "lines_of_action.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_left_lines_are_mirror_images(folder):
    runner = read_runner(folder)
    lines, names = runner.lines_of_action, runner.skeleton.body_names
    assert lines is not None
    rows = {
        (runner.muscle_names[m], names[j]): (names[a], names[b], np.asarray(p), np.asarray(q))
        for m, j, a, b, p, q in zip(
            lines.muscles,
            lines.joints,
            lines.distal_bodies,
            lines.proximal_bodies,
            lines.distal,
            lines.proximal,
            strict=True,
        )
    }
    right = [key for key in rows if key[0].endswith("_r")]
    assert len(rows) == 2 * len(right)
    for muscle, joint in right:
        mine, other = rows[muscle, joint], rows[muscle[:-1] + "l", joint[:-1] + "l"]
        assert [body.replace("_r", "_l") for body in mine[:2]] == list(other[:2])
        for a, b in zip(mine[2:], other[2:], strict=True):
            np.testing.assert_array_equal(a * [1.0, 1.0, -1.0], b)


def test_a_model_may_be_without_lines_and_keeps_its_key(folder):
    case = Case(model=str(folder))
    key = key_of(case)
    (folder / "lines_of_action.csv").unlink()
    assert read_runner(folder).lines_of_action is None
    assert key_of(case) == key, "metrics read the lines, a solve does not"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("soleus_r,talus_r", "soleus,talus_r", "no muscle 'soleus'"),
        ("soleus_r,talus_r", "soleus_r,foot_r", "no body 'foot_r'"),
        ("soleus_r,talus_r", "tibpost_r,talus_r", "tibpost_r crosses talus_r twice"),
        ("distal_x_m", "distal_x_mm", "distal_x_m"),
    ],
)
def test_wrong_lines_are_refused(folder, old, new, said):
    rewritten(folder, old, new)
    with pytest.raises(UnusableInput, match=said) as refusal:
        read_runner(folder)
    assert "lines_of_action.csv" in str(refusal.value)
