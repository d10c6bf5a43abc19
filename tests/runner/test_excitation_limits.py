"""Limits of excitation: where they hold, how smooth they are, and that each side has its own."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from surae._errors import UnusableInput
from surae._pytree import replace
from surae.runner.excitation_limits import (
    DROP_TIME,
    EDGE,
    LEAD,
    MARGIN,
    Bursts,
    ExcitationLimits,
    at_speed,
    check_bursts,
    excitation_ceiling,
    no_limits,
)

# Two muscles, right and left, and one that is never active; a stride of 0.64 s.
NAMES = ("vasti_r", "vasti_l", "soleus_r")
STRIDE, CONTACT, STANCE = 0.64, 0.05, 0.22
ONSET, OFFSET, EARLY = -0.01, 0.10, 0.6
BEFORE, AT_ONSET, AFTER, AT_OFFSET = 0.2, 0.15, 0.05, 0.04


def table(*of_muscles: float) -> jax.Array:
    """(muscle, speed) with values at 5 m/s a tenth larger than at 3 m/s."""
    return jnp.outer(jnp.asarray(of_muscles), jnp.asarray([1.0, 1.1]))


@pytest.fixture(scope="module")
def bursts() -> Bursts:
    return Bursts(
        speed=jnp.asarray([3.0, 5.0]),
        stride_time=jnp.full((3, 2), STRIDE),
        contact=jnp.asarray([[CONTACT] * 2, [CONTACT + STRIDE / 2] * 2, [CONTACT] * 2]),
        stance=jnp.full((3, 2), STANCE),
        onset=table(ONSET, ONSET, 0.0),
        offset=table(OFFSET, OFFSET, 0.0),
        level_before=table(BEFORE, BEFORE, 0.0),
        level_after=table(AFTER, AFTER, 0.0),
        level_at_onset=table(AT_ONSET, AT_ONSET, 0.0),
        level_at_offset=table(AT_OFFSET, AT_OFFSET, 0.0),
        early_peak=table(EARLY, EARLY, 0.0),
    )


def limited(**values: float) -> ExcitationLimits:
    return replace(no_limits(3), **{name: jnp.full(3, value) for name, value in values.items()})


def ceiling_at(bursts: Bursts, after_contact: np.ndarray, **values: float) -> np.ndarray:
    """Of the right muscle at times relative to right contact."""
    phases = jnp.asarray((CONTACT + after_contact) / STRIDE % 1.0)
    return np.asarray(excitation_ceiling(limited(**values), bursts, 3.0, None, phases))[0]


def test_a_healthy_muscle_has_no_limit(bursts):
    phases = jnp.linspace(0.0, 1.0, 200)
    assert np.all(excitation_ceiling(no_limits(3), bursts, 4.0, None, phases) == 1.0)
    assert np.all(excitation_ceiling(no_limits(3), None, 4.0, None, phases) == 1.0)


def test_a_late_muscle_is_held_until_then_and_free_an_edge_later(bursts):
    time = np.linspace(-0.3, 0.3, 6001)
    found = ceiling_at(bursts, time, delay=0.03)
    held = (time >= ONSET) & (time <= ONSET + 0.03)
    np.testing.assert_allclose(found[held], MARGIN * AT_ONSET, rtol=1e-12)
    before = (time >= ONSET - LEAD) & (time <= ONSET - EDGE)
    np.testing.assert_allclose(found[before], MARGIN * BEFORE, rtol=1e-12)
    free = (time < ONSET - LEAD - EDGE) | (time > ONSET + 0.03 + EDGE)
    assert np.all(found[free] == 1.0)


def test_an_early_end_holds_until_swing(bursts):
    time = np.linspace(-0.3, 0.3, 6001)
    found = ceiling_at(bursts, time, advance=0.02)
    held = (time >= OFFSET - 0.02) & (time <= OFFSET)
    np.testing.assert_allclose(found[held], MARGIN * AT_OFFSET, rtol=1e-12)
    after = (time >= OFFSET + EDGE) & (time < 0.3)
    np.testing.assert_allclose(found[after], MARGIN * AFTER, rtol=1e-12)
    assert np.all(found[time < OFFSET - 0.02 - EDGE] == 1.0)


def test_a_drop_takes_its_share_of_early_stance(bursts):
    time = np.linspace(-0.3, 0.3, 6001)
    found = ceiling_at(bursts, time, drop=0.5)
    held = (time >= 0.0) & (time <= DROP_TIME)
    np.testing.assert_allclose(found[held], MARGIN * 0.5 * EARLY, rtol=1e-12)
    assert np.all(found[(time < -EDGE) | (time > DROP_TIME + EDGE)] == 1.0)


def test_the_lowest_limit_holds(bursts):
    time = np.linspace(-0.3, 0.3, 601)
    each = {"ceiling": 0.3, "delay": 0.03, "advance": 0.02, "drop": 0.5}
    alone = [ceiling_at(bursts, time, **{name: value}) for name, value in each.items()]
    np.testing.assert_array_equal(ceiling_at(bursts, time, **each), np.min(alone, axis=0))


def test_left_is_right_half_a_stride_later(bursts):
    phases = jnp.arange(400) / 400
    found = excitation_ceiling(limited(delay=0.03, advance=0.02), bursts, 4.0, None, phases)
    np.testing.assert_allclose(found[1], np.roll(found[0], 200), atol=1e-9)
    assert np.ptp(found[0]) > 0.5
    assert np.all(found[2] == 1.0)  # never active: nothing to shift


def test_edges_have_continuous_curvature(bursts):
    time = np.linspace(ONSET, ONSET + 0.08, 8001)
    found = ceiling_at(bursts, time, delay=0.03)
    curvature = np.diff(found, 2) / (time[1] - time[0]) ** 2
    assert np.abs(np.diff(curvature)).max() < 0.01 * np.abs(curvature).max()


def test_a_given_cadence_keeps_the_phase_of_contact_and_the_milliseconds(bursts):
    limits, longer = limited(delay=0.03), 0.8
    phases = jnp.linspace(0.0, 1.0, 4001)
    found = np.asarray(excitation_ceiling(limits, bursts, 3.0, longer, phases))[0]
    after = (np.asarray(phases) - CONTACT / STRIDE) * longer
    held = (after >= ONSET) & (after <= ONSET + 0.03)
    assert np.all(found[held] < 0.2)
    assert np.all(found[(after > ONSET + 0.03 + EDGE) & (after < 0.3)] == 1.0)


def test_bursts_lie_between_those_of_the_nearest_speeds(bursts):
    for speed, factor in ((2.0, 1.0), (3.0, 1.0), (4.0, 1.05), (5.0, 1.1), (6.0, 1.1)):
        assert float(at_speed(bursts, speed)["offset"][0]) == pytest.approx(factor * OFFSET)


def test_limits_can_be_differentiated(bursts):
    phases = jnp.linspace(0.0, 1.0, 40)

    def total(delay: jax.Array, advance: jax.Array) -> jax.Array:
        limits = replace(no_limits(3), delay=jnp.full(3, delay), advance=jnp.full(3, advance))
        return jnp.sum(excitation_ceiling(limits, bursts, 3.7, None, phases) ** 2)

    check_grads(total, (0.031, 0.022), order=2, modes=["fwd", "rev"], eps=1e-6, rtol=1e-4)


def test_impossible_timing_is_refused_in_one_line(bursts):
    with pytest.raises(UnusableInput, match=r"no bursts\.csv.*tools/bursts\.py.*strength"):
        check_bursts("mine", NAMES, limited(delay=0.02), None)
    # The longest burst, of 5 m/s, is 121 ms.
    check_bursts("mine", NAMES, limited(delay=0.06, advance=0.055), bursts)
    with pytest.raises(UnusableInput, match=r"125 ms from vasti_r.*burst in stance lasts 121 ms"):
        check_bursts("mine", NAMES, limited(delay=0.07, advance=0.055), bursts)
    with pytest.raises(UnusableInput, match=r"115 ms from vasti_r.*110 ms at 3 m/s; take less"):
        check_bursts("mine", NAMES, limited(delay=0.06, advance=0.055), bursts, 3.0)
    quiet = replace(no_limits(3), delay=jnp.asarray([0.0, 0.0, 0.02]))
    with pytest.raises(UnusableInput, match=r"soleus_r of mine is not active in stance"):
        check_bursts("mine", NAMES, quiet, bursts)
    check_bursts("mine", NAMES, no_limits(3), None)
