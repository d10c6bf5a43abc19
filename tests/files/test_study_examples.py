"""The studies that are shown: every example of docs/studies.md and of experiments/ can be read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from surae.files.library import library_path
from surae.files.study_file import read_study
from surae.study.plan import plan_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "studies.md"
EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
CASES = {
    "bodies": 10,
    "soleus_and_speed": 12,
    "named": 5,
    "sampled": 129,
    "late_and_short": 9,
    "along_a_run": 4,
}


@pytest.mark.parametrize("text", EXAMPLES)
def test_an_example_of_the_page_has_the_cases_that_it_says(tmp_path, text):
    path = tmp_path / "study.toml"
    path.write_text(text)
    plan = plan_of(read_study(path))
    assert plan.n == CASES[plan.name]


def test_the_python_of_the_page_runs(capsys):
    code = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    exec(code[0].replace('"experiments/dose_response"', '"dose_response"'), {})
    first, *cases = capsys.readouterr().out.splitlines()
    assert first == "20 ('gluteus_maximus_strength', 'speed_m_s') (5, 4) 6"
    assert cases[0].startswith("healthy ()")


def test_every_study_of_the_library_can_be_read():
    studies = sorted((library_path() / "experiments").glob("*/study.toml"))
    assert {"gluteal_output", "planar_gluteus_maximus", "dose_response"} <= {
        path.parent.name for path in studies
    }
    for path in studies:
        assert plan_of(read_study(path)).name == path.parent.name
