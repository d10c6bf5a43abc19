"""`surae run --noise-floor`: the effect beside the spread of its repetitions."""

from __future__ import annotations

import numpy as np

from surae.cli.progress import shown
from surae.cli.solving import Session, without_weakness
from surae.cli.table import aligned
from surae.files.case_inputs import prepare_task
from surae.study.case import Case
from surae.study.noise import NoiseFloor, noise_floor

SHOWN = (
    "achilles_peak_force",
    "achilles_peak_strain",
    "achilles_impulse",
    "achilles_loading_rate",
    "peak_vertical_force",
    "stance_time",
    "step_frequency",
    "metabolic_power",
)
RESOLVED = 3.0  # an effect counts from this many noise floors on


def measure(case: Case, session: Session) -> NoiseFloor:
    """Repeat healthy and weakened under other meshes, schemes and starts."""
    weakened, task = prepare_task(case)
    healthy, _ = prepare_task(without_weakness(case))
    with shown(session.progress, "noise floor"):
        return noise_floor(healthy, weakened, task, session.progress.say, session.watched())


def noise_table(floor: NoiseFloor) -> str:
    """Difference by metric and repetition, the spread, and whether the effect stands out."""
    names = [name for name in SHOWN if name in floor.spread]
    base, *others = floor.variants
    solved = [variant for variant in others if variant.solved]
    head = ("difference", "as asked", *(v.name for v in solved), "way back", "spread", "verdict")
    rows: list[tuple[str, ...]] = [head]
    for name in names:
        effect = _largest(base.difference[name])
        spread = floor.spread[name]
        verdict = "resolved" if abs(effect) > RESOLVED * spread else "not resolved"
        values = [effect, *(_largest(v.difference[name]) for v in solved), floor.closure[name]]
        rows.append((name, *(f"{value:+.3g}" for value in values), f"{spread:.2g}", verdict))
    lost = [variant.name for variant in others if not variant.solved]
    text = aligned(rows, right=range(1, len(head) - 1))
    return text if not lost else f"{text}\nnot solved, left out: {', '.join(lost)}"


def _largest(values: np.ndarray) -> float:
    """The entry of largest size, with its sign."""
    flat = np.ravel(values)
    return float(flat[np.argmax(np.abs(flat))])
