"""A model folder with one thing wrong is refused in one line that names file, line and remedy."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from surae._errors import UnusableInput
from surae.files.library import library_path
from surae.files.model_runner import read_runner

NUMBER = r"-?[\d.]+(?:e-?\d+)?"
FEMUR, TIBIA, PELVIS = ('name = "femur_r"', 'name = "tibia_r"', 'name = "pelvis"')
KNEE_STOP = '[[stop]]\ncoordinate = "knee_angle_r"'


@dataclass(frozen=True)
class Wrong:
    """A change to one file, the words of the refusal, and what stands in the line it names."""

    name: str
    file: str
    change: Callable[[str], str]
    words: tuple[str, ...]
    at: str = ""


def after(anchor: str, old: str, new: str) -> Callable[[str], str]:
    """Replace the first match of the pattern `old` behind `anchor`."""

    def change(text: str) -> str:
        assert anchor in text, anchor
        head, tail = text.split(anchor, 1) if anchor else ("", text)
        replaced, count = re.subn(old, new, tail, count=1)
        assert count == 1, f"{old} is not behind {anchor}"
        return head + anchor + replaced

    return change


def key(anchor: str, name: str, value: str) -> Callable[[str], str]:
    """Give the key behind `anchor` another value."""
    return after(anchor, rf"\n{name} = .*", rf"\n{name} = {value}")


def cell(row: str, column: str, value: str) -> Callable[[str], str]:
    """Give one cell of a table another value."""

    def change(text: str) -> str:
        header, *rows = text.splitlines()
        index = header.split(",").index(column)
        done = []
        for line in rows:
            cells = line.split(",")
            if cells[0] == row and row not in [d.split(",")[0] for d in done]:
                cells[index] = value
            done.append(",".join(cells))
        return "\n".join([header, *done]) + "\n"

    return change


def header(old: str, new: str) -> Callable[[str], str]:
    """Rename a column."""
    return after("", rf"\b{old}\b", new)


def added(text: str) -> Callable[[str], str]:
    """Write something at the end of the file."""
    return lambda before: f"{before}{text}\n"


def without_rows(*rows: str) -> Callable[[str], str]:
    """Leave out rows of a table."""
    return lambda text: "\n".join(
        line for line in text.splitlines() if line.split(",")[0] not in rows
    )


def without_column(column: str) -> Callable[[str], str]:
    """Leave out a column of a table."""

    def change(text: str) -> str:
        lines = [line.split(",") for line in text.splitlines()]
        index = lines[0].index(column)
        return "\n".join(",".join(line[:index] + line[index + 1 :]) for line in lines)

    return change


def both(*changes: Callable[[str], str]) -> Callable[[str], str]:
    """One change after the other."""

    def change(text: str) -> str:
        for each in changes:
            text = each(text)
        return text

    return change


def reversed_gastrocnemius(text: str) -> str:
    """Its knee terms with the other sign: an extensor of the knee."""
    return re.sub(
        rf"(gastrocnemius_r,knee_angle_r,[135],ankle_angle_r,\d,)({NUMBER})",
        lambda match: f"{match[1]}{-float(match[2])}",
        text,
    )


TOML, MUSCLES, PATHS, CONTACT = "model.toml", "muscles.csv", "paths.csv", "contact.csv"
SHARES = "length_shares.csv"
BURSTS = "bursts.csv"
SPRING = '[[spring]]\ncoordinate = "mtp_angle_r"'

CASES = [
    # the file itself
    Wrong("broken toml", TOML, after(FEMUR, "= ", "= = "), ("not valid TOML", "line")),
    Wrong("doubled key", TOML, after(FEMUR, "\n", "\nmass_kg = 1.0\n"), ("not valid TOML", "line")),
    Wrong("no utf-8", TOML, lambda text: text + "# caf\udce9", ("UTF-8",)),
    Wrong("empty toml", TOML, lambda text: "", ("'schema' is missing",)),
    Wrong("future schema", TOML, key("", "schema", "2"),
          ("schema is 2", "reads schema 1"), "schema"),
    Wrong("symmetric as text", TOML, key("", "symmetric", '"yes"'),
          ("true or false",), "symmetric"),
    Wrong("gravity up", TOML, key("", "gravity_m_s2", "[0, 9.81, 0]"), ("point down",), "gravity"),
    Wrong("gravity of two", TOML, key("", "gravity_m_s2", "[0, -9.81]"), ("3 numbers",), "gravity"),
    Wrong("empty name", TOML, key("", "name", '""'), ("name is ''", "text"), "name"),
    Wrong("unknown table", TOML, added("[[bodies]]"),
          ("'bodies'", "did you mean 'body'"), "bodies"),
    # bodies
    Wrong("mass in g", TOML, after(FEMUR, "mass_kg", "mass_g"),
          ("'mass_g' is in g", "write mass_kg, in kg"), "mass_g"),
    Wrong("mass without unit", TOML, after(FEMUR, "mass_kg", "mass"),
          ("'mass' has no unit", "mass_kg"), "mass ="),
    Wrong("misspelt key", TOML, after(FEMUR, "parent", "parnet"),
          ("'parnet'", "did you mean 'parent'"), "parnet"),
    Wrong("missing key", TOML, after(FEMUR, "\nparent = .*", ""),
          ("'parent' is missing", "femur_r")),
    Wrong("negative mass", TOML, key(FEMUR, "mass_kg", "-9.3"),
          ("is -9.3", "0.001 to 200"), "mass"),
    Wrong("zero mass", TOML, key(FEMUR, "mass_kg", "0"), ("mass_kg is 0",), "mass"),
    Wrong("nan mass", TOML, key(FEMUR, "mass_kg", "nan"), ("mass_kg is nan",), "mass"),
    Wrong("infinite mass", TOML, key(FEMUR, "mass_kg", "inf"), ("mass_kg is inf",), "mass"),
    Wrong("mass as text", TOML, key(FEMUR, "mass_kg", '"9"'), ("no number",), "mass"),
    Wrong("mass as truth", TOML, key(FEMUR, "mass_kg", "true"), ("no number",), "mass"),
    Wrong("huge mass", TOML, key(FEMUR, "mass_kg", "9" * 400), ("mass_kg is 999",), "mass"),
    Wrong("a body of 5 t", TOML, both(key(PELVIS, "mass_kg", "180"), key(FEMUR, "mass_kg", "190")),
          ("kg together", "20 to 200")),
    Wrong("mass center in mm", TOML, key(FEMUR, "mass_center_m", "[0.0, -170.0, 0.0]"),
          ("mass_center_m is -170", "-1 to 1"), "mass_center"),
    Wrong("indefinite inertia", TOML, key(FEMUR, "inertia_kg_m2", "[0.1, -0.1, 0.1, 0, 0, 0]"),
          ("positive definite", "femur_r"), "inertia"),
    Wrong("products too large", TOML, key(FEMUR, "inertia_kg_m2", "[0.1, 0.1, 0.1, 0.2, 0, 0]"),
          ("positive definite",), "inertia"),
    Wrong("impossible inertia", TOML, key(FEMUR, "inertia_kg_m2", "[0.1, 0.1, 0.5, 0, 0, 0]"),
          ("no mass distribution", "sum of the others"), "inertia"),
    Wrong("inertia of five", TOML, key(FEMUR, "inertia_kg_m2", "[0.1, 0.1, 0.1, 0, 0]"),
          ("6 numbers",), "inertia"),
    Wrong("unknown parent", TOML, key(TIBIA, "parent", '"femurr_r"'),
          ("no body 'femurr_r'", "did you mean 'femur_r'"), "parent"),
    Wrong("parent below", TOML, key(FEMUR, "parent", '"tibia_r"'), ("comes later",), "parent"),
    Wrong("own parent", TOML, key(FEMUR, "parent", '"femur_r"'), ("itself",), "parent"),
    Wrong("doubled body", TOML, after("", 'name = "tibia_r"', 'name = "femur_r"'),
          ("'femur_r' is there twice",), "femur_r"),
    Wrong("ground as body", TOML, after("", PELVIS, 'name = "ground"'),
          ("name of the ground",), "ground"),
    Wrong("left body written", TOML, after("", FEMUR, 'name = "femur_l"'),
          ("symmetric = true", "femur_l"), "femur_l"),
    Wrong("pelvis off the midline", TOML, key(PELVIS, "mass_center_m", "[-0.07, 0.0, 0.02]"),
          ("no mirror image", "mass_center of pelvis")),
    # joints and coordinates
    Wrong("axis of length 2", TOML, after(FEMUR, r"axis = \[0, 0, 1\]", "axis = [0, 0, 2]"),
          ("length 2", "divide"), "joint"),
    Wrong("axis of length 0", TOML, after(FEMUR, r"axis = \[0, 0, 1\]", "axis = [0, 0, 0]"),
          ("length 0",), "joint"),
    Wrong("unknown motion", TOML, after(FEMUR, '"rotation"', '"rotations"'),
          ("did you mean 'rotation'",), "joint"),
    Wrong("unknown coordinate of a joint", TOML, after(FEMUR, '"hip_flexion_r"', '"hip_flexoin_r"'),
          ("did you mean 'hip_flexion_r'",), "joint"),
    Wrong("coordinate used twice", TOML, after(TIBIA, '"knee_angle_r"', '"hip_flexion_r"'),
          ("already moves 'femur_r'", "once"), "joint"),
    Wrong("coordinate never used", TOML,
          added('[[coordinate]]\nname = "elbow_flex_r"\nrange_deg = [0, 90]'),
          ("no joint uses", "elbow_flex_r"), "elbow_flex_r"),
    Wrong("range upside down", TOML, after('name = "hip_flexion_r"\nr', r"ange_deg = .*",
          "ange_deg = [120, -40]"), ("range_deg is [120, -40]", "smaller"), "range_deg"),
    Wrong("default outside", TOML, after('name = "hip_flexion_r"\nr', r"default_deg = .*",
          "default_deg = 170"), ("default_deg is 170",), "default_deg"),
    Wrong("range in rad", TOML, after('name = "hip_flexion_r"\n', "range_deg", "range_rad"),
          ("'range_rad' is in rad", "range_deg, in deg"), "range_rad"),
    Wrong("rotation in meters", TOML, after('name = "hip_flexion_r"\n',
          r"range_deg = .*\ndefault_deg = .*", "range_m = [-1, 1]"), ("rotation", "range_deg")),
    # passive elements and actuators
    Wrong("stop outside the range", TOML, key(KNEE_STOP, "upper_deg", "200"),
          ("upper_deg is 200", "outside the range of knee_angle_r"), "upper_deg"),
    Wrong("stop upside down", TOML, key(KNEE_STOP, "lower_deg", "150"),
          ("must be below",), "lower_deg"),
    Wrong("stop of nothing", TOML, after("[[stop]]\n", '"hip_flexion_r"', '"hip_r"'),
          ("no rotation 'hip_r'",), "coordinate"),
    Wrong("stop of a translation", TOML, after("[[stop]]\n", '"hip_flexion_r"', '"pelvis_ty"'),
          ("no rotation 'pelvis_ty'",), "coordinate"),
    Wrong("stop of no width", TOML, key(KNEE_STOP, "width_rad", "0"), ("width_rad is 0",), "width"),
    Wrong("two stops", TOML, after(KNEE_STOP[:9], '"hip_flexion_r"', '"knee_angle_r"'),
          ("stop of 'knee_angle_r' is there twice",), "knee_angle_r"),
    Wrong("spring in degrees", TOML, after(SPRING, "stiffness_N_m_rad", "stiffness_N_m_deg"),
          ("is in N m/deg", "stiffness_N_m_rad, in N m/rad"), "stiffness"),
    Wrong("spring that pushes", TOML, key(SPRING, "stiffness_N_m_rad", "-5"),
          ("is -5",), "stiffness"),
    Wrong("actuator of nothing", TOML, after("[[actuator]]", '"lumbar_extension"', '"lumbar"'),
          ("no rotation 'lumbar'",), "coordinate"),
    Wrong("actuator in kN m", TOML, after("[[actuator]]", "max_torque_N_m", "max_torque_kN_m"),
          ("is in kN m", "max_torque_N_m"), "max_torque"),
    # groups, Achilles, contact
    Wrong("group of a stranger", TOML, after("[groups]", '"gluteus_maximus"', '"gluteus_maximum"'),
          ("did you mean 'gluteus_maximus'",), "gluteals"),
    Wrong("group of nobody", TOML, after("[groups]", r'\["gluteus_maximus"\]', "[]"),
          ("gluteals is []",), "gluteals"),
    Wrong("group of one text", TOML,
          after("[groups]", r'\["gluteus_maximus"\]', '"gluteus_maximus"'),
          ("in brackets",), "gluteals"),
    Wrong("group with a side", TOML, after("[groups]", "gluteals", "gluteals_r"),
          ("ends in a side",), "gluteals_r"),
    Wrong("group named like a muscle", TOML, after("[groups]", "gluteals", "soleus"),
          ("is a muscle already",), "soleus"),
    Wrong("refused and allowed", TOML, after("[refused_groups]", "gluteus_medius", "gluteals"),
          ("both in",), "gluteals"),
    Wrong("no Achilles", TOML, after("", r"\[achilles\]", "[achiles]"),
          ("did you mean 'achilles'",)),
    Wrong("Achilles of a stranger", TOML, after("[achilles]", '"soleus"', '"soles"'),
          ("did you mean 'soleus'",), "muscles"),
    Wrong("Achilles in N/m", TOML, after("[achilles]", "stiffness_N_mm", "stiffness_N_m"),
          ("write stiffness_N_mm, in N/mm",), "stiffness"),
    Wrong("Achilles too soft", TOML, key("[achilles]", "stiffness_N_mm", "25"),
          ("needs a kT of", "5 to 100"), "stiffness"),
    Wrong("friction of ice", TOML, key("[contact]", "friction", "0"),
          ("friction is 0",), "friction"),
    Wrong("contact in mm", TOML, after("[contact]", "smoothing_m", "smoothing_mm"),
          ("is in mm", "smoothing_m, in m"), "smoothing"),
    # moment arms
    Wrong("sign of nothing", TOML,
          after("[[moment_arm_sign]]", 'coordinate = "hip_flexion"', 'coordinate = "ankle_angle"'),
          ("does not span ankle_angle", "hip_flexion"), "coordinate"),
    Wrong("sign in words", TOML, after("[[moment_arm_sign]]", 'sign = ".*"', 'sign = "minus"'),
          ("allowed are +, -",), "sign"),
    Wrong("sign of a stranger", TOML,
          after("[[moment_arm_sign]]", 'muscle = ".*"', 'muscle = "gluteus"'),
          ("no muscle",), "muscle"),
    Wrong("gastrocnemius extends the knee", PATHS, reversed_gastrocnemius,
          ("gastrocnemius must flex the knee", "moment arm of", "mm at", "paths.csv")),
    # muscles.csv
    Wrong("no muscles", MUSCLES, lambda text: text.splitlines()[0], ("no rows",)),
    Wrong("empty table", MUSCLES, lambda text: "", ("is empty", "max_isometric_force_N")),
    Wrong("missing column", MUSCLES, without_column("tendon_slack_length_m"),
          ("'tendon_slack_length_m' is missing",), "name"),
    Wrong("doubled column", MUSCLES, header("slow_twitch_fraction", "tendon"),
          ("'tendon' is there twice",), "name"),
    Wrong("fibers in cm", MUSCLES, header("optimal_fiber_length_m", "optimal_fiber_length_cm"),
          ("is in cm", "write optimal_fiber_length_m, in m"), "name"),
    Wrong("force in kN", MUSCLES, header("max_isometric_force_N", "max_isometric_force_kN"),
          ("is in kN", "max_isometric_force_N, in N"), "name"),
    Wrong("unknown column", MUSCLES, header("tendon_slack_length_m", "tendon_slak_length_m"),
          ("did you mean 'tendon_slack_length_m'",), "name"),
    Wrong("no number", MUSCLES, cell("soleus_r", "max_isometric_force_N", "strong"),
          ("'strong'", "no number"), "soleus_r"),
    Wrong("empty cell", MUSCLES, cell("soleus_r", "max_isometric_force_N", ""),
          ("max_isometric_force_N is empty",), "soleus_r"),
    Wrong("nan force", MUSCLES, cell("soleus_r", "max_isometric_force_N", "nan"),
          ("is nan",), "soleus_r"),
    Wrong("infinite force", MUSCLES, cell("soleus_r", "max_isometric_force_N", "1e999"),
          ("10 to 50000",), "soleus_r"),
    Wrong("decimal comma", MUSCLES, cell("soleus_r", "optimal_fiber_length_m", "0,044"),
          ("decimal points",), "soleus_r"),
    Wrong("fibers of 44 m", MUSCLES, cell("soleus_r", "optimal_fiber_length_m", "44"),
          ("is 44", "0.005 to 0.6"), "soleus_r"),
    Wrong("weak muscle", MUSCLES, cell("soleus_r", "max_isometric_force_N", "6.2"),
          ("is 6.2", "10 to 50000"), "soleus_r"),
    Wrong("steep pennation", MUSCLES, cell("soleus_r", "pennation_at_optimal_deg", "75"),
          ("0 to 60",), "soleus_r"),
    Wrong("slow muscle", MUSCLES, cell("soleus_r", "max_contraction_velocity_per_s", "0.5"),
          ("1 to 30",), "soleus_r"),
    Wrong("stiff tendon", MUSCLES, cell("vasti_r", "tendon_stiffness_kT", "350"),
          ("5 to 100",), "vasti_r"),
    Wrong("slow twitch in percent", MUSCLES, cell("soleus_r", "slow_twitch_fraction", "80"),
          ("0 to 1",), "soleus_r"),
    Wrong("tendon of rubber", MUSCLES, cell("vasti_r", "tendon", "rubber"),
          ("allowed are elastic, rigid",), "vasti_r"),
    Wrong("rigid Achilles", MUSCLES, cell("soleus_r", "tendon", "rigid"),
          ("rigid tendon", "elastic")),
    Wrong("doubled muscle", MUSCLES, cell("vasti_r", "name", "soleus_r"),
          ("'soleus_r' is there twice",), "soleus_r"),
    Wrong("muscle without side", MUSCLES, cell("vasti_r", "name", "vasti"),
          ("has no side", "_r"), "vasti"),
    Wrong("left muscle written", MUSCLES, cell("vasti_r", "name", "vasti_l"),
          ("symmetric = true",), "vasti_l"),
    Wrong("slack length of another muscle", MUSCLES,
          cell("soleus_r", "tendon_slack_length_m", "0.10"),
          ("fiber of soleus_r", "0.2 to 2"), "soleus_r"),
    # paths.csv
    Wrong("muscle without path", PATHS, without_rows("soleus_r"), ("soleus_r has no path",)),
    Wrong("path without muscle", PATHS, added("soleuss_r,ankle_angle_r,1,,0,0.04"),
          ("no muscle 'soleuss_r'", "did you mean 'soleus_r'"), "soleuss_r"),
    Wrong("path over no coordinate", PATHS, cell("soleus_r", "coordinate_1", "ankle_r"),
          ("no rotation 'ankle_r'",), "soleus_r"),
    Wrong("path over a translation", PATHS, cell("soleus_r", "coordinate_1", "pelvis_ty"),
          ("no rotation 'pelvis_ty'",), "soleus_r"),
    Wrong("path to the other side", PATHS, cell("soleus_r", "coordinate_1", "ankle_angle_l"),
          ("other side",), "soleus_r"),
    Wrong("broken power", PATHS, cell("soleus_r", "power_1", "1.5"),
          ("whole numbers",), "soleus_r"),
    Wrong("high power", PATHS, cell("soleus_r", "power_1", "10"), ("0 to 9",), "soleus_r"),
    Wrong("high degree", PATHS, added("gastrocnemius_r,knee_angle_r,5,ankle_angle_r,5,0.01"),
          ("add up to 10", "up to 9"), "gastrocnemius_r"),
    Wrong("power of nothing", PATHS, cell("soleus_r", "power_2", "2"),
          ("coordinate_2 is empty",), "soleus_r"),
    Wrong("same coordinate twice", PATHS, added("soleus_r,ankle_angle_r,1,ankle_angle_r,1,0.01"),
          ("names 'ankle_angle_r' twice",), "soleus_r"),
    Wrong("doubled term", PATHS, added("soleus_r,ankle_angle_r,2,,0,0.01"),
          ("same term as in line",), "soleus_r"),
    Wrong("nan coefficient", PATHS, cell("soleus_r", "coefficient_m", "nan"),
          ("is nan",), "soleus_r"),
    Wrong("lengths in mm", PATHS, header("coefficient_m", "coefficient_mm"),
          ("is in mm", "coefficient_m, in m"), "muscle"),
    Wrong("left path written", PATHS, added("soleus_l,ankle_angle_l,1,,0,0.04"),
          ("symmetric = true",), "soleus_l"),
    Wrong("unknown contact law", TOML, after("", r"\[contact\]\n", '[contact]\nlaw = "hertz"\n'),
          ("no law 'hertz'", "hunt_crossley, smooth_sphere_half_space"), "law"),
    Wrong("keys of the other contact law", TOML,
          after("", r"\[contact\]\n", '[contact]\nlaw = "smooth_sphere_half_space"\n'),
          ('belongs to law = "hunt_crossley"',), "stiffness_N_m15"),
    Wrong("contact law left out", TOML, after("[contact]", "smoothing_m", "hertz_smoothing_per_m"),
          ('belongs to law = "smooth_sphere_half_space"',), "hertz_smoothing_per_m"),
    Wrong("height in cm", TOML, after("", r"symmetric =", "height_m = 170\nsymmetric ="),
          ("height_m is 170", "1 to 2.3"), "height_m"),
    # length_shares.csv
    Wrong("share of no muscle", SHARES, cell("vasti_r", "muscle", "vastus_r"),
          ("no muscle 'vastus_r'",), "vastus_r"),
    Wrong("share on no body", SHARES, cell("vasti_r", "body", "thigh_r"),
          ("no body 'thigh_r'",), "vasti_r"),
    Wrong("shares of two", SHARES, cell("soleus_r", "share_y", "1.5"),
          ("shares of soleus_r", "make them 1"), "soleus_r"),
    Wrong("share twice", SHARES, added("soleus_r,tibia_r,0,0,0"),
          ("has tibia_r twice",), "soleus_r"),
    # bursts.csv
    Wrong("burst of no muscle", BURSTS, lambda text: text.replace("vasti_r,3", "vastus_r,3"),
          ("no muscle 'vastus_r'",), "vastus_r"),
    Wrong("burst twice", BURSTS, lambda text: text.replace("vasti_r,3", "vasti_r,4"),
          ("has 4 m/s twice",), "vasti_r,4"),
    Wrong("burst at some speeds", BURSTS, lambda text: re.sub(r"vasti_r,3,.*\n", "", text),
          ("no row at 3 m/s",), "vasti_r"),
    Wrong("burst that ends first", BURSTS, cell("vasti_r", "offset_s", "-0.2"),
          ("offset_s is not after onset_s",), "vasti_r"),
    # contact.csv
    Wrong("stiffness of the other contact law", CONTACT, header("radius_m", "stiffness_Pa"),
          ("stiffness_Pa", "stiffness_N_m15"), "name"),
    Wrong("sphere on no body", CONTACT, cell("heel_r", "body", "calcaneus_r"),
          ("no body 'calcaneus_r'",), "heel_r"),
    Wrong("sphere on the other side", CONTACT, cell("heel_r", "body", "calcn_l"),
          ("its side",), "heel_r"),
    Wrong("sphere of no radius", CONTACT, cell("heel_r", "radius_m", "0"),
          ("radius_m is 0",), "heel_r"),
    Wrong("sphere inside out", CONTACT, cell("heel_r", "radius_m", "-0.03"),
          ("is -0.03",), "heel_r"),
    Wrong("sphere in mm", CONTACT, header("radius_m", "radius_mm"),
          ("is in mm", "radius_m, in m"), "name"),
    Wrong("sphere far away", CONTACT, cell("heel_r", "x_m", "2.1"), ("-0.5 to 0.5",), "heel_r"),
    Wrong("sphere without side", CONTACT, cell("heel_r", "name", "heel"), ("has no side",), "heel"),
    Wrong("doubled sphere", CONTACT, cell("toe_r", "name", "heel_r"),
          ("is there twice",), "heel_r"),
    Wrong("cell too many", CONTACT, added("extra_r,calcn_r,0,0,0,0.03,1"),
          ("7 cells", "6 columns"), "extra_r"),
]  # fmt: skip


@pytest.fixture
def folder(tmp_path) -> Path:
    return shutil.copytree(library_path() / "models" / "planar", tmp_path / "mine")


def refusal(folder: Path) -> str:
    with pytest.raises(UnusableInput) as caught:
        read_runner(folder)
    message = str(caught.value)
    assert "\n" not in message and message.endswith("."), message
    return message


@pytest.mark.parametrize("wrong", CASES, ids=lambda wrong: wrong.name.replace(" ", "-"))
def test_one_wrong_thing_is_refused_where_it_stands(folder, wrong):
    path = folder / wrong.file
    before = path.read_text()
    changed = wrong.change(before)
    assert changed != before, "the case does not change the file"
    path.write_bytes(changed.encode("utf-8", "surrogateescape"))
    message = refusal(folder)
    assert str(folder) in message
    assert all(word in message for word in wrong.words), message
    if wrong.at:
        assert wrong.file in message
        number = re.search(r"line (\d+)", message)
        assert number and wrong.at in changed.splitlines()[int(number[1]) - 1], message


@pytest.mark.parametrize("file", [TOML, MUSCLES, PATHS, CONTACT])
def test_a_missing_file_is_named(folder, file):
    (folder / file).unlink()
    assert f"has no file {file}" in refusal(folder)


def test_a_missing_folder_is_named(tmp_path):
    assert "No model folder" in refusal(tmp_path / "nowhere")


def test_a_file_is_no_folder(folder):
    assert "No model folder" in refusal(folder / TOML)


def test_one_side_of_a_two_sided_model_is_refused(folder):
    path = folder / TOML
    path.write_text(path.read_text().replace("symmetric = true", "symmetric = false"))
    message = refusal(folder)
    assert "'femur_r' has no 'femur_l'" in message and "symmetric = true" in message


def test_tiny_bodies_of_published_models_are_noted_not_refused(folder):
    path = folder / TOML
    text = key('name = "toes_r"', "inertia_kg_m2", "[0.0001, 0.0002, 0.001, 0, 0, 0]")(
        path.read_text()
    )
    path.write_text(text)
    assert float(read_runner(folder).body_mass) > 0.0
