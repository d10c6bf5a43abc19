"""The answer first: one sentence, what to beware of, and the loads side by side."""

from __future__ import annotations

import math

from surae.report.headline import headline, study_headline
from surae.report.markup import Cell, Section, number_cell, paragraph, table, words
from surae.report.metric_order import ANSWER
from surae.report.subject import Subject
from surae.report.table import NOT_RESOLVED, RESOLVED, Row, number, percentage


def section(subject: Subject) -> Section:
    """What the strides say about the load on the Achilles tendon."""
    strides, comparison = subject.strides, subject.comparison
    lines = (
        [study_headline(subject.study, subject.floor)]
        if subject.study is not None and subject.study.what_ifs
        else headline(comparison, [stride.branch for stride in strides[1:]])
    )
    question = subject.study.question if subject.study is not None else ""
    parts = [paragraph(question, "quiet")] if question else []
    parts += [paragraph(line, "lead") for line in lines]
    parts += [paragraph(line, "alert") for line in _warnings(subject)]
    parts += [_loads(subject), paragraph(_reading_help(subject), "quiet")]
    return Section("answer", "The answer", "Answer", "\n".join(parts))


def _warnings(subject: Subject) -> list[str]:
    lines = [
        f"{s.name} is not a solution ({s.gait.status}): read its numbers as those of an iterate."
        for s in subject.strides
        if not s.solved
    ]
    if subject.comparison.cases and not subject.noise:
        lines.append(
            "The noise floor was not measured for these strides: whether a difference stands out "
            "of the solver's noise is not known. 'surae run --noise-floor' measures it."
        )
    study = subject.study
    if study is not None and study.failures:
        lines.append(
            f"{len(study.failures)} of {len(study.cases)} cases have no answer; they are listed "
            "with their reasons under Failures."
        )
    if study is not None and study.strayed:
        names = ", ".join(case.name for case in study.strayed[:4])
        lines.append(
            f"Not on the branch of their start, hence no effect of the muscle alone: {names}"
            f"{' and others' if len(study.strayed) > 4 else ''}."
        )
    return lines


def _loads(subject: Subject) -> str:
    """Baseline and every what-if side by side, for the rows of the answer."""
    comparison = subject.comparison
    rows = [row for row in comparison.rows if row.section == ANSWER]
    noisy = any(row.noise is not None for row in rows)
    heads = [words("Load"), *(Cell((name,), "num") for name in (comparison.baseline,))]
    heads += [Cell((name,), "num") for name in comparison.cases]
    heads += [Cell(("noise floor",), "num")] if noisy else []
    lines = []
    for row in rows:
        cells = [words(f"{row.label} ({row.unit})"), number_cell(number(row.baseline))]
        cells += [_change(row, case) for case in range(len(comparison.cases))]
        if noisy:
            cells.append(number_cell("-" if row.noise is None else f"{row.noise:.2g}", kind="weak"))
        lines.append(cells)
    return table("Load on the Achilles tendon", heads, [("", lines)])


def _change(row: Row, case: int) -> Cell:
    """A what-if's value over its change, quiet where that is not resolved."""
    verdict = row.verdict(case)
    lines = [number(row.values[case]), percentage(row.percent(case))]
    lines += [verdict] if verdict == NOT_RESOLVED else []
    return number_cell(*lines, kind={NOT_RESOLVED: "weak", RESOLVED: "strong"}.get(verdict, ""))


def _reading_help(subject: Subject) -> str:
    arm = subject.strides[0].metrics.get("achilles_moment_arm_at_peak")
    arm = math.nan if arm is None else float(arm.value.max())
    text = (
        "Read the change before the level: published Achilles forces in running differ by a factor "
        "of two to three between methods."
    )
    if not math.isnan(arm):
        text += f" The moment arm at work here is {100.0 * arm:.1f} cm at peak force."
    text += (
        " Weighted impulses count load to a power, relative to 6 body weights: compare them "
        "between runners only. Nothing here says that a load is safe or unsafe."
    )
    if subject.comparison.cases and subject.noise:
        text += f' "{NOT_RESOLVED}" means smaller than three times the noise floor.'
    return text
