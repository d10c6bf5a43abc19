"""The muscles' parts of the problem: activation dynamics, joint moments, tendon equilibrium."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from surae.gait import equations as eq
from surae.gait.task import CostWeights
from surae.muscle import path
from surae.muscle.energetics import muscle_mass
from surae.muscle.muscles import Muscles, take
from surae.runner.runner import Runner
from surae.transcription.layout import Layout
from surae.transcription.parts import Part

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
    # Effort is weighted by muscle volume; the weights sum to one.
    mass = muscle_mass(runner.muscles)
    parameters = eq.ActivationParameters(
        muscle=take(runner.muscles, range(n)),
        effort=costs.effort * mass / jnp.sum(mass),
        rate_weight=jnp.full(n, costs.activation_rate / n),
        exponent=costs.exponent,
    )
    return Part("activation", eq.activation, inputs, rows[:, None], _nameless(parameters))


def _nameless(parameters: Any) -> Any:
    """Drop names: static fields would make every group of muscles its own compiled function."""
    nothing = path.MusclePaths(coefficients=jnp.zeros((len(parameters.muscle.names), 0)), groups=())
    muscle = dataclasses.replace(parameters.muscle, names=(), elastic_tendon=(), path=nothing)
    return dataclasses.replace(parameters, muscle=muscle)


def muscle_parts(
    runner: Runner, costs: CostWeights, book: Layout, elastic: tuple[int, ...]
) -> list[Part]:
    """Muscles with rigid tendons, and muscles with elastic ones."""
    rigid = [i for i in range(len(runner.muscle_names)) if i not in elastic]
    return [
        _muscle_part(runner, costs, book, elastic, members)
        for members in (tuple(rigid), elastic)
        if members
    ]


def _muscle_part(
    runner: Runner,
    costs: CostWeights,
    book: Layout,
    elastic: tuple[int, ...],
    members: tuple[int, ...],
) -> Part:
    chosen = np.array(members)
    is_elastic = members[0] in elastic
    muscles = take(runner.muscles, members)
    coordinates, coefficients, exponents = _common_basis(muscles)
    columns = [book.values("coordinates", rate)[coordinates] for rate in (0, 1)]
    columns.append(book.values("activation")[chosen][:, None])
    n = len(runner.coordinate_names)
    rows = coordinates
    if is_elastic:
        own = np.array([elastic.index(m) for m in members])
        columns += [book.values("tendon_force", rate)[own][:, None] for rate in (0, 1)]
        balance = n + len(runner.muscle_names) + own
        rows = np.concatenate([rows, balance[:, None]], axis=1)
    heat = costs.metabolic > 0.0
    if heat:
        columns.append(book.values("excitation")[chosen][:, None])
    columns.append(np.repeat(book.values("duration"), len(members))[:, None])
    scale = costs.metabolic / METABOLIC_SCALE / float(runner.body_mass)
    parameters = eq.MuscleParameters(
        muscle=muscles,
        metabolic_weight=jnp.full(len(members), scale),
        coefficients=jnp.asarray(coefficients),
        exponents=exponents,
    )
    function = {
        (False, False): eq.rigid_muscle,
        (False, True): eq.rigid_muscle_with_heat,
        (True, False): eq.elastic_muscle,
        (True, True): eq.elastic_muscle_with_heat,
    }[is_elastic, heat]
    name = f"muscles_{'elastic' if is_elastic else 'rigid'}"
    return Part(name, function, np.concatenate(columns, axis=1), rows, _nameless(parameters))


def _common_basis(muscles: Muscles) -> tuple[Indices, Floats, tuple[tuple[int, ...], ...]]:
    """Coordinates (muscle, span), coefficients (muscle, term) and exponents (term, span) of all.

    A muscle of fewer coordinates is padded with its own first one, which adds nothing to the
    sparsity pattern.
    """
    n = len(muscles.names)
    spans = [path.spanned(muscles.path, muscle) for muscle in range(n)]
    span = max(len(own) for own in spans)
    terms = []
    for muscle, own in enumerate(spans):
        place = {coordinate: at for at, coordinate in enumerate(own)}
        terms.append({})
        for powers, coefficient in path.terms(muscles.path, muscle).items():
            exponents = [0] * span
            for coordinate, power in powers:
                exponents[place[coordinate]] = power
            terms[-1][tuple(exponents)] = coefficient
    basis = tuple(sorted({exponents for own in terms for exponents in own}))
    coordinates = np.array([own + own[:1] * (span - len(own)) for own in spans])
    return coordinates, np.array([[own.get(e, 0.0) for e in basis] for own in terms]), basis
