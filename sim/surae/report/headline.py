"""The answer as sentences: effect, noise floor, resolved or not, branch followed or not."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from surae.report.reported import BranchFound
from surae.report.study_summary import FOLLOWED, LEFT, StudySummary
from surae.report.table import (
    NOT_RESOLVED,
    RESOLVED,
    Comparison,
    Row,
    not_resolved,
    number,
    percentage,
)

METRIC = "achilles_peak_force"
MOST_SENTENCES = 4


def headline(comparison: Comparison, branches: Sequence[BranchFound | None] = ()) -> list[str]:
    """One sentence for each what-if, for the last where there are many; each side apart."""
    rows = [row for row in comparison.rows if row.metric == METRIC]
    if not comparison.cases:
        return [
            f"{comparison.baseline}: {row.label} {number(row.baseline)} {row.unit}." for row in rows
        ]
    cases = list(range(len(comparison.cases)))
    if len(comparison.cases) > MOST_SENTENCES:
        cases = cases[-1:]  # the others are in the table right below
    branches = branches or [None] * len(comparison.cases)
    return [_sentence(comparison, row, case, branches[case]) for case in cases for row in rows]


def _sentence(comparison: Comparison, row: Row, case: int, branch: BranchFound | None) -> str:
    change = row.percent(case)
    if math.isnan(change):
        return f"With {comparison.cases[case]} there is no {row.label} to compare."
    levels = f"{number(row.baseline)} to {number(row.values[case])} {row.unit}"
    verb = "rises" if change > 0.0 else "falls"
    sentence = (
        f"With {comparison.cases[case]}, the {row.label} {verb} by {abs(change):.2f} % ({levels})"
    )
    verdict = row.verdict(case)
    if verdict in (NOT_RESOLVED, RESOLVED):
        sentence += f"; the noise floor of this change is {row.noise:.2g} {row.unit}, so that it is"
        sentence += " resolved" if verdict == RESOLVED else f" {NOT_RESOLVED}"
    else:
        sentence += "; its noise floor was not measured"
    return f"{sentence}; {branch_words(branch)}."


def branch_words(branch: BranchFound | None) -> str:
    """Whether the what-if is still the same optimum, as part of a sentence."""
    if branch is None or branch.word not in (FOLLOWED, LEFT):
        return "whether it stayed on the branch of its start was not checked"
    mismatch = "" if math.isnan(branch.mismatch) else f" (mismatch {branch.mismatch:.2g})"
    if branch.word == FOLLOWED:
        return f"it stayed on the branch of its start{mismatch}"
    return f"it left the branch of its start{mismatch}, so that this is no effect of the muscle"


def study_headline(study: StudySummary, floor: Callable[[str], float | None]) -> str:
    """One sentence about all what-ifs: the largest change, and how far the others reach."""
    cases = [case for case in study.what_ifs if METRIC in case.effects]
    if not cases:
        return f"None of the {len(study.what_ifs)} what-ifs has an Achilles force to compare."
    changed = sorted(cases, key=lambda case: case.effects[METRIC].percent)
    largest = max(changed[0], changed[-1], key=lambda case: abs(case.effects[METRIC].percent))
    effect = largest.effects[METRIC]
    unit = study.units.get(METRIC, "BW")
    ends = [case.effects[METRIC].percent for case in (changed[0], changed[-1])]
    text = (
        f"Of {len(cases)} what-ifs, the peak Achilles force changes most with {largest.name}: "
        f"{percentage(effect.percent)} ({number(effect.healthy)} to {number(effect.value)} {unit})"
        f"; all lie between {percentage(ends[0])} and {percentage(ends[1])}"
    )
    noise = floor(METRIC)
    if noise is None:
        text += "; the noise floor was not measured, so that it is open which are resolved"
    else:
        resolved = [c for c in cases if not not_resolved(c.effects[METRIC].change, noise)]
        text += (
            f"; with a noise floor of {noise:.2g} {unit}, {len(resolved)} of {len(cases)} are "
            f"resolved, that one {'among them' if largest in resolved else 'is not'}"
        )
    followed = sum(case.branch == FOLLOWED for case in cases)
    every = "all" if followed == len(cases) else f"{followed} of {len(cases)}"
    return f"{text}; {every} stayed on the branch of their start."
