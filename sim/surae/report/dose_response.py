"""How the peak Achilles force changes with the strength that remains."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from surae.report.reported import ReportedStride

METRIC = "achilles_peak_force"
FEWEST_STRENGTHS = 3


@dataclasses.dataclass(frozen=True)
class DoseResponse:
    """Strengths in falling order, 1 = healthy, and the change of the larger side's peak, %."""

    strength: np.ndarray
    change: np.ndarray
    noise: float | None  # in % of the baseline


def dose_response(
    strides: Sequence[ReportedStride], noise: Mapping[str, ArrayLike] | None = None
) -> DoseResponse | None:
    """Strides that carry a strength against strides[0]; None below three different strengths."""
    given = [s for s in strides if s.strength is not None and METRIC in s.metrics]
    if len({s.strength for s in given}) < FEWEST_STRENGTHS or METRIC not in strides[0].metrics:
        return None
    given.sort(key=lambda s: -(s.strength or 0.0))
    baseline = _peak(strides[0])
    spread = (noise or {}).get(METRIC)
    return DoseResponse(
        np.array([s.strength for s in given]),
        np.array([100.0 * (_peak(s) / baseline - 1.0) for s in given]),
        None if spread is None else 100.0 * float(np.max(np.asarray(spread))) / baseline,
    )


def _peak(stride: ReportedStride) -> float:
    return float(np.max(np.asarray(stride.metrics[METRIC].value)))
