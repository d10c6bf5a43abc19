"""The model library travels: wheel, source archive and editable install all hold the data.

In the repository `sim/surae/library/{models,experiments}` are links to the data at its top.
"""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = "surae/library/models/planar/model.toml"
LEFT_OUT = {"__pycache__", ".ipynb_checkpoints", "results"}


def library_files() -> set[str]:
    """Every data file of the repository under the name it has inside the package."""
    found = (p.relative_to(ROOT) for d in ("models", "experiments") for p in (ROOT / d).rglob("*"))
    return {
        f"surae/library/{path.as_posix()}"
        for path in found
        if (ROOT / path).is_file() and not LEFT_OUT & set(path.parts)
    }


def build(*options: str, source: Path, into: Path) -> None:
    """Run `python -m build` on `source` with the tools of this environment, no network."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(into), *options]
    done = subprocess.run([*command, str(source)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    """The source archive and the wheel made from it, as `pip install surae` would."""
    into = tmp_path_factory.mktemp("archives")
    build(source=ROOT, into=into)
    return next(into.glob("*.tar.gz")), next(into.glob("*.whl"))


@pytest.fixture(scope="module")
def direct_wheel(tmp_path_factory):
    """The wheel made from the checkout, as `pip install .` would."""
    into = tmp_path_factory.mktemp("wheel")
    build("--wheel", source=ROOT, into=into)
    return next(into.glob("*.whl"))


def wheel_names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_library_links_are_relative():
    for name in ("models", "experiments"):
        link = ROOT / "sim" / "surae" / "library" / name
        if not link.is_symlink():
            pytest.skip(f"{link} is no link: a checkout without symbolic links")
        assert os.readlink(link) == f"../../../{name}"
        assert link.resolve() == ROOT / name


def test_version_is_written_once():
    written = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert importlib.metadata.version("surae") == written
    cited = [s for s in (ROOT / "CITATION.cff").read_text().splitlines() if "version:" in s]
    assert cited == ["cff-version: 1.2.0"], "CITATION.cff repeats no version of ours."


def test_the_citation_names_our_own_license():
    """Of a package that is Apache-2.0 AND another's, the first is ours; a list would mean "or"."""
    lines = (ROOT / "CITATION.cff").read_text().splitlines()
    cited = [line.removeprefix("license: ") for line in lines if line.startswith("license: ")]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert cited == project["license"].split(" AND ")[:1] == ["Apache-2.0"]


def test_editable_install_is_one_path(tmp_path, monkeypatch):
    """It is a plain .pth file that names sim/: editors resolve it, the data are the checkout's."""
    backend = pytest.importorskip("hatchling.build", reason="hatchling comes with surae[test]")
    monkeypatch.chdir(ROOT)
    with zipfile.ZipFile(tmp_path / backend.build_editable(str(tmp_path))) as archive:
        code = [name for name in archive.namelist() if ".dist-info/" not in name]
        assert len(code) == 1 and code[0].endswith(".pth")
        source = Path(archive.read(code[0]).decode().strip())
    assert source == ROOT / "sim"
    assert (source / EXAMPLE).is_file()


def test_wheel_from_source_archive_holds_only_surae_and_its_library(archives):
    names = wheel_names(archives[1])
    tops = {PurePosixPath(name).parts[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"surae"}
    assert EXAMPLE in names
    assert library_files() <= names


def test_wheel_holds_what_the_report_page_is_made_of(archives):
    assets = (ROOT / "sim" / "surae" / "report" / "assets").iterdir()
    names = wheel_names(archives[1])
    assert {f"surae/report/assets/{path.name}" for path in assets} <= names
    licenses = [name for name in names if ".dist-info/licenses/" in name]
    assert {PurePosixPath(name).name for name in licenses} == {
        "LICENSE",
        "NOTICE",
        "three.js.LICENSE.txt",
    }


def test_source_archive_holds_the_library_as_plain_files(archives):
    with tarfile.open(archives[0]) as archive:
        members = {m.name.partition("/")[2]: m for m in archive.getmembers()}
    assert all(member.isfile() for member in members.values()), "a link does not travel everywhere"
    assert {f"sim/{name}" for name in library_files()} <= members.keys()


def test_wheel_does_not_depend_on_how_it_was_built(archives, direct_wheel):
    assert wheel_names(archives[1]) == wheel_names(direct_wheel)


def test_installed_wheel_finds_its_library(direct_wheel, tmp_path):
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*install, "--target", str(tmp_path), str(direct_wheel)], check=True)
    assert (tmp_path / EXAMPLE).is_file()
    assert shutil.which("surae", path=str(tmp_path / "bin"))


def test_checkout_without_links_finds_its_library(tmp_path):
    """Where links became text files (Windows, some archives) the top of the checkout is used."""
    code = tmp_path / "sim" / "surae"
    shutil.copytree(ROOT / "sim" / "surae", code, ignore=shutil.ignore_patterns("library"))
    (code / "library").mkdir()
    (code / "library" / "models").write_text("../../../models")
    (tmp_path / "models").mkdir()
    script = "from surae.files.library import library_path; print(library_path())"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "sim")}
    environment.pop("SURAE_LIBRARY", None)
    command = [sys.executable, "-c", script]
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert Path(found.stdout.strip()) == tmp_path.resolve()
