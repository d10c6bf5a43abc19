"""Where a solve starts: the reference stride itself, a perturbed one, or another solution.

A guess from another solution carries its multipliers; onto another mesh both are interpolated in
normalized time (multipliers per unit of time, so that they keep their size on a finer mesh).
"""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from surae.gait.problem import RunningProblem, reference_coordinates
from surae.gait.reference import PROGRESS_COORDINATE
from surae.nlp.program import Guess
from surae.transcription.layout import Layout

Floats = NDArray[np.float64]

INITIAL_ACTIVATION = 0.1
INITIAL_TENDON_FORCE = 0.1


def reference_guess(problem: RunningProblem) -> Guess:
    """The reference's coordinates and stride time, low even activations."""
    book = problem.layout
    values = np.zeros((book.n_values, book.mesh.n_points))
    coordinates = reference_coordinates(problem.runner, problem.task, problem.phases)
    last = coordinates[-1, problem.runner.coordinate_names.index(PROGRESS_COORDINATE)]
    coordinates[:, problem.runner.coordinate_names.index(PROGRESS_COORDINATE)] -= last
    values[book.values("coordinates")] = coordinates.T
    values[book.values("activation")] = INITIAL_ACTIVATION
    values[book.values("excitation")] = INITIAL_ACTIVATION
    values[book.values("tendon_force")] = INITIAL_TENDON_FORCE
    share = 0.5 if problem.task.half else 1.0
    duration = problem.task.stride_time or float(problem.task.reference.stride_time)
    values[book.values("duration")] = share * duration
    return Guess(unknowns_from(book, values))


def unknowns_from(book: Layout, values: Floats) -> Floats:
    """Scaled unknowns from values at the instants, rates by the mesh's own differences."""
    unknowns = np.zeros(book.n_unknowns)
    for variable in book.variables:
        columns = book.unknowns[variable.name]
        unknowns[columns] = values[book.values(variable.name)] / book.scale[columns]
    # Lifted rates follow from their states: least squares on the linear defects, column by column.
    if book.linear.shape[0]:
        unknowns = _fill_rates(book, unknowns)
    return np.clip(unknowns, book.lower, book.upper)


def _fill_rates(book: Layout, unknowns: Floats) -> Floats:
    from scipy.sparse.linalg import lsqr

    lifted = np.concatenate(
        [columns.ravel() for name, columns in book.unknowns.items() if name.endswith("'")]
    )
    residual = book.linear @ unknowns
    unknowns = unknowns.copy()
    unknowns[lifted] -= lsqr(book.linear[:, lifted], residual, atol=1e-12, btol=1e-12)[0]
    return unknowns


def perturbed(guess: Guess, book: Layout, size: float, seed: int) -> Guess:
    """Every unknown moved at random: by `size` times its scale, smooth over the stride.

    Noise is drawn at about eight instants a stride and interpolated: white noise from instant to
    instant would be accelerations that no start from data has.
    """
    random = np.random.default_rng(seed)
    values = guess.unknowns.copy()
    times = book.mesh.times
    knots = np.linspace(0.0, 1.0, 9)
    for variable in book.variables:
        columns = book.unknowns[variable.name]
        if variable.parameter:
            values[columns] *= 1.0 + size * random.uniform(-1.0, 1.0)
            continue
        noise = size * random.uniform(-1.0, 1.0, (len(knots), variable.size))
        noise[-1] = noise[0]
        values[columns] += CubicSpline(knots, noise, bc_type="periodic")(times).T
    return Guess(np.clip(values, book.lower, book.upper))


def onto(source: Layout, target: Layout, guess: Guess, closing_half: bool) -> Guess:
    """The guess of one mesh interpolated onto another of the same kind of problem.

    closing_half: whether the horizon closes on its mirror image (by each variable's `closing`).
    """
    del closing_half
    unknowns = np.zeros(target.n_unknowns)
    instants = source.at_instants(guess.unknowns)
    for variable in target.variables:
        values = instants[source.values(variable.name)]
        columns = target.unknowns[variable.name]
        moved = values[:, :1] if variable.parameter else _between(source, target, variable, values)
        unknowns[columns] = moved / target.scale[columns]
    if target.linear.shape[0]:
        unknowns = _fill_rates(target, unknowns)
    primal = Guess(np.clip(unknowns, target.lower, target.upper))
    if not guess.warm or source.linear.shape[0] != target.linear.shape[0]:
        return primal
    return dataclasses.replace(primal, **_multipliers_onto(source, target, guess))


def _between(source: Layout, target: Layout, variable, values: Floats) -> Floats:  # type: ignore[no-untyped-def]
    """Interpolate (size, point) in normalized time across the seam."""
    closing = np.arange(variable.size) if variable.closing is None else variable.closing
    times = np.concatenate([source.mesh.times[-2:] - 1.0, source.mesh.times])
    wrapped = np.concatenate([values[closing][:, -2:], values], axis=1)
    return CubicSpline(times, wrapped, axis=1)(target.mesh.times)


def _multipliers_onto(source: Layout, target: Layout, guess: Guess) -> dict[str, Floats]:
    """Multipliers divided by quadrature weight, interpolated linearly, multiplied back."""
    assert guess.row_multipliers is not None and guess.bound_multipliers is not None
    points, new = source.mesh.n_points, target.mesh.n_points
    n_boundary = len(guess.row_multipliers) % points
    rows = len(guess.row_multipliers) - n_boundary
    density = guess.row_multipliers[:rows].reshape(-1, points) / source.mesh.weights
    row = np.stack([np.interp(target.mesh.times, source.mesh.times, d) for d in density])
    row_multipliers = np.concatenate(
        [(row * target.mesh.weights).ravel(), guess.row_multipliers[rows:]]
    )
    bounds = np.zeros(target.n_unknowns)
    for variable in target.variables:
        old = guess.bound_multipliers[source.unknowns[variable.name]]
        columns = target.unknowns[variable.name]
        if variable.parameter:
            bounds[columns] = old[:, :1]
            continue
        density = old / source.mesh.weights
        moved = [np.interp(target.mesh.times, source.mesh.times, d) for d in density]
        bounds[columns] = np.stack(moved) * target.mesh.weights
    assert new == target.mesh.n_points
    return {"row_multipliers": row_multipliers, "bound_multipliers": bounds}
