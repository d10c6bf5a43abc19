"""Joints of a model folder: which coordinate moves which body, and by which function."""

from __future__ import annotations

from surae.files.model_records import BodyRecord, CoordinateRecord, ModelRecords, MotionRecord
from surae.files.toml_reader import TomlTable
from surae.runner.spelling import unknown_name


def check_joints(records: ModelRecords, coordinates: dict[str, CoordinateRecord]) -> None:
    """Every motion has its coordinate and function, every coordinate and function its motion."""
    _check_coupled(records, coordinates)
    coupled = {follower.name: follower for follower in records.coupled}
    used: dict[str, str] = {}
    for body in records.bodies:
        for motion in body.motions:
            name = motion.coordinate
            if name not in coordinates and name not in coupled:
                complaint = unknown_name("coordinate", name, [*coordinates, *coupled])
                body.source.refuse("joint", f"there is {complaint}; add it as [[coordinate]]")
            if used.setdefault(name, body.name) != body.name:
                body.source.refuse(
                    "joint",
                    f"coordinate {name!r} already moves {used[name]!r}; "
                    "each coordinate moves one body, once",
                )
            if name in coordinates and motion.function is None:
                _check_unit(motion, coordinates[name])
        _check_doubles(body)
    moved = {*used, *(coupled[name].coordinate for name in used if name in coupled)}
    for name, item in (*coordinates.items(), *coupled.items()):
        if name not in moved:
            item.source.refuse(
                "name",
                f"no joint uses coordinate {name!r}; add it to the "
                "joint of a body, or leave it out",
            )
    _check_functions(records)


def _check_coupled(records: ModelRecords, coordinates: dict[str, CoordinateRecord]) -> None:
    for follower in records.coupled:
        if follower.name in coordinates:
            follower.source.refuse(
                "name", f"{follower.name!r} is a [[coordinate]] too; it cannot be both"
            )
        if follower.coordinate not in coordinates:
            complaint = unknown_name("coordinate", follower.coordinate, coordinates)
            follower.source.refuse("coordinate", f"there is {complaint}")


def _check_unit(motion: MotionRecord, coordinate: CoordinateRecord) -> None:
    unit = "rad" if motion.kind == "rotation" else "m"
    if coordinate.unit != unit:
        key = "range_deg" if unit == "rad" else "range_m"
        coordinate.source.refuse("", f"{coordinate.name!r} is a {motion.kind}; give {key}")


def _check_doubles(body: BodyRecord) -> None:
    """A coordinate may move a body several ways, but only one of them is its own value."""
    plain = [motion.coordinate for motion in body.motions if motion.function is None]
    doubled = [name for name in plain if plain.count(name) > 1]
    if doubled:
        body.source.refuse(
            "joint",
            f"coordinate {doubled[0]!r} already moves {body.name!r}; each coordinate moves one "
            "body, once",
        )


def _check_functions(records: ModelRecords) -> None:
    names = [function.name for function in records.functions]
    for number, function in enumerate(records.functions):
        if function.name in names[:number]:
            function.source.refuse("name", f"function {function.name!r} is there twice; rename one")
    users: list[tuple[TomlTable, str, str]] = [
        (body.source, "joint", motion.function)
        for body in records.bodies
        for motion in body.motions
        if motion.function is not None
    ]
    users += [
        (follower.source, "function", follower.function)
        for follower in records.coupled
        if follower.function is not None
    ]
    for source, key, name in users:
        if name not in names:
            source.refuse(key, f"there is {unknown_name('function', name, names)}")
    used = {name for _, _, name in users}
    for function in records.functions:
        if function.name not in used:
            function.source.refuse(
                "name", f"no joint uses function {function.name!r}; leave it out"
            )
