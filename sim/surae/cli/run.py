"""`surae run`: one runner, one stride; with a weakness, the healthy runner's branch is followed."""

from __future__ import annotations

import argparse
from pathlib import Path

from surae.cli.arguments import assignment, count, number, numbered, one_of, positive
from surae.runner.dials import DIALS

SUMMARY = "one runner, one stride: a short table and a result file"
DESCRIPTION = """\
Solve one stride of one runner. With --strength or another change of muscles and without --guess,
the healthy runner is solved first (or found in results/), and the what-if starts from it."""
EPILOG = """\
GROUP is a muscle (soleus_r), a muscle of both sides (soleus) or a group of the model (gluteals,
gluteals_l). FRACTION is what remains: 0.7 means 30 % lost. Dials combine; each may be repeated.
exit status: 0 solved, 2 unusable input, 3 not converged (result kept), 130 interrupted (kept)
examples: surae run --speed 4 --out healthy.h5
          surae run --speed 4 --strength gluteus_maximus=0.7 --guess healthy.h5 --out weak.h5"""

# Held against surae.gait.task.MODES and surae.transcription.collocation.SCHEMES by tests: importing
# these here would start JAX for every typing error.
MODES = ("calibrated", "predict", "track", "fixed-kinematics")
SCHEMES = ("backward_euler", "radau2", "radau3", "trapezoid")
SYMMETRIES = ("half", "full")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of this verb."""
    parser.usage = "surae run [--FLAG VALUE ...]"
    _add_runner(parser.add_argument_group("runner and speed"))
    _add_measured(parser.add_argument_group("a measured stride to follow (--mode track)"))
    _add_numerics(parser.add_argument_group("costs and numerics"))
    _add_output(parser.add_argument_group("start and output"))


def command(arguments: argparse.Namespace) -> int:
    """Run this verb."""
    from surae.cli.run_command import run

    return run(arguments)


def _add_runner(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--model",
        default="planar",
        metavar="NAME|FOLDER",
        help="a model of the library (surae models) or a model folder; default planar",
    )
    group.add_argument(
        "--speed", type=positive, metavar="M_S", help="mean forward speed, m/s; default 4"
    )
    group.add_argument(
        "--mode",
        type=one_of("mode", MODES),
        metavar="MODE",
        help=f"{', '.join(MODES)}; default calibrated",
    )
    for kind, dial in DIALS.items():
        right = {"1": "FRACTION", "ms": "MS", "min": "MINUTES"}[dial.unit]
        group.add_argument(
            f"--{kind}",
            action="append",
            default=[],
            type=numbered("GROUP", right),
            metavar=f"GROUP={right}",
            help=dial.flag,
        )
    group.add_argument(
        "--set",
        action="append",
        default=[],
        type=assignment("PARAMETER", "VALUE"),
        metavar="PARAMETER=VALUE",
        help="a parameter, unit in the name: achilles.stiffness_N_mm=300; several times",
    )
    group.add_argument(
        "--cadence",
        type=positive,
        metavar="HZ",
        help="fixed step frequency; default free, in mode track the measured one",
    )
    group.add_argument(
        "--step-width",
        type=number,
        metavar="M",
        help="fixed step width, right minus left center of pressure; default free",
    )
    group.add_argument(
        "--symmetry",
        type=one_of("symmetry", SYMMETRIES),
        metavar="half|full",
        help="solve half a stride and mirror it, or all of it; default half where both sides are "
        "alike, full in mode track",
    )


def _add_measured(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--track", type=Path, metavar="KINEMATICS", help="inverse kinematics (.mot, .sto)"
    )
    group.add_argument(
        "--ground-reaction", type=Path, metavar="FILE", help="ground reaction of the same trial"
    )
    group.add_argument("--start", type=number, metavar="S", help="use the files from this time on")
    group.add_argument("--end", type=number, metavar="S", help="use the files up to this time")


def _add_numerics(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--cost",
        action="append",
        default=[],
        type=numbered("NAME", "WEIGHT"),
        metavar="NAME=WEIGHT",
        help="weight of a term of the cost; may be given several times",
    )
    group.add_argument(
        "--scheme",
        type=one_of("scheme", SCHEMES),
        metavar="SCHEME",
        help=f"{', '.join(SCHEMES)}",
    )
    group.add_argument("--intervals", type=count, metavar="N", help="mesh intervals a half stride")
    group.add_argument("--max-iterations", type=count, metavar="N", help="give up after so many")
    group.add_argument("--max-time", type=positive, metavar="S", help="give up after so long")
    group.add_argument(
        "--noise-floor",
        action="store_true",
        help="repeat on a finer mesh, with another scheme and from other starts",
    )


def _add_output(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--guess",
        type=Path,
        metavar="RESULT.h5|cold",
        help="start from this result, on its branch; cold: from the normative stride, not from "
        "the model's nearest baseline",
    )
    group.add_argument(
        "--out", type=Path, metavar="RESULT.h5", help="default results/run_KEY.h5, KEY by content"
    )
    group.add_argument("--json", action="store_true", help="a machine-readable summary on stdout")
    group.add_argument("--quiet", action="store_true", help="no progress on stderr")
