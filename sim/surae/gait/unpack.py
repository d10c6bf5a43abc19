"""From the unknowns of a solved problem to a full stride with every quantity a person asks for."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from surae.gait.equations import leg_on_ground
from surae.gait.held import on_mesh
from surae.gait.motion_parts import PROGRESS, leg, moment_scale
from surae.gait.problem import RunningProblem
from surae.gait.solution import SIDES, GaitSolution
from surae.muscle import contraction, curves, energetics, path
from surae.muscle.muscles import Muscles
from surae.runner.mirror import mirror_of_coordinates, mirror_of_names
from surae.runner.runner import Runner
from surae.skeleton import dynamics

Floats = NDArray[np.float64]
_MOTION = ("coordinates", "speeds", "accelerations")


def full_stride(problem: RunningProblem, unknowns: Floats, status: str = "") -> GaitSolution:
    """The whole stride at the mesh's instants; a solved half stride is mirrored."""
    book, runner, task = problem.layout, problem.runner, problem.task
    instants = book.at_instants(unknowns)
    duration = float(instants[book.values("duration")][0, 0])
    time = book.mesh.times * duration

    def curve(name: str, rate: int = 0) -> Floats:
        return instants[book.values(name, rate)].T / duration**rate

    curves_at = {
        **_motion(problem, instants),
        "excitation": curve("excitation"),
        "activation": curve("activation"),
        "tendon": curve("tendon_force"),
        "tendon_rate": curve("tendon_force", 1),
    }
    if task.half:
        elastic_names = tuple(runner.muscle_names[i] for i in problem.elastic)
        of_coordinates = mirror_of_coordinates(runner.skeleton)
        mirrors = {
            **dict.fromkeys((*_MOTION, "reserve_moments"), of_coordinates),
            **dict.fromkeys(("excitation", "activation"), mirror_of_names(runner.muscle_names)),
            **dict.fromkeys(("tendon", "tendon_rate"), mirror_of_names(elastic_names)),
        }
        curves_at = {
            key: np.concatenate([value, mirrors[key].image(value.T).T])
            for key, value in curves_at.items()
        }
        time = np.concatenate([time, time + duration])
        duration = 2.0 * duration
    progress = runner.coordinate_names.index(PROGRESS)
    curves_at["speeds"][:, progress] += task.speed
    curves_at["coordinates"] = curves_at["coordinates"].copy()
    curves_at["coordinates"][:, progress] += task.speed * time
    tendon = np.zeros((2, len(time), len(runner.muscle_names)))
    tendon[:, :, list(problem.elastic)] = curves_at.pop("tendon"), curves_at.pop("tendon_rate")
    reserves = curves_at.pop("reserve_moments", None)
    arrays = {key: jnp.asarray(value) for key, value in curves_at.items()}
    details = describe(
        runner,
        **arrays,
        tendon_force=jnp.asarray(tendon[0]),
        tendon_force_rate=jnp.asarray(tendon[1]),
    )
    return GaitSolution(
        runner=runner,
        time=jnp.asarray(time),
        duration=jnp.asarray(duration),
        speed=jnp.asarray(task.speed),
        mode=task.mode,
        status=status,
        reserve_moments=None if reserves is None else jnp.asarray(reserves),
        **arrays,
        **details,
    )


def _motion(problem: RunningProblem, instants: Floats) -> dict[str, Floats]:
    """Coordinates, speeds and accelerations, solved or held; with these the reserves' moments."""
    book, task = problem.layout, problem.task
    if task.held is None:
        duration = float(instants[book.values("duration")][0, 0])
        rates = [book.values("coordinates", rate) for rate in range(3)]
        return {
            name: instants[places].T / duration**rate
            for rate, (name, places) in enumerate(zip(_MOTION, rates, strict=True))
        }
    held = on_mesh(task.held, book.mesh, task.half)
    scale = moment_scale(problem.runner)
    motion = {name: np.array(getattr(held, name)) for name in _MOTION}
    return {**motion, "reserve_moments": instants[book.values("reserves")].T * scale}


@jax.jit
def describe(
    runner: Runner,
    coordinates: Array,
    speeds: Array,
    accelerations: Array,
    activation: Array,
    excitation: Array,
    tendon_force: Array,
    tendon_force_rate: Array,
) -> dict[str, Array]:
    """Forces, moments, fibers and ground reaction at all instants (instant, ...)."""
    one = partial(_describe_instant, runner)
    return jax.vmap(one)(
        coordinates, speeds, accelerations, activation, excitation, tendon_force, tendon_force_rate
    )


def _describe_instant(
    runner: Runner,
    coordinates: Array,
    speeds: Array,
    accelerations: Array,
    activation: Array,
    excitation: Array,
    tendon_force: Array,
    tendon_force_rate: Array,
) -> dict[str, Array]:
    muscles = runner.muscles
    lengths, velocities = path.lengths_and_velocities(muscles.path, coordinates, speeds)
    states = (activation, excitation, tendon_force, tendon_force_rate)
    of_muscles = muscle_curves(muscles, lengths, velocities, *states)
    reaction, pressure, ground_moments = _ground(runner, coordinates, speeds)
    required = dynamics.inverse_dynamics(runner.skeleton, coordinates, speeds, accelerations)
    force, strain = achilles(runner, of_muscles["tendon_force"])
    return {
        "joint_moments": required - ground_moments,
        **of_muscles,
        "ground_reaction_force": reaction,
        "center_of_pressure": pressure,
        "achilles_force": force,
        "achilles_strain": strain,
    }


def muscle_curves(
    muscles: Muscles,
    lengths: Array,
    velocities: Array,
    activation: Array,
    excitation: Array,
    tendon_force: Array,
    tendon_force_rate: Array,
) -> dict[str, Array]:
    """Forces on tendons, fibers and heat of all muscles, each (muscle,).

    tendon_force (normalized) and its rate count where the tendon is elastic.
    """
    rigid = contraction.rigid_tendon_fiber(muscles, lengths, velocities)
    elastic = contraction.elastic_tendon_fiber(
        muscles, lengths, velocities, tendon_force, tendon_force_rate
    )
    is_elastic = jnp.array(muscles.elastic_tendon)
    fiber = jax.tree.map(lambda e, r: jnp.where(is_elastic, e, r), elastic, rigid)
    forces = contraction.fiber_forces(muscles, activation, fiber)
    normalized = jnp.where(is_elastic, tendon_force, forces.along_tendon)
    return {
        "tendon_force": muscles.max_isometric_force * normalized,
        "fiber_length_normalized": fiber.length_normalized,
        "fiber_velocity_normalized": fiber.velocity_normalized,
        "metabolic_rate": energetics.metabolic_rate(muscles, excitation, activation, fiber, forces),
    }


def _ground(runner: Runner, coordinates: Array, speeds: Array) -> tuple[Array, Array, Array]:
    """Force and center of pressure by side (2, 3), and their generalized forces (coordinate,)."""
    forces, pressures = [], []
    moments = jnp.zeros(len(runner.coordinate_names))
    for side in SIDES:
        own, moved = leg(runner, side)
        force, pressure, own_moments = leg_on_ground(own, coordinates[moved], speeds[moved])
        moments = moments.at[moved].add(own_moments)
        forces.append(force)
        pressures.append(pressure)
    return jnp.stack(forces), jnp.stack(pressures), moments


def achilles(runner: Runner, tendon: Array) -> tuple[Array, Array]:
    """Force on both Achilles tendons (side,), and strain: the calf tendons' force-weighted mean."""
    muscles = runner.muscles
    both = []
    for side in SIDES:
        members = [muscles.names.index(f"{name}_{side}") for name in runner.achilles.muscles]
        index = jnp.array(members)
        forces = tendon[index]
        normalized = forces / muscles.max_isometric_force[index]
        strains = curves.tendon_length(normalized, muscles.tendon_stiffness[index]) - 1.0
        weights = muscles.max_isometric_force[index]
        both.append((jnp.sum(forces), jnp.sum(weights / jnp.sum(weights) * strains)))
    force, strain = zip(*both, strict=True)
    return jnp.stack(force), jnp.stack(strain)
