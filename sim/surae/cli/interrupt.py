"""Ctrl-C in the middle of a solve: the first one keeps the iterate, the second one ends at once.

Inside IPOPT a Python exception would be taken for a point where the functions cannot be evaluated:
the line search would only step back, and the solve go on. So the signal is noted, and raised from
the progress callback, between two iterations, where the solver stops and keeps its iterate.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType

Callback = Callable[[int, float, float], None]


class Interruption:
    """Whether Ctrl-C was pressed, and the progress callback that says so to the solver."""

    def __init__(self) -> None:
        self.requested = False
        self._iterating = False

    @staticmethod
    def _say(text: str) -> None:
        # Nobody reading stderr is no reason to lose the iterate.
        with contextlib.suppress(OSError, ValueError):
            print(f"\n{text}" if sys.stderr.isatty() else text, file=sys.stderr, flush=True)

    def watching(self, progress: Callback) -> Callback:
        """`progress`, stopping the solve after Ctrl-C."""

        def callback(iteration: int, cost: float, violation: float) -> None:
            self._iterating = True
            progress(iteration, cost, violation)
            if self.requested:
                self._say("stopping, the iterate is kept; Ctrl-C again ends at once.")
                raise KeyboardInterrupt

        return callback

    def between_solves(self) -> None:
        """No iterate is at stake until the next iteration: Ctrl-C may end the program."""
        self._iterating = False
        if self.requested:
            raise KeyboardInterrupt

    def receive(self, signal_number: int, frame: FrameType | None) -> None:
        """Handle SIGINT."""
        self.requested = True
        # The next one ends the process without asking Python, even inside compiled code.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if not self._iterating:
            raise KeyboardInterrupt


@contextlib.contextmanager
def interruptible() -> Iterator[Interruption]:
    """Hold SIGINT while a verb solves; elsewhere than in the main thread nothing can be held."""
    interruption = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield interruption
        return
    before = signal.signal(signal.SIGINT, interruption.receive)
    try:
        yield interruption
    finally:
        signal.signal(signal.SIGINT, before)
