"""bursts.csv of a model folder: when each muscle is active in stance in a healthy runner.

Optional; written by tools/bursts.py from solved healthy strides. One row a muscle and speed.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from surae.files.model_records import BurstRecord
from surae.files.tables import read_table
from surae.runner.spelling import unknown_name

BURSTS = "bursts.csv"
# Column: the field of `Bursts`, and what is allowed.
BURST_COLUMNS = {
    "stride_time_s": ("stride_time", 0.3, 2.0),
    "contact_s": ("contact", 0.0, 2.0),
    "stance_s": ("stance", 0.05, 1.0),
    "onset_s": ("onset", -0.5, 1.0),
    "offset_s": ("offset", -0.5, 2.0),
    "level_before": ("level_before", 0.0, 1.0),
    "level_after": ("level_after", 0.0, 1.0),
    "level_at_onset": ("level_at_onset", 0.0, 1.0),
    "level_at_offset": ("level_at_offset", 0.0, 1.0),
    "early_peak": ("early_peak", 0.0, 1.0),
}
BURST_HEADER = ("muscle", "speed_m_s", *BURST_COLUMNS)


def read_bursts(path: Path) -> tuple[BurstRecord, ...]:
    """All rows, each checked alone; none where there is no such file."""
    if not path.is_file():
        return ()
    records = []
    for row in read_table(path, BURST_HEADER):
        values = {
            field: row.number(column, low, high)
            for column, (field, low, high) in BURST_COLUMNS.items()
        }
        if values["offset"] <= values["onset"]:
            row.refuse("offset_s is not after onset_s; leave out a muscle without a burst")
        speed = row.number("speed_m_s", 0.5, 12.0)
        records.append(BurstRecord(row.text("muscle"), speed, values, row))
    return tuple(records)


def check_bursts(bursts: Sequence[BurstRecord], muscles: Sequence[str]) -> None:
    """Known muscles, each once at every speed that any of them has."""
    speeds = {burst.speed for burst in bursts}
    own: dict[str, set[float]] = {}
    for burst in bursts:
        if burst.muscle not in muscles:
            burst.source.refuse(f"there is {unknown_name('muscle', burst.muscle, muscles)}")
        if burst.speed in own.setdefault(burst.muscle, set()):
            burst.source.refuse(f"{burst.muscle} has {burst.speed:g} m/s twice; keep one row")
        own[burst.muscle].add(burst.speed)
    for burst in bursts:
        for speed in sorted(speeds - own[burst.muscle]):
            burst.source.refuse(
                f"{burst.muscle} has no row at {speed:g} m/s, where others have; add it, or leave "
                "the muscle out"
            )
