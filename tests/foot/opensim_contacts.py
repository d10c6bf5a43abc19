"""Contact forces as OpenSim computes them, written to an .npz file, one row a sphere and state.

    python opensim_contacts.py OUT.npz model MODEL.osim REFERENCE.npz
    python opensim_contacts.py OUT.npz balls SEED COUNT

A process of its own: OpenSim and CasADi of PyPI cannot be loaded into one. `model` takes the
states `contact_q` and `contact_u` of the reference; `balls` throws one free ball after another,
each with its own parameters, sliding at 0 to 10 m/s, sinking in and parting.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import opensim  # pyright: ignore[reportMissingImports]

PARAMETERS = (
    "stiffness",
    "dissipation",
    "static_friction",
    "dynamic_friction",
    "viscous_friction",
    "transition_velocity",
    "constant_contact_force",
    "hertz_smoothing",
    "hunt_crossley_smoothing",
)
RANGES = (
    (1e5, 1e7),
    (0.2, 3.0),
    (0.5, 1.2),
    (0.1, 1.0),
    (0.0, 1.0),
    (0.05, 0.5),
    (1e-6, 1e-4),
    (100.0, 500.0),
    (20.0, 100.0),
)
STATES_A_BALL = 20


def numbers(vector: Any) -> np.ndarray:
    return np.array([vector.get(i) for i in range(3)])


def row(contact: Any, state: Any) -> dict[str, Any]:
    """Everything about one sphere in one state."""
    sphere = opensim.ContactSphere.safeDownCast(contact.getConnectee("sphere"))
    body = opensim.PhysicalFrame.safeDownCast(sphere.getFrame())
    motion = body.getVelocityInGround(state)
    values = contact.getRecordValues(state)
    return {
        "radius": sphere.getRadius(),
        "center": numbers(body.findStationLocationInGround(state, sphere.get_location())),
        "origin": numbers(body.getPositionInGround(state)),
        "spin": numbers(motion.get(0)),
        "carried": numbers(motion.get(1)),
        "force": [values.get(i) for i in range(3)],
        "torque": [values.get(i) for i in range(3, 6)],
        **{name: getattr(contact, f"get_{name}")() for name in PARAMETERS},
    }


def contacts_of(model: Any) -> list[Any]:
    found = [opensim.SmoothSphereHalfSpaceForce.safeDownCast(c) for c in model.getComponentsList()]
    return [contact for contact in found if contact is not None]


def put(model: Any, state: Any, pose: np.ndarray, speed: np.ndarray) -> None:
    state.setQ(opensim.Vector.createFromMat(pose))
    state.setU(opensim.Vector.createFromMat(speed))
    model.realizeDynamics(state)


def of_model(path: str, reference: str) -> list[dict[str, Any]]:
    table = np.load(reference)
    model = opensim.Model(path)
    for coordinate in model.updCoordinateSet():
        coordinate.set_locked(False)
        coordinate.set_clamped(False)
    state, slot, rows = model.initSystem(), table["simbody_slot"], []
    contacts = contacts_of(model)
    for q, u in zip(table["contact_q"], table["contact_u"], strict=True):
        ordered = np.zeros((2, len(slot)))
        ordered[:, slot] = q, u
        put(model, state, *ordered)
        rows += [row(contact, state) for contact in contacts]
    return rows


def thrown(rng: np.random.Generator) -> list[dict[str, Any]]:
    """One free ball, its sphere off its center, above the plane y = 0."""
    model = opensim.Model()
    body = opensim.Body("ball", 1.0, opensim.Vec3(0), opensim.Inertia(1))
    joint = opensim.FreeJoint("free", model.getGround(), body)
    radius = rng.uniform(0.01, 0.06)
    sphere = opensim.ContactSphere(radius, opensim.Vec3(0.05, -0.11, 0.03), body, "sphere")
    up = opensim.Vec3(0, 0, -np.pi / 2)
    floor = opensim.ContactHalfSpace(opensim.Vec3(0), up, model.getGround(), "floor")
    contact = opensim.SmoothSphereHalfSpaceForce("contact", sphere, floor)
    for name, limits in zip(PARAMETERS, RANGES, strict=True):
        getattr(contact, f"set_{name}")(rng.uniform(*limits))
    if rng.random() < 0.1:
        contact.set_dissipation(0.0)
    model.addBody(body)
    model.addJoint(joint)
    model.addContactGeometry(sphere)
    model.addContactGeometry(floor)
    model.addForce(contact)
    state, rows = model.initSystem(), []
    for _ in range(STATES_A_BALL):
        pose = np.r_[rng.uniform(-1.0, 1.0, 3), 0.0, 0.0, 0.0]
        put(model, state, pose, np.zeros(6))
        center = numbers(body.findStationLocationInGround(state, sphere.get_location()))
        pose[4] = radius - center[1] + rng.uniform(-0.02, 0.01)
        put(model, state, pose, rng.standard_normal(6) * 10.0 ** rng.uniform(-2.0, 0.7))
        rows.append(row(contact, state))
    return rows


def main(out: str, kind: str, first: str, second: str) -> None:
    opensim.Logger.setLevelString("error")
    if kind == "model":
        rows = of_model(first, second)
    else:
        rng = np.random.default_rng(int(first))
        rows = [row for _ in range(int(second)) for row in thrown(rng)]
    columns: dict[str, Any] = {key: np.array([row[key] for row in rows]) for key in rows[0]}
    np.savez(out, **columns)


if __name__ == "__main__":
    main(*sys.argv[1:])
