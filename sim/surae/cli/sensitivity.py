"""`surae sensitivity`: what each muscle's strength, and everything else, is worth to a load."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from surae._errors import UnusableInput
from surae.cli.arguments import count
from surae.cli.destination import check_folder
from surae.cli.exit_status import ExitStatus
from surae.cli.table import aligned

if TYPE_CHECKING:
    import xarray

    from surae.files.results import StoredStride
    from surae.sensitivity.worth import Worth

SUMMARY = "exact derivatives of the loads by muscles, body, speed, ground"
DESCRIPTION = """\
How the loads of one solved stride change with the strength of every muscle and group, with fibers,
tendons, masses, speed, contact and cost weights: exact derivatives, without another solve."""
EPILOG = """\
The table tells what happens to the load where each strength falls by 10 %, and where each other
parameter rises by 10 %, to first order; 'bounds' is how much of it hangs on excitations that hardly
press on their lowest value; 'floor' (with --floor) how much it moves on other meshes. --figure
shows the strengths alone.
exit status: 0 written, 2 unusable input, 3 the stride has no derivatives
example: surae sensitivity models/full/baselines/4.0_m_s.h5 --csv worth.csv"""
FIGURES = (".png", ".svg", ".pdf")
_PICTURE_HEIGHT = 1100  # pixels
_DEFAULT_LOAD = "achilles_peak_force"
_HEADER = ("parameter", "now", "unit", "10 % of it", "in %", "bounds")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of this verb."""
    parser.add_argument("result", type=Path, metavar="RESULT.h5", help="what 'surae run' wrote")
    parser.add_argument(
        "--load", default=_DEFAULT_LOAD, metavar="NAME", help=f"of the table: {_DEFAULT_LOAD}"
    )
    parser.add_argument(
        "--parameters", nargs="+", metavar="NAME", help="only these (strength.gluteals ...)"
    )
    parser.add_argument("--top", type=count, default=12, metavar="N", help="rows a part, 12")
    parser.add_argument("--floor", action="store_true", help="repeat on two other meshes")
    parser.add_argument("--csv", type=Path, metavar="FILE.csv", help="all loads by all parameters")
    parser.add_argument(
        "--figure",
        type=Path,
        metavar="FILE",
        help="FILE.png, .svg or .pdf: bars, and the body with its muscles in colors",
    )
    parser.add_argument("--json", action="store_true", help="machine-readable, on stdout")


def command(arguments: argparse.Namespace) -> int:
    """Run this verb."""
    if arguments.result.is_dir():
        raise UnusableInput(f"{arguments.result} is a folder; give one result file (*.h5).")
    _check_outputs(arguments)
    from surae._runtime import use_one_thread

    use_one_thread()
    from surae.api import open_result, sensitivities
    from surae.sensitivity.dataset import check_loads
    from surae.sensitivity.worth import worth_of, write_csv
    from surae.slope_floor import sensitivity_floor

    check_loads([arguments.load])
    stored = open_result(arguments.result)
    everything = arguments.csv is not None or arguments.json
    loads = None if everything else [arguments.load]
    found = sensitivities(stored, arguments.parameters, loads)
    if not found.attrs["valid"]:
        print(f"surae: no derivatives: {found.attrs['reason']}.", file=sys.stderr)
        return ExitStatus.NOT_CONVERGED
    floor = None
    if arguments.floor:
        floor = sensitivity_floor(stored, found, arguments.load)
    rows = worth_of(found, arguments.load, floor)
    if arguments.csv is not None:
        write_csv(found, arguments.csv, {} if floor is None else {arguments.load: floor})
    if arguments.figure is not None:
        _draw(stored, found, rows, arguments)
    if arguments.json:
        print(json.dumps(_summary(found), indent=2))
    else:
        _print(found, rows, arguments.load, arguments.top)
    return ExitStatus.SOLVED


def _check_outputs(arguments: argparse.Namespace) -> None:
    """Refuse names and places that cannot be written, and a figure of nothing."""
    for flag, endings in (("csv", (".csv",)), ("figure", FIGURES)):
        path = getattr(arguments, flag)
        if path is None:
            continue
        if path.suffix not in endings or path.is_dir():
            raise UnusableInput(
                f"--{flag} {path}; give a file name that ends in {' or '.join(endings)}."
            )
        check_folder(path.parent, f"--{flag} {path}")
    named = arguments.parameters
    if arguments.figure and named and not any(name.startswith("strength.") for name in named):
        raise UnusableInput(
            "--figure shows what strengths are worth, and --parameters names none; add some "
            "(strength.gluteals), or leave out --figure."
        )


def _draw(
    stored: StoredStride, found: xarray.Dataset, rows: list[Worth], arguments: argparse.Namespace
) -> None:
    from surae.loads.stride import prepare
    from surae.report import figures
    from surae.report.worth_map import body_pictures, worth_map
    from surae.sensitivity.worth import load_value

    gait, load = stored.gait, arguments.load
    chart = worth_map(gait.runner, load, found[f"{load}_value"].attrs["unit"], rows)
    pictures = body_pictures(chart, prepare(gait), _PICTURE_HEIGHT)
    value, unit = load_value(found, load), chart.unit
    title = f"{chart.title}, {value:.3g} {unit}: what each muscle's strength is worth"
    about = f"runner {gait.runner.name}, {float(gait.speed):g} m/s, {gait.mode}"
    drawn = figures.worth(chart, pictures, title, about, arguments.top)
    figures.save(drawn, arguments.figure)
    print(f"figure: {arguments.figure}", file=sys.stderr)


def _print(found: xarray.Dataset, rows: list[Worth], load: str, top: int) -> None:
    from surae.sensitivity.worth import load_value

    unit = found[f"{load}_value"].attrs["unit"]
    value = load_value(found, load)
    print(f"{load}: {value:.4g} {unit} (right side where it has sides)\n")
    for title, weaker in (("10 % weaker", True), ("10 % more", False)):
        chosen = [row for row in rows if row.is_strength == weaker][:top]
        if chosen:
            header = (*_HEADER[:3], f"{title} ({unit})", *_HEADER[4:])
            if chosen[0].floor is not None:
                header = (*header, "floor")
            print(aligned([header, *map(_cells, chosen)], right=(1, 3, 4, 5, 6)), end="\n\n")
    a = found.attrs
    print(
        f"{a['active_bounds']} bounds act, {a['weakly_active_bounds']} hardly do. To first order: "
        "for larger steps see a study (surae sweep)."
    )


def _cells(row: Worth) -> tuple[str, ...]:
    cells = (
        row.name,
        f"{row.value:.4g}",
        row.unit,
        f"{row.change:+.2g}",
        f"{row.percent:+.2f}",
        f"{row.spread:.1g}",
    )
    return cells if row.floor is None else (*cells, f"{row.floor:.1g}")


def _summary(found: xarray.Dataset) -> dict[str, Any]:
    names = found["parameter"].values.tolist()
    loads = [name for name in found.data_vars if f"{name}_value" in found]
    return {
        "attributes": dict(found.attrs),
        "parameters": {
            name: {"value": float(value), "unit": str(unit)}
            for name, value, unit in zip(
                names, found["parameter_value"].values, found["parameter_unit"].values, strict=True
            )
        },
        "loads": {
            str(load): {
                "unit": found[f"{load}_value"].attrs["unit"],
                "value": found[f"{load}_value"].values.tolist(),
                "derivative": dict(zip(names, found[load].values.tolist(), strict=True)),
                "spread": dict(zip(names, found[f"{load}_spread"].values.tolist(), strict=True)),
            }
            for load in loads
        },
    }
