"""A planar stride solved once, and the strides next to it solved again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import surae
from surae.gait.neighbours import Neighbours, Number
from surae.gait.solution import GaitSolution
from surae.gait.stride import IpoptOptions, Stride, StrideSolver
from surae.loads.all_metrics import all_metrics
from surae.sensitivity.numbers import all_numbers
from surae.study.case import Case

TIGHT = IpoptOptions(tolerance=1e-9, constraint_tolerance=1e-10)


class Solved:
    """A stride, its neighbours, all numbers by name, and loads of neighbours that are solved."""

    def __init__(self, case: Case, guess: Callable[..., Any] | None = None) -> None:
        runner, task = surae.prepare_task(case)

        def at_speed(speed: float):
            other = Case(model=case.model, speed=speed, intervals=case.intervals)
            return surae.prepare_task(other)[1]

        self.solver = StrideSolver(runner, task, TIGHT)
        self.stride: Stride = self.solver.solve(
            None if guess is None else guess(self.solver.problem)
        )
        assert self.stride.report.status.solved
        self.neighbours = Neighbours(self.stride.problem, self.stride.guess)
        self.numbers = {n.name: n for n in all_numbers(runner, task, at_speed)}

    @property
    def gait(self) -> GaitSolution:
        return self.stride.gait

    def loads(self, number: Number, value: float) -> dict[str, np.ndarray]:
        """All loads of the stride solved with another value of a number."""
        self.solver.set_task(*number.at(value))
        again = self.solver.solve(self.stride.guess)
        assert again.report.status.solved
        return {name: np.asarray(m.value) for name, m in all_metrics(again.gait).items()}

    def slopes(self, name: str, step: float) -> dict[str, np.ndarray]:
        """Central differences of solved strides, extrapolated from two steps (of the value)."""
        number = self.numbers[name]

        def slope(share: float) -> dict[str, np.ndarray]:
            h = share * number.value
            high, low = self.loads(number, number.value + h), self.loads(number, number.value - h)
            return {load: (high[load] - low[load]) / (2.0 * h) for load in high}

        wide, narrow = slope(step), slope(0.5 * step)
        return {load: (4.0 * narrow[load] - wide[load]) / 3.0 for load in wide}


@pytest.fixture(scope="session")
def solve() -> Callable[..., Solved]:
    return Solved


@pytest.fixture(scope="session")
def planar() -> Solved:
    return Solved(Case(speed=4.0, intervals=12))
