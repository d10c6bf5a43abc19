"""How far a sweep is while it runs, for whoever looks from another process or machine."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from surae.study.store.hdf5 import DAMAGE, read_labels, write_texts, written_whole

LIVE = "progress.h5"
SILENCE = 60.0  # s without news: the sweep is not running any more


@dataclasses.dataclass(frozen=True)
class Live:
    """One look at a running sweep. Times in seconds since 1970; `rate` in cases a second."""

    host: str
    process: int
    ranks: int
    started: float
    updated: float
    total: int
    solved: int
    failed: int
    finished_now: int
    first: float  # when the first case of this sweep was finished: compiling comes before it
    running: tuple[str, ...] = ()
    ended: bool = False

    @property
    def left(self) -> int:
        """Cases that are neither solved nor failed."""
        return self.total - self.solved - self.failed

    @property
    def rate(self) -> float:
        """Cases a second since the first one; 0 before the second one."""
        return (self.finished_now - 1) / max(self.updated - self.first, 1e-9) if self.first else 0.0

    @property
    def time_left(self) -> float:
        """Seconds to the end at this rate; infinite where none is known."""
        return self.left / self.rate if self.rate else float("inf")

    def running_now(self) -> bool:
        """Whether there was news lately."""
        return not self.ended and time.time() - self.updated < SILENCE


_NUMBERS = tuple(field.name for field in dataclasses.fields(Live) if field.name != "running")


def write_live(folder: Path, live: Live, name: str = LIVE) -> None:
    """Replace the last look."""
    with written_whole(folder / name) as file:
        file.attrs.update({name: getattr(live, name) for name in _NUMBERS})
        write_texts(file, "running", live.running)


def read_lives(folder: Path) -> list[Live]:
    """The last looks of all sweeps in a folder; a damaged one says nothing, the cases do."""
    lives = []
    for path in sorted(folder.glob(f"{Path(LIVE).stem}*.h5")):
        with contextlib.suppress(*DAMAGE), h5py.File(path, "r", locking="best-effort") as file:
            values: dict[str, Any] = {name: _plain(file.attrs[name]) for name in _NUMBERS}
            lives.append(Live(**values, running=read_labels(file, "running")))
    return lives


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
