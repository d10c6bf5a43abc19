"""The full runner scaled is nearly what OpenSim's Scale tool makes of the model it was made from.

Changes are compared with changes, so that the error of the fitted paths drops out. Bounds are what
was measured, rounded up; docs/theory.md has the table.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

from surae.files.library import library_path
from surae.files.model_runner import read_runner
from surae.runner.runner import Runner, moment_arms, muscle_tendon_lengths
from surae.runner.scaling import scale

COORDINATES = {
    "hip_flexion_r": (-30.0, 110.0),
    "hip_adduction_r": (-20.0, 20.0),
    "hip_rotation_r": (-20.0, 20.0),
    "knee_angle_r": (0.0, 130.0),
    "ankle_angle_r": (-40.0, 35.0),
    "subtalar_angle_r": (-15.0, 15.0),
    "mtp_angle_r": (-30.0, 30.0),
}
POSES = 25
ALL = (1.1, 1.1, 1.1)
LEGS = dict.fromkeys(("femur", "tibia", "patella"), ALL)
FEET = dict.fromkeys(("talus", "calcn", "toes"), ALL)
BODIES = {
    "all": {"pelvis": ALL, "torso": ALL, **LEGS, **FEET},
    "legs": LEGS,
    "pelvis_z": {"pelvis": (1.0, 1.0, 1.1)},
    "thighs": {"femur": ALL},
    "feet": FEET,
}

SCRIPT = """
import numpy as np

def lengths(path, poses, factors):
    model = opensim.Model(path)
    for coordinate in model.updCoordinateSet():
        coordinate.set_locked(False)
        coordinate.set_clamped(False)
    state = model.initSystem()
    if factors:
        scales = opensim.ScaleSet()
        for stem, factor in factors.items():
            for body in (stem, stem + "_r", stem + "_l"):
                scale = opensim.Scale()
                scale.setSegmentName(body)
                scale.setScaleFactors(opensim.Vec3(*factor))
                scale.setApply(True)
                scales.cloneAndAppend(scale)
        model.scale(state, scales, False, 80.0)
        state = model.initSystem()
    muscles = [m for m in model.getMuscles() if m.getName().endswith("_r")]
    coordinates = model.getCoordinateSet()
    length, arms = [], []
    for pose in poses["values"]:
        for name, value in zip(poses["names"], pose):
            coordinates.get(name).setValue(state, value, False)
        model.assemble(state)
        model.realizePosition(state)
        length.append([m.getLength(state) for m in muscles])
        arms.append([[m.computeMomentArm(state, coordinates.get(n)) for n in poses["names"]]
                     for m in muscles])
    return {"length": length, "arms": arms, "muscles": [m.getName() for m in muscles],
            "fiber": [m.getOptimalFiberLength() for m in muscles],
            "bodies": [b.getName() for b in model.getBodySet()],
            "mass": [b.getMass() for b in model.getBodySet()],
            "inertia": [[b.getInertia().getMoments().get(i) for i in range(3)]
                        for b in model.getBodySet()]}

def main(file):
    asked = json.load(open(file))
    return {name: lengths(asked["model"], asked["poses"], factors)
            for name, factors in asked["bodies"].items()}
"""


class Paths(NamedTuple):
    """Lengths (pose, muscle) and moment arms (pose, muscle, coordinate) of the right leg, m."""

    length: NDArray[np.float64]
    arms: NDArray[np.float64]


@pytest.fixture(scope="module")
def full() -> Runner:
    return read_runner(library_path() / "models" / "full")


@pytest.fixture(scope="module")
def poses() -> NDArray[np.float64]:
    """Poses (pose, coordinate) over the range of running, rad; the first one is zero."""
    low, high = np.radians(np.array(list(COORDINATES.values()))).T
    drawn = np.random.default_rng(0).uniform(low, high, (POSES, len(low)))
    drawn[0] = 0.0
    return drawn


@pytest.fixture(scope="module")
def opensim(
    shared: Path, poses: NDArray, tmp_path_factory: Any, in_opensim: Callable[..., Any]
) -> dict[str, Any]:
    model = shared / "data" / "models" / "opencap-processing" / "LaiUhlrich2022.osim"
    if not model.is_file():
        pytest.skip(f"the OpenSim model is not here: {model.name}")
    asked = tmp_path_factory.mktemp("scaling") / "asked.json"
    table = {"names": list(COORDINATES), "values": poses.tolist()}
    bodies = {"none": {}, **BODIES}
    asked.write_text(json.dumps({"model": str(model), "poses": table, "bodies": bodies}))
    return in_opensim(SCRIPT, asked)


@pytest.fixture(scope="module")
def paths_of(full: Runner, poses: NDArray, opensim: dict[str, Any]) -> Callable[[Runner], Paths]:
    """Paths of a runner over the poses, muscles in OpenSim's order."""
    columns = jnp.asarray([full.coordinate_names.index(name) for name in COORDINATES])
    muscles = np.array([full.muscle_names.index(name) for name in opensim["none"]["muscles"]])
    whole = jnp.zeros((POSES, len(full.coordinate_names))).at[:, columns].set(jnp.asarray(poses))

    @jax.jit
    def both(runner: Runner) -> tuple[jax.Array, jax.Array]:
        at = jax.vmap(lambda q: (muscle_tendon_lengths(runner, q), moment_arms(runner, q)))
        return at(whole)

    def of(runner: Runner) -> Paths:
        length, arms = both(runner)
        return Paths(
            np.asarray(length)[:, muscles], np.asarray(arms)[:, muscles][:, :, np.asarray(columns)]
        )

    return of


# Of the muscles' RMS errors over the poses: median and largest of length, of moment arms, mm.
MEASURED = {
    "legs": (0.3, 2.6, 0.6, 3.1),
    "pelvis_z": (0.2, 2.5, 0.9, 2.3),
    "thighs": (0.8, 2.6, 0.9, 3.1),
    "feet": (0.2, 1.1, 0.4, 3.0),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", MEASURED)
def test_muscles_change_nearly_as_in_opensim(
    full: Runner, opensim: dict[str, Any], paths_of: Callable[[Runner], Paths], name: str
) -> None:
    before, after = paths_of(full), paths_of(scale(full, segments=BODIES[name]))
    there = [Paths(*(np.array(opensim[b][k]) for k in ("length", "arms"))) for b in ("none", name)]
    length = (after.length - before.length) - (there[1].length - there[0].length)
    arms = (after.arms - before.arms) - (there[1].arms - there[0].arms)
    changed = np.abs(there[1].length - there[0].length).max(axis=0) > 2e-4
    of_length = 1e3 * np.sqrt((length**2).mean(axis=0))
    of_arms = 1e3 * np.sqrt((arms**2).mean(axis=0)).max(axis=1)
    found = (
        np.median(of_length[changed]),
        of_length.max(),
        np.median(of_arms[changed]),
        of_arms.max(),
    )
    assert np.all(np.array(found) < MEASURED[name]), np.round(found, 2)
    scaled = scale(full, segments=BODIES[name]).muscles.optimal_fiber_length
    index = [full.muscle_names.index(muscle) for muscle in opensim[name]["muscles"]]
    ours = np.asarray(scaled / full.muscles.optimal_fiber_length)[index]
    theirs = np.array(opensim[name]["fiber"]) / np.array(opensim["none"]["fiber"])
    np.testing.assert_allclose(ours, theirs, atol=0.02)


@pytest.mark.slow
def test_a_larger_body_is_larger_in_opensim_too(
    full: Runner, opensim: dict[str, Any], paths_of: Callable[[Runner], Paths]
) -> None:
    before, after = paths_of(full), paths_of(scale(full, segments=BODIES["all"]))
    np.testing.assert_allclose(after.length, 1.1 * before.length, rtol=1e-12)
    np.testing.assert_allclose(after.arms, 1.1 * before.arms, rtol=1e-10, atol=1e-13)
    there = [np.array(opensim[name]["length"]) for name in ("none", "all")]
    np.testing.assert_allclose(there[1], 1.1 * there[0], rtol=1e-3)


@pytest.mark.slow
def test_masses_and_inertias_are_opensims(full: Runner, opensim: dict[str, Any]) -> None:
    """Of bodies scaled by one factor; by volume, then to 80 kg."""
    after, there = scale(full, mass=80.0, segments=BODIES["legs"]).skeleton, opensim["legs"]
    order = [there["bodies"].index(name) for name in full.skeleton.body_names]
    np.testing.assert_allclose(after.mass, np.array(there["mass"])[order], rtol=1e-6)
    scaled = np.array([name[:-2] in LEGS for name in full.skeleton.body_names])
    theirs = np.array(there["inertia"])[order]
    np.testing.assert_allclose(after.inertia[scaled, :3], theirs[scaled], rtol=1e-5)
