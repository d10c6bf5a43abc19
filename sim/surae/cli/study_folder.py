"""The folder of a study: named by the user or after the study, and never another study's."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from surae._errors import UnusableInput
from surae.cli.destination import DEFAULT_FOLDER, check_study_folder

if TYPE_CHECKING:
    from surae.study.plan import Plan


def folder_of(plan: Plan, out: Path | None) -> Path:
    """Where the study goes; a folder that cannot take it, or holds another one, is refused."""
    from surae.study.store.plan_file import read_plan

    folder = out or DEFAULT_FOLDER / plan.name
    check_study_folder(folder)
    there = None
    with contextlib.suppress(UnusableInput):  # a damaged plan is written anew
        there = read_plan(folder)
    if there is not None and there.study != plan.name:
        raise UnusableInput(
            f"--out {folder} holds the study {there.study!r}, not {plan.name!r}; give another "
            "folder, or move that one away."
        )
    return folder
