"""The answer as sentences: what the peak Achilles force does in every what-if."""

from __future__ import annotations

import math

from surae.report.table import NOT_RESOLVED, RESOLVED, Comparison, Row, number

METRIC = "achilles_peak_force"
MOST_SENTENCES = 4


def headline(comparison: Comparison) -> list[str]:
    """One sentence for each what-if, for the last where there are many; each side apart."""
    rows = [row for row in comparison.rows if row.metric == METRIC]
    if not comparison.cases:
        return [
            f"{comparison.baseline}: {row.label} {number(row.baseline)} {row.unit}." for row in rows
        ]
    cases = list(range(len(comparison.cases)))
    if len(comparison.cases) > MOST_SENTENCES:
        cases = cases[-1:]  # the others are in the table right below
    return [_sentence(comparison, row, case) for case in cases for row in rows]


def _sentence(comparison: Comparison, row: Row, case: int) -> str:
    change = row.percent(case)
    if math.isnan(change):
        return f"{comparison.cases[case]}: no {row.label} to compare."
    levels = f"{number(row.baseline)} to {number(row.values[case])} {row.unit}"
    verb = "rises" if change > 0.0 else "falls"
    sentence = f"{comparison.cases[case]}: {row.label} {verb} by {abs(change):.2f} % ({levels})"
    if row.verdict(case) == NOT_RESOLVED:
        return f"{sentence}, which is {NOT_RESOLVED}: no change of the peak found."
    if row.verdict(case) == RESOLVED:
        return f"{sentence}, more than three times the noise floor."
    return f"{sentence}; its noise floor was not measured."
