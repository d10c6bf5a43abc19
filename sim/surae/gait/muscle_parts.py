"""The muscles' parts of the problem: activation dynamics, joint moments, tendon equilibrium."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from surae.gait import held_muscles
from surae.gait import muscle_equations as eq
from surae.gait.equations import ActivationParameters, activation
from surae.gait.held import HeldMotion
from surae.gait.muscle_layout import muscle_parameters
from surae.gait.task import CostWeights
from surae.muscle.energetics import healthy_mass, muscle_mass
from surae.muscle.muscles import Muscles, take
from surae.runner.runner import Runner
from surae.transcription.layout import Layout
from surae.transcription.parts import Part, SparsePart

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

METABOLIC_SCALE = 15.0  # W/kg, about running at 4 m/s (validation row V42)


def activation_part(runner: Runner, costs: CostWeights, book: Layout) -> Part:
    """Activation dynamics of all muscles, and the costs of effort and of fast activation."""
    n = len(runner.muscle_names)
    inputs = np.stack(
        [
            book.values("activation"),
            book.values("activation", 1),
            book.values("excitation"),
            np.repeat(book.values("duration"), n),
        ],
        axis=1,
    )
    rows = len(runner.coordinate_names) + np.arange(n)
    parameters = ActivationParameters(
        muscle=take(runner.muscles, range(n)),
        effort=effort_weights(runner.muscles, costs),
        rate_weight=jnp.full(n, costs.activation_rate / n),
        exponent=costs.exponent,
    )
    return Part("activation", activation, inputs, rows[:, None], _nameless(parameters))


def effort_weights(muscles: Muscles, costs: CostWeights) -> Array:
    """What each muscle's activation costs: its share of the volume; a healthy runner's sum to one.

    An atrophied muscle lowers its own weight and leaves the others'.
    """
    return costs.effort * muscle_mass(muscles) / jnp.sum(healthy_mass(muscles))


def _nameless(parameters: Any) -> Any:
    """Drop names: they would be part of the compiled function's type."""
    muscle = dataclasses.replace(parameters.muscle, names=(), elastic_tendon=())
    return dataclasses.replace(parameters, muscle=muscle)


def muscle_parts(
    runner: Runner,
    costs: CostWeights,
    book: Layout,
    elastic: tuple[int, ...],
    held: HeldMotion | None = None,
) -> list[SparsePart]:
    """Muscles with rigid tendons, and muscles with elastic ones; `held`: motion that is data."""
    rigid = [i for i in range(len(runner.muscle_names)) if i not in elastic]
    return [
        _muscle_part(runner, costs, book, elastic, members, held)
        for members in (tuple(rigid), elastic)
        if members
    ]


def _muscle_part(
    runner: Runner,
    costs: CostWeights,
    book: Layout,
    elastic: tuple[int, ...],
    members: tuple[int, ...],
    held: HeldMotion | None,
) -> SparsePart:
    # Muscles of one group of paths stand side by side: what belongs to them is a slice.
    groups = take(runner.muscles, members).path.groups
    members = tuple(members[i] for group in groups for i in group.muscles)
    muscles = take(runner.muscles, members)
    is_elastic, metabolic = members[0] in elastic, costs.metabolic > 0.0
    scale = costs.metabolic / METABOLIC_SCALE / float(runner.body_mass)
    weight = jnp.full(len(members), scale)
    parameters = _nameless(muscle_parameters(muscles, weight, is_elastic, metabolic))
    spans = [np.array(group.coordinates, dtype=int) for group in muscles.path.groups]
    chosen = np.array(members)
    inputs, motion, equations = [], None, eq
    if held is None:
        inputs = [book.values("coordinates", rate)[span] for rate in (0, 1) for span in spans]
    else:
        rates = np.asarray(held.speeds) * float(held.duration)  # per normalized time
        curves = np.asarray(held.coordinates).T, rates.T
        motion = np.concatenate([curve[span] for curve in curves for span in spans])
        equations = held_muscles
    inputs.append(book.values("activation")[chosen])
    rows = list(spans)
    if is_elastic:
        own = np.array([elastic.index(m) for m in members])
        inputs += [book.values("tendon_force", rate)[own] for rate in (0, 1)]
        rows.append(len(runner.coordinate_names) + len(runner.muscle_names) + own)
    if metabolic:
        inputs.append(book.values("excitation")[chosen])
    inputs.append(book.values("duration"))
    reads = np.concatenate(inputs)
    return SparsePart(
        name=f"muscles_{'elastic' if is_elastic else 'rigid'}",
        values=equations.values,
        first=equations.first,
        second=equations.second,
        inputs=reads,
        rows=np.concatenate(rows),
        parameters=parameters,
        jacobian=equations.jacobian_places(parameters),
        hessian=equations.hessian_places(parameters),
        point_parameters=motion,
    )
