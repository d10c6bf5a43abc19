"""`surae collect`: one `results.h5` from all cases of a study."""

from __future__ import annotations

import argparse
from pathlib import Path

from surae.cli.exit_status import ExitStatus

SUMMARY = "one results.h5 with the study's axes from all its cases"
DESCRIPTION = """\
Gather the metrics of all cases, solved so far or failed, over the axes of the study. The cases
themselves are only read."""
EPILOG = """\
exit status: 0 written, 2 unusable input
example: surae collect results/gluteal_output
         python -c 'import surae; print(surae.open_study("results/gluteal_output"))'"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of this verb."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="the folder of a sweep")
    parser.add_argument("--out", type=Path, metavar="FILE.h5", help="default DIR/results.h5")


def command(arguments: argparse.Namespace) -> int:
    """Run this verb."""
    from surae.cli.destination import check_destination
    from surae.study.collected import collected
    from surae.study.store.plan_file import needed_plan
    from surae.study.store.shelf import Shelf
    from surae.study.store.table import RESULTS, write_tables

    plan = needed_plan(arguments.folder)
    path = arguments.out or arguments.folder / RESULTS
    check_destination(path)
    tables = collected(plan, Shelf(arguments.folder))
    write_tables(path, tables)
    solved = int((tables[""].columns["status"].values == "solved").sum())
    shape = " x ".join(f"{dim} {len(tables[''].labels[dim])}" for dim in plan.dims)
    print(f"{path}: {shape}; {solved} solved")
    return ExitStatus.SOLVED
