"""Muscles, torque motors, springs, stops and contact spheres of an OpenSim model.

What has an equivalent is carried over; what has none is named, so that nothing is dropped in
silence.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

from surae._errors import UnusableInput
from surae.files.osim.source import Source, is_muscle
from surae.runner.mirror import mirrored_name

# Strain of the tendon at maximum isometric force -> stiffness of De Groote's curve (2016), whose
# force 0.2 exp(kT (l - 0.995)) - 0.25 is 1 at l = 1 + strain.
_ONE_FORCE = math.log(6.25)
_SHIFT = 0.005
MUSCLE_CLASSES = ("Millard2012EquilibriumMuscle", "Thelen2003Muscle", "DeGrooteFregly2016Muscle")
_MINIMUM_ACTIVATION = 0.01  # of Moco's studies with DeGrooteFregly2016Muscle, which has no own
_ROTATIONAL, _PROBE_STEP = 1, 0.1


@dataclass(frozen=True)
class ImportedMuscle:
    """A muscle's parameters, SI."""

    name: str
    kind: str
    max_isometric_force: float
    optimal_fiber_length: float
    tendon_slack_length: float
    pennation_at_optimal: float  # rad
    max_contraction_velocity: float  # optimal fiber lengths/s
    tendon_strain: float  # at max isometric force
    elastic_tendon: bool
    activation_time_constant: float  # s
    deactivation_time_constant: float  # s
    fiber_damping: float
    minimum_activation: float

    @property
    def tendon_stiffness(self) -> float:
        """kT of De Groote's tendon curve that has this muscle's strain at maximum force."""
        return _ONE_FORCE / (self.tendon_strain + _SHIFT)


@dataclass(frozen=True)
class Sphere:
    """A contact sphere on a foot."""

    name: str
    body: str
    location: tuple[float, ...]
    radius: float
    parameters: tuple[float, ...]  # in the order of CONTACT_KEYS


CONTACT_KEYS = {
    "stiffness_Pa": "stiffness",
    "dissipation_s_m": "dissipation",
    "static_friction": "static_friction",
    "dynamic_friction": "dynamic_friction",
    "viscous_friction_s_m": "viscous_friction",
    "transition_velocity_m_s": "transition_velocity",
    "constant_contact_force": "constant_contact_force",
    "hertz_smoothing_per_m": "hertz_smoothing",
    "hunt_crossley_smoothing_s_m": "hunt_crossley_smoothing",
}


def imported_muscles(source: Source) -> list[ImportedMuscle]:
    """All muscles, in the model's order."""
    found = [c for c in source.components if is_muscle(c)]
    other = [c for c in found if c.getConcreteClassName() not in MUSCLE_CLASSES]
    if other:
        raise UnusableInput(
            f"{source.path}: muscle {other[0].getName()!r} is a "
            f"{other[0].getConcreteClassName()}; importable are {', '.join(MUSCLE_CLASSES)}."
        )
    muscles = [_muscle(muscle) for muscle in found]
    if not muscles:
        raise UnusableInput(
            f"{source.path} has no muscles ({', '.join(MUSCLE_CLASSES)}); a runner needs some."
        )
    alone = [m.name for m in muscles if mirrored_name(m.name) not in {o.name for o in muscles}]
    sideless = [m.name for m in muscles if mirrored_name(m.name) == m.name]
    if alone or sideless:
        raise UnusableInput(
            f"{source.path}: muscle {(alone or sideless)[0]!r} has no other side; muscles are "
            "named ..._r and ..._l, in pairs."
        )
    return muscles


def _muscle(muscle: Any) -> ImportedMuscle:
    kind = muscle.getConcreteClassName()
    if kind == "Millard2012EquilibriumMuscle":
        strain = muscle.getTendonForceLengthCurve().getStrainAtOneNormForce()
        damping, least = muscle.get_fiber_damping(), muscle.get_minimum_activation()
    elif kind == "Thelen2003Muscle":
        strain = muscle.get_FmaxTendonStrain()
        damping, least = None, muscle.getMinimumActivation()
    else:
        strain = muscle.get_tendon_strain_at_one_norm_force()
        damping, least = muscle.get_fiber_damping(), _MINIMUM_ACTIVATION
    return ImportedMuscle(
        name=muscle.getName(),
        kind=kind,
        max_isometric_force=muscle.getMaxIsometricForce(),
        optimal_fiber_length=muscle.getOptimalFiberLength(),
        tendon_slack_length=muscle.getTendonSlackLength(),
        pennation_at_optimal=muscle.getPennationAngleAtOptimalFiberLength(),
        max_contraction_velocity=muscle.getMaxContractionVelocity(),
        tendon_strain=strain,
        elastic_tendon=not muscle.get_ignore_tendon_compliance(),
        activation_time_constant=muscle.get_activation_time_constant(),
        deactivation_time_constant=muscle.get_deactivation_time_constant(),
        # Of De Groote's explicit fiber (KU Leuven); Thelen's muscle has none that is comparable.
        fiber_damping=0.01 if damping is None else damping,
        minimum_activation=least,
    )


def contact_spheres(source: Source) -> list[Sphere]:
    """Spheres of all SmoothSphereHalfSpaceForces on the ground plane y = 0."""
    spheres = []
    for force in source.of_class("SmoothSphereHalfSpaceForce"):
        geometry = source.package.ContactSphere.safeDownCast(force.getConnectee("sphere"))
        _check_floor(source, force)
        frame = geometry.getFrame()
        body = frame.findBaseFrame().getName()
        offset = frame.findTransformInBaseFrame()
        location = offset.shiftFrameStationToBase(geometry.get_location()).to_numpy()
        name = geometry.getName()
        side = body[-2:] if body[-2:] in ("_r", "_l") else ""
        spheres.append(
            Sphere(
                name=name if name.endswith(side) else f"{name}{side}",
                body=body,
                location=tuple(float(v) for v in location),
                radius=geometry.getRadius(),
                parameters=tuple(getattr(force, f"get_{k}")() for k in CONTACT_KEYS.values()),
            )
        )
    return spheres


def _check_floor(source: Source, force: Any) -> None:
    plane = source.package.ContactHalfSpace.safeDownCast(force.getConnectee("half_space"))
    frame = plane.getFrame()
    offset = frame.findTransformInBaseFrame()
    height = offset.shiftFrameStationToBase(plane.get_location()).to_numpy()[1]
    x, y, z = (plane.get_orientation().get(i) for i in range(3))
    level = abs(x) + abs(y) + abs(z + math.pi / 2.0) < 1e-6
    if frame.findBaseFrame().getName() != "ground" or abs(height) > 1e-9 or not level:
        raise UnusableInput(
            f"{source.path}: {force.getName()!r} pushes against {plane.getName()!r}, which is not "
            "the level ground at y = 0; only that is importable."
        )


@dataclass(frozen=True)
class CoordinateForces:
    """What acts on single coordinates, and what of it has no equivalent."""

    motors: tuple[tuple[str, str, float], ...]  # name, coordinate, N m
    springs: dict[str, tuple[float, float, float]]  # stiffness, damping, rest angle
    stops: dict[str, tuple[float, float, float, float]]  # lower, upper (rad), N m at it, width rad
    left_out: tuple[str, ...]
    changed: tuple[str, ...]


def coordinate_forces(source: Source) -> CoordinateForces:
    """Torque motors, springs and stops on rotations."""
    rotations = {
        c.getName(): c
        for c in source.coordinates
        if c.getMotionType() == _ROTATIONAL and c.getName() not in source.coupled
    }
    motors, left_out, changed = [], [], []
    for motor in source.of_class("CoordinateActuator", "ActivationCoordinateActuator"):
        if motor.get_coordinate() in rotations:
            limits = [abs(c) for c in (motor.getMinControl(), motor.getMaxControl())]
            bound = max(c for c in limits) if all(map(math.isfinite, limits)) else 1.0
            torque = motor.getOptimalForce() * bound
            motors.append((motor.getName(), motor.get_coordinate(), torque))
        else:
            left_out.append(
                f"actuator {motor.getName()} on {motor.get_coordinate()} (no rotation of its own)"
            )
    springs = {}
    for force in source.of_class("SpringGeneralizedForce", "ExpressionBasedCoordinateForce"):
        coordinate = force.get_coordinate()
        found = _spring(source, force) if coordinate in rotations else None
        if found is None or coordinate in springs:
            left_out.append(f"{force.getConcreteClassName()} {force.getName()} on {coordinate}")
        else:
            springs[coordinate] = found
    stops = {}
    for force in source.of_class("CoordinateLimitForce"):
        coordinate = force.get_coordinate()
        if coordinate not in rotations or coordinate in stops:
            left_out.append(f"CoordinateLimitForce {force.getName()} on {coordinate}")
            continue
        stops[coordinate] = _stop(force)
        changed.append(
            f"CoordinateLimitForce {force.getName()}: an exponential stop that has its moment "
            f"{_STOP_DEPTH_DEG:g} deg beyond the limit, without damping"
        )
    return CoordinateForces(tuple(motors), springs, stops, tuple(left_out), tuple(changed))


_STOP_WIDTH, _STOP_DEPTH_DEG = 0.05, 5.0


def _stop(force: Any) -> tuple[float, float, float, float]:
    """OpenSim's limits are in degrees and its stiffness in N m per degree."""
    stiffness = 0.5 * (force.get_upper_stiffness() + force.get_lower_stiffness())
    beyond = stiffness * _STOP_DEPTH_DEG
    at_limit = beyond * math.exp(-math.radians(_STOP_DEPTH_DEG) / _STOP_WIDTH)
    lower, upper = math.radians(force.get_lower_limit()), math.radians(force.get_upper_limit())
    return lower, upper, at_limit, _STOP_WIDTH


def _spring(source: Source, force: Any) -> tuple[float, float, float] | None:
    """Stiffness, damping and rest angle, where the force is linear in coordinate and speed."""
    if force.getConcreteClassName() == "SpringGeneralizedForce":
        return force.get_stiffness(), force.get_viscosity(), force.get_rest_length()
    coordinate = source.model.getCoordinateSet().get(force.get_coordinate())

    def value(angle: float, speed: float) -> float:
        coordinate.setValue(source.state, angle, False)
        coordinate.setSpeedValue(source.state, speed)
        source.model.realizeVelocity(source.state)
        return force.calcExpressionForce(source.state)

    step = _PROBE_STEP
    base = value(0.0, 0.0)
    stiffness = (value(-step, 0.0) - value(step, 0.0)) / (2.0 * step)
    damping = (value(0.0, -step) - value(0.0, step)) / (2.0 * step)
    probes = ((step, 0.0), (0.0, step), (step, step), (-5.0 * step, 3.0 * step))
    bent = [value(q, u) - (base - stiffness * q - damping * u) for q, u in probes]
    coordinate.setSpeedValue(source.state, 0.0)
    if max(map(abs, bent)) > 1e-9 * (1.0 + abs(base) + abs(stiffness) + abs(damping)):
        return None
    if stiffness < 0.0 or damping < 0.0 or (stiffness == 0.0 and base != 0.0):
        return None
    return stiffness, damping, base / stiffness if stiffness else 0.0


# Classes that are carried over, or that only serve those that are.
_KNOWN = {
    *MUSCLE_CLASSES,
    "ActivationCoordinateActuator",
    "Body",
    "BodySet",
    "ComponentSet",
    "ConstraintSet",
    "ContactGeometrySet",
    "ContactHalfSpace",
    "ContactSphere",
    "ControllerSet",
    "Coordinate",
    "CoordinateActuator",
    "CoordinateCouplerConstraint",
    "CoordinateLimitForce",
    "ExpressionBasedCoordinateForce",
    "ForceSet",
    "FrameGeometry",
    "GeometryPath",
    "Ground",
    "JointSet",
    "MarkerSet",
    "MuscleFirstOrderActivationDynamicModel",
    "MuscleFixedWidthPennationModel",
    "PhysicalOffsetFrame",
    "ProbeSet",
    "SmoothSphereHalfSpaceForce",
    "SpringGeneralizedForce",
    "Station",
    "WrapObjectSet",
}
_JOINT = "Joint"
# Replaced by what they do to the lengths of muscles.
PATH_CLASSES = (
    "ConditionalPathPoint",
    "MovingPathPoint",
    "PathPoint",
    "PathWrap",
    "PathWrapPoint",
    "WrapCylinder",
    "WrapEllipsoid",
    "WrapSphere",
    "WrapTorus",
)


def without_equivalent(source: Source) -> Counter[str]:
    """Classes of components that are not carried over, and how many of each."""
    counts = Counter(c.getConcreteClassName() for c in source.components)
    left = {
        kind: count
        for kind, count in counts.items()
        if kind not in _KNOWN and kind not in PATH_CLASSES and not kind.endswith(_JOINT)
    }
    return Counter(left)
