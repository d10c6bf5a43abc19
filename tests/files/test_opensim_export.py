"""A stride goes to OpenSim and comes back: files that OpenSim opens, with the result's numbers."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from surae._errors import UnusableInput
from surae._pytree import replace
from surae.files.case_inputs import prepare_task
from surae.files.ground_forces import read_ground_forces
from surae.files.opensim_export import EXTERNAL_LOADS, GROUND_REACTION, MARK, export_stride
from surae.files.opensim_tables import read_table
from surae.foot import ground
from surae.foot.contact import SmoothSphereHalfSpace
from surae.gait.guess import reference_guess
from surae.gait.motion_parts import leg
from surae.gait.problem import running_problem
from surae.gait.solution import SIDES, GaitSolution
from surae.gait.unpack import describe, full_stride
from surae.runner.runner import inverse_dynamics
from surae.skeleton.functions import motion_functions, polynomial_function
from surae.study.case import Case

SMOOTH_SPHERE = {
    "dissipation": 2.0,
    "static_friction": 0.8,
    "dynamic_friction": 0.8,
    "viscous_friction": 0.5,
    "transition_velocity": 0.2,
    "constant_contact_force": 1e-5,
    "hertz_smoothing": 300.0,
    "hunt_crossley_smoothing": 50.0,
}
# Values are printed with 12 digits.
PRINTED = 1e-11


@pytest.fixture(scope="module")
def gait() -> GaitSolution:
    """The reference on a coarse mesh: no solved stride, and has everything that one has."""
    problem = running_problem(*prepare_task(Case(intervals=12)))
    return full_stride(problem, reference_guess(problem).unknowns, "iteration limit")


@pytest.fixture(scope="module")
def folder(gait: GaitSolution, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("export") / "new" / "stride"
    written = export_stride(gait, place, {"result": "soleus=0.8.h5"})
    assert sorted(place.iterdir()) == sorted(written)
    return place


def close(found: Any, expected: Any) -> None:
    np.testing.assert_allclose(found, np.asarray(expected), rtol=PRINTED, atol=1e-300)


def test_tables_hold_the_results_numbers(gait: GaitSolution, folder: Path) -> None:
    table = read_table(folder / "coordinates.mot")
    close(table.time, gait.time)
    assert table.in_degrees
    for i, name in enumerate(gait.runner.coordinate_names):
        moved = name in ("pelvis_tx", "pelvis_ty")
        own = table.column(name) if moved else np.radians(table.column(name))
        close(own, gait.coordinates[:, i])
    for file in ("activation", "excitation", "tendon_force"):
        table = read_table(folder / f"{file}.sto")
        assert table.names == gait.runner.muscle_names and not table.in_degrees
        close(table.values, getattr(gait, file))
    table = read_table(folder / "inverse_dynamics.sto")
    assert table.names[:3] == ("pelvis_tilt_moment", "pelvis_tx_force", "pelvis_ty_force")
    close(table.values, gait.joint_moments)


def test_coordinates_that_follow_another_are_there(gait: GaitSolution, tmp_path: Path) -> None:
    """A kneecap's angle, half the knee's squared, by a function of the skeleton."""
    runner = gait.runner
    knee = runner.coordinate_names.index("knee_angle_r")
    skeleton = replace(
        runner.skeleton,
        functions=motion_functions([polynomial_function([0.0, 0.0, 0.5])]),
        coupled=(("knee_angle_r_beta", knee, (0,)),),
    )
    own = replace(gait, runner=replace(runner, skeleton=skeleton))
    export_stride(own, tmp_path)
    table = read_table(tmp_path / "coordinates.mot")
    assert table.names == (*runner.coordinate_names, "knee_angle_r_beta")
    expected = 0.5 * np.asarray(gait.coordinates[:, knee]) ** 2
    np.testing.assert_allclose(np.radians(table.column("knee_angle_r_beta")), expected, rtol=1e-10)


def test_ground_reaction_has_the_names_of_external_loads(gait: GaitSolution, folder: Path) -> None:
    table = read_table(folder / GROUND_REACTION)
    for i, side in enumerate(SIDES):
        for k, axis in enumerate("xyz"):
            close(table.column(f"ground_force_{side}_v{axis}"), gait.ground_reaction_force[:, i, k])
            close(table.column(f"ground_force_{side}_p{axis}"), gait.center_of_pressure[:, i, k])
    ours = read_ground_forces(folder / GROUND_REACTION, cutoff=15.0)
    assert ours.force.shape[1:] == (2, 3) and ours.force[:, :, 1].max() > 100.0


def test_force_pressure_and_torque_are_all_that_the_ground_does(
    gait: GaitSolution, folder: Path
) -> None:
    """The moment about a point far away, from the file and from the spheres themselves."""
    table, runner = read_table(folder / GROUND_REACTION), gait.runner

    def of(quantity: str, side: str) -> np.ndarray:
        return np.column_stack([table.column(quantity.format(side, axis)) for axis in "xyz"])

    @jax.vmap
    def moment(q: jax.Array, v: jax.Array) -> jax.Array:
        place = ground.geometry(own, q[moved])
        forces = ground.sphere_forces(own, place, v[moved])
        forward = jnp.asarray([1.0, 0.0, 0.0]) * q[moved[own.progress]]
        return jnp.sum(jnp.cross(place.points + forward[None], forces), axis=0)

    for side in SIDES:
        own, moved = leg(runner, side)
        force, point = of("ground_force_{}_v{}", side), of("ground_force_{}_p{}", side)
        expected = np.asarray(moment(gait.coordinates, gait.speeds))
        found = np.cross(point, force) + of("ground_torque_{}_{}", side)
        np.testing.assert_allclose(found, expected, atol=1e-8 * np.abs(expected).max())
        assert np.abs(of("ground_torque_{}_{}", side)).max() > 1e-3


def test_headers_tell_where_the_numbers_are_from(folder: Path) -> None:
    for path in folder.iterdir():
        text = path.read_text()
        assert MARK in text[:200]
        if path.suffix in (".mot", ".sto"):
            header = text.split("endheader")[0].splitlines()
            assert {"version=1", "status=iteration limit", "result=soleus:0.8.h5"} <= set(header)


def test_loads_act_on_the_feet(folder: Path) -> None:
    forces = ElementTree.parse(folder / EXTERNAL_LOADS).findall(".//ExternalForce")
    assert [force.findtext("applied_to_body") for force in forces] == ["calcn_r", "calcn_l"]


TABLES = """def main(folder):
    from pathlib import Path
    said = {}
    for path in sorted(Path(folder).glob("*.[ms][ot][ot]")):
        table, storage = opensim.TimeSeriesTable(str(path)), opensim.Storage(str(path))
        last = table.getNumRows() - 1
        said[path.name] = {
            "names": list(table.getColumnLabels()), "rows": table.getNumRows(),
            "storage": storage.getSize(), "degrees": storage.isInDegrees(),
            "about": [table.getTableMetaDataString(key) for key in ("status", "result")],
            "time": list(table.getIndependentColumn()),
            "last": [float(x) for x in table.getRowAtIndex(last).to_numpy()]}
    return said"""


def test_opensim_opens_every_table(
    gait: GaitSolution, folder: Path, in_opensim: Callable[..., Any]
) -> None:
    said = in_opensim(TABLES, folder)
    assert len(said) == 6
    for name, table in said.items():
        own = read_table(folder / name)
        assert tuple(table["names"]) == own.names
        assert table["rows"] == table["storage"] == len(gait.time)
        assert table["degrees"] == (name == "coordinates.mot")
        assert table["about"] == ["iteration limit", "soleus:0.8.h5"]
        np.testing.assert_array_equal(table["time"], own.time)
        np.testing.assert_array_equal(table["last"], own.values[-1])


LOADS = """def main(model_file, folder):
    model = opensim.Model(model_file)
    for coordinate in model.updCoordinateSet():
        coordinate.set_locked(False)
    names = [c.getName() for c in model.getCoordinateSet()]
    loads = opensim.ExternalLoads(folder + "/external_loads.xml", True)
    model.addModelComponent(loads)
    state = model.initSystem()
    time = opensim.TimeSeriesTable(folder + "/ground_reaction.mot").getIndependentColumn()[7]
    three = lambda vector: [vector.get(i) for i in range(3)]
    forces = [loads.get(i) for i in range(loads.getSize())]
    return {"coordinates": names, "muscles": [m.getName() for m in model.getMuscles()],
            "bodies": [f.getAppliedToBodyName() for f in forces],
            "force": [three(f.getForceAtTime(time)) for f in forces],
            "point": [three(f.getPointAtTime(time)) for f in forces],
            "torque": [three(f.getTorqueAtTime(time)) for f in forces]}"""


def test_opensim_puts_the_ground_reaction_under_a_models_feet(
    gait: GaitSolution, folder: Path, shared: Path, in_opensim: Callable[..., Any]
) -> None:
    model = shared / "data" / "models" / "opencap-processing" / "LaiUhlrich2022.osim"
    if not model.is_file():
        pytest.skip(f"the OpenSim model is not here: {model.name}")
    said = in_opensim(LOADS, model, folder)
    assert set(read_table(folder / "coordinates.mot").names) <= set(said["coordinates"])
    assert said["bodies"] == ["calcn_r", "calcn_l"]
    table = read_table(folder / GROUND_REACTION)
    for i, side in enumerate(SIDES):
        for quantity, name in (
            ("force", "ground_force_{}_v{}"),
            ("point", "ground_force_{}_p{}"),
            ("torque", "ground_torque_{}_{}"),
        ):
            expected = [table.column(name.format(side, axis))[7] for axis in "xyz"]
            np.testing.assert_allclose(said[quantity][i], expected, rtol=1e-6, atol=1e-6)


def test_only_exports_are_written_over(gait: GaitSolution, tmp_path: Path) -> None:
    export_stride(gait, tmp_path)
    again = export_stride(replace(gait, time=2.0 * gait.time), tmp_path)
    assert read_table(again[0]).time[-1] == pytest.approx(2.0 * float(gait.time[-1]))
    mine = tmp_path / "activation.sto"
    mine.write_text("measured EMG\nendheader\n")
    (tmp_path / "coordinates.mot").unlink()
    with pytest.raises(UnusableInput, match=r"activation.sto exists and is no export of surae"):
        export_stride(gait, tmp_path)
    assert mine.read_text() == "measured EMG\nendheader\n"
    assert not (tmp_path / "coordinates.mot").exists(), "nothing half-written"
    with pytest.raises(UnusableInput, match="is a file, not a folder"):
        export_stride(gait, mine)


DYNAMICS = """
import numpy as np

def main(model_file, folder, file, loaded):
    model = opensim.Model(model_file)
    for coordinate in model.updCoordinateSet():
        coordinate.set_locked(False)
        coordinate.set_clamped(False)
    for force in model.updForceSet():
        force.set_appliesForce(False)
    loads = opensim.ExternalLoads(folder + "/external_loads.xml", True)
    if loaded == "loaded":
        model.addModelComponent(loads)
    state = model.initSystem()
    coordinates = list(model.getCoordinateSet())
    names = [c.getName() for c in coordinates]
    slots = []
    for coordinate in coordinates:
        for other in coordinates:
            other.setSpeedValue(state, 0.0)
        coordinate.setSpeedValue(state, 1.0)
        slots.append(int(np.argmax(np.abs(state.getU().to_numpy()))))
    curves = np.load(file)
    table = opensim.TimeSeriesTable(folder + "/coordinates.mot")
    rows = [list(table.getColumnLabels()).index(name) for name in names]
    own = [list(curves["names"]).index(name.removesuffix("_beta")) for name in names]
    turns = np.array([c.getMotionType() != 2 for c in coordinates])
    solver, found = opensim.InverseDynamicsSolver(model), []
    for i, time in enumerate(table.getIndependentColumn()):
        angles = table.getRowAtIndex(i).to_numpy()[rows]
        q, u, acceleration = np.zeros((3, len(names)))
        q[slots] = np.where(turns, np.radians(angles), angles)
        u[slots] = curves["speeds"][i][own]
        acceleration[slots] = curves["accelerations"][i][own]
        state.setTime(time)
        state.setQ(opensim.Vector.createFromMat(q))
        state.setU(opensim.Vector.createFromMat(u))
        model.realizeDynamics(state)
        torques = solver.solve(state, opensim.Vector.createFromMat(acceleration)).to_numpy()
        found.append(torques[slots].tolist())
    return {"names": names, "torques": found}
"""


@pytest.mark.slow
def test_opensims_inverse_dynamics_of_the_files_gives_the_results_joint_moments(
    shared: Path, tmp_path: Path, in_opensim: Callable[..., Any]
) -> None:
    """Coordinates, ground reaction and loads together; the kneecap's torque is the knee's."""
    model = shared / "data" / "models" / "opencap-processing" / "LaiUhlrich2022.osim"
    if not model.is_file():
        pytest.skip(f"the OpenSim model is not here: {model.name}")
    problem = running_problem(*prepare_task(Case(model="full", intervals=8)))
    gait = full_stride(problem, reference_guess(problem).unknowns)
    export_stride(gait, tmp_path)
    names = gait.runner.coordinate_names
    curves = {"speeds": np.asarray(gait.speeds), "accelerations": np.asarray(gait.accelerations)}
    table: dict[str, Any] = {"names": np.array(names), **curves}
    np.savez(tmp_path / "curves.npz", **table)
    there = {}
    for loaded in ("loaded", "unloaded"):
        said = in_opensim(DYNAMICS, model, tmp_path, tmp_path / "curves.npz", loaded)
        torques = dict(zip(said["names"], np.array(said["torques"]).T, strict=True))
        for side in SIDES:
            torques[f"knee_angle_{side}"] += torques.pop(f"knee_angle_{side}_beta")
        there[loaded] = np.column_stack([torques[name] for name in names])
    # The loads put all force on the heel's body, so the toes carry nothing in OpenSim.
    carried = np.array([not name.startswith("mtp_angle") for name in names])
    unloaded = jax.vmap(lambda *state: inverse_dynamics(gait.runner, *state))(
        gait.coordinates, gait.speeds, gait.accelerations
    )
    by_ground = np.asarray(gait.joint_moments - unloaded)[:, carried]
    assert np.abs(by_ground).max() > 500.0
    found = (there["loaded"] - there["unloaded"])[:, carried]
    np.testing.assert_allclose(found, by_ground, atol=1e-3)
    # OpenSim's knee has a term of its own, loads or not (test_full_against_opensim.py).
    whole = np.asarray(gait.joint_moments)[:, carried]
    np.testing.assert_allclose(there["loaded"][:, carried], whole, atol=2.0)


def test_a_foot_in_the_air_has_its_center_of_pressure_below_it(gait: GaitSolution) -> None:
    """Also with a law whose forces vanish to the last digit."""
    values = {name: jnp.asarray(value) for name, value in SMOOTH_SPHERE.items()}
    feet = replace(gait.runner.feet, law=SmoothSphereHalfSpace(**values))
    runner = replace(gait.runner, feet=feet)
    high = gait.coordinates.at[:, runner.coordinate_names.index("pelvis_ty")].add(1.0)
    names = ("speeds", "accelerations", "activation", "excitation", "tendon_force")
    curves = {name: getattr(gait, name) for name in names}
    still = jnp.zeros_like(gait.tendon_force)
    found = describe(runner, high, **curves, tendon_force_rate=still)
    assert float(jnp.abs(found["ground_reaction_force"]).max()) == 0.0
    below = found["center_of_pressure"][:, :, 0] - high[:, None, 1]
    assert float(jnp.abs(below).max()) < 1.0
