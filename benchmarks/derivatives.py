"""What closed-form derivatives of inverse dynamics save against automatic ones.

    .venv/bin/python benchmarks/derivatives.py [--automatic-on-full]

Models: the planar runner, and a tree of the size of a full one: bodies, joints and masses of
LaiUhlrich2022 without patellae and with knees as hinges, where its files are in ../shared. There
the automatic derivatives are left out unless asked for: jacfwd alone compiles for minutes. Each
function is compiled for a batch of 50 instants, the batch of a half stride, in double precision.

How to read it. `us per instant`: median over calls, divided by the batch. `x values`: that time in
evaluations of inverse dynamics itself; a Jacobian by 3 n finite differences would cost 3 n.
`compile`: time of the first call, tracing included. `jacfwd` and `hessian` are JAX's of the same
function; the row below says how many times less the closed form takes. `difference`: the
largest entry of closed form minus automatic over the largest entry.
"""

# ruff: noqa: E402 - threads are settled before JAX is loaded
from __future__ import annotations

import argparse
import statistics
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
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
from surae.skeleton.tree import Joint, Motion, Skeleton

BATCH = 50
CALLS, SHORTEST = 30, 0.3  # at least so many calls and so long (s)
SHARED = Path(__file__).resolve().parents[2] / "shared"
REFERENCE = SHARED / "reference" / "opensim" / "LaiUhlrich2022.npz"
MODEL = SHARED / "data" / "models" / "opencap-processing" / "LaiUhlrich2022.osim"

State = tuple[Array, Array, Array, Array]  # coordinates, speeds, accelerations, multipliers


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--automatic-on-full", action="store_true", help="compiles for minutes")
    on_full = parser.parse_args().automatic_on_full
    jax.config.update("jax_enable_compilation_cache", False)
    print(f"{machine()}, batch {BATCH}\n")
    # Loading a model compiles what all have in common; here it is out of the way.
    models = {"planar": load_runner("planar").skeleton}
    jax.config.update("jax_enable_compilation_cache", False)
    if REFERENCE.is_file() and MODEL.is_file():
        models["LaiUhlrich2022, knees as hinges"] = full_tree()
    header = ["function", "us per instant", "x values", "compile (s)", "difference"]
    for name, skeleton in models.items():
        n = len(skeleton.coordinate_names)
        print(f"{name}: {n} coordinates, {len(skeleton.joints)} bodies\n")
        print_table(header, rows(skeleton, automatic=on_full or name == "planar"))
    if len(models) == 1:
        print(f"The full tree is left out: {REFERENCE.name} or {MODEL.name} is not in {SHARED}.")


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
    return lines


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
    shape = (BATCH, len(skeleton.coordinate_names))
    q, v, a, m = (jnp.asarray(s * random.standard_normal(shape)) for s in (1.0, 3.0, 30.0, 1.0))
    return q, v, a, m


Timing = tuple[float, float, Any]  # s per instant, s to compile, result


def timed(function: Callable[..., Any], state: State) -> Timing:
    """Compile for the batch, then the median time of a call."""
    compiled = jax.jit(jax.vmap(function))
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


def full_tree() -> Skeleton:
    """LaiUhlrich2022's tree from its files; see the docstring of this file for what is left out."""
    table = np.load(REFERENCE)
    names = [str(name) for name in table["body_names"]]
    kept = [name for name in names if not name.startswith("patella")]
    rows = [names.index(name) for name in kept]
    coordinates: list[str] = []
    joints, in_parent, in_child = {}, {}, {}
    for element in ElementTree.parse(MODEL).iterfind("./Model/JointSet/objects/*"):
        frames = {f.get("name"): f for f in element.iterfind("frames/PhysicalOffsetFrame")}
        parent, child = (frames[_text(element, f"socket_{s}_frame")] for s in ("parent", "child"))
        on, body = (_text(f, "socket_parent").split("/")[-1] for f in (parent, child))
        if body not in kept:
            continue
        motions = _motions(element, coordinates)
        angles = [_triple(_text(f, "orientation")) for f in (parent, child)]
        joints[body] = Joint(kept.index(on) if on in kept else -1, motions, *angles)
        in_parent[body], in_child[body] = (
            _triple(_text(f, "translation")) for f in (parent, child)
        )
    return Skeleton(
        body_names=tuple(kept),
        coordinate_names=tuple(coordinates),
        joints=tuple(joints[body] for body in kept),
        mass=jnp.asarray(table["body_mass"][rows]),
        mass_center=jnp.asarray(table["body_com_local"][rows]),
        inertia=jnp.asarray(table["body_inertia"][rows]),
        location_in_parent=jnp.asarray([in_parent[body] for body in kept]),
        location_in_child=jnp.asarray([in_child[body] for body in kept]),
        gravity=jnp.asarray(table["gravity"]),
    )


def _motions(joint: ElementTree.Element, coordinates: list[str]) -> tuple[Motion, ...]:
    """Motions of a joint that are a coordinate themselves; its coordinates join the list."""
    own = [str(c.get("name")) for c in joint.iterfind("coordinates/Coordinate")]
    first = len(coordinates)
    coordinates += own
    if joint.tag == "PinJoint":
        return (Motion(first, "rotation", (0.0, 0.0, 1.0)),)
    motions = []
    for axis in joint.iterfind("SpatialTransform/TransformAxis"):
        name = (axis.findtext("coordinates") or "").strip()
        if name in own and axis.find("LinearFunction") is not None:
            kind = "rotation" if str(axis.get("name")).startswith("rotation") else "translation"
            motions.append(Motion(first + own.index(name), kind, _triple(_text(axis, "axis"))))
    return tuple(motions)


def _text(element: ElementTree.Element, tag: str) -> str:
    text = element.findtext(tag)
    if text is None:
        raise ValueError(f"{MODEL}: a {element.tag} has no {tag}.")
    return text


def _triple(text: str) -> tuple[float, float, float]:
    x, y, z = (float(number) for number in text.split())
    return x, y, z


if __name__ == "__main__":
    main()
