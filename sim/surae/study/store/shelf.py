"""The solved cases of a study on disk: a file each at first, packed together when there are many.

    DIR/cases/NAME.KEY.h5     one case as it was solved (see case_file), written whole
    DIR/shards/HASH.h5        256 of them: their files unchanged, byte for byte, and their rows

A pack is written whole before the files it holds are removed, so a case is always in at least one
place, and whoever looks for it looks at the files first and at the packs second.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, get_type_hints

import h5py
import numpy as np
from numpy.typing import NDArray

from surae._errors import UnusableInput
from surae.loads.metric import Metric
from surae.study.store.case_file import read_metrics
from surae.study.store.hdf5 import (
    DAMAGE,
    damage_named,
    dims_of_dataset,
    read_labels,
    to_disk,
    write_array,
    write_scales,
    write_texts,
    written_whole,
)

CASES, SHARDS = "cases", "shards"
PACK = 256  # cases in a shard
LOOSE = 512  # as many files stay as they are; people like to open them
KEY_IN_NAME = 16
SOLVED = "solved"
SCHEMA = 1
_DAMAGED = ".damaged"


class Row(NamedTuple):
    """What a sweep knows of a stored case, by the names of its attributes.

    start: what it was solved from; branch: whether it is still that start's optimum.
    """

    case_key: str
    case_name: str
    status: str
    reason: str = ""
    start: str = ""
    parent: str = ""
    branch: str = ""
    branch_mismatch: float = np.nan
    constraint_violation: float = np.nan
    iterations: int = 0
    wall_time_s: float = np.nan

    @property
    def solved(self) -> bool:
        """Whether it is a converged stride."""
        return self.status == SOLVED


_KINDS: dict[str, type] = get_type_hints(Row)


class Found(NamedTuple):
    """Rows, the file or shard they lie in, and the metrics of all of them where asked for."""

    rows: list[Row]
    path: Path
    metrics: dict[str, Metric]
    labels: dict[str, tuple[Any, ...]]


@dataclasses.dataclass(frozen=True)
class Damage:
    """A file that cannot be used, and why."""

    path: Path
    why: str


class Shelf:
    """The cases in a study's folder. Reading never writes; a case is put once and never changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cases, self.shards = folder / CASES, folder / SHARDS
        self._read: set[Path] = set()
        self._shard_of: dict[str, Path] = {}

    def path_of(self, name: str, key: str) -> Path:
        """The file of a case before it is packed."""
        return self.cases / f"{name}.{key[:KEY_IN_NAME]}.h5"

    def loose(self) -> list[Path]:
        """Cases that are files of their own, in order of their names."""
        return sorted(path for path in self.cases.glob("*.h5") if not path.name.startswith("."))

    def image(self, name: str, key: str) -> tuple[Path, bytes]:
        """The bytes of a case's file, wherever it lies, and the file that has them."""
        path = self.path_of(name, key)
        with contextlib.suppress(FileNotFoundError):
            return path, path.read_bytes()
        shard = self._shard_with(key)
        if shard is not None:
            with damage_named(shard), h5py.File(shard, "r", locking="best-effort") as file:
                return shard, np.asarray(file[f"cases/{key}"][()]).tobytes()  # type: ignore[index]
        raise UnusableInput(f"{self.folder} holds no result of {name}; run 'surae sweep' again.")

    def row(self, name: str, key: str) -> Row | None:
        """The row of one case; None where it is not there, or cannot be read."""
        path = self.path_of(name, key)
        with contextlib.suppress(*DAMAGE):
            return _read_loose(path, metrics=False, verify=False).rows[0]
        with contextlib.suppress(*DAMAGE):
            shard = self._shard_with(key)
            if shard is not None:
                rows = _read_shard(shard, metrics=False).rows
                return next(row for row in rows if row.case_key == key)
        return None

    def rows(self, metrics: bool = False, verify: bool = False) -> Iterator[Found | Damage]:
        """All stored cases, files first; a case may come twice. verify: read every byte of files.

        In this order a case that is packed in the meantime is seen at least once.
        """
        for path in self.loose():
            try:
                found = _read_loose(path, metrics, verify)
            except FileNotFoundError:
                continue
            except DAMAGE as error:
                yield Damage(path, str(error))
            else:
                yield found
        for shard in sorted(self.shards.glob("*.h5")):
            try:
                yield _read_shard(shard, metrics)
            except DAMAGE as error:
                yield Damage(shard, str(error))

    def set_aside(self, path: Path) -> Path:
        """Rename a damaged file, so that its cases are solved again and it can be looked at."""
        aside = path.with_name(path.name + _DAMAGED)
        with contextlib.suppress(OSError):
            path.rename(aside)
        return aside

    def remove_leftovers(self) -> None:
        """Half-written files of processes that were killed."""
        for folder in (self.folder, self.cases, self.shards):
            for part in folder.glob(".*.part"):
                with contextlib.suppress(OSError):
                    part.unlink()

    def pack(self, paths: Sequence[Path]) -> Path | None:
        """Put cases into one shard and remove their files; the shard, None where none was left."""
        contents = list(_contents(paths))
        if not contents:
            return None
        keys = [found.rows[0].case_key for found, _ in contents]
        digest = hashlib.sha256("".join(keys).encode()).hexdigest()[:KEY_IN_NAME]
        shard = self.shards / f"{digest}.h5"
        with written_whole(shard) as file:
            _write_shard(file, contents)
        for found, _ in contents:
            with contextlib.suppress(FileNotFoundError):
                found.path.unlink()
        to_disk(self.cases)
        return shard

    def _shard_with(self, key: str) -> Path | None:
        """The shard that has a case; a shard never changes, so each is looked into once."""
        if key not in self._shard_of:
            for shard in set(self.shards.glob("*.h5")) - self._read:
                with damage_named(shard), h5py.File(shard, "r", locking="best-effort") as file:
                    self._shard_of |= dict.fromkeys(map(str, file["cases"]), shard)  # type: ignore[call-overload, arg-type]
                self._read.add(shard)
        return self._shard_of.get(key)


def row_of(attributes: Any) -> Row:
    """The row in a case's attributes; what it lacks has its default."""
    given = {name: _KINDS[name](attributes[name]) for name in Row._fields if name in attributes}
    given.setdefault("case_name", given["case_key"][:KEY_IN_NAME])
    return Row(**given)


def _read_loose(path: Path, metrics: bool, verify: bool) -> Found:
    with h5py.File(path, "r", locking="best-effort") as file:
        if verify:
            file.visititems(lambda _, each: each[()] if isinstance(each, h5py.Dataset) else None)
        row = row_of(file.attrs)
        if not path.name.endswith(f".{row.case_key[:KEY_IN_NAME]}.h5"):
            raise ValueError(f"it holds case {row.case_key[:KEY_IN_NAME]}")
        values = read_metrics(file) if metrics else {}
        dims = {dim for metric in values.values() for dim in metric.dims}
        return Found([row], path, values, {dim: read_labels(file, dim) for dim in sorted(dims)})


def _read_shard(path: Path, metrics: bool) -> Found:
    with h5py.File(path, "r", locking="best-effort") as file:
        columns = []
        for name in Row._fields:
            data = file[f"rows/{name}"]
            text = h5py.check_string_dtype(data.dtype)  # type: ignore[union-attr]
            columns.append((data.asstr() if text else data)[()].tolist())  # type: ignore[union-attr, index]
        rows = [Row(*each) for each in zip(*columns, strict=True)]
        values = {}
        if metrics:
            for name, data in file["metrics"].items():  # type: ignore[union-attr]
                dims = dims_of_dataset(data)[1:]
                values[name] = Metric(np.asarray(data[()]), str(data.attrs["unit"]), dims)
        used = {dim for metric in values.values() for dim in metric.dims}
        return Found(rows, path, values, {dim: read_labels(file, dim) for dim in sorted(used)})


def _contents(paths: Iterable[Path]) -> Iterator[tuple[Found, bytes]]:
    for path in paths:
        try:
            image = path.read_bytes()
            with h5py.File(io.BytesIO(image), "r") as file:
                values = read_metrics(file)
                dims = {dim for metric in values.values() for dim in metric.dims}
                labels = {dim: read_labels(file, dim) for dim in sorted(dims)}
                yield Found([row_of(file.attrs)], path, values, labels), image
        except FileNotFoundError:
            continue
        except DAMAGE:
            continue  # it stays where it is, to be named and solved again


def _write_shard(file: h5py.File, contents: Sequence[tuple[Found, bytes]]) -> None:
    rows = [found.rows[0] for found, _ in contents]
    file.attrs.update({"schema": SCHEMA, "kind": "cases"})
    labels: dict[str, tuple[Any, ...]] = {"case": tuple(range(len(rows)))}
    for found, _ in contents:
        labels |= found.labels
    write_scales(file, labels)
    group = file.create_group("rows")
    for i, name in enumerate(Row._fields):
        column = [row[i] for row in rows]
        if isinstance(column[0], str):
            write_texts(group, name, [str(text) for text in column])
        else:
            write_array(group, name, np.array(column))
    group = file.create_group("metrics")
    for name, column in stacked([found.metrics for found, _ in contents]).items():
        write_array(group, name, np.asarray(column.value), column.unit, ("case", *column.dims))
    images = file.create_group("cases")
    for row, (_, image) in zip(rows, contents, strict=True):
        data = np.frombuffer(image, np.uint8)
        images.create_dataset(
            row.case_key, data=data, chunks=data.shape, compression="gzip", compression_opts=1,
            fletcher32=True,
        )  # fmt: skip


def stacked(metrics: Sequence[dict[str, Metric]]) -> dict[str, Metric]:
    """Metrics of many cases with a leading axis; NaN where a case has none. Dims: without it."""
    columns: dict[str, Metric] = {}
    for i, own in enumerate(metrics):
        for name, metric in own.items():
            if name not in columns:
                empty: NDArray[np.float64] = np.full(
                    (len(metrics), *np.shape(metric.value)), np.nan
                )
                columns[name] = Metric(empty, metric.unit, metric.dims)
            np.asarray(columns[name].value)[i] = metric.value
    return columns
