"""When each muscle is active in stance, from a stride: what `delay` and `advance` shift.

Rule, with time relative to contact of the muscle's own foot:

* excitation is smoothed by a moving mean over 20 ms; its largest value between 150 ms before
  contact and the end of stance is the burst's peak, or the largest in stance where the burst of the
  first is over before contact; where the peak is below 0.05 there is no burst;
* to both sides of the peak the burst ends where the smoothed excitation falls below 25 % of it, or
  in a valley below half of it, from which it rises again by 5 % of it: there is another burst;
* levels are the largest excitations (not smoothed) in the windows where `delay` and `advance` hold
  a muscle down (runner.excitation_limits), the early peak that in the window of `drop`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from surae.gait.solution import GaitSolution
from surae.loads.gait_events import gait_events
from surae.runner.excitation_limits import DROP_TIME, EDGE, LEAD, TAIL

STEP = 0.001  # s, of the curves that are searched
SMOOTHING = 0.020  # s
EARLIEST = -0.150  # s, where the search for the peak begins
LEAST_PEAK = 0.05
# Of the peak: where a burst ends; below which a valley parts two bursts, and the rise behind it.
THRESHOLD, VALLEY, RISE = 0.25, 0.5, 0.05

Curve = Callable[[np.ndarray], np.ndarray]


def bursts_of(gait: GaitSolution) -> dict[str, dict[str, float]]:
    """By muscle the fields of `Bursts`; muscles without a burst are left out."""
    duration, time = float(gait.duration), np.asarray(gait.time)
    even = np.arange(round(duration / STEP)) * STEP
    force = np.asarray(gait.ground_reaction_force)[:, :, 1]
    vertical = np.column_stack([np.interp(even, time, f, period=duration) for f in force.T])
    events = gait_events(vertical, even, duration)
    found = {}
    for name, curve in zip(gait.runner.muscle_names, np.asarray(gait.excitation).T, strict=True):
        side = ("r", "l").index(name[-1])
        contact, stance = float(events.contact[side]), float(events.stance_time[side])

        def excitation(
            after: np.ndarray, contact: float = contact, curve: np.ndarray = curve
        ) -> np.ndarray:
            return np.interp(contact + after, time, curve, period=duration)

        burst = _burst(excitation, stance, duration)
        if burst is not None:
            found[name] = dict(stride_time=duration, contact=contact, stance=stance, **burst)
    return found


def _burst(excitation: Curve, stance: float, duration: float) -> dict[str, float] | None:
    after = np.arange(-0.5 * duration, duration, STEP)
    half = round(0.5 * SMOOTHING / STEP)
    smoothed = np.mean([excitation(after + k * STEP) for k in range(-half, half + 1)], axis=0)
    for earliest in (EARLIEST, 0.0):
        searched = np.flatnonzero((after >= earliest) & (after <= stance))
        top = int(searched[np.argmax(smoothed[searched])])
        before, behind = _end(smoothed[top::-1]), _end(smoothed[top:])
        if (
            smoothed[top] < LEAST_PEAK or before is None or behind is None
        ):  # never, or always active
            return None
        onset, offset = float(after[top - before]), float(after[top + behind])
        if offset > 0.0:
            break

    def largest(start: float, end: float) -> float:
        return float(np.max(excitation(np.arange(start, end + STEP, STEP))))

    return {
        "onset": onset,
        "offset": offset,
        "level_before": largest(onset - LEAD - EDGE, onset),
        "level_after": largest(offset, max(offset, stance) + TAIL + EDGE),
        "level_at_onset": largest(onset - EDGE, onset),
        "level_at_offset": largest(offset, offset + EDGE),
        "early_peak": largest(-EDGE, DROP_TIME + EDGE),
    }


def _end(course: np.ndarray) -> int | None:
    """Where a burst ends that begins with its peak; None where it goes on and on."""
    peak, valley = course[0], 0
    for place, level in enumerate(course):
        if level < THRESHOLD * peak:
            return place
        if level < course[valley]:
            valley = place
        elif course[valley] < VALLEY * peak and level > course[valley] + RISE * peak:
            return valley
    return None
