"""`surae export`: a result as files for another program."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from surae._errors import UnusableInput
from surae.cli.exit_status import ExitStatus
from surae.runner.spelling import unknown_name

SUMMARY = "a result as OpenSim files: .mot, .sto, ground reaction"
DESCRIPTION = """\
Write a stride as files that OpenSim 4 opens: coordinates.mot, activation.sto, excitation.sto,
tendon_force.sto, inverse_dynamics.sto, ground_reaction.mot and external_loads.xml."""
EPILOG = """\
exit status: 0 written, 2 unusable input
example: surae export results/healthy.h5 --to opensim healthy_opensim"""
FORMATS = ("opensim",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of this verb."""
    parser.add_argument("result", type=Path, metavar="RESULT.h5", help="what 'surae run' wrote")
    parser.add_argument("--to", metavar="FORMAT", default="opensim", help="opensim")
    parser.add_argument("folder", type=Path, metavar="DIR", help="made if it is not there")
    parser.add_argument("--json", action="store_true", help="machine-readable, on stdout")


def command(arguments: argparse.Namespace) -> int:
    """Run this verb."""
    if arguments.to not in FORMATS:
        raise UnusableInput(f"--to: there is {unknown_name('format', arguments.to, FORMATS)}.")
    if arguments.result.is_dir():
        raise UnusableInput(
            f"{arguments.result} is a folder; export one result file (*.h5) at a time."
        )
    from surae._runtime import use_one_thread

    use_one_thread()
    from surae.files.opensim_export import export_stride
    from surae.files.results import open_result

    stored = open_result(arguments.result)
    about = {
        "result": arguments.result.name,
        "model": stored.attributes["model"],
        "speed_m_s": f"{float(stored.gait.speed):.12g}",
        "case_key": stored.attributes["case_key"],
        "surae_version": stored.attributes.get("surae_version", ""),
    }
    written = export_stride(stored.gait, arguments.folder, about)
    if stored.gait.status != "solved":
        print(
            f"surae: {arguments.result} is not solved (status {stored.gait.status}): these are the "
            "curves of its last iterate, and the files' headers say so.",
            file=sys.stderr,
        )
    if arguments.json:
        files = [str(path) for path in written]
        print(json.dumps({"status": stored.gait.status, "files": files}, indent=2))
    else:
        print(f"{arguments.folder}: {', '.join(path.name for path in written)}")
    return ExitStatus.SOLVED
