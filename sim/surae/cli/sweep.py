"""`surae sweep`: all cases of a study, each from its parent's stride; the same command resumes."""

from __future__ import annotations

import argparse
from pathlib import Path

from surae.cli.arguments import count, positive

SUMMARY = "all cases of a study, warm-started from each other; resumes"
DESCRIPTION = """\
Solve the cases of a study one after another, each from the stride of its parent. Finished cases
are skipped, so the same command continues after an interruption."""
EPILOG = """\
exit status: 0 all solved, 2 unusable input, 3 some not converged, 130 interrupted
example: surae sweep experiments/gluteal_output/study.toml"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of this verb."""
    parser.add_argument(
        "study", metavar="STUDY.toml", help="a study file, its folder, or a name in the library"
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="default results/NAME; cases go to DIR/cases"
    )
    parser.add_argument(
        "--ranks", type=count, default=1, metavar="N", help="accepted; this version uses one rank"
    )
    parser.add_argument("--max-iterations", type=count, metavar="N", help="give up after so many")
    parser.add_argument("--max-time", type=positive, metavar="S", help="give up after so long")
    parser.add_argument("--json", action="store_true", help="a machine-readable summary on stdout")
    parser.add_argument("--quiet", action="store_true", help="no progress on stderr")


def command(arguments: argparse.Namespace) -> int:
    """Run this verb."""
    from surae.cli.sweep_command import sweep

    return sweep(arguments)
