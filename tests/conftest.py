"""What every test shares: 64-bit JAX without silent broadcasts and casts, and reference data."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import pytest

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference data beside the repository; the tests that need it skip without."""
    path = Path(__file__).resolve().parents[2] / "shared"
    if not path.is_dir():
        pytest.skip("reference data beside the repository (../shared) are not here")
    return path


@pytest.fixture(scope="session")
def in_opensim() -> Callable[..., Any]:
    """Call `main(*words)` of a script that imports opensim: what it returns, by way of JSON.

    In a process of its own, because OpenSim and CasADi of PyPI cannot be loaded into one.
    """
    if importlib.util.find_spec("opensim") is None:
        pytest.skip("the opensim wheel is not installed")

    def call(script: str, *words: object) -> Any:
        program = (
            f"import json, sys, opensim\nopensim.Logger.setLevelString('error')\n{script}\n"
            "print('\\n' + json.dumps(main(*sys.argv[1:])))"
        )
        command = [sys.executable, "-c", program, *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return call
