"""Can the result be written where it shall go? Asked before the solve, not after it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from surae._errors import UnusableInput

DEFAULT_FOLDER = Path("results")
# A stride takes less than 1 MB on a fine mesh.
_ROOM = 2 * 1024 * 1024  # bytes
_HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"


def check_destination(path: Path) -> None:
    """Refuse a place for a result file that cannot take one; nothing is left there."""
    if path.is_dir():
        raise UnusableInput(f"--out {path} is a folder; give the name of a file in it.")
    if not path.name or path.name in (".", ".."):
        raise UnusableInput(f"--out {str(path)!r} is no file name; give one, such as stride.h5.")
    check_folder(path.parent, f"--out {path}")
    if path.exists():
        _check_overwriting(path)


def check_default_folder() -> None:
    """Refuse a working directory in which `results/` cannot be made; make nothing yet."""
    if DEFAULT_FOLDER.exists() and not DEFAULT_FOLDER.is_dir():
        raise UnusableInput(f"{DEFAULT_FOLDER} is a file, not a folder; move it, or give --out.")
    parent = DEFAULT_FOLDER if DEFAULT_FOLDER.exists() else Path(".")
    check_folder(parent, f"{DEFAULT_FOLDER}/ in {Path.cwd()}")


def check_study_folder(folder: Path) -> None:
    """Refuse a place where the folder of a study cannot be made; make nothing yet."""
    nearest = folder
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    if not nearest.is_dir():
        raise UnusableInput(f"--out {folder}: {nearest} is a file, not a folder; give a folder.")
    check_folder(nearest, f"--out {folder}")


def check_folder(folder: Path, given: str) -> None:
    """Refuse a folder that is missing, not a folder, not writable or full."""
    try:
        missing = not folder.exists()
    except OSError as error:
        raise UnusableInput(f"{given}: {error.strerror}; give another place.") from None
    if missing:
        raise UnusableInput(f"{given}: there is no folder {folder}; make it, or give another.")
    if not folder.is_dir():
        raise UnusableInput(f"{given}: {folder} is a file, not a folder; give another place.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UnusableInput(f"{given}: no permission to write in {folder}; give another place.")
    try:
        _try_writing(folder)
    except OSError as error:
        raise UnusableInput(
            f"{given}: nothing can be written in {folder} ({error.strerror}); make room, or give "
            "another place."
        ) from None


def _try_writing(folder: Path) -> None:
    """A nameless file as large as a result: quotas and full disks show only when written to."""
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(bytes(_ROOM))
        file.flush()
        os.fsync(file.fileno())


def _check_overwriting(path: Path) -> None:
    try:
        with path.open("rb") as file:
            start = file.read(len(_HDF5_SIGNATURE))
    except OSError as error:
        raise UnusableInput(f"--out {path}: {error.strerror}; give another name.") from None
    if start and start != _HDF5_SIGNATURE:
        raise UnusableInput(
            f"--out {path} exists and is no result file; give another name, or delete it first."
        )
