"""What cannot be used is answered with status 2 and one line that names it; nothing is written."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from surae.files.library import library_path

Make = Callable[[Path], None]
PLANAR = library_path() / "models" / "planar"


@dataclass(frozen=True)
class Bad:
    """Words for `surae`, the files they speak of, and words of the answer."""

    words: str
    says: tuple[str, ...]
    make: Make = lambda folder: None


def text(name: str, content: str) -> Make:
    return raw(name, content.encode())


def raw(name: str, content: bytes) -> Make:
    def make(where: Path) -> None:
        (where / name).parent.mkdir(exist_ok=True)
        (where / name).write_bytes(content)

    return make


def folder(name: str) -> Make:
    return lambda where: (where / name).mkdir()


def model(file: str, old: str, new: str) -> Make:
    """The planar model as folder `mine`, with one thing changed."""

    def make(where: Path) -> None:
        shutil.copytree(PLANAR, where / "mine")
        path = where / "mine" / file
        content = path.read_text()
        assert old in content
        path.write_text(content.replace(old, new, 1))

    return make


def foreign_hdf5(where: Path) -> None:
    import h5py

    with h5py.File(where / "other.h5", "w") as file:
        file["temperature"] = np.arange(3.0)


COLUMNS = (
    "pelvis_tilt pelvis_tx pelvis_ty hip_flexion_r knee_angle_r ankle_angle_r "
    "hip_flexion_l knee_angle_l ankle_angle_l"
).split()


def kinematics(
    time: np.ndarray | None = None, names: tuple[str, ...] = ("time", *COLUMNS), hole: bool = False
) -> Make:
    """An OpenSim motion file `run.mot`, one second of a caricature of running."""
    instants = np.linspace(0.0, 1.0, 101) if time is None else time
    phase = 2.0 * np.pi * instants / 0.7
    curves = {
        "pelvis_tilt": 0.0 * phase,
        "pelvis_tx": 4.0 * instants,
        "pelvis_ty": 0.95 + 0.04 * np.cos(2.0 * phase),
        **{f"hip_flexion_{s}": 20 + 30 * np.cos(phase + p) for s, p in (("r", 0.0), ("l", np.pi))},
        **{f"knee_angle_{s}": 50 + 40 * np.sin(phase + p) for s, p in (("r", 0.0), ("l", np.pi))},
        **{f"ankle_angle_{s}": 10 * np.sin(phase + p) for s, p in (("r", 0.0), ("l", np.pi))},
    }
    rows = np.column_stack([instants, *curves.values()])
    if hole:
        rows[50, 5] = np.nan
    head = f"run\nversion=1\nnRows={len(rows)}\nnColumns={rows.shape[1]}\ninDegrees=yes\nendheader"
    body = "\n".join("\t".join(f"{x:.6f}" for x in row) for row in rows)
    return text("run.mot", "\n".join([head, "\t".join(names), body]) + "\n")


BACKWARD = np.concatenate([np.linspace(0.0, 1.0, 60), np.linspace(0.9, 2.0, 41)])
TRACK = "run --mode track --track run.mot"
STUDY = (library_path() / "experiments" / "planar_gluteus_maximus" / "study.toml").read_text()


def study(old: str, new: str) -> Make:
    """The default study as `s.toml`, with one thing changed."""
    assert old in STUDY
    return text("s.toml", STUDY.replace(old, new, 1))


def axis(lines: str) -> Make:
    """The default study with an axis as `s.toml`."""
    return text("s.toml", f"{STUDY}\n[[axis]]\n{lines}\n")


CASES = [
    # strengths
    Bad("run --strength gluteus_medius=0.7", ("gluteus_medius", "full")),
    Bad("run --strength glutaeus_maximus=0.7", ("glutaeus_maximus", "'gluteus_maximus'")),
    Bad("run --strength solues_r=0.7", ("solues_r", "soleus")),
    Bad("run --strength soleus=0", ("soleus", "0.05 to 2")),
    Bad("run --strength soleus=-0.7", ("-0.7", "0.05 to 2")),
    Bad("run --strength soleus=50", ("50", "0.05 to 2")),
    Bad("run --strength soleus=nan", ("soleus=nan", "finite")),
    Bad("run --strength soleus=inf", ("soleus=inf", "finite")),
    Bad("run --strength soleus=weak", ("weak", "number")),
    Bad("run --strength soleus", ("soleus", "GROUP=FRACTION")),
    Bad("run --strength =0.7", ("=0.7", "GROUP=FRACTION")),
    Bad("run --strength soleus=", ("soleus=", "GROUP=FRACTION")),
    Bad("run --strength", ("--strength", "argument")),
    Bad("run --strength soleus_r=0.7 --symmetry half", ("half", "full")),
    Bad("run --delay gluteus_maximus=110 --speed 5", ("110 ms", "ms at 5 m/s", "take less")),
    Bad("run --delay soleus=70 --advance soleus=60", ("130 ms", "soleus_r", "lasts")),
    Bad("run --delay soleus=-5", ("-5 ms", "0 to 200 ms")),
    Bad("run --advance gluteus_medius=20", ("gluteus_medius", "full")),
    Bad("run --delay glutaeus_maximus=20", ("'gluteus_maximus'",)),
    Bad("run --delay gluteus_maximus_r=20 --symmetry half", ("half", "full")),
    Bad("run --ceiling soleus=0", ("ceiling", "0.05 to 1")),
    Bad("run --ceiling soleus=1.5", ("ceiling", "0.05 to 1")),
    Bad("run --drop soleus=2", ("drop", "0.05 to 1", "100 ms")),
    Bad("run --atrophy soleus=0", ("atrophy", "0.05 to 2")),
    Bad("run --set hip_flexion.stop_lower_deg=130", ("130 deg", "below")),
    Bad("run --set hip_flexion.stop_lower=-10", ("stop_lower_deg",)),
    Bad("run --set hip_flxion.stop_lower_deg=-10", ("hip_flxion",)),
    Bad("run --delay gluteus_maximus=soon", ("soon", "number")),
    # speed, mode, model, numerics
    Bad("run --speed 0", ("--speed", "above 0")),
    Bad("run --speed -4", ("-4", "above 0")),
    Bad("run --speed 50", ("50", "2 to 5")),
    Bad("run --speed 1", ("1 m/s", "2 to 5")),
    Bad("run --speed nan", ("nan", "finite")),
    Bad("run --speed fast", ("fast", "number")),
    Bad("run --mode predikt", ("predikt", "'predict'")),
    Bad(
        "run --mode fixed-kinematics --track run.mot --guess run.mot",
        ("fixed-kinematics", "leave out --track"),
        kinematics(),
    ),
    Bad(
        "run --mode fixed-kinematics --guess run.mot --cadence 3",
        ("fixed-kinematics", "leave out --cadence"),
        kinematics(),
    ),
    Bad(
        "run --mode fixed-kinematics --strength soleus=0.7 --noise-floor",
        ("fixed-kinematics", "--noise-floor", "leave it out"),
    ),
    Bad("run --model planer", ("planer", "'planar'")),
    Bad("run --model ful", ("ful", "full", "planar")),
    Bad("run --model ./nowhere", ("nowhere",)),
    Bad("run --model runner.osim", ("runner.osim", "cannot be read")),
    Bad("run --scheme radau9", ("radau9", "radau3")),
    Bad("run --intervals 0", ("--intervals", "from 1 on")),
    Bad("run --intervals 2.5", ("2.5", "whole number")),
    Bad("run --intervals 100000", ("100000", "400")),
    Bad(
        "run --mode fixed-kinematics --guess run.mot --step-width 0.05",
        ("fixed-kinematics", "leave out --step-width"),
        kinematics(),
    ),
    Bad("run --step-width 0.05", ("planar", "sagittal plane", "no step width")),
    Bad("run --model full --step-width 5", ("step_width", "5 m", "-0.1 to 0.3 m")),
    Bad("run --cadence 0", ("--cadence", "above 0")),
    Bad("run --cadence 180", ("180", "Hz")),
    Bad("run --symmetry both", ("both", "half, full")),
    Bad("run --max-iterations -1", ("-1", "from 1 on")),
    Bad("run --max-time 0", ("--max-time", "above 0")),
    Bad("run --cost effrt=1", ("effrt", "'effort'")),
    Bad("run --cost effort=-1", ("effort", "0 to")),
    Bad("run --noise-floor", ("--noise-floor", "--strength")),
    # parameters
    Bad("run --set achilles.stifness_N_mm=300", ("stifness", "'stiffness_N_mm'")),
    Bad("run --set achilles.stiffness_N_m=300000", ("N/m", "stiffness_N_mm")),
    Bad("run --set achilles.stiffness_N_mm=9000000", ("9e+06", "20 to 5000")),
    Bad("run --set achilles.stiffness_N_mm=stiff", ("stiff", "number")),
    Bad("run --set gravity=5", ("gravity", "no parameter")),
    Bad("run --set soleus.fiber_length=5", ("fiber_length", "soleus")),
    Bad("run --set soleus.optimal_fiber_length_m=50", ("50", "0.005 to 0.6")),
    # files to start from and to write
    Bad("run --guess healthy.h5", ("healthy.h5",)),
    Bad("run --guess notes.h5", ("notes.h5",), text("notes.h5", "not a result\n")),
    Bad("run --guess empty.h5", ("empty.h5",), text("empty.h5", "")),
    Bad("run --guess picture.h5", ("picture.h5",), raw("picture.h5", b"\x89PNG\r\n\x1a\n" * 90)),
    Bad("run --guess other.h5", ("other.h5",), foreign_hdf5),
    Bad("run --guess here", ("here",), folder("here")),
    Bad("run --out missing/stride.h5", ("missing", "no folder")),
    Bad("run --out here", ("here", "folder"), folder("here")),
    Bad("run --out file/stride.h5", ("file", "not a folder"), text("file", "x")),
    Bad("run --out notes.txt", ("notes.txt", "no result file"), text("notes.txt", "precious")),
    Bad("run", ("results", "not a folder"), text("results", "x")),
    # measured strides
    Bad("run --mode track", ("--track",)),
    Bad("run --track run.mot", ("--mode track",)),
    Bad("run --ground-reaction grf.mot", ("--track",)),
    Bad("run --start 1", ("--track",)),
    Bad(f"{TRACK} --start 2 --end 1", ("--start", "--end"), kinematics()),
    Bad(TRACK, ("run.mot",)),
    Bad(TRACK, ("run.mot",), raw("run.mot", bytes(range(256)))),
    Bad(TRACK, ("run.mot", "time"), kinematics(names=("clock", *COLUMNS))),
    Bad(TRACK, ("run.mot", "hip_flexion_r"), kinematics(names=("time", *"abcdefghi"))),
    Bad(TRACK, ("run.mot",), kinematics(hole=True)),
    Bad(TRACK, ("run.mot", "time"), kinematics(time=BACKWARD)),
    Bad(f"{TRACK} --start 20 --end 21", ("run.mot", "20"), kinematics()),
    Bad(f"{TRACK} --ground-reaction no.mot", ("no.mot",), kinematics()),
    # model folders
    Bad("run --model ./mine", ("model.toml",), folder("mine")),
    Bad("run --model ./mine", ("mass",), model("model.toml", "mass_kg", "mass_g")),
    Bad("run --model ./mine", ("-11.777",), model("model.toml", "= 11.777", "= -11.777")),
    Bad("run --model ./mine", ("TOML",), model("model.toml", "schema = 1", "schema = = 1")),
    Bad(
        "run --model ./mine",
        ("muscles.csv", "optimal_fiber_length_m"),
        model("muscles.csv", "optimal_fiber_length_m", "optimal_fiber_length_mm"),
    ),
    Bad("models --check ./mine", ("TOML",), model("model.toml", "schema = 1", "schema = = 1")),
    Bad("models --check planer", ("planer", "'planar'")),
    # other verbs
    Bad("validate", ("RESULT.h5",)),
    Bad("validate no.h5", ("no.h5",)),
    Bad("validate notes.h5", ("notes.h5",), text("notes.h5", "hello")),
    Bad("validate here", ("here", "result"), folder("here")),
    Bad("validate --jsn x.h5", ("--jsn", "--json")),
    Bad("report here", ("here", "result"), folder("here")),
    Bad("report no.h5", ("no.h5",)),
    Bad("report notes.h5", ("notes.h5",), text("notes.h5", "hello")),
    Bad("report a.h5 --noise no.h5", ("a.h5",)),
    Bad("animate", ("RESULT.h5",)),
    Bad("animate no.h5", ("no.h5",)),
    Bad("animate notes.h5", ("notes.h5",), text("notes.h5", "hello")),
    Bad("animate here", ("here", "folder"), folder("here")),
    Bad("animate a.h5 b.h5 c.h5", ("3 results", "give one")),
    Bad("animate a.h5 --out film.avi", ("film.avi", ".gif, .mp4 or .png")),
    Bad("animate a.h5 --out no/film.gif", ("no/film.gif", "no folder")),
    Bad("animate a.h5 --view fornt", ("fornt", "'front'")),
    Bad("animate a.h5 --poses 4", ("--poses", "strips")),
    Bad("animate a.h5 --out a.png --poses 400", ("--poses is 400", "1 to 60")),
    Bad("animate a.h5 --slower 0", ("--slower", "above 0")),
    Bad("sweep", ("STUDY.toml",)),
    Bad("sweep no.toml", ("no.toml",)),
    Bad("sweep nostudy", ("nostudy", "planar_gluteus_maximus")),
    Bad("sweep s.toml", ("s.toml", "TOML"), text("s.toml", "name = = 1")),
    Bad("sweep s.toml", ("s.toml", "line", "spede_m_s"), study("speed_m_s", "spede_m_s")),
    Bad("sweep s.toml", ("s.toml", "solues"), study("{ gluteus_maximus", "{ solues")),
    Bad(
        "sweep s.toml", ("s.toml", "gluteus_medius"), study("{ gluteus_maximus", "{ gluteus_medius")
    ),
    Bad("sweep s.toml", ("s.toml", "0.05 to 2"), study("= 0.8 }", "= 80 }")),
    Bad("sweep s.toml", ("s.toml", "speed"), study("= 4.0 ", "= 14.0 ")),
    Bad("sweep s.toml", ("s.toml", "earlier scenario"), study('after = "gl', 'after = "bl')),
    Bad("sweep s.toml --out notes", ("notes", "not a folder"), text("notes", "x")),
    Bad("sweep s.toml --ranks none", ("none", "whole number"), text("s.toml", STUDY)),
    Bad("sweep s.toml --ranks 0", ("--ranks", "from 1 on"), text("s.toml", STUDY)),
    Bad("rnu", ("rnu", "'run'")),
    Bad("run --sped 4", ("--sped", "--speed")),
    Bad("run planar", ("planar", "too many")),
    Bad("sweep s.toml --join --ranks 2", ("--join", "leave out --ranks"), text("s.toml", STUDY)),
    Bad("sweep s.toml --ranks 2", ("s.toml", "line", "solues"), study("{ gluteus_max", "{ solues")),
    Bad("sweep s.toml --dry-run", ("s.toml", "line", "0.05 to 2"), study("= 0.8 }", "= 80 }")),
    Bad("sweep s.toml --max-time 0", ("--max-time", "above 0"), text("s.toml", STUDY)),
    Bad("sweep s.toml", ("s.toml", "line", "values"), axis('strength = "soleus"\nvalues = []')),
    Bad("sweep s.toml", ("soleus_strenth", "soleus"), axis('set = "soleus_strenth"\nvalues = [1]')),
    Bad("sweep s.toml", ("line", "gluteus_medius"), axis('strength="gluteus_medius"\nvalues=[1]')),
    Bad("status", ("DIR",)),
    Bad("status nowhere", ("nowhere", "folder of a sweep")),
    Bad("status here", ("here", "plan.h5", "sweep"), folder("here")),
    Bad("status here", ("plan.h5", "damaged"), raw("here/plan.h5", b"no HDF5")),
    Bad("collect nowhere", ("nowhere", "folder of a sweep")),
    Bad("collect here", ("here", "plan.h5", "sweep"), folder("here")),
    Bad("submit s.toml", ("--site",), text("s.toml", STUDY)),
    Bad("submit s.toml --site here.toml", ("here.toml",), text("s.toml", STUDY)),
    Bad("sensitivity healthy.h5", ("No result file 'healthy.h5'",)),
    Bad("sensitivity d", ("is a folder",), folder("d")),
    Bad("sensitivity healthy.h5 --load achiles_peak_force", ("did you mean",)),
    Bad("sensitivity healthy.h5 --csv worth.txt", ("worth.txt", ".csv")),
    Bad("sensitivity healthy.h5 --csv nowhere/worth.csv", ("nowhere", "make it")),
    Bad("sensitivity healthy.h5 --figure worth.jpg", ("worth.jpg", ".png or .svg or .pdf")),
    Bad("sensitivity healthy.h5 --figure d.png", ("d.png", "file name"), folder("d.png")),
    Bad("sensitivity healthy.h5 --figure nowhere/worth.png", ("nowhere", "make it")),
    Bad(
        "sensitivity healthy.h5 --figure w.png --parameters body.mass_kg",
        ("--figure", "--parameters", "strength.gluteals"),
    ),
    Bad("sensitivity healthy.h5 --top 0", ("--top",)),
    Bad("import arm26.osim --out arm", ("arm26.osim", "cannot be read")),
    Bad("export healthy.h5 --to opensim here", ("No result file 'healthy.h5'",)),
    Bad("export other.h5 --to opensim here", ("no result of 'surae run'",), foreign_hdf5),
    Bad("export notes.h5 --to opensim here", ("no HDF5 file",), text("notes.h5", "hello")),
    Bad("export d --to opensim here", ("is a folder", "one result file"), folder("d")),
    Bad("export healthy.h5 --to matlab here", ("no format 'matlab'", "allowed are opensim")),
    Bad("export healthy.h5 --to opensim", ("DIR",)),
    Bad("--frob", ("--frob",)),
]


def everything(folder: Path) -> dict[str, bytes | None]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def label(bad: Bad) -> str:
    return bad.words.replace(" ", "_").replace("/", "|") or "nothing"


@pytest.mark.parametrize("bad", CASES, ids=label)
def test_bad_input_is_refused_in_one_line(bad, surae, tmp_path):
    bad.make(tmp_path)
    before = everything(tmp_path)
    said = surae(*bad.words.split())
    assert said.status == 2, said.err
    assert said.out == ""
    assert said.err.startswith("surae: ") and said.err.endswith("\n")
    assert said.err.count("\n") == 1, said.err
    for word in bad.says:
        assert word in said.err
    assert everything(tmp_path) == before
