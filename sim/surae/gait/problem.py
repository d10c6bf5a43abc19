"""The bridge: a runner and a task become an optimal control problem.

Unknowns at each instant: coordinates, activations, excitations, normalized forces of the elastic
tendons, motor controls, reserves (nothing but in gait.eased); and one duration. Mean forward speed
is given, so pelvis_tx is the deviation from uniform progress and everything closes on itself: after
half a stride on its mirror image, after a full stride on itself.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from surae.foot import contact
from surae.foot.ground import Leg
from surae.gait import equations as eq
from surae.gait.held_parts import held_parts
from surae.gait.muscle_parts import activation_part, muscle_parts
from surae.gait.reference import (
    apex_phase,
    evaluate,
    ground_reaction,
    has_ground_reaction,
    unnamed,
)
from surae.gait.step_width import SWAY, WIDTH_SCALE, step_width_parts, sway_variable
from surae.gait.task import RunningTask
from surae.runner.excitation_limits import LEAST_ROOM, excitation_ceiling, gated
from surae.runner.mirror import Mirror, mirror_of_coordinates, mirror_of_names
from surae.runner.runner import Runner
from surae.skeleton.tree import chain, limb
from surae.transcription.collocation import mesh
from surae.transcription.layout import Layout, Variable, layout, n_rows, with_bounds
from surae.transcription.parts import Part, SparsePart
from surae.transcription.problem import OptimalControlProblem

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

_apex_phase, _evaluate = jax.jit(apex_phase), jax.jit(evaluate)
_ground_reaction = jax.jit(ground_reaction)
_excitation_ceiling = jax.jit(excitation_ceiling)

PROGRESS = "pelvis_tx"
HEIGHT = "pelvis_ty"
SIDEWAYS = "pelvis_tz"
FORCE_SCALE = 1.0  # body weights
MOMENT_SCALE = 100.0  # N m
ACTIVATION_SCALE = 20.0  # 1/s
DURATION_RANGE = (0.6, 1.5)  # of the reference's
# Speeds per normalized time, as unknowns of their own: eliminating them too makes a smaller system
# but, under backward Euler, one whose factorization stumbles (docs/convergence).
SPEED_SCALE = 3.0
# What pelvis and hips do out of the sagittal plane has a third of the range of what they do in it,
# and a tenth of a radian there is a different gait: with the same scale the feet land three times
# too far apart, and the abductors have less to do.
SMALL_ANGLES = ("pelvis_list", "pelvis_rotation", "hip_adduction", "hip_rotation")
SMALL_ANGLE = 0.5
# Forward, up, sideways: errors of the ground reaction count so much. The sideways force is a tenth
# of the one fore and aft, and tells where the feet land.
FORCE_PULL = np.array([1.0, 1.0, 4.0])
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

    `like`: a problem of the same structure (see gait.structure), whose matrices are used again.
    """
    elastic = tuple(i for i, e in enumerate(runner.muscles.elastic_tendon) if e)
    intervals = task.intervals if task.half else 2 * task.intervals
    grid = mesh(task.scheme, intervals)
    share = 0.5 if task.half else 1.0
    variables = _variables(runner, task, elastic, share * grid.times)
    book = layout(variables, grid) if like is None else with_bounds(like.layout, variables)
    phases = np.mod(float(_apex_phase(unnamed(task.reference))) + share * grid.times, 1.0)
    parts = problem_parts(runner, task, book, elastic, phases)
    scales, names = _rows(runner, elastic, task)
    boundary = _boundary(runner, book, task) if like is None else like.problem.boundary
    problem = OptimalControlProblem(
        book, parts, scales, names, boundary, np.zeros(n_rows(boundary))
    )
    return RunningProblem(runner, task, problem, elastic, phases)


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


def is_rotation(runner: Runner) -> NDArray[np.bool_]:
    """Which coordinates are angles (coordinate,)."""
    kinds = {m.coordinate: m.kind for joint in runner.skeleton.joints for m in joint.motions}
    return np.array([kinds[i] == "rotation" for i in range(len(runner.coordinate_names))])


def moment_scale(runner: Runner) -> Floats:
    """Size of the moment, or force, on each coordinate (coordinate,)."""
    return np.where(is_rotation(runner), MOMENT_SCALE, FORCE_SCALE * float(runner.body_weight))


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


def problem_parts(
    runner: Runner, task: RunningTask, book: Layout, elastic: tuple[int, ...], phases: Floats
) -> tuple[Part | SparsePart, ...]:
    """All parts, in a fixed order for a given model and kind of cost."""
    # Cutting and stacking parameters is NumPy's work: in JAX each cut would compile on its own.
    runner = jax.tree.map(np.asarray, runner)
    if task.held is not None:
        legs = [leg(runner, side) for side in ("r", "l")]
        return held_parts(runner, task, book, elastic, legs, moment_scale(runner))
    parts: list[Part | SparsePart] = [_body_part(runner, task, book)]
    parts += [_foot_part(runner, task, book, side, phases) for side in ("r", "l")]
    parts += [activation_part(runner, task.costs, book)]
    parts += muscle_parts(runner, task.costs, book, elastic)
    parts += [_coordinate_cost_part(runner, task, book, phases)]
    if runner.actuators.names:
        parts.append(_motor_part(task, book))
    parts.append(_reserve_part(runner, task, book))
    if task.step_width is not None:
        legs = {side: leg(runner, side) for side in ("r", "l")}
        legs = {side: (_one(own), moved) for side, (own, moved) in legs.items()}
        row = len(_rows(runner, elastic, task)[0]) - 1
        parts += step_width_parts(task.step_width, legs, task.speed, book, row)
    return tuple(parts)


def _one(tree: Any) -> Any:
    """Give every leaf a leading instance axis of one."""
    return jax.tree.map(lambda leaf: np.asarray(leaf)[None], tree)


def _progress(runner: Runner, speed: float) -> jax.Array:
    unit = np.array([name == PROGRESS for name in runner.coordinate_names], dtype=float)
    return jnp.asarray(speed * unit)


def _body_part(runner: Runner, task: RunningTask, book: Layout) -> Part:
    inputs = np.concatenate(
        [book.values("coordinates", rate) for rate in range(3)]
        + [book.values("motors"), book.values("duration")]
    )
    n = len(runner.coordinate_names)
    parameters = eq.BodyParameters(
        skeleton=runner.skeleton,
        passive=runner.passive,
        max_torque=runner.actuators.max_torque,
        progress=_progress(runner, task.speed),
        actuated=runner.actuators.coordinates,
    )
    own, rows = _one(parameters), np.arange(n)[None]
    return Part(
        "body", eq.body, inputs[None], rows, own, first=eq.body_first, second=eq.body_second
    )


def leg(runner: Runner, which: str) -> tuple[Leg, Indices]:
    """The spheres of one side and what carries them; and which of the coordinates move it."""
    feet = contact.side(runner.feet, which)
    bodies = sorted({b for carrier in feet.bodies for b in chain(runner.skeleton, carrier)})
    skeleton, moving = limb(runner.skeleton, tuple(bodies))
    carriers = tuple(bodies.index(carrier) for carrier in feet.bodies)
    nameless = ("",) * len(carriers)
    own = Leg(
        skeleton=skeleton,
        feet=dataclasses.replace(feet, bodies=carriers, names=nameless, sides=nameless),
        progress=moving.index(runner.coordinate_names.index(PROGRESS)),
        body_weight=runner.body_weight,
    )
    return own, np.array(moving)


def _foot_part(runner: Runner, task: RunningTask, book: Layout, which: str, phases: Floats) -> Part:
    own, moved = leg(runner, which)
    parameters = eq.FootParameters(
        leg=own,
        speed=jnp.asarray(task.speed),
        weight=jnp.asarray(task.costs.ground_reaction * np.square(FORCE_PULL)),
    )
    state = [book.values("coordinates", rate)[moved] for rate in (0, 1)]
    inputs = np.concatenate([*state, book.values("duration")])
    target = np.zeros((len(phases), 3))
    if has_ground_reaction(task.reference):
        target = np.asarray(_ground_reaction(unnamed(task.reference), jnp.asarray(phases)))
        target = target[:, ("r", "l").index(which)]
    return Part(
        f"foot_{which}",
        eq.foot,
        inputs[None],
        moved[None],
        _one(parameters),
        target[None],
        first=eq.foot_first,
        second=eq.foot_second,
    )


def reference_coordinates(runner: Runner, task: RunningTask, phases: Floats) -> Floats:
    """The reference's coordinates at the phases: (point, coordinate); zero where unmeasured."""
    values, _, _ = _evaluate(unnamed(task.reference), jnp.asarray(phases))
    return np.array(values)


def _coordinate_cost_part(runner: Runner, task: RunningTask, book: Layout, phases: Floats) -> Part:
    n = len(runner.coordinate_names)
    angles = is_rotation(runner)
    costs = task.costs
    # Heights are not tracked: a runner's leg length is not ours, and a pelvis held up by its
    # reference would shorten stance.
    untracked = np.isin(runner.coordinate_names, [PROGRESS, HEIGHT])
    tracked = np.array(task.reference.measured) & ~untracked
    inputs = np.stack(
        [
            book.values("coordinates"),
            book.values("coordinates", 2),
            np.repeat(book.values("duration"), n),
        ],
        axis=1,
    )
    scale = np.where(angles, costs.tracking_angle, costs.tracking_angle / 3.0)
    scale = np.where(_small_angles(runner), SMALL_ANGLE * scale, scale)
    parameters = eq.CoordinateCost(
        tracking_weight=jnp.asarray(np.where(tracked, costs.tracking / max(tracked.sum(), 1), 0.0)),
        tracking_scale=jnp.asarray(scale),
        acceleration_weight=jnp.full(n, costs.acceleration / n),
        acceleration_scale=jnp.asarray(np.where(angles, 500.0, 20.0)),
    )
    target = reference_coordinates(runner, task, phases).T
    rows = np.zeros((n, 0), dtype=np.int64)
    return Part("coordinates", eq.coordinate_cost, inputs, rows, parameters, target)


def _small_angles(runner: Runner) -> NDArray[np.bool_]:
    """Pelvis and hips out of the sagittal plane (coordinate,)."""
    return np.array(
        [
            name.removesuffix(name[-2:]) in SMALL_ANGLES or name in SMALL_ANGLES
            for name in runner.coordinate_names
        ]
    )


def _motor_part(task: RunningTask, book: Layout) -> Part:
    controls = book.values("motors")
    weights = jnp.full(len(controls), task.costs.motor)
    empty = np.zeros((len(controls), 0), dtype=np.int64)
    return Part("motors", eq.control_cost, controls[:, None], empty, weights)


def _reserve_part(runner: Runner, task: RunningTask, book: Layout) -> Part:
    scale = moment_scale(runner)
    weight = np.full(len(scale), task.reserves or 0.0)
    parameters = eq.ReserveParameters(scale=jnp.asarray(scale), weight=jnp.asarray(weight))
    rows = np.arange(len(scale))[:, None]
    return Part("reserves", eq.reserve, book.values("reserves")[:, None], rows, parameters)
