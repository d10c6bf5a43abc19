"""`surae sweep`: all cases of a study, each from its parent's stride; the same command resumes."""

from __future__ import annotations

import argparse
from pathlib import Path

from surae.cli.arguments import count, positive

SUMMARY = "all cases of a study, warm-started from each other; resumes"
DESCRIPTION = """\
Solve the cases of a study, each from the stride of its parent, on as many processes as there are
ranks. What is finished is kept whatever happens, and the same command continues."""
EPILOG = """\
Ctrl-C lets the running cases finish and stops; a second one ends at once.
exit status: 0 all solved, 2 unusable input, 3 finished and some failed, 130 stopped before the end
examples: surae sweep experiments/gluteal_output/study.toml --ranks 2
          surae sweep STUDY.toml --dry-run
          mpiexec -n 64 surae sweep STUDY.toml --out DIR"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of this verb."""
    parser.add_argument(
        "study", metavar="STUDY.toml", help="a study file, its folder, or a name in the library"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="default results/NAME")
    parser.add_argument(
        "--ranks",
        type=count,
        default=1,
        metavar="N",
        help="processes that solve, started here with MPI; default 1, without MPI; under mpiexec "
        "or srun the ranks of that launch are used",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="say how many cases and core-hours, and do nothing"
    )
    parser.add_argument(
        "--join",
        action="store_true",
        help="share DIR with other sweeps of the same study that were started with --join",
    )
    parser.add_argument("--retry-failed", action="store_true", help="try failed cases again")
    parser.add_argument("--max-iterations", type=count, metavar="N", help="of each solve")
    parser.add_argument("--max-time", type=positive, metavar="S", help="of each solve")
    parser.add_argument("--json", action="store_true", help="a machine-readable summary on stdout")
    parser.add_argument("--quiet", action="store_true", help="no progress on stderr")


def command(arguments: argparse.Namespace) -> int:
    """Run this verb."""
    from surae.cli.sweep_command import sweep

    return sweep(arguments)
