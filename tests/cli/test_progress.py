"""Progress is a live line on a terminal, a few plain lines elsewhere, and never an obstacle."""

from __future__ import annotations

import io

import pytest

from surae.cli import progress as progress_module
from surae.cli.progress import Progress, shown


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Closed(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(progress_module.time, "monotonic", lambda: now[0])
    return now


def iterate(progress: Progress, clock: list[float], iterations: int, seconds: float) -> None:
    for iteration in range(iterations):
        clock[0] += seconds
        progress(iteration, 0.25, 1e-3)


def test_terminal_has_one_line_that_goes_away(clock):
    stream = Terminal()
    with shown(Progress(stream=stream), "healthy") as progress:
        iterate(progress, clock, 42, 0.06)
    assert "healthy: iteration 41  cost 0.25  violation 1.0e-03" in stream.getvalue()
    assert "\n" not in stream.getvalue()
    assert stream.getvalue().endswith("\r\x1b[K")


def test_a_file_gets_a_plain_line_now_and_then(clock):
    stream = io.StringIO()
    with shown(Progress(stream=stream), "healthy") as progress:
        iterate(progress, clock, 100, 0.25)
    lines = stream.getvalue().splitlines()
    assert lines[0].startswith("healthy: compiling")
    assert len(lines) == 3 and "\x1b" not in stream.getvalue()


def test_quiet_says_nothing(clock):
    stream = Terminal()
    with shown(Progress(quiet=True, stream=stream), "healthy") as progress:
        iterate(progress, clock, 10, 60.0)
        progress.say("something")
    assert stream.getvalue() == ""


def test_closed_stderr_stops_no_solve(clock):
    with shown(Progress(stream=Closed()), "healthy") as progress:
        iterate(progress, clock, 10, 60.0)


def test_long_titles_stay_on_one_line_of_the_terminal(clock, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    stream = Terminal()
    with shown(Progress(stream=stream), "x" * 100) as progress:
        iterate(progress, clock, 3, 1.0)
    assert max(len(part) for part in stream.getvalue().split("\r\x1b[K")) <= 39
