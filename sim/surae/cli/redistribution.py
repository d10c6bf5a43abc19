"""What `surae run` tells of a motion that was held: who takes over, and what nobody could give."""

from __future__ import annotations

import numpy as np

from surae.cli.table import aligned
from surae.files.results import StoredStride

MOST = 8  # muscles shown
SMALLEST = 0.005  # change of a peak activation that is shown
# A reserve from here on is told as missing, N m/kg or N/kg; below, it is the price of a heavy but
# finite weight (docs/theory).
NOTED = 0.01
_SAME = 1e-6


def redistribution(stored: StoredStride, healthy: StoredStride | None) -> str:
    """Peak activations that changed most, and the reserves; as text."""
    lines = [f"motion held: {stored.attributes['reference']}"]
    if healthy is not None:
        lines.append(_who(stored, healthy))
    lines.append(missing_moments(stored))
    return "\n".join(line for line in lines if line)


def missing_moments(stored: StoredStride) -> str:
    """The largest reserve, or every coordinate for which one was needed."""
    reserves = np.asarray(stored.metrics["peak_reserve_moment"].value)
    names = stored.gait.runner.coordinate_names
    order = [i for i in np.argsort(-reserves, kind="stable") if reserves[i] > NOTED]
    if not order:
        most = int(np.argmax(reserves))
        return f"largest reserve: {reserves[most]:.1e} N m/kg in {names[most]}, none is needed"
    told = ", ".join(f"{names[i]} {reserves[i]:.2g}" for i in order)
    return f"muscles and motors cannot give all of this motion; missing, N m/kg (N/kg): {told}"


def _who(stored: StoredStride, healthy: StoredStride) -> str:
    before, after = (
        np.asarray(each.metrics["peak_activation"].value) for each in (healthy, stored)
    )
    names = stored.gait.runner.muscle_names
    change = after - before
    kept = [
        i
        for i in np.argsort(-np.abs(change), kind="stable")
        if abs(change[i]) >= SMALLEST and not _told_by_right(names, change, int(i))
    ]
    if not kept:
        return f"no peak activation changes by {SMALLEST:g}"
    rows = [("peak activation", "healthy", "this run", "difference")]
    for i in kept[:MOST]:
        rows.append((names[i], f"{before[i]:.3f}", f"{after[i]:.3f}", f"{change[i]:+.3f}"))
    return aligned(rows, right=(1, 2, 3))


def _told_by_right(names: tuple[str, ...], change: np.ndarray, place: int) -> bool:
    """Whether this is a left muscle that does what its right twin does."""
    twin = f"{names[place][:-2]}_r"
    if not names[place].endswith("_l") or twin not in names:
        return False
    return bool(abs(change[names.index(twin)] - change[place]) < _SAME)
