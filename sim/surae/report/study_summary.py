"""A study as the report takes it: every case, what it changes, how it ended, what it does."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping

FOLLOWED, LEFT = "followed", "left"


@dataclasses.dataclass(frozen=True)
class Effect:
    """A metric of one case, its healthy partner's, and the change; of the larger side."""

    value: float
    healthy: float

    @property
    def change(self) -> float:
        """Case minus healthy partner."""
        return self.value - self.healthy

    @property
    def percent(self) -> float:
        """Change as a share of the healthy value, %."""
        return 100.0 * self.change / abs(self.healthy) if self.healthy else math.nan


@dataclasses.dataclass(frozen=True)
class StudyCase:
    """One case. doses: what is varied, by name; empty for the healthy runner.

    name: for people; plan_name: in the study's plan. branch: `followed`, `left` or else not known;
    mismatch: how far from its parent's branch.
    """

    name: str
    plan_name: str
    status: str
    reason: str
    branch: str
    mismatch: float
    healthy: bool
    doses: Mapping[str, float]
    effects: Mapping[str, Effect]

    @property
    def solved(self) -> bool:
        """Whether it is a converged stride."""
        return self.status == "solved"


@dataclasses.dataclass(frozen=True)
class StudySummary:
    """All cases. units: of metrics; dose_units: of doses; sampled: points drawn at random."""

    name: str
    question: str
    cases: tuple[StudyCase, ...]
    units: Mapping[str, str]
    dose_units: Mapping[str, str]
    sampled: bool = False

    @property
    def solved(self) -> tuple[StudyCase, ...]:
        """Cases with an answer."""
        return tuple(case for case in self.cases if case.solved)

    @property
    def failures(self) -> tuple[StudyCase, ...]:
        """Cases that were tried in vain, or not yet."""
        return tuple(case for case in self.cases if not case.solved)

    @property
    def what_ifs(self) -> tuple[StudyCase, ...]:
        """Solved cases that are no healthy runner."""
        return tuple(case for case in self.solved if not case.healthy)

    @property
    def strayed(self) -> tuple[StudyCase, ...]:
        """Solved cases that left the branch of the stride that they started from."""
        return tuple(case for case in self.solved if case.branch == LEFT)
