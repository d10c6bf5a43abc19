"""One solved case in one HDF5 file.

Every dataset names its dims by dimension scales and its unit by an attribute, so that
`xarray.open_dataset(path, engine="h5netcdf")` labels everything.
"""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from surae._errors import UnusableInput
from surae._pytree import dims_of, unit_of
from surae.gait.solution import GaitSolution
from surae.gait.stride import Stride
from surae.loads.all_metrics import all_metrics
from surae.loads.metric import Metric, dimension_labels
from surae.nlp.program import Guess
from surae.nlp.report import SolveReport, Status
from surae.study.store.hdf5 import (
    damage_named,
    dims_of_dataset,
    is_hdf5,
    read_array,
    read_labels,
    write_array,
    write_scales,
    written_whole,
)

SCHEMA = 1
AXES = ("x", "y", "z")
CURVES = tuple(
    field.name
    for field in dataclasses.fields(GaitSolution)
    if field.name != "runner" and field.default is dataclasses.MISSING
)
OPTIONAL_CURVES = ("reserve_moments",)  # strides of some modes have them
_LOG_COLUMNS = ("cost", "constraint_violation", "dual_infeasibility")
_SOLVER = ("unknowns", "row_multipliers", "bound_multipliers")
_ATTRIBUTES = ("status", "model", "mode", "speed_m_s", "input", "case_key", "iterations")


@dataclasses.dataclass(frozen=True)
class StoredResult:
    """What a result file holds. `labels`: the names along each dim; `guess`: a warm start."""

    path: Path
    attributes: dict[str, Any]
    curves: dict[str, NDArray[np.float64]]
    labels: dict[str, tuple[Any, ...]]
    metrics: dict[str, Metric]
    guess: Guess
    report: SolveReport


def write_case(
    path: Path,
    attributes: Mapping[str, Any],
    labels: Mapping[str, Any],
    metrics: Mapping[str, Metric],
    fill: Callable[[h5py.File], None] | None = None,
) -> None:
    """Write the file of a case: attributes, names along dims, metrics, and what `fill` adds."""
    with written_whole(path) as file:
        file.attrs.update({"schema": SCHEMA, **attributes})
        write_scales(file, labels)
        if fill is not None:
            fill(file)
        group = file.create_group("metrics")
        for name, metric in metrics.items():
            write_array(group, name, np.asarray(metric.value), metric.unit, metric.dims)


def write_result(
    path: str | Path,
    stride: Stride,
    input_toml: str,
    provenance: Mapping[str, str],
    case_key: str = "",
    more: Mapping[str, Any] | None = None,
) -> Path:
    """Write a stride, converged or not, with its metrics and its warm start; the path written.

    more: further attributes, such as what a sweep knows about the case.
    """
    attributes = {**_attributes(stride, input_toml, provenance, case_key), **(more or {})}
    runner = stride.gait.runner
    labels = {
        "instant": range(len(np.asarray(stride.gait.time))),
        "axis": AXES,
        **dimension_labels(runner),
    }
    try:
        metrics = all_metrics(stride.gait)
    except (ValueError, ArithmeticError, LookupError) as error:
        # A given-up iterate need not be a stride that can be measured; it is kept all the same.
        metrics, attributes["no_metrics"] = {}, str(error)

    def fill(file: h5py.File) -> None:
        _write_gait(file, stride.gait)
        _write_solver(file, stride)

    write_case(Path(path), attributes, labels, metrics, fill)
    return Path(path)


def read_result(
    path: str | Path, case_key: str | None = None, image: bytes | None = None
) -> StoredResult:
    """Read a result file; with `case_key`, refuse the result of any other case.

    image: the bytes of the file where they lie elsewhere (packed); `path` then only names it.
    """
    path = Path(path)
    if image is None:
        if not path.exists():
            raise UnusableInput(f"No result file {str(path)!r}; give one that 'surae run' wrote.")
        if not path.is_file() or not is_hdf5(path):
            raise UnusableInput(f"{path} is no result of surae: it is no HDF5 file.")
    source = path if image is None else io.BytesIO(image)
    with damage_named(path), h5py.File(source, "r", locking="best-effort") as file:
        attributes: dict[str, Any] = dict(file.attrs)
        _check_attributes(path, attributes, case_key)
        return StoredResult(
            path=path,
            attributes=attributes,
            curves={name: read_array(file, name) for name in _curves(file)},
            labels={name: read_labels(file, name) for name in ("coordinate", "muscle", "side")},
            metrics=read_metrics(file),
            guess=Guess(*(read_array(file, f"solver/{name}") for name in _SOLVER)),
            report=_report(attributes, read_array(file, "solver/log")),
        )


def _curves(file: h5py.File) -> tuple[str, ...]:
    return (*CURVES, *(name for name in OPTIONAL_CURVES if name in file))


def read_metrics(file: h5py.Group) -> dict[str, Metric]:
    """All metrics of a case."""
    return {
        name: Metric(np.asarray(data[()]), str(data.attrs["unit"]), dims_of_dataset(data))
        for name, data in file["metrics"].items()  # type: ignore[union-attr]
    }


def _attributes(
    stride: Stride, input_toml: str, provenance: Mapping[str, str], case_key: str
) -> dict[str, Any]:
    report, gait, task = stride.report, stride.gait, stride.problem.task
    return {
        "status": report.status.value,
        "remedy": report.status.remedy,
        "model": gait.runner.name,
        "mode": gait.mode,
        "speed_m_s": float(gait.speed),
        "body_mass_kg": float(gait.runner.body_mass),
        "reference": task.source,
        "input": input_toml,
        "case_key": case_key,
        **provenance,
        "wall_time_s": report.wall_time,
        "derivative_time_s": report.derivative_time,
        "iterations": report.iterations,
        "predicted_legs": report.legs,
        "constraint_violation": report.constraint_violation,
        "worst_constraint": report.worst_constraint,
        "message": report.message,
        "cost": stride.solution.cost,
    }


def _write_gait(file: h5py.File, gait: GaitSolution) -> None:
    given = [name for name in OPTIONAL_CURVES if getattr(gait, name) is not None]
    for name in (*CURVES, *given):
        dims = dims_of(gait, name)
        data = write_array(file, name, np.asarray(getattr(gait, name)), unit_of(gait, name), dims)
        if "instant" in dims and name != "time":
            data.attrs["coordinates"] = "time"  # CF: xarray then offers time beside the instant


def _write_solver(file: h5py.File, stride: Stride) -> None:
    group, task, guess = file.create_group("solver"), stride.problem.task, stride.guess
    group.attrs.update(
        {
            "symmetry": task.symmetry,
            "scheme": task.scheme,
            "intervals": task.intervals,
            "n_unknowns": len(guess.unknowns),
        }
    )
    for name in _SOLVER:
        write_array(group, name, np.asarray(getattr(guess, name)))
    log = np.asarray(stride.report.log, dtype=float).reshape(-1, len(_LOG_COLUMNS))
    write_array(group, "log", log).attrs["columns"] = _LOG_COLUMNS


def _check_attributes(path: Path, attributes: dict[str, Any], case_key: str | None) -> None:
    schema = attributes.get("schema")
    if schema is None or not all(name in attributes for name in _ATTRIBUTES):
        raise UnusableInput(
            f"{path} is an HDF5 file but no result of 'surae run': its attributes are "
            f"{sorted(attributes) or 'none'}."
        )
    if not isinstance(schema, int | np.integer) or schema > SCHEMA:
        raise UnusableInput(
            f"{path} has schema {schema}, this surae reads {SCHEMA}; update surae to read it."
        )
    if case_key is not None and attributes["case_key"] != case_key:
        raise UnusableInput(
            f"{path} holds another case (key {attributes['case_key'][:12]}, expected "
            f"{case_key[:12]}); move it away or give another place."
        )


def _report(values: dict[str, Any], log: NDArray[np.float64]) -> SolveReport:
    return SolveReport(
        status=Status(values["status"]),
        iterations=int(values["iterations"]),
        constraint_violation=float(values["constraint_violation"]),
        wall_time=float(values["wall_time_s"]),
        derivative_time=float(values["derivative_time_s"]),
        worst_constraint=str(values["worst_constraint"]),
        log=tuple(tuple(row) for row in log.tolist()),
        message=str(values["message"]),
        legs=int(values.get("predicted_legs", 0)),  # files of before have none
    )
