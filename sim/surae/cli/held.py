"""`surae run --mode fixed-kinematics`: the stride to hold, and the case that holds it.

The stride is the one given with --guess, or that of the healthy runner of the same task, in mode
track where files of a measured run are given, else calibrated. What-if and healthy partner hold
the same stride, so that their difference is redistribution alone.
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import NamedTuple

from surae._errors import UnusableInput
from surae.cli.case_words import case_from
from surae.cli.solving import Prepared, Session, prepare, without_weakness
from surae.cli.start import Start, healthy_of, read_guess, start_of
from surae.files.results import StoredStride, open_result
from surae.gait.task import HELD_MODE
from surae.study.case import Case, cost_weights

# The weights that say how muscles share a motion; the rest of the cost depends on it alone.
_SHARING = ("effort", "exponent", "metabolic", "activation_rate", "motor")


class Held(NamedTuple):
    """The case that holds a stride, and its start (the free case where that is not solved)."""

    prepared: Prepared
    start: Start


def hold(arguments: argparse.Namespace, session: Session) -> Held:
    """Find or solve the stride, and everything that must be solved before the what-if."""
    free = case_from(arguments)
    checked = prepare(free)
    given = read_guess(arguments.guess, checked)
    if given is None:
        stride = healthy_of(prepare(without_weakness(free)), session)
        if stride.gait.status != "solved":
            return Held(checked, Start(gave_up=stride))
    else:
        stride = _stride_of(given)
    if not stride.same_inputs:
        session.progress.say(
            f"the model has changed since {stride.path} was solved; what its motion lacks now "
            "shows as reserves"
        )
    prepared = prepare(_holding(free, stride, arguments))
    healthy = without_weakness(prepared.case)
    partner = given is not None and given.attributes["case_key"] == prepare(healthy).key
    start = start_of(prepared, given if partner else None, session, near=stride)
    return Held(prepared, start)


def _stride_of(given: StoredStride) -> StoredStride:
    """The stride itself, or the one that it holds."""
    if given.case.stride is None:
        return given
    if not Path(given.case.stride).is_file():
        raise UnusableInput(
            f"--guess {given.path} holds the stride of {given.case.stride}, which is not there any "
            "more; give that stride's result."
        )
    return open_result(given.case.stride)


def _holding(free: Case, stride: StoredStride, arguments: argparse.Namespace) -> Case:
    """The case with the stride's own speed and mesh, wherever no flag asks for another."""
    own = stride.case
    asked = {name: weight for name, weight in arguments.cost if name in _SHARING}
    costs = {name: getattr(own.costs, name) for name in _SHARING} | asked
    follows = arguments.track is not None  # --speed is then the belt's
    return dataclasses.replace(
        free,
        mode=HELD_MODE,
        stride=str(stride.path),
        track=None,
        speed=free.speed if arguments.speed and not follows else own.speed,
        scheme=arguments.scheme or own.scheme,
        intervals=arguments.intervals or own.intervals,
        stride_time=None,
        step_width=None,
        costs=cost_weights(HELD_MODE, costs),
    )
