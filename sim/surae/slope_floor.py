"""How much derivatives of a load move on other meshes: the noise floor of a slope."""

from __future__ import annotations

from dataclasses import replace as replaced
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from surae._errors import UnusableInput
from surae.api import sensitivities, solve_case
from surae.files.results import StoredStride
from surae.study.case import Case

if TYPE_CHECKING:
    import xarray

Floats = NDArray[np.float64]


def sensitivity_floor(stored: StoredStride, found: xarray.Dataset, load: str) -> Floats:
    """How much derivatives of a load (parameter,) move on the doubled mesh and with another scheme.

    The stride is solved anew on both, from where it is; the largest difference counts, of the right
    side where the load has sides.
    """
    names = found["parameter"].values.tolist()
    first = found[load].values.reshape(len(names), -1)[:, 0]
    gaps = [np.zeros(len(names))]
    for case in _other_meshes(stored.case):
        stride = solve_case(case, stored)
        if not stride.report.status.solved:
            raise UnusableInput(
                f"On another mesh ({case.scheme}, {case.intervals} intervals) the stride does not "
                f"converge ({stride.report.status.value}); leave out --floor."
            )
        other = sensitivities(stride.gait, names, [load], check_bounds=False)
        gaps.append(np.abs(other[load].values.reshape(len(names), -1)[:, 0] - first))
    return np.max(gaps, axis=0)


def _other_meshes(case: Case) -> list[Case]:
    other = "backward_euler" if case.scheme == "radau2" else "radau2"
    doubled = 2 * case.intervals
    return [replaced(case, intervals=doubled), replaced(case, scheme=other, intervals=doubled)]
