"""`surae models`: what is in the library, and whether a model behaves like a body."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from surae.cli.exit_status import ExitStatus
from surae.cli.table import aligned

if TYPE_CHECKING:
    from surae.runner.anatomy import AnatomyRow

SUMMARY = "what is in the library; --check holds a model against anatomy"
DESCRIPTION = "List the models of the library, or hold one (or all) against anatomy."
EPILOG = """\
exit status: 0 all checks pass, 2 unusable model, 3 a check fails
example: surae models --check planar"""
# Fiber lengths are told over the normative stride at this speed, m/s.
_STRIDE_SPEED = 4.0
_STRIDE_SAMPLES = 50
_VERDICTS = {True: "ok", False: "FAILS", None: ""}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of this verb."""
    parser.add_argument(
        "--check",
        nargs="?",
        const="",
        metavar="NAME|FOLDER",
        help="body mass, symmetry, moment arms, strengths and fiber lengths (default: all models)",
    )
    parser.add_argument("--json", action="store_true", help="machine-readable, on stdout")


def command(arguments: argparse.Namespace) -> int:
    """Run this verb."""
    if arguments.check is None:
        return _list(arguments.json)
    return _check(arguments.check, arguments.json)


def _list(as_json: bool) -> int:
    from surae.files.model_folder import list_models

    models = list_models()
    if as_json:
        print(json.dumps([model._asdict() for model in models], indent=2))
        return ExitStatus.SOLVED
    rows = [(m.name, str(m.coordinates), str(m.muscles), m.description) for m in models]
    print(aligned([("model", "coordinates", "muscles", "description"), *rows], right=(1, 2)))
    return ExitStatus.SOLVED


def _check(name_or_path: str, as_json: bool) -> int:
    from surae.files.model_folder import list_models

    names = [name_or_path] if name_or_path else [model.name for model in list_models()]
    reports = {name: _report(name) for name in names}
    bad = sum(row.good is False for rows in reports.values() for row in rows)
    if as_json:
        described = {name: [row._asdict() for row in rows] for name, rows in reports.items()}
        print(json.dumps(described, indent=2))
    else:
        for name, rows in reports.items():
            print(_as_table(name, rows))
    if bad:
        print(f"{bad} checks fail: correct the model's files.", file=sys.stderr)
    return ExitStatus.NOT_CONVERGED if bad else ExitStatus.SOLVED


def _report(name: str) -> tuple[AnatomyRow, ...]:
    import jax.numpy as jnp

    from surae.files.model_folder import find_model
    from surae.files.model_runner import read_model
    from surae.files.normative import normative_stride
    from surae.gait.reference import evaluate
    from surae.runner.anatomy import anatomy_report

    model = read_model(find_model(name))
    for note in model.notes:
        print(f"{name}: {note}", file=sys.stderr)
    reference = normative_stride(_STRIDE_SPEED, model.runner.coordinate_names)
    phases = jnp.arange(_STRIDE_SAMPLES) / _STRIDE_SAMPLES
    stride = evaluate(reference, phases)[0]
    return anatomy_report(model.runner, model.moment_arm_signs, stride)


def _as_table(name: str, rows: tuple[AnatomyRow, ...]) -> str:
    lines = [(r.quantity, f"{r.value:.4g}", r.unit, r.allowed, _VERDICTS[r.good]) for r in rows]
    return aligned([(name, "value", "unit", "allowed", ""), *lines], right=(1,))
