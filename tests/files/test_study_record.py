"""The keys of a study's record are those under which its results are stored."""

from __future__ import annotations

from pathlib import Path

from surae.files.case_inputs import key_of, settle
from surae.files.model_folder import load_runner
from surae.files.study_record import read_plan_of, record_of

STUDY = """
[study]
name = "late"
question = "And late?"
[task]
model = "planar"
speed_m_s = 4.0
symmetry = "half"
[[axis]]
delay_ms = "gluteus_maximus"
values = [0.0, 20.0]
[[axis]]
strength = "gluteus_maximus"
values = [1.0, 0.8]
"""


def test_every_case_has_the_key_of_its_result(tmp_path: Path) -> None:
    """Of cases that read the bursts and of those that do not."""
    path = tmp_path / "study.toml"
    path.write_text(STUDY)
    plan = read_plan_of(path)
    runner = load_runner("planar")
    expected = [key_of(settle(plan.case(number), runner)) for number in range(plan.n)]
    assert list(record_of(plan).keys) == expected and len(set(expected)) == plan.n
