"""A stride as the report takes it: a name for people, the solution, its metrics, the strength."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from surae.gait.solution import GaitSolution
from surae.loads.agreement import Band
from surae.loads.all_metrics import all_metrics
from surae.loads.metric import Metric


class BranchFound(NamedTuple):
    """Whether a stride is on the branch of its start: `followed`, `left`, else not known."""

    word: str
    mismatch: float


@dataclasses.dataclass(frozen=True)
class ReportedStride:
    """One runner of the comparison; `strength` is the fraction of active force that remains."""

    name: str
    gait: GaitSolution
    metrics: Mapping[str, Metric]
    strength: float | None = None
    branch: BranchFound | None = None

    @property
    def solved(self) -> bool:
        """Whether the solver says so; a stride that carries no status is taken as given."""
        return self.gait.status.lower() in ("", "solved", "success")


class Norms(Protocol):
    """Where measured bands come from; the module `surae.files.normative` is one."""

    def normative_curve(self, quantity: str, speed: float, side: str = "r") -> Band:
        """Band of a coordinate (deg), a force (BW) or a moment (N m/kg)."""
        ...

    def pelvis_frame_shift_deg(self, coordinate: str) -> float:
        """What our model reads more in the same pose than the model of the measurement."""
        ...


def reported(stride: ReportedStride | Sequence[Any]) -> ReportedStride:
    """`stride` itself, or one made of (name, gait), (name, gait, metrics[, strength])."""
    if isinstance(stride, ReportedStride):
        return stride
    name, gait, *rest = stride
    metrics = rest[0] if rest and rest[0] is not None else all_metrics(gait)
    return ReportedStride(str(name), gait, metrics, rest[1] if len(rest) > 1 else None)
