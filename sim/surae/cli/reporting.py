"""Stored strides become a report: which one is the baseline, and what each is called."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from surae._errors import UnusableInput
from surae.api import sensitivities
from surae.cli.case_names import case_name
from surae.cli.noise import NOISE_FLOOR
from surae.cli.result_files import is_healthy, strides_to_compare
from surae.cli.solving import without_weakness
from surae.cli.study_summary import drawn_strides, study_summary
from surae.files import normative
from surae.files.case_inputs import running_task
from surae.files.library import library_path
from surae.files.results import StoredStride
from surae.loads.validation import evaluate, read_targets
from surae.report.page import write_report
from surae.report.reported import BranchFound, ReportedStride
from surae.report.study_summary import StudySummary
from surae.report.worth_map import WorthMap, worth_map
from surae.sensitivity.numbers import all_numbers
from surae.sensitivity.worth import STRENGTH, worth_of
from surae.study.case import Case
from surae.study.provenance import provenance
from surae.study.store.plan_file import read_plan

LOAD = "achilles_peak_force"  # whose worth is told


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


def read_study(places: Sequence[Path]) -> tuple[list[StoredStride], StudySummary] | None:
    """Of one folder of a sweep: the strides that are drawn, and what is told of all cases."""
    plan = read_plan(places[0]) if len(places) == 1 and places[0].is_dir() else None
    if plan is None:
        return None
    summary = study_summary(places[0], plan)
    strides = drawn_strides(places[0], plan, summary)
    if not strides:
        raise UnusableInput(
            f"{places[0]} holds no solved case yet; see 'surae status {places[0]}'."
        )
    return strides, summary


def write(
    strides: Sequence[StoredStride],
    folder: Path,
    study: StudySummary | None = None,
    noise: Mapping[str, float] | None = None,
    worth: WorthMap | None = None,
) -> Path:
    """Write the report; its page. noise: where it is not in one of the strides themselves."""
    reported = reported_strides(strides)
    baseline = strides[0]
    targets = read_targets(library_path() / "models" / "validation" / "targets.csv")
    rows = evaluate(targets, [(float(baseline.gait.speed), baseline.metrics)])
    facts = {name: baseline.attributes.get(name, "") for name in (*provenance(), "case_key")}
    facts["input"] = baseline.attributes.get("input", "")
    paths = write_report(
        reported,
        folder,
        noise or noise_of(strides),
        facts,
        norms=normative,
        validation=rows,
        study=study,
        worth=worth,
    )
    return paths[0]


def worth_of_strengths(stride: StoredStride, load: str = LOAD) -> WorthMap:
    """What the strengths of a stride are worth, from its derivatives; refused where it has none."""
    task = running_task(stride.gait.runner, stride.case)
    numbers = all_numbers(stride.gait.runner, task, None)
    strengths = [number.name for number in numbers if number.name.startswith(STRENGTH)]
    found = sensitivities(stride, strengths, [load])
    if not found.attrs["valid"]:
        raise UnusableInput(f"{stride.path} has no derivatives: {found.attrs['reason']}.")
    runner, unit = stride.gait.runner, found[f"{load}_value"].attrs["unit"]
    return worth_map(runner, load, unit, worth_of(found, load))


def reported_strides(strides: Sequence[StoredStride]) -> list[ReportedStride]:
    """Strides as the report takes them."""
    return [
        ReportedStride(
            name, stride.gait, stride.metrics, _strength(stride.case), _branch(stride.attributes)
        )
        for name, stride in zip(stride_names(strides), strides, strict=True)
    ]


def noise_of(strides: Sequence[StoredStride]) -> dict[str, float]:
    """The noise floor that 'surae run --noise-floor' kept; the largest where several have one."""
    floors: dict[str, float] = {}
    for stride in strides:
        for name, spread in json.loads(str(stride.attributes.get(NOISE_FLOOR, "{}"))).items():
            floors[name] = max(spread, floors.get(name, 0.0))
    return floors


def _branch(attributes: Mapping[str, Any]) -> BranchFound | None:
    """What a sweep has found of this stride's branch."""
    word = str(attributes.get("branch", ""))
    return BranchFound(word, float(attributes.get("branch_mismatch", "nan"))) if word else None


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
