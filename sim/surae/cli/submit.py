"""`surae submit`: the sweep of a study as a job of a cluster."""

from __future__ import annotations

import argparse
from pathlib import Path

SUMMARY = "writes and submits the Slurm job of a study"
DESCRIPTION = """\
Write the batch script of a study's sweep into DIR/job and hand it to Slurm. The job stops before
its time limit, keeps what is done and continues by itself until every case has been tried."""
EPILOG = """\
exit status: 0 submitted, 2 unusable input, or Slurm refused (the script is kept)
examples: surae submit experiments/gluteal_output/study.toml --site slurm/example.toml --dry-run
          surae submit experiments/gluteal_output/study.toml --site slurm/example.toml"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of this verb."""
    parser.add_argument(
        "study", metavar="STUDY.toml", help="a study file, its folder, or a name in the library"
    )
    parser.add_argument(
        "--site",
        type=Path,
        required=True,
        metavar="SITE.toml",
        help="partition, time limit, ranks, modules (slurm/example.toml explains each)",
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="default results/NAME; script and logs: DIR/job"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="print the script; write and submit nothing"
    )
    parser.add_argument("--json", action="store_true", help="a machine-readable summary on stdout")


def command(arguments: argparse.Namespace) -> int:
    """Run this verb."""
    from surae.cli.submit_command import submit

    return submit(arguments)
