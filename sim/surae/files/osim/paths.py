"""The muscle paths of both sides: sampled and fitted on the right, mirrored where left is alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from surae._errors import UnusableInput
from surae.files.osim.fitting import FittedPath, fitted_paths
from surae.files.osim.ranges import Poses, sampled_poses
from surae.files.osim.sampling import (
    Progress,
    mirrored_lengths,
    sample,
    spanned_coordinates,
    without_own_speed,
)
from surae.files.osim.skeleton import ImportedBody
from surae.files.osim.source import Source
from surae.runner.mirror import mirrored_name

SAMPLES = 4000
_SEED = 20160
# The left muscle is the right one's mirror image if its length is within this, m, in these poses.
_ALIKE_M, _ALIKE_POSES = 1e-5, 64
_TRANSLATIONAL = 2
_KNEE_TURN = 0.5  # rad, by which the knee is bent to see where the foot goes


@dataclass(frozen=True)
class ImportedPaths:
    """A polynomial for every muscle in the model's order, and how left and right differ, m."""

    paths: tuple[FittedPath, ...]
    left_differences: dict[str, float]  # of left muscles that are no mirror images


def imported_paths(
    source: Source,
    bodies: Sequence[ImportedBody],
    muscles: Sequence[str],
    knee_sign: int,
    progress: Progress,
) -> ImportedPaths:
    """Fit the right muscles; mirror the left ones, or fit those that are not alike."""
    right = [name for name in muscles if name.endswith("_r")]
    lateral = lateral_coordinates(bodies)
    fitted, poses = _fitted(source, right, knee_sign, progress)
    by_name = {path.muscle: path for path in fitted}
    differences = _differences(source, by_name, poses, lateral)
    if differences:
        for path in _fitted(source, list(differences), knee_sign, progress)[0]:
            by_name[path.muscle] = path
    for path in fitted:
        left = mirrored_name(path.muscle)
        if left not in by_name:
            by_name[left] = _mirrored(path, lateral)
    return ImportedPaths(tuple(by_name[name] for name in muscles), differences)


def lateral_coordinates(bodies: Sequence[ImportedBody]) -> frozenset[str]:
    """Midline coordinates whose sign changes in the mirror: list, rotation, sideways motion."""
    found = set()
    for body in bodies:
        for motion in body.motions:
            sideways = abs(motion.axis[2]) > 0.5
            if mirrored_name(motion.coordinate) == motion.coordinate and (
                sideways == (motion.kind == "translation")
            ):
                found.add(motion.coordinate)
    return frozenset(found)


def knee_flexion_sign(source: Source) -> int:
    """1 where a positive knee angle takes the foot backward, -1 where it takes it forward."""
    names = [c.getName() for c in source.coordinates]
    knee = next((name for name in names if name == "knee_angle_r"), None)
    if knee is None:
        return 1
    foot = next(
        (b for b in source.model.getBodySet() if b.getName() in ("calcn_r", "foot_r", "talus_r")),
        None,
    )
    if foot is None:
        return 1
    default = source.model.getCoordinateSet().get(knee).getDefaultValue()
    forward = []
    for angle in (default - _KNEE_TURN, default + _KNEE_TURN):
        source.pose({knee: angle})
        forward.append(foot.getTransformInGround(source.state).p().get(0))
    source.pose({knee: default})
    return 1 if forward[1] < forward[0] else -1


def _fitted(
    source: Source, muscles: list[str], knee_sign: int, progress: Progress
) -> tuple[list[FittedPath], Poses]:
    names = [c.getName() for c in source.coordinates if c.getName() not in source.coupled]
    spans = spanned_coordinates(source, muscles, names)
    used = [name for name in names if any(name in span for span in spans.values())]
    _check_spans(source, spans)
    columns = [tuple(used.index(name) for name in spans[muscle]) for muscle in muscles]
    poses = sampled_poses(source, used, knee_sign, SAMPLES, _SEED)
    odd = without_own_speed(source, muscles, columns, poses)
    samples = sample(source, muscles, columns, odd, poses, progress)
    return fitted_paths(samples, progress), poses


def _check_spans(source: Source, spans: dict[str, tuple[str, ...]]) -> None:
    sliding = {c.getName() for c in source.coordinates if c.getMotionType() == _TRANSLATIONAL}
    for muscle, span in spans.items():
        found = [name for name in span if name in sliding]
        if found:
            raise UnusableInput(
                f"{source.path}: the length of {muscle} depends on the translation {found[0]}; "
                "paths are fitted over rotations only."
            )
        if not span:
            raise UnusableInput(
                f"{source.path}: the length of {muscle} depends on no coordinate; take it out."
            )


def _differences(
    source: Source, fitted: dict[str, FittedPath], poses: Poses, lateral: frozenset[str]
) -> dict[str, float]:
    """Left muscles that are no mirror images of the right ones, and by how much, m."""
    right = list(fitted)
    few = Poses(poses.coordinates, poses.values[:_ALIKE_POSES], poses.kind[:_ALIKE_POSES])
    here = {name: (name, 1.0) for name in few.coordinates}
    there = {
        name: (mirrored_name(name), -1.0 if name in lateral else 1.0) for name in few.coordinates
    }
    left = [mirrored_name(name) for name in right]
    own = mirrored_lengths(source, right, few, here)
    other = mirrored_lengths(source, left, few, there)
    largest: NDArray[np.float64] = np.max(np.abs(own - other), axis=0)
    return {
        name: float(value) for name, value in zip(left, largest, strict=True) if value > _ALIKE_M
    }


def _mirrored(path: FittedPath, lateral: frozenset[str]) -> FittedPath:
    odd = [
        sum(p for name, p in zip(path.coordinates, powers, strict=True) if name in lateral) % 2
        for powers in path.exponents
    ]
    return replace(
        path,
        muscle=mirrored_name(path.muscle),
        coordinates=tuple(mirrored_name(name) for name in path.coordinates),
        coefficients=np.where(odd, -path.coefficients, path.coefficients),
    )
