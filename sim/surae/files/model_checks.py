"""The records of a model folder held against each other: names, sides, trees, ranges, groups.

Each check ends with one UnusableInput that names file and line. Checks of the finished runner
(signs of moment arms, symmetry) are in model_anatomy.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from surae.files.model_bursts import check_bursts
from surae.files.model_joint_checks import check_joints
from surae.files.model_records import (
    BodyRecord,
    CoordinateRecord,
    ModelRecords,
    PathTerm,
    SpringRecord,
    StopRecord,
)
from surae.files.tables import TableRow
from surae.files.toml_reader import TomlTable
from surae.runner.mirror import mirrored_name
from surae.runner.spelling import unknown_name
from surae.runner.weakness import without_side

GROUND = "ground"
_SHARE_ROUNDING = 0.02
_ROUNDING = 1e-9
# LaiUhlrich2022 and its forebears since Delp et al. (1990) have toes of 0.22 kg with such moments
# (0.0001, 0.0002, 0.001 kg m^2), and OpenSim takes them as they are: a note, not a refusal.
_TINY_BODY_KG = 0.5


def check_sides_as_written(records: ModelRecords) -> None:
    """Names of the files as the user wrote them, before any mirroring."""
    for kind, key, items in _named(records):
        names = [getattr(item, key) for item in items]
        for item, name in zip(items, names, strict=True):
            if records.symmetric and name.endswith("_l"):
                _refuse(
                    item.source,
                    key,
                    f"{kind} {name!r}: with symmetric = true only _r and "
                    "midline are written; leave it out, or set symmetric = false",
                )
            if not records.symmetric and mirrored_name(name) not in names:
                other = mirrored_name(name)
                _refuse(
                    item.source,
                    key,
                    f"{kind} {name!r} has no {other!r}; add it, or set "
                    "symmetric = true and write only _r",
                )
    for term in records.paths:
        if records.symmetric and term.muscle.endswith("_l"):
            term.source.refuse(
                f"path of {term.muscle!r}: with symmetric = true only _r is written; leave it out"
            )
    for kind, items in (("muscle", records.muscles), ("sphere", records.spheres)):
        for item in items:
            if mirrored_name(item.name) == item.name:
                _refuse(item.source, "name", f"{kind} {item.name!r} has no side; end it with _r")


def check_records(records: ModelRecords) -> None:
    """Everything that is wrong between the records of both sides."""
    for kind, key, items in _named(records):
        _check_unique(kind, key, items)
    if not records.gravity[1] < 0.0:
        _refuse(
            records.source,
            "gravity_m_s2",
            "gravity_m_s2 must point down, its second number below 0; write [0.0, -9.80665, 0.0]",
        )
    _check_bodies(records.bodies)
    coordinates = {coordinate.name: coordinate for coordinate in records.coordinates}
    check_joints(records, coordinates)
    for element in (*records.stops, *records.springs, *records.actuators):
        _check_rotation(element.source, "coordinate", element.coordinate, coordinates)
    _check_stops(records.stops, coordinates)
    _check_springs(records.springs, coordinates)
    _check_paths(records, coordinates)
    _check_spheres(records)
    _check_shares(records)
    _check_lines(records)
    check_bursts(records.bursts, [muscle.name for muscle in records.muscles])
    stems = list(dict.fromkeys(muscle.name[:-2] for muscle in records.muscles))
    _check_groups(records, stems)
    _check_achilles(records, stems)
    _check_signs(records, stems, coordinates)


def _named(records: ModelRecords) -> list[tuple[str, str, Sequence[Any]]]:
    """Kind, the key that names it, and the records."""
    return [
        ("body", "name", records.bodies),
        ("coordinate", "name", records.coordinates),
        ("coupled coordinate", "name", records.coupled),
        ("stop of", "coordinate", records.stops),
        ("spring of", "coordinate", records.springs),
        ("actuator", "name", records.actuators),
        ("muscle", "name", records.muscles),
        ("sphere", "name", records.spheres),
    ]


def _check_unique(kind: str, key: str, items: Iterable[Any]) -> None:
    seen = set()
    for item in items:
        name = getattr(item, key)
        if name in seen:
            _refuse(item.source, key, f"{kind} {name!r} is there twice; keep or rename one")
        seen.add(name)


def _check_bodies(bodies: Sequence[BodyRecord]) -> None:
    names = [body.name for body in bodies]
    for i, body in enumerate(bodies):
        if body.name == GROUND:
            body.source.refuse("name", "'ground' is the name of the ground; choose another one")
        if body.parent != GROUND and body.parent not in names:
            complaint = unknown_name("body", body.parent, [GROUND, *names])
            body.source.refuse("parent", f"there is {complaint}")
        if body.parent in names[i:]:
            where = "itself" if body.parent == body.name else f"{body.parent!r}, which comes later"
            body.source.refuse("parent", f"parent is {where}; write every parent above its bodies")
        _check_inertia(body)


def _check_inertia(body: BodyRecord) -> None:
    given = f"inertia_kg_m2 is {list(body.inertia)}"
    if _principal_moments(body)[0] <= 0.0:
        body.source.refuse(
            "inertia_kg_m2",
            f"{given}, which is not positive definite; give xx, yy, zz, xy, xz, yz about the mass "
            "center",
        )
    if _breaks_triangle_inequality(body) and body.mass > _TINY_BODY_KG:
        body.source.refuse(
            "inertia_kg_m2",
            f"{given}, which no mass distribution has: the largest principal moment must not "
            "exceed the sum of the others",
        )


def inertia_notes(records: ModelRecords) -> tuple[str, ...]:
    """Tiny bodies with moments of inertia that no mass distribution has."""
    return tuple(
        f"{body.name}: the largest principal moment of inertia exceeds the sum of the others"
        for body in records.bodies
        if _breaks_triangle_inequality(body)
    )


def _breaks_triangle_inequality(body: BodyRecord) -> bool:
    smallest, middle, largest = _principal_moments(body)
    return bool(largest > (smallest + middle) * (1.0 + 1e-6))


def _principal_moments(body: BodyRecord) -> NDArray[np.float64]:
    xx, yy, zz, xy, xz, yz = body.inertia
    return np.linalg.eigvalsh(np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]]))


def _check_rotation(
    source: TomlTable, key: str, name: str, coordinates: dict[str, CoordinateRecord]
) -> None:
    rotations = [c.name for c in coordinates.values() if c.unit == "rad"]
    if name not in rotations:
        source.refuse(key, f"there is {unknown_name('rotation', name, rotations)}")


def _check_stops(stops: Sequence[StopRecord], ranges: dict[str, CoordinateRecord]) -> None:
    for stop in stops:
        _check_inside(stop.source, "lower_deg", stop.lower, ranges[stop.coordinate])
        _check_inside(stop.source, "upper_deg", stop.upper, ranges[stop.coordinate])


def _check_springs(springs: Sequence[SpringRecord], ranges: dict[str, CoordinateRecord]) -> None:
    for spring in springs:
        _check_inside(spring.source, "rest_deg", spring.rest, ranges[spring.coordinate])


def _check_inside(source: TomlTable, key: str, value: float, allowed: CoordinateRecord) -> None:
    if not allowed.lower - _ROUNDING <= value <= allowed.upper + _ROUNDING:
        given, low, high = np.degrees([value, allowed.lower, allowed.upper])
        complaint = f"outside the range of {allowed.name}, {low:g} to {high:g} deg"
        source.refuse(key, f"{key} is {given:g}, {complaint}")


def _check_paths(records: ModelRecords, coordinates: dict[str, CoordinateRecord]) -> None:
    muscles = [muscle.name for muscle in records.muscles]
    rotations = [c.name for c in coordinates.values() if c.unit == "rad"]
    seen: dict[tuple[object, ...], int] = {}
    for term in records.paths:
        if term.muscle not in muscles:
            complaint = unknown_name("muscle", term.muscle, muscles)
            term.source.refuse(f"there is {complaint}; add it to muscles.csv")
        for name, _ in term.powers:
            if name not in rotations:
                term.source.refuse(f"there is {unknown_name('rotation', name, rotations)}")
            if name.endswith(mirrored_name(term.muscle)[-2:]):
                term.source.refuse(f"{term.muscle} cannot span {name}, which is on the other side")
        monomial = _monomial(term)
        if monomial in seen:
            term.source.refuse(f"the same term as in line {seen[monomial]}; add them up")
        seen[monomial] = term.source.line
    with_path = {term.muscle for term in records.paths if _monomial(term)[1]}
    for muscle in records.muscles:
        if muscle.name not in with_path:
            muscle.source.refuse(
                f"{muscle.name} has no path that moves a coordinate; add its rows "
                f"to {records.folder / 'paths.csv'}"
            )


def _monomial(term: PathTerm) -> tuple[str, tuple[tuple[str, int], ...]]:
    return term.muscle, tuple(sorted((name, power) for name, power in term.powers if power))


def _check_spheres(records: ModelRecords) -> None:
    bodies = [body.name for body in records.bodies]
    for sphere in records.spheres:
        if sphere.body not in bodies:
            sphere.source.refuse(f"there is {unknown_name('body', sphere.body, bodies)}")
        if sphere.name[-2:] != sphere.body[-2:]:
            sphere.source.refuse(
                f"sphere {sphere.name!r} must be on a body of its side, not on {sphere.body!r}"
            )


def _check_shares(records: ModelRecords) -> None:
    """Shares of known muscles on known bodies, of each muscle 1 together."""
    muscles = [muscle.name for muscle in records.muscles]
    bodies = [body.name for body in records.bodies]
    total: dict[str, float] = {}
    seen: set[tuple[str, str]] = set()
    for share in records.length_shares:
        if share.muscle not in muscles:
            share.source.refuse(f"there is {unknown_name('muscle', share.muscle, muscles)}")
        if share.body not in bodies:
            share.source.refuse(f"there is {unknown_name('body', share.body, bodies)}")
        if (share.muscle, share.body) in seen:
            share.source.refuse(f"{share.muscle} has {share.body} twice; keep one")
        seen.add((share.muscle, share.body))
        total[share.muscle] = total.get(share.muscle, 0.0) + sum(share.shares)
    for share in records.length_shares:
        if abs(total[share.muscle] - 1.0) > _SHARE_ROUNDING:
            share.source.refuse(
                f"the shares of {share.muscle} add up to {total[share.muscle]:.4g}; make them 1"
            )


def _check_lines(records: ModelRecords) -> None:
    """Lines of known muscles between known bodies, one for each muscle and joint."""
    muscles = [muscle.name for muscle in records.muscles]
    bodies = [body.name for body in records.bodies]
    seen: set[tuple[str, str]] = set()
    for line in records.lines:
        if line.muscle not in muscles:
            line.source.refuse(f"there is {unknown_name('muscle', line.muscle, muscles)}")
        for body in (line.joint_body, line.distal_body, line.proximal_body):
            if body not in bodies:
                line.source.refuse(f"there is {unknown_name('body', body, bodies)}")
        if (line.muscle, line.joint_body) in seen:
            line.source.refuse(f"{line.muscle} crosses {line.joint_body} twice; keep one")
        seen.add((line.muscle, line.joint_body))


def _check_groups(records: ModelRecords, stems: list[str]) -> None:
    """Groups name muscles without side, and no name has two meanings."""
    groups, refused = records.groups, records.refused_groups
    for table in (groups, refused):
        for name in table.values:
            if name in stems:
                table.refuse(name, f"{name!r} is a muscle already; choose another name")
            if mirrored_name(name) != name:
                table.refuse(name, f"group {name!r} ends in a side; write it without _r or _l")
    for name in groups.values:
        for muscle in groups.texts(name):
            if muscle not in stems:
                groups.refuse(name, f"there is {unknown_name('muscle', muscle, stems)}")
    for name in refused.values:
        refused.text(name)
        if name in groups.values:
            refused.refuse(name, f"{name!r} is both in [groups] and in [refused_groups]; keep one")


def _check_achilles(records: ModelRecords, stems: list[str]) -> None:
    rigid = {muscle.name[:-2] for muscle in records.muscles if not muscle.elastic_tendon}
    for name in records.achilles.muscles:
        source = records.achilles.source
        if name not in stems:
            source.refuse(
                "muscles", f"there is {unknown_name('muscle', name, dict.fromkeys(stems))}"
            )
        if name in rigid:
            source.refuse(
                "muscles",
                f"{name} has a rigid tendon, so that no stiffness acts; set "
                "its tendon to elastic in muscles.csv",
            )


def _check_signs(
    records: ModelRecords, stems: list[str], coordinates: dict[str, CoordinateRecord]
) -> None:
    for sign in records.signs:
        if sign.muscle not in stems:
            complaint = unknown_name("muscle", sign.muscle, stems)
            sign.source.refuse("muscle", f"there is {complaint}")
        names = list(dict.fromkeys(without_side(name) for name in coordinates))
        if sign.coordinate not in names:
            complaint = unknown_name("coordinate", sign.coordinate, names)
            sign.source.refuse("coordinate", f"there is {complaint}")
        spanned = {
            without_side(name)
            for term in records.paths
            if term.muscle[:-2] == sign.muscle
            for name, power in term.powers
            if power
        }
        if sign.coordinate not in spanned:
            sign.source.refuse(
                "coordinate",
                f"{sign.muscle} does not span {sign.coordinate}; it "
                f"spans {', '.join(sorted(spanned))}",
            )


def _refuse(source: TomlTable | TableRow, key: str, complaint: str) -> NoReturn:
    """End with an error at the line of a TOML key or of a CSV row."""
    if isinstance(source, TableRow):
        source.refuse(complaint)
    source.refuse(key, complaint)
