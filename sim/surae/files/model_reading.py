"""Reading a model folder: model.toml, muscles.csv, paths.csv and contact.csv become records.

Each value is checked alone here; model_checks holds them against each other. Ranges are wide
enough for any runner and narrow enough to catch a wrong unit or a slipped decimal point.
"""

from __future__ import annotations

import itertools
import math
import re
from pathlib import Path

from surae._errors import UnusableInput
from surae.files.model_bursts import BURSTS, read_bursts
from surae.files.model_records import (
    AchillesRecord,
    ActuatorRecord,
    BodyRecord,
    CoordinateRecord,
    CoupledRecord,
    FunctionRecord,
    LineRecord,
    ModelRecords,
    MotionRecord,
    MuscleRecord,
    PathTerm,
    ShareRecord,
    SignRecord,
    SphereRecord,
    SpringRecord,
    StopRecord,
)
from surae.files.tables import TableRow, read_header, read_table
from surae.files.toml_reader import TomlFile, TomlTable, read_toml
from surae.runner.parameters import (
    ACHILLES_PARAMETERS,
    CONTACT_PARAMETERS,
    MUSCLE_PARAMETERS,
    Parameter,
)
from surae.runner.scaling import HEIGHT_RANGE

SCHEMA = 1
# Of a muscle path; the polynomials of imported models go up to 9 in one coordinate.
MAX_DEGREE = 9
# Some published models let an arm turn by more than a full turn.
LARGEST_ANGLE_DEG = 1000.0
LARGEST_COEFFICIENT = 1e6
FILES = ("model.toml", "muscles.csv", "paths.csv", "contact.csv")
LENGTH_SHARES = "length_shares.csv"  # may be absent
LINES_OF_ACTION = "lines_of_action.csv"  # may be absent
ZERO = (0.0, 0.0, 0.0)


def read_records(folder: Path) -> ModelRecords:
    """Read the files of a model folder; each value is checked alone, none against another."""
    _check_folder(folder)
    toml = read_toml(folder / "model.toml")
    top = toml.top()
    top.allow(
        (
            "schema",
            "name",
            "description",
            "gravity_m_s2",
            "symmetric",
            "body",
            "coordinate",
            "achilles",
            "contact",
        ),
        (
            "function",
            "coupled_coordinate",
            "stop",
            "spring",
            "actuator",
            "groups",
            "refused_groups",
            "moment_arm_sign",
            "height_m",
        ),
    )
    if top.number("schema", 0, 1e6) != SCHEMA:
        top.refuse("schema", f"schema is {top.values['schema']}; this surae reads schema {SCHEMA}")
    law, contact = _contact(toml)
    return ModelRecords(
        folder=folder,
        name=top.text("name"),
        description=top.text("description"),
        gravity=top.numbers("gravity_m_s2", 3, 30.0),
        symmetric=top.flag("symmetric"),
        functions=tuple(_function(table) for table in toml.tables("function")),
        coupled=tuple(_coupled(table) for table in toml.tables("coupled_coordinate")),
        bodies=tuple(_body(table) for table in toml.tables("body")),
        coordinates=tuple(_coordinate(table) for table in toml.tables("coordinate")),
        stops=tuple(_stop(table) for table in toml.tables("stop", "coordinate")),
        springs=tuple(_spring(table) for table in toml.tables("spring", "coordinate")),
        actuators=tuple(_actuator(table) for table in toml.tables("actuator")),
        signs=tuple(_sign(table) for table in toml.tables("moment_arm_sign", "muscle")),
        groups=toml.table("groups"),
        refused_groups=toml.table("refused_groups"),
        achilles=_achilles(toml),
        contact_law=law,
        contact=contact,
        muscles=_muscles(folder / "muscles.csv"),
        paths=_paths(folder / "paths.csv"),
        spheres=_spheres(folder / "contact.csv", law),
        height=top.number("height_m", *HEIGHT_RANGE) if "height_m" in top.values else None,
        length_shares=_length_shares(folder / LENGTH_SHARES),
        lines=_lines(folder / LINES_OF_ACTION),
        bursts=read_bursts(folder / BURSTS),
        source=top,
    )


def _check_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise UnusableInput(f"No model folder {str(folder)!r}; give a folder with {_listed()}.")
    for name in FILES:
        if not (folder / name).is_file():
            raise UnusableInput(f"{folder} has no file {name}; a model folder holds {_listed()}.")


def _listed() -> str:
    return f"{', '.join(FILES[:-1])} and {FILES[-1]}"


def _body(table: TomlTable) -> BodyRecord:
    table.allow(
        ("name", "mass_kg", "mass_center_m", "inertia_kg_m2", "parent", "joint"),
        (
            "location_in_parent_m",
            "orientation_in_parent_rad",
            "location_in_child_m",
            "orientation_in_child_rad",
        ),
    )
    return BodyRecord(
        name=table.text("name"),
        mass=table.number("mass_kg", 0.001, 200.0),
        mass_center=table.numbers("mass_center_m", 3, 1.0),
        inertia=table.numbers("inertia_kg_m2", 6, 50.0),
        parent=table.text("parent"),
        location_in_parent=table.numbers("location_in_parent_m", 3, 2.0, ZERO),
        orientation_in_parent=table.numbers("orientation_in_parent_rad", 3, math.pi, ZERO),
        location_in_child=table.numbers("location_in_child_m", 3, 2.0, ZERO),
        orientation_in_child=table.numbers("orientation_in_child_rad", 3, math.pi, ZERO),
        motions=tuple(_motion(entry) for entry in table.entries("joint")),
        source=table,
    )


def _motion(table: TomlTable) -> MotionRecord:
    table.allow(("coordinate", "motion", "axis"), ("function",))
    axis = table.numbers("axis", 3, 1.0e6)
    length = math.hypot(*axis)
    if abs(length - 1.0) > 1e-6:
        table.refuse("axis", f"axis {list(axis)} has length {length:.6g}; divide by it")
    kind = table.text("motion", ("rotation", "translation"))
    function = table.text("function") if "function" in table.values else None
    return MotionRecord(table.text("coordinate"), kind, axis, function)


def _function(table: TomlTable) -> FunctionRecord:
    kind = table.text("kind", ("polynomial", "cubic_spline"))
    points = ("coefficients",) if kind == "polynomial" else ("x", "y")
    table.allow(("name", "kind", *points), ("scale",))
    numbers = {key: table.numbers(key, None, LARGEST_COEFFICIENT) for key in points}
    if kind == "cubic_spline":
        x, y = numbers["x"], numbers["y"]
        if len(x) != len(y) or len(x) < 2:
            table.refuse("y", f"x has {len(x)} numbers and y {len(y)}; give as many, 2 or more")
        if any(b <= a for a, b in itertools.pairwise(x)):
            table.refuse("x", "x must rise from each number to the next")
    return FunctionRecord(
        name=table.text("name"),
        kind=kind,
        coefficients=numbers.get("coefficients", ()),
        x=numbers.get("x", ()),
        y=numbers.get("y", ()),
        scale=table.number("scale", -LARGEST_COEFFICIENT, LARGEST_COEFFICIENT, 1.0),
        source=table,
    )


def _coupled(table: TomlTable) -> CoupledRecord:
    table.allow(("name", "coordinate"), ("function",))
    function = table.text("function") if "function" in table.values else None
    return CoupledRecord(table.text("name"), table.text("coordinate"), function, table)


def _coordinate(table: TomlTable) -> CoordinateRecord:
    unit = "m" if "range_m" in table.values else "deg"
    range_key, default_key = f"range_{unit}", f"default_{unit}"
    table.allow(("name", range_key), (default_key, "locked"))
    scale = 1.0 if unit == "m" else math.pi / 180.0
    lower, upper = _range(table, range_key, 1000.0 if unit == "m" else LARGEST_ANGLE_DEG)
    default = table.number(default_key, lower, upper, min(max(0.0, lower), upper))
    return CoordinateRecord(
        table.text("name"),
        "m" if unit == "m" else "rad",
        lower * scale,
        upper * scale,
        default * scale,
        table.flag("locked", False),
        table,
    )


def _range(table: TomlTable, key: str, limit: float) -> tuple[float, float]:
    lower, upper = table.numbers(key, 2, limit)
    if lower >= upper:
        table.refuse(key, f"{key} is [{lower:g}, {upper:g}]; the first must be the smaller one")
    return lower, upper


def _stop(table: TomlTable) -> StopRecord:
    table.allow(("coordinate", "lower_deg", "upper_deg", "torque_at_limit_N_m", "width_rad"))
    lower, upper = table.number("lower_deg", -360, 360), table.number("upper_deg", -360, 360)
    if lower >= upper:
        table.refuse("lower_deg", f"lower_deg {lower:g} must be below upper_deg {upper:g}")
    return StopRecord(
        coordinate=table.text("coordinate"),
        lower=math.radians(lower),
        upper=math.radians(upper),
        moment_at_limit=table.number("torque_at_limit_N_m", 0.0, 100.0),
        width=table.number("width_rad", 0.005, 1.0),
        source=table,
    )


def _spring(table: TomlTable) -> SpringRecord:
    table.allow(("coordinate", "stiffness_N_m_rad"), ("damping_N_m_s_rad", "rest_deg"))
    return SpringRecord(
        coordinate=table.text("coordinate"),
        stiffness=table.number("stiffness_N_m_rad", 0.0, 2000.0),
        damping=table.number("damping_N_m_s_rad", 0.0, 100.0, 0.0),
        rest=math.radians(table.number("rest_deg", -360.0, 360.0, 0.0)),
        source=table,
    )


def _actuator(table: TomlTable) -> ActuatorRecord:
    table.allow(("name", "coordinate", "max_torque_N_m"))
    torque = table.number("max_torque_N_m", 0.1, 2000.0)
    return ActuatorRecord(table.text("name"), table.text("coordinate"), torque, table)


def _sign(table: TomlTable) -> SignRecord:
    table.allow(("muscle", "coordinate", "sign"), ("range_deg",))
    limits = None
    if "range_deg" in table.values:
        lower, upper = _range(table, "range_deg", 360.0)
        limits = (math.radians(lower), math.radians(upper))
    sign = 1 if table.text("sign", ("+", "-")) == "+" else -1
    return SignRecord(table.text("muscle"), table.text("coordinate"), sign, limits, table)


def _achilles(toml: TomlFile) -> AchillesRecord:
    table = toml.table("achilles")
    table.allow(("muscles", *ACHILLES_PARAMETERS))
    return AchillesRecord(
        table.texts("muscles"), **_in_si(table, ACHILLES_PARAMETERS), source=table
    )


def _contact(toml: TomlFile) -> tuple[str, dict[str, float]]:
    table = toml.table("contact")
    law = table.text("law", tuple(CONTACT_PARAMETERS), "hunt_crossley")
    for other, names in CONTACT_PARAMETERS.items():
        for key in names:
            if key in table.values and key not in CONTACT_PARAMETERS[law]:
                table.refuse(key, f'{key} belongs to law = "{other}", and the law is "{law}"')
    table.allow(CONTACT_PARAMETERS[law], ("law",))
    return law, _in_si(table, CONTACT_PARAMETERS[law])


def _in_si(table: TomlTable, parameters: dict[str, Parameter]) -> dict[str, float]:
    return {
        field: factor * table.number(key, low, high)
        for key, (field, factor, low, high) in parameters.items()
    }


# Time constants: Thelen 2003 (J Biomech Eng 125:70); density: Mendez & Keys 1960; damping and
# minimum activation: De Groote et al. 2016 as in OpenSim Moco's DeGrooteFregly2016Muscle.
MUSCLE_DEFAULTS = {
    "fiber_damping": 0.01,
    "activation_time_constant_s": 0.015,
    "deactivation_time_constant_s": 0.060,
    "minimum_activation": 0.01,
    "density_kg_m3": 1059.7,
    "passive_stiffness_factor": 1.0,
}


def _muscles(path: Path) -> tuple[MuscleRecord, ...]:
    required = [column for column in MUSCLE_PARAMETERS if column not in MUSCLE_DEFAULTS]
    rows = read_table(path, ["name", *required, "tendon"], list(MUSCLE_DEFAULTS))
    return tuple(
        MuscleRecord(
            name=row.text("name"),
            elastic_tendon=row.text("tendon", ("elastic", "rigid")) == "elastic",
            values={
                name: factor * row.number(column, low, high, MUSCLE_DEFAULTS.get(column))
                for column, (name, factor, low, high) in MUSCLE_PARAMETERS.items()
            },
            source=row,
        )
        for row in rows
    )


def _paths(path: Path) -> tuple[PathTerm, ...]:
    numbered = [re.fullmatch(r"coordinate_(\d)", column) for column in read_header(path)]
    span = max([2, *(int(match[1]) for match in numbered if match)])
    pairs = [(f"coordinate_{i}", f"power_{i}") for i in range(1, span + 1)]
    columns = ["muscle", *(column for pair in pairs for column in pair), "coefficient_m"]
    return tuple(_path_term(row, pairs) for row in read_table(path, columns))


def _path_term(row: TableRow, pairs: list[tuple[str, str]]) -> PathTerm:
    powers = []
    for coordinate, power in pairs:
        exponent = row.power(power, MAX_DEGREE) if row.cells[power] else 0
        if row.cells[coordinate]:
            powers.append((row.cells[coordinate], exponent))
        elif exponent:
            row.refuse(f"{power} is {exponent} and {coordinate} is empty; name the coordinate")
    degree = sum(exponent for _, exponent in powers)
    if degree > MAX_DEGREE:
        row.refuse(f"the powers add up to {degree}; allowed are up to {MAX_DEGREE}")
    named = [name for name, _ in powers]
    if len(set(named)) < len(named):
        row.refuse(f"a term names {named[0]!r} twice; write one column with the whole power")
    coefficient = row.number("coefficient_m", -10.0, 10.0)
    return PathTerm(row.text("muscle"), tuple(powers), coefficient, row)


def _length_shares(path: Path) -> tuple[ShareRecord, ...]:
    if not path.is_file():
        return ()
    axes = ("share_x", "share_y", "share_z")
    return tuple(
        ShareRecord(
            muscle=row.text("muscle"),
            body=row.text("body"),
            shares=tuple(row.number(axis, -1.0, 2.0) for axis in axes),
            source=row,
        )
        for row in read_table(path, ("muscle", "body", *axes))
    )


def _lines(path: Path) -> tuple[LineRecord, ...]:
    if not path.is_file():
        return ()
    ends = {e: [f"{e}_{axis}_m" for axis in "xyz"] for e in ("distal", "proximal")}
    columns = ("muscle", "joint_body", *(c for e, xyz in ends.items() for c in (f"{e}_body", *xyz)))
    return tuple(
        LineRecord(
            muscle=row.text("muscle"),
            joint_body=row.text("joint_body"),
            distal_body=row.text("distal_body"),
            distal=tuple(row.number(column, -1.0, 1.0) for column in ends["distal"]),
            proximal_body=row.text("proximal_body"),
            proximal=tuple(row.number(column, -1.0, 1.0) for column in ends["proximal"]),
            source=row,
        )
        for row in read_table(path, columns, ["rms_error_deg", "max_error_deg"])
    )


def _spheres(path: Path, law: str) -> tuple[SphereRecord, ...]:
    parameters = CONTACT_PARAMETERS[law]
    stiffness = next(key for key, spec in parameters.items() if spec.field == "stiffness")
    _, _, low, high = parameters[stiffness]
    columns = ("name", "body", "x_m", "y_m", "z_m", "radius_m")
    # A model without spheres has no feet: it can be looked at and not run.
    rows = read_table(path, columns, [stiffness], may_be_empty=True)
    return tuple(
        SphereRecord(
            name=row.text("name"),
            body=row.text("body"),
            location=tuple(row.number(axis, -0.5, 0.5) for axis in ("x_m", "y_m", "z_m")),
            radius=row.number("radius_m", 0.001, 0.2),
            stiffness=row.number(stiffness, low, high) if stiffness in row.cells else None,
            source=row,
        )
        for row in rows
    )
