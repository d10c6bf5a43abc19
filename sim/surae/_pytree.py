"""Frozen records that JAX can walk through: one declaration gives a field its name, dims and unit.

A record is a frozen dataclass registered with JAX. `field("muscle", "N")` declares an array with
dims ("muscle",) in newtons; `static()` declares structure (names, topology) that is part of the
type of a traced function and never an array.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar, dataclass_transform

import jax

Record = TypeVar("Record")


def field(*dims_and_unit: str, default: Any = dataclasses.MISSING) -> Any:
    """Declare an array field: its dims, then its unit (the last argument; "1" is dimensionless)."""
    *dims, unit = dims_and_unit
    return dataclasses.field(default=default, metadata={"dims": tuple(dims), "unit": unit})


def static(default: Any = dataclasses.MISSING) -> Any:
    """Declare a hashable structural field (names, topology), constant under tracing."""
    return dataclasses.field(default=default, metadata={"static": True})


@dataclass_transform(frozen_default=True, field_specifiers=(field, static))
def pytree(cls: type[Record]) -> type[Record]:
    """Make `cls` a frozen dataclass whose non-static fields are pytree leaves or sub-trees."""
    cls = dataclasses.dataclass(frozen=True)(cls)
    fields = dataclasses.fields(cls)  # type: ignore[arg-type]
    meta = [f.name for f in fields if f.metadata.get("static")]
    data = [f.name for f in fields if not f.metadata.get("static")]
    jax.tree_util.register_dataclass(cls, data_fields=data, meta_fields=meta)
    return cls


def dims_of(record: Any, name: str) -> tuple[str, ...]:
    """Dims declared for field `name`; empty for sub-records and scalars."""
    return _metadata(record, name).get("dims", ())


def unit_of(record: Any, name: str) -> str:
    """Unit declared for field `name`; "1" where none was declared."""
    return _metadata(record, name).get("unit", "1")


def _metadata(record: Any, name: str) -> Any:
    return next(f.metadata for f in dataclasses.fields(record) if f.name == name)


def replace(record: Record, **changes: Any) -> Record:
    """A copy of a frozen record with some fields changed."""
    return dataclasses.replace(record, **changes)  # type: ignore[type-var]


def quantity(record: Any, name: str) -> Any:
    """A field of a record, or of a record in it: `skeleton.mass`; None where that is missing."""
    for part in name.split("."):
        record = getattr(record, part)
        if record is None:
            return None
    return record


def with_quantities(record: Record, changes: Mapping[str, Any]) -> Record:
    """A copy with other values of some quantities; records in which nothing changes are shared."""
    own: dict[str, Any] = {}
    for name, value in changes.items():
        first, _, rest = name.partition(".")
        own.setdefault(first, {})[rest] = value
    return replace(
        record,
        **{
            first: inner[""] if "" in inner else with_quantities(getattr(record, first), inner)
            for first, inner in own.items()
        },
    )


class Note:
    """Something carried along in a static field that must not tell two records' types apart.

    All notes are equal, so a function traced for one record serves another with another note.
    """

    __slots__ = ("value",)

    def __init__(self, value: Any = None) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Note)

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return f"Note({self.value!r})"
