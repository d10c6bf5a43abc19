"""Every joint of OpenSim puts its body where OpenSim puts it; what is no joint here is refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from surae._errors import UnusableInput
from surae.files.model_runner import read_runner
from surae.files.osim.importing import import_model
from surae.skeleton.kinematics import body_positions, body_rotations


@pytest.fixture(scope="module")
def many_joints(gait2d_osim, tmp_path_factory) -> Path:
    """A folder with the model `many.osim` and its poses, written by OpenSim."""
    folder = tmp_path_factory.mktemp("joints")
    script = Path(__file__).with_name("many_joints.py")
    words = [str(gait2d_osim), str(folder / "many.osim"), str(folder / "poses.npz")]
    subprocess.run([sys.executable, str(script), *words], check=True, cwd=folder)
    return folder


def test_bodies_are_where_opensim_has_them(many_joints, tmp_path):
    summary = import_model(many_joints / "many.osim", tmp_path / "imported")
    runner, expected = read_runner(tmp_path / "imported"), np.load(many_joints / "poses.npz")
    assert list(runner.coordinate_names) == list(expected["coordinates"])
    assert list(runner.skeleton.body_names) == list(expected["bodies"])
    poses = jnp.asarray(expected["poses"])
    positions = jax.vmap(body_positions, (None, 0))(runner.skeleton, poses)
    rotations = jax.vmap(body_rotations, (None, 0))(runner.skeleton, poses)
    assert np.abs(positions - expected["origins"]).max() < 1e-12
    assert np.abs(rotations - expected["rotations"]).max() < 1e-12
    assert any("ball_joint, free_joint" in line for line in summary.changed)
    assert any("Nothing moves" in line and "ball_q2" in line for line in summary.not_carried_over)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("PlanarJoint", "EllipsoidJoint", ("'groundPelvis' is a EllipsoidJoint", "importable are")),
        ("DeGrooteFregly2016Muscle", "RigidTendonMuscle", ("is a RigidTendonMuscle", "Thelen2003")),
        ('name="gastroc_r"', 'name="gastroc"', ("'gastroc_l' has no other side",)),
        ("/bodyset/calcn_r", "/bodyset/nowhere", ("OpenSim cannot open it",)),
    ],
)
@pytest.mark.slow
def test_what_cannot_be_imported_is_refused_in_one_line(gait2d_osim, tmp_path, old, new, words):
    path = tmp_path / "changed.osim"
    text = gait2d_osim.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(UnusableInput) as caught:
        import_model(path, tmp_path / "out")
    message = str(caught.value)
    assert str(path) in message and all(word in message for word in words), message
    assert "\n" not in message
    assert [p.name for p in tmp_path.iterdir()] == ["changed.osim"]


@pytest.mark.slow
def test_functions_with_corners_are_refused_by_joint(many_joints, tmp_path):
    path = tmp_path / "corners.osim"
    text = (many_joints / "many.osim").read_text(encoding="utf-8")
    path.write_text(text.replace("SimmSpline", "PiecewiseLinearFunction"), encoding="utf-8")
    with pytest.raises(UnusableInput, match=r"'custom_joint'.*PiecewiseLinearFunction.*SimmSpline"):
        import_model(path, tmp_path / "out")
