"""What a transcription's compiled functions and sparsity patterns follow from, as a digest.

Two tasks of the same structure differ in numbers alone (speed, bounds, weights, masses, strengths),
so that one solver serves both.
"""

from __future__ import annotations

import hashlib

import jax
import numpy as np

from surae.gait.reference import unnamed
from surae.gait.task import RunningTask
from surae.runner.runner import Runner


def structure(runner: Runner, task: RunningTask) -> bytes:
    """Equal for two pairs of runner and task where one solver can serve both."""
    reference, costs = unnamed(task.reference), task.costs
    words = [
        (task.symmetry, task.scheme, task.intervals, costs.exponent, costs.metabolic > 0.0),
        (task.held is not None, task.step_width is not None),
        jax.tree.structure((runner, reference)),
        [np.shape(leaf) for leaf in jax.tree.leaves((runner, reference))],
    ]
    return hashlib.sha256("\n".join(map(repr, words)).encode()).digest()
