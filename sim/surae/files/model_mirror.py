"""The left half of a symmetric model: every right record mirrored in the plane z = 0.

Positions: z changes sign. Rotation axes and orientations are pseudovectors: x and y change sign.
Translation axes: z changes sign. Products of inertia with one z (xz, yz) change sign. A positive
coordinate therefore means the same (flexion, adduction) on both sides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import groupby
from typing import TypeVar

from surae.files.model_records import (
    BodyRecord,
    BurstRecord,
    LineRecord,
    ModelRecords,
    MotionRecord,
    Numbers,
    PathTerm,
)
from surae.runner.mirror import mirrored_name

Item = TypeVar("Item")


def with_left_side(records: ModelRecords) -> ModelRecords:
    """Both sides: each run of right bodies and coordinates is followed by its mirror image."""
    lateral = lateral_coordinates(records.bodies)

    def both(items: tuple[Item, ...], mirrored: Callable[[Item], Item], name: str):
        return tuple(_interleaved(items, mirrored, lambda item: getattr(item, name)))

    return replace(
        records,
        bodies=both(records.bodies, _mirrored_body, "name"),
        coupled=both(records.coupled, _renamed("name", "coordinate"), "coordinate"),
        coordinates=both(records.coordinates, _renamed("name"), "name"),
        stops=both(records.stops, _renamed("coordinate"), "coordinate"),
        springs=both(records.springs, _renamed("coordinate"), "coordinate"),
        actuators=both(records.actuators, _renamed("name", "coordinate"), "name"),
        muscles=both(records.muscles, _renamed("name"), "name"),
        paths=both(records.paths, lambda term: _mirrored_term(term, lateral), "muscle"),
        length_shares=both(records.length_shares, _renamed("muscle", "body"), "muscle"),
        bursts=both(records.bursts, _half_a_stride_later, "muscle"),
        lines=both(records.lines, _mirrored_line, "muscle"),
        spheres=both(
            records.spheres,
            lambda sphere: replace(
                sphere,
                name=mirrored_name(sphere.name),
                body=mirrored_name(sphere.body),
                location=_mirrored_position(sphere.location),
            ),
            "name",
        ),
    )


def lateral_coordinates(bodies: Iterable[BodyRecord]) -> frozenset[str]:
    """Midline coordinates whose sign changes in the mirror: list, rotation, sideways motion."""
    return frozenset(
        motion.coordinate
        for body in bodies
        for motion in body.motions
        if mirrored_name(motion.coordinate) == motion.coordinate
        and _is_opposite(_mirrored_motion(motion).axis, motion.axis)
    )


def _interleaved(
    items: Iterable[Item], mirrored: Callable[[Item], Item], name: Callable[[Item], str]
) -> Iterable[Item]:
    for is_right, run in groupby(items, key=lambda item: name(item).endswith("_r")):
        members = list(run)
        yield from members
        if is_right:
            yield from (mirrored(member) for member in members)


def _renamed(*fields: str) -> Callable[[Item], Item]:
    def mirrored(item: Item) -> Item:
        names = {field: mirrored_name(getattr(item, field)) for field in fields}
        return replace(item, **names)  # type: ignore[type-var]

    return mirrored


def _half_a_stride_later(burst: BurstRecord) -> BurstRecord:
    contact = burst.values["contact"] + 0.5 * burst.values["stride_time"]
    values = {**burst.values, "contact": contact}
    return replace(burst, muscle=mirrored_name(burst.muscle), values=values)


def _mirrored_line(line: LineRecord) -> LineRecord:
    named = _renamed("muscle", "joint_body", "distal_body", "proximal_body")(line)
    ends = {end: _mirrored_position(getattr(line, end)) for end in ("distal", "proximal")}
    return replace(named, **ends)  # type: ignore[arg-type]


def _mirrored_body(body: BodyRecord) -> BodyRecord:
    xx, yy, zz, xy, xz, yz = body.inertia
    return replace(
        body,
        name=mirrored_name(body.name),
        parent=mirrored_name(body.parent),
        mass_center=_mirrored_position(body.mass_center),
        inertia=(xx, yy, zz, xy, -xz, -yz),
        location_in_parent=_mirrored_position(body.location_in_parent),
        location_in_child=_mirrored_position(body.location_in_child),
        orientation_in_parent=_mirrored_rotation(body.orientation_in_parent),
        orientation_in_child=_mirrored_rotation(body.orientation_in_child),
        motions=tuple(_mirrored_motion(motion) for motion in body.motions),
    )


def _mirrored_motion(motion: MotionRecord) -> MotionRecord:
    mirrored = _mirrored_rotation if motion.kind == "rotation" else _mirrored_position
    # A function serves both sides: what it drives is mirrored with its axis.
    return replace(motion, coordinate=mirrored_name(motion.coordinate), axis=mirrored(motion.axis))


def _mirrored_term(term: PathTerm, lateral: frozenset[str]) -> PathTerm:
    odd = sum(power for coordinate, power in term.powers if coordinate in lateral) % 2
    return replace(
        term,
        muscle=mirrored_name(term.muscle),
        powers=tuple((mirrored_name(name), power) for name, power in term.powers),
        coefficient=-term.coefficient if odd else term.coefficient,
    )


def _mirrored_position(position: Numbers) -> Numbers:
    x, y, z = position
    return (x, y, _negative(z))


def _mirrored_rotation(rotation: Numbers) -> Numbers:
    x, y, z = rotation
    return (_negative(x), _negative(y), z)


def _negative(value: float) -> float:
    return -value if value else 0.0  # no -0.0: static axes are compared and hashed


def _is_opposite(a: Numbers, b: Numbers) -> bool:
    return all(abs(x + y) < 1e-9 for x, y in zip(a, b, strict=True))
