"""Where a solve starts: the reference stride itself, a perturbed one, or another solution.

A guess from another solution carries its multipliers; onto another mesh both are interpolated in
normalized time (multipliers per unit of time, so that they keep their size on a finer mesh).
"""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from surae._errors import UnusableInput
from surae.gait.motion_parts import reference_coordinates
from surae.gait.problem import RunningProblem, running_problem
from surae.gait.reference import PROGRESS_COORDINATE
from surae.gait.solution import GaitSolution
from surae.gait.task import HELD_MODE
from surae.gait.unfold import defects, unfolded
from surae.gait.width_guess import other_width, with_other_rows
from surae.nlp.program import Guess
from surae.runner.mirror import mirror_of_coordinates, mirror_of_names
from surae.transcription.layout import Layout, Variable

Floats = NDArray[np.float64]

INITIAL_ACTIVATION = 0.1
INITIAL_TENDON_FORCE = 0.1


def reference_guess(problem: RunningProblem) -> Guess:
    """The reference's coordinates and stride time, low even activations."""
    book = problem.layout
    values = np.zeros((book.n_values, book.mesh.n_points))
    if problem.task.held is None:
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
    if defects(book):
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


@dataclasses.dataclass(frozen=True)
class Start:
    """Where another solve ended: its stride, its transcription, and its unknowns if known."""

    gait: GaitSolution
    symmetry: str
    scheme: str
    intervals: int
    guess: Guess | None = None


def guess_for(start: Start, problem: RunningProblem) -> Guess:
    """What another solve gives this one to start from.

    The same transcription: its unknowns and multipliers as they are, also where speed, cadence,
    costs or body differ (both are scaled to the task's size). Another mesh: both interpolated, a
    half stride first unfolded into a full one where a full one is asked for. A free step width
    from a fixed one and back: likewise, the sway and its row without multipliers. A half stride
    from a full one, a motion to hold from a free one, or a stride without unknowns: its curves,
    without multipliers.
    """
    _check_same_model(start.gait, problem)
    task, guess = problem.task, start.guess
    folds = start.symmetry == "full" and task.half
    other_unknowns = (start.gait.mode == HELD_MODE) != (task.held is not None)
    if guess is None or folds or other_unknowns:
        return guess_from_gait(problem, start.gait)
    old = dataclasses.replace(
        task, symmetry=start.symmetry, scheme=start.scheme, intervals=start.intervals
    )
    source = problem if old == task else running_problem(problem.runner, old)
    if len(guess.unknowns) != source.layout.n_unknowns:
        other = running_problem(problem.runner, other_width(old))
        if len(guess.unknowns) != other.layout.n_unknowns:  # another surae numbered them
            return guess_from_gait(problem, start.gait)
        guess = with_other_rows(other, source, guess)
    if source.task.half and not task.half:
        whole = running_problem(problem.runner, dataclasses.replace(old, symmetry="full"))
        source, guess = whole, unfolded(source, whole, guess)
    alike = (start.scheme, start.intervals) == (task.scheme, task.intervals)
    return guess if alike else onto(source.layout, problem.layout, guess)


def _check_same_model(gait: GaitSolution, problem: RunningProblem) -> None:
    for kind in ("coordinate_names", "muscle_names"):
        theirs, ours = getattr(gait.runner, kind), getattr(problem.runner, kind)
        if theirs != ours:
            differing = sorted(set(theirs) ^ set(ours))[:3] or ["their order"]
            raise UnusableInput(
                f"The guess is a stride of model {gait.runner.name!r}, whose "
                f"{kind.replace('_', ' ')} differ from those of {problem.runner.name!r} "
                f"({', '.join(differing)} ...); give a result of the same model, or no guess."
            )


def guess_from_gait(problem: RunningProblem, gait: GaitSolution) -> Guess:
    """A full stride at any speed, put on the problem's instants; without multipliers.

    Where half a stride is solved, the mean of the stride and its mirror image.
    """
    book, runner, half = problem.layout, problem.runner, problem.task.half
    elastic = list(problem.elastic)
    names = runner.coordinate_names
    time, duration = np.asarray(gait.time), float(gait.duration)
    deviation = np.array(gait.coordinates)
    progress = names.index(PROGRESS_COORDINATE)
    deviation[:, progress] -= float(gait.speed) * time
    deviation[:, progress] -= deviation[-1, progress]
    motors = list(runner.actuators.coordinates)
    forces = np.asarray(gait.tendon_force) / np.asarray(runner.muscles.max_isometric_force)
    curves = {
        "coordinates": deviation,
        "activation": np.asarray(gait.activation),
        "excitation": np.asarray(gait.excitation),
        "tendon_force": forces[:, elastic],
        "motors": np.asarray(gait.joint_moments)[:, motors]
        / np.asarray(runner.actuators.max_torque),
    }
    elastic_names = tuple(runner.muscle_names[i] for i in elastic)
    mirrors = {
        "coordinates": mirror_of_coordinates(runner.skeleton),
        "tendon_force": mirror_of_names(elastic_names),
    }
    values = np.zeros((book.n_values, book.mesh.n_points))
    if problem.task.held is not None:
        del curves["coordinates"]
    for name, curve in curves.items():
        phases = np.concatenate([[time[-1] / duration - 1.0], time / duration])
        spline = CubicSpline(phases, np.concatenate([curve[-1:], curve]), bc_type="periodic")
        at_points = spline(book.mesh.times * (0.5 if half else 1.0))
        if half and name != "motors":
            mirror = mirrors.get(name) or mirror_of_names(runner.muscle_names)
            later = spline(0.5 * book.mesh.times + 0.5)
            at_points = 0.5 * (at_points + mirror.image(later.T).T)
        values[book.values(name)] = at_points.T
    values[book.values("duration")] = duration * (0.5 if half else 1.0)
    return Guess(unknowns_from(book, values))


def onto(source: Layout, target: Layout, guess: Guess) -> Guess:
    """The guess of one mesh interpolated onto another of the same problem."""
    unknowns = np.zeros(target.n_unknowns)
    instants = source.at_instants(guess.unknowns)
    for variable in target.variables:
        values = instants[source.values(variable.name)]
        columns = target.unknowns[variable.name]
        moved = values[:, :1] if variable.parameter else _between(source, target, variable, values)
        unknowns[columns] = moved / target.scale[columns]
    if defects(target):
        unknowns = _fill_rates(target, unknowns)
    primal = Guess(np.clip(unknowns, target.lower, target.upper))
    if not guess.warm or defects(source) != defects(target):
        return primal
    return dataclasses.replace(primal, **_multipliers_onto(source, target, guess))


def _between(source: Layout, target: Layout, variable: Variable, values: Floats) -> Floats:
    """Interpolate (size, point) in normalized time across the seam."""
    closing, signs = variable.seam
    times = np.concatenate([source.mesh.times[-2:] - 1.0, source.mesh.times])
    wrapped = np.concatenate([signs[:, None] * values[closing][:, -2:], values], axis=1)
    return CubicSpline(times, wrapped, axis=1)(target.mesh.times)


def _multipliers_onto(source: Layout, target: Layout, guess: Guess) -> dict[str, Floats]:
    """Multipliers divided by quadrature weight, interpolated linearly, multiplied back."""
    assert guess.row_multipliers is not None and guess.bound_multipliers is not None
    n_boundary = len(guess.row_multipliers) % source.mesh.n_points
    split = len(guess.row_multipliers) - n_boundary
    by_row = guess.row_multipliers[:split].reshape(-1, source.mesh.n_points)
    rows = _density_onto(source, target, by_row)
    # Rows of lifted rates are multiplied by the number of intervals (transcription.layout).
    rows[len(rows) - defects(source) :] *= source.mesh.intervals / target.mesh.intervals
    bounds = np.zeros(target.n_unknowns)
    parameters = {variable.name for variable in target.variables if variable.parameter}
    for name, columns in target.unknowns.items():
        old = guess.bound_multipliers[source.unknowns[name]]
        whole = name in parameters
        bounds[columns] = old[:, :1] if whole else _density_onto(source, target, old)
    row_multipliers = np.concatenate([rows.ravel(), guess.row_multipliers[split:]])
    return {"row_multipliers": row_multipliers, "bound_multipliers": bounds}


def _density_onto(source: Layout, target: Layout, multipliers: Floats) -> Floats:
    """(row, point) of one mesh on the points of the other, per unit of time."""
    density = multipliers / source.mesh.weights
    moved = [np.interp(target.mesh.times, source.mesh.times, each) for each in density]
    return np.reshape(moved, (len(multipliers), target.mesh.n_points)) * target.mesh.weights
