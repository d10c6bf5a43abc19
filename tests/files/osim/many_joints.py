"""Run with OpenSim, in a process of its own: a model with every kind of joint, and where it is.

python many_joints.py MODEL.osim NEW.osim POSES.npz
"""

import sys

import numpy as np
import opensim as osim

KINDS = ("Pin", "Slider", "Universal", "Gimbal", "Ball", "Free", "Planar", "Weld", "Custom")
COUNTS = {
    "Pin": 1,
    "Slider": 1,
    "Universal": 2,
    "Gimbal": 3,
    "Ball": 3,
    "Free": 6,
    "Planar": 3,
}


def with_joints(model):
    """A chain of bodies on the torso, one for each kind of joint."""
    parent = model.getBodySet().get("torso")
    for number, kind in enumerate(KINDS):
        inertia = osim.Inertia(0.01, 0.012, 0.014, 0, 0, 0)
        body = osim.Body(f"{kind.lower()}_body", 0.2, osim.Vec3(0.01, 0.02, 0), inertia)
        frames = (parent, osim.Vec3(0.02 * number, 0.1, 0.01), osim.Vec3(0.3, -0.2, 0.15),
                  body, osim.Vec3(0, -0.05, 0.02), osim.Vec3(-0.1, 0.4, 0.2))  # fmt: skip
        name = f"{kind.lower()}_joint"
        if kind == "Custom":
            joint = osim.CustomJoint(name, *frames, transform())
        else:
            joint = getattr(osim, f"{kind}Joint")(name, *frames)
        for i in range(COUNTS.get(kind, 0)):
            joint.upd_coordinates(i).setName(f"{kind.lower()}_q{i}")
        model.addBody(body)
        model.addJoint(joint)
        parent = body
    model.finalizeConnections()
    for coordinate in model.updCoordinateSet():
        if "_q" in coordinate.getName() or "custom" in coordinate.getName():
            coordinate.setRangeMin(-1.5)
            coordinate.setRangeMax(1.5)


def transform():
    """Skew axes, and every kind of function, of two coordinates."""
    transform = osim.SpatialTransform()
    polynomial = osim.PolynomialFunction(osim.Vector.createFromMat(np.array([0.2, -0.1, 0.05])))
    axes = (
        ("upd_rotation1", (0.6, 0.0, 0.8), "custom_a", osim.LinearFunction(-1.7, 0.2)),
        ("upd_rotation2", (0.0, 1.0, 0.0), None, osim.Constant(0.3)),
        ("upd_rotation3", (1.0, 0.0, 0.0), "custom_b", spline()),
        ("upd_translation1", (1.0, 0.0, 0.0), "custom_a", polynomial),
        ("upd_translation2", (0.0, 1.0, 0.0), None, times(osim.Constant(0.1), 2.0)),
        ("upd_translation3", (0.0, 0.0, 1.0), "custom_b", times(spline(), 0.4)),
    )
    for place, axis, coordinate, function in axes:
        one = getattr(transform, place)()
        one.setAxis(osim.Vec3(*axis))
        if coordinate:
            one.setCoordinateNames(osim.ArrayStr(coordinate, 1))
        function.thisown = False  # the axis owns it from here
        one.setFunction(function)
    return transform


def spline():
    """A SimmSpline with knots inside and outside the poses."""
    spline = osim.SimmSpline()
    for x, y in ((-1.2, 0.3), (-0.4, -0.1), (0.1, 0.05), (0.9, 0.4), (1.4, 0.1)):
        spline.addPoint(x, y)
    return spline


def times(function, factor):
    """A MultiplierFunction."""
    function.thisown = False
    return osim.MultiplierFunction(function, factor)


def poses(path, count=5):
    """Random poses of the file's model, and its bodies' places there."""
    model = osim.Model(path)
    for coordinate in model.updCoordinateSet():
        coordinate.set_clamped(False)
    state = model.initSystem()
    coordinates, bodies = list(model.getCoordinateSet()), list(model.getBodySet())
    values = np.random.default_rng(11).uniform(-1.0, 1.0, (count, len(coordinates)))
    origins, rotations = np.zeros((count, len(bodies), 3)), np.zeros((count, len(bodies), 3, 3))
    for n, pose in enumerate(values):
        for coordinate, value in zip(coordinates, pose, strict=True):
            coordinate.setValue(state, value, False)
        model.realizePosition(state)
        for b, body in enumerate(bodies):
            place = body.getTransformInGround(state)
            origins[n, b] = place.p().to_numpy()
            rotations[n, b] = [[place.R().get(i, j) for j in range(3)] for i in range(3)]
    return {
        "coordinates": [c.getName() for c in coordinates],
        "bodies": [b.getName() for b in bodies],
        "poses": values,
        "origins": origins,
        "rotations": rotations,
    }


if __name__ == "__main__":
    osim.Logger.setLevelString("Off")
    base, new, out = sys.argv[1:]
    model = osim.Model(base)
    with_joints(model)
    model.printToXML(new)
    np.savez(out, **poses(new))
