"""A model folder becomes the runner it describes."""

from __future__ import annotations

import math
import re
import shutil
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from surae._errors import UnusableInput
from surae.files.library import library_path
from surae.files.model_folder import list_models, load_runner
from surae.files.model_runner import read_model, read_runner
from surae.foot.contact import HuntCrossley, SmoothSphereHalfSpace
from surae.runner.mirror import mirror_permutation
from surae.runner.runner import mass_matrix, muscle_tendon_lengths
from surae.runner.symmetry import asymmetries
from surae.runner.weakness import is_one_sided
from surae.skeleton.passive import passive_moments

LEG = ("hip_flexion", "knee_angle", "ankle_angle", "mtp_angle")
COORDINATES = (
    "pelvis_tilt",
    "pelvis_tx",
    "pelvis_ty",
    *(f"{name}_r" for name in LEG),
    *(f"{name}_l" for name in LEG),
    "lumbar_extension",
)


@pytest.fixture(scope="session")
def planar_folder() -> Path:
    return library_path() / "models" / "planar"


@pytest.fixture(scope="session")
def planar(planar_folder):
    return read_runner(planar_folder)


@pytest.fixture
def folder(planar_folder, tmp_path) -> Path:
    return shutil.copytree(planar_folder, tmp_path / "mine")


def rewrite(path: Path, change) -> None:
    path.write_text(change(path.read_text()))


def test_the_left_leg_follows_the_right_one(planar):
    assert planar.coordinate_names == COORDINATES
    bodies = planar.skeleton.body_names
    assert bodies.index("femur_l") == bodies.index("toes_r") + 1
    count = len(planar.muscle_names) // 2
    assert all(name.endswith("_r") for name in planar.muscle_names[:count])
    assert planar.muscle_names[count:] == tuple(n[:-2] + "_l" for n in planar.muscle_names[:count])


def test_every_parent_comes_before_its_bodies(planar):
    assert all(joint.parent < body for body, joint in enumerate(planar.skeleton.joints))


def test_mass_is_the_midline_and_two_legs(planar, planar_folder):
    text = (planar_folder / "model.toml").read_text()
    given = re.findall(r'name = "(\w+)"\nmass_kg = ([\d.]+)', text)
    expected = sum(float(mass) * (2 if name.endswith("_r") else 1) for name, mass in given)
    assert float(planar.body_mass) == pytest.approx(expected, rel=1e-12)
    assert 70.0 < expected < 80.0


def test_the_left_foot_is_left(planar):
    right = np.array([side == "r" for side in planar.feet.sides])
    assert right.sum() * 2 == right.size
    z = planar.skeleton.location_in_parent[:, 2]
    bodies = planar.skeleton.body_names
    assert float(z[bodies.index("femur_r")]) > 0.0 > float(z[bodies.index("femur_l")])
    for sphere, body in enumerate(planar.feet.bodies):
        assert bodies[body][-1] == planar.feet.sides[sphere] == planar.feet.names[sphere][-1]
    right_z, left_z = planar.feet.location[right, 2], planar.feet.location[~right, 2]
    assert jnp.array_equal(right_z, -left_z)


def test_paths_reproduce_the_polynomials_of_the_file(planar, planar_folder):
    """Oracle: the rows of paths.csv summed up in plain Python, at a random pose."""
    pose = dict(zip(COORDINATES, np.linspace(-0.3, 0.5, len(COORDINATES)), strict=True))
    expected: dict[str, float] = {}
    for row in (planar_folder / "paths.csv").read_text().splitlines()[1:]:
        muscle, first, power_1, second, power_2, coefficient = row.split(",")
        value = float(coefficient)
        for name, power in ((first, power_1), (second, power_2)):
            value *= pose[name] ** int(power) if name else 1.0
        expected[muscle] = expected.get(muscle, 0.0) + value
    lengths = muscle_tendon_lengths(planar, jnp.asarray(list(pose.values())))
    found = dict(zip(planar.muscle_names, lengths.tolist(), strict=True))
    for muscle, length in expected.items():
        assert found[muscle] == pytest.approx(length, rel=1e-12)


def test_all_arrays_are_64_bit_and_typed(planar):
    for path, leaf in jax.tree_util.tree_leaves_with_path(planar):
        kind = "int" if ".path.coordinates" in jax.tree_util.keystr(path) else "float64"
        assert str(leaf.dtype).startswith(kind), jax.tree_util.keystr(path)
        assert not leaf.weak_type, jax.tree_util.keystr(path)


def test_structure_is_hashable_and_repeatable(planar, planar_folder):
    again = read_runner(planar_folder)
    assert jax.tree.structure(again) == jax.tree.structure(planar)
    assert hash(jax.tree.structure(again)) == hash(jax.tree.structure(planar))


def test_coordinates_without_stops_have_no_passive_moments_and_clean_derivatives(planar):
    pose = 0.1 * jnp.ones(len(COORDINATES))

    def moments(q):
        return passive_moments(planar.passive, q, jnp.zeros_like(q))

    value, jacobian = moments(pose), jax.jacfwd(moments)(pose)
    hessian = jax.jacfwd(jax.jacfwd(moments))(pose)
    assert all(bool(jnp.all(jnp.isfinite(array))) for array in (value, jacobian, hessian))
    for name in ("pelvis_tilt", "pelvis_tx", "pelvis_ty"):
        assert float(value[COORDINATES.index(name)]) == 0.0


def test_stops_push_back_at_both_ends(planar):
    for name in ("knee_angle_r", "hip_flexion_l", "ankle_angle_l"):
        i = COORDINATES.index(name)
        at_limit = float(planar.passive.moment_at_limit[i])
        for limit, sign in ((planar.passive.lower[i], 1.0), (planar.passive.upper[i], -1.0)):
            pose = jnp.zeros(len(COORDINATES)).at[i].set(limit)
            moment = passive_moments(planar.passive, pose, jnp.zeros_like(pose))[i]
            assert float(moment) == pytest.approx(sign * at_limit, rel=1e-3)


def test_ranges_and_defaults_are_in_coordinate_order(planar_folder):
    model = read_model(planar_folder)
    assert bool(jnp.all(model.runner.coordinate_lower <= model.coordinate_default))
    assert bool(jnp.all(model.coordinate_default <= model.runner.coordinate_upper))
    knees = [COORDINATES.index(f"knee_angle_{side}") for side in "rl"]
    assert float(model.runner.coordinate_upper[knees[0]]) == float(
        model.runner.coordinate_upper[knees[1]]
    )
    assert math.degrees(float(model.runner.coordinate_upper[knees[0]])) > 100.0
    assert 0.7 < float(model.coordinate_default[COORDINATES.index("pelvis_ty")]) < 1.2


def test_the_library_lists_its_models():
    models = {model.name: model for model in list_models()}
    assert (models["planar"].coordinates, models["planar"].muscles) == (12, 20)
    assert models["planar"].description
    assert "normative_running" not in models


def test_a_model_is_read_once_and_again_when_its_files_change(folder):
    first = load_runner(folder)
    assert load_runner(folder) is first
    file = folder / "model.toml"
    text = file.read_text(encoding="utf-8")
    changed = text.replace("stiffness_N_mm = 430.0", "stiffness_N_mm = 431.5")
    assert changed != text
    file.write_text(changed, encoding="utf-8")
    assert float(load_runner(folder).achilles.stiffness) == pytest.approx(431.5e3)


def test_a_name_and_its_folder_are_the_same_runner(planar, planar_folder):
    by_name, by_path = load_runner("planar"), load_runner(str(planar_folder))
    for other in (by_name, by_path):
        assert jax.tree.structure(other) == jax.tree.structure(planar)
        pairs = zip(jax.tree.leaves(other), jax.tree.leaves(planar), strict=True)
        assert all(bool(jnp.array_equal(a, b)) for a, b in pairs)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("plannar", ["no model 'plannar'", "did you mean 'planar'"]),
        ("runner.osim", ["runner.osim cannot be read: No such file"]),
        ("nowhere/at_all", ["No model folder", "planar"]),
        ("normative_running", ["no model", "planar"]),
        ("", ["no model ''", "planar"]),
    ],
)
def test_unknown_models_are_refused(given, words):
    with pytest.raises(UnusableInput) as caught:
        load_runner(given)
    assert all(word in str(caught.value) for word in words), str(caught.value)


def two_sided(folder: Path) -> None:
    """The same model written out with both sides: every right block and row doubled."""

    def flipped(block: str, key: str, places: tuple[int, ...]) -> str:
        def flip(match: re.Match) -> str:
            numbers = [float(n) for n in match[2].split(",")]
            return f"{match[1]}{[-n if i in places else n for i, n in enumerate(numbers)]}"

        return re.sub(rf"({key} = )\[([^\]]*)\]", flip, block)

    def toml(text: str) -> str:
        blocks = re.split(r"(?m)^(?=\[)", text.replace("symmetric = true", "symmetric = false"))
        both = []
        for block in blocks:
            both.append(block)
            if '_r"' in block:
                left = block.replace('_r"', '_l"')
                for key in ("mass_center_m", "location_in_parent_m", "location_in_child_m"):
                    left = flipped(left, key, (2,))
                left = flipped(left, "inertia_kg_m2", (4, 5))
                both.append(flipped(left, "axis", (0, 1)))
        return "".join(both)

    def table(text: str) -> str:
        header, *rows = text.splitlines()
        left = [re.sub(r"_r(?=,)", "_l", row) for row in rows]
        return "\n".join([header, *rows, *left]) + "\n"

    def contact(text: str) -> str:
        header, *rows = table(text).splitlines()
        cells = [row.split(",") for row in rows]
        for row in cells:
            row[4] = f"-{row[4]}".replace("--", "") if row[0].endswith("_l") else row[4]
        return "\n".join([header, *(",".join(row) for row in cells)]) + "\n"

    rewrite(folder / "model.toml", toml)
    rewrite(folder / "muscles.csv", table)
    rewrite(folder / "paths.csv", table)
    rewrite(folder / "contact.csv", contact)


def test_a_model_with_both_sides_written_is_the_same_runner(folder, planar):
    two_sided(folder)
    model = read_model(folder)
    assert asymmetries(model.runner) == () and not is_one_sided(model.runner)
    assert not any("differ" in note for note in model.notes)
    order = [model.runner.coordinate_names.index(name) for name in COORDINATES]
    pose = jnp.linspace(-0.3, 0.4, len(COORDINATES))
    theirs = jnp.zeros_like(pose).at[jnp.asarray(order)].set(pose)
    lengths = muscle_tendon_lengths(model.runner, theirs)
    assert model.runner.muscle_names == planar.muscle_names
    assert jnp.allclose(lengths, muscle_tendon_lengths(planar, pose), rtol=1e-13, atol=0.0)
    assert float(model.runner.body_mass) == pytest.approx(float(planar.body_mass), rel=1e-13)


def test_a_meant_difference_between_sides_is_a_note(folder):
    two_sided(folder)
    rewrite(folder / "muscles.csv", lambda text: re.sub(r"(soleus_l),[\d.]+,", r"\1,5000,", text))
    model = read_model(folder)
    assert is_one_sided(model.runner)
    assert "left and right differ: max_isometric_force of soleus_r" in model.notes


def frontal_plane(text: str) -> str:
    """The planar model given hips that abduct and turn, and a pelvis that lists, turns, sways."""

    def motion(name: str, kind: str, axis: str) -> str:
        return f'    {{coordinate = "{name}", motion = "{kind}", axis = {axis}}},\n'

    hip = motion("hip_adduction_r", "rotation", "[1, 0, 0]")
    hip += motion("hip_rotation_r", "rotation", "[0, 1, 0]")
    pelvis = motion("pelvis_list", "rotation", "[1, 0, 0]")
    pelvis += motion("pelvis_rotation", "rotation", "[0, 1, 0]")
    pelvis += motion("pelvis_tz", "translation", "[0, 0, 1]")
    text = re.sub(r'(.*"hip_flexion_r", motion.*\n)', rf"\1{hip}", text)
    text = re.sub(r'(.*"pelvis_ty", motion.*\n)', rf"\1{pelvis}", text)
    new = '[[coordinate]]\nname = "{}"\nrange_{} = [-1.0, 1.0]\n\n'
    legs = "".join(new.format(name, "deg") for name in ("hip_adduction_r", "hip_rotation_r"))
    trunk = "".join(new.format(name, "deg") for name in ("pelvis_list", "pelvis_rotation"))
    first_leg = '[[coordinate]]\nname = "hip_flexion_r"'
    trunk += new.format("pelvis_tz", "m")
    return text.replace(first_leg, trunk + legs + first_leg)


def test_a_mirrored_runner_in_three_dimensions_has_the_mirrored_mass_matrix(folder):
    """Sideways coordinates of the midline change sign in the mirror; those of the legs do not."""
    rewrite(folder / "model.toml", frontal_plane)
    runner = read_runner(folder)
    names = runner.coordinate_names
    assert asymmetries(runner) == ()
    lateral = ("pelvis_list", "pelvis_rotation", "pelvis_tz")
    signs = jnp.asarray([-1.0 if name in lateral else 1.0 for name in names])
    mirror = mirror_permutation(names)
    pose = jnp.linspace(-0.5, 0.7, len(names))
    matrix = jax.jit(mass_matrix)
    here, there = matrix(runner, pose), matrix(runner, (signs * pose)[mirror])
    expected = (jnp.outer(signs, signs) * here)[jnp.ix_(mirror, mirror)]
    assert jnp.allclose(there, expected, rtol=0.0, atol=1e-11)
    assert float(jnp.max(jnp.abs(here[names.index("pelvis_list")]))) > 0.1


OPENSIM_CONTACT = """[contact]
law = "smooth_sphere_half_space"
stiffness_Pa = 1e6
dissipation_s_m = 2.0
static_friction = 0.8
dynamic_friction = 0.7
viscous_friction_s_m = 0.5
transition_velocity_m_s = 0.2
constant_contact_force = 1e-5
hertz_smoothing_per_m = 300.0
hunt_crossley_smoothing_s_m = 50.0

"""


def opensim_contact(text: str) -> str:
    return re.sub(r"\[contact\]\n(.+\n)+", lambda _: OPENSIM_CONTACT, text)


def test_the_contact_law_is_a_choice(folder, planar):
    assert isinstance(planar.feet.law, HuntCrossley)
    rewrite(
        folder / "model.toml",
        lambda text: text.replace("[contact]\n", '[contact]\nlaw = "hunt_crossley"\n'),
    )
    assert jax.tree.structure(read_runner(folder)) == jax.tree.structure(planar)
    rewrite(folder / "model.toml", opensim_contact)
    rewrite(
        folder / "contact.csv",
        lambda text: text.replace("radius_m", "radius_m,stiffness_Pa").replace(
            "0.032", "0.032,2e6"
        ),
    )
    feet = read_runner(folder).feet
    assert isinstance(feet.law, SmoothSphereHalfSpace)
    law = {name: float(value) for name, value in vars(feet.law).items()}
    assert law == {
        "dissipation": 2.0,
        "static_friction": 0.8,
        "dynamic_friction": 0.7,
        "viscous_friction": 0.5,
        "transition_velocity": 0.2,
        "constant_contact_force": 1e-5,
        "hertz_smoothing": 300.0,
        "hunt_crossley_smoothing": 50.0,
    }
    assert jnp.all(feet.stiffness == 2e6)


def test_stature_and_shares_are_optional(folder, planar):
    rewrite(folder / "model.toml", lambda t: t.replace("symmetric", "height_m = 1.8\nsymmetric", 1))
    assert float(read_runner(folder).height) == 1.8
    assert 1.6 < float(planar.height) < 1.75
    (folder / "length_shares.csv").unlink()
    by_rule = read_runner(folder).length_shares
    assert (
        jnp.allclose(by_rule.sum(axis=(1, 2)), 1.0) and by_rule.shape == planar.length_shares.shape
    )
    soleus, tibia = (
        planar.muscle_names.index("soleus_l"),
        planar.skeleton.body_names.index("tibia_l"),
    )
    for shares in (by_rule, planar.length_shares):
        assert 0.7 < float(shares[soleus, tibia].sum()) < 1.0


def test_optional_columns_override_defaults(folder):
    def with_time_constant(text: str) -> str:
        header, *rows = text.splitlines()
        rows = [f"{row},0.0{i + 10}" for i, row in enumerate(rows)]
        return "\n".join([f"{header},activation_time_constant_s", *rows])

    rewrite(folder / "muscles.csv", with_time_constant)
    muscles = read_runner(folder).muscles
    assert float(muscles.activation_time_constant[0]) == 0.010
    assert float(muscles.activation_time_constant[-1]) == pytest.approx(0.010 + 0.001 * 9)
    assert bool(jnp.all(muscles.deactivation_time_constant == 0.060))


def test_files_from_spreadsheets_are_read(folder, planar):
    """A byte order mark, carriage returns, empty lines and spaces after commas change nothing."""
    path = folder / "muscles.csv"
    text = path.read_text().replace(",", ", ").replace("\n", "\r\n")
    path.write_bytes(b"\xef\xbb\xbf" + text.encode() + b"\r\n,,\r\n")
    runner = read_runner(folder)
    assert jnp.array_equal(runner.muscles.max_isometric_force, planar.muscles.max_isometric_force)
