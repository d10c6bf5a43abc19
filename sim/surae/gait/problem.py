"""The bridge: a runner and a task become an optimal control problem.

Unknowns at each instant: coordinates, activations, excitations, normalized forces of the elastic
tendons, motor controls, reserves (nothing but in gait.eased); and one duration. Mean forward speed
is given, so pelvis_tx is the deviation from uniform progress and everything closes on itself: after
half a stride on its mirror image, after a full stride on itself.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from surae._pytree import replace
from surae.gait.held_parts import held_parts
from surae.gait.motion_parts import (
    HEIGHT,
    PROGRESS,
    body_part,
    coordinate_cost_part,
    foot_part,
    foot_targets,
    is_rotation,
    leg,
    moment_scale,
    motor_part,
    one,
    reserve_part,
)
from surae.gait.muscle_parts import activation_part, muscle_parts
from surae.gait.reference import apex_phase, unnamed
from surae.gait.step_width import SWAY, WIDTH_SCALE, step_width_parts, sway_variable
from surae.gait.task import RunningTask
from surae.runner.excitation_limits import LEAST_ROOM, excitation_ceiling, gated
from surae.runner.mirror import Mirror, mirror_of_coordinates, mirror_of_names
from surae.runner.runner import Runner
from surae.transcription.collocation import mesh
from surae.transcription.layout import Layout, Variable, layout, n_rows, with_bounds
from surae.transcription.parts import Part, SparsePart
from surae.transcription.problem import OptimalControlProblem

Floats = NDArray[np.float64]
AnyPart = Part | SparsePart

_apex_phase, _excitation_ceiling = jax.jit(apex_phase), jax.jit(excitation_ceiling)

SIDEWAYS = "pelvis_tz"
ACTIVATION_SCALE = 20.0  # 1/s
DURATION_RANGE = (0.6, 1.5)  # of the reference's
# Speeds per normalized time, as unknowns of their own: eliminating them too makes a smaller system
# but, under backward Euler, one whose factorization stumbles (docs/convergence).
SPEED_SCALE = 3.0
MAX_TENDON_FORCE = 3.0  # max isometric forces


@dataclasses.dataclass(frozen=True)
class RunningProblem:
    """The problem with what is needed to read its solution back."""

    runner: Runner
    task: RunningTask
    problem: OptimalControlProblem
    elastic: tuple[int, ...]
    phases: Floats

    @property
    def layout(self) -> Layout:
        """The index book of the unknowns."""
        return self.problem.layout


def running_problem(
    runner: Runner, task: RunningTask, like: RunningProblem | None = None
) -> RunningProblem:
    """Assemble variables, parts and boundary rows.

    `like`: a problem of the same structure (see gait.structure), whose matrices are used again, and
    whatever else is made of the very same numbers.
    """
    if like is not None and _same(_bounds_of(runner, task), _bounds_of(like.runner, like.task)):
        book, elastic = like.layout, like.elastic
    else:
        elastic = tuple(i for i, e in enumerate(runner.muscles.elastic_tendon) if e)
        book = _layout(runner, task, elastic, None if like is None else like.layout)
    if like is not None and task.reference is like.task.reference:
        phases = like.phases
    else:
        own = (0.5 if task.half else 1.0) * book.mesh.times
        phases = np.mod(float(_apex_phase(unnamed(task.reference))) + own, 1.0)
    parts = problem_parts(runner, task, book, elastic, phases, like)
    scales, names = _rows(runner, elastic, task)
    boundary = _boundary(runner, book, task) if like is None else like.problem.boundary
    problem = OptimalControlProblem(
        book, parts, scales, names, boundary, np.zeros(n_rows(boundary))
    )
    return RunningProblem(runner, task, problem, elastic, phases)


def _layout(
    runner: Runner, task: RunningTask, elastic: tuple[int, ...], known: Layout | None
) -> Layout:
    if known is not None:
        times = (0.5 if task.half else 1.0) * known.mesh.times
        return with_bounds(known, _variables(runner, task, elastic, times))
    grid = mesh(task.scheme, task.intervals if task.half else 2 * task.intervals)
    times = (0.5 if task.half else 1.0) * grid.times
    return layout(_variables(runner, task, elastic, times), grid)


def _bounds_of(runner: Runner, task: RunningTask) -> tuple[Any, ...]:
    """What bounds follow from."""
    return (
        runner.coordinate_lower,
        runner.coordinate_upper,
        runner.muscles.minimum_activation,
        runner.excitation_limits,
        runner.bursts,
        task.reference.stride_time,
        task.speed,
        task.stride_time,
        task.reserves,
    )


def _same(ones: Iterable[Any], others: Iterable[Any]) -> bool:
    """Whether these are the very same records, or equal numbers."""
    plain = (float, int)
    return all(
        a is b or (isinstance(a, plain) and isinstance(b, plain) and a == b)
        for a, b in zip(ones, others, strict=True)
    )


def _variables(
    runner: Runner, task: RunningTask, elastic: tuple[int, ...], times: Floats
) -> tuple[Variable, ...]:
    """times: of the instants, in strides."""
    names = runner.coordinate_names
    rotations = is_rotation(runner)
    n, n_muscle, n_motor = len(names), len(runner.muscle_names), len(runner.actuators.names)
    elastic_names = tuple(runner.muscle_names[i] for i in elastic)
    reference_time = float(task.reference.stride_time) * (0.5 if task.half else 1.0)
    shortest, longest = (factor * reference_time for factor in DURATION_RANGE)
    if task.stride_time is not None:
        shortest = longest = task.stride_time * (0.5 if task.half else 1.0)

    def seam(mirror: Mirror) -> dict[str, Any]:
        return {"closing": mirror.of, "closing_signs": mirror.signs} if task.half else {}

    floor, ones = np.asarray(runner.muscles.minimum_activation), np.ones(n_muscle)
    tension = np.zeros(len(elastic)), np.full(len(elastic), MAX_TENDON_FORCE)
    of_muscles = seam(mirror_of_names(runner.muscle_names))
    of_tendons = seam(mirror_of_names(elastic_names))
    durations = np.array([shortest]), np.array([longest])
    reserve = np.full(n, 0.0 if task.reserves is None else np.inf)
    variables = (
        Variable(
            "coordinates",
            n,
            np.where(rotations, 1.0, 0.1),
            np.asarray(runner.coordinate_lower),
            np.asarray(runner.coordinate_upper),
            rates=2,
            lifted=1,
            rate_scale=SPEED_SCALE,
            **seam(mirror_of_coordinates(runner.skeleton)),
        ),
        Variable("activation", n_muscle, ones, floor, ones, rates=1, **of_muscles),
        Variable("excitation", n_muscle, ones, floor, highest_excitation(runner, task, times)),
        Variable(
            "tendon_force", len(elastic), np.ones(len(elastic)), *tension, rates=1, **of_tendons
        ),
        Variable("motors", n_motor, np.ones(n_motor), -np.ones(n_motor), np.ones(n_motor)),
        Variable("reserves", n, np.ones(n), -reserve, reserve),
        Variable("duration", 1, np.array([0.1]), *durations, parameter=True),
    )
    if task.step_width is not None:
        variables = (*variables, sway_variable(task.half))
    # Of a motion that is held, coordinates are data.
    return variables if task.held is None else variables[1:]


def highest_excitation(runner: Runner, task: RunningTask, times: Floats) -> Floats:
    """Upper bound of every excitation (muscle, instant) at these times, in strides."""
    limits = runner.excitation_limits
    held = np.zeros((len(runner.muscle_names), len(times)))
    if not gated(limits).any():
        ceiling = held + np.asarray(limits.ceiling)[:, None]
    else:
        told = (limits, runner.bursts, task.speed, task.stride_time)
        ceiling = np.asarray(_excitation_ceiling(*told, jnp.asarray(times)))
    # An interior for the solver, however low the ceiling.
    return np.maximum(ceiling, np.asarray(runner.muscles.minimum_activation)[:, None] + LEAST_ROOM)


def _rows(
    runner: Runner, elastic: tuple[int, ...], task: RunningTask
) -> tuple[Floats, tuple[str, ...]]:
    """Size and name of every equation: dynamics, activation, tendon equilibrium, step width."""
    dynamics = moment_scale(runner)
    activation = np.full(len(runner.muscle_names), ACTIVATION_SCALE)
    names = [f"dynamics of {name}" for name in runner.coordinate_names]
    names += [f"activation of {name}" for name in runner.muscle_names]
    names += [f"tendon equilibrium of {runner.muscle_names[i]}" for i in elastic]
    sizes = [dynamics, activation, np.ones(len(elastic))]
    if task.step_width is not None:
        sizes.append(np.array([WIDTH_SCALE]))
        names.append("step width")
    return np.concatenate(sizes), tuple(names)


def _boundary(runner: Runner, book: Layout, task: RunningTask) -> sp.csr_matrix:
    """Fix the phase: at the last instant the pelvis is at its apex, and its deviation is zero.

    Without it a shift in time would be a free direction. A full stride has two such instants and
    takes their mean: pinning one of them would favor a side. In a full stride a shift sideways is
    another free direction; in a half one the mirror has its place. So is a shift of the sway. A
    motion that is held needs no such row.
    """
    points, half = book.mesh.n_points, task.half
    if task.held is not None:
        return sp.csr_matrix((0, book.n_unknowns))
    height = book.values("coordinates", 1)[runner.coordinate_names.index(HEIGHT)]
    progress = book.values("coordinates")[runner.coordinate_names.index(PROGRESS)]
    pinned = [height, progress]
    if not half and SIDEWAYS in runner.coordinate_names:
        pinned.append(book.values("coordinates")[runner.coordinate_names.index(SIDEWAYS)])
    if task.step_width is not None:
        pinned.append(book.values(SWAY)[0])
    last = [value * points + points - 1 for value in pinned]
    rows = book.spread[last]
    if not half:
        middle = [value * points + points // 2 - 1 for value in pinned]
        rows = 0.5 * (rows + book.spread[middle])
    return rows.tocsr()


@dataclasses.dataclass(frozen=True)
class _Source:
    """Parts to be made, how many, and all of a runner and a task that they follow from."""

    make: Callable[[], Iterable[AnyPart]]
    of: tuple[Any, ...]
    count: int = 1


def problem_parts(
    runner: Runner,
    task: RunningTask,
    book: Layout,
    elastic: tuple[int, ...],
    phases: Floats,
    like: RunningProblem | None = None,
) -> tuple[AnyPart, ...]:
    """All parts, in a fixed order for a given model and kind of cost.

    like: a problem of the same structure; its parts are taken over where nothing that they are made
    of has changed.
    """
    if task.held is not None:
        plain = jax.tree.map(np.asarray, runner)
        legs = [leg(plain, side) for side in ("r", "l")]
        return held_parts(plain, task, book, elastic, legs, moment_scale(plain))
    if like is None or task.reference is not like.task.reference:
        targets = functools.cache(lambda: foot_targets(task, phases))
    else:
        targets = functools.partial(_known_targets, like)
    sources = _sources(runner, task, book, elastic, phases, targets)
    if like is None:
        return tuple(part for source in sources for part in source.make())
    parts: list[AnyPart] = []
    known = _sources(like.runner, like.task, book, elastic, like.phases, targets)
    for source, other in zip(sources, known, strict=True):
        theirs = like.problem.parts[len(parts) : len(parts) + source.count]
        parts += theirs if _same(source.of, other.of) else source.make()
    return tuple(parts)


def _known_targets(like: RunningProblem) -> Floats:
    feet = [part for part in like.problem.parts if part.name.startswith("foot_")]
    return np.stack([part.point_parameters[0] for part in feet], axis=1)


def _sources(
    runner: Runner,
    task: RunningTask,
    book: Layout,
    elastic: tuple[int, ...],
    phases: Floats,
    targets: Callable[[], Floats],
) -> list[_Source]:
    skeleton, muscles, costs = runner.skeleton, runner.muscles, task.costs

    # Cutting and stacking parameters is NumPy's work: in JAX each cut would compile on its own.
    @functools.cache
    def in_numpy(name: str) -> Any:
        return jax.tree.map(np.asarray, getattr(runner, name))

    def plain(*names: str) -> Runner:
        return replace(runner, **{name: in_numpy(name) for name in names})

    def foot(side: str) -> list[Part]:
        return [foot_part(plain("skeleton", "feet"), task, book, side, targets())]

    on_ground = skeleton, runner.feet, task.speed
    of_activation = muscles, costs.effort, costs.activation_rate
    of_muscles = muscles, costs.metabolic, skeleton if costs.metabolic > 0.0 else None
    of_feet = *on_ground, task.reference, costs.ground_reaction
    n_elastic, n_muscles = len(elastic), len(runner.muscle_names)
    found = [
        _Source(
            lambda: [body_part(plain("skeleton", "passive", "actuators"), task, book)],
            (skeleton, runner.passive, runner.actuators, task.speed),
        ),
        *(_Source(functools.partial(foot, side), of_feet) for side in ("r", "l")),
        _Source(lambda: [activation_part(plain("muscles"), costs, book)], of_activation),
        _Source(
            lambda: muscle_parts(plain("muscles", "skeleton"), costs, book, elastic),
            of_muscles,
            (n_elastic > 0) + (n_elastic < n_muscles),
        ),
        _Source(
            lambda: [coordinate_cost_part(runner, task, book, phases)],
            (task.reference, costs.tracking, costs.tracking_angle, costs.acceleration),
        ),
    ]
    if runner.actuators.names:
        found.append(_Source(lambda: [motor_part(task, book)], (costs.motor,)))
    found.append(
        _Source(lambda: [reserve_part(plain("skeleton"), task, book)], (skeleton, task.reserves))
    )
    if task.step_width is not None:
        row = len(_rows(runner, elastic, task)[0]) - 1
        of_sway = *on_ground, task.step_width
        found.append(_Source(lambda: _sway(plain("skeleton", "feet"), task, book, row), of_sway, 3))
    return found


def _sway(runner: Runner, task: RunningTask, book: Layout, row: int) -> list[Part]:
    assert task.step_width is not None
    legs = {side: leg(runner, side) for side in ("r", "l")}
    legs = {side: (one(own), moved) for side, (own, moved) in legs.items()}
    return step_width_parts(task.step_width, legs, task.speed, book, row)
