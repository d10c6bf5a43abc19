"""Slopes at the healthy stride beside the curve that a study of strengths found.

    surae sweep experiments/gluteal_output/study.toml
    .venv/bin/python benchmarks/slopes.py results/gluteal_output [--load achilles_peak_force]

How to read it. For every group that the study weakens: the change of the load that it found at
each strength, over what is lost; the slope at full strength is what these tend to. `quadratic`:
the slope at full strength of the parabola through the healthy stride and the two mildest cases.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from markdown_table import print_table

import surae
from surae.files.results import StoredStride, open_result


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("study", type=Path, help="folder of a finished study")
    parser.add_argument("--load", default="achilles_peak_force")
    arguments = parser.parse_args()
    strides = [open_result(path) for path in sorted((arguments.study / "cases").glob("*.h5"))]
    healthy = next(stride for stride in strides if not stride.case.changes)
    weakened = by_group([s for s in strides if only_strength(s)])
    names = [f"strength.{group}" for group in weakened]
    found = surae.sensitivities(healthy, names, [arguments.load], check_bounds=False)
    level = value(healthy, arguments.load)
    rows = []
    for group, points in weakened.items():
        slope = float(found[arguments.load].sel(parameter=f"strength.{group}").values.ravel()[0])
        lost = np.array([1.0 - strength for strength, _ in points])
        change = np.array([value(stride, arguments.load) - level for _, stride in points])
        secants = ", ".join(f"{d / s:+.4f} ({s:.0%})" for s, d in zip(lost, change, strict=True))
        a, b = lost[:2]
        quadratic = (change[0] / a * b - change[1] / b * a) / (b - a) if len(lost) > 1 else np.nan
        rows.append([group, f"{-slope:+.4f}", f"{quadratic:+.4f}", secants])
    print_table(["group", "slope (exact)", "quadratic", "change over loss (loss)"], rows)


def only_strength(stride: StoredStride) -> bool:
    """Whether one group has less strength, and nothing else differs."""
    changes = stride.case.changes
    return len(changes) == 1 and changes[0].kind == "strength"


def by_group(strides: list[StoredStride]) -> dict[str, list[tuple[float, StoredStride]]]:
    """Strides by the group that they weaken, the mildest first."""
    groups: dict[str, list[tuple[float, StoredStride]]] = {}
    for stride in strides:
        change = stride.case.changes[0]
        groups.setdefault(change.of, []).append((change.value, stride))
    return {group: sorted(own, key=lambda each: -each[0]) for group, own in groups.items()}


def value(stride: StoredStride, load: str) -> float:
    """The load, of the right side where it has sides."""
    return float(np.ravel(stride.metrics[load].value)[0])


if __name__ == "__main__":
    main()
