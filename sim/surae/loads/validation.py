"""The validation table: our metrics beside published and measured values, row by row.

The rows are data (`models/validation/targets.csv`): a metric or a difference `A - B` of two, the
band it should lie in, the speeds at which the band holds, the source, and a gate: `hard` rows
must pass, `soft` rows count towards a score, `report` rows are only shown. `speed` may stand in a
metric's place for the speed that was asked for. A metric with sides passes when both do.
"""

from __future__ import annotations

import csv
import dataclasses
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from surae._errors import UnusableInput
from surae.loads.metric import Metric

PASS, OUTSIDE, NOT_APPLICABLE = "pass", "outside", "not applicable"
GATES = ("hard", "soft", "report")
HIGHER_CADENCE, WEAK_ABDUCTORS = "change at higher cadence", "change with weak abductors"
STATISTICS = ("value", "slope with speed", "smallest increase", HIGHER_CADENCE, WEAK_ABDUCTORS)
NUMBERS = ("nominal_speed_m_s", "lowest_speed_m_s", "highest_speed_m_s", "low", "high")

# The metrics of one run, and the speed that was asked for [m/s].
Result = tuple[float, Mapping[str, Metric]]


@dataclasses.dataclass(frozen=True)
class Target:
    """One row of the targets file; NaN where the file leaves a number out."""

    id: str
    quantity: str
    metric: str
    statistic: str
    target: str
    nominal_speed_m_s: float
    lowest_speed_m_s: float
    highest_speed_m_s: float
    source: str
    status: str
    gate: str
    low: float
    high: float
    unit: str
    needs: str


@dataclasses.dataclass(frozen=True)
class Row:
    """One row of the validation table; `ours` is the mean of sides, NaN where not applicable."""

    target: Target
    ours: float
    speed: float
    verdict: str
    reason: str


def read_targets(path: Path | str) -> tuple[Target, ...]:
    """Rows of a targets file."""
    with open(path, newline="", encoding="utf-8") as lines:
        return tuple(_target(row, path) for row in csv.DictReader(lines))


def evaluate(
    targets: Sequence[Target],
    results: Sequence[Result],
    partners: Mapping[str, Result] | None = None,
) -> tuple[Row, ...]:
    """The table for one or several runs of the same runner at different speeds.

    Each row takes the run nearest to its nominal speed within its range of speeds; rows about the
    effect of speed take all runs in the range. `partners`: by statistic, the run that differs from
    the first result in cadence, or in the strength of its abductors, and in nothing else.
    """
    return tuple(_row(target, results, partners or {}) for target in targets)


def hard_failures(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Rows that block: hard gate and outside."""
    return tuple(row for row in rows if row.target.gate == "hard" and row.verdict == OUTSIDE)


def soft_score(rows: Sequence[Row]) -> tuple[int, int]:
    """How many soft rows pass, of how many that apply."""
    soft = [row for row in rows if row.target.gate == "soft" and row.verdict != NOT_APPLICABLE]
    return sum(row.verdict == PASS for row in soft), len(soft)


def _target(row: dict[str, str], path: Path | str) -> Target:
    expected = [field.name for field in dataclasses.fields(Target)]
    if sorted(str(name) for name in row) != sorted(expected):
        raise UnusableInput(f"{path} has columns {list(row)}; a targets file has {expected}.")
    for column, allowed in (("gate", GATES), ("statistic", STATISTICS)):
        if row[column] not in allowed:
            raise UnusableInput(
                f"{path}, row {row['id']}: {column} {row[column]!r} is none of {list(allowed)}."
            )
    try:
        numbers = {name: float(row[name] or "nan") for name in NUMBERS}
    except ValueError as error:
        raise UnusableInput(f"{path}, row {row['id']}: {error}; correct the number.") from error
    return Target(**{**row, **numbers})  # type: ignore[arg-type]


def _row(target: Target, results: Sequence[Result], partners: Mapping[str, Result]) -> Row:
    if not target.metric:
        return _not_applicable(target, f"needs {target.needs}")
    known = [result for result in results if _value(target.metric, result) is not None]
    if not known:
        needs = "" if target.needs == "any" else f" (needs {target.needs})"
        return _not_applicable(target, f"the model has no such metric{needs}")
    if target.statistic in (HIGHER_CADENCE, WEAK_ABDUCTORS):
        return _changed(target, known[0], partners.get(target.statistic))
    inside = [result for result in known if _within(result[0], target)]
    if not inside:
        band = f"{target.lowest_speed_m_s:g} to {target.highest_speed_m_s:g} m/s"
        return _not_applicable(target, f"holds at {band}")
    if target.statistic == "value":
        nominal = target.nominal_speed_m_s
        speed, metrics = min(
            inside, key=lambda result: 0.0 if math.isnan(nominal) else abs(result[0] - nominal)
        )
        return _judged(target, _value(target.metric, (speed, metrics)), speed)
    inside = sorted(inside, key=lambda result: result[0])
    speeds = np.array([speed for speed, _ in inside])
    if len(np.unique(speeds)) < 2:
        return _not_applicable(target, f"needs {target.needs}")
    values = np.stack([np.asarray(_value(target.metric, result)) for result in inside])
    if target.statistic == "slope with speed":
        deviation = (speeds - speeds.mean())[:, None]
        slopes = (deviation * values).sum(axis=0) / (deviation**2).sum()
        return _judged(target, slopes, math.nan)
    return _judged(target, np.diff(values, axis=0).min(axis=0), math.nan)


def _changed(target: Target, base: Result, partner: Result | None) -> Row:
    """The partner's value less ours, in per cent of ours where the row's unit is that."""
    other = None if partner is None else _value(target.metric, partner)
    if other is None:
        return _not_applicable(target, f"needs {target.needs}")
    ours = np.asarray(_value(target.metric, base))
    change = 100.0 * (other - ours) / np.abs(ours) if target.unit == "%" else other - ours
    return _judged(target, change, base[0])


def _value(metric: str, result: Result) -> np.ndarray | None:
    """Values over sides of a metric or of `A - B`; None where the run does not have them."""
    speed, metrics = result
    terms = []
    for name in metric.split(" - "):
        if name == "speed":
            terms.append(np.array([speed]))
        elif name in metrics:
            terms.append(np.atleast_1d(np.asarray(metrics[name].value, dtype=float)))
        else:
            return None
    return terms[0] if len(terms) == 1 else terms[0] - terms[1]


def _within(speed: float, target: Target) -> bool:
    """A range that the file leaves out holds at every speed."""
    slack = 1e-6
    below = speed < target.lowest_speed_m_s - slack
    above = speed > target.highest_speed_m_s + slack
    return not (below or above)


def _judged(target: Target, values: np.ndarray | None, speed: float) -> Row:
    values = np.asarray(values)
    ours = float(np.mean(values))
    if np.isnan(values).any():
        return Row(target, ours, speed, OUTSIDE, "not a number: no contact found")
    outside = (values < target.low).any() or (values > target.high).any()
    return Row(target, ours, speed, OUTSIDE if outside else PASS, "")


def _not_applicable(target: Target, reason: str) -> Row:
    return Row(target, math.nan, math.nan, NOT_APPLICABLE, reason)
