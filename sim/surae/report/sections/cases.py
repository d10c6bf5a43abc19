"""Every case of a study on one line, and those that failed with their reasons."""

from __future__ import annotations

import math

from surae.report.markup import Cell, Section, details, number_cell, paragraph, table, words
from surae.report.metric_order import label
from surae.report.study_summary import StudyCase, StudySummary
from surae.report.subject import Subject
from surae.report.table import not_resolved, number, percentage

METRICS = (
    "achilles_peak_force",
    "achilles_impulse",
    "achilles_peak_strain",
    "achilles_loading_rate",
    "peak_vertical_force",
    "step_frequency",
)
SHOWN, LISTED = 30, 300  # cases in the open table, and in all
_BRANCHES = {"followed": "followed", "left": "left"}


def every_case(subject: Subject) -> Section | None:
    """The table of a study's cases."""
    study = subject.study
    if study is None or not study.solved:
        return None
    metrics = [m for m in METRICS if any(m in case.effects for case in study.solved)]
    cases = sorted(study.solved, key=lambda case: not case.healthy)
    parts = [paragraph(_text(study, subject), "quiet")]
    parts.append(_table(subject, "Solved cases", cases[:SHOWN], metrics))
    more = cases[SHOWN:LISTED]
    if more:
        parts.append(details(f"{len(more)} more cases", _table(subject, "More", more, metrics)))
    if len(cases) > LISTED:
        parts.append(paragraph(f"{len(cases) - LISTED} others are in results.h5.", "quiet"))
    return Section("cases", "Every case", "Cases", "".join(parts))


def failures(subject: Subject) -> Section | None:
    """Cases without an answer, with what the solver says; strides that are no solution."""
    rows = [(s.name, s.gait.status, _remedy(s.gait)) for s in subject.strides if not s.solved]
    study = subject.study
    if study is not None:
        rows += [(c.name, c.status, c.reason) for c in study.failures]
    if not rows:
        text = "None: every stride of this report is a converged solution."
        if study is not None:
            text = f"None: all {len(study.cases)} cases are solved."
        return Section("failures", "Failures", "Failures", paragraph(text))
    cells = [
        [words(name), words(status), words(reason, kind="long")] for name, status, reason in rows
    ]
    heads = [words("Case"), words("status"), words("reason")]
    body = table("Cases without an answer", heads, [("", cells[:LISTED])])
    if len(rows) > LISTED:
        body += paragraph(f"{len(rows) - LISTED} others are named by 'surae status'.", "quiet")
    return Section("failures", "Failures", "Failures", body)


def _remedy(gait) -> str:
    report = gait.report
    if report is None:
        return ""
    worst = f"largest violation {report.constraint_violation:.1e} in {report.worst_constraint}"
    return "; ".join(part for part in (worst, report.status.remedy) if part)


def _text(study: StudySummary, subject: Subject) -> str:
    text = f"{len(study.solved)} of {len(study.cases)} cases are solved. Changes are those from "
    text += "each case's own healthy partner, of the larger side."
    if subject.noise:
        text += " Quiet numbers are not resolved: smaller than three noise floors."
    return text


def _table(
    subject: Subject,
    caption: str,
    cases: list[StudyCase] | tuple[StudyCase, ...],
    metrics: list[str],
) -> str:
    assert subject.study is not None
    units = subject.study.units
    heads = [words("Case")]
    heads += [words(label(m), f"({units.get(m, '1')})", kind="num") for m in metrics]
    heads += [words("branch")]
    rows = [
        [words(case.name), *(_effect(subject, case, m) for m in metrics), _branch(case)]
        for case in cases
    ]
    return table(caption, heads, [("", rows)])


def _effect(subject: Subject, case: StudyCase, metric: str) -> Cell:
    effect = case.effects.get(metric)
    if effect is None:
        return number_cell("-")
    if case.healthy:
        return number_cell(number(effect.value))
    noise = subject.floor(metric)
    kind = "" if noise is None else "weak" if not_resolved(effect.change, noise) else "strong"
    return number_cell(number(effect.value), percentage(effect.percent), kind=kind)


def _branch(case: StudyCase) -> Cell:
    if case.healthy and case.branch not in _BRANCHES:
        return words("healthy")
    word = _BRANCHES.get(case.branch, "not known")
    mismatch = "" if math.isnan(case.mismatch) else f"mismatch {case.mismatch:.2g}"
    return words(
        *(text for text in (word, mismatch) if text), kind="" if word == "followed" else "strong"
    )
