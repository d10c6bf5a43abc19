"""The noise floor is the spread of a difference, not of a level."""

from __future__ import annotations

import numpy as np
import pytest

from surae.files.case_inputs import prepare_task
from surae.runner.weakness import weaken
from surae.study.case import Case
from surae.study.noise import Variant, _spread, noise_floor


def variant(name: str, healthy: float, difference: float, solved: bool = True) -> Variant:
    return Variant(name, solved, {"peak": np.array(healthy)}, {"peak": np.array([difference])})


def test_the_spread_ignores_levels_and_unsolved_repetitions() -> None:
    base = variant("as asked", 8.0, -0.10)
    others = [
        variant("doubled mesh", 9.0, -0.13),
        variant("start 1", 8.0, -0.09),
        variant("lost", 8.0, 5.0, solved=False),
    ]
    assert _spread([base, *others], {"peak": 0.001})["peak"] == pytest.approx(0.03)


def test_a_loop_that_does_not_close_is_noise() -> None:
    base, other = variant("as asked", 8.0, -0.1), variant("start 1", 8.0, -0.1)
    assert _spread([base, other], {"peak": 0.2})["peak"] == pytest.approx(0.2)


@pytest.mark.slow
def test_the_way_back_closes_and_starts_agree() -> None:
    runner, task = prepare_task(Case(model="planar", speed=4.0))
    floor = noise_floor(runner, weaken(runner, "gluteus_maximus", 0.8), task)
    assert all(v.solved for v in floor.variants)
    level = float(np.max(floor.variants[0].healthy["achilles_peak_force"]))
    assert floor.closure["achilles_peak_force"] < 1e-3 * level
    starts = [v for v in floor.variants if v.name.startswith("start")]
    peaks = [float(np.max(v.healthy["achilles_peak_force"])) for v in starts]
    assert peaks == pytest.approx([level] * len(peaks), rel=5e-3)
