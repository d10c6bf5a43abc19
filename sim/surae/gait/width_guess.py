"""A stride whose step width is free as a guess of one with a given width, and back.

A free stride is the stride of its own width, and holding it there costs nothing: the sway and its
row come and go with multipliers of nought.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from surae.gait.problem import RunningProblem
from surae.gait.step_width import ANY_WIDTH, WIDTH_SCALE
from surae.gait.task import RunningTask
from surae.nlp.program import Guess
from surae.transcription.layout import n_rows
from surae.transcription.problem import TranscribedProgram

Floats = NDArray[np.float64]


def other_width(task: RunningTask) -> RunningTask:
    """The task with a given step width where this one's is free, and the other way round."""
    width = ANY_WIDTH if task.step_width is None else None
    return dataclasses.replace(task, step_width=width)


def with_other_rows(source: RunningProblem, target: RunningProblem, guess: Guess) -> Guess:
    """The guess of a problem as that of one which differs in having, or lacking, a given width."""
    unknowns, bounds = np.zeros((2, target.layout.n_unknowns))
    duals = guess.bound_multipliers
    for name, columns in target.layout.unknowns.items():
        own = source.layout.unknowns.get(name)
        if own is None:
            continue
        unknowns[columns] = guess.unknowns[own]
        if duals is not None:
            bounds[columns] = duals[own]
    if guess.row_multipliers is None:
        return Guess(unknowns)
    # Equations, defects, boundary: what belongs to the sway is the last of each.
    cuts = np.cumsum(_blocks(source))[:-1]
    pairs = zip(np.split(guess.row_multipliers, cuts), _blocks(target), strict=True)
    rows = [np.resize(np.append(own, np.zeros(size)), size) for own, size in pairs]
    return Guess(unknowns, np.concatenate(rows), bounds)


def width_of(program: TranscribedProgram, problem: RunningProblem, unknowns: Floats) -> float:
    """Step width (m) that a stride has; `program`: of `problem`, in which another one is given."""
    assert problem.task.step_width is not None
    mesh = problem.layout.mesh
    rows = program.constraints(unknowns)[: program.n_rows].reshape(-1, mesh.n_points)
    return problem.task.step_width - 2.0 * WIDTH_SCALE * float(rows[-1] @ mesh.weights)


def _blocks(problem: RunningProblem) -> list[int]:
    """Number of equations at the instants, of defects, of boundary rows."""
    book, own = problem.layout, problem.problem
    return [len(own.row_scale) * book.mesh.n_points, n_rows(book.linear), n_rows(own.boundary)]
