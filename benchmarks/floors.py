"""The noise floor of cases of solved studies: how much each effect moves when nothing of it should.

    .venv/bin/python benchmarks/floors.py results/habets_2017 --cases inhibition atrophy
    .venv/bin/python benchmarks/floors.py results/reverse --cases stiff_tendon --against healthy

What `surae run --noise-floor` does (study/noise.py), from the solved strides of a study and with
the healthy repetitions solved once for all cases that are compared with the same stride: a case
then takes a minute or two. Without `--cases` all cases that something else than a task is done to.

How to read it. One line a metric: the effect as asked, the largest and smallest of its repetitions,
the spread (largest departure, or what the way back leaves open), the effect over the spread, and
`resolved` where that is above three. `left` names repetitions that are not on the branch of their
own healthy stride (gait/branch.py); they are counted. `--json` keeps every repetition of every
metric.
"""

# ruff: noqa: E402 - threads are settled before JAX is loaded
from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from surae._runtime import keep_compiled_functions, keep_freed_memory, use_one_thread

use_one_thread()
keep_freed_memory()
keep_compiled_functions()

import numpy as np
from markdown_table import print_table, say

from surae.cli.noise import RESOLVED
from surae.cli.solving import without_weakness
from surae.files.case_inputs import prepare_task
from surae.files.results import StoredStride, open_result
from surae.study.case import Case
from surae.study.noise import STARTS, NoiseFloor, Repetitions

METRICS = ("achilles_peak_force", "achilles_impulse", "achilles_peak_strain")
HEADER = ("case", "against", "metric", "effect", "%", "from", "to", "spread", "ratio", "", "left")


def main() -> None:
    """Lines for each case; the healthy repetitions are shared."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("studies", type=Path, nargs="+", metavar="DIR")
    parser.add_argument("--cases", nargs="+", metavar="CASE", help="by name; default all")
    parser.add_argument("--against", metavar="CASE", help="default: each one's healthy partner")
    parser.add_argument("--metrics", nargs="+", default=METRICS, metavar="METRIC")
    parser.add_argument("--starts", type=int, default=STARTS, metavar="N", help="perturbed ones")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep all repetitions here")
    arguments = parser.parse_args()
    known: dict[Case, Repetitions] = {}
    rows: list[list[str]] = []
    kept: dict[str, Any] = {}
    for folder in arguments.studies:
        strides = solved_strides(folder)
        for name in arguments.cases or sorted(strides):
            if name not in strides:
                continue
            stride = strides[name]
            partner = partner_of(stride, strides, arguments.against)
            if partner is None or partner.case == stride.case:
                continue
            say(f"{folder.name}: {name} against {partner.attributes['case_name']}")
            floor = floor_of(stride, partner, known, arguments.starts)
            rows += lines_of(name, partner, floor, arguments.metrics)
            kept[f"{folder.name}/{name}"] = as_json(partner, floor)
            if arguments.json is not None:
                arguments.json.write_text(json.dumps(kept, indent=1), encoding="utf-8")
    print_table(HEADER, rows)


def solved_strides(folder: Path) -> dict[str, StoredStride]:
    """By name."""
    strides = [open_result(path) for path in sorted((folder / "cases").glob("*.h5"))]
    return {str(s.attributes["case_name"]): s for s in strides if s.gait.status == "solved"}


def partner_of(
    stride: StoredStride, strides: dict[str, StoredStride], against: str | None
) -> StoredStride | None:
    """The stride that was asked for, or that of the same task and parameters without weakness."""
    if against is not None:
        return strides.get(against)
    healthy = without_weakness(stride.case)
    return next((each for each in strides.values() if each.case == healthy), None)


def floor_of(
    stride: StoredStride,
    partner: StoredStride,
    known: dict[Case, Repetitions],
    starts: int = STARTS,
) -> NoiseFloor:
    """Of the difference between a case and its partner."""
    runner, task = prepare_task(partner.case)
    if partner.case not in known:
        known.clear()  # a solver of each mesh is 1 GB
        known[partner.case] = Repetitions(runner, task, partner.start, say, starts=starts)
    weakened, other = prepare_task(stride.case)
    same = task_of(stride.case) == task_of(partner.case)
    return known[partner.case].noise_floor(weakened, None if same else other)


def task_of(case: Case) -> tuple[object, ...]:
    """What of a case is not its runner."""
    return case.speed, case.mode, case.symmetry, case.stride_time, case.step_width, case.costs


def lines_of(
    name: str, partner: StoredStride, floor: NoiseFloor, metrics: list[str]
) -> list[list[str]]:
    """One line a metric, at the place where its effect is largest."""
    left = [v.name for v in floor.variants if v.solved and not v.followed]
    left += [f"{v.name} (not solved)" for v in floor.variants if not v.solved]
    lines = []
    for metric in metrics:
        base, *others = floor.variants
        difference = np.ravel(base.difference[metric])
        place = int(np.argmax(np.abs(difference)))
        effect = float(difference[place])
        level = float(np.ravel(base.healthy[metric])[place])
        moved = [float(np.ravel(v.difference[metric])[place]) for v in others if v.solved]
        spread = floor.spread[metric]
        ratio = abs(effect) / spread if spread > 0.0 else np.inf
        verdict = "resolved" if ratio > RESOLVED else "not resolved"
        figures = [f"{effect:+.4g}", f"{100 * effect / level:+.2f}"]
        figures += [f"{min(moved):+.4g}", f"{max(moved):+.4g}", f"{spread:.2g}", f"{ratio:.1f}"]
        where = str(partner.attributes["case_name"])
        lines.append([name, where, metric, *figures, verdict, ", ".join(left) or "-"])
        say(" ".join(lines[-1]))
    return lines


def as_json(partner: StoredStride, floor: NoiseFloor) -> dict[str, Any]:
    """Every repetition: per metric the healthy values and the differences, at every place."""
    return {
        "against": str(partner.attributes["case_name"]),
        "spread": dict(floor.spread),
        "closure": dict(floor.closure),
        "repetitions": {
            variant.name: {
                "solved": variant.solved,
                "followed": variant.followed,
                "mismatch": variant.mismatch,
                "healthy": {n: np.ravel(v).tolist() for n, v in variant.healthy.items()},
                "difference": {n: np.ravel(v).tolist() for n, v in variant.difference.items()},
            }
            for variant in floor.variants
        },
    }


if __name__ == "__main__":
    main()
