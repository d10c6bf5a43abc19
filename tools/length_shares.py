#!/usr/bin/env python
"""How much of each muscle's length is on which body, along which axis, asked of OpenSim.

    python tools/length_shares.py MODEL.osim models/full
    python tools/length_shares.py LaiUhlrich2022.osim models/planar --lumps

Writes `length_shares.csv` into the model folder: the relative change of a muscle's length while
one body is scaled along one of its axes by OpenSim's Scale tool. Shares of a muscle add up to 1 (a
body that is scaled as a whole has muscles as much longer). All coordinates are 0, as in the rule
that uses the shares. Where wrapping makes shares along the axes of a body large and of opposite
sign (the medial gastrocnemius on the femur: 0.62 and -0.57), their sum is written along y. Needs
the opensim wheel. --lumps: for the planar runner's lumped muscles and bodies; parts weigh as their
forces do.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import opensim  # pyright: ignore[reportMissingImports]

STEP = 0.01
OPPOSITE = 0.1  # more than this beyond twice their sum, shares along the axes cancel
SMALLEST = 0.002  # of the length; less is not written
# Bodies of the source that the planar runner has inside others.
PLANAR_BODIES = {"patella": "tibia", "talus": "calcn"}


def lengths(path: str, body: str | None = None, axis: int = 0, factor: float = 1.0) -> dict:
    """Muscle-tendon lengths (m) of the model with one body scaled along one axis."""
    model = opensim.Model(path)
    for coordinate in model.updCoordinateSet():
        coordinate.set_locked(False)
        coordinate.set_clamped(False)
    state = model.initSystem()
    if body is not None:
        factors = [factor if k == axis else 1.0 for k in range(3)]
        scale, scales = opensim.Scale(), opensim.ScaleSet()
        scale.setSegmentName(body)
        scale.setScaleFactors(opensim.Vec3(*factors))
        scale.setApply(True)
        scales.cloneAndAppend(scale)
        model.scale(state, scales, True, -1.0)
        state = model.initSystem()
    for coordinate in model.getCoordinateSet():
        coordinate.setValue(state, 0.0, False)
    model.assemble(state)
    model.realizePosition(state)
    return {muscle.getName(): muscle.getLength(state) for muscle in model.getMuscles()}


def shares(path: str) -> dict[tuple[str, str], np.ndarray]:
    """Shares (xyz,) by muscle and body."""
    base = lengths(path)
    model = opensim.Model(path)
    bodies = [body.getName() for body in model.getBodySet()]
    found: dict[tuple[str, str], np.ndarray] = {}
    for body in bodies:
        for axis in range(3):
            longer, shorter = (lengths(path, body, axis, 1.0 + s * STEP) for s in (1, -1))
            for muscle, length in base.items():
                own = found.setdefault((muscle, body), np.zeros(3))
                own[axis] = (longer[muscle] - shorter[muscle]) / (2.0 * STEP * length)
    return {key: _without_cancelling(own) for key, own in found.items()}


def _without_cancelling(own: np.ndarray) -> np.ndarray:
    total = float(own.sum())
    cancels = np.abs(own).sum() > 2.0 * abs(total) + OPPOSITE
    return np.array([0.0, total, 0.0]) if cancels else own


def lumped(
    path: str, found: dict[tuple[str, str], np.ndarray]
) -> dict[tuple[str, str], np.ndarray]:
    """Shares of the planar runner's muscles: its parts' by force times length."""
    from derive_planar import LUMPS

    model = opensim.Model(path)
    model.initSystem()
    force = {m.getName(): m.getMaxIsometricForce() for m in model.getMuscles()}
    result: dict[tuple[str, str], np.ndarray] = {}
    for name, lump in LUMPS.items():
        parts = [f"{part}_r" for part in lump.parts]
        total = sum(force[part] for part in parts)
        for (muscle, body), own in found.items():
            if muscle in parts and body[-2:] != "_l":
                stem, side = (body[:-2], "_r") if body.endswith("_r") else (body, "")
                key = (f"{name}_r", PLANAR_BODIES.get(stem, stem) + side)
                result[key] = result.get(key, np.zeros(3)) + own * force[muscle] / total
    return result


def write(found: dict[tuple[str, str], np.ndarray], out: Path) -> None:
    """Right muscles first by name; shares of each muscle made 1 in all."""
    muscles = list(dict.fromkeys(muscle for muscle, _ in found))
    lines = ["muscle,body,share_x,share_y,share_z"]
    for muscle in muscles:
        kept = {
            b: own for (m, b), own in found.items() if m == muscle and abs(own).max() > SMALLEST
        }
        total = sum(own.sum() for own in kept.values())
        print(f"{muscle:24s} sum {total:.3f}")
        for body, own in kept.items():
            lines.append(",".join([muscle, body, *(f"{x:.4f}" for x in own / total)]))
    (out / "length_shares.csv").write_text("\n".join(lines) + "\n")


def main() -> None:
    """Ask and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("osim")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--lumps", action="store_true")
    parser.add_argument("--right", action="store_true", help="the right side only")
    given = parser.parse_args()
    opensim.Logger.setLevelString("error")
    found = shares(given.osim)
    if given.lumps:
        found = lumped(given.osim, found)
    elif given.right:
        found = {key: own for key, own in found.items() if key[0].endswith("_r")}
    write(found, given.folder)


if __name__ == "__main__":
    main()
