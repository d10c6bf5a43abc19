"""What a study's folder holds, set against what the study is now."""

from __future__ import annotations

import dataclasses

from surae.study.store.plan_file import PlanRecord
from surae.study.store.shelf import Damage, Row, Shelf

FOLLOWED, LEFT, UNKNOWN = "followed", "left", "not known"  # a case and its start's branch


@dataclasses.dataclass(frozen=True)
class FolderState:
    """Numbers of final cases; rows of failures; results of an earlier form of the study; damage."""

    solved: list[int]
    failed: list[int]
    failures: dict[int, Row]
    left_branch: list[Row]
    old: list[Row]
    damaged: list[Damage]
    wall_times: list[float]

    @property
    def final(self) -> int:
        """How many cases need no more work."""
        return len(self.solved) + len(self.failed)


def state_of(plan: PlanRecord, shelf: Shelf, repair: bool = False) -> FolderState:
    """Read the folder. repair: check every byte of loose files, and set aside what is damaged."""
    numbers = {key: number for number, key in enumerate(plan.keys)}
    if repair:
        shelf.remove_leftovers()
    solved: dict[int, Row] = {}
    failures: dict[int, Row] = {}
    old: dict[str, Row] = {}
    damaged = []
    for found in shelf.rows(verify=repair):
        if isinstance(found, Damage):
            damaged.append(found)
            if repair:
                shelf.set_aside(found.path)
            continue
        for row in found.rows:
            number = numbers.get(row.case_key)
            if number is None:
                old[row.case_key] = row
            elif row.solved:
                solved[number] = row
            else:
                failures[number] = row
    failures = {number: row for number, row in failures.items() if number not in solved}
    return FolderState(
        solved=sorted(solved),
        failed=sorted(failures),
        failures=failures,
        left_branch=[row for row in solved.values() if row.branch == LEFT],
        old=list(old.values()),
        damaged=damaged,
        wall_times=[row.wall_time_s for row in solved.values()],
    )


def note_of(state: FolderState, total: int, ranks: int) -> list[str]:
    """What there is to say before a sweep goes on from a folder, one line each."""
    lines = [
        f"damaged and set aside, its cases are solved again: {each.path} ({each.why})"
        for each in state.damaged
    ]
    if state.old:
        lines.append(
            f"{len(state.old)} results are of an earlier form of this study; they stay, and are "
            "not counted"
        )
    left = total - state.final
    if state.final:
        lines.append(f"{state.final} of {total} cases are done, {left} are left")
    if 0 < left < ranks:
        lines.append(f"{ranks} ranks for {left} cases: {ranks - left} will have nothing to do")
    return lines
