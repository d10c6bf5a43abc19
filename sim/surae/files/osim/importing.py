"""`import_model`: an OpenSim model becomes a model folder, and what is not carried over is listed.

The work is done by a process of its own (see worker).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from surae._errors import UnusableInput
from surae.files.osim.content import model_content

Progress = Callable[[str, float], None]  # what is being done, how far (0 to 1)


class ImportSummary(NamedTuple):
    """What came of an import; lists of sentences where several things are to be told."""

    out: Path
    model: str
    sha256: str  # of the .osim file
    opensim_version: str
    body_mass_kg: float
    coordinates: list[str]
    muscles: list[str]
    carried_over: list[str]
    changed: list[str]
    not_carried_over: list[str]
    muscle_paths: list[str]
    notes: list[str]
    path_errors_mm: dict[str, dict[str, float]]  # {muscle: {length_rms, moment_arm_rms}}


def import_model(
    path: str | Path, out: str | Path, progress: Progress | None = None, symmetric: bool = False
) -> ImportSummary:
    """Write the model folder `out`, which must not exist yet, from an .osim file.

    symmetric: the left side becomes the mirror image of the right one.
    """
    path, out = Path(path), Path(out)
    if out.exists():
        raise UnusableInput(f"{out} exists already; give --out a new folder, or remove it.")
    model_content(path)
    # The worker lives in a folder of its own, where OpenSim may drop its log.
    words = [str(path.resolve()), str(out.resolve()), *(["--symmetric"] if symmetric else [])]
    answer = _answer_of_worker(path, words, progress)
    if "refusal" in answer:
        raise UnusableInput(answer["refusal"])
    return ImportSummary(out, **answer["summary"])


def _answer_of_worker(path: Path, words: list[str], progress: Progress | None) -> dict[str, Any]:
    last, answer = "", ""
    with subprocess.Popen(
        [sys.executable, "-m", "surae.files.osim.worker", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    ) as worker:
        assert worker.stdout is not None and worker.stderr is not None
        try:
            for line in worker.stderr:
                share, _, step = line.strip().partition(" ")
                last = line.strip() or last
                if progress is not None and step and _is_number(share):
                    progress(step, float(share))
            answer = worker.stdout.read()
        finally:
            worker.terminate()
    try:
        return json.loads(answer)
    except ValueError:
        raise UnusableInput(
            f"{path}: OpenSim stopped while importing it (status {worker.returncode}; {last})."
        ) from None


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdigit()
