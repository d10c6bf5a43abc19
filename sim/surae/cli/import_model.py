"""`surae import`: an OpenSim model becomes a model folder."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from surae.cli.exit_status import ExitStatus

if TYPE_CHECKING:
    from surae.files.osim.importing import ImportSummary

SUMMARY = "an OpenSim model (.osim) becomes a model folder"
DESCRIPTION = """\
Make a model folder from an OpenSim 4 model: bodies, joints, couplers, muscles, motors, springs,
stops and contact spheres. Muscle paths become polynomials, fitted over the range of running. What
is not carried over is listed, here and in the folder's IMPORT.md. Needs pip install
"surae[opensim]" (CPython 3.11 on Linux)."""
EPILOG = """\
exit status: 0 written, 2 unusable model, and nothing written
example: surae import subject01.osim --out models/subject01"""
_INTERVAL = 2.0  # s between two lines of progress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of this verb."""
    parser.add_argument("model", type=Path, metavar="MODEL.osim", help="an OpenSim 4 model")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", required=True, help="the folder to make; not there yet"
    )
    parser.add_argument(
        "--symmetric",
        action="store_true",
        help="take the right side for both, so that half a stride tells all of it",
    )
    parser.add_argument("--json", action="store_true", help="machine-readable, on stdout")
    parser.add_argument("--quiet", action="store_true", help="no progress on stderr")


def command(arguments: argparse.Namespace) -> int:
    """Run this verb."""
    from surae.files.osim.importing import import_model

    progress = None if arguments.quiet else _Progress()
    summary = import_model(arguments.model, arguments.out, progress, arguments.symmetric)
    if arguments.json:
        print(json.dumps({**summary._asdict(), "out": str(summary.out)}, indent=2))
    else:
        print(_as_text(summary))
    return ExitStatus.SOLVED


class _Progress:
    """What is being done, on stderr, at every new step and every few seconds."""

    def __init__(self) -> None:
        self._step, self._shown = "", 0.0

    def __call__(self, step: str, share: float) -> None:
        now = time.monotonic()
        if step == self._step and now - self._shown < _INTERVAL:
            return
        self._step, self._shown = step, now
        done = f" {share:.0%}" if share else ""
        print(f"{step}{done} ...", file=sys.stderr, flush=True)


def _as_text(summary: ImportSummary) -> str:
    sections = {
        "Carried over": summary.carried_over,
        "Changed on the way": summary.changed,
        "Not carried over": summary.not_carried_over,
        "Muscle paths": summary.muscle_paths,
        "Of the finished folder": summary.notes,
    }
    lines = [
        "\n".join([f"{title}:", *(f"  {line}" for line in entries)])
        for title, entries in sections.items()
        if entries
    ]
    return "\n".join([*lines, f"model folder: {summary.out}"])
