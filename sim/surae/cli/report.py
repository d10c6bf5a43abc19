"""`surae report`: a page with figures about a result, a comparison, or a study."""

from __future__ import annotations

import argparse
from pathlib import Path

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


def command(arguments: argparse.Namespace) -> int:
    """Run this verb."""
    from surae._runtime import use_one_thread
    from surae.cli.destination import check_study_folder
    from surae.cli.reporting import read_strides, write

    use_one_thread()
    strides = read_strides(arguments.results)
    first = arguments.results[0]
    beside = first if first.is_dir() else first.with_name(f"{first.stem}_report")
    folder = arguments.out or beside
    check_study_folder(folder)
    print(f"report: {write(strides, folder)}")
    return ExitStatus.SOLVED
