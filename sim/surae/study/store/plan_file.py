"""What the cases of a study are, beside their results: `DIR/plan.h5`."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from surae._errors import UnusableInput
from surae.study.store.hdf5 import (
    damage_named,
    is_hdf5,
    read_labels,
    write_array,
    write_texts,
    written_whole,
)

PLAN = "plan.h5"
SCHEMA = 1
_COLUMNS = ("parents", "baselines", "place")
_REMEDY = "run 'surae sweep' again"
Ints = NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class PlanRecord:
    """The cases of a study by number, and the grid that they fill.

    parents: -1 for a root. baselines: the healthy partner. place: flat index into the grid, -1 for
    a partner off it. labels: values along each dim; along: parameters that vary along a dim.
    """

    study: str
    question: str
    toml: str
    names: tuple[str, ...]
    keys: tuple[str, ...]
    parents: Ints
    baselines: Ints
    place: Ints
    dims: tuple[str, ...]
    labels: dict[str, tuple[Any, ...]]
    along: dict[str, NDArray[np.float64]] = dataclasses.field(default_factory=dict)
    units: dict[str, str] = dataclasses.field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, ...]:
        """Places along each dim."""
        return tuple(len(self.labels[dim]) for dim in self.dims)


def write_plan(folder: Path, plan: PlanRecord) -> None:
    """Put a plan into a study's folder."""
    with written_whole(folder / PLAN) as file:
        file.attrs.update(
            {
                "schema": SCHEMA,
                "study": plan.study,
                "question": plan.question,
                "input": plan.toml,
                "dims": list(plan.dims),
            }
        )
        for name in ("names", "keys"):
            write_texts(file, name, getattr(plan, name), compression="gzip")
        for name in _COLUMNS:
            write_array(file, name, np.asarray(getattr(plan, name)))
        labels, along = file.create_group("labels"), file.create_group("along")
        for dim in plan.dims:
            values = plan.labels[dim]
            if values and isinstance(values[0], str):
                write_texts(labels, dim, values)
            else:
                write_array(labels, dim, np.asarray(values), plan.units.get(dim, "1"))
        for name, values in plan.along.items():
            write_array(along, name, np.asarray(values), plan.units.get(name, "1"))


def read_plan(folder: Path) -> PlanRecord | None:
    """The plan in a folder; None where there is none."""
    path = folder / PLAN
    if not path.exists():
        return None
    if not is_hdf5(path):
        raise UnusableInput(f"{path} is damaged: it is no HDF5 file; {_REMEDY}.")
    with damage_named(path, _REMEDY), h5py.File(path, "r", locking="best-effort") as file:
        labels, along = file["labels"], file["along"]
        assert isinstance(labels, h5py.Group) and isinstance(along, h5py.Group)
        units = {n: str(d.attrs["unit"]) for g in (labels, along) for n, d in g.items() if d.attrs}
        return PlanRecord(
            study=str(file.attrs["study"]),
            question=str(file.attrs["question"]),
            toml=str(file.attrs["input"]),
            names=read_labels(file, "names"),
            keys=read_labels(file, "keys"),
            **{name: np.asarray(file[name][()], dtype=np.int64) for name in _COLUMNS},  # type: ignore[index]
            dims=tuple(str(dim) for dim in file.attrs["dims"]),  # type: ignore[union-attr]
            labels={str(dim): read_labels(labels, str(dim)) for dim in labels},
            along={str(name): np.asarray(data[()]) for name, data in along.items()},  # type: ignore[index]
            units=units,
        )


def needed_plan(folder: Path) -> PlanRecord:
    """The plan in a folder, or one line that there is none."""
    if not folder.is_dir():
        raise UnusableInput(f"There is no folder {str(folder)!r}; give the folder of a sweep.")
    plan = read_plan(folder)
    if plan is None:
        raise UnusableInput(
            f"{folder} is not the folder of a sweep: it holds no {PLAN}; give the DIR of 'surae "
            "sweep STUDY.toml --out DIR'."
        )
    return plan
