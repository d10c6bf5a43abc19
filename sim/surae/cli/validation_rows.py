"""The rows of `surae validate`: of one runner's strides, with those that other results answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from surae._errors import UnusableInput

if TYPE_CHECKING:
    from surae.files.results import StoredStride
    from surae.loads.validation import Result, Row

# Groups whose weakness is that of the hip abductors.
ABDUCTORS = ("hip_abductors", "gluteals", "gluteus_medius")
_FASTER = 1.02  # at least this much higher is another cadence
_SPEED_SLACK = 1e-3  # m/s


def evaluated(
    strides: Sequence[StoredStride], others: Sequence[StoredStride] = ()
) -> tuple[Row, ...]:
    """The table. `others` serve only rows about a change: of speed, of cadence, by weakness."""
    from surae.files.library import library_path
    from surae.loads.validation import evaluate, read_targets

    targets_file = library_path() / "models" / "validation" / "targets.csv"
    if not targets_file.is_file():
        raise UnusableInput(f"The library has no {targets_file}; unset SURAE_LIBRARY.")
    targets, own = read_targets(targets_file), [_result(stride) for stride in strides]
    rows = evaluate(targets, own)
    alike = [other for other in others if _of_one_kind(strides[0], other)]
    if not alike:
        return rows
    speeds = [_result(s) for s in alike if _healthy(s) and not _same_speed(strides[0], s)]
    changes = evaluate(targets, [*own, *speeds], _partners(strides[0], alike))
    return tuple(
        row if target.statistic == "value" else change
        for target, row, change in zip(targets, rows, changes, strict=True)
    )


def _partners(base: StoredStride, alike: Sequence[StoredStride]) -> dict[str, Result]:
    """Runs at the same speed: at a higher cadence, and with weak abductors."""
    from surae.loads.validation import HIGHER_CADENCE, WEAK_ABDUCTORS

    partners: dict[str, Result] = {}
    for other in alike:
        if not _same_speed(base, other):
            continue
        if _healthy(other) and _cadence(other) > _FASTER * _cadence(base):
            partners.setdefault(HIGHER_CADENCE, _result(other))
        elif not _healthy(other) and any(c.of in ABDUCTORS for c in other.case.changes):
            partners.setdefault(WEAK_ABDUCTORS, _result(other))
    return partners


def _result(stride: StoredStride) -> Result:
    return float(stride.gait.speed), stride.metrics


def _of_one_kind(a: StoredStride, b: StoredStride) -> bool:
    return (a.case.model, a.case.mode) == (b.case.model, b.case.mode) and b.gait.status == "solved"


def _same_speed(a: StoredStride, b: StoredStride) -> bool:
    return abs(float(a.gait.speed) - float(b.gait.speed)) < _SPEED_SLACK


def _healthy(stride: StoredStride) -> bool:
    from surae.cli.result_files import is_healthy

    return is_healthy(stride)


def _cadence(stride: StoredStride) -> float:
    return 2.0 / float(stride.gait.duration)
