"""What a solve has to say to a person: status with a remedy, iterations, violation, time."""

from __future__ import annotations

import dataclasses
import enum


class Status(enum.Enum):
    """How a solve ended; `remedy` says what to do about it."""

    SOLVED = "solved"
    ACCEPTABLE = "not converged: stopped at the looser acceptable level"
    ITERATION_LIMIT = "not converged: iteration limit reached"
    TIME_LIMIT = "not converged: time limit reached"
    INFEASIBLE = "not converged: stuck at a point that violates the constraints"
    FAILED = "not converged: the solver gave up"
    INTERRUPTED = "interrupted"

    @property
    def solved(self) -> bool:
        """Whether the point is a converged optimum."""
        return self is Status.SOLVED

    @property
    def halted(self) -> bool:
        """Whether somebody, or a limit of time, ended it: nothing is tried after that."""
        return self in (Status.INTERRUPTED, Status.TIME_LIMIT)

    @property
    def remedy(self) -> str:
        """What to try next, in words."""
        return _REMEDIES[self]


_CONTINUE = "continue from the kept iterate with --guess"
_APPROACH = "approach the case in smaller steps with --guess, or start from the healthy runner"
_REMEDIES = {
    Status.SOLVED: "",
    Status.ACCEPTABLE: f"{_CONTINUE}, or refine the mesh",
    Status.ITERATION_LIMIT: f"{_CONTINUE}, or raise --max-iterations",
    Status.TIME_LIMIT: f"{_CONTINUE}, or raise --max-time",
    Status.INFEASIBLE: _APPROACH,
    Status.FAILED: _APPROACH,
    Status.INTERRUPTED: _CONTINUE,
}


@dataclasses.dataclass(frozen=True)
class SolveReport:
    """The human's side of a solve; `log` has (cost, violation, dual infeasibility) an iteration.

    minimum: whether the last step needed no convexification, as at a strict minimum; None: unknown.
    started_from: in words, where nobody gave a start. legs: of the way on which a start was
    predicted (nlp.predictor), each with conditions factored anew; no iterations.
    """

    status: Status
    iterations: int
    constraint_violation: float
    wall_time: float
    derivative_time: float
    worst_constraint: str = ""
    log: tuple[tuple[float, float, float], ...] = ()
    message: str = ""
    minimum: bool | None = None
    started_from: str = ""
    legs: int = 0

    def after(self, first: SolveReport) -> SolveReport:
        """This report as that of two solves, of which `first` came first."""
        return dataclasses.replace(
            self,
            iterations=first.iterations + self.iterations,
            wall_time=first.wall_time + self.wall_time,
            derivative_time=first.derivative_time + self.derivative_time,
            log=first.log + self.log,
        )
