"""Stored strides become a report: which one is the baseline, and what each is called."""

from __future__ import annotations

import dataclasses
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from surae.cli.case_names import case_name
from surae.cli.result_files import is_healthy, strides_to_compare
from surae.cli.solving import without_weakness
from surae.files import normative
from surae.files.library import library_path
from surae.files.results import StoredStride
from surae.loads.validation import evaluate, read_targets
from surae.report.page import write_report
from surae.report.reported import ReportedStride
from surae.study.case import Case
from surae.study.provenance import provenance


def read_strides(places: Sequence[Path]) -> list[StoredStride]:
    """All strides of the largest family (one task, one healthy runner), the healthy one first."""
    strides = [stride for place in places for stride in strides_to_compare(place)]
    families = Counter(_family(stride.case) for stride in strides)
    largest = families.most_common(1)[0][0]
    ours = [stride for stride in strides if _family(stride.case) == largest]
    left_out = [stride.path.name for stride in strides if _family(stride.case) != largest]
    if left_out:
        print(
            f"left out, being of another model, speed or task: {', '.join(left_out)}",
            file=sys.stderr,
        )
    healthy_first = sorted(ours, key=lambda stride: not is_healthy(stride))
    return healthy_first


def write(strides: Sequence[StoredStride], folder: Path) -> Path:
    """Write the report; its page."""
    names = stride_names(strides)
    reported = [
        ReportedStride(name, stride.gait, stride.metrics, _strength(stride.case))
        for name, stride in zip(names, strides, strict=True)
    ]
    baseline = strides[0]
    targets = read_targets(library_path() / "models" / "validation" / "targets.csv")
    rows = evaluate(targets, [(float(baseline.gait.speed), baseline.metrics)])
    facts = {name: baseline.attributes.get(name, "") for name in (*provenance(), "case_key")}
    paths = write_report(reported, folder, provenance=facts, norms=normative, validation=rows)
    return paths[0]


def stride_names(strides: Sequence[StoredStride]) -> list[str]:
    """What people call each stride; strides of the same name also carry their file's."""
    names = [case_name(stride.case) for stride in strides]
    counts = Counter(names)
    return [
        name if counts[name] == 1 else f"{name} ({stride.path.stem})"
        for name, stride in zip(names, strides, strict=True)
    ]


def _strength(case: Case) -> float | None:
    """The fraction that remains where one strength is all that is changed; 1 if healthy."""
    weak = [change for change in case.changes if change.kind != "set"]
    if not weak:
        return 1.0
    return weak[0].value if len(weak) == 1 and weak[0].kind == "strength" else None


def _family(case: Case) -> str:
    """What a what-if shares with its healthy runner; symmetry follows from the what-if."""
    return dataclasses.replace(without_weakness(case), symmetry="auto").to_toml()
