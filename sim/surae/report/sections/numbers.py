"""Every number of the strides that are drawn, what-if by what-if."""

from __future__ import annotations

from surae.report.markup import Section, details, number_cell, paragraph, table, words
from surae.report.subject import Subject
from surae.report.table import NOT_RESOLVED, RESOLVED, Comparison, Row, alone, cells, header


def section(subject: Subject) -> Section:
    """A table for each what-if; of a single stride, its own numbers. Not for paper: too long."""
    comparison = subject.comparison
    if not comparison.cases:
        body = details(f"All of {comparison.baseline}", _alone(comparison), printed=False)
    else:
        body = "".join(
            details(f"{comparison.baseline} and {name}", _pair(comparison, case), printed=False)
            for case, name in enumerate(comparison.cases)
        )
    text = "The same numbers lie beside this page as comparison.csv, .md and .txt."
    return Section("numbers", "Every number", "Numbers", paragraph(text, "quiet") + body)


def _alone(comparison: Comparison) -> str:
    heads = [words("Metric"), words("unit"), words(comparison.baseline, kind="num")]
    groups = [
        (title, [[words(a), words(b), number_cell(c)] for a, b, c in map(alone, rows)])
        for title, rows in comparison.sections
    ]
    return table(f"Metrics of {comparison.baseline}", heads, groups)


def _pair(comparison: Comparison, case: int) -> str:
    first, unit, *numbers, verdict = header(comparison, case)
    heads = [words(first.capitalize()), words(unit)]
    heads += [words(text, kind="num") for text in numbers] + [words(verdict)]
    groups = [(title, [_row(row, case) for row in rows]) for title, rows in comparison.sections]
    return table(f"{comparison.baseline} and {comparison.cases[case]}", heads, groups)


def _row(row: Row, case: int) -> list:
    name, unit, *numbers, verdict = cells(row, case)
    kind = {NOT_RESOLVED: "weak", RESOLVED: "strong"}.get(verdict, "")
    before, after, difference, percent, noise = numbers
    return [
        words(name),
        words(unit),
        number_cell(before),
        number_cell(after),
        number_cell(difference, kind=kind),
        number_cell(percent, kind=kind),
        number_cell(noise, kind="weak"),
        words(verdict, kind=kind),
    ]
