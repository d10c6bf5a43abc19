"""Derivatives as people read them: what 10 % of each parameter does to a load; and as a table."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from surae.sensitivity.dataset import PARAMETER

if TYPE_CHECKING:
    import xarray

STRENGTH = "strength."
TENTH = 0.1


class Worth(NamedTuple):
    """What a strength that falls by a tenth, or another parameter that rises by one, does.

    change, spread, floor: of the load in its unit, right side where it has sides; percent: of the
    load. floor: how much the change moves on other meshes, where that was asked for.
    """

    name: str
    value: float
    unit: str
    change: float
    percent: float
    spread: float
    floor: float | None

    @property
    def is_strength(self) -> bool:
        """Whether it is a strength, whose tenth is lost and not gained."""
        return self.name.startswith(STRENGTH)


def worth_of(
    found: xarray.Dataset, load: str, floor: NDArray[np.float64] | None = None
) -> list[Worth]:
    """All parameters' worth to a load, the largest first. floor: (parameter,) of the derivative."""
    n = len(found[PARAMETER])
    slopes, spreads = (found[name].values.reshape(n, -1)[:, 0] for name in (load, f"{load}_spread"))
    level = load_value(found, load)
    rows = []
    for place, name in enumerate(found[PARAMETER].values.tolist()):
        value = float(found["parameter_value"].values[place])
        step = tenth_of(name, value)
        change = step * slopes[place]
        rows.append(
            Worth(
                name,
                value,
                str(found["parameter_unit"].values[place]),
                change,
                100.0 * change / level if level else float("nan"),
                abs(step) * spreads[place],
                None if floor is None else abs(step) * float(floor[place]),
            )
        )
    return sorted(rows, key=lambda row: -abs(np.nan_to_num(row.change)))


def load_value(found: xarray.Dataset, load: str) -> float:
    """The load itself, of the right side where it has sides."""
    return float(found[f"{load}_value"].values.ravel()[0])


def tenth_of(name: str, value: float) -> float:
    """The step that is told: a tenth of the value, lost where it is a strength."""
    return (-TENTH if name.startswith(STRENGTH) else TENTH) * value


def write_csv(
    found: xarray.Dataset, path: Path, floors: Mapping[str, NDArray[np.float64]] | None = None
) -> None:
    """All loads by all parameters, one line each, with units, spread and values.

    tenth: what 10 % does, as `Worth.change`. floors: (parameter,) of the derivative, by load; it
    stands in the lines of the first place, where it was measured.
    """
    header = ["load", "at", "load_value", "load_unit", "parameter", "parameter_value"]
    header += ["parameter_unit", "derivative", "spread", "tenth", "floor"]
    partial = path.with_name(f"{path.name}.part")
    with partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for load in (str(n) for n in found.data_vars if f"{n}_value" in found):
            writer.writerows(_lines(found, load, (floors or {}).get(load)))
    partial.replace(path)


def _lines(
    found: xarray.Dataset, load: str, floor: NDArray[np.float64] | None
) -> list[list[object]]:
    level = found[f"{load}_value"]
    values, slopes, spreads = level.values, found[load].values, found[f"{load}_spread"].values
    labels = [found[dim].values for dim in level.dims]
    places = [
        (place, " ".join(str(own[i]) for own, i in zip(labels, place, strict=True)))
        for place in np.ndindex(values.shape)
    ]
    about = zip(
        found[PARAMETER].values.tolist(),
        found["parameter_value"].values.tolist(),
        found["parameter_unit"].values.tolist(),
        strict=True,
    )
    return [
        [
            load,
            at,
            f"{values[place]:.10g}",
            level.attrs["unit"],
            name,
            f"{value:.10g}",
            unit,
            f"{slopes[(number, *place)]:.10g}",
            f"{spreads[(number, *place)]:.3g}",
            f"{tenth_of(name, value) * slopes[(number, *place)]:.10g}",
            "" if floor is None or any(place) else f"{floor[number]:.3g}",
        ]
        for number, (name, value, unit) in enumerate(about)
        for place, at in places
    ]
