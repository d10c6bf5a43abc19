"""What `surae sweep` does: make the folder ready, run the sweep on this rank, say what came out."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from surae._errors import UnusableInput
from surae._runtime import keep_compiled_functions, use_one_thread
from surae.cli.destination import check_study_folder
from surae.cli.exit_status import ExitStatus
from surae.cli.launch import launch
from surae.cli.study_folder import folder_of
from surae.study.executors import executor, under_mpi

if TYPE_CHECKING:
    from surae.study.executors import Executor
    from surae.study.plan import Plan
    from surae.study.sweep import Watch

NEWS_OF_STOP = "stopping: running cases finish, nothing is lost; Ctrl-C again ends at once."


def sweep(arguments: argparse.Namespace) -> int:
    """Solve a study; the exit status."""
    if arguments.join and (arguments.ranks > 1 or under_mpi()):
        raise UnusableInput(
            "--join is for sweeps of one process each; leave out --ranks and mpiexec, or --join."
        )
    if arguments.out is not None:
        check_study_folder(arguments.out)
    use_one_thread()
    keep_compiled_functions()
    if arguments.ranks > 1 and not under_mpi() and not arguments.dry_run:
        return launch(arguments.ranks, _words(arguments))
    if arguments.dry_run:
        from surae.cli.dry_run import dry_run

        return dry_run(arguments.study, arguments.out, arguments.json)
    with executor() as place:
        return ExitStatus.SOLVED if place is None else _coordinate(arguments, place)


def _words(arguments: argparse.Namespace) -> list[str]:
    """The same command as words, for the ranks."""
    words = ["sweep", str(arguments.study)]
    for flag in ("out", "max_iterations", "max_time"):
        if getattr(arguments, flag) is not None:
            words += [f"--{flag.replace('_', '-')}", str(getattr(arguments, flag))]
    for flag in ("retry_failed", "json", "quiet"):
        if getattr(arguments, flag):
            words.append(f"--{flag.replace('_', '-')}")
    return words


def _coordinate(arguments: argparse.Namespace, place: Executor) -> int:
    from surae.files.study_record import read_plan_of
    from surae.study.lock import folder_locked

    plan = read_plan_of(arguments.study)
    folder = folder_of(plan, arguments.out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnusableInput(f"{folder} cannot be made: {error.strerror}.") from None
    with folder_locked(folder, shared=arguments.join):
        return _sweep(arguments, place, plan, folder.resolve())


def _sweep(arguments: argparse.Namespace, place: Executor, plan: Plan, folder: Path) -> int:
    from surae.cli.sweep_outcome import print_results
    from surae.cli.sweep_screen import SweepScreen
    from surae.files.study_record import record_of
    from surae.study.claims import Claims
    from surae.study.schedule import Schedule
    from surae.study.store.plan_file import write_plan
    from surae.study.store.shelf import Shelf
    from surae.study.sweep import STOP, Cases, LostProcess, Sweep, Watch
    from surae.study.sweep_folder import note_of, state_of
    from surae.sweep_case import SolveStride, warm_up

    screen = SweepScreen(plan.n, arguments.quiet)
    record = record_of(plan)
    write_plan(folder, record)
    if not arguments.join:
        (folder / STOP).unlink(missing_ok=True)
    shelf = Shelf(folder)
    state = state_of(record, shelf, repair=not arguments.join)
    for line in note_of(state, plan.n, place.ranks):
        screen.say(line)
    given = {"max_iterations": arguments.max_iterations, "max_time": arguments.max_time}
    limits = {name: value for name, value in given.items() if value is not None}
    failed = [] if arguments.retry_failed else state.failed
    schedule = Schedule(plan.tree, state.solved, failed)
    watch = Watch(say=screen.say, show=screen.show)
    watch.finished = lambda outcome, job: screen.case(
        sum(schedule.count()), _told(outcome, job), not outcome.solved
    )
    run = Sweep(
        Cases(record.names, record.keys, plan.case, record.parents),
        schedule,
        shelf,
        SolveStride(folder, plan.name, plan.seed, **limits),
        place,
        watch,
        Claims(folder) if arguments.join else None,
    )
    with _signals(watch, place):
        try:
            if state.final < plan.n:
                place.warm_up(warm_up, plan.base)
            run.run()
        except LostProcess as error:
            print(f"surae: {error}.", file=sys.stderr)
            place.abort()
    return print_results(folder, record, arguments.json, arguments.out or folder)


def _told(outcome, job) -> str:  # type: ignore[no-untyped-def]
    if not outcome.solved:
        return f"{job.name}: failed; {outcome.reason}"
    return f"{job.name}: solved ({outcome.iterations} iterations, {outcome.wall_time:.1f} s)"


@contextlib.contextmanager
def _signals(watch: Watch, place: Executor) -> Iterator[None]:
    """A first signal stops the sweep when the running cases are done; a second Ctrl-C ends it."""

    def receive(number: int, frame: FrameType | None) -> None:
        if watch.stop and number != signal.SIGUSR1:
            place.abort()
        if not watch.stop:
            watch.stop = True
            with contextlib.suppress(OSError, ValueError):
                watch.say(NEWS_OF_STOP)

    names = [name for name in ("SIGINT", "SIGTERM", "SIGUSR1") if hasattr(signal, name)]
    numbers = [getattr(signal, name) for name in names]
    try:
        before = {number: signal.signal(number, receive) for number in numbers}
    except ValueError:  # not the main thread: somebody else hears the signals
        yield
        return
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
