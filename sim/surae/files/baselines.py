"""Solved healthy strides that come with a model: MODEL/baselines/SPEED_m_s.h5.

A solve without a guess starts at the nearest of them, so that nobody waits for a cold one and all
what-ifs of a model lie on one branch. `tools/baselines.py` makes them.
"""

from __future__ import annotations

from pathlib import Path

from surae._errors import UnusableInput
from surae.files.model_folder import find_model
from surae.files.results import StoredStride, open_result
from surae.study.case import Case

FOLDER = "baselines"
_ENDING = "_m_s.h5"
# In m/s. Further away a stride is more easily had from the reference.
_FARTHEST = 0.55


def baseline_path(model: str, speed: float) -> Path:
    """Where the baseline of a model at a speed (m/s) belongs."""
    return find_model(model) / FOLDER / f"{speed:.1f}{_ENDING}"


def nearest_baseline(model: str, mode: str, speed: float) -> StoredStride | None:
    """The baseline next to a speed (m/s); None where there is none for the model and mode."""
    if mode != "calibrated":
        return None
    try:
        folder = find_model(model) / FOLDER
    except UnusableInput:  # a runner made in Python, with a name of its own
        return None
    found = {_speed(path): path for path in folder.glob(f"*{_ENDING}")}
    near = [each for each in found if abs(each - speed) <= _FARTHEST]
    if not near:
        return None
    return open_result(found[min(near, key=lambda each: abs(each - speed))])


def has_baseline(case: Case) -> bool:
    """Whether a baseline of the model solves this very case."""
    nearest = nearest_baseline(case.model, case.mode, case.speed)
    return nearest is not None and nearest.case == case


def _speed(path: Path) -> float:
    return float(path.name.removesuffix(_ENDING))
