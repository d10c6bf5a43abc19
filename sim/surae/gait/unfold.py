"""A solved half stride and its mirror image as one full stride, with multipliers, exactly.

Normalized time of the full stride runs over twice as long, so rates double. Its time mean counts
each instant half as much, so multipliers of what happens at an instant are halved: the Lagrangian
keeps its value, and an optimal half stride is a stationary full one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from surae.gait.problem import RunningProblem
from surae.gait.step_width import SWAY
from surae.nlp.program import Guess
from surae.runner.mirror import (
    Mirror,
    mirror_of_actuators,
    mirror_of_coordinates,
    mirror_of_names,
)
from surae.transcription.layout import Layout

Floats = NDArray[np.float64]

# Of the boundary rows of gait.problem: the height's rate doubles, the progress stays. What pins the
# full stride sideways, or the sway, holds nothing where both sides are alike.
_BOUNDARY = np.array([0.5, 1.0])


def unfolded(half: RunningProblem, full: RunningProblem, guess: Guess) -> Guess:
    """The full stride's guess; `full` has the scheme and intervals of `half`."""
    mirrors = _mirrors(half)
    whole = full.layout
    unknowns, bounds = np.zeros(whole.n_unknowns), np.zeros(whole.n_unknowns)
    parameters = {v.name for v in whole.variables if v.parameter}
    for name, columns in whole.unknowns.items():
        own = half.layout.unknowns[name]
        duals = np.zeros(own.shape)
        if guess.bound_multipliers is not None:
            duals = guess.bound_multipliers[own]
        if name in parameters:  # the duration, seen by all instants
            unknowns[columns] = 2.0 * guess.unknowns[own][:, :1]
            bounds[columns] = 0.5 * duals[:, :1]
            continue
        mirror, rate = mirrors[name.rstrip("'")], _doubled(name)
        unknowns[columns] = rate * _both(guess.unknowns[own], mirror)
        bounds[columns] = 0.5 / rate * _both(duals, mirror)
    if guess.row_multipliers is None:
        return Guess(unknowns)
    return Guess(unknowns, _rows(half, full, mirrors, guess.row_multipliers), bounds)


def defects(book: Layout) -> int:
    """Linear rows an instant, which tie lifted rates to their states."""
    rows, _ = book.linear.shape or (0, 0)
    return rows // book.mesh.n_points


def _rows(
    half: RunningProblem, full: RunningProblem, mirrors: dict[str, Mirror], multipliers: Floats
) -> Floats:
    book = half.layout
    # Rows of gait.problem: dynamics, activation, tendon equilibrium, step width; then those
    # of lifted rates, which grow with the rate and the number of intervals (transcription.layout).
    blocks = [(mirrors[name], 0.5) for name in ("coordinates", "activation", "tendon_force")]
    if half.task.step_width is not None:
        blocks.append((mirrors[SWAY], 0.5))
    lifted = [name for name in book.unknowns if name.endswith("'")]
    blocks += [(mirrors[name.rstrip("'")], 0.25 / _doubled(name)) for name in lifted]
    split = sum(len(mirror.of) for mirror, _ in blocks) * book.mesh.n_points
    by_row = multipliers[:split].reshape(-1, book.mesh.n_points)
    parts = np.split(by_row, np.cumsum([len(mirror.of) for mirror, _ in blocks])[:-1])
    pairs = zip(parts, blocks, strict=True)
    rows = [(factor * _both(part, mirror)).ravel() for part, (mirror, factor) in pairs]
    boundary = np.zeros(len(full.problem.boundary_value))
    own = multipliers[split:][: len(_BOUNDARY)]  # none where the motion is held
    boundary[: len(own)] = _BOUNDARY[: len(own)] * own
    return np.concatenate([*rows, boundary])


def _mirrors(half: RunningProblem) -> dict[str, Mirror]:
    """For each variable, the mirror image of its components."""
    runner = half.runner
    muscles = mirror_of_names(runner.muscle_names)
    elastic = tuple(runner.muscle_names[i] for i in half.elastic)
    motors, coordinates = runner.actuators, mirror_of_coordinates(runner.skeleton)
    return {
        "coordinates": coordinates,
        "reserves": coordinates,
        "activation": muscles,
        "excitation": muscles,
        "tendon_force": mirror_of_names(elastic),
        SWAY: Mirror(np.array([0]), np.ones(1)),
        "motors": mirror_of_actuators(motors.names, motors.coordinates, runner.skeleton),
    }


def _both(values: Floats, mirror: Mirror) -> Floats:
    """(component, point) of the half stride, then of its mirror image."""
    return np.concatenate([values, mirror.image(values)], axis=1)


def _doubled(name: str) -> float:
    """2 for a rate, 4 for a second rate."""
    return 2.0 ** name.count("'")
