"""Joints of a model folder whose motions are functions of a coordinate, couplers, welds, locks."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from surae._errors import UnusableInput
from surae.files.case_inputs import running_task
from surae.files.library import library_path
from surae.files.model_runner import read_model, read_runner
from surae.runner.symmetry import asymmetries
from surae.skeleton.kinematics import body_positions, body_rotations
from surae.study.case import Case

SLIDE = (0.004, -0.02, 0.01)  # m, of the tibia along its joint's y axis, powers of the knee angle
AT = (-1.0, 0.0, 0.5, 1.2, 2.5)
TURN = (0.1, 0.0, -0.05, -0.2, -0.1)
FUNCTIONS = f"""
[[function]]
name = "slide"
kind = "polynomial"
coefficients = {list(SLIDE)}
scale = 2.0

[[function]]
name = "turn"
kind = "cubic_spline"
x = {list(AT)}
y = {list(TURN)}

[[coupled_coordinate]]
name = "knee_angle_r_beta"
coordinate = "knee_angle_r"
function = "turn"

"""
PATELLA = """
[[body]]
name = "patella_r"
mass_kg = 0.1
mass_center_m = [0.0, 0.0, 0.0]
inertia_kg_m2 = [0.0001, 0.0001, 0.0001, 0.0, 0.0, 0.0]
parent = "femur_r"
location_in_parent_m = [0.05, -0.4, 0.01]
joint = [
    {coordinate = "knee_angle_r_beta", motion = "rotation", axis = [0, 0, 1]},
]

[[body]]
name = "plate_r"
mass_kg = 0.1
mass_center_m = [0.0, 0.0, 0.0]
inertia_kg_m2 = [0.0001, 0.0001, 0.0001, 0.0, 0.0, 0.0]
parent = "patella_r"
location_in_parent_m = [0.02, 0.0, 0.0]
joint = []

"""
SLIDING = (
    '    {coordinate = "knee_angle_r", motion = "translation", axis = [0, 1, 0], '
    'function = "slide"},'
)


@pytest.fixture
def folder(tmp_path) -> Path:
    """The planar model with a sliding knee, a patella that follows it, and a plate welded to it."""
    folder = shutil.copytree(library_path() / "models" / "planar", tmp_path / "mine")
    path = folder / "model.toml"
    text = path.read_text(encoding="utf-8")
    text = text.replace("\n[[body]]", FUNCTIONS + "[[body]]", 1)
    text = re.sub(r'(    \{coordinate = "knee_angle_r".*)', rf"\1\n{SLIDING}", text, count=1)
    text = text.replace('\n[[body]]\nname = "torso"', PATELLA + '[[body]]\nname = "torso"')
    path.write_text(text, encoding="utf-8")
    return folder


def test_a_motion_takes_the_value_of_its_function(folder):
    plain = read_runner(library_path() / "models" / "planar")
    runner = read_runner(folder)
    knee = runner.coordinate_names.index("knee_angle_r")
    tibia = [r.skeleton.body_names.index("tibia_r") for r in (plain, runner)]
    for angle in (-0.1, 0.4, 2.0):
        pose = jnp.zeros(len(runner.coordinate_names)).at[knee].set(angle)
        before = body_positions(plain.skeleton, pose)[tibia[0]]
        after = body_positions(runner.skeleton, pose)[tibia[1]]
        slide = 2.0 * np.polynomial.polynomial.polyval(angle, SLIDE)
        assert jnp.allclose(after - before, jnp.array([0.0, slide, 0.0]), atol=1e-15)


def test_a_coupled_coordinate_follows_and_is_no_coordinate(folder):
    runner = read_runner(folder)
    assert "knee_angle_r_beta" not in runner.coordinate_names
    names = [name for name, _, _ in runner.skeleton.coupled]
    assert names == ["knee_angle_r_beta", "knee_angle_l_beta"]
    knee = runner.coordinate_names.index("knee_angle_r")
    patella = runner.skeleton.body_names.index("patella_r")
    for at, turn in zip(AT, TURN, strict=True):
        pose = jnp.zeros(len(runner.coordinate_names)).at[knee].set(at)
        rotation = body_rotations(runner.skeleton, pose)[patella]
        assert float(jnp.arctan2(rotation[1, 0], rotation[0, 0])) == pytest.approx(turn, abs=1e-14)


def test_a_spline_is_smooth_between_its_points(folder):
    """Near scipy's not-a-knot spline, whose end conditions differ a little from OpenSim's."""
    runner = read_runner(folder)
    knee = runner.coordinate_names.index("knee_angle_r")
    patella = runner.skeleton.body_names.index("patella_r")
    other = CubicSpline(AT, TURN)
    for angle in (0.2, 0.8):
        pose = jnp.zeros(len(runner.coordinate_names)).at[knee].set(angle)
        rotation = body_rotations(runner.skeleton, pose)[patella]
        turn = float(jnp.arctan2(rotation[1, 0], rotation[0, 0]))
        assert turn == pytest.approx(float(other(angle)), abs=0.02)
        assert turn != pytest.approx(float(np.interp(angle, AT, TURN)), abs=1e-3)


def test_a_welded_body_moves_with_its_parent(folder):
    runner = read_runner(folder)
    names = runner.skeleton.body_names
    pose = jnp.linspace(-0.3, 0.6, len(runner.coordinate_names))
    rotations = body_rotations(runner.skeleton, pose)
    positions = body_positions(runner.skeleton, pose)
    plate, patella = names.index("plate_r"), names.index("patella_r")
    assert jnp.array_equal(rotations[plate], rotations[patella])
    offset = rotations[patella] @ jnp.array([0.02, 0.0, 0.0])
    assert jnp.allclose(positions[plate] - positions[patella], offset, atol=1e-15)


def test_functions_serve_both_sides(folder):
    runner = read_runner(folder)
    assert asymmetries(runner) == ()
    names, coordinates = runner.skeleton.body_names, runner.coordinate_names
    knees = [coordinates.index(f"knee_angle_{side}") for side in "rl"]
    pose = jnp.zeros(len(coordinates)).at[jnp.array(knees)].set(0.7)
    positions = body_positions(runner.skeleton, pose)
    for body in ("tibia", "patella", "plate"):
        right, left = (positions[names.index(f"{body}_{side}")] for side in "rl")
        assert jnp.allclose(right * jnp.array([1.0, 1.0, -1.0]), left, atol=1e-15)


def test_locks_are_kept_and_not_run(folder):
    path = folder / "model.toml"
    text = path.read_text(encoding="utf-8")
    text = text.replace('name = "mtp_angle_r"\nrange', 'name = "mtp_angle_r"\nlocked = true\nrange')
    path.write_text(text, encoding="utf-8")
    runner = read_runner(folder)
    held = dict(zip(runner.coordinate_names, runner.locked, strict=True))
    assert held == {name: name.startswith("mtp_angle") for name in runner.coordinate_names}
    with pytest.raises(UnusableInput, match=r"locked coordinates.*mtp_angle_r"):
        running_task(runner, Case(model="mine"))


def test_a_model_without_feet_is_read_and_not_run(folder):
    path = folder / "contact.csv"
    path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    model = read_model(folder)
    assert model.runner.feet.names == () and model.runner.feet.location.shape == (0, 3)
    with pytest.raises(UnusableInput, match="no feet"):
        running_task(model.runner, Case(model="mine"))


def changed(folder: Path, old: str, new: str) -> str:
    """The refusal after a change in model.toml, and the line that it names."""
    path = folder / "model.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(UnusableInput) as caught:
        read_runner(folder)
    message = str(caught.value)
    line = int(re.findall(r"line (\d+)", message)[0])
    return f"{message} || {path.read_text(encoding='utf-8').splitlines()[line - 1]}"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('function = "slide"}', 'function = "slied"}', ("did you mean 'slide'", "|| joint")),
        ('name = "slide"', 'name = "glide"', ("no function 'slide'", "|| joint")),
        ('kind = "polynomial"', 'kind = "quintic"', ("quintic", "|| kind")),
        ("scale = 2.0", "scale = true", ("no number", "|| scale")),
        ("y = [0.1, ", "y = [", ("x has 5 numbers and y 4", "|| y")),
        ("x = [-1.0, 0.0", "x = [0.0, 0.0", ("must rise", "|| x")),
        ("coefficients = [0.004", 'coefficients = ["a"', ("no number", "|| coefficients")),
        ("coefficients = [0.004, -0.02, 0.01]", "x = [1.0]", ("'x'", "|| x")),
        ('function = "turn"\n', "", ("no joint uses function 'turn'", "|| name")),
        ('function = "turn"', 'function = "trun"', ("did you mean 'turn'", "|| function")),
        ('name = "turn"', 'name = "slide"', ("is there twice", "|| name")),
        ('coordinate = "knee_angle_r"\nfunction', 'coordinate = "knee"\nfunction',
         ("no coordinate 'knee'", "|| coordinate")),
        ('name = "knee_angle_r_beta"', 'name = "knee_angle_r"', ("it cannot be both", "|| name")),
        ('{coordinate = "knee_angle_r_beta"', '{coordinate = "knee_beta"',
         ("no coordinate 'knee_beta'", "|| joint")),
        (', function = "slide"}', "}", ("is a translation; give range_m",)),
        ('{coordinate = "knee_angle_r_beta", motion = "rotation"',
         '{coordinate = "knee_angle_r", function = "turn", motion = "rotation"',
         ("already moves 'tibia_r'", "|| joint")),
        ('name = "mtp_angle_r"\n', 'name = "mtp_angle_r"\nlocked = 1\n',
         ("true or false", "|| locked")),
    ],
)  # fmt: skip
def test_wrong_functions_and_couplers_are_refused_in_their_line(folder, old, new, words):
    message = changed(folder, old, new)
    assert all(word in message for word in words), message
