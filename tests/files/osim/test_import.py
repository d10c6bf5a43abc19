"""A published model, imported, is the model that OpenSim computes with."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import surae
from surae._errors import UnusableInput
from surae.files.model_runner import ModelFolder, read_model
from surae.files.osim import cache
from surae.files.osim.importing import ImportSummary, import_model
from surae.files.osim.ranges import RUNNING_DEG
from surae.runner.weakness import without_side
from surae.skeleton.kinematics import body_positions, body_rotations

REFERENCE = Path(__file__).resolve().parents[4] / "shared" / "reference" / "opensim"
# The values of the reference file beyond which OpenSim's own length and moment arm contradict.
CONTRADICTION_M = 1e-4
LENGTH_RMS_M, ARM_RMS_M = 1e-3, 2e-3


class Import(NamedTuple):
    """What an import told, and the model that its folder describes."""

    summary: ImportSummary
    model: ModelFolder


def imported_to(folder: Path, osim: Path) -> Import:
    summary = import_model(osim, folder / "model")
    return Import(summary, read_model(summary.out))


@pytest.fixture(scope="session")
def gait2d(gait2d_osim, tmp_path_factory) -> Import:
    return imported_to(tmp_path_factory.mktemp("gait2d"), gait2d_osim)


@pytest.fixture(scope="session")
def lai(lai_osim, tmp_path_factory) -> Import:
    return imported_to(tmp_path_factory.mktemp("lai"), lai_osim)


@pytest.fixture(scope="session")
def scaled(scaled_osim, tmp_path_factory) -> Import:
    return imported_to(tmp_path_factory.mktemp("scaled"), scaled_osim)


SLOW = [
    pytest.param("lai", "LaiUhlrich2022", marks=pytest.mark.slow),
    pytest.param("scaled", "LaiArnoldModified2017_contacts", marks=pytest.mark.slow),
]
ALL = [("gait2d", "2D_gait"), *SLOW]


@pytest.fixture
def imported(request, gait2d_osim):
    """The summary of an import by the name of its fixture, and its reference values."""

    def of(fixture: str, name: str):
        runner = request.getfixturevalue(fixture).model.runner
        return runner, np.load(REFERENCE / f"{name}.npz")

    return of


def columns(runner, reference):
    names = list(reference["coord_names"])
    return [names.index(name) for name in runner.coordinate_names]


@pytest.mark.parametrize(("fixture", "name"), ALL)
def test_names_and_order_are_opensims(imported, fixture, name):
    runner, reference = imported(fixture, name)
    free = [n for n, d in zip(reference["coord_names"], reference["coord_dependent"], strict=True)
            if not d]  # fmt: skip
    assert list(runner.coordinate_names) == free
    assert list(runner.muscle_names) == list(reference["muscle_names"])
    assert [n for n, _, _ in runner.skeleton.coupled] == list(reference["coupler_dependent"])
    assert list(runner.skeleton.body_names) == list(reference["body_names"])


@pytest.mark.parametrize(("fixture", "name"), ALL)
def test_bodies_are_where_opensim_has_them(imported, fixture, name):
    runner, reference = imported(fixture, name)
    poses = jnp.asarray(reference["q"][:, columns(runner, reference)])
    positions = jax.vmap(body_positions, (None, 0))(runner.skeleton, poses)
    rotations = jax.vmap(body_rotations, (None, 0))(runner.skeleton, poses)
    assert np.abs(positions - reference["body_origin"]).max() < 1e-12
    assert np.abs(rotations - reference["body_R"]).max() < 1e-12
    assert float(runner.body_mass) == pytest.approx(float(reference["total_mass"]), rel=1e-12)


@pytest.mark.parametrize(("fixture", "name"), ALL)
def test_lengths_and_moment_arms_follow_opensim_over_running(imported, fixture, name):
    """Where OpenSim does not contradict itself; its states reach beyond running on purpose."""
    runner, reference = imported(fixture, name)
    index = columns(runner, reference)
    poses = reference["q"][:, index]
    lengths = jax.vmap(surae.muscle_tendon_lengths, (None, 0))(runner, jnp.asarray(poses))
    arms = jax.vmap(surae.moment_arms, (None, 0))(runner, jnp.asarray(poses))
    agree = reference["ma_length_mismatch"] <= CONTRADICTION_M
    length_errors = np.asarray(lengths) - reference["mtu_length"]
    arm_errors = np.asarray(arms) - reference["moment_arm"][:, :, index]
    checked = 0
    for m, muscle in enumerate(runner.muscle_names):
        spanned = np.abs(np.asarray(arms)[:, m]).max(axis=0) > 0.0
        usable = agree[:, m] & running(runner, poses, spanned)
        if usable.sum() < 2:
            continue
        checked += 1
        assert np.sqrt(np.mean(length_errors[usable, m] ** 2)) < LENGTH_RMS_M, muscle
        assert np.sqrt(np.mean(arm_errors[usable, m] ** 2, axis=0)).max() < ARM_RMS_M, muscle
    assert checked >= len(runner.muscle_names) // 4


def running(runner, poses, spanned):
    """Which poses are within the range of running in the coordinates that a muscle spans."""
    inside = np.ones(len(poses), bool)
    for c in np.flatnonzero(spanned):
        low, high = np.radians(RUNNING_DEG[without_side(runner.coordinate_names[c])])
        if runner.coordinate_names[c].startswith("knee") and runner.coordinate_lower[c] < -1.0:
            low, high = -high, -low
        inside &= (poses[:, c] >= low) & (poses[:, c] <= high)
    return inside


@pytest.mark.parametrize(("fixture", "name"), ALL)
def test_muscles_have_opensims_parameters(imported, fixture, name):
    runner, reference = imported(fixture, name)
    muscles = runner.muscles
    for field, key in (
        ("max_isometric_force", "mus_F0"),
        ("optimal_fiber_length", "mus_lopt"),
        ("tendon_slack_length", "mus_lslack"),
        ("pennation_at_optimal", "mus_penn"),
        ("max_contraction_velocity", "mus_vmax"),
    ):
        assert np.allclose(getattr(muscles, field), reference[key], rtol=1e-11, atol=0.0), field


def test_errors_of_the_fit_are_in_the_folder(gait2d):
    lines = (gait2d.summary.out / "path_errors.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("muscle,coordinates,degree,terms,length_rms_mm")
    assert len(lines) == 1 + len(gait2d.model.runner.muscle_names)
    errors = [float(line.split(",")[4]) for line in lines[1:]]
    assert 0.0 < max(errors) < 1.0


def test_what_is_not_carried_over_is_listed(gait2d):
    text = (gait2d.summary.out / "IMPORT.md").read_text(encoding="utf-8")
    for words in (
        gait2d.summary.sha256,
        "2D_gait.osim",
        "Read with OpenSim 4",
        "19 Mesh",
        "4 moving path points",
        "8 conditional path points",
        "Knee flexion is negative",
        "gastroc_r should flex the knee",
        "4 contact spheres",
    ):
        assert words in text, words


def test_contact_spheres_are_opensims(gait2d, gait2d_osim):
    feet = gait2d.model.runner.feet
    reference = np.load(REFERENCE / "2D_gait.npz")
    names = list(reference["sphere_names"])
    for sphere, name in enumerate(feet.names):
        other = names.index(name)
        assert np.allclose(feet.location[sphere], reference["sphere_location"][other], atol=1e-12)
        assert float(feet.radius[sphere]) == pytest.approx(reference["sphere_radius"][other])
    assert float(feet.stiffness[0]) == pytest.approx(3067776.0)
    assert type(feet.law).__name__ == "SmoothSphereHalfSpace"


def test_knees_that_bend_to_negative_angles_are_told_from_kinematics(gait2d):
    assert any("Knee flexion is negative" in line for line in gait2d.summary.changed)
    signs = {(s.muscle, s.coordinate): s.sign for s in gait2d.model.moment_arm_signs}
    assert signs["bifemsh", "knee_angle"] == -1


@pytest.mark.slow
def test_gastrocnemius_flexes_the_knee_of_lai(lai):
    assert not any("negative" in line for line in lai.summary.changed)
    known = {(s.muscle, s.coordinate): s.sign for s in lai.model.moment_arm_signs}
    assert known["gasmed", "knee_angle"] == known["gaslat", "knee_angle"] == 1
    assert known["glmed2", "hip_adduction"] == -1


@pytest.mark.slow
def test_groups_are_those_that_studies_name(lai):
    groups = dict(lai.model.runner.groups)
    assert groups["gluteus_medius"] == ("glmed1", "glmed2", "glmed3")
    assert set(groups["plantarflexors"]) >= {"soleus", "gaslat", "gasmed", "tibpost"}
    assert {"gluteals", "hip_abductors", "gluteus_maximus", "gluteus_minimus"} <= set(groups)
    assert set(lai.model.runner.achilles.muscles) == {"soleus", "gaslat", "gasmed"}


@pytest.mark.slow
def test_an_osim_file_is_a_model(gait2d_osim, gait2d, monkeypatch, tmp_path):
    monkeypatch.setattr(cache, "_models_folder", lambda: tmp_path)
    runner = surae.load_runner(gait2d_osim)
    assert runner.coordinate_names == gait2d.model.runner.coordinate_names
    written = list(tmp_path.iterdir())
    assert surae.load_runner(str(gait2d_osim)) is runner
    assert list(tmp_path.iterdir()) == written and len(written) == 1
    pose = jnp.zeros(len(runner.coordinate_names))
    here = surae.muscle_tendon_lengths(runner, pose)
    assert jnp.array_equal(here, surae.muscle_tendon_lengths(gait2d.model.runner, pose))


@pytest.mark.slow
def test_a_symmetric_import_writes_the_right_side(gait2d_osim, gait2d, tmp_path):
    import_model(gait2d_osim, tmp_path / "model", symmetric=True)
    model = read_model(tmp_path / "model")
    assert not any("differ" in note for note in model.notes)
    muscles = (tmp_path / "model" / "muscles.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert all(line.split(",")[0].endswith("_r") for line in muscles)
    # This file has its left bodies first; written once, the right side comes first.
    assert sorted(model.runner.coordinate_names) == sorted(gait2d.model.runner.coordinate_names)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<OpenSimDocument><Model", ("no valid XML", "cut short")),
        (b"\x89HDF\r\n", ("no valid XML",)),
        (b"", ("no valid XML",)),
        (b"<OpenSimDocument><Tool/></OpenSimDocument>", ("no OpenSim model", "<Model>")),
        (b"<html><Model/></html>", ("no OpenSim model", "<html>")),
    ],
)
def test_files_that_are_no_model_are_refused(tmp_path, content, words):
    path = tmp_path / "broken.osim"
    path.write_bytes(content)
    with pytest.raises(UnusableInput) as caught:
        import_model(path, tmp_path / "out")
    assert all(word in str(caught.value) for word in (*words, str(path))), str(caught.value)
    assert [p.name for p in tmp_path.iterdir()] == ["broken.osim"]


def test_a_truncated_model_is_refused(gait2d_osim, tmp_path):
    path = tmp_path / "cut.osim"
    path.write_bytes(gait2d_osim.read_bytes()[:40_000])
    with pytest.raises(UnusableInput, match="cut short"):
        import_model(path, tmp_path / "out")


def test_an_existing_folder_is_not_touched(tmp_path):
    (tmp_path / "out").mkdir()
    with pytest.raises(UnusableInput, match="exists already"):
        import_model(tmp_path / "model.osim", tmp_path / "out")


def test_without_opensim_the_refusal_says_what_to_install(tmp_path, monkeypatch):
    (tmp_path / "opensim.py").write_text("raise ImportError('no such package')")
    monkeypatch.syspath_prepend(tmp_path)
    path = tmp_path / "model.osim"
    path.write_text("<OpenSimDocument><Model/></OpenSimDocument>", encoding="utf-8")
    with pytest.raises(UnusableInput, match=r'pip install "surae\[opensim\]"'):
        import_model(path, tmp_path / "out")


def test_opensim_says_nothing_and_leaves_no_file(gait2d_osim, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    steps = []
    import_model(gait2d_osim, Path("out"), lambda step, share: steps.append((step, share)))
    assert capfd.readouterr() == ("", "")
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    assert {step for step, _ in steps} >= {"sampling muscle paths", "fitting muscle paths"}
    assert "opensim" not in sys.modules
