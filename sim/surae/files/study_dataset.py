"""A study as an `xarray.Dataset`: its axes as dimensions, its metrics as variables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from surae._errors import UnusableInput
from surae.study.collected import PARTNERS, collected
from surae.study.store.plan_file import needed_plan
from surae.study.store.shelf import Shelf
from surae.study.store.table import RESULTS, Table, read_table

if TYPE_CHECKING:
    import xarray


def open_study(place: str | Path, partners: bool = False) -> xarray.Dataset:
    """All metrics of a study over its axes, as far as it is solved.

    place: the folder of a sweep, running or not, or a `results.h5`. Cases that failed or are not
    solved yet are NaN; `status` and `reason` say why. `NAME_change` is the difference from the same
    case's healthy partner. Each variable has its unit in the attribute `unit`.
    partners: the healthy partners that are no point of the grid instead.
    Raises UnusableInput: a folder or file that is no study; partners where there are none.
    """
    place = Path(place)
    if place.is_file():
        return _dataset(read_table(place, PARTNERS if partners else ""))
    if not (place / "plan.h5").exists() and (place / RESULTS).is_file():
        return _dataset(read_table(place / RESULTS, PARTNERS if partners else ""))
    tables = collected(needed_plan(place), Shelf(place))
    if partners and PARTNERS not in tables:
        raise UnusableInput(
            f"{place}: every healthy partner is a point of the grid; leave out partners."
        )
    return _dataset(tables[PARTNERS if partners else ""])


def _dataset(table: Table) -> xarray.Dataset:
    import xarray

    variables = {
        name: xarray.Variable(column.dims, column.values, {"unit": column.unit})
        for name, column in table.columns.items()
    }
    coordinates = {
        dim: xarray.Variable((dim,), list(values), {"unit": table.units.get(dim, "1")})
        for dim, values in table.labels.items()
    }
    attributes = {k: v for k, v in table.attributes.items() if k != "schema"}
    return xarray.Dataset(variables, coordinates, attributes)
