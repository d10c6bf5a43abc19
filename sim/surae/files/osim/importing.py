"""`surae import`: an OpenSim model becomes a model folder, and what is not carried over is listed.

The folder is written beside its place and renamed when it has been read back without complaint, so
that nothing is left half-written.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from surae._errors import UnusableInput
from surae.files.model_runner import ModelFolder, read_model
from surae.files.osim.folder import folder_files
from surae.files.osim.forces import contact_spheres, coordinate_forces, imported_muscles
from surae.files.osim.imported import Imported
from surae.files.osim.paths import imported_paths, knee_flexion_sign
from surae.files.osim.signs import known_signs
from surae.files.osim.skeleton import imported_bodies
from surae.files.osim.source import open_source

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class ImportSummary:
    """What came of an import."""

    out: Path
    model: ModelFolder
    imported: Imported


def import_model(
    path: Path, out: Path, progress: Progress | None = None, symmetric: bool = False
) -> ImportSummary:
    """Write the model folder `out`, which must not exist yet, from an .osim file.

    symmetric: the left side becomes the mirror image of the right one.
    """
    _check_destination(out)
    imported = replace(read_opensim(path, progress), symmetric=symmetric)
    with written_at_once(out) as folder:
        _write(folder, folder_files(imported))
        model = _read_back(path, folder)
        # Known moment arms can be told only of the finished runner.
        signs, broken = known_signs(model.runner, imported.knee_sign)
        imported = replace(imported, broken_signs=tuple(broken))
        _write(folder, folder_files(imported, signs))
        model = _read_back(path, folder)
    return ImportSummary(out, model, imported)


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def _read_back(path: Path, folder: Path) -> ModelFolder:
    try:
        return read_model(folder)
    except UnusableInput as error:
        complaint = str(error).replace(f"{folder}/", f"{path} cannot be used: its ")
        raise UnusableInput(complaint) from None


def read_opensim(path: Path, progress: Progress | None = None) -> Imported:
    """All that a model folder says, from an .osim file."""
    report = progress or (lambda _what, _share: None)
    report("opening the model", 0.0)
    source = open_source(path)
    muscles = imported_muscles(source)
    bodies = imported_bodies(source)
    knee = knee_flexion_sign(source)
    return Imported(
        source=source,
        bodies=bodies,
        muscles=muscles,
        forces=coordinate_forces(source),
        spheres=contact_spheres(source),
        knee_sign=knee,
        paths=imported_paths(source, bodies, [m.name for m in muscles], knee, report),
    )


def _check_destination(out: Path) -> None:
    if out.exists():
        raise UnusableInput(f"{out} exists already; give --out a new folder, or remove it.")


@contextmanager
def written_at_once(out: Path) -> Iterator[Path]:
    """A folder to write into that becomes `out` if all goes well, and is removed if not."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    except OSError as error:
        raise UnusableInput(f"{out} cannot be written: {error.strerror}.") from None
    try:
        yield folder
        folder.chmod(0o755)
        folder.rename(out)
    except OSError as error:
        raise UnusableInput(f"{out} cannot be written: {error.strerror}.") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)
