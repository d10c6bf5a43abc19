"""What `surae validate` writes: a figure of the curves, and a page of the documentation."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from surae._errors import UnusableInput
from surae.cli.destination import check_folder

if TYPE_CHECKING:
    from surae.cli.curve_table import Compared
    from surae.files.results import StoredStride
    from surae.loads.validation import Row

_FACTS = ("model", "mode", "status", "surae_version", "git_commit", "created")


def check_outputs(figure: Path | None, page: Path | None, strides: int) -> None:
    """Refuse names and places that cannot be written, and more than one stride to draw."""
    for given, path, ending in (("--figure", figure, ".png"), ("--page", page, ".md")):
        if path is None:
            continue
        if path.suffix.lower() != ending or path.is_dir():
            raise UnusableInput(f"{given} {path}; give a file name that ends in {ending}.")
        check_folder(path.parent, f"{given} {path}")
        if strides != 1:
            raise UnusableInput(f"{given} is for one stride; these are {strides}: give RESULT.h5.")


def write_figure(compared: Compared, path: Path) -> None:
    """Draw the curves over the measured ones."""
    from surae.report.measured_figure import draw

    if not compared.rows:
        raise UnusableInput(f"No figure: {compared.reason}")
    print(f"figure: {draw(compared.stride, compared.rows, compared.bands, path)}", file=sys.stderr)


def write_page(
    stored: StoredStride,
    compared: Compared,
    rows: Sequence[Row],
    beside: Sequence[tuple[Compared, Sequence[Row]]],
    path: Path,
) -> None:
    """Write the page, with its figure beside it under the page's own name."""
    from surae.report.validation_page import score, validation_page

    figure = path.with_suffix(".png")
    if compared.rows:
        write_figure(compared, figure)
    scores = [score(_name(each), own, each.rows) for each, own in [(compared, rows), *beside]]
    names = " ".join(each.name for each, _ in beside)
    command = f"surae validate {stored.path.name}{f' --beside {names}' if names else ''}"
    known = {"command": f"{command} --page {path.name}", **facts(stored)}
    text = validation_page(known, scores, rows, compared.rows, figure.name)
    path.write_text(text, encoding="utf-8")
    print(f"page: {path}", file=sys.stderr)


def _name(compared: Compared) -> str:
    cadence = 2.0 / float(compared.stride.duration)
    what = (compared.mode, f"{compared.speed:g} m/s", f"{cadence:.2f} steps/s", compared.status)
    return f"{compared.name} ({', '.join(what)})"


def facts(stored: StoredStride) -> dict[str, str]:
    """Which result this is."""
    case, attributes = stored.case, stored.attributes
    named = {name: str(attributes.get(name, "")) for name in _FACTS}
    violation = float(attributes.get("constraint_violation", float("nan")))
    return {
        "file": stored.path.name,
        **{name.replace("_", " "): value for name, value in named.items()},
        "speed": f"{case.speed:g} m/s",
        "mesh": f"{case.scheme}, {case.intervals} intervals, {case.symmetry} stride",
        "constraint violation": f"{violation:.1e}",
        "case": " ".join(line for line in case.to_toml().splitlines() if line),
    }
