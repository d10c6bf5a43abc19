"""Highest excitation of every muscle over the stride: ceiling, later onset, earlier offset, drop.

A muscle that starts late is one whose excitation is held down until then. Bursts are those of a
healthy runner, relative to the contact of the muscle's own foot (bursts.csv of a model folder,
written by tools/bursts.py). With onset, offset and rest levels of the burst

    late:  the level at onset until onset + delay, from there rising to 1, and from onset - LEAD on
           no more than the level before;
    early: falling from 1 to the level at offset at offset - advance, and no more than the level
           after until TAIL after burst and stance have ended;
    drop:  `drop` times the healthy peak excitation, for DROP_TIME after contact.

Of several the lowest holds. Edges are C2 in phase, EDGE wide, outside of these intervals. Levels
are the largest healthy excitations: in LEAD and TAIL, and in an EDGE before onset and after offset.
Contact is a fixed phase of the stride, that of the healthy runner.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import Array

from surae import smooth
from surae._errors import UnusableInput
from surae._pytree import field, pytree

EDGE = 0.020  # s, over which a limit rises or falls
LEAD = 0.100  # s before onset, and
TAIL = 0.100  # s after burst and stance have ended, in which a burst can not be made up for
DROP_TIME = 0.100  # s after contact: Azevedo et al. (2009) saw gluteal EMG fall in this window
# Rest levels and peaks are raised by this much, so that a healthy muscle never touches them.
MARGIN = 1.05
# Above the lowest excitation: an interior for the solver.
LEAST_ROOM = 0.01


@pytree
class ExcitationLimits:
    """What is taken from each muscle's excitation; a healthy one has 1, 0, 0, 1."""

    ceiling: Array = field("muscle", "1")
    delay: Array = field("muscle", "s")
    advance: Array = field("muscle", "s")
    drop: Array = field("muscle", "1")


@pytree
class Bursts:
    """When each muscle is active in stance in a healthy runner, at several speeds.

    A muscle that never is has an offset equal to its onset. Onset and offset are relative to
    contact of the muscle's own foot, `contact` to the flight apex before right contact. Levels:
    largest excitations where these limits hold. early_peak: largest excitation in
    the window of `drop`.
    """

    speed: Array = field("speed", "m/s")
    stride_time: Array = field("muscle", "speed", "s")
    contact: Array = field("muscle", "speed", "s")
    stance: Array = field("muscle", "speed", "s")
    onset: Array = field("muscle", "speed", "s")
    offset: Array = field("muscle", "speed", "s")
    level_before: Array = field("muscle", "speed", "1")
    level_after: Array = field("muscle", "speed", "1")
    level_at_onset: Array = field("muscle", "speed", "1")
    level_at_offset: Array = field("muscle", "speed", "1")
    early_peak: Array = field("muscle", "speed", "1")


BURST_FIELDS = tuple(Bursts.__dataclass_fields__)[1:]


def no_limits(muscles: int) -> ExcitationLimits:
    """Those of a healthy runner."""
    ones, zeros = jnp.ones(muscles), jnp.zeros(muscles)
    return ExcitationLimits(ceiling=ones, delay=zeros, advance=zeros, drop=ones)


def excitation_ceiling(
    limits: ExcitationLimits,
    bursts: Bursts | None,
    speed: float | Array,
    stride_time: float | Array | None,
    phases: Array,
) -> Array:
    """Highest excitation (muscle, instant) at phases of the stride, 0 being its first apex.

    stride_time: s, None for the healthy runner's.
    """
    ceiling = jnp.broadcast_to(limits.ceiling[:, None], (len(limits.ceiling), len(phases)))
    if bursts is None:
        return ceiling
    own = at_speed(bursts, speed)
    period = own["stride_time"]
    contact_phase = own["contact"] / period
    if stride_time is not None:
        period = jnp.full_like(period, stride_time)
    after_contact = (phases[None] - contact_phase[:, None]) * period[:, None]
    for used, start, end, level in _held(limits, own):
        used = used & (own["offset"] > own["onset"])
        low = jnp.where(used, jnp.minimum(MARGIN * level, 1.0), 1.0)
        shut = _shut(after_contact, period, start, end)
        ceiling = jnp.minimum(ceiling, 1.0 - shut * (1.0 - low)[:, None])
    return ceiling


def _held(
    limits: ExcitationLimits, own: dict[str, Array]
) -> tuple[tuple[Array, Array, Array, Array], ...]:
    """Every gate: who has it, from when to when after contact, edges included, and its level."""
    onset, offset = own["onset"], own["offset"]
    begins, ends = onset + limits.delay + EDGE, offset - limits.advance - EDGE
    ended = jnp.maximum(offset, own["stance"]) + TAIL + EDGE
    late, early, dropped = limits.delay > 0.0, limits.advance > 0.0, limits.drop < 1.0
    contact = jnp.zeros_like(onset)
    return (
        (late, onset - EDGE, begins, own["level_at_onset"]),
        (late, onset - LEAD - EDGE, begins, own["level_before"]),
        (early, ends, offset + EDGE, own["level_at_offset"]),
        (early, ends, ended, own["level_after"]),
        (dropped, contact - EDGE, contact + DROP_TIME + EDGE, limits.drop * own["early_peak"]),
    )


def _shut(after_contact: Array, period: Array, start: Array, end: Array) -> Array:
    """How shut a gate is (muscle, instant), every stride: 1 but for an edge at both ends."""
    shut = jnp.zeros_like(after_contact)
    for turn in (-1.0, 0.0, 1.0):
        time = after_contact + turn * period[:, None]
        rise = smooth.ramp((time - start[:, None]) / EDGE)
        shut = shut + rise * smooth.ramp((end[:, None] - time) / EDGE)
    return jnp.minimum(shut, 1.0)


def at_speed(bursts: Bursts, speed: float | Array) -> dict[str, Array]:
    """Every field (muscle,) between the two nearest speeds; beyond the ends as at the end."""
    known = bursts.speed
    if len(known) == 1:
        return {name: getattr(bursts, name)[:, 0] for name in BURST_FIELDS}
    upper = jnp.clip(jnp.searchsorted(known, speed), 1, len(known) - 1)
    share = (jnp.clip(speed, known[0], known[-1]) - known[upper - 1]) / (
        known[upper] - known[upper - 1]
    )
    return {
        name: (1.0 - share) * getattr(bursts, name)[:, upper - 1]
        + share * getattr(bursts, name)[:, upper]
        for name in BURST_FIELDS
    }


def gated(limits: ExcitationLimits) -> np.ndarray:
    """Which muscles have a limit that is told relative to their burst (muscle,)."""
    late, early, drop = (np.asarray(x) for x in (limits.delay, limits.advance, limits.drop))
    return (late > 0.0) | (early > 0.0) | (drop < 1.0)


def check_bursts(
    name: str,
    muscles: tuple[str, ...],
    limits: ExcitationLimits,
    bursts: Bursts | None,
    speed: float | None = None,
) -> None:
    """Refuse timing without bursts to shift, and a shift as long as the burst.

    speed: where the runner is to run; None where that is not known yet, for the longest burst.
    """
    asked = gated(limits)
    if not asked.any():
        return
    if bursts is None:
        raise UnusableInput(
            f"{name} has no bursts.csv, which says when its muscles are active: delay, advance and "
            "drop need it; solve healthy strides and write it with tools/bursts.py, or use "
            "strength, atrophy or ceiling."
        )
    if speed is None:
        onset, offset = np.asarray(bursts.onset), np.asarray(bursts.offset)
        length = np.max(offset - onset, axis=1)
    else:
        own = at_speed(bursts, speed)
        length = np.asarray(own["offset"] - own["onset"])
    if not length[asked].any():
        quiet = muscles[int(np.flatnonzero(asked)[0])]
        raise UnusableInput(
            f"{quiet} of {name} is not active in stance, so there is no burst to delay, advance or "
            "drop; use strength, atrophy or ceiling."
        )
    cut = np.asarray(limits.delay) + np.asarray(limits.advance)
    for muscle in np.flatnonzero(asked & (length > 0.0) & (cut >= length)):
        at = "" if speed is None else f" at {speed:g} m/s"
        raise UnusableInput(
            f"delay and advance take {1e3 * cut[muscle]:.0f} ms from {muscles[muscle]}, whose "
            f"burst in stance lasts {1e3 * length[muscle]:.0f} ms{at}; take less."
        )
