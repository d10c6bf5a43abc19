"""`surae report`: a page with figures about a result, a comparison, or a study."""

from __future__ import annotations

import argparse
from pathlib import Path

from surae._errors import UnusableInput
from surae.cli.exit_status import ExitStatus

SUMMARY = "HTML report with figures of a result, a comparison or a study"
DESCRIPTION = """\
Write a report: of a study's folder, of one result, or of several results compared with the first
(or with the healthy one among them)."""
EPILOG = """\
exit status: 0 written, 2 unusable input
examples: surae report results/gluteal_output
          surae report healthy.h5 weak.h5 --out comparison"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of this verb."""
    parser.add_argument(
        "results", type=Path, nargs="+", metavar="DIR|RESULT.h5", help="a folder, or result files"
    )
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="default: DIR itself, or RESULT_report beside"
    )
    parser.add_argument(
        "--noise",
        type=Path,
        metavar="RESULT.h5",
        help="take the noise floor from this result, which 'surae run --noise-floor' wrote",
    )
    parser.add_argument(
        "--worth",
        action="store_true",
        help="also what each muscle's strength is worth to the Achilles peak force",
    )


def command(arguments: argparse.Namespace) -> int:
    """Run this verb."""
    from surae._runtime import use_one_thread
    from surae.cli.destination import check_study_folder
    from surae.cli.reporting import (
        noise_of,
        read_strides,
        read_study,
        worth_of_strengths,
        write,
    )
    from surae.files.results import open_result

    use_one_thread()
    study = read_study(arguments.results)
    strides, summary = study or (read_strides(arguments.results), None)
    noise = None
    if arguments.noise is not None:
        noise = noise_of([open_result(arguments.noise)])
        if not noise:
            raise UnusableInput(
                f"--noise {arguments.noise} holds no noise floor; give a result that 'surae run "
                "--noise-floor' has written."
            )
    first = arguments.results[0]
    beside = first if first.is_dir() else first.with_name(f"{first.stem}_report")
    folder = arguments.out or beside
    check_study_folder(folder)
    worth = worth_of_strengths(strides[0]) if arguments.worth else None
    print(f"report: {write(strides, folder, summary, noise, worth)}")
    return ExitStatus.SOLVED
