"""OpenSim tables in and out: .mot and .sto text files with a header, column names and rows.

The header ends with a line `endheader`; the next line names the columns, the first of which is
time. Angles are in degrees where the header says `inDegrees=yes` or "Angles are in degrees", and in
SIMM motion files that say nothing (as OpenSim's Storage reads them).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from surae._errors import UnusableInput

_HINT = "give an OpenSim .mot or .sto file"
_SIMM_MARK = "simm motion file header"
_LONGEST_HEADER = 500  # lines; OpenSim's headers have 5 to 20


@dataclass(frozen=True)
class Table:
    """Columns over time, in the units of the file."""

    names: tuple[str, ...]  # without time
    time: NDArray[np.float64]  # (instant) s, strictly increasing
    values: NDArray[np.float64]  # (instant, column)
    in_degrees: bool
    header: tuple[str, ...]  # lines above endheader
    path: str = ""

    def column(self, name: str) -> NDArray[np.float64]:
        """One column over time."""
        if name not in self.names:
            raise UnusableInput(
                f"{self.path} has no column {name!r}; its columns are {shortened(self.names)}."
            )
        return self.values[:, self.names.index(name)]


def read_table(path: str | Path, *, allow_gaps: bool = False) -> Table:
    """Read a .mot or .sto file.

    Any cell that is not a finite number is refused; with `allow_gaps` NaN and inf pass (as in the
    center of pressure of a foot in the air) and `require_finite` checks the columns in use.
    """
    lines = _text_lines(Path(path))
    end = _end_of_header(lines, path)
    header = tuple(line.strip() for line in lines[:end])
    body = [(i + 1, line) for i, line in enumerate(lines) if i > end and line.strip()]
    if not body:
        raise UnusableInput(f"{path} ends after its header, without column names; {_HINT}.")
    names = _column_names(body[0][1], header, path)
    numbers = _numbers(body[1:], names, header, path)
    table = Table(
        names=names[1:],
        time=numbers[:, 0],
        values=numbers[:, 1:],
        in_degrees=_in_degrees(header),
        header=header,
        path=str(path),
    )
    _check_time(table)
    if not allow_gaps:
        require_finite(table, table.names)
    return table


def require_finite(table: Table, names: tuple[str, ...]) -> None:
    """Refuse NaN and inf in the columns `names`."""
    for name in names:
        bad = np.flatnonzero(~np.isfinite(table.column(name)))
        if bad.size:
            raise UnusableInput(
                f"{table.path}: column {name!r} holds {table.column(name)[bad[0]]} at time "
                f"{table.time[bad[0]]:g} s ({bad.size} of {table.time.size} rows); every value "
                "must be a finite number: fill the gaps or cut the file to the rows without any."
            )


def write_table(
    path: str | Path,
    names: tuple[str, ...],
    time: ArrayLike,
    values: ArrayLike,
    *,
    in_degrees: bool = False,
    title: str = "",
) -> None:
    """Write a .mot or .sto file that OpenSim reads; values are written in the given units."""
    path = Path(path)
    if path.suffix not in (".mot", ".sto"):
        raise UnusableInput(f"Cannot write {path} as a table: name it .mot or .sto.")
    text = table_text(names, time, values, in_degrees=in_degrees, title=title or path.stem)
    try:
        path.write_text(text, encoding="ascii", newline="\n")
    except OSError as error:
        raise UnusableInput(f"Cannot write {path}: {error.strerror}; choose another.") from error


def table_text(
    names: tuple[str, ...],
    time: ArrayLike,
    values: ArrayLike,
    *,
    in_degrees: bool = False,
    title: str = "table",
    notes: Sequence[str] = (),
) -> str:
    """The text of a .mot or .sto file; `notes`: more lines `key=value` for its header."""
    time, values = np.asarray(time, float), np.asarray(values, float)
    if time.ndim != 1 or values.shape != (time.size, len(names)):
        raise UnusableInput(
            f"No table {title!r}: values have shape {values.shape}; {time.size} instants and "
            f"{len(names)} names need {(time.size, len(names))}."
        )
    header = [
        title,
        "version=1",
        f"nRows={time.size}",
        f"nColumns={len(names) + 1}",
        f"inDegrees={'yes' if in_degrees else 'no'}",
        *notes,
        "endheader",
        "\t".join(("time", *names)),
    ]
    rows = np.column_stack([time, values])
    body = ["\t".join(f"{x:.12g}" for x in row) for row in rows.tolist()]
    return "\n".join(header + body) + "\n"


def shortened(names: tuple[str, ...], at_most: int = 12) -> str:
    """Names for a message: the first few and how many more there are."""
    shown = ", ".join(names[:at_most])
    return shown + (f" and {len(names) - at_most} more" if len(names) > at_most else "")


def _text_lines(path: Path) -> list[str]:
    if not path.exists():
        raise UnusableInput(f"There is no file {path}; {_HINT}.")
    if not path.is_file():
        raise UnusableInput(f"{path} is not a file; {_HINT}.")
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UnusableInput(f"Cannot read {path}: {error.strerror}; {_HINT}.") from error
    if not raw.strip():
        raise UnusableInput(f"{path} is empty; {_HINT}.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise UnusableInput(f"{path} is not a text file; {_HINT}.")
    return text.splitlines()


def _end_of_header(lines: list[str], path: str | Path) -> int:
    for i, line in enumerate(lines[:_LONGEST_HEADER]):
        if line.strip().lower() == "endheader":
            return i
    raise UnusableInput(
        f"{path} has no line 'endheader', so it is no OpenSim table (its first line is "
        f"{lines[0].strip()[:40]!r}); {_HINT}."
    )


def _column_names(line: str, header: tuple[str, ...], path: str | Path) -> tuple[str, ...]:
    names = tuple(line.split("\t")) if "\t" in line.strip() else tuple(line.split())
    names = tuple(name.strip() for name in names)
    while names and not names[-1]:  # trailing tabs
        names = names[:-1]
    if not names or names[0].lower() != "time":
        raise UnusableInput(
            f"{path}: the first column is {names[0][:40]!r}; it must be 'time'. Put the column "
            "names in the line after 'endheader', time first."
        )
    twice = tuple(name for name, count in Counter(names).items() if count > 1)
    if twice:
        raise UnusableInput(
            f"{path}: column names given more than once: {shortened(twice)}; each name may appear "
            "once: rename or delete the others."
        )
    if len(names) == 1:
        raise UnusableInput(f"{path} has no column but time; {_HINT} with data.")
    declared = _declared(header, "ncolumns", "datacolumns")
    if declared is not None and declared != len(names):
        raise UnusableInput(
            f"{path}: the header promises {declared} columns, {len(names)} are named; make the "
            "two agree (time counts)."
        )
    return names


def _numbers(
    rows: list[tuple[int, str]], names: tuple[str, ...], header: tuple[str, ...], path: str | Path
) -> NDArray[np.float64]:
    cells = [line.split() for _, line in rows]
    for (number, _), row in zip(rows, cells, strict=True):
        if len(row) != len(names):
            raise UnusableInput(
                f"{path}, line {number}: {len(row)} values for {len(names)} columns; every row "
                "needs one number for each column."
            )
    declared = _declared(header, "nrows", "datarows")
    if declared is not None and declared > len(cells):
        raise UnusableInput(
            f"{path}: the header promises {declared} rows, {len(cells)} are there; the file was "
            "cut off: export it again, or correct the header."
        )
    if len(cells) < 2:
        raise UnusableInput(f"{path} has {len(cells)} rows of data; at least 2 are needed.")
    try:
        return np.asarray(cells, dtype=np.float64)
    except ValueError:
        pass
    for (number, _), row in zip(rows, cells, strict=True):
        for name, cell in zip(names, row, strict=True):
            if not _is_number(cell):
                raise UnusableInput(
                    f"{path}, line {number}, column {name!r}: {cell[:40]!r} is not a number; "
                    "every cell must be one (with a point, not a comma)."
                )
    raise UnusableInput(f"{path} holds cells that are not numbers; {_HINT}.")


def _check_time(table: Table) -> None:
    bad = np.flatnonzero(~np.isfinite(table.time))
    if bad.size:
        raise UnusableInput(
            f"{table.path}: time is {table.time[bad[0]]} in data row {bad[0] + 1}; it must be a "
            "finite number in every row."
        )
    back = np.flatnonzero(np.diff(table.time) <= 0.0)
    if back.size:
        i = back[0]
        raise UnusableInput(
            f"{table.path}: time goes from {table.time[i]:g} to {table.time[i + 1]:g} s in data "
            f"row {i + 2}; it must increase in every row: sort the rows and delete doubles."
        )


def _in_degrees(header: tuple[str, ...]) -> bool:
    text = "\n".join(header).lower()
    stated = re.search(r"indegrees\s*=\s*(yes|no|true|false|1|0)\b", text)
    if stated:
        return stated.group(1) in ("yes", "true", "1")
    if "angles are in degrees" in text:
        return True
    if "angles are in radians" in text:
        return False
    named = any(line.lower().startswith("name ") for line in header)
    return _SIMM_MARK in text or (named and "version=" not in text)


def _declared(header: tuple[str, ...], *keys: str) -> int | None:
    for line in header:
        match = re.fullmatch(r"(\w+)\s*[=\s]\s*(\d+)", line.strip())
        if match and match.group(1).lower() in keys:
            return int(match.group(2))
    return None


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
