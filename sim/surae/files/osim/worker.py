"""The part of an import that needs OpenSim: read, fit, write, tell. It runs in its own process.

The opensim package brings a CasADi of its own, which cannot be loaded beside the one that solves;
so no other process of surae loads it. Progress goes to stderr, line by line, and what came of it to
stdout as JSON. The folder is written beside its place and renamed when it has been read back
without complaint, so that nothing is left half-written.

    python -m surae.files.osim.worker MODEL.osim DIR [--symmetric]
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from surae._errors import UnusableInput
from surae.files.model_runner import ModelFolder, read_model
from surae.files.osim.folder import folder_files
from surae.files.osim.forces import contact_spheres, coordinate_forces, imported_muscles
from surae.files.osim.imported import Imported
from surae.files.osim.notes import carried_over, changed, left_out, of_paths
from surae.files.osim.paths import imported_paths, knee_flexion_sign
from surae.files.osim.signs import known_signs
from surae.files.osim.skeleton import imported_bodies
from surae.files.osim.source import open_source

Progress = Callable[[str, float], None]


def main(words: list[str]) -> None:
    """Import, and say on stdout what came of it."""
    model, out, *flags = words
    try:
        answer = {"summary": written_model(Path(model), Path(out), "--symmetric" in flags, _tell)}
    except UnusableInput as error:
        answer = {"refusal": str(error)}
    json.dump(answer, sys.stdout)


def _tell(step: str, share: float) -> None:
    print(f"{share:.3f} {step}", file=sys.stderr, flush=True)


def written_model(path: Path, out: Path, symmetric: bool, progress: Progress) -> dict[str, Any]:
    """Write the model folder `out`; what `ImportSummary` says of it."""
    imported = replace(read_opensim(path, progress), symmetric=symmetric)
    with written_at_once(out) as folder:
        _write(folder, folder_files(imported))
        model = _read_back(path, folder)
        # Known moment arms can be told only of the finished runner.
        signs, broken = known_signs(model.runner, imported.knee_sign)
        imported = replace(imported, broken_signs=tuple(broken))
        _write(folder, folder_files(imported, signs))
        model = _read_back(path, folder)
    return _summary(imported, model)


def read_opensim(path: Path, progress: Progress) -> Imported:
    """All that a model folder says, from an .osim file."""
    progress("opening the model", 0.0)
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
        paths=imported_paths(source, bodies, [m.name for m in muscles], knee, progress),
    )


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def _read_back(path: Path, folder: Path) -> ModelFolder:
    try:
        return read_model(folder)
    except UnusableInput as error:
        complaint = str(error).replace(f"{folder}/", f"{path} cannot be used: its ")
        raise UnusableInput(complaint) from None


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


def _summary(imported: Imported, model: ModelFolder) -> dict[str, Any]:
    return {
        "model": model.runner.name,
        "sha256": imported.source.sha256,
        "opensim_version": imported.source.package.GetVersion(),
        "body_mass_kg": float(model.runner.body_mass),
        "coordinates": model.runner.coordinate_names,
        "muscles": model.runner.muscle_names,
        "carried_over": carried_over(imported),
        "changed": changed(imported),
        "not_carried_over": left_out(imported),
        "muscle_paths": of_paths(imported),
        "notes": model.notes,
        "path_errors_mm": {
            path.muscle: {
                "length_rms": 1e3 * path.errors.length_rms,
                "moment_arm_rms": 1e3 * path.errors.arm_rms,
            }
            for path in imported.paths.paths
        },
    }


if __name__ == "__main__":
    main(sys.argv[1:])
