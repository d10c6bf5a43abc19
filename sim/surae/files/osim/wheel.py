"""The opensim package: an optional extra, loaded here and nowhere else, and only when needed."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

from surae._errors import UnusableInput


def opensim() -> Any:
    """The opensim package, silenced; without it, what to install."""
    try:
        with quiet():  # it announces itself, and writes opensim.log where it is loaded
            import opensim as package

            package.Logger.setLevelString("Off")
            package.Logger.removeFileSink()
    except ImportError as error:
        raise UnusableInput(
            f"OpenSim models are read with the opensim package, which cannot be loaded ({error}); "
            'install it: pip install "surae[opensim]" (CPython 3.11 on Linux).'
        ) from None
    return package


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Nothing on stdout and stderr, also from C++, and no files in the working folder."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept, here = [os.dup(1), os.dup(2)], os.getcwd()
    with tempfile.TemporaryDirectory() as elsewhere, open(os.devnull, "wb") as nothing:
        try:
            os.chdir(elsewhere)
            for stream in (1, 2):
                os.dup2(nothing.fileno(), stream)
            yield
        finally:
            for stream, copy in zip((1, 2), kept, strict=True):
                os.dup2(copy, stream)
                os.close(copy)
            os.chdir(here)
