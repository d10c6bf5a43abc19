"""Muscle-tendon lengths and moment arms of an OpenSim model at many poses.

OpenSim's moment arm is how fast the path shortens when its coordinate moves at 1 rad/s, so that one
look at the speeds of all muscles gives their moment arms about a coordinate. Where that is not what
computeMomentArm says (two wrapping surfaces at work), computeMomentArm is used. Whether length and
moment arm agree is checked by a difference of lengths along one random direction in each pose.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surae.files.osim.ranges import Poses
from surae.files.osim.source import Source

Progress = Callable[[str, float], None]  # what is being done, how far (0 to 1)
# Beyond this, m, a length and a moment arm (per rad) contradict each other.
MISMATCH_M = 1e-4
# A muscle spans a coordinate if its length changes by more than this, m, when it moves by twice the
# step, rad, in one of the poses this far from the default one.
_SPANS_M, _SPAN_STEP, _SPAN_OFFSETS = 1e-8, 0.02, (0.0, 0.11, 0.37)
_STEP = 1e-6  # rad, of the difference of lengths
_TRIALS = 24  # poses that settle whether speeds may stand for moment arms
_ARMS_AGREE_M = 1e-7
_SEED = 20161


@dataclass(frozen=True)
class Samples:
    """What OpenSim says of the muscles at the poses."""

    muscles: tuple[str, ...]
    poses: Poses
    spans: tuple[tuple[int, ...], ...]  # of each muscle: which of the poses' coordinates
    lengths: NDArray[np.float64]  # (pose, muscle) m
    moment_arms: NDArray[np.float64]  # (pose, muscle, coordinate) m
    mismatch: NDArray[np.float64]  # (pose, muscle) m, |moment arm + dL/dq| along a direction


def spanned_coordinates(
    source: Source, muscles: Sequence[str], names: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """Coordinates (of `names`) on which each muscle's length depends, in their order.

    Lengths tell it, not moment arms: OpenSim gives a muscle under two wrapping surfaces small
    moment arms about joints that it does not cross.
    """
    members = [source.muscle(name) for name in muscles]
    coordinates = source.model.getCoordinateSet()
    ranges = [(coordinates.get(n).getRangeMin(), coordinates.get(n).getRangeMax()) for n in names]
    middle = np.clip([coordinates.get(n).getDefaultValue() for n in names], *np.array(ranges).T)
    change = np.zeros((len(muscles), len(names)))
    for offset in _SPAN_OFFSETS:
        for column in range(len(names)):
            found = []
            for step in (-_SPAN_STEP, _SPAN_STEP):
                values = middle + offset
                values[column] += step
                _pose(source, names, values)
                found.append(np.array([m.getLength(source.state) for m in members]))
            change[:, column] = np.maximum(change[:, column], np.abs(found[1] - found[0]))
    _pose(source, names, middle)
    return {
        muscle: tuple(n for n, c in zip(names, row, strict=True) if c > _SPANS_M)
        for muscle, row in zip(muscles, change, strict=True)
    }


def without_own_speed(
    source: Source, muscles: Sequence[str], spans: Sequence[tuple[int, ...]], poses: Poses
) -> frozenset[str]:
    """Muscles whose lengthening speeds are not what computeMomentArm says."""
    odd: set[str] = set()
    for values in poses.values[:_TRIALS]:
        _pose(source, poses.coordinates, values)
        for k, name in enumerate(poses.coordinates):
            coordinate = source.model.getCoordinateSet().get(name)
            source.move(name, 1.0)
            for muscle, span in zip(muscles, spans, strict=True):
                if k in span and muscle not in odd:
                    member = source.muscle(muscle)
                    arm = member.computeMomentArm(source.state, coordinate)
                    if abs(arm + member.getLengtheningSpeed(source.state)) > _ARMS_AGREE_M:
                        odd.add(muscle)
            source.move(name, 0.0)
    return frozenset(odd)


def sample(
    source: Source,
    muscles: Sequence[str],
    spans: Sequence[tuple[int, ...]],
    odd: frozenset[str],
    poses: Poses,
    progress: Progress | None = None,
) -> Samples:
    """Lengths, moment arms and their contradictions at all poses."""
    count, names = len(poses.values), poses.coordinates
    members = [source.muscle(name) for name in muscles]
    spanning = [[i for i, span in enumerate(spans) if k in span] for k in range(len(names))]
    lengths = np.zeros((count, len(muscles)))
    arms = np.zeros((count, len(muscles), len(names)))
    slopes = np.zeros((count, len(muscles)))
    directions = np.random.default_rng(_SEED).choice([-1.0, 1.0], (count, len(names)))
    for n, values in enumerate(poses.values):
        for sign in (1.0, -1.0):
            _pose(source, names, values + sign * _STEP * directions[n])
            slopes[n] += sign * np.array([m.getLength(source.state) for m in members])
        _pose(source, names, values)
        lengths[n] = [m.getLength(source.state) for m in members]
        for k, name in enumerate(names):
            source.move(name, 1.0)
            for i in spanning[k]:
                if muscles[i] not in odd:
                    arms[n, i, k] = -members[i].getLengtheningSpeed(source.state)
            source.move(name, 0.0)
            coordinate = source.model.getCoordinateSet().get(name)
            for i in spanning[k]:
                if muscles[i] in odd:
                    arms[n, i, k] = members[i].computeMomentArm(source.state, coordinate)
        if progress is not None and n % 50 == 0:
            progress("sampling muscle paths", n / count)
    along = np.einsum("nmk,nk->nm", arms, directions)
    mismatch = np.abs(slopes / (2.0 * _STEP) + along)
    return Samples(tuple(muscles), poses, tuple(spans), lengths, arms, mismatch)


def mirrored_lengths(
    source: Source, muscles: Sequence[str], poses: Poses, mirror: Mapping[str, tuple[str, float]]
) -> NDArray[np.float64]:
    """Lengths (pose, muscle) at the mirror images of the poses.

    mirror: for each coordinate its mirror image and the sign that it takes there.
    """
    members = [source.muscle(name) for name in muscles]
    found = []
    for values in poses.values:
        image = {
            mirror[name][0]: mirror[name][1] * value
            for name, value in zip(poses.coordinates, values, strict=True)
        }
        source.pose(image)
        found.append([m.getLength(source.state) for m in members])
    return np.array(found)


def _pose(source: Source, names: Sequence[str], values: NDArray[np.float64]) -> None:
    source.pose(dict(zip(names, values, strict=True)))
