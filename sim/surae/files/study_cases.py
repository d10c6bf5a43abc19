"""Strides of a study by name, wherever they lie: as files, or packed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from surae._errors import UnusableInput
from surae.files.results import StoredStride, open_result
from surae.runner.spelling import unknown_name
from surae.study.store.plan_file import PlanRecord, needed_plan
from surae.study.store.shelf import Shelf
from surae.study.sweep_folder import state_of


def open_case(folder: str | Path, name: str) -> StoredStride:
    """A solved case of a study: its stride, case, metrics and attributes.

    folder: of a sweep. name: of the case, as `surae status` and `open_study` give it (`healthy`).
    Raises UnusableInput: no such case, with the nearest name; not solved yet; a damaged file.
    """
    plan = needed_plan(Path(folder))
    if name not in plan.names:
        raise UnusableInput(f"{folder} has {unknown_name('case', name, plan.names)}.")
    return open_cases(Path(folder), plan, [plan.names.index(name)])[0]


def open_cases(folder: Path, plan: PlanRecord, numbers: Iterable[int]) -> list[StoredStride]:
    """Cases of a study by number."""
    shelf = Shelf(folder)
    return [
        open_result(*_placed(shelf.image(plan.names[number], plan.keys[number]), plan.keys[number]))
        for number in numbers
    ]


def solved_family(folder: Path, plan: PlanRecord, most: int) -> list[int]:
    """The base and what-ifs that are compared with it: at most so many, evenly chosen, solved."""
    solved = np.array(state_of(plan, Shelf(folder)).solved, dtype=int)
    own = solved[(plan.baselines[solved] == 0) | (solved == 0)]
    if len(own) > most:
        own = own[np.linspace(0, len(own) - 1, most).round().astype(int)]
    return own.tolist()


def solved_healthy(folder: Path, plan: PlanRecord) -> list[int]:
    """All solved healthy cases."""
    solved = state_of(plan, Shelf(folder)).solved
    return [n for n in solved if n == 0 or plan.baselines[n] == n]


def _placed(found: tuple[Path, bytes], key: str) -> tuple[Path, str, bytes]:
    path, image = found
    return path, key, image
