"""Other bodies: heavier, taller, longer in the leg, wider in the pelvis, segment by segment.

Joint locations, mass centers, contact spheres and the sliding of joints follow the segments as in
OpenSim's Scale tool; masses follow their volumes, then the wanted total. A model keeps lengths of
muscles as functions of joint angles, not their points, so these are scaled by two rules (tests and
docs/theory.md say how far they are from OpenSim's):

* length: factor = sum over segments of share * factor of the segment, with `Runner.length_shares`;
* moment arm about a joint: for a straight muscle the share of one side in the arm is the other
  side's share in the length, exactly (r = a b sin(angle) / L, L^2 = a^2 + b^2 - 2 a b cos(angle)).

Uniform scaling is exact. Optimal fibers and slack lengths follow the length at the zero pose.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.core import Tracer

from surae._errors import UnusableInput
from surae._pytree import replace
from surae.foot.contact import Feet, HuntCrossley
from surae.muscle.path import MusclePaths
from surae.runner.runner import LinesOfAction, Runner
from surae.runner.segments import (
    arm_factors,
    hip_height,
    joint_bodies,
    leg_segments,
    pelvis,
    segments_of,
    size_factors,
    stands,
    trunk,
)
from surae.runner.segments import (
    leg_length as leg_length_of,
)
from surae.runner.segments import (
    pelvis_width as pelvis_width_of,
)
from surae.runner.weakness import SIDES, with_achilles_stiffness
from surae.skeleton.functions import MotionFunctions
from surae.skeleton.tree import Skeleton, chain, motion_bodies

Number = float | Array
Factor = Number | Sequence[Number]

# Isometric force follows the cross-section of muscles, which in bodies of one shape goes with
# mass^(2/3) (Jaric, Sports Med 32:615, 2002).
STRENGTH_EXPONENT = 2.0 / 3.0
MASS_RANGE = (20.0, 200.0)  # kg
HEIGHT_RANGE = (1.0, 2.3)  # m
LEG_LENGTH_RANGE = (0.4, 1.3)  # m
PELVIS_WIDTH_RANGE = (0.08, 0.35)  # m
FACTOR_RANGE = (0.5, 2.0)


def scale(
    runner: Runner,
    mass: Number | None = None,
    height: Number | None = None,
    leg_length: Number | None = None,
    pelvis_width: Number | None = None,
    segments: Mapping[str, Factor] | None = None,
    strength_exponent: float = STRENGTH_EXPONENT,
) -> Runner:
    """The runner with another body; what is not given stays as it is.

    runner: it stays as it is.
    mass (kg): of the whole body; muscles get (mass ratio)^strength_exponent of their force.
    height (m): all segments alike. segments: factors by name (`femur`: both sides, `femur_r`), one
    number or three (x, y, z of the segment), on top of the height. leg_length (m): hip to knee to
    ankle, by thigh and shank alike. pelvis_width (m): between the hip joints, by the pelvis's z.
    Numbers may be traced by JAX. Pure.
    Raises UnusableInput: a size out of its range, a segment that the runner does not have.
    Source: OpenSim's Scale tool; docs/theory, Other bodies.
    """
    wanted = {
        "mass": (mass, MASS_RANGE, "kg"),
        "height": (height, HEIGHT_RANGE, "m"),
        "leg_length": (leg_length, LEG_LENGTH_RANGE, "m"),
        "pelvis_width": (pelvis_width, PELVIS_WIDTH_RANGE, "m"),
    }
    for name, (value, limits, unit) in wanted.items():
        _check(name, value, limits, unit)
    factors = _factors(runner, height, leg_length, pelvis_width, segments or {})
    ratio = jnp.asarray(1.0) if mass is None else jnp.asarray(mass, float) / runner.body_mass
    return _rebuilt(runner, factors, ratio, ratio**strength_exponent)


def body_size(runner: Runner, what: str) -> Array:
    """What the argument `what` of `scale` is for this runner now: mass, height, ..."""
    if what == "leg_length":
        return leg_length_of(runner.skeleton)
    if what == "pelvis_width":
        return pelvis_width_of(runner.skeleton)
    return runner.body_mass if what == "mass" else runner.height


def _check(name: str, value: object, limits: tuple[float, float], unit: str) -> None:
    if value is None or isinstance(value, Tracer):
        return
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise UnusableInput(f"{name} is {value!r}, which is no number; give one.") from None
    low, high = limits
    if not (math.isfinite(number) and low <= number <= high):
        raise UnusableInput(
            f"{name} is {number:g}{f' {unit}' if unit else ''}; allowed are {low:g} to {high:g}."
        )


def _factors(
    runner: Runner,
    height: Number | None,
    leg: Number | None,
    width: Number | None,
    segments: Mapping[str, Factor],
) -> Array:
    """Scale factors of all bodies along their own axes (body, 3)."""
    skeleton = runner.skeleton
    factors = jnp.ones((len(skeleton.body_names), 3))
    if height is not None:
        if not isinstance(runner.height, Tracer) and not float(runner.height) > 0.0:
            raise UnusableInput(
                f"the height of {runner.name} is not known; write height_m into its model.toml, or "
                "scale its segments."
            )
        factors = factors * (jnp.asarray(height, float) / runner.height)
    for name, given in segments.items():
        factors = _times(factors, segments_of(skeleton, name), _triple(name, given))
    if leg is not None:
        present = leg_length_of(_scaled_skeleton(skeleton, factors))
        longer = jnp.full(3, jnp.asarray(leg, float) / present)
        factors = _times(factors, leg_segments(skeleton), longer)
    if width is not None:
        present = pelvis_width_of(_scaled_skeleton(skeleton, factors))
        wider = jnp.stack([*jnp.ones(2), jnp.asarray(width, float) / present])
        factors = _times(factors, (pelvis(skeleton),), wider)
    return factors


def _times(factors: Array, bodies: Sequence[int], more: Array) -> Array:
    """The factors (body, 3) of some bodies times `more` (3,)."""
    chosen = np.isin(np.arange(len(factors)), bodies)[:, None]
    return factors * jnp.where(chosen, more[None], 1.0)


def _triple(name: str, given: Factor) -> Array:
    numbers = list(given) if isinstance(given, Sequence) else [given] * 3  # type: ignore[arg-type]
    if len(numbers) != 3 or isinstance(given, str):
        raise UnusableInput(f"segment {name}: {given!r} is no factor; give one number or three.")
    for number in numbers:
        _check(f"segment {name}", number, FACTOR_RANGE, "")
    return jnp.stack([jnp.asarray(number, float) for number in numbers])


def _rebuilt(runner: Runner, factors: Array, mass_ratio: Array, strength: Array) -> Runner:
    """The runner on bodies scaled by `factors` (body, 3), `mass_ratio` heavier."""
    skeleton = _scaled_skeleton(runner.skeleton, factors, mass_ratio)
    larger = size_factors(factors)
    length, arms = _muscle_factors(runner, factors)
    feet = _scaled_feet(runner.feet, factors)
    muscles = replace(
        runner.muscles,
        max_isometric_force=runner.muscles.max_isometric_force * strength,
        optimal_fiber_length=runner.muscles.optimal_fiber_length * length,
        tendon_slack_length=runner.muscles.tendon_slack_length * length,
        path=_scaled_paths(runner.muscles.path, length, arms),
    )
    torque = strength * _joint_factors(runner.skeleton, larger)
    passive, actuators = runner.passive, runner.actuators
    achilles = runner.achilles
    calf = [runner.muscle_names.index(f"{m}_{s}") for m in achilles.muscles for s in SIDES]
    scaled = replace(
        runner,
        skeleton=skeleton,
        muscles=muscles,
        feet=feet,
        passive=replace(
            passive,
            moment_at_limit=passive.moment_at_limit * torque,
            stiffness=passive.stiffness * torque,
            damping=passive.damping * torque,
        ),
        actuators=replace(
            actuators,
            max_torque=actuators.max_torque * torque[jnp.asarray(actuators.coordinates, int)],
        ),
        # Tendons of the same tissue: as strong as the muscles, as stiff as thickness over length.
        achilles=replace(
            achilles,
            reference_force=achilles.reference_force * strength,
            cross_section=achilles.cross_section * strength,
            stiffness=achilles.stiffness * strength / jnp.mean(length[jnp.asarray(calf)]),
        ),
        height=_new_height(runner, skeleton, feet, factors),
        length_shares=runner.length_shares * factors[None] / length[:, None, None],
        lines_of_action=_scaled_lines(runner.lines_of_action, factors),
    )
    return with_achilles_stiffness(scaled)


def _scaled_lines(lines: LinesOfAction | None, factors: Array) -> LinesOfAction | None:
    if lines is None:
        return None
    return replace(
        lines,
        distal=lines.distal * factors[np.array(lines.distal_bodies)],
        proximal=lines.proximal * factors[np.array(lines.proximal_bodies)],
    )


def _scaled_skeleton(skeleton: Skeleton, factors: Array, mass_ratio: Number = 1.0) -> Skeleton:
    """Joints, mass centers and inertias of the scaled bodies, the total mass times `mass_ratio`.

    A body's second moments of mass stretch with it: inertia goes with mass and length squared.
    """
    parents = np.array([joint.parent for joint in skeleton.joints])
    # The ground is no segment: where the pelvis is in it is a coordinate, not a size.
    of_parent = jnp.where(parents[:, None] < 0, jnp.ones_like(factors), factors[parents])
    volume = skeleton.mass * jnp.prod(factors, axis=1)
    mass = volume * (skeleton.total_mass * mass_ratio / jnp.sum(volume))
    i = skeleton.inertia
    half_trace = 0.5 * jnp.sum(i[:, :3], axis=1, keepdims=True)
    x, y, z = factors.T
    # Integrals of x^2, y^2, z^2 and of xy, xz, yz (minus the products of inertia) over the mass.
    squares = (half_trace - i[:, :3]) * factors**2
    products = -i[:, 3:] * jnp.stack([x * y, x * z, y * z], axis=1)
    total = jnp.sum(squares, axis=1, keepdims=True)
    inertia = jnp.concatenate([total - squares, -products], axis=1)
    return replace(
        skeleton,
        mass=mass,
        mass_center=skeleton.mass_center * factors,
        inertia=inertia * (mass / skeleton.mass)[:, None],
        location_in_parent=skeleton.location_in_parent * of_parent,
        location_in_child=skeleton.location_in_child * factors,
        functions=_scaled_functions(skeleton, of_parent),
    )


def _scaled_functions(skeleton: Skeleton, of_parent: Array) -> MotionFunctions:
    """Functions of a joint's sliding grow with the parent, those of its turning stay."""
    functions, bodies = skeleton.functions, motion_bodies(skeleton.joints)
    rows = jnp.ones(len(functions.polynomial))
    seen: dict[int, Array] = {}
    for i, motion in enumerate(skeleton.motions):
        if motion.kind != "translation" or not motion.functions:
            continue
        row = motion.functions[-1]
        factor = jnp.sum(skeleton.axes[i] ** 2 * of_parent[bodies[i]])
        _refuse_other(skeleton, i, seen.setdefault(row, factor), factor)
        rows = rows.at[row].set(factor)
    return replace(
        functions,
        polynomial=functions.polynomial * rows[:, None],
        squares=functions.squares * rows[:, None],
        cubes=functions.cubes * rows[:, None],
    )


def _refuse_other(skeleton: Skeleton, motion: int, first: Array, factor: Array) -> None:
    """One function cannot serve two joints that are scaled differently, such as left and right."""
    if isinstance(factor, Tracer) or isinstance(first, Tracer):
        return
    if not np.allclose(first, factor, rtol=1e-12, atol=0.0):
        body = skeleton.body_names[motion_bodies(skeleton.joints)[motion]]
        raise UnusableInput(
            f"the joint of {body} slides by a function that another joint shares; scale what both "
            "hang on alike (name the segment without its side)."
        )


def _scaled_feet(feet: Feet, factors: Array) -> Feet:
    """Spheres on the scaled bodies. The material stays: only Hertz's sqrt(radius) is followed."""
    own = factors[jnp.asarray(feet.bodies)]
    rounder = jnp.mean(own, axis=1)
    # A stiffness in N/m^1.5 holds sqrt(radius); a plane-strain modulus in Pa is the material's.
    firmer = jnp.sqrt(rounder) if isinstance(feet.law, HuntCrossley) else jnp.ones_like(rounder)
    return replace(
        feet,
        location=feet.location * own,
        radius=feet.radius * rounder,
        stiffness=feet.stiffness * firmer,
    )


def _muscle_factors(runner: Runner, factors: Array) -> tuple[Array, Array]:
    """How much longer each muscle gets (muscle,), and its moment arms (muscle, coordinate)."""
    skeleton, shares = runner.skeleton, runner.length_shares
    of_body = jnp.sum(shares, axis=2)
    wider = arm_factors(skeleton, factors)
    arms = []
    for coordinate, body in enumerate(joint_bodies(skeleton)):
        beyond = np.array([body in chain(skeleton, b) for b in range(len(skeleton.joints))])
        distal = jnp.sum(jnp.where(beyond[None], of_body, 0.0), axis=1)
        parent = max(skeleton.joints[body].parent, 0)
        arms.append(distal * wider[coordinate, parent] + (1.0 - distal) * wider[coordinate, body])
    return jnp.sum(shares * factors[None], axis=(1, 2)), jnp.stack(arms, axis=1)


def _scaled_paths(paths: MusclePaths, length: Array, arms: Array) -> MusclePaths:
    """The constant of each polynomial with the length, each other term with its moment arms.

    A term of several coordinates takes the mean of their factors, each as often as its power.
    """
    factors = jnp.ones_like(paths.coefficients)
    for group in paths.groups:
        rows = np.array(group.muscles)
        powers = np.array(group.exponents, float).reshape(len(group.exponents), -1)
        weights = powers / np.maximum(powers.sum(axis=1, keepdims=True), 1.0)
        own = arms[rows][:, np.array(group.coordinates, int)] @ weights.T
        is_constant = powers.sum(axis=1) == 0.0
        own = jnp.where(is_constant[None], length[rows][:, None], own)
        factors = factors.at[rows, : own.shape[1]].set(own)
    return replace(paths, coefficients=paths.coefficients * factors)


def _joint_factors(skeleton: Skeleton, larger: Array) -> Array:
    """Size of the two bodies that each coordinate's joint connects, their mean (coordinate,)."""
    rows = []
    for body in joint_bodies(skeleton):
        parent = skeleton.joints[body].parent
        rows.append(0.5 * (larger[parent] + larger[body]) if parent >= 0 else larger[body])
    return jnp.stack(rows)


def _new_height(runner: Runner, skeleton: Skeleton, feet: Feet, factors: Array) -> Array:
    """Stature: hip height, measured, and what is above it, which grows with the trunk."""
    if not stands(skeleton, feet):
        return runner.height * jnp.mean(factors[0])
    before = hip_height(runner.skeleton, runner.feet)
    after = hip_height(skeleton, feet)
    return after + (runner.height - before) * factors[trunk(skeleton), 1]
