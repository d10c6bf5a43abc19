"""A study as the sweep takes it: its plan, settled, and the record of it with the cases' keys."""

from __future__ import annotations

from pathlib import Path

from surae.files.case_inputs import digests_of, reads_bursts
from surae.files.study_file import read_study
from surae.study.case import Case, case_key
from surae.study.plan import Plan, plan_of
from surae.study.store.plan_file import PlanRecord


def read_plan_of(path: str | Path) -> Plan:
    """The plan of a study file; its cases are settled: they hold from any folder."""
    return plan_of(read_study(path))


def record_of(plan: Plan) -> PlanRecord:
    """The plan as it is stored. Files that cases read are digested once for all that read them."""
    digests: dict[bool, dict[str, str]] = {}

    def key(case: Case) -> str:
        shifted = reads_bursts(case)
        if shifted not in digests:
            digests[shifted] = digests_of(case)
        return case_key(case, digests[shifted])

    numbers = range(plan.n)
    return PlanRecord(
        study=plan.name,
        question=plan.question,
        toml=plan.toml(),
        names=tuple(plan.name_of(number) for number in numbers),
        keys=tuple(key(plan.case(number)) for number in numbers),
        parents=plan.tree.parents,
        baselines=plan.baselines,
        place=plan.place,
        dims=plan.dims,
        labels=plan.labels,
        along=plan.along,
        units=plan.units,
    )
