"""Verbs that are promised and not in this version: named in the help, refused in one line."""

from __future__ import annotations

VERBS = {
    "sensitivity": "exact derivatives of the loads",
}
_INSTEAD = {
    "sensitivity": "run 'surae run' with a changed --strength or --set and compare instead",
}
EPILOG = "not in this version:\n" + "\n".join(f"  {v:<12}{what}" for v, what in VERBS.items())


def refusal(verb: str) -> str:
    """Why this verb does nothing yet, and what does."""
    return f"'{verb}' is not in this version; {_INSTEAD[verb]}."
