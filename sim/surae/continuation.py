"""A case followed from a solved one: on that one's branch, in smaller steps where one is too long.

A what-if that does not converge in one step, or that leaves its start's branch, is approached in 2,
4 and 8. `surae run` and sweeps both follow by this ladder.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from surae.api import branch_of
from surae.files.case_inputs import part_of_the_way
from surae.files.results import StoredStride
from surae.gait.branch import Branch
from surae.gait.stride import Stride
from surae.study.case import Case
from surae.study.sweep_folder import FOLLOWED, LEFT, UNKNOWN

STEPS = (2, 4, 8)

# Solves a case from a guess; it is told which step of how many that is.
Solve = Callable[[Case, StoredStride | Stride, int, int], Stride]
Say = Callable[[str], None]


@dataclasses.dataclass(frozen=True)
class Attempt:
    """A stride, in how many steps it was come by, and whether it is on its start's branch."""

    stride: Stride
    steps: int = 1
    branch: Branch | None = None

    @property
    def solved(self) -> bool:
        """Whether it converged."""
        return self.stride.report.status.solved

    @property
    def followed(self) -> bool:
        """Whether it converged on its start's branch."""
        return self.solved and self.branch is not None and self.branch.followed

    @property
    def facts(self) -> dict[str, Any]:
        """Whether it is on its start's branch, as attributes of its result."""
        word = UNKNOWN if self.branch is None else FOLLOWED if self.branch.followed else LEFT
        mismatch = float("nan") if self.branch is None else float(self.branch.mismatch)
        return {"branch": word, "branch_mismatch": mismatch}

    @property
    def ending(self) -> str:
        """How it ended, in words."""
        if self.solved and not self.followed:
            return "not on the branch that it started from"
        return self.stride.report.status.value


def follow(case: Case, start: StoredStride, solve: Solve, say: Say = lambda text: None) -> Attempt:
    """The best attempt at a case from a start; `say` is told why another one is made."""
    best = in_steps(case, start, 1, solve)
    for steps in STEPS:
        if best.followed or best.stride.report.status.halted:
            return best
        say(f"{best.ending}; trying {steps} steps")
        again = in_steps(case, start, steps, solve)
        # What has left the branch in one step is only given up for what has stayed on it.
        if again.followed or (again.solved and not best.solved):
            best = again
    return best


def in_steps(case: Case, start: StoredStride, steps: int, solve: Solve) -> Attempt:
    """From the start in equal steps; on the branch where every step is."""
    guess: StoredStride | Stride = start
    worst: Branch | None = None
    for step in range(1, steps + 1):
        part = part_of_the_way(start.case, case, step / steps) if step < steps else case
        stride = solve(part, guess, step, steps)
        if stride.report.status.solved:
            branch = branch_of(guess, stride)
            if worst is None or branch.mismatch > worst.mismatch or not branch.followed:
                worst = branch
            guess = stride
        elif step < steps:
            return Attempt(stride, steps)
    return Attempt(stride, steps, worst)
