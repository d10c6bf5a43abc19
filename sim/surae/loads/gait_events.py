"""Contact and toe-off as a laboratory finds them: low-pass the force, then cross a threshold.

The same filter and threshold as in the measured strides that the results are compared with: a
2nd-order Butterworth run forward and backward (zero lag, cut-off corrected for the two passes),
15 Hz, then 30 N. The filter works on the harmonics of the stride, so it has no start-up transient.
"""

from __future__ import annotations

import numpy as np

from surae._pytree import field, pytree

FORCE_CUTOFF = 15.0  # Hz; what the smoothed force files of Hamner & Delp 2013 hold
CONTACT_THRESHOLD = 30.0  # N; as in our analysis of those files


@pytree
class GaitEvents:
    """One contact of each side in a stride; NaN where the force never crosses the threshold."""

    contact: np.ndarray = field("side", "s")
    toe_off: np.ndarray = field("side", "s")
    stance_time: np.ndarray = field("side", "s")


def low_pass(values: np.ndarray, duration: float, cutoff: float = FORCE_CUTOFF) -> np.ndarray:
    """Zero-lag low-pass of a periodic curve given at evenly spaced instants (first axis).

    A Butterworth filter of order 2 passed twice has gain 1 / (1 + (f / f0)^4); f0 is set for
    1 / sqrt(2) at the cut-off (Winter 2009, section 3.4.4.2).
    """
    values = np.asarray(values)
    frequency = np.fft.rfftfreq(len(values), duration / len(values))
    gain = 1.0 / (1.0 + (np.sqrt(2.0) - 1.0) * (frequency / cutoff) ** 4)
    gain = gain.reshape(-1, *(1,) * (values.ndim - 1))
    return np.fft.irfft(gain * np.fft.rfft(values, axis=0), n=len(values), axis=0)


def gait_events(
    vertical_force: np.ndarray,
    time: np.ndarray,
    duration: float,
    threshold: float = CONTACT_THRESHOLD,
) -> GaitEvents:
    """Events of each side from its vertical force (instant, side) at evenly spaced instants."""
    pairs = [_contact_interval(force, time, duration, threshold) for force in vertical_force.T]
    start, end = np.array(pairs).T
    return GaitEvents(contact=start % duration, toe_off=end % duration, stance_time=end - start)


def _contact_interval(
    force: np.ndarray, time: np.ndarray, duration: float, threshold: float
) -> tuple[float, float]:
    """Start and end of the interval above the threshold that carries the largest impulse."""
    above = force > threshold
    if above.all() or not above.any():
        return float("nan"), float("nan")
    # Begin where the foot is in the air, so that no contact is cut in two.
    first = int(np.argmin(above))
    force, clock = np.roll(force, -first), time[0] + duration / len(time) * np.arange(len(time) + 1)
    force = np.append(force, force[0])
    edges = np.diff((force > threshold).astype(int))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    impulses = [force[i : j + 2].sum() for i, j in zip(starts, ends, strict=True)]
    longest = int(np.argmax(impulses))
    start, end = (
        clock[i] + (threshold - force[i]) / (force[i + 1] - force[i]) * (clock[i + 1] - clock[i])
        for i in (starts[longest], ends[longest])
    )
    offset = time[first] - time[0]
    return float(start + offset), float(end + offset)
