"""A model folder as text: model.toml from plain values, and CSV tables."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Value = Any  # number, text, truth, list of numbers or texts, or list of {key: value}


def toml_text(top: Mapping[str, Value], tables: Iterable[tuple[str, Mapping[str, Value]]]) -> str:
    """model.toml: the keys above the first table, then the tables, `[[body]]` or `[groups]`."""
    blocks = [_lines(top)]
    blocks += [f"{header}\n{_lines(values)}" for header, values in tables]
    return "\n\n".join(blocks) + "\n"


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A CSV table with a header."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return stream.getvalue()


def _lines(values: Mapping[str, Value]) -> str:
    return "\n".join(f"{key} = {_text(value)}" for key, value in values.items())


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=True)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(value or 0.0)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k} = {_text(v)}" for k, v in value.items()) + "}"
    items = [_text(item) for item in value]
    if value and isinstance(value[0], Mapping):
        return "[\n" + "".join(f"    {item},\n" for item in items) + "]"
    return "[" + ", ".join(items) + "]"
