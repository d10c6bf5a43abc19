"""Which model a name or path means: one of the library, a model folder, or an OpenSim file.

`load_runner("planar")`, `load_runner("models/mine")`, `load_runner("subject01.osim")`.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import NamedTuple

from surae._errors import UnusableInput
from surae.files.library import library_path
from surae.files.model_runner import both_sides, read_runner
from surae.files.osim.cache import cached_model
from surae.runner.runner import Runner
from surae.runner.spelling import unknown_name

OPENSIM = ".osim"


class ModelSummary(NamedTuple):
    """One line of `surae models`."""

    name: str
    description: str
    coordinates: int
    muscles: int


def load_runner(name_or_path: str | Path) -> Runner:
    """The runner of a model in the library (`planar`), of a model folder or of an .osim file."""
    folder = find_model(name_or_path)
    # A sweep asks for one model thousands of times; a file that is changed is read again.
    files = sorted(file for file in folder.iterdir() if file.is_file())
    stamps = tuple((f.name, f.stat().st_mtime_ns, f.stat().st_size) for f in files)
    return _runner_as_of(folder, folder.resolve(), stamps)


@functools.lru_cache(maxsize=8)
def _runner_as_of(folder: Path, place: Path, stamps: tuple[tuple[str, int, int], ...]) -> Runner:
    return read_runner(folder)


def list_models() -> list[ModelSummary]:
    """The models in the library."""
    models = []
    for name, folder in _library_models().items():
        records = both_sides(folder)
        size = (len(records.coordinates), len(records.muscles))
        models.append(ModelSummary(name, records.description, *size))
    return models


def find_model(name_or_path: str | Path) -> Path:
    """The folder of a model: a name in the library first, then a path; an .osim is imported."""
    given = str(name_or_path)
    models = _library_models()
    if given in models:
        return models[given]
    if given.endswith(OPENSIM):
        return cached_model(Path(given))
    if given and Path(given).is_dir():
        return Path(given)
    if "/" in given or "\\" in given:
        raise UnusableInput(f"No model folder {given!r}; give a folder, or one of {list(models)}.")
    raise UnusableInput(f"There is {unknown_name('model', given, models)}, or a model folder.")


def _library_models() -> dict[str, Path]:
    folders = sorted((library_path() / "models").iterdir())
    return {f.name: f for f in folders if (f / "model.toml").is_file()}
