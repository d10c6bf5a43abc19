"""What a sweep shows: a bar on a terminal, few plain lines elsewhere, nothing when quiet."""

from __future__ import annotations

import dataclasses
import io

import pytest

from surae.cli.launch import TERMINAL
from surae.cli.sweep_screen import SweepScreen, duration, summary
from surae.study.store.live import Live, read_lives, write_live

LIVE = Live("host", 1, 2, 100.0, 160.0, 50, 19, 1, 19, 142.0, ("a", "b"))


def test_rate_and_time_left_count_from_the_first_case():
    assert LIVE.rate == pytest.approx(1.0) and LIVE.left == 30
    assert LIVE.time_left == pytest.approx(30.0)
    assert summary(LIVE) == "19 of 50 solved, 1 failed, 2 running, 1 cases/s, 30 s left"
    unknown = dataclasses.replace(LIVE, finished_now=0, first=0.0)
    assert summary(unknown) == "19 of 50 solved, 1 failed, 2 running"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(40, "40 s"), (600, "10 min"), (9000, "2.5 h"), (3 * 86400, "3.0 days")],
)
def test_durations_are_told_in_their_own_unit(seconds, text):
    assert duration(seconds) == text


def test_a_terminal_gets_a_bar_that_fits(monkeypatch):
    monkeypatch.setenv(TERMINAL, "60")
    stream = io.StringIO()
    screen = SweepScreen(50, stream=stream)
    screen.show(LIVE)
    bar = stream.getvalue().removeprefix("\r\x1b[K")
    assert bar.startswith("[#########...............] 19 of 50") and len(bar) < 60
    screen.case(21, "bad: failed; why", failed=True)
    assert "[21/50] bad: failed; why\n[####" in stream.getvalue(), "the bar comes back"
    screen.show(dataclasses.replace(LIVE, ended=True))
    assert stream.getvalue().endswith("\r\x1b[K"), "and goes away at the end"


def test_elsewhere_only_failures_and_few_cases_are_lines():
    stream = io.StringIO()
    screen = SweepScreen(50, stream=stream)
    screen.case(20, "good: solved", failed=False)
    screen.show(LIVE)
    assert stream.getvalue() == ""
    screen.case(21, "bad: failed; why", failed=True)
    assert stream.getvalue() == "[21/50] bad: failed; why\n"
    few = SweepScreen(3, stream=stream)
    few.case(1, "good: solved", failed=False)
    assert stream.getvalue().endswith("[1/3] good: solved\n")


def test_quiet_is_quiet(monkeypatch):
    monkeypatch.setenv(TERMINAL, "80")
    stream = io.StringIO()
    screen = SweepScreen(3, quiet=True, stream=stream)
    screen.case(1, "bad", failed=True)
    screen.show(LIVE)
    screen.say("words")
    assert stream.getvalue() == ""


def test_the_live_file_tells_what_was_told_to_it(tmp_path):
    write_live(tmp_path, LIVE)
    write_live(tmp_path, dataclasses.replace(LIVE, host="other", running=()), "progress.x.1.h5")
    (tmp_path / "progress.damaged.h5").write_bytes(b"nonsense")
    lives = read_lives(tmp_path)
    assert LIVE in lives and len(lives) == 2
