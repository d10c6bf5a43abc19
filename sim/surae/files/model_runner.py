"""The records of a model folder become a Runner: `read_model("models/mine")`.

The files are read and checked value by value (model_reading), mirrored where they describe one side
(model_mirror), checked against each other (model_checks), put together here, and the runner is held
against anatomy (model_anatomy).
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from surae.files.model_anatomy import check_anatomy, moment_arm_signs
from surae.files.model_checks import check_records, check_sides_as_written, inertia_notes
from surae.files.model_mirror import with_left_side
from surae.files.model_reading import read_records
from surae.files.model_records import FunctionRecord, ModelRecords, MotionRecord
from surae.foot.contact import LAWS, Feet
from surae.muscle.muscles import Muscles
from surae.muscle.path import MusclePaths, muscle_paths
from surae.runner.excitation_limits import BURST_FIELDS, Bursts, no_limits
from surae.runner.fatigue import fresh
from surae.runner.moment_arm_signs import MomentArmSign
from surae.runner.runner import Achilles, Actuators, LinesOfAction, Runner
from surae.runner.segments import (
    HIP_HEIGHT_OVER_STATURE,
    hip_height,
    shares_by_rule,
    stands,
)
from surae.runner.weakness import with_achilles_stiffness
from surae.skeleton.functions import (
    MotionFunction,
    cubic_spline_function,
    motion_functions,
    polynomial_function,
)
from surae.skeleton.passive import PassiveJoints
from surae.skeleton.tree import Joint, Motion, Skeleton

# A coordinate without a stop has one so far away that it never acts: infinity would give NaN
# derivatives.
_NO_STOP = 1e3


class ModelFolder(NamedTuple):
    """A runner, and what its folder says that is not the runner's body."""

    runner: Runner
    description: str
    coordinate_default: Array  # (coordinate,) rad or m
    moment_arm_signs: tuple[MomentArmSign, ...]
    notes: tuple[str, ...]  # what is odd and no reason to refuse


def read_runner(path: str | Path) -> Runner:
    """The runner that a model folder describes."""
    return read_model(path).runner


def read_model(path: str | Path) -> ModelFolder:
    """The runner that a model folder describes, with ranges and defaults of its coordinates."""
    records = both_sides(Path(path))
    runner = _runner(records)
    notes = (*inertia_notes(records), *check_anatomy(records, runner))
    coordinates = records.coordinates
    return ModelFolder(
        runner=runner,
        description=records.description,
        coordinate_default=jnp.asarray([c.default for c in coordinates]),
        moment_arm_signs=moment_arm_signs(records),
        notes=notes,
    )


def both_sides(folder: Path) -> ModelRecords:
    """The checked records of a folder, both sides."""
    records = read_records(folder)
    check_sides_as_written(records)
    if records.symmetric:
        records = with_left_side(records)
    check_records(records)
    return records


def _runner(records: ModelRecords) -> Runner:
    names = tuple(coordinate.name for coordinate in records.coordinates)
    skeleton, muscles, feet = _skeleton(records, names), _muscles(records, names), _feet(records)
    runner = Runner(
        name=records.name,
        skeleton=skeleton,
        muscles=muscles,
        feet=feet,
        passive=_passive(records, names),
        actuators=Actuators(
            names=tuple(a.name for a in records.actuators),
            coordinates=tuple(names.index(a.coordinate) for a in records.actuators),
            max_torque=jnp.asarray([a.max_torque for a in records.actuators], float),
        ),
        achilles=Achilles(
            muscles=records.achilles.muscles,
            stiffness=jnp.asarray(records.achilles.stiffness, float),
            reference_force=jnp.asarray(records.achilles.reference_force, float),
            cross_section=jnp.asarray(records.achilles.cross_section, float),
        ),
        excitation_limits=no_limits(len(records.muscles)),
        bursts=_bursts(records),
        fatigue=fresh(len(records.muscles)),
        coordinate_lower=jnp.asarray([c.lower for c in records.coordinates], float),
        coordinate_upper=jnp.asarray([c.upper for c in records.coordinates], float),
        height=_height(records, skeleton, feet),
        length_shares=jnp.asarray(_length_shares(records, skeleton, muscles)),
        lines_of_action=_lines_of_action(records, skeleton, muscles),
        locked=tuple(c.locked for c in records.coordinates),
        groups=tuple((name, tuple(members)) for name, members in records.groups.values.items()),
        refused_groups=tuple(records.refused_groups.values.items()),
    )
    return with_achilles_stiffness(runner)


def _skeleton(records: ModelRecords, coordinate_names: tuple[str, ...]) -> Skeleton:
    bodies = records.bodies
    names = tuple(body.name for body in bodies)
    # A joint slides before it turns, whatever the order in the file.
    motions = [sorted(body.motions, key=lambda m: m.kind != "translation") for body in bodies]
    joints = tuple(
        Joint(
            parent=-1 if body.parent == "ground" else names.index(body.parent),
            motions=tuple(_motion(m, records, coordinate_names) for m in own),
        )
        for body, own in zip(bodies, motions, strict=True)
    )
    return Skeleton(
        body_names=names,
        coordinate_names=coordinate_names,
        joints=joints,
        mass=jnp.asarray([body.mass for body in bodies]),
        mass_center=jnp.asarray([body.mass_center for body in bodies]),
        inertia=jnp.asarray([body.inertia for body in bodies]),
        location_in_parent=jnp.asarray([body.location_in_parent for body in bodies]),
        orientation_in_parent=jnp.asarray([body.orientation_in_parent for body in bodies]),
        location_in_child=jnp.asarray([body.location_in_child for body in bodies]),
        orientation_in_child=jnp.asarray([body.orientation_in_child for body in bodies]),
        axes=jnp.asarray([motion.axis for own in motions for motion in own]),
        functions=motion_functions([_function(function) for function in records.functions]),
        gravity=jnp.asarray(records.gravity),
        coupled=tuple(
            (
                follower.name,
                coordinate_names.index(follower.coordinate),
                _function_rows(records, follower.function),
            )
            for follower in records.coupled
        ),
    )


def _motion(motion: MotionRecord, records: ModelRecords, names: tuple[str, ...]) -> Motion:
    """A motion that follows a coupled coordinate is driven by the one that this one follows."""
    own = _function_rows(records, motion.function)
    follower = next((c for c in records.coupled if c.name == motion.coordinate), None)
    if follower is None:
        return Motion(names.index(motion.coordinate), motion.kind, own)
    first = _function_rows(records, follower.function)
    return Motion(names.index(follower.coordinate), motion.kind, (*first, *own))


def _function_rows(records: ModelRecords, name: str | None) -> tuple[int, ...]:
    names = [function.name for function in records.functions]
    return () if name is None else (names.index(name),)


def _function(record: FunctionRecord) -> MotionFunction:
    if record.kind == "polynomial":
        function = polynomial_function(record.coefficients)
    else:
        function = cubic_spline_function(record.x, record.y)
    return function.scaled(record.scale)


def _muscles(records: ModelRecords, coordinate_names: tuple[str, ...]) -> Muscles:
    values = {
        field: jnp.asarray([muscle.values[field] for muscle in records.muscles])
        for field in records.muscles[0].values
    }
    names = tuple(muscle.name for muscle in records.muscles)
    return Muscles(
        **values,
        strength=jnp.ones(len(names)),
        volume=jnp.ones(len(names)),
        path=_paths(records, names, coordinate_names),
        names=names,
        elastic_tendon=tuple(muscle.elastic_tendon for muscle in records.muscles),
    )


def _paths(
    records: ModelRecords, muscle_names: tuple[str, ...], coordinate_names: tuple[str, ...]
) -> MusclePaths:
    """Each muscle's terms over the coordinates that occur in them."""
    spanned: list[list[str]] = [[] for _ in muscle_names]
    for term in records.paths:
        row = spanned[muscle_names.index(term.muscle)]
        row += [name for name, _ in term.powers if name not in row]
    terms: list[dict[tuple[int, ...], float]] = [{} for _ in muscle_names]
    for term in records.paths:
        muscle = muscle_names.index(term.muscle)
        powers = dict(term.powers)
        exponents = tuple(powers.get(name, 0) for name in spanned[muscle])
        terms[muscle][exponents] = term.coefficient
    return muscle_paths([[coordinate_names.index(n) for n in row] for row in spanned], terms)


def _feet(records: ModelRecords) -> Feet:
    bodies = [body.name for body in records.bodies]
    spheres, contact = records.spheres, records.contact
    shared = {field: jnp.asarray(v, float) for field, v in contact.items() if field != "stiffness"}
    return Feet(
        names=tuple(sphere.name for sphere in spheres),
        bodies=tuple(bodies.index(sphere.body) for sphere in spheres),
        sides=tuple(sphere.name[-1] for sphere in spheres),
        law=LAWS[records.contact_law](**shared),
        location=jnp.asarray([sphere.location for sphere in spheres], float).reshape(-1, 3),
        radius=jnp.asarray([sphere.radius for sphere in spheres], float),
        stiffness=jnp.asarray(
            [contact["stiffness"] if s.stiffness is None else s.stiffness for s in spheres], float
        ),
    )


def _height(records: ModelRecords, skeleton: Skeleton, feet: Feet) -> Array:
    """Stature, m; where the folder does not say it, from the height of the hips; NaN if unknown."""
    if records.height is not None:
        return jnp.asarray(records.height, float)
    if not stands(skeleton, feet):
        return jnp.asarray(math.nan)
    return hip_height(skeleton, feet) / HIP_HEIGHT_OVER_STATURE


def _length_shares(
    records: ModelRecords, skeleton: Skeleton, muscles: Muscles
) -> NDArray[np.float64]:
    """Share of each body, along its axes, in each muscle's length: as written, else by rule."""
    shares = shares_by_rule(skeleton, muscles.path)
    written = {share.muscle for share in records.length_shares}
    for muscle, name in enumerate(muscles.names):
        if name in written:
            shares[muscle] = 0.0
    for share in records.length_shares:
        place = muscles.names.index(share.muscle), skeleton.body_names.index(share.body)
        shares[place] = share.shares
    return shares / shares.sum(axis=(1, 2), keepdims=True)


def _bursts(records: ModelRecords) -> Bursts | None:
    """Fields (muscle, speed); a muscle without rows has a burst of no length."""
    if not records.bursts:
        return None
    muscles = [muscle.name for muscle in records.muscles]
    speeds = sorted({burst.speed for burst in records.bursts})
    rows = {(burst.muscle, burst.speed): burst.values for burst in records.bursts}
    none = {**dict.fromkeys(BURST_FIELDS, 0.0), "stride_time": 1.0}
    tables = {
        field: jnp.asarray([[rows.get((m, s), none)[field] for s in speeds] for m in muscles])
        for field in BURST_FIELDS
    }
    return Bursts(speed=jnp.asarray(speeds), **tables)


def _lines_of_action(
    records: ModelRecords, skeleton: Skeleton, muscles: Muscles
) -> LinesOfAction | None:
    lines, body = records.lines, skeleton.body_names.index
    if not lines:
        return None
    return LinesOfAction(
        muscles=tuple(muscles.names.index(line.muscle) for line in lines),
        joints=tuple(body(line.joint_body) for line in lines),
        distal_bodies=tuple(body(line.distal_body) for line in lines),
        proximal_bodies=tuple(body(line.proximal_body) for line in lines),
        distal=jnp.asarray([line.distal for line in lines]),
        proximal=jnp.asarray([line.proximal for line in lines]),
    )


def _passive(records: ModelRecords, coordinate_names: tuple[str, ...]) -> PassiveJoints:
    count = len(coordinate_names)
    lower, upper = np.full(count, -_NO_STOP), np.full(count, _NO_STOP)
    moment, width = np.zeros(count), np.ones(count)
    stiffness, damping, rest = np.zeros(count), np.zeros(count), np.zeros(count)
    for stop in records.stops:
        i = coordinate_names.index(stop.coordinate)
        lower[i], upper[i] = stop.lower, stop.upper
        moment[i], width[i] = stop.moment_at_limit, stop.width
    for spring in records.springs:
        i = coordinate_names.index(spring.coordinate)
        stiffness[i], damping[i], rest[i] = spring.stiffness, spring.damping, spring.rest
    return PassiveJoints(
        lower=jnp.asarray(lower),
        upper=jnp.asarray(upper),
        moment_at_limit=jnp.asarray(moment),
        width=jnp.asarray(width),
        stiffness=jnp.asarray(stiffness),
        damping=jnp.asarray(damping),
        rest=jnp.asarray(rest),
    )
