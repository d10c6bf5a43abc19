"""What the user gave cannot be used: one error, one line, no traceback at the command line."""

from __future__ import annotations


class UnusableInput(ValueError):
    """A file, name or number from the user that cannot be used.

    Its message is one line that says what was given, what is allowed and what to do. The command
    line prints that line and ends with exit status 2; nothing is written.
    """

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))
