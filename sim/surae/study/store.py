"""One solved case in one HDF5 file: the only place that knows HDF5.

Every dataset names its dims by dimension scales and its unit by an attribute, so that
`xarray.open_dataset(path, engine="h5netcdf")` labels everything. A file appears whole or not at
all: it is written under another name beside its place and then renamed.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import uuid
from collections.abc import Iterator, Mapping
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

SCHEMA = 1
AXES = ("x", "y", "z")
CURVES = tuple(
    field.name
    for field in dataclasses.fields(GaitSolution)
    if field.name != "runner" and not field.metadata.get("static")
)
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


def write_result(
    path: str | Path,
    stride: Stride,
    input_toml: str,
    provenance: Mapping[str, str],
    case_key: str = "",
) -> Path:
    """Write a stride, converged or not, with its metrics and its warm start; the path written."""
    path = Path(path)
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with h5py.File(part, "w", track_order=True, locking=False) as file:
            _write_attributes(file, stride, input_toml, provenance, case_key)
            _write_gait(file, stride.gait)
            _write_metrics(file, stride.gait)
            _write_solver(file, stride)
        _to_disk(part)
        os.replace(part, path)
    except OSError as error:
        raise UnusableInput(f"{path} cannot be written: {error.strerror or error}.") from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink()
    return path


def read_result(path: str | Path, case_key: str | None = None) -> StoredResult:
    """Read a result file; with `case_key`, refuse the result of any other case."""
    path = Path(path)
    if not path.exists():
        raise UnusableInput(f"No result file {str(path)!r}; give one that 'surae run' wrote.")
    if not path.is_file() or not _is_hdf5(path):
        raise UnusableInput(f"{path} is no result of surae: it is no HDF5 file.")
    with _damage_named(path), h5py.File(path, "r", locking="best-effort") as file:
        attributes: dict[str, Any] = dict(file.attrs)
        _check_attributes(path, attributes, case_key)
        return StoredResult(
            path=path,
            attributes=attributes,
            curves={name: _array(file, name) for name in CURVES},
            labels={name: _labels(file, name) for name in ("coordinate", "muscle", "side")},
            metrics=_read_metrics(file),
            guess=Guess(*(_array(file, f"solver/{name}") for name in _SOLVER)),
            report=_report(attributes, _array(file, "solver/log")),
        )


def _write_attributes(
    file: h5py.File, stride: Stride, input_toml: str, provenance: Mapping[str, str], case_key: str
) -> None:
    report, gait, task = stride.report, stride.gait, stride.problem.task
    file.attrs.update(
        {
            "schema": SCHEMA,
            "status": report.status.value,
            "remedy": report.status.remedy,
            "model": gait.runner.name,
            "mode": gait.mode,
            "speed_m_s": float(gait.speed),
            "body_mass_kg": float(gait.runner.body_mass),
            "reference": task.reference.source,
            "input": input_toml,
            "case_key": case_key,
            **provenance,
            "wall_time_s": report.wall_time,
            "derivative_time_s": report.derivative_time,
            "iterations": report.iterations,
            "constraint_violation": report.constraint_violation,
            "worst_constraint": report.worst_constraint,
            "message": report.message,
            "cost": stride.solution.cost,
        }
    )


def _write_gait(file: h5py.File, gait: GaitSolution) -> None:
    labels = {
        "instant": range(len(np.asarray(gait.time))),
        "coordinate": gait.runner.coordinate_names,
    }
    for name, places in {**labels, "axis": AXES, **dimension_labels(gait.runner)}.items():
        text = isinstance(places[0], str)
        dtype = h5py.string_dtype() if text else np.asarray(places).dtype
        scale = file.create_dataset(name, data=list(places), dtype=dtype)
        scale.attrs["unit"] = "1"
        scale.make_scale(name)
    for name in CURVES:
        dims = dims_of(gait, name)
        data = _write(file, name, np.asarray(getattr(gait, name)), unit_of(gait, name), dims)
        if "instant" in dims and name != "time":
            data.attrs["coordinates"] = "time"  # CF: xarray then offers time beside the instant


def _write_metrics(file: h5py.File, gait: GaitSolution) -> None:
    group = file.create_group("metrics")
    try:
        metrics = all_metrics(gait)
    except (ValueError, ArithmeticError, LookupError) as error:
        # A given-up iterate need not be a stride that can be measured; it is kept all the same.
        group.attrs["note"] = f"no metrics: {error}"
        return
    for name, metric in metrics.items():
        _write(group, name, np.asarray(metric.value), metric.unit, metric.dims)


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
        _write(group, name, np.asarray(getattr(guess, name)), "1", ())
    log = np.asarray(stride.report.log, dtype=float).reshape(-1, len(_LOG_COLUMNS))
    _write(group, "log", log, "1", ()).attrs["columns"] = _LOG_COLUMNS


def _write(
    group: h5py.Group, name: str, values: NDArray[Any], unit: str, dims: tuple[str, ...]
) -> h5py.Dataset:
    checked = values.ndim > 0 and values.size > 0  # a checksum tells damage from data
    data = group.create_dataset(name, data=values, fletcher32=True if checked else None)
    data.attrs["unit"] = unit
    for axis, dim in enumerate(dims):
        data.dims[axis].attach_scale(group.file[dim])
    return data


def _to_disk(path: Path) -> None:
    with path.open("rb") as written:
        os.fsync(written.fileno())


def _is_hdf5(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(8) == b"\x89HDF\r\n\x1a\n"
    except OSError as error:
        raise UnusableInput(f"{path} cannot be read: {error.strerror}.") from None


@contextlib.contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    """What h5py says of a broken file, as one line."""
    try:
        yield
    except UnusableInput:
        raise
    except (OSError, KeyError, ValueError, TypeError, RuntimeError, AttributeError) as error:
        raise UnusableInput(
            f"{path} is damaged or cut short and cannot be used ({error}); solve the case again."
        ) from None


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


def _array(file: h5py.File, name: str) -> NDArray[np.float64]:
    return np.asarray(file[name][()], dtype=float)  # type: ignore[index]


def _labels(file: h5py.File, name: str) -> tuple[Any, ...]:
    data = file[name]
    assert isinstance(data, h5py.Dataset)
    return tuple(data.asstr()[()] if h5py.check_string_dtype(data.dtype) else data[()])


def _read_metrics(file: h5py.File) -> dict[str, Metric]:
    metrics = {}
    for name, data in file["metrics"].items():  # type: ignore[union-attr]
        dims = tuple(str(dim[0].name).strip("/") for dim in data.dims)
        metrics[name] = Metric(np.asarray(data[()]), str(data.attrs["unit"]), dims)
    return metrics


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
    )
