"""Measured ground reaction: the forces under both feet, and when the feet strike the ground."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from surae._errors import UnusableInput
from surae.files.low_pass import uniform_samples
from surae.files.opensim_tables import Table, read_table, require_finite, shortened

# Contact rule of the normative data (models/normative_running/SOURCES.md).
CONTACT_THRESHOLD = 30.0  # N of vertical force
SHORTEST_CONTACT = 0.08  # s
LOWEST_PEAK = 300.0  # N
_LONGEST_CHATTER = 0.02  # s below the threshold that do not end a contact

# Column names up to the axis letter: right, left. The second pair is gait2392's; there the unnamed
# force is the right foot's.
_PREFIXES = (
    ("r_ground_force_v", "l_ground_force_v"),
    ("ground_force_v", "1_ground_force_v"),
    ("ground_force_r_v", "ground_force_l_v"),
    ("ground_force_right_v", "ground_force_left_v"),
    ("ground_r_force_v", "ground_l_force_v"),
)


@dataclass(frozen=True)
class GroundForces:
    """Force on the runner, x forward, y up, z right."""

    time: NDArray[np.float64]  # (instant) s
    force: NDArray[np.float64]  # (instant, side(r,l), axis) N
    path: str


@dataclass(frozen=True)
class Contact:
    """One stance of one foot; a start or end outside the file is NaN."""

    start: float  # s
    end: float  # s
    peak: float  # N


def read_ground_forces(
    path: str | Path, cutoff: float, *, start: float | None = None, end: float | None = None
) -> GroundForces:
    """The ground reaction on both feet at a uniform rate that a filter of `cutoff` Hz can use."""
    table = read_table(path, allow_gaps=True)
    columns = _columns(table)
    require_finite(table, columns)
    flat = np.column_stack([table.column(name) for name in columns])
    time, flat = uniform_samples(table.time, flat, str(path), cutoff, start=start, end=end)
    force = flat.reshape(-1, 2, 3)
    vertical = force[:, :, 1]
    if abs(vertical.min()) > abs(vertical.max()):
        raise UnusableInput(
            f"{path}: the vertical forces (y) are negative, down to {vertical.min():.0f} N; forces "
            "on the runner are expected, x forward, y up, z right: turn their sign or axes."
        )
    return GroundForces(time=time, force=force, path=str(path))


def contacts(time: NDArray[np.float64], vertical: NDArray[np.float64]) -> list[Contact]:
    """Stances of one foot: vertical force above 30 N for more than 0.08 s, with a peak over 300 N.

    Crossings are interpolated linearly; dips shorter than 0.02 s are bridged.
    """
    above = (vertical > CONTACT_THRESHOLD).astype(int)
    step = np.diff(above)
    starts = [_crossing(time, vertical, int(i)) for i in np.flatnonzero(step > 0)]
    ends = [_crossing(time, vertical, int(i)) for i in np.flatnonzero(step < 0)]
    if above[0]:
        starts.insert(0, np.nan)
    if above[-1]:
        ends.append(np.nan)
    spans: list[tuple[float, float]] = []
    for start, end in zip(starts, ends, strict=True):
        if spans and start - spans[-1][1] < _LONGEST_CHATTER:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    found = []
    for start, end in spans:
        inside = (time >= np.nan_to_num(start, nan=-np.inf)) & (
            time <= np.nan_to_num(end, nan=np.inf)
        )
        peak = float(vertical[inside].max())
        cut = np.isnan(start) or np.isnan(end)
        if cut or (end - start > SHORTEST_CONTACT and peak > LOWEST_PEAK):
            found.append(Contact(start, end, peak))
    return found


def _crossing(time: NDArray[np.float64], vertical: NDArray[np.float64], i: int) -> float:
    fraction = (CONTACT_THRESHOLD - vertical[i]) / (vertical[i + 1] - vertical[i])
    return float(time[i] + fraction * (time[i + 1] - time[i]))


def _columns(table: Table) -> tuple[str, ...]:
    """The six force columns: right x, y, z, left x, y, z."""
    by_lower_case = {name.lower(): name for name in table.names}
    for pair in _PREFIXES:
        wanted = [f"{prefix}{axis}" for prefix in pair for axis in "xyz"]
        if all(name in by_lower_case for name in wanted):
            return tuple(by_lower_case[name] for name in wanted)
    allowed = "; ".join(f"{right}x and {left}x" for right, left in _PREFIXES)
    raise UnusableInput(
        f"{table.path} has no ground reaction of a right and a left foot; its columns are "
        f"{shortened(table.names)}. Allowed are {allowed} (upper or lower case), each with y and "
        "z: rename the columns."
    )
