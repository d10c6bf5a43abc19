"""CSV tables with line numbers: every refused column or cell names its file and line."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from surae._errors import UnusableInput
from surae.runner.spelling import unknown_name
from surae.runner.units import unknown_key


@dataclass(frozen=True)
class TableRow:
    """One row; the getters return checked cells."""

    path: Path
    line: int
    cells: dict[str, str]

    def refuse(self, complaint: str) -> NoReturn:
        """End with an error at this row."""
        raise UnusableInput(f"{self.path}, line {self.line}: {complaint}.")

    def text(self, column: str, choices: Sequence[str] = ()) -> str:
        """A cell that is not empty, one of `choices` where these are given."""
        given = self.cells[column]
        if not given:
            self.refuse(f"{column} is empty; fill it in")
        if choices and given not in choices:
            self.refuse(unknown_name(column, given, choices))
        return given

    def number(self, column: str, low: float, high: float, default: float | None = None) -> float:
        """A finite number from `low` to `high`; `default` where the column is absent."""
        if default is not None and column not in self.cells:
            return default
        given = self.text(column)
        try:
            value = float(given)
        except ValueError:
            self.refuse(f"{column} is {given!r}, which is no number; write one")
        if not math.isfinite(value) or not low <= value <= high:
            self.refuse(f"{column} is {given}; allowed are {low:g} to {high:g}")
        return value

    def power(self, column: str, high: int) -> int:
        """A whole number from 0 to `high`."""
        value = self.number(column, 0, high)
        if value != int(value):
            self.refuse(f"{column} is {value:g}; powers are whole numbers from 0 to {high}")
        return int(value)


def read_table(
    path: Path,
    required: Sequence[str],
    optional: Sequence[str] = (),
    *,
    may_be_empty: bool = False,
) -> list[TableRow]:
    """All rows of a CSV file that has the required columns and no unknown ones."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.reader(stream, strict=True)
            lines = [(reader.line_num, [c.strip() for c in cells]) for cells in reader]
    except UnicodeDecodeError:
        raise UnusableInput(f"{path} is not UTF-8 text; save it as UTF-8.") from None
    except OSError as error:
        raise UnusableInput(f"{path} cannot be read: {error.strerror}.") from None
    except csv.Error as error:
        raise UnusableInput(f"{path} is no valid CSV: {error}; correct the quotes.") from None
    lines = [(number, cells) for number, cells in lines if any(cells)]
    if not lines:
        raise UnusableInput(f"{path} is empty; its first line names {', '.join(required)}.")
    header = lines[0][1]
    _check_header(path, lines[0][0], header, required, optional)
    if len(lines) == 1 and not may_be_empty:
        raise UnusableInput(f"{path} has a header and no rows; add at least one row.")
    return [_row(path, number, header, cells) for number, cells in lines[1:]]


def read_header(path: Path) -> list[str]:
    """Names of the columns; empty where there is no such file."""
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as stream:
        return [cell.strip() for cell in next(csv.reader(stream), [])]


def _check_header(
    path: Path, line: int, header: list[str], required: Sequence[str], optional: Sequence[str]
) -> None:
    at = f"{path}, line {line}"
    for column in header:
        if header.count(column) > 1:
            raise UnusableInput(f"{at}: column {column!r} is there twice; keep one.")
        if column not in required and column not in optional:
            complaint = unknown_key("column", column, [*required, *optional])
            raise UnusableInput(f"{at}: {complaint}.")
    for column in required:
        if column not in header:
            raise UnusableInput(f"{at}: column {column!r} is missing; add it.")


def _row(path: Path, line: int, header: list[str], cells: list[str]) -> TableRow:
    if len(cells) != len(header):
        raise UnusableInput(
            f"{path}, line {line}: {len(cells)} cells where the header names {len(header)} "
            "columns; give one cell a column (and decimal points, not commas)."
        )
    return TableRow(path, line, dict(zip(header, cells, strict=True)))
