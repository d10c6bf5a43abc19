"""Verbs that are promised and not in this version: named in the help, refused in one line."""

from __future__ import annotations

VERBS = {
    "submit": "write and submit the Slurm job of a study",
    "status": "progress and failures of a study",
    "collect": "one results.h5 from all cases of a study",
    "sensitivity": "exact derivatives of the loads",
    "import": "an OpenSim model becomes a model folder",
    "export": "a result becomes OpenSim files",
}
_INSTEAD = {
    "submit": "run 'surae sweep' inside a job instead",
    "status": "run 'surae sweep' again: it says what is done and continues",
    "collect": "read DIR/cases/*.h5 instead",
    "sensitivity": "run 'surae run' with a changed --strength or --set and compare instead",
    "import": "write a model folder instead (docs/how_to_change.md)",
    "export": "read the HDF5 result instead (docs/files.md)",
}
EPILOG = "not in this version:\n" + "\n".join(f"  {v:<12}{what}" for v, what in VERBS.items())


def refusal(verb: str) -> str:
    """Why this verb does nothing yet, and what does."""
    return f"'{verb}' is not in this version; {_INSTEAD[verb]}."
