"""Words of the command line become a Case."""

from __future__ import annotations

import argparse
import dataclasses
from typing import Any

from surae.gait.task import HELD_MODE
from surae.runner.dials import DIALS
from surae.study.case import Case, Change, Track


def case_from(arguments: argparse.Namespace) -> Case:
    """The case that the flags of `surae run` describe.

    Of mode fixed-kinematics, that of the stride which is held (see `cli.held`).
    """
    given: dict[str, Any] = {
        "model": arguments.model,
        "mode": _mode(arguments),
        "symmetry": arguments.symmetry,
        "scheme": arguments.scheme,
        "intervals": arguments.intervals,
        "stride_time": None if arguments.cadence is None else 2.0 / arguments.cadence,
        "step_width": arguments.step_width,
        "costs": dict(arguments.cost) or None,
    }
    track = _track(arguments)
    case = Case(
        changes=_changes(arguments),
        track=track,
        speed=Case.speed if arguments.speed is None else arguments.speed,
        **{name: value for name, value in given.items() if value is not None},
    )
    return case if track is None else dataclasses.replace(case, speed=_speed_of(track))


def _mode(arguments: argparse.Namespace) -> str | None:
    if arguments.mode != HELD_MODE:
        return arguments.mode
    return "track" if arguments.track else None


def _changes(arguments: argparse.Namespace) -> tuple[Change, ...]:
    """Parameters first: strength is what remains of the force that was set."""
    by_kind = {kind: getattr(arguments, kind) for kind in ("set", *DIALS)}
    return tuple(Change(kind, of, value) for kind, words in by_kind.items() for of, value in words)


def _track(arguments: argparse.Namespace) -> Track | None:
    if arguments.track is None:
        return None
    forces = arguments.ground_reaction
    return Track(
        kinematics=str(arguments.track),
        ground_reaction=None if forces is None else str(forces),
        start=arguments.start,
        end=arguments.end,
        speed=arguments.speed,
    )


def _speed_of(track: Track) -> float:
    """The speed of the measured run: as given for a treadmill, else that of the pelvis."""
    from surae.files.measured import measured_stride

    measured = measured_stride(
        track.kinematics, track.ground_reaction, track.speed, track.start, track.end
    )
    return float(measured.speed)
