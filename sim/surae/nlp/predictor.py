"""Where the solve of a changed program should start: near its solution, not at the old one.

The old solution violates the changed conditions by some residual. On the path along which that
shrinks to nothing the solution moves by its derivative, and bounds begin and cease to act
(nlp.active_set). A long way is gone in legs, the conditions factored anew where each begins: a
derivative is true near its point alone. What the solver finds from there is what counts; a path
that ends early only leaves it more to do.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from surae.nlp.active_set import follow
from surae.nlp.kkt import Blocks, Solution, conditions
from surae.nlp.program import Floats, Guess, NonlinearProgram

# The largest movement of an unknown (scaled: 1 is about all it can do) in one leg, and in all of
# them: docs/sensitivities has what was measured.
LONGEST_LEG = 0.1
MOST_LEGS = 8
# What is not worth a factorization: conditions that hold, to this; and not a path: a movement.
HOLDS = 1e-6
SHORTEST = 1e-3


@dataclasses.dataclass(frozen=True)
class Prediction:
    """Where to start, and in how many legs that was found; none: at the old solution."""

    start: Guess
    legs: int


def predicted(program: NonlinearProgram, old: Guess, blocks: Blocks, barrier: float) -> Prediction:
    """A start for the program from a neighbour's solution; barrier: that of solutions.

    The old solution itself where it is none of anything near: too far to go, or no minimum.
    """
    point = _within(program, old)
    if _holds(program, point):
        return Prediction(old, 0)
    solution = Solution(program, point, blocks)
    whole = _residual(solution)
    movement = float(np.max(np.abs(solution.solve(whole[:, None])[: len(solution.free)])))
    if not (SHORTEST <= movement <= MOST_LEGS * LONGEST_LEG and solution.regular):
        return Prediction(old, 0)
    legs = math.ceil(movement / LONGEST_LEG)
    for leg in range(1, legs + 1):
        if leg > 1:
            solution = Solution(program, point, blocks)
            if not solution.regular:
                return Prediction(point, leg - 1)
        left = (1.0 - leg / legs) * whole
        followed = follow(solution, _residual(solution) - left)
        point = apart_from_bounds(program, followed.point, barrier)
        if followed.reached < 1.0:
            return Prediction(point, leg)
    return Prediction(point, legs)


def apart_from_bounds(program: NonlinearProgram, point: Guess, barrier: float) -> Guess:
    """As far from every bound as the barrier keeps what is pulled as hard."""
    assert point.bound_multipliers is not None
    unknowns, free = point.unknowns, program.lower < program.upper
    for side, bound in ((1.0, program.lower), (-1.0, program.upper)):
        finite = free & np.isfinite(bound)
        limit = np.where(finite, bound, 0.0)
        pull = np.maximum(-side * point.bound_multipliers, math.sqrt(barrier))
        near = finite & (side * (unknowns - limit) < pull)
        unknowns = np.where(near, limit + side * barrier / pull, unknowns)
    return dataclasses.replace(point, unknowns=unknowns)


def _within(program: NonlinearProgram, point: Guess) -> Guess:
    unknowns = np.clip(point.unknowns, program.lower, program.upper)
    return dataclasses.replace(point, unknowns=unknowns)


def _holds(program: NonlinearProgram, point: Guess) -> bool:
    assert point.bound_multipliers is not None
    now = conditions(program, point)
    slope = np.where(program.lower < program.upper, now.stationarity + point.bound_multipliers, 0.0)
    return max(np.abs(slope).max(), np.abs(now.rows).max(initial=0.0)) < HOLDS


def _residual(solution: Solution) -> Floats:
    rest = solution.residual
    return np.concatenate([rest.stationarity[solution.free], rest.rows])
