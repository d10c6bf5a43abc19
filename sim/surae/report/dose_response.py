"""How the Achilles loads change with the strength that remains, or with whatever a study varies."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from surae.report.reported import ReportedStride
from surae.report.study_summary import StudyCase, StudySummary

METRIC = "achilles_peak_force"
FEWEST_STRENGTHS = 3
_MOST_DOSES = 2  # varied at once that a curve can be drawn for


@dataclasses.dataclass(frozen=True)
class DoseResponse:
    """Strengths in falling order, 1 = healthy, and the change of the larger side's value, %."""

    strength: np.ndarray
    change: np.ndarray
    noise: float | None  # in % of the baseline
    healthy: float  # the baseline's value, in the metric's unit


@dataclasses.dataclass(frozen=True)
class DoseCurve:
    """One curve: doses in rising order; by metric the change in % and the healthy value."""

    name: str
    dose: np.ndarray
    change: Mapping[str, np.ndarray]
    healthy: Mapping[str, float]


@dataclasses.dataclass(frozen=True)
class DoseFamily:
    """Curves over one axis. falling: it is a strength, drawn from healthy to weak."""

    label: str
    curves: tuple[DoseCurve, ...]
    falling: bool
    sampled: bool = False


def dose_response(
    strides: Sequence[ReportedStride],
    noise: Mapping[str, ArrayLike] | None = None,
    metric: str = METRIC,
) -> DoseResponse | None:
    """Strides that carry a strength against strides[0]; None below three different strengths."""
    given = [s for s in strides if s.strength is not None and metric in s.metrics]
    if len({s.strength for s in given}) < FEWEST_STRENGTHS or metric not in strides[0].metrics:
        return None
    given.sort(key=lambda s: -(s.strength or 0.0))
    baseline = _largest(strides[0], metric)
    spread = (noise or {}).get(metric)
    return DoseResponse(
        np.array([s.strength for s in given]),
        np.array([100.0 * (_largest(s, metric) / baseline - 1.0) for s in given]),
        None if spread is None else 100.0 * float(np.max(np.asarray(spread))) / baseline,
        baseline,
    )


def _largest(stride: ReportedStride, metric: str) -> float:
    return float(np.max(np.asarray(stride.metrics[metric].value)))


def dose_curves(study: StudySummary, metrics: Sequence[str]) -> list[DoseFamily]:
    """Curves for what a study varies: one dose a case, or one dose at each value of another."""
    cases = [case for case in study.solved if case.doses and case.effects]
    if study.sampled:
        names = dict.fromkeys(name for case in cases for name in case.doses)
        return [_sampled(study, cases, name, metrics) for name in names]
    groups: dict[tuple[str, str], list[tuple[float, StudyCase]]] = {}
    shared = _shared(cases)
    for case in cases:
        if not 0 < len(case.doses) <= _MOST_DOSES:
            continue
        along = next((name for name in case.doses if name in shared), next(iter(case.doses)))
        others = [f"{name} {value:.4g}" for name, value in case.doses.items() if name != along]
        # Cases with one dose each lie together, by the kind of dose; their names tell them apart.
        group = (along if shared else _kind(along), ", ".join(others) or _of(along))
        groups.setdefault(group, []).append((case.doses[along], case))
    families: dict[str, list[DoseCurve]] = {}
    for (axis, name), points in groups.items():
        families.setdefault(axis, []).append(_curve(name, points, metrics, not shared, axis))
    return [
        DoseFamily(_label(axis, study), tuple(curves), _is_share(axis))
        for axis, curves in families.items()
        if max(len(curve.dose) for curve in curves) > 1
    ]


def _shared(cases: Sequence[StudyCase]) -> set[str]:
    """The dose that runs along the curves where two are varied: the first with most values."""
    if not any(len(case.doses) == _MOST_DOSES for case in cases):
        return set()
    values: dict[str, set[float]] = {}
    for case in cases:
        for name, value in case.doses.items():
            values.setdefault(name, set()).add(value)
    return {max(values, key=lambda name: len(values[name]))}


def _curve(
    name: str,
    points: list[tuple[float, StudyCase]],
    metrics: Sequence[str],
    from_healthy: bool,
    axis: str,
) -> DoseCurve:
    points = sorted(points, key=lambda point: point[0])
    dose = [value for value, _ in points]
    add = from_healthy and _is_share(axis) and 1.0 not in dose
    change, healthy = {}, {}
    for metric in metrics:
        effects = [case.effects.get(metric) for _, case in points]
        if all(effect is None for effect in effects):
            continue
        values = [np.nan if effect is None else effect.percent for effect in effects]
        change[metric] = np.array([*values, *([0.0] if add else [])])
        healthy[metric] = next(effect.healthy for effect in effects if effect is not None)
    scale = 100.0 if _is_share(axis) else 1.0
    return DoseCurve(name, scale * np.array([*dose, *([1.0] if add else [])]), change, healthy)


def _sampled(
    study: StudySummary, cases: Sequence[StudyCase], name: str, metrics: Sequence[str]
) -> DoseFamily:
    points = [(case.doses[name], case) for case in cases if name in case.doses]
    curve = _curve(name, points, metrics, False, name)
    return DoseFamily(_label(name, study), (curve,), _is_share(name), sampled=True)


def _kind(dose: str) -> str:
    return dose.rpartition(" ")[2]


def _of(dose: str) -> str:
    return dose.rpartition(" ")[0] or dose


def _is_share(dose: str) -> bool:
    return _kind(dose) in ("strength", "atrophy", "ceiling", "drop")


def _label(axis: str, study: StudySummary) -> str:
    if _kind(axis) == "strength":
        of = _of(axis) if " " in axis else ""
        return f"Active force that remains{f' in {of}' if of else ''} (%)"
    unit = "%" if _is_share(axis) else study.dose_units.get(axis, "")
    text = axis[:1].upper() + axis[1:]
    return f"{text} ({unit})" if unit and unit != "1" else text
