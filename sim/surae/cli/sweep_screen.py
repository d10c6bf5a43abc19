"""A sweep on the screen: a bar with rate and time left, or sparse plain lines if no terminal."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import time
from typing import TextIO

from surae.cli.launch import TERMINAL
from surae.study.store.live import Live

FEW = 20  # cases whose ends are worth a line each
_PLAIN_INTERVAL = 15.0  # s between two plain lines
_BATCH_INTERVAL = 300.0  # s, in the log of a batch job
_CLEAR_LINE = "\r\x1b[K"
_BAR = 24  # characters


class SweepScreen:
    """Progress of a sweep on stderr."""

    def __init__(self, total: int, quiet: bool = False, stream: TextIO | None = None) -> None:
        self._stream = stream if stream is not None else sys.stderr
        self._quiet, self._total = quiet, total
        columns = os.environ.get(TERMINAL, "")
        self._live = not quiet and (self._stream.isatty() or columns.isdigit())
        self._width = int(columns) if columns.isdigit() else shutil.get_terminal_size().columns
        self._interval = _BATCH_INTERVAL if under_batch() else _PLAIN_INTERVAL
        self._shown = time.monotonic()
        self._last: Live | None = None

    def case(self, done: int, text: str, failed: bool) -> None:
        """A case is final: a line each where there are few, else only for failures."""
        if self._total <= FEW or failed:
            self.say(f"[{done}/{self._total}] {text}")

    def show(self, live: Live) -> None:
        """The state of the whole."""
        self._last = None if live.ended else live
        if self._live:
            self._write(_CLEAR_LINE + ("" if live.ended else self._bar(live)))
        elif not self._quiet and time.monotonic() - self._shown >= self._interval:
            self._shown = time.monotonic()
            self.say(summary(live))

    def say(self, text: str) -> None:
        """A line that stays, unless quiet."""
        if not self._quiet:
            self._write((_CLEAR_LINE if self._live else "") + text + "\n")
            if self._live and self._last is not None:
                self._write(self._bar(self._last))

    def _bar(self, live: Live) -> str:
        full = int(_BAR * (live.solved + live.failed) / max(live.total, 1))
        text = f"[{'#' * full}{'.' * (_BAR - full)}] {summary(live)}"
        return text[: self._width - 1]

    def _write(self, text: str) -> None:
        # Nobody reading the progress is no reason to stop a sweep.
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text)
            self._stream.flush()


def under_batch() -> bool:
    """Whether a batch system runs this: nobody watches, the log is read later."""
    return "SLURM_JOB_ID" in os.environ


def summary(live: Live) -> str:
    """`120 of 900 solved, 2 failed, 2 running, 1.8 cases/s, 7 min left`."""
    parts = [f"{live.solved} of {live.total} solved"]
    if live.failed:
        parts.append(f"{live.failed} failed")
    if live.running and not live.ended:
        parts.append(f"{len(live.running)} running")
    if live.rate:
        rate = live.rate
        parts.append(f"{rate:.3g} cases/s" if rate >= 1.0 else f"{1.0 / rate:.3g} s a case")
        if live.left and not live.ended:
            parts.append(f"{duration(live.time_left)} left")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """`40 s`, `12 min`, `3.5 h`, `2.1 days`."""
    for limit, unit, size in (
        (90.0, "s", 1.0),
        (90 * 60.0, "min", 60.0),
        (48 * 3600.0, "h", 3600.0),
    ):
        if seconds < limit:
            value = seconds / size
            return f"{value:.1f} {unit}" if unit == "h" else f"{value:.0f} {unit}"
    return f"{seconds / 86400.0:.1f} days"
