"""How the equations of a stride fall into blocks, for factors around the ring (nlp.ring)."""

from __future__ import annotations

import numpy as np

from surae.gait.problem import RunningProblem
from surae.nlp.kkt import Blocks
from surae.transcription.places import blocks_of

# Variables that meet few others once the excitations are gone.
MET_BY_FEW = ("activation", "motors", "reserves")


def blocks_of_stride(problem: RunningProblem) -> Blocks:
    """Interval by interval; every excitation appears in its muscle's activation dynamics alone."""
    first = len(problem.runner.coordinate_names)
    rows = first + np.arange(len(problem.runner.muscle_names))
    return blocks_of(problem.problem, "excitation", rows, MET_BY_FEW)
