"""Files that appear whole or not at all, and damage told in one line."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from surae._errors import UnusableInput

_BLOCK = 1 << 16  # bytes by which a file in memory grows
SIGNATURE = b"\x89HDF\r\n\x1a\n"
# What h5py raises for a broken file, by what is broken in it.
DAMAGE = (OSError, KeyError, ValueError, TypeError, RuntimeError, AttributeError)


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[h5py.File]:
    """A new HDF5 file that takes its place at the end, and never half-written.

    It is made in memory, written beside its place, forced to disk, then renamed: whoever is killed
    at any moment leaves the old file or the new one. (On a full disk HDF5's own writing would
    leave objects that cannot be closed.)
    """
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    with h5py.File(
        path.name, "w", driver="core", backing_store=False, block_size=_BLOCK, track_order=True
    ) as file:
        yield file
        file.flush()
        image = file.id.get_file_image()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(image)
        to_disk(part)
        os.replace(part, path)
        to_disk(path.parent)
    except OSError as error:
        raise UnusableInput(
            f"{path} cannot be written: {error.strerror or error}; make room or give another "
            "place, what is finished is kept."
        ) from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


def to_disk(path: Path) -> None:
    """Force a file, or the names in a folder, out of the machine's memory."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError:
        # Some network file systems refuse this for folders; a lost file never passes unnoticed.
        if not path.is_dir():
            raise
    finally:
        os.close(handle)


@contextlib.contextmanager
def damage_named(path: Path | str, remedy: str = "solve the case again") -> Iterator[None]:
    """What h5py says of a broken file, as one line."""
    try:
        yield
    except UnusableInput:
        raise
    except DAMAGE as error:
        raise UnusableInput(
            f"{path} is damaged or cut short and cannot be used ({error}); {remedy}."
        ) from None


def is_hdf5(path: Path) -> bool:
    """Whether a file begins as HDF5 does."""
    try:
        with path.open("rb") as file:
            return file.read(len(SIGNATURE)) == SIGNATURE
    except OSError as error:
        raise UnusableInput(f"{path} cannot be read: {error.strerror}.") from None


def write_array(
    group: h5py.Group,
    name: str,
    values: NDArray[Any],
    unit: str = "1",
    dims: Sequence[str] = (),
    **options: Any,
) -> h5py.Dataset:
    """A dataset with its unit and dimension scales; a checksum tells damage from data."""
    checked = values.ndim > 0 and values.size > 0
    data = group.create_dataset(name, data=values, fletcher32=checked or None, **options)
    data.attrs["unit"] = unit
    for axis, dim in enumerate(dims):
        scales = group if dim in group else group.file
        data.dims[axis].attach_scale(scales[dim])
    return data


def write_texts(group: h5py.Group, name: str, values: Sequence[str], **options: Any) -> None:
    """Texts of any length."""
    texts = np.array(list(values), dtype=object)
    group.create_dataset(name, data=texts, dtype=h5py.string_dtype(), **options)


def write_scales(group: h5py.Group, labels: Mapping[str, Sequence[Any]]) -> None:
    """The names of the places along each dim, as dimension scales."""
    for name, places in labels.items():
        text = len(places) > 0 and isinstance(places[0], str)
        dtype = h5py.string_dtype() if text else np.asarray(places).dtype
        scale = group.create_dataset(name, data=list(places), dtype=dtype)
        scale.attrs["unit"] = "1"
        scale.make_scale(name)


def read_array(group: h5py.Group, name: str) -> NDArray[np.float64]:
    """Numbers."""
    return np.asarray(group[name][()], dtype=float)  # type: ignore[index]


def read_labels(group: h5py.Group, name: str) -> tuple[Any, ...]:
    """Texts or numbers along a dim."""
    data = group[name]
    assert isinstance(data, h5py.Dataset)
    return tuple(data.asstr()[()] if h5py.check_string_dtype(data.dtype) else data[()].tolist())


def dims_of_dataset(data: h5py.Dataset) -> tuple[str, ...]:
    """The names of the scales attached to a dataset."""
    return tuple(str(dim[0].name).rsplit("/", 1)[-1] for dim in data.dims)
