"""What the muscles of a full body cost: values, Jacobian and Hessian of their equations.

    .venv/bin/python benchmarks/muscles.py [--old]

Muscles: 80, a made-up set with the spans of a full model (a side: 18 of the hip, 7 of hip and
knee, 4 of the knee, 2 of knee, ankle and subtalar joint, 5 of ankle and subtalar joint, 4 of these
and the toes), random polynomials of degree 5 to 7, up to 126 terms. All with rigid tendons; then
all with elastic ones; then as a runner has them, six elastic calf muscles and 74 rigid ones. Last
the muscles of models/full.

How to read it. `ms`: median over calls for 25 instants at once. `compile, cold`: CPU time of
tracing and compiling; `from cache`: the same with JAX's persistent cache filled. `entries`: rows
or derivatives at an instant, all of which can differ from zero. With --old, the same muscles one by
one, each term of the common basis of monomials written out, derivatives by JAX (dense blocks of
each muscle).
"""

# ruff: noqa: E402 - threads are settled before JAX is loaded
from __future__ import annotations

import argparse
import itertools
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any

from surae._runtime import use_one_thread

use_one_thread()

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from markdown_table import machine, print_table, say

from surae._pytree import replace
from surae.api import load_runner
from surae.gait import muscle_equations as equations
from surae.gait.muscle_layout import MuscleParameters, muscle_parameters
from surae.muscle import contraction, path
from surae.muscle.muscles import Muscles, take
from surae.muscle.path import muscle_paths

INSTANTS = 25
CALLS = 60
# Number of muscles, coordinates of a leg (hip 0-2, knee 3, ankle 4, subtalar 5, toes 6), degree.
LEG = (
    (18, (0, 1, 2), 5),
    (7, (0, 1, 2, 3), 5),
    (4, (3,), 7),
    (2, (3, 4, 5), 5),
    (5, (4, 5), 6),
    (4, (4, 5, 6), 5),
)
ELASTIC = (29, 30, 31, 69, 70, 71)  # gastrocnemii and soleus

Functions = dict[str, tuple[Callable[..., Any], tuple[Any, ...]]]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--old", action="store_true", help="one by one as well: minutes to compile")
    old = parser.parse_args().old
    jax.config.update("jax_enable_x64", True)
    print(f"{machine()}, {INSTANTS} instants\n")
    muscles, full = full_set(), load_runner("full").muscles
    everyone = tuple(range(80))
    rigid = tuple(i for i in everyone if i not in ELASTIC)
    full_elastic = tuple(i for i in everyone if full.elastic_tendon[i])
    full_rigid = tuple(i for i in everyone if i not in full_elastic)
    sets = {
        "80 rigid": (muscles, [(everyone, False)]),
        "80 elastic": (muscles, [(everyone, True)]),
        "74 rigid, 6 elastic": (muscles, [(rigid, False), (ELASTIC, True)]),
        "models/full": (full, [(full_rigid, False), (full_elastic, True)]),
    }
    header = ["muscles", "function", "ms", "compile, cold (s)", "from cache (s)", "entries"]
    rows = []
    for name, (source, parts) in sets.items():
        kinds = [timed_kind(take_grouped(source, members), kind) for members, kind in parts]
        for function in ("values", "Jacobian", "Hessian"):
            sums = [sum(column) for column in zip(*(kind[function] for kind in kinds), strict=True)]
            rows.append([name, function, *(f"{x:.2f}" for x in sums[:3]), int(sums[3])])
    if old:
        for function, figures in timed(one_by_one(muscles)).items():
            rows.append(["80 rigid, one by one", function, *(f"{x:.2f}" for x in figures), ""])
    print_table(header, rows)


def full_set() -> Muscles:
    """80 made-up muscles, right leg then left."""
    rng = np.random.default_rng(0)
    spans, terms = [], []
    n = 80
    optimal, slack = rng.uniform(0.05, 0.15, n), rng.uniform(0.05, 0.3, n)
    for first in (0, 7):
        for count, own, degree in LEG:
            powers = itertools.product(range(degree + 1), repeat=len(own))
            basis = [exponents for exponents in powers if sum(exponents) <= degree]
            for _ in range(count):
                sizes = rng.normal(0.0, 0.02 / len(basis) ** 0.5, len(basis))
                term = dict(zip(basis, sizes.tolist(), strict=True))
                term[(0,) * len(own)] = optimal[len(spans)] + slack[len(spans)]
                spans.append(tuple(first + c for c in own))
                terms.append(term)

    def between(low: float, high: float) -> Array:
        return jnp.asarray(rng.uniform(low, high, n))

    return Muscles(
        max_isometric_force=between(500.0, 3000.0),
        strength=between(0.7, 1.0),
        volume=between(0.7, 1.0),
        passive_stiffness=between(0.8, 2.0),
        optimal_fiber_length=jnp.asarray(optimal),
        tendon_slack_length=jnp.asarray(slack),
        pennation_at_optimal=between(0.0, 0.5),
        max_contraction_velocity=between(10.0, 12.0),
        tendon_stiffness=between(15.0, 35.0),
        fiber_damping=between(0.01, 0.02),
        activation_time_constant=between(0.01, 0.02),
        deactivation_time_constant=between(0.05, 0.07),
        minimum_activation=between(0.01, 0.02),
        slow_twitch_fraction=between(0.4, 0.6),
        specific_tension=between(6e5, 7e5),
        density=between(1050.0, 1060.0),
        path=muscle_paths(spans, terms),
        names=("",) * n,
        elastic_tendon=(False,) * n,
    )


def take_grouped(muscles: Muscles, members: Sequence[int]) -> Muscles:
    """Members in the order of their groups, as the running problem has them."""
    groups = take(muscles, members).path.groups
    return take(muscles, [members[i] for group in groups for i in group.muscles])


def timed_kind(muscles: Muscles, elastic: bool) -> dict[str, list[float]]:
    """Milliseconds, compile times and number of entries of a set of muscles of one kind."""
    weight = jnp.zeros(len(muscles.names))
    parameters = muscle_parameters(muscles, weight, elastic, metabolic=False)
    inputs = random_inputs(parameters)
    rows, _ = jax.jit(equations.values)(parameters, None, inputs)
    state = (parameters, None, inputs)
    functions: Functions = {
        "values": (equations.values, state),
        "Jacobian": (equations.first, state),
        "Hessian": (equations.second, (*state, jnp.ones_like(rows), jnp.ones(INSTANTS))),
    }
    entries = [
        len(rows),
        len(equations.jacobian_places(parameters)[0]),
        len(equations.hessian_places(parameters)[0]),
    ]
    found = timed(functions)
    return {n: [*figures, e] for (n, figures), e in zip(found.items(), entries, strict=True)}


def random_inputs(parameters: MuscleParameters) -> Array:
    """Angles below a radian, speeds, activations and tendon forces of the size of running."""
    rng = np.random.default_rng(1)
    n = len(parameters.metabolic_weight)
    total = sum(len(group.coordinates) for group in parameters.groups)
    shape = (total, INSTANTS)
    inputs = [rng.uniform(-0.8, 0.8, shape), rng.normal(size=shape)]
    inputs.append(rng.uniform(0.05, 1.0, (n, INSTANTS)))
    if parameters.elastic:
        inputs += [rng.uniform(0.05, 1.2, (n, INSTANTS)), rng.normal(size=(n, INSTANTS))]
    return jnp.asarray(np.concatenate([*inputs, rng.uniform(0.3, 0.4, (1, INSTANTS))]))


def timed(functions: Functions) -> dict[str, tuple[float, float, float]]:
    """Milliseconds a call, CPU seconds to compile cold and from the persistent cache."""
    found = {}
    for name, (function, arguments) in functions.items():
        with tempfile.TemporaryDirectory() as folder:
            jax.config.update("jax_compilation_cache_dir", folder)
            jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
            cold, _ = compiled(function, arguments)
            cached, run = compiled(function, arguments)
        times = []
        for _ in range(CALLS):
            start = time.perf_counter()
            jax.block_until_ready(run(*arguments))
            times.append(time.perf_counter() - start)
        found[name] = (1e3 * statistics.median(times), cold, cached)
        say(f"{name}: compiled in {cold:.1f} s")
    return found


def compiled(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[float, Any]:
    jax.clear_caches()
    start = time.process_time()
    run = jax.jit(function).lower(*arguments).compile()
    return time.process_time() - start, run


def one_by_one(muscles: Muscles) -> Functions:
    """Rigid muscles mapped one by one, terms written out one by one, derivatives by JAX."""
    span = max(len(group.coordinates) for group in muscles.path.groups)
    terms = []
    for muscle in range(len(muscles.names)):
        own = path.spanned(muscles.path, muscle)
        terms.append({})
        for powers, value in path.terms(muscles.path, muscle).items():
            exponents = [0] * span
            for coordinate, power in powers:
                exponents[own.index(coordinate)] = power
            terms[-1][tuple(exponents)] = value
    basis = sorted({exponents for own in terms for exponents in own})
    coefficients = jnp.asarray([[own.get(e, 0.0) for e in basis] for own in terms])

    def monomial(q: Array, exponents: Sequence[int]) -> Array:
        value = jnp.ones_like(q[0])
        for column, power in enumerate(exponents):
            for _ in range(power):
                value = value * q[column]
        return value

    def rows(parameters: tuple[Muscles, Array], inputs: Array) -> Array:
        muscle, weights = parameters
        q, rates, level, duration = inputs[:span], inputs[span:-2], inputs[-2], inputs[-1]
        length = jnp.dot(weights, jnp.stack([monomial(q, e) for e in basis]))
        gradient = []
        for by in range(span):
            lower = [[p - (i == by) for i, p in enumerate(e)] for e in basis]
            slopes = [
                e[by] * monomial(q, low) if e[by] else jnp.zeros_like(q[0])
                for e, low in zip(basis, lower, strict=True)
            ]
            gradient.append(jnp.dot(weights, jnp.stack(slopes)))
        slope = jnp.stack(gradient)
        velocity = jnp.dot(slope, rates) / duration
        fiber = contraction.rigid_tendon_fiber(muscle, length, velocity)
        force = contraction.fiber_forces(muscle, level, fiber).along_tendon
        return muscle.max_isometric_force * force * slope

    def lagrangian(parameters: Any, inputs: Array, multipliers: Array) -> Array:
        return jnp.dot(multipliers, rows(parameters, inputs))

    def batched(f: Callable[..., Any], n: int) -> Callable[..., Any]:
        over_points = jax.vmap(f, in_axes=(None, *[-1] * n), out_axes=-1)
        return jax.vmap(over_points)

    nothing = path.MusclePaths(coefficients=jnp.zeros((len(terms), 0)), groups=())
    nameless = replace(muscles, path=nothing, names=(), elastic_tendon=())
    parameters = nameless, coefficients
    rng = np.random.default_rng(1)
    n = 2 * span
    inputs = rng.uniform(-0.8, 0.8, (len(terms), n + 2, INSTANTS))
    inputs[:, -2:] = rng.uniform(0.3, 0.4, (len(terms), 2, INSTANTS))
    given = jnp.asarray(inputs)
    multipliers = jnp.ones((len(terms), span, INSTANTS))
    return {
        "values": (batched(rows, 1), (parameters, given)),
        "Jacobian": (batched(jax.jacfwd(rows, 1), 1), (parameters, given)),
        "Hessian": (
            batched(jax.jacfwd(jax.grad(lagrangian, 1), 1), 2),
            (parameters, given, multipliers),
        ),
    }


if __name__ == "__main__":
    main()
