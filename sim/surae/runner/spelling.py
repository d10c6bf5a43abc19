"""Did you mean ...: the known names nearest to one that nobody knows."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def unknown_name(kind: str, given: str, allowed: Iterable[str]) -> str:
    """`No muscle 'solues'; did you mean 'soleus'? Allowed are ...` for an error message."""
    names = list(allowed)
    nearest = nearest_name(given, names)
    hint = f" did you mean {nearest!r}?" if nearest else ""
    listed = f"allowed are {', '.join(names)}" if names else "there are none here"
    return f"no {kind} {given!r};{hint} {listed}"


def nearest_name(given: str, allowed: Iterable[str]) -> str | None:
    """The allowed name most like `given`, None where nothing is alike."""
    by_folded = {name.casefold(): name for name in allowed}
    found = difflib.get_close_matches(given.casefold(), list(by_folded), n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None
