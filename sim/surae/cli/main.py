"""The `surae` command: find the verb, run it, turn what went wrong into one line and a status.

Verbs import what is heavy when they run, so that help and typing errors cost nothing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from surae._errors import UnusableInput
from surae.cli import (
    animate,
    collect,
    doctor,
    export,
    import_model,
    models,
    report,
    run,
    sensitivity,
    status,
    submit,
    sweep,
    validate,
)
from surae.cli.arguments import OneLineParser
from surae.cli.exit_status import ExitStatus
from surae.runner.spelling import unknown_name

VERBS = {
    "run": run,
    "sweep": sweep,
    "submit": submit,
    "status": status,
    "collect": collect,
    "report": report,
    "animate": animate,
    "sensitivity": sensitivity,
    "validate": validate,
    "export": export,
    "import": import_model,
    "models": models,
    "doctor": doctor,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `surae` with these words (default: the command line's); the exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        status = _dispatch(words)
        sys.stdout.flush()
        return int(status)
    except UnusableInput as error:
        print(f"surae: {error}", file=sys.stderr)
        return ExitStatus.UNUSABLE_INPUT
    except KeyboardInterrupt:
        print("surae: interrupted before there was anything to keep.", file=sys.stderr)
        return ExitStatus.INTERRUPTED
    except BrokenPipeError:
        # Who read stdout (head, less) has seen enough; the flush at exit must not complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return ExitStatus.SOLVED


def build_parser() -> tuple[OneLineParser, dict[str, OneLineParser]]:
    """The parser of `surae`, and those of its verbs."""
    parser = OneLineParser(
        prog="surae",
        description="Predict one stride of running, and what weak or late muscles change in it.",
    )
    parser.add_argument("--version", action="version", version=f"surae {_version()}")
    verbs = parser.add_subparsers(title="verbs", dest="verb", metavar="VERB")
    by_name = {}
    for name, module in VERBS.items():
        verb = verbs.add_parser(
            name,
            help=module.SUMMARY,
            description=module.DESCRIPTION,
            epilog=module.EPILOG,
        )
        module.add_arguments(verb)
        by_name[name] = verb
    return parser, by_name


def _dispatch(words: list[str]) -> int:
    parser, verbs = build_parser()
    if not words:
        parser.print_help()
        return ExitStatus.SOLVED
    _check_verb(words[0])
    try:
        arguments, leftovers = parser.parse_known_args(words)
    except SystemExit as finished:  # --help and --version have printed what was asked for
        return int(finished.code or 0)
    verbs.get(words[0], parser).refuse_leftovers(leftovers)
    return VERBS[arguments.verb].command(arguments)


def _check_verb(word: str) -> None:
    if word.startswith("-") or word in VERBS:
        return
    raise UnusableInput(f"there is {unknown_name('verb', word, VERBS)}; see 'surae --help'.")


def _version() -> str:
    try:
        return version("surae")
    except PackageNotFoundError:
        return "(not installed)"


if __name__ == "__main__":
    sys.exit(main())
