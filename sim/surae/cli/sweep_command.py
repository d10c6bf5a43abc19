"""What `surae sweep` does: case by case from parent to child, keeping each as it is finished."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from surae._errors import UnusableInput
from surae._runtime import keep_compiled_functions, use_one_thread
from surae.cli.destination import DEFAULT_FOLDER, check_study_folder
from surae.cli.exit_status import ExitStatus
from surae.cli.interrupt import Interruption, interruptible
from surae.cli.progress import Progress

if TYPE_CHECKING:
    from surae.cli.solving import Session
    from surae.files.results import StoredStride
    from surae.files.study_file import StudyCase

Results = dict[str, "StoredStride"]


def sweep(arguments: argparse.Namespace) -> int:
    """Solve a study; the exit status."""
    if arguments.out is not None:
        check_study_folder(arguments.out)
    use_one_thread()
    keep_compiled_functions()
    with interruptible() as interruption:
        return _sweep(arguments, interruption)


def _sweep(arguments: argparse.Namespace, interruption: Interruption) -> int:
    from surae.cli.result_files import CASES_FOLDER
    from surae.cli.solving import Limits, Session
    from surae.files.study_file import expand, read_study

    study = read_study(arguments.study)
    folder = arguments.out or DEFAULT_FOLDER / study.name
    check_study_folder(folder)
    if arguments.ranks > 1:
        print("one rank is used; parallel sweeps come later.", file=sys.stderr)
    given = {"max_iterations": arguments.max_iterations, "max_time": arguments.max_time}
    limits = Limits(**{name: value for name, value in given.items() if value is not None})
    session = Session(Progress(quiet=arguments.quiet), interruption, limits)
    cases = expand(study)
    results: Results = {}
    for number, study_case in enumerate(cases, start=1):
        title = f"[{number}/{len(cases)}] {study_case.name}"
        path = folder / CASES_FOLDER / f"{study_case.name}.h5"
        stored = _solved_case(study_case, path, results, session, title)
        if stored is not None:
            results[study_case.name] = stored
            if stored.gait.status == "interrupted":
                print(f"surae: interrupted; {path} keeps the iterate.", file=sys.stderr)
                return ExitStatus.INTERRUPTED
    _print_results(results, folder, arguments.json)
    return _status(cases, results)


def _solved_case(
    study_case: StudyCase, path: Path, results: Results, session: Session, title: str
) -> StoredStride | None:
    """The case's result: as found, or solved now; None where it has nothing to start from."""
    from surae.cli.solving import finished, keep, prepare

    prepared = prepare(study_case.case)
    found = finished(prepared, path)
    if found is not None:
        session.progress.say(f"{title}: found in {path}")
        return found
    if study_case.parent is None:
        stride = session.solve(prepared.case, title)
    else:
        parent = results.get(study_case.parent)
        if parent is None or parent.gait.status != "solved":
            session.progress.say(f"{title}: not tried, {study_case.parent} did not converge")
            return None
        stride = session.follow(prepared.case, title, parent)
    _make(path.parent)
    stored = keep(path, stride, prepared)
    report = stride.report
    session.progress.say(
        f"{title}: {report.status.value} ({report.iterations} iterations, {report.wall_time:.1f} s)"
    )
    return stored


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnusableInput(f"{folder} cannot be made: {error.strerror}.") from None


def _print_results(results: Results, folder: Path, machine: bool) -> None:
    from surae.cli.stride_table import as_json, study_table
    from surae.report.page import PAGE

    if machine:
        cases = {
            name: {
                "status": stored.gait.status,
                "out": str(stored.path),
                "metrics": as_json(stored.metrics),
            }
            for name, stored in results.items()
        }
        print(json.dumps({"out": str(folder), "cases": cases}, indent=2))
        return
    solved = {name: s for name, s in results.items() if s.gait.status == "solved"}
    if solved:
        first = next(iter(solved.values()))
        named = {name: stored.metrics for name, stored in solved.items()}
        print(study_table(named, first.gait.runner.muscle_names))
    print(f"report: 'surae report {folder}' writes {folder / PAGE}")


def _status(cases: list[StudyCase], results: Results) -> int:
    from surae.cli.outcome import explanation

    for name, stored in results.items():
        if stored.gait.status != "solved":
            print(f"surae: {name}: {explanation(stored)}", file=sys.stderr)
    missing = [case.name for case in cases if case.name not in results]
    if missing:
        print(f"surae: not tried: {', '.join(missing)}.", file=sys.stderr)
    solved = sum(stored.gait.status == "solved" for stored in results.values())
    return ExitStatus.SOLVED if solved == len(cases) else ExitStatus.NOT_CONVERGED
