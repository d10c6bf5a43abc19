"""What people call a case: what is changed, in words."""

from __future__ import annotations

from surae.study.case import Case

HEALTHY = "healthy"
# How a value of each dial is said, after the group's name.
_WORDS = {
    "strength": "{percent:g} %",
    "atrophy": "atrophied to {percent:g} %",
    "ceiling": "at most {percent:g} % excited",
    "delay": "{value:g} ms late",
    "advance": "{value:g} ms early",
    "drop": "{percent:g} % in early stance",
    "fatigue": "after {value:g} min",
}


def case_name(case: Case) -> str:
    """`healthy`, or what is changed: `gluteus maximus 70 %`."""
    words = []
    for change in case.changes:
        of = change.of.replace("_", " ")
        if change.kind in _WORDS:
            told = _WORDS[change.kind].format(value=change.value, percent=100.0 * change.value)
            words.append(f"{of} {told}")
    return ", ".join(words) or HEALTHY
