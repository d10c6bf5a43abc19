"""TOML with line numbers: every refused key or value names its file, line and table."""

from __future__ import annotations

import contextlib
import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from surae._errors import UnusableInput
from surae.runner.units import unknown_key

_HEADER = re.compile(r"^\s*(\[\[?)\s*([A-Za-z0-9_.\-]+)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"^\s*\"?([A-Za-z0-9_\-]+)\"?\s*=")
Lines = dict[tuple[str, int, str], int]


@dataclass(frozen=True)
class TomlTable:
    """One table of a TOML file; the getters return checked values."""

    path: Path
    title: str  # `body 'pelvis'`, empty for the top level
    values: dict[str, Any]
    lines: dict[str, int]  # line of each key; "" is the table's own

    def where(self, key: str = "") -> str:
        """`model.toml, line 12`: the line of the key where it is known, else the table's."""
        line = self.lines.get(key, self.lines.get("", 0))
        return f"{self.path}, line {line}" if line else str(self.path)

    def refuse(self, key: str, complaint: str) -> NoReturn:
        """End with an error at `key`."""
        of = f" in {self.title}" if self.title else ""
        raise UnusableInput(f"{self.where(key)}{of}: {complaint}.")

    @contextlib.contextmanager
    def at(self, key: str = "") -> Iterator[None]:
        """A complaint about what is made of `key` gets its file and line."""
        try:
            yield
        except UnusableInput as error:
            self.refuse(key, str(error).rstrip("."))

    def allow(self, required: Iterable[str], optional: Iterable[str] = ()) -> None:
        """Refuse keys that are not allowed, and required ones that are not there."""
        required, optional = list(required), list(optional)
        for key in self.values:
            if key not in required and key not in optional:
                self.refuse(key, unknown_key("key", key, [*required, *optional]))
        for key in required:
            if key not in self.values:
                self.refuse("", f"key {key!r} is missing; add it")

    def number(self, key: str, low: float, high: float, default: float | None = None) -> float:
        """A finite number from `low` to `high`."""
        if key not in self.values and default is not None:
            return default
        return self._in_range(key, self._value(key), low, high)

    def whole(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """A whole number from `low` to `high`."""
        value = self.number(key, low, high, default)
        if value != int(value):
            self.refuse(key, f"{key} is {value:g}; give a whole number")
        return int(value)

    def numbers(
        self, key: str, count: int | None, limit: float, default: Sequence[float] | None = None
    ) -> tuple[float, ...]:
        """`count` finite numbers (None: any but none), each from -limit to limit."""
        if key not in self.values and default is not None:
            return tuple(default)
        given = self._value(key)
        many = "some" if count is None else count
        if not isinstance(given, list) or not given or count not in (None, len(given)):
            self.refuse(key, f"{key} is {_short(given)}; give {many} numbers in brackets")
        return tuple(self._in_range(key, value, -limit, limit) for value in given)

    def text(self, key: str, choices: Sequence[str] = (), default: str | None = None) -> str:
        """A text, one of `choices` where these are given."""
        if key not in self.values and default is not None:
            return default
        given = self._value(key)
        if not isinstance(given, str) or not given.strip():
            self.refuse(key, f"{key} is {_short(given)}; give a text in quotes")
        if choices and given not in choices:
            self.refuse(key, unknown_key(key, given, choices))
        return given

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts that is not empty and has no doubles."""
        given = self._value(key)
        if not isinstance(given, list) or not given or not all(isinstance(v, str) for v in given):
            self.refuse(key, f"{key} is {_short(given)}; give names in brackets and quotes")
        doubled = [name for name in given if given.count(name) > 1]
        if doubled:
            self.refuse(key, f"{key} names {doubled[0]!r} twice; name it once")
        return tuple(given)

    def flag(self, key: str, default: bool | None = None) -> bool:
        """true or false."""
        if key not in self.values and default is not None:
            return default
        given = self._value(key)
        if not isinstance(given, bool):
            self.refuse(key, f"{key} is {_short(given)}; write true or false")
        return given

    def entries(self, key: str) -> list[TomlTable]:
        """The tables of a list written in one value: `joint = [ {...}, {...} ]`."""
        given = self._value(key)
        if not isinstance(given, list) or not all(isinstance(v, dict) for v in given):
            self.refuse(key, f"{key} is {_short(given)}; give a list of {{...}} in brackets")
        line = {"": self.lines.get(key, self.lines.get("", 0))}
        return [TomlTable(self.path, self.title, value, line) for value in given]

    def _value(self, key: str) -> Any:
        if key not in self.values:
            self.refuse("", f"key {key!r} is missing; add it")
        return self.values[key]

    def _in_range(self, key: str, value: Any, low: float, high: float) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.refuse(key, f"{key} is {_short(value)}, which is no number; write one")
        if not low <= value <= high:  # also refuses nan
            self.refuse(key, f"{key} is {_short(value)}; allowed are {low:g} to {high:g}")
        return float(value)


@dataclass(frozen=True)
class TomlFile:
    """A TOML file whose tables are handed out one by one."""

    path: Path
    values: dict[str, Any]
    lines: Lines

    def top(self) -> TomlTable:
        """The keys above the first table; tables count as keys too."""
        return TomlTable(self.path, "", self.values, self._lines_of("", 0))

    def table(self, name: str) -> TomlTable:
        """The table `[name]`, empty where the file has none."""
        given = self.values.get(name, {})
        if not isinstance(given, dict):
            self.top().refuse(name, f"{name} must be a table; write it as [{name}]")
        return TomlTable(self.path, f"[{name}]", given, self._lines_of(name, 0))

    def tables(self, name: str, title_key: str = "name") -> list[TomlTable]:
        """All tables `[[name]]`, in file order."""
        given = self.values.get(name, [])
        if not isinstance(given, list) or not all(isinstance(v, dict) for v in given):
            self.top().refuse(name, f"{name} must be a list of tables; write each as [[{name}]]")
        return [
            TomlTable(
                self.path,
                f"{name} {value.get(title_key, number + 1)!r}",
                value,
                self._lines_of(name, number),
            )
            for number, value in enumerate(given)
        ]

    def _lines_of(self, table: str, number: int) -> dict[str, int]:
        return {k: line for (t, n, k), line in self.lines.items() if (t, n) == (table, number)}


def read_toml(path: Path) -> TomlFile:
    """Parse a TOML file; a broken one is refused with its line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise UnusableInput(f"{path} is not UTF-8 text; save it as UTF-8.") from None
    except OSError as error:
        raise UnusableInput(f"{path} cannot be read: {error.strerror}.") from None
    try:
        values = tomllib.loads(text)
    except ValueError as error:  # TOMLDecodeError, or an integer of thousands of digits
        raise UnusableInput(f"{path} is not valid TOML: {error}; correct that line.") from None
    return TomlFile(path, values, _line_numbers(text))


def _line_numbers(text: str) -> Lines:
    """Where each key stands: {(table, which one of its name, key): line}."""
    lines: Lines = {}
    table, number, counts = "", 0, {}
    for line, content in enumerate(text.splitlines(), start=1):
        header = _HEADER.match(content)
        if header:
            table = header[2]
            number = counts.get(table, 0) if header[1] == "[[" else 0
            counts[table] = number + 1
            lines.setdefault((table, number, ""), line)
            lines.setdefault(("", 0, table), line)
        elif key := _KEY.match(content):
            lines.setdefault((table, number, key[1]), line)
    return lines


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
