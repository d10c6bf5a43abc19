"""What closed-form derivatives of inverse dynamics save, and how they compare with Pinocchio's.

    .venv/bin/python benchmarks/derivatives.py [--automatic-on-full]

Models: the planar runner and the full one. On the full one the automatic derivatives are left out
unless asked for: they compile for minutes. Each function is compiled for a batch of 100 instants,
in double precision, instants along the last axis as the solver has them.

How to read it. `us per instant`: median over calls, divided by the batch. `x values`: that time in
evaluations of inverse dynamics itself; a Jacobian by 3 n finite differences would cost 3 n.
`compile`: time of the first call, tracing included. `jacfwd` and `hessian` are JAX's of the same
function; the row below says how many times less the closed form takes. `difference`: the
largest entry of closed form minus automatic over the largest entry. `Pinocchio`: its
computeRNEADerivatives, C++, on a tree of the same coordinates with each of them a plain hinge or
slide (ours also carries the 16 further motions of knees and kneecaps), called once an instant, in
turn with ours in this process; pip install pin brings it.
"""

# ruff: noqa: E402 - threads are settled before JAX is loaded
from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

from surae._runtime import use_one_thread

use_one_thread()  # and no compilation cache: compile times are measured

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from markdown_table import machine, print_table, say

from surae.api import load_runner
from surae.skeleton import derivatives, dynamics
from surae.skeleton.tree import Skeleton

BATCH = 100
CALLS, SHORTEST = 30, 0.3  # at least so many calls and so long (s)

State = tuple[Array, Array, Array, Array]  # coordinates, speeds, accelerations, multipliers


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--automatic-on-full", action="store_true", help="compiles for minutes")
    on_full = parser.parse_args().automatic_on_full
    jax.config.update("jax_enable_compilation_cache", False)
    print(f"{machine()}, batch {BATCH}\n")
    # Loading a model compiles what all have in common; here it is out of the way.
    models = {name: load_runner(name).skeleton for name in ("planar", "full")}
    jax.config.update("jax_enable_compilation_cache", False)
    header = ["function", "us per instant", "x values", "compile (s)", "difference"]
    for name, skeleton in models.items():
        n, bodies = len(skeleton.coordinate_names), len(skeleton.joints)
        print(f"{name}: {n} coordinates, {len(skeleton.motions)} motions, {bodies} bodies\n")
        print_table(header, rows(skeleton, automatic=on_full or name == "planar"))


def rows(skeleton: Skeleton, automatic: bool) -> list[list[str]]:
    """Values, first and second derivatives of one model; the automatic ones where asked for."""
    state = states(skeleton)
    values = timed(lambda q, v, a, m: dynamics.inverse_dynamics(skeleton, q, v, a), state)
    first = timed(lambda q, v, a, m: derivatives.first_derivatives(skeleton, q, v, a), state)
    second = timed(lambda *s: hessian_blocks(skeleton, *s), state)
    lines = [line("inverse dynamics", values, values)]
    lines.append(line("first derivatives, closed form", first, values))
    if automatic:
        forward = timed(lambda q, v, a, m: jacobians(skeleton, q, v, a), state)
        lines += against("jacfwd", first, forward, values)
    lines.append(line("second derivatives, closed form", second, values))
    if automatic:
        hessian = timed(lambda *s: automatic_blocks(skeleton, *s), state)
        lines += against("hessian", second, hessian, values)
    return lines + against_pinocchio(skeleton, state)


def against_pinocchio(skeleton: Skeleton, state: State) -> list[list[str]]:
    """Pinocchio's first derivatives and ours, in turn; empty where it is not installed."""
    try:
        import pinocchio as pin
    except ImportError:
        say("Pinocchio is left out: pip install pin")
        return []
    model: Any = pin.Model()
    tips: list[int] = []
    placed: set[int] = set()
    first = np.cumsum([0, *(len(joint.motions) for joint in skeleton.joints)])
    for body, joint in enumerate(skeleton.joints):
        tip = tips[joint.parent] if joint.parent >= 0 else 0
        for number, motion in enumerate(joint.motions, start=int(first[body])):
            if motion.coordinate in placed or (motion.functions and motion.kind == "translation"):
                continue
            placed.add(motion.coordinate)
            slides = motion.kind == "translation"
            kind = pin.JointModelPrismaticUnaligned if slides else pin.JointModelRevoluteUnaligned
            place = pin.SE3(np.eye(3), np.array(skeleton.location_in_parent[body]))
            tip = model.addJoint(tip, kind(np.array(skeleton.axes[number])), place, f"j{number}")
        tips.append(tip)
        xx, yy, zz, *_ = np.array(skeleton.inertia[body])
        inertia = pin.Inertia(
            float(skeleton.mass[body]),
            np.array(skeleton.mass_center[body]),
            np.diag([xx, yy, zz]),
        )
        model.appendBodyToJoint(tip, inertia, pin.SE3.Identity())
    data = model.createData()
    instants = list(zip(*(np.array(x.T) for x in state[:3]), strict=True))

    def theirs() -> None:
        for q, v, a in instants:
            pin.computeRNEADerivatives(model, data, q, v, a)

    compiled = batched(lambda q, v, a, m: derivatives.first_derivatives(skeleton, q, v, a))
    jax.block_until_ready(compiled(*state))
    times: dict[str, list[float]] = {"ours": [], "theirs": []}
    for _ in range(CALLS):
        for name, call in (
            ("ours", lambda: jax.block_until_ready(compiled(*state))),
            ("theirs", theirs),
        ):
            start = time.perf_counter()
            call()
            times[name].append((time.perf_counter() - start) / BATCH)
    ratios = [o / t for o, t in zip(times["ours"], times["theirs"], strict=True)]
    per_instant = 1e6 * statistics.median(times["theirs"])
    name = f"Pinocchio {pin.__version__}, first derivatives of {model.nv} coordinates"
    return [
        [name, f"{per_instant:.2f}", "", "", ""],
        ["ours / Pinocchio's, median of pairs", f"{statistics.median(ratios):.2f}", "", "", ""],
    ]


def jacobians(skeleton: Skeleton, q: Array, v: Array, a: Array) -> tuple[Array, ...]:
    """Torques and their Jacobians by forward differentiation."""

    def torques(q: Array, v: Array, a: Array) -> Array:
        return dynamics.inverse_dynamics(skeleton, q, v, a)

    return torques(q, v, a), *jax.jacfwd(torques, (0, 1, 2))(q, v, a)


def hessian_blocks(skeleton: Skeleton, q: Array, v: Array, a: Array, m: Array) -> Array:
    """Hessian of multipliers . torques by coordinates, speeds and accelerations, closed form."""
    d = derivatives.second_derivatives(skeleton, q, v, a, m)
    zero = jnp.zeros_like(d.speeds_speeds)
    qq, qv, qa = d.coordinates_coordinates, d.coordinates_speeds, d.coordinates_accelerations
    return jnp.block([[qq, qv, qa], [qv.T, d.speeds_speeds, zero], [qa.T, zero, zero]])


def automatic_blocks(skeleton: Skeleton, q: Array, v: Array, a: Array, m: Array) -> Array:
    """The same Hessian by jax.hessian."""

    def along(state: Array) -> Array:
        return jnp.dot(m, dynamics.inverse_dynamics(skeleton, *jnp.split(state, 3)))

    return jax.hessian(along)(jnp.concatenate([q, v, a]))


def states(skeleton: Skeleton) -> State:
    """Random states of the size of running: radians, 3 rad/s, 30 rad/s^2; multipliers of 1."""
    random = np.random.default_rng(11)
    shape = (len(skeleton.coordinate_names), BATCH)
    q, v, a, m = (jnp.asarray(s * random.standard_normal(shape)) for s in (1.0, 3.0, 30.0, 1.0))
    return q, v, a, m


def batched(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compiled for instants along the last axis."""
    return jax.jit(jax.vmap(function, in_axes=-1, out_axes=-1))


Timing = tuple[float, float, Any]  # s per instant, s to compile, result


def timed(function: Callable[..., Any], state: State) -> Timing:
    """Compile for the batch, then the median time of a call."""
    compiled = batched(function)
    start = time.perf_counter()
    result = jax.block_until_ready(compiled(*state))
    compile_time = time.perf_counter() - start
    say(f"compiled in {compile_time:.1f} s")
    times: list[float] = []
    while len(times) < CALLS or sum(times) < SHORTEST:
        start = time.perf_counter()
        jax.block_until_ready(compiled(*state))
        times.append(time.perf_counter() - start)
    return statistics.median(times) / BATCH, compile_time, result


def against(rule: str, closed: Timing, automatic: Timing, values: Timing) -> list[list[str]]:
    """The automatic rule, and how many times less the closed form takes."""
    found, expected = (jax.tree.leaves(timing[2]) for timing in (closed, automatic))
    scale = max(float(jnp.abs(each).max()) for each in expected)
    differences = [jnp.abs(f - e).max() for f, e in zip(found, expected, strict=True)]
    apart = f"{max(map(float, differences)) / scale:.0e}"
    less = [f"{automatic[i] / closed[i]:.1f}" for i in (0, 1)]
    return [
        line(f"the same by {rule}", automatic, values),
        ["times less", less[0], "", less[1], apart],
    ]


def line(name: str, timing: Timing, values: Timing) -> list[str]:
    per_instant, compile_time, _ = timing
    ratio = f"{per_instant / values[0]:.1f}"
    return [name, f"{1e6 * per_instant:.2f}", ratio, f"{compile_time:.1f}", ""]


if __name__ == "__main__":
    main()
