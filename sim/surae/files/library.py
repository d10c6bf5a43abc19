"""Where the models and experiments that come with surae lie on this machine."""

from __future__ import annotations

import os
from pathlib import Path

from surae._errors import UnusableInput

LIBRARY_VARIABLE = "SURAE_LIBRARY"


def library_path() -> Path:
    """The folder that holds `models/` and `experiments/`.

    Tried in turn: the environment variable SURAE_LIBRARY; `surae/library` beside the code (links
    in a checkout, files in a wheel); the root of the checkout, for file systems without links.
    """
    given = os.environ.get(LIBRARY_VARIABLE)
    if given:
        if not _is_library(Path(given)):
            raise UnusableInput(
                f"{LIBRARY_VARIABLE} is {given!r}, where there is no folder 'models'; set it to "
                "the folder that holds 'models', or unset it to use the library of surae."
            )
        return Path(given)
    package = Path(__file__).resolve().parent.parent
    candidates = (package / "library", package.parent.parent)
    for candidate in candidates:
        if _is_library(candidate):
            return candidate
    raise UnusableInput(
        f"No library of models found in {' or '.join(str(c) for c in candidates)}; set "
        f"{LIBRARY_VARIABLE} to the folder that holds 'models', or install surae again."
    )


def _is_library(folder: Path) -> bool:
    return (folder / "models").is_dir()
