"""What a report is about: strides, their curves, and all that is known beside them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from surae.loads import validation
from surae.loads.agreement import Band
from surae.loads.stride import Stride, prepare
from surae.report.curves import Curves, asymmetric, curves, measured_quantities
from surae.report.line_plot import MOST_SERIES
from surae.report.reported import Norms, ReportedStride
from surae.report.study_summary import StudySummary
from surae.report.table import Comparison, compare
from surae.report.worth_map import WorthMap


@dataclasses.dataclass(frozen=True)
class Subject:
    """strides[0] is the baseline, the others its what-ifs.

    noise: the noise floor of a metric in its own unit. norms: where measured bands come from.
    rows: of the validation table. study: the study that the strides are taken from. worth: what
    the strengths of the baseline are worth, where it was asked for.
    """

    strides: Sequence[ReportedStride]
    noise: Mapping[str, ArrayLike] = dataclasses.field(default_factory=dict)
    norms: Norms | None = None
    rows: Sequence[validation.Row] = ()
    study: StudySummary | None = None
    provenance: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    worth: WorthMap | None = None

    @cached_property
    def comparison(self) -> Comparison:
        """The table of the baseline against the what-ifs."""
        return compare(self.strides, self.noise)

    @cached_property
    def shown(self) -> list[ReportedStride]:
        """Strides that are drawn: the baseline and the last one always, evenly chosen between."""
        count = min(MOST_SERIES, len(self.strides))
        keep = np.unique(np.linspace(0, len(self.strides) - 1, count).round().astype(int))
        return [self.strides[i] for i in keep]

    @cached_property
    def ready(self) -> list[Stride]:
        """The drawn strides, made ready for measuring."""
        return [prepare(stride.gait) for stride in self.shown]

    @cached_property
    def right(self) -> list[Curves]:
        """Curves of the right side of the drawn strides."""
        return [curves(s, "r", at) for s, at in zip(self.shown, self.ready, strict=True)]

    @cached_property
    def left(self) -> list[Curves]:
        """Curves of the left side of the drawn strides."""
        return [curves(s, "l", at) for s, at in zip(self.shown, self.ready, strict=True)]

    @property
    def names(self) -> list[str]:
        """Names of the drawn strides."""
        return [stride.name for stride in self.shown]

    @property
    def lopsided(self) -> bool:
        """Whether a drawn stride loads its Achilles tendons differently."""
        return any(asymmetric(a, b) for a, b in zip(self.left, self.right, strict=True))

    @cached_property
    def bands(self) -> dict[str, Band]:
        """Measured bands at this speed; empty where there are none (also outside 2 to 5 m/s)."""
        if self.norms is None:
            return {}
        found = {}
        for quantity in measured_quantities(self.right[0]):
            try:
                found[quantity] = self.norms.normative_curve(quantity, self.right[0].speed)
            except ValueError:
                continue
        return found

    def shift(self, quantity: str) -> float:
        """What our model reads more in the same pose than the model of the measurement, deg."""
        return 0.0 if self.norms is None else self.norms.pelvis_frame_shift_deg(quantity)

    def floor(self, metric: str) -> float | None:
        """The noise floor of a metric, its largest place; None where it was not measured."""
        spread = self.noise.get(metric)
        return None if spread is None else float(np.max(np.asarray(spread)))
