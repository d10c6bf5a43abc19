"""surae: what weak or late gluteal muscles do to a runner's Achilles tendon.

`import surae` loads nothing heavy: each name below is imported when it is first used. It has one
side effect, the only one in surae: it asks JAX for 64-bit numbers. A stride is solved to 1e-7 by
second derivatives, which 32-bit numbers cannot carry, and arrays made before the question is
settled would keep the wrong size; so it is settled here, before any module of surae runs.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from surae._errors import UnusableInput as UnusableInput
    from surae.api import achilles_loads as achilles_loads
    from surae.api import all_metrics as all_metrics
    from surae.api import inverse_dynamics as inverse_dynamics
    from surae.api import load_runner as load_runner
    from surae.api import mass_matrix as mass_matrix
    from surae.api import metric_values as metric_values
    from surae.api import moment_arms as moment_arms
    from surae.api import muscle_tendon_lengths as muscle_tendon_lengths
    from surae.api import prepare_task as prepare_task
    from surae.api import run as run
    from surae.api import scale as scale
    from surae.api import sensitivities as sensitivities
    from surae.api import set_parameter as set_parameter
    from surae.api import solve_case as solve_case
    from surae.api import weaken as weaken
    from surae.files.study_cases import open_case as open_case
    from surae.files.study_dataset import open_study as open_study

    __version__: str

_FROM_API = (
    "achilles_loads",
    "all_metrics",
    "inverse_dynamics",
    "load_runner",
    "mass_matrix",
    "metric_values",
    "moment_arms",
    "muscle_tendon_lengths",
    "prepare_task",
    "run",
    "scale",
    "sensitivities",
    "set_parameter",
    "solve_case",
    "weaken",
)

_FROM_FILES = {
    "open_case": "surae.files.study_cases",
    "open_study": "surae.files.study_dataset",
}

__all__ = ["UnusableInput", "__version__", *_FROM_API, *_FROM_FILES]  # pyright: ignore[reportUnsupportedDunderAll]

if "jax" in sys.modules:
    sys.modules["jax"].config.update("jax_enable_x64", True)
else:  # read when JAX is imported, which costs half a second
    os.environ["JAX_ENABLE_X64"] = "1"


def __getattr__(name: str) -> Any:
    if name in _FROM_API:
        from surae import api

        return getattr(api, name)
    if name in _FROM_FILES:
        return getattr(importlib.import_module(_FROM_FILES[name]), name)
    if name == "UnusableInput":
        from surae._errors import UnusableInput

        return UnusableInput
    if name == "__version__":
        from surae.study.provenance import surae_version

        return surae_version()
    raise AttributeError(f"module 'surae' has no attribute {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
