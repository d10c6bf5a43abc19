"""Bodies and joints of an OpenSim model as the tables of model.toml.

Every joint of OpenSim becomes translations along the axes of the parent's joint frame, then
rotations about successively rotated axes, each by a function of one coordinate. The frames keep
their offsets from the bodies that they are fixed on.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surae._errors import UnusableInput
from surae.files.osim.functions import (
    Function,
    constant_value,
    converted,
    is_constant,
    is_linear,
    scaled,
)
from surae.files.osim.source import Source, as_itself
from surae.runner.mirror import mirrored_name

X, Y, Z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
_ROTATION, _TRANSLATION = "rotation", "translation"
# Joints whose motions are their coordinates in order. Rotations are body-fixed.
_PLAIN_JOINTS = {
    "WeldJoint": (),
    "PinJoint": ((_ROTATION, Z),),
    "SliderJoint": ((_TRANSLATION, X),),
    "UniversalJoint": ((_ROTATION, X), (_ROTATION, Y)),
    "PlanarJoint": ((_ROTATION, Z), (_TRANSLATION, X), (_TRANSLATION, Y)),
    "GimbalJoint": ((_ROTATION, X), (_ROTATION, Y), (_ROTATION, Z)),
    "BallJoint": ((_ROTATION, X), (_ROTATION, Y), (_ROTATION, Z)),
    "FreeJoint": (
        (_ROTATION, X),
        (_ROTATION, Y),
        (_ROTATION, Z),
        (_TRANSLATION, X),
        (_TRANSLATION, Y),
        (_TRANSLATION, Z),
    ),
}
# Their speeds in OpenSim are angular velocities, here the rates of the three angles.
ANGULAR_VELOCITY_JOINTS = ("BallJoint", "FreeJoint")


@dataclass(frozen=True)
class JointMotion:
    """One entry of a body's `joint`; function None: the coordinate itself."""

    coordinate: str
    kind: str
    axis: tuple[float, float, float]
    function: Function | None = None


@dataclass(frozen=True)
class ImportedBody:
    """A body, the joint that hangs it on its parent, and both joint frames."""

    name: str
    mass: float
    mass_center: NDArray[np.float64]
    inertia: tuple[float, ...]  # xx yy zz xy xz yz about the mass center
    parent: str = "ground"
    location_in_parent: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))
    orientation_in_parent: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))
    location_in_child: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))
    orientation_in_child: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))
    motions: tuple[JointMotion, ...] = ()


def imported_bodies(source: Source) -> list[ImportedBody]:
    """All bodies in the model's order, but every parent before its children."""
    joints = {_base(joint.getChildFrame()).getName(): joint for joint in source.model.getJointSet()}
    bodies = {body.getName(): body for body in source.model.getBodySet()}
    hung = [_hung(source, body, joints.get(name)) for name, body in bodies.items()]
    by_name = {body.name: body for body in hung}
    return _parents_first([_like_the_right_side(body, by_name) for body in hung])


def _hung(source: Source, body: Any, joint: Any) -> ImportedBody:
    where = f"{source.path}: body {body.getName()!r}"
    if joint is None:
        raise UnusableInput(f"{where} has no joint; give it one.")
    moments, products = body.getInertia().getMoments(), body.getInertia().getProducts()
    parent = _base(joint.getParentFrame()).getName()
    here = joint.getParentFrame().findTransformInBaseFrame()
    there = joint.getChildFrame().findTransformInBaseFrame()
    plain = ImportedBody(
        name=body.getName(),
        mass=body.getMass(),
        mass_center=body.getMassCenter().to_numpy(),
        inertia=(*(moments.get(i) for i in range(3)), *(products.get(i) for i in range(3))),
        parent=parent,
        location_in_parent=here.p().to_numpy(),
        orientation_in_parent=here.R().convertRotationToBodyFixedXYZ().to_numpy(),
        location_in_child=there.p().to_numpy(),
        orientation_in_child=there.R().convertRotationToBodyFixedXYZ().to_numpy(),
    )
    kind = joint.getConcreteClassName()
    if kind == "CustomJoint":
        return _with_spatial_transform(source, plain, joint, _matrix(here.R()))
    if kind not in _PLAIN_JOINTS:
        raise UnusableInput(
            f"{source.path}: joint {joint.getName()!r} is a {kind}; importable are CustomJoint, "
            f"{', '.join(_PLAIN_JOINTS)}."
        )
    names = [joint.get_coordinates(i).getName() for i in range(joint.numCoordinates())]
    motions = [
        JointMotion(name, *motion) for name, motion in zip(names, _PLAIN_JOINTS[kind], strict=True)
    ]
    return replace(plain, motions=_translations_first(motions))


def _with_spatial_transform(
    source: Source, body: ImportedBody, joint: Any, parent_rotation: NDArray[np.float64]
) -> ImportedBody:
    """The motions of a CustomJoint; what is constant moves into the frame where it can."""
    transform = as_itself(source.package, joint).getSpatialTransform()
    names = [joint.get_coordinates(i).getName() for i in range(joint.numCoordinates())]
    location, motions = body.location_in_parent.copy(), []
    for number in (3, 4, 5, 0, 1, 2):
        axis = transform.getTransformAxis(number)
        kind = _TRANSLATION if number > 2 else _ROTATION
        where = f"{source.path}: joint {joint.getName()!r}, {kind}{number % 3 + 1}"
        function = converted(source.package, axis.getFunction(), where)
        direction = axis.getAxis().to_numpy()
        direction = direction / np.linalg.norm(direction)
        count = axis.getCoordinateNames().size()
        if count > 1:
            raise UnusableInput(f"{where} depends on {count} coordinates; only one is importable.")
        if is_constant(function):
            value = constant_value(function)
            if value == 0.0:
                continue
            if kind == _TRANSLATION:
                location += parent_rotation @ direction * value
                continue
            if not names:
                raise UnusableInput(f"{where} turns a joint without coordinates; use a WeldJoint.")
        coordinate = axis.get_coordinates(0) if count else names[0]
        motions.append(_simplest(JointMotion(coordinate, kind, _triple(direction), function)))
    return replace(body, location_in_parent=location, motions=tuple(motions))


def _simplest(motion: JointMotion) -> JointMotion:
    """A function that is x or -x goes into the axis."""
    assert motion.function is not None
    if is_linear(motion.function, 1.0):
        return replace(motion, function=None)
    if is_linear(motion.function, -1.0):
        return replace(motion, function=None, axis=_negated(motion.axis))
    return motion


def _like_the_right_side(body: ImportedBody, by_name: dict[str, ImportedBody]) -> ImportedBody:
    """A left body's axes turned so that its functions are the right body's, where they can be.

    A function about an axis is the negative function about the opposite axis.
    """
    right = by_name.get(mirrored_name(body.name))
    if not body.name.endswith("_l") or right is None or len(right.motions) != len(body.motions):
        return body
    pairs = zip(body.motions, right.motions, strict=True)
    return replace(body, motions=tuple(_alike(own, other) for own, other in pairs))


def _alike(own: JointMotion, right: JointMotion) -> JointMotion:
    if own.function is None or right.function is None or own.kind != right.kind:
        return own
    signs = (-1.0, -1.0, 1.0) if own.kind == _ROTATION else (1.0, 1.0, -1.0)
    mirrored = np.asarray(signs) * right.axis
    if not np.allclose(own.axis, -mirrored, rtol=0.0, atol=1e-12):
        return own
    return replace(own, axis=_negated(own.axis), function=scaled(own.function, -1.0))


def _translations_first(motions: list[JointMotion]) -> tuple[JointMotion, ...]:
    return tuple(sorted(motions, key=lambda motion: motion.kind != _TRANSLATION))


def _parents_first(bodies: list[ImportedBody]) -> list[ImportedBody]:
    ordered: list[ImportedBody] = []
    left = list(bodies)
    while left:
        known = {"ground", *(body.name for body in ordered)}
        ready = next((body for body in left if body.parent in known), None)
        if ready is None:
            raise UnusableInput(f"Body {left[0].name!r} hangs on itself; correct its joints.")
        left.remove(ready)
        ordered.append(ready)
    return ordered


def shared_functions(bodies: list[ImportedBody]) -> list[tuple[str, Function]]:
    """Names for all functions of the joints, each once: `knee_angle_r_tx`, `knee_angle_r_rz`."""
    named: list[tuple[str, Function]] = []
    for body in bodies:
        for motion in body.motions:
            if motion.function is None or any(f == motion.function for _, f in named):
                continue
            axis = "xyz"[int(np.argmax(np.abs(motion.axis)))]
            name = f"{motion.coordinate}_{'t' if motion.kind == _TRANSLATION else 'r'}{axis}"
            taken = sum(other == name or other.startswith(f"{name}_") for other, _ in named)
            named.append((f"{name}_{taken + 1}" if taken else name, motion.function))
    return named


def _base(frame: Any) -> Any:
    return frame.findBaseFrame()


def _matrix(rotation: Any) -> NDArray[np.float64]:
    return np.array([[rotation.get(i, j) for j in range(3)] for i in range(3)])


def _triple(vector: NDArray[np.float64]) -> tuple[float, float, float]:
    x, y, z = (float(v) if v else 0.0 for v in vector)
    return (x, y, z)


def _negated(axis: tuple[float, float, float]) -> tuple[float, float, float]:
    return _triple(-np.asarray(axis))
