"""Zero-lag low-pass filter for measured curves: second-order Butterworth, forward and backward.

The cut-off is corrected for the two passes (Winter 2009, Biomechanics and Motor Control of Human
Movement, section 2.2.4.4), so that -3 dB falls at the frequency that is asked for.
`uniform_samples` brings the rows of a file to the uniform rate that the filter needs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.signal import butter, sosfiltfilt

from surae._errors import UnusableInput

_ORDER = 2
_FEWEST_ROWS = 20
_LONGEST_GAP = 0.03  # s, half a period of the 15 Hz that the filter passes
_TWO_PASS_CORRECTION = (np.sqrt(2.0) - 1.0) ** 0.25  # 0.802: Winter's C for two passes


def low_pass(
    values: NDArray[np.float64], sampling_rate: float, cutoff: float
) -> NDArray[np.float64]:
    """Filter along the first axis; `sampling_rate` and `cutoff` in Hz."""
    sections = _sections(sampling_rate, cutoff)
    pad = min(values.shape[0] - 1, int(np.ceil(sampling_rate / cutoff)) + 6)
    return np.asarray(sosfiltfilt(sections, values, axis=0, padlen=pad))


def low_pass_periodic(
    values: NDArray[np.float64], sampling_rate: float, cutoff: float
) -> NDArray[np.float64]:
    """The same for one period whose last sample comes one step before the first repeats."""
    n = values.shape[0]
    repeated = np.concatenate([values, values, values])
    return low_pass(repeated, sampling_rate, cutoff)[n : 2 * n]


def lowest_sampling_rate(cutoff: float) -> float:
    """The sampling rate (Hz) below which this cut-off cannot be filtered, with some margin."""
    return 2.1 * cutoff / _TWO_PASS_CORRECTION


def _sections(sampling_rate: float, cutoff: float) -> NDArray[np.float64]:
    corrected = cutoff / _TWO_PASS_CORRECTION
    return np.asarray(butter(_ORDER, corrected, fs=sampling_rate, output="sos"))


def uniform_samples(
    time: NDArray[np.float64],
    values: NDArray[np.float64],
    path: str,
    cutoff: float,
    *,
    start: float | None = None,
    end: float | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The rows of a file from `start` to `end` (s) at the uniform rate that the filter needs."""
    low = time[0] if start is None else start
    high = time[-1] if end is None else end
    keep = (time >= low - 1e-9) & (time <= high + 1e-9)
    if np.count_nonzero(keep) < _FEWEST_ROWS:
        raise UnusableInput(
            f"{path} has {np.count_nonzero(keep)} rows between {low:g} and {high:g} s (it covers "
            f"{time[0]:g} to {time[-1]:g} s); at least {_FEWEST_ROWS} are needed: change start "
            "and end, or give a longer file."
        )
    time, values = time[keep], values[keep]
    step = float(np.median(np.diff(time)))
    if 1.0 / step < lowest_sampling_rate(cutoff):
        raise UnusableInput(
            f"{path} is sampled at {1.0 / step:.0f} Hz; the {cutoff:g} Hz filter needs at least "
            f"{np.ceil(lowest_sampling_rate(cutoff)):.0f} Hz."
        )
    longest = float(np.diff(time).max())
    if longest > _LONGEST_GAP and longest > 3.0 * step:
        raise UnusableInput(
            f"{path} has a gap of {longest:.3f} s after {time[np.argmax(np.diff(time))]:g} s; its "
            f"rows come every {step:.4f} s: choose start and end so that no gap lies between."
        )
    uniform = np.linspace(time[0], time[-1], round((time[-1] - time[0]) / step) + 1)
    if uniform.size == time.size and np.abs(uniform - time).max() < 1e-2 * step:
        return uniform, values
    return uniform, np.asarray(CubicSpline(time, values, axis=0)(uniform))
