"""Sensitivities as an `xarray.Dataset`: loads as variables, parameters and sides as dims."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from surae._errors import UnusableInput
from surae.gait.solution import GaitSolution
from surae.loads.all_metrics import DEFINITIONS
from surae.loads.metric import dimension_labels
from surae.runner.spelling import unknown_name
from surae.sensitivity.sensitivities import Sensitivities

if TYPE_CHECKING:
    import xarray

PARAMETER = "parameter"


def check_loads(names: Sequence[str]) -> None:
    """Refuse a load that does not exist."""
    for name in names:
        if name not in DEFINITIONS:
            raise UnusableInput(f"there is {unknown_name('load', name, DEFINITIONS)}.")


def as_dataset(found: Sensitivities, gait: GaitSolution) -> xarray.Dataset:
    """Derivatives by load; `NAME_value`, `NAME_spread`; value and unit of every parameter."""
    import xarray

    variables: dict[str, Any] = {
        "parameter_value": (PARAMETER, np.array([n.value for n in found.numbers])),
        "parameter_unit": (PARAMETER, np.array([n.unit for n in found.numbers])),
    }
    used = set()
    for load in found.loads:
        unit, dims = load.definition.unit, load.definition.dims
        used |= set(dims)
        more = {"unit": f"{unit} per unit of the parameter", "load_unit": unit}
        variables[load.name] = ((PARAMETER, *dims), load.derivative, more)
        variables[f"{load.name}_spread"] = ((PARAMETER, *dims), load.spread, more)
        variables[f"{load.name}_value"] = (dims, load.value, {"unit": unit})
    labels = {d: list(v) for d, v in dimension_labels(gait.runner).items() if d in used}
    return xarray.Dataset(
        variables,
        {PARAMETER: [n.name for n in found.numbers], **labels},
        {
            "model": gait.runner.name,
            "speed_m_s": float(gait.speed),
            "mode": gait.mode,
            "valid": int(not found.reason),
            "reason": found.reason,
            "active_bounds": found.active,
            "weakly_active_bounds": found.weakly_active,
        },
    )
