"""What a command ends with; a promise to scripts (docs/cli.md)."""

from __future__ import annotations

import enum


class ExitStatus(enum.IntEnum):
    """Exit statuses of every verb."""

    SOLVED = 0
    UNUSABLE_INPUT = 2  # one line on stderr, nothing written
    NOT_CONVERGED = 3  # written all the same; also: a check that must pass does not
    INTERRUPTED = 130  # 128 + SIGINT, as shells count
