"""The figure of the README: change of the Achilles load against gluteal strength, full body.

    surae sweep experiments/gluteal_output/study.toml
    python benchmarks/floors.py results/gluteal_output --cases ... --json floors.json
    python tools/result_figure.py results/gluteal_output --floors floors.json

Bars are noise floors (study.noise), drawn where one was measured.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import xarray

import surae

OUT = Path("docs/figures/gluteal_output.png")
STRENGTHS = (80, 60, 40)
# Okabe and Ito's colors, which the color-blind can tell apart; markers say the same.
GROUPS = {
    "all_gluteals": ("all three", "#000000", "o"),
    "gluteus_medius": ("gluteus medius", "#0072B2", "s"),
    "gluteus_maximus": ("gluteus maximus", "#D55E00", "^"),
    "gluteus_minimus": ("gluteus minimus", "#009E73", "v"),
}
LOADS = {"achilles_peak_force": "peak force", "achilles_impulse": "impulse of a step"}


def main() -> None:
    """Read, draw, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", type=Path, metavar="DIR")
    parser.add_argument("--floors", type=Path, metavar="FILE", help="of benchmarks/floors.py")
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args()
    study = surae.open_study(arguments.study).sel(side="r")
    floors = json.loads(arguments.floors.read_text()) if arguments.floors else {}
    figure, panels = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    for panel, (load, label) in zip(panels, LOADS.items(), strict=True):
        draw(panel, study, floors, load)
        panel.set(xlabel="strength that remains, %", ylabel=f"change of Achilles {label}, %")
    panels[0].legend(frameon=False)
    figure.savefig(arguments.out, dpi=150, metadata={"Software": None})


def draw(panel: Any, study: xarray.Dataset, floors: dict[str, Any], load: str) -> None:
    """One line for each group, with the noise floors that are known."""
    healthy = float(study[load].sel(scenario="healthy"))
    panel.axhline(0, color="0.8", lw=0.8, zorder=0)
    for shift, (group, (name, color, marker)) in enumerate(GROUPS.items()):
        cases = [f"{group}_{strength}" for strength in STRENGTHS]
        changes = [float(study[f"{load}_change"].sel(scenario=case)) for case in cases]
        bars = [spread(floors, f"gluteal_output/{case}", load) for case in cases]
        panel.errorbar(
            np.array([100, *STRENGTHS]) + 0.6 * (shift - 1.5),
            100 * np.array([0.0, *changes]) / healthy,
            yerr=100 * np.array([0.0, *bars]) / healthy,
            color=color,
            marker=marker,
            capsize=3,
            label=name,
        )
    panel.set_xticks([100, *STRENGTHS])
    panel.invert_xaxis()
    panel.spines[["top", "right"]].set_visible(False)


def spread(floors: dict[str, Any], case: str, load: str) -> float:
    """The noise floor of a case, NaN where none was measured."""
    return floors[case]["spread"][load] if case in floors else np.nan


if __name__ == "__main__":
    main()
