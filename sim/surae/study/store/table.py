"""A study's metrics over its axes in one file, `results.h5`: written and read."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from surae._errors import UnusableInput
from surae.study.store.hdf5 import (
    damage_named,
    dims_of_dataset,
    is_hdf5,
    read_labels,
    write_array,
    write_texts,
    written_whole,
)

RESULTS = "results.h5"
SCHEMA = 1


@dataclasses.dataclass(frozen=True)
class Column:
    """A variable over named dims, numbers or texts."""

    dims: tuple[str, ...]
    values: NDArray[Any]
    unit: str = "1"


@dataclasses.dataclass(frozen=True)
class Table:
    """Variables over dims; `labels` are the values along each dim, `units` theirs."""

    labels: dict[str, tuple[Any, ...]]
    columns: dict[str, Column]
    units: dict[str, str] = dataclasses.field(default_factory=dict)
    attributes: dict[str, Any] = dataclasses.field(default_factory=dict)


def write_tables(path: Path, tables: Mapping[str, Table]) -> None:
    """Write tables, the one named "" at the root, the others as groups."""
    with written_whole(path) as file:
        for name, table in tables.items():
            _write_table(file.create_group(name) if name else file, table)


def read_table(path: Path, name: str = "") -> Table:
    """Read one of them."""
    if not path.is_file() or not is_hdf5(path):
        raise UnusableInput(f"{path} is no HDF5 file; 'surae collect' writes one.")
    remedy = "write it again with 'surae collect'"
    with damage_named(path, remedy), h5py.File(path, "r", locking="best-effort") as file:
        group = file[name] if name else file
        assert isinstance(group, h5py.Group)
        attributes = dict(group.attrs)
        if attributes.get("schema") != SCHEMA:
            raise UnusableInput(f"{path} is no table of a study; 'surae collect' writes one.")
        labels, columns, units = {}, {}, {}
        for key, data in group.items():
            if not isinstance(data, h5py.Dataset):
                continue
            if data.is_scale:
                labels[key] = read_labels(group, key)
                units[key] = str(data.attrs.get("unit", "1"))
                continue
            text = h5py.check_string_dtype(data.dtype)
            values = np.asarray((data.asstr() if text else data)[()])
            columns[key] = Column(dims_of_dataset(data), values, str(data.attrs.get("unit", "1")))
        return Table(labels, columns, units, attributes)


def _write_table(group: h5py.Group, table: Table) -> None:
    group.attrs.update({"schema": SCHEMA, **table.attributes})
    for dim, values in table.labels.items():
        if values and isinstance(values[0], str):
            write_texts(group, dim, values)
        else:
            write_array(group, dim, np.asarray(values))
        group[dim].attrs["unit"] = table.units.get(dim, "1")
        group[dim].make_scale(dim)  # type: ignore[union-attr]
    for name, column in table.columns.items():
        if column.values.dtype == object:
            data = group.create_dataset(
                name, data=column.values, dtype=h5py.string_dtype(), compression="gzip"
            )
            data.attrs["unit"] = "1"
            for axis, dim in enumerate(column.dims):
                data.dims[axis].attach_scale(group[dim])
        else:
            write_array(group, name, column.values, column.unit, column.dims)
