"""Ctrl-C: before the first iteration it ends at once, within a solve the iterate is kept."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

from surae.cli.interrupt import interruptible


def press() -> None:
    os.kill(os.getpid(), signal.SIGINT)


@pytest.fixture(autouse=True)
def handler_is_given_back():
    before = signal.getsignal(signal.SIGINT)
    yield
    assert signal.getsignal(signal.SIGINT) is before


def test_before_the_first_iteration_it_ends_at_once():
    with pytest.raises(KeyboardInterrupt), interruptible():
        press()


def test_within_a_solve_it_waits_for_the_end_of_the_iteration():
    seen = []
    with interruptible() as interruption:
        callback = interruption.watching(lambda iteration, cost, violation: seen.append(iteration))
        callback(0, 1.0, 1.0)
        press()  # while the solver computes: nothing is raised here
        with pytest.raises(KeyboardInterrupt):
            callback(1, 1.0, 1.0)
    assert seen == [0, 1]


def test_no_next_solve_begins():
    with interruptible() as interruption:
        interruption.watching(lambda *_: None)(0, 1.0, 1.0)
        press()
        with pytest.raises(KeyboardInterrupt):
            interruption.between_solves()


def test_the_second_one_is_not_ours_to_hold():
    with interruptible() as interruption:
        interruption.watching(lambda *_: None)(0, 1.0, 1.0)
        press()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL


def test_elsewhere_than_in_the_main_thread_nothing_is_touched():
    handlers = []

    def work() -> None:
        with interruptible():
            handlers.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert handlers == [signal.getsignal(signal.SIGINT)]


@pytest.mark.slow
@pytest.mark.parametrize("presses", [1, 2])
def test_a_real_solve_is_interrupted(tmp_path, presses):
    """The first Ctrl-C keeps the iterate; a second one, in the middle of the end, kills."""
    words = ["run", "--out", "kept.h5", "--scheme", "backward_euler", "--intervals", "100"]
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from surae.cli import progress, main; "
            "progress._PLAIN_INTERVAL = 0.0; sys.exit(main.main(sys.argv[1:]))",
            *words,
        ],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "iteration" in line:
            break
    process.send_signal(signal.SIGINT)
    if presses == 2:
        for line in process.stderr:
            if "stopping" in line:
                break
        process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=120)
    kept = tmp_path / "kept.h5"
    if presses == 2:
        assert process.returncode == -signal.SIGINT and not kept.exists()
        return
    assert process.returncode == 130, rest
    from surae.files.results import open_result

    assert open_result(kept).gait.status == "interrupted"
    assert "continue from the kept iterate with --guess" in rest
