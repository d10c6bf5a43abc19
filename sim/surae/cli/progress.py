"""How a solve is going, on stderr: a live line on a terminal, sparse plain lines elsewhere."""

from __future__ import annotations

import contextlib
import shutil
import sys
import time
from collections.abc import Iterator
from typing import TextIO

_LIVE_INTERVAL = 0.1  # s between two drawings of the live line
_PLAIN_INTERVAL = 10.0  # s between two plain lines
_FIRST = "compiling (a minute or two, kept for the next time), then solving"
_CLEAR_LINE = "\r\x1b[K"


class Progress:
    """Called once an iteration by the solver; `title` says which solve it is."""

    def __init__(self, quiet: bool = False, stream: TextIO | None = None) -> None:
        self._stream = stream if stream is not None else sys.stderr
        self._quiet = quiet
        self._live = not quiet and self._stream.isatty()
        self._title, self._started, self._shown = "", time.monotonic(), 0.0

    def begin(self, title: str) -> None:
        """A new solve starts; compiling comes first, and says nothing for a while."""
        self._title, self._started = title, time.monotonic()
        # The plain lines begin one interval after the title.
        self._shown = time.monotonic()
        self._draw(f"{_FIRST} ...") if self._live else self.say(f"{title}: {_FIRST} ...")

    def __call__(self, iteration: int, cost: float, violation: float) -> None:
        """One iteration is done."""
        if self._quiet or time.monotonic() - self._shown < self._interval:
            return
        self._shown = time.monotonic()
        elapsed = self._shown - self._started
        self._draw(
            f"iteration {iteration}  cost {cost:.6g}  violation {violation:.1e}  {elapsed:.0f} s"
        )

    def end(self) -> None:
        """The solve is over: the live line goes away."""
        if self._live:
            self._write(_CLEAR_LINE)

    def say(self, text: str) -> None:
        """A line that stays, unless quiet."""
        if not self._quiet:
            self._write((_CLEAR_LINE if self._live else "") + text + "\n")

    @property
    def _interval(self) -> float:
        return _LIVE_INTERVAL if self._live else _PLAIN_INTERVAL

    def _draw(self, text: str) -> None:
        line = f"{self._title}: {text}"
        if self._live:
            width = shutil.get_terminal_size().columns - 1
            self._write(_CLEAR_LINE + line[:width])
        else:
            self._write(line + "\n")

    def _write(self, text: str) -> None:
        # Nobody reading the progress is no reason to stop a solve.
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text)
            self._stream.flush()


@contextlib.contextmanager
def shown(progress: Progress, title: str) -> Iterator[Progress]:
    """A solve's time on the screen."""
    progress.begin(title)
    try:
        yield progress
    finally:
        progress.end()
