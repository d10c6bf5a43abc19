"""What `surae run` does once its words are understood: check everything, solve, write, tell."""

from __future__ import annotations

import argparse
from pathlib import Path

from surae._errors import UnusableInput
from surae._runtime import keep_compiled_functions, keep_freed_memory, use_one_thread
from surae.cli.destination import DEFAULT_FOLDER, check_default_folder, check_destination
from surae.cli.interrupt import Interruption, interruptible
from surae.cli.progress import Progress
from surae.runner.dials import DIALS

# Fixed step frequencies, Hz; in agreement with surae.study.allowed.STRIDE_TIME_RANGE.
_CADENCES = (1.7, 5.0)
_HELD = "fixed-kinematics"  # surae.gait.task.HELD_MODE, which would start JAX
_COLD = "cold"  # surae.api.COLD


def run(arguments: argparse.Namespace) -> int:
    """Solve what was asked for; the exit status."""
    _check_combinations(arguments)
    _check_places(arguments)
    use_one_thread()
    keep_freed_memory()
    keep_compiled_functions()
    with interruptible() as interruption:
        return _solve(arguments, interruption)


def _solve(arguments: argparse.Namespace, interruption: Interruption) -> int:
    from surae.cli.case_words import case_from
    from surae.cli.held import hold
    from surae.cli.noise import as_attribute, measure
    from surae.cli.outcome import exit_status, print_outcome, report_of, say_what_went_wrong
    from surae.cli.solving import Limits, Session, keep, prepare
    from surae.cli.start import is_cold, read_guess, start_of

    given = {"max_iterations": arguments.max_iterations, "max_time": arguments.max_time}
    limits = Limits(**{name: value for name, value in given.items() if value is not None})
    cold = is_cold(arguments.guess)
    session = Session(Progress(quiet=arguments.quiet), interruption, limits, cold)
    if arguments.mode == _HELD:
        prepared, start = hold(arguments, session)
    else:
        prepared = prepare(case_from(arguments))
        start = start_of(prepared, read_guess(arguments.guess, prepared), session)
    if start.gave_up is not None:
        say_what_went_wrong(start.gave_up)
        return exit_status(report_of(start.gave_up).status)
    if start.healthy is not None:
        attempt = session.follow(prepared.case, "what-if", start.healthy)
        stride, facts = attempt.stride, attempt.facts
    else:
        stride, facts = session.solve(prepared.case, "stride", start.guess), {}
    stored = keep(arguments.out or default_out(prepared.key), stride, prepared, facts)
    noise = None
    if arguments.noise_floor and stored.gait.status == "solved":
        noise = measure(prepared.case, start.healthy, session)
        stored = keep(stored.path, stride, prepared, {**facts, **as_attribute(noise)})
    print_outcome(stored, start.healthy, arguments.json, noise)
    say_what_went_wrong(stored)
    return exit_status(report_of(stored).status)


def default_out(key: str) -> Path:
    """Where a result goes that nobody gave a name."""
    return DEFAULT_FOLDER / f"run_{key[:10]}.h5"


def _check_combinations(arguments: argparse.Namespace) -> None:
    """Flags that need or exclude each other; values that belong to two flags."""
    weak = any(getattr(arguments, kind) for kind in DIALS)
    if arguments.noise_floor and not weak:
        raise UnusableInput(
            "--noise-floor measures the noise of an effect and nothing is weakened; add --strength."
        )
    if arguments.mode == _HELD:
        _check_held(arguments)
    if arguments.mode == "track" and arguments.track is None:
        raise UnusableInput(
            "--mode track follows a measured stride; give its inverse kinematics with --track "
            "KINEMATICS."
        )
    if arguments.track is not None and arguments.mode not in ("track", _HELD):
        raise UnusableInput(f"--track {arguments.track} needs --mode track; add it.")
    for flag in ("ground_reaction", "start", "end"):
        if getattr(arguments, flag) is not None and arguments.track is None:
            name = flag.replace("_", "-")
            raise UnusableInput(f"--{name} belongs to a measured stride; give --track too.")
    start, end = arguments.start, arguments.end
    if start is not None and end is not None and not start < end:
        raise UnusableInput(f"--start {start:g} is not before --end {end:g}; give two times in s.")
    low, high = _CADENCES
    if arguments.cadence is not None and not low <= arguments.cadence <= high:
        raise UnusableInput(
            f"--cadence is {arguments.cadence:g} Hz; allowed are {low:g} to {high:g} Hz: steps (of "
            "both feet) a second, 3 Hz being 180 a minute."
        )


def _check_held(arguments: argparse.Namespace) -> None:
    if arguments.noise_floor:
        raise UnusableInput(
            f"--noise-floor solves on other meshes, and --mode {_HELD} holds a stride on its own; "
            "leave it out, or use mode calibrated."
        )
    given = arguments.guess is not None and str(arguments.guess) != _COLD
    for flag in ("track", "cadence", "step_width"):
        if given and getattr(arguments, flag) is not None:
            raise UnusableInput(
                f"--mode {_HELD} holds the stride given with --guess; leave out "
                f"--{flag.replace('_', '-')}, or the guess."
            )


def _check_places(arguments: argparse.Namespace) -> None:
    """Every file that is named can be read or written."""
    guess = None if str(arguments.guess) == _COLD else arguments.guess
    for path in (guess, arguments.track, arguments.ground_reaction):
        if path is not None and not path.is_file():
            what = "is a folder" if path.is_dir() else "does not exist"
            raise UnusableInput(f"The file {path} {what}; give a file.")
    if arguments.out is not None:
        check_destination(arguments.out)
    else:
        check_default_folder()
