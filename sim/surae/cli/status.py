"""`surae status`: how far a study is, also while it runs on another machine."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from surae.cli.exit_status import ExitStatus

SUMMARY = "how far a study is: solved, running, failed with reasons, time left"
DESCRIPTION = """\
Look into the folder of a sweep, running or not, from any machine that sees it."""
EPILOG = """\
exit status: 0, 2 unusable input
example: surae status results/gluteal_output"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of this verb."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="the folder of a sweep")
    parser.add_argument("--left", action="store_true", help="print the number of cases left only")
    parser.add_argument("--json", action="store_true", help="a machine-readable summary on stdout")


def command(arguments: argparse.Namespace) -> int:
    """Run this verb."""
    from surae.cli.sweep_screen import summary
    from surae.study.store.live import read_lives
    from surae.study.store.plan_file import needed_plan
    from surae.study.store.shelf import Shelf
    from surae.study.sweep_folder import state_of

    plan = needed_plan(arguments.folder)
    state = state_of(plan, Shelf(arguments.folder))
    total = len(plan.keys)
    left = total - state.final
    if arguments.left:
        print(left)
        return ExitStatus.SOLVED
    lives = [live for live in read_lives(arguments.folder) if live.running_now()]
    failures = {row.case_name: row.reason or row.status for row in state.failures.values()}
    if arguments.json:
        told = {
            "study": plan.study,
            "total": total,
            "solved": len(state.solved),
            "failed": failures,
            "left": left,
            "running": [name for live in lives for name in live.running],
            "rate_per_s": sum(live.rate for live in lives),
            "time_left_s": _time_left(left, sum(live.rate for live in lives)),
            "left_branch": [row.case_name for row in state.left_branch],
            "old": [row.case_name for row in state.old],
            "damaged": [str(damage.path) for damage in state.damaged],
        }
        print(json.dumps(told, indent=2))
        return ExitStatus.SOLVED
    print(f"study {plan.study}: {len(state.solved)} of {total} solved, {len(failures)} failed")
    for live in lives:
        print(f"running on {live.host}, {live.ranks} ranks: {summary(live)}")
        if live.running:
            print(f"  now: {', '.join(live.running[:6])}{' ...' if len(live.running) > 6 else ''}")
    if left and not lives:
        print(f"not running; {left} left, the same 'surae sweep' command continues")
    for name, reason in failures.items():
        print(f"failed: {name}: {reason}")
    if state.left_branch:
        names = ", ".join(row.case_name for row in state.left_branch[:6])
        print(f"solved, and not on the branch of its start: {len(state.left_branch)} ({names})")
    if state.old:
        print(f"from an earlier form of the study, kept and not counted: {len(state.old)}")
    for damage in state.damaged:
        print(f"damaged, will be solved again: {damage.path} ({damage.why})")
    return ExitStatus.SOLVED


def _time_left(left: int, rate: float) -> float | None:
    return left / rate if rate else None
