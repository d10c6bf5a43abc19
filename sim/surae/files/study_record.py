"""A study as the sweep takes it: its plan, settled, and the record of it with the cases' keys."""

from __future__ import annotations

from pathlib import Path

from surae.files.case_inputs import digests_of
from surae.files.study_file import read_study
from surae.study.case import case_key
from surae.study.plan import Plan, plan_of
from surae.study.store.plan_file import PlanRecord


def read_plan_of(path: str | Path) -> Plan:
    """The plan of a study file; its cases are settled: they hold from any folder."""
    return plan_of(read_study(path))


def record_of(plan: Plan) -> PlanRecord:
    """The plan as it is stored. Files that the cases read are digested once for all of them."""
    digests = digests_of(plan.base)
    numbers = range(plan.n)
    return PlanRecord(
        study=plan.name,
        question=plan.question,
        toml=plan.toml(),
        names=tuple(plan.name_of(number) for number in numbers),
        keys=tuple(case_key(plan.case(number), digests) for number in numbers),
        parents=plan.tree.parents,
        baselines=plan.baselines,
        place=plan.place,
        dims=plan.dims,
        labels=plan.labels,
        along=plan.along,
        units=plan.units,
    )
