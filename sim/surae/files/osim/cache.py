"""An .osim file used where a model folder is: imported once, and kept beside compiled functions.

The folder's name holds a hash of the file and of this importer, so that neither goes stale.
"""

from __future__ import annotations

import atexit
import functools
import hashlib
import shutil
import tempfile
from pathlib import Path

from surae._errors import UnusableInput
from surae._runtime import cache_folder
from surae.files.osim.importing import import_model

_HASH_LENGTH = 16


def cached_model(path: Path) -> Path:
    """The model folder of an .osim file, made now if there is none yet."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnusableInput(f"{path} cannot be read: {error.strerror}.") from None
    digest = hashlib.sha256(content + _importer()).hexdigest()[:_HASH_LENGTH]
    out = _models_folder() / f"{path.stem}-{digest}"
    if not out.is_dir():
        import_model(path, out)
    return out


@functools.cache
def _importer() -> bytes:
    """The text of this package: another importer makes another folder."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return b"".join(file.read_bytes() for file in files)


@functools.cache
def _models_folder() -> Path:
    """In the cache; where there is none, a folder that lives as long as this process."""
    cache = cache_folder()
    try:
        if cache is not None:
            models = cache / "models"
            models.mkdir(parents=True, exist_ok=True)
            return models
    except OSError:
        pass
    models = Path(tempfile.mkdtemp(prefix="surae-models-"))
    atexit.register(shutil.rmtree, models, ignore_errors=True)
    return models
