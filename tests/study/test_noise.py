"""The noise floor is the spread of a difference, not of a level."""

from __future__ import annotations

import dataclasses

import jax
import numpy as np
import pytest

from surae.files.case_inputs import prepare_task
from surae.gait.task import CostWeights
from surae.runner.weakness import weaken
from surae.study.case import Case
from surae.study.noise import Repetitions, Variant, _between, _spread, _ways


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


def test_half_of_the_way_takes_half_of_the_strength() -> None:
    runner, _ = prepare_task(Case(model="planar", speed=4.0))
    half = _between(runner, weaken(runner, "gluteus_maximus", 0.6), 0.5)
    expected = weaken(runner, "gluteus_maximus", 0.8)
    for ours, theirs in zip(*map(jax.tree.leaves, (half, expected)), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_a_fixed_cadence_is_not_fixed_to_another_and_no_pull_is_not_doubled() -> None:
    _, free = prepare_task(Case(model="planar", speed=4.0))
    fixed = dataclasses.replace(free, stride_time=0.7)
    alone = dataclasses.replace(free, costs=CostWeights(tracking=0.0, ground_reaction=0.0))
    names = [{name for name, _, _ in _ways(task, 0.65)} for task in (free, fixed, alone)]
    assert names[0] - names[1] == {"healthy cadence"}
    assert names[0] - names[2] == {"half the tracking", "twice the tracking"}
    ways = {name: task for name, _, task in _ways(free, 0.65)}
    assert ways["healthy cadence"](free).stride_time == 0.65
    assert ways["healthy cadence"](fixed).stride_time == 0.7
    assert ways["doubled mesh"](free).intervals == 2 * free.intervals
    assert ways["twice the tracking"](free).costs.tracking == 2.0 * free.costs.tracking


@pytest.mark.slow
def test_the_way_back_closes_and_starts_agree() -> None:
    runner, task = prepare_task(Case(model="planar", speed=4.0))
    ways = Repetitions(runner, task)
    floor = ways.noise_floor(weaken(runner, "gluteus_maximus", 0.8))
    assert all(v.solved and v.followed for v in floor.variants)
    level = float(np.max(floor.variants[0].healthy["achilles_peak_force"]))
    assert floor.closure["achilles_peak_force"] < 1e-3 * level
    starts = [v for v in floor.variants if v.name.startswith("start")]
    peaks = [float(np.max(v.healthy["achilles_peak_force"])) for v in starts]
    assert peaks == pytest.approx([level] * len(peaks), rel=5e-3)
    # A second what-if has the same healthy strides, and none at all has no effect.
    nothing = ways.noise_floor(runner)
    assert max(nothing.spread["achilles_peak_force"], nothing.closure["achilles_peak_force"]) < 1e-4
    other = {v.name: v.healthy["achilles_peak_force"] for v in nothing.variants}
    for v in floor.variants:
        np.testing.assert_array_equal(v.healthy["achilles_peak_force"], other[v.name])
