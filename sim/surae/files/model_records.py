"""What the files of a model folder say, record by record, in SI units.

Each record keeps its source (TOML table or CSV row), so that later checks can name the line.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from surae.files.tables import TableRow
from surae.files.toml_reader import TomlTable

Numbers = tuple[float, ...]


@dataclass(frozen=True)
class FunctionRecord:
    """A function of one coordinate: polynomial coefficients, lowest power first, or a spline."""

    name: str
    kind: str  # polynomial or cubic_spline
    coefficients: Numbers
    x: Numbers
    y: Numbers
    scale: float
    source: TomlTable


@dataclass(frozen=True)
class CoupledRecord:
    """A coordinate that follows another one; function None: equal to it."""

    name: str
    coordinate: str
    function: str | None
    source: TomlTable


@dataclass(frozen=True)
class MotionRecord:
    """One coordinate's share of a joint; function None: by the coordinate itself."""

    coordinate: str
    kind: str
    axis: Numbers
    function: str | None = None


@dataclass(frozen=True)
class BodyRecord:
    """A rigid body and the joint that hangs it on its parent."""

    name: str
    mass: float
    mass_center: Numbers
    inertia: Numbers
    parent: str
    location_in_parent: Numbers
    orientation_in_parent: Numbers
    location_in_child: Numbers
    orientation_in_child: Numbers
    motions: tuple[MotionRecord, ...]
    source: TomlTable


@dataclass(frozen=True)
class CoordinateRecord:
    """Range and default of a coordinate, rad or m."""

    name: str
    unit: str
    lower: float
    upper: float
    default: float
    locked: bool
    source: TomlTable


@dataclass(frozen=True)
class StopRecord:
    """Exponential stop at both ends of a rotation."""

    coordinate: str
    lower: float
    upper: float
    moment_at_limit: float
    width: float
    source: TomlTable


@dataclass(frozen=True)
class SpringRecord:
    """Linear spring and damper of a rotation."""

    coordinate: str
    stiffness: float
    damping: float
    rest: float
    source: TomlTable


@dataclass(frozen=True)
class ActuatorRecord:
    """Torque motor."""

    name: str
    coordinate: str
    max_torque: float
    source: TomlTable


@dataclass(frozen=True)
class SignRecord:
    """What every anatomist knows: the sign of a moment arm over a range of the coordinate."""

    muscle: str  # without side
    coordinate: str  # without side
    sign: int
    range: tuple[float, float] | None
    source: TomlTable


@dataclass(frozen=True)
class MuscleRecord:
    """A row of muscles.csv: `values` are fields of `Muscles`, SI."""

    name: str
    elastic_tendon: bool
    values: dict[str, float]
    source: TableRow


@dataclass(frozen=True)
class PathTerm:
    """One monomial of a muscle-tendon length."""

    muscle: str
    powers: tuple[tuple[str, int], ...]  # (coordinate, power), also those of power 0
    coefficient: float
    source: TableRow


@dataclass(frozen=True)
class SphereRecord:
    """One contact sphere."""

    name: str
    body: str
    location: Numbers
    radius: float
    stiffness: float | None
    source: TableRow


@dataclass(frozen=True)
class ShareRecord:
    """How much of a muscle's length is on one body, along its axes, as fractions of all of it."""

    muscle: str
    body: str
    shares: Numbers
    source: TableRow


@dataclass(frozen=True)
class BurstRecord:
    """When a muscle is active in stance at one speed: `values` are fields of `Bursts`, SI."""

    muscle: str
    speed: float
    values: dict[str, float]
    source: TableRow


@dataclass(frozen=True)
class AchillesRecord:
    """The Achilles tendon of one leg."""

    muscles: tuple[str, ...]
    stiffness: float
    reference_force: float
    cross_section: float
    source: TomlTable


@dataclass(frozen=True)
class LineRecord:
    """One row of lines_of_action.csv: where a muscle crosses the joint above a body."""

    muscle: str
    joint_body: str
    distal_body: str
    distal: Numbers
    proximal_body: str
    proximal: Numbers
    source: TableRow


@dataclass(frozen=True)
class ModelRecords:
    """All of a model folder."""

    folder: Path
    name: str
    description: str
    gravity: Numbers
    symmetric: bool
    functions: tuple[FunctionRecord, ...]
    coupled: tuple[CoupledRecord, ...]
    bodies: tuple[BodyRecord, ...]
    coordinates: tuple[CoordinateRecord, ...]
    stops: tuple[StopRecord, ...]
    springs: tuple[SpringRecord, ...]
    actuators: tuple[ActuatorRecord, ...]
    signs: tuple[SignRecord, ...]
    groups: TomlTable
    refused_groups: TomlTable
    achilles: AchillesRecord
    contact_law: str
    contact: dict[str, float]  # fields of the law and `stiffness`, SI
    muscles: tuple[MuscleRecord, ...]
    paths: tuple[PathTerm, ...]
    spheres: tuple[SphereRecord, ...]
    height: float | None
    length_shares: tuple[ShareRecord, ...]
    lines: tuple[LineRecord, ...]
    bursts: tuple[BurstRecord, ...]
    source: TomlTable
