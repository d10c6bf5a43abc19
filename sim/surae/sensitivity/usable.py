"""Strides that can be differentiated: solved, with multipliers, and tightly enough."""

from __future__ import annotations

import numpy as np

from surae._errors import UnusableInput
from surae.gait.neighbours import Neighbours
from surae.gait.solution import GaitSolution
from surae.gait.task import HELD_MODE, RunningTask
from surae.nlp.program import Guess
from surae.nlp.report import Status

# Newton's step from where the solve stopped, in scaled unknowns. A solve to 1e-7 ends four orders
# below; a derivative is off by about as much of itself.
LARGEST_STEP = 1e-5
_AGAIN = "solve it again from itself: surae run ... --guess RESULT.h5"


def refuse_unusable(gait: GaitSolution, guess: Guess | None, task: RunningTask) -> None:
    """End with one line where there is no solution, or none that can move."""
    if gait.status != Status.SOLVED.value:
        raise UnusableInput(
            f"The stride is {gait.status or 'of unknown status'}, and only a solved one has "
            f"derivatives; {_AGAIN}."
        )
    if guess is None or not guess.warm:
        raise UnusableInput(f"The stride has no multipliers, which derivatives need; {_AGAIN}.")
    if task.mode == HELD_MODE:
        raise UnusableInput(
            f"The motion is held (mode {HELD_MODE}), and derivatives with held motion are not "
            "offered; give a stride of another mode."
        )


def refuse_loose(neighbours: Neighbours) -> None:
    """End with one line where the solve stopped too far from its solution."""
    if not neighbours.solution.regular:
        return
    step = float(np.max(np.abs(neighbours.solution.last_step().unknowns)))
    if not step <= LARGEST_STEP:
        raise UnusableInput(
            f"The stride is {step:.1e} (scaled) from its solution, and derivatives need "
            f"{LARGEST_STEP:.0e}; {_AGAIN}."
        )
