"""Words on the command line become values, or one line that says what to write instead.

Everything here works without JAX: a mistyped flag is answered before anything heavy is imported.
"""

from __future__ import annotations

import argparse
import math
import shutil
from collections.abc import Callable, Iterable
from typing import NoReturn

from surae._errors import UnusableInput
from surae.runner.spelling import nearest_name, unknown_name


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Descriptions as written; flags with room for their help beside them."""

    def __init__(self, prog: str) -> None:
        width = min(100, shutil.get_terminal_size().columns)
        super().__init__(prog, max_help_position=30, width=width)


class OneLineParser(argparse.ArgumentParser):
    """argparse without its usage dump: what is wrong becomes UnusableInput, one line."""

    def __init__(self, **kwargs: object) -> None:
        # Abbreviated flags would make every new flag break someone's script.
        super().__init__(**kwargs, allow_abbrev=False, formatter_class=HelpFormatter)  # type: ignore

    def error(self, message: str) -> NoReturn:
        """Raise where argparse would print its usage and exit."""
        message = message.removeprefix("argument ").rstrip(".")
        end = "" if message.endswith("?") else ";"
        raise UnusableInput(f"{message}{end} see '{self.prog} --help'.")

    def refuse_leftovers(self, leftovers: list[str]) -> None:
        """What no flag and no place of this verb takes, with the nearest flag."""
        if not leftovers:
            return
        given = next((word for word in leftovers if word.startswith("-")), leftovers[0])
        flag = given.split("=", 1)[0]
        if not flag.startswith("-"):
            self.error(f"{given!r} is one word too many")
        nearest = nearest_name(flag, [word for word in self._option_string_actions if word])
        self.error(f"there is no {flag}" + (f"; did you mean {nearest}?" if nearest else ""))


def number(text: str) -> float:
    """A finite number."""
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number; give one") from None
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not finite; give a finite number")
    return value


def positive(text: str) -> float:
    """A finite number above zero."""
    value = number(text)
    if value <= 0.0:
        raise argparse.ArgumentTypeError(f"{value:g} is not above 0; give a number above 0")
    return value


def count(text: str) -> int:
    """A whole number above zero."""
    try:
        value = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number; give one") from None
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is below 1; give a whole number from 1 on")
    return value


def one_of(kind: str, allowed: Iterable[str]) -> Callable[[str], str]:
    """A word of a fixed set; another one is answered with its nearest neighbour."""
    names = tuple(allowed)

    def word(text: str) -> str:
        if text not in names:
            raise argparse.ArgumentTypeError(unknown_name(kind, text, names))
        return text

    return word


def assignment(left: str, right: str) -> Callable[[str], tuple[str, str]]:
    """NAME=VALUE, the value still as text."""

    def pair(text: str) -> tuple[str, str]:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not (equals and name and value):
            raise argparse.ArgumentTypeError(f"{text!r} is incomplete; write {left}={right}")
        return name, value

    return pair


def numbered(left: str, right: str) -> Callable[[str], tuple[str, float]]:
    """NAME=NUMBER."""
    pair = assignment(left, right)

    def named_number(text: str) -> tuple[str, float]:
        name, value = pair(text)
        try:
            return name, number(value)
        except argparse.ArgumentTypeError as error:
            raise argparse.ArgumentTypeError(f"{name}={value}: {error}") from None

    return named_number
