"""`surae run --noise-floor`: the effect beside the spread of its repetitions."""

from __future__ import annotations

import json

import numpy as np

from surae.cli.progress import shown
from surae.cli.solving import Session, without_weakness
from surae.cli.table import aligned
from surae.files.case_inputs import prepare_task
from surae.files.results import StoredStride
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
NOISE_FLOOR = "noise_floor"  # attribute of a result file: spread by metric, as JSON
RESOLVED = 3.0  # an effect counts from this many noise floors on


def measure(case: Case, healthy: StoredStride | None, session: Session) -> NoiseFloor:
    """Repeat a what-if under other meshes, schemes and starts.

    healthy: the stride that the what-if was compared with, which its repetitions start from.
    """
    weakened, task = prepare_task(case)
    runner, _ = prepare_task(without_weakness(case))
    start = None if healthy is None else healthy.start
    with shown(session.progress, "noise floor"):
        say, watched = session.progress.say, session.watched()
        return noise_floor(runner, weakened, task, start, say, watched)


def as_attribute(floor: NoiseFloor) -> dict[str, str]:
    """The spread as an attribute of the what-if's result file, where the report finds it."""
    spread = {name: value for name, value in floor.spread.items() if np.isfinite(value)}
    return {NOISE_FLOOR: json.dumps(spread)}


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
    text = aligned(rows, right=range(1, len(head) - 1))
    lost = [variant.name for variant in others if not variant.solved]
    left = [variant.name for variant in floor.variants if variant.solved and not variant.followed]
    if lost:
        text += f"\nnot solved, left out: {', '.join(lost)}"
    if left:
        text += f"\nnot on the branch of its healthy stride, counted: {', '.join(left)}"
    return text


def _largest(values: np.ndarray) -> float:
    """The entry of largest size, with its sign."""
    flat = np.ravel(values)
    return float(flat[np.argmax(np.abs(flat))])
