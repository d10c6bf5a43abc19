"""Where muscles cross hip, knee and ankle: lines_of_action.csv of a folder made from OpenSim.

A muscle pulls what lies below a joint along the one straight piece of its path that leads across.
Where that piece ends on points of bodies these are exact; where it ends on a wrapping surface, its
ends move, and the fixed pair of points is written whose direction is nearest to OpenSim's over the
poses of running. The error is the angle between the two directions, at poses not fitted to.

    python tools/lines_of_action.py LaiUhlrich2022.osim models/full --right
"""

import argparse
import csv
import itertools
import sys
from pathlib import Path

import numpy as np
import opensim as osim  # pyright: ignore[reportMissingImports]
from scipy.optimize import least_squares

from surae.files.osim.ranges import RUNNING_DEG

POSES, CHECKED, SEED = 200, 200, 1
LEG = {name: limits for name, limits in RUNNING_DEG.items() if not name.startswith("lumbar")}
FOOT = ("talus", "calcn", "toes")
# The body below each joint, and all that hang on it. The patella slides on the femur.
BELOW = {"femur": ("femur", "patella", "tibia", *FOOT), "tibia": ("tibia", *FOOT), "talus": FOOT}
HEADER = ["muscle", "joint_body"] + [
    f"{end}_{what}" for end in ("distal", "proximal") for what in ("body", "x_m", "y_m", "z_m")
]
ERRORS = ["rms_error_deg", "max_error_deg"]


def crossings(model, state, muscle, side):
    """{joint body: (distal body, point, proximal body, point)} of one muscle in one pose."""
    found = osim.ArrayPointForceDirection()
    muscle.getGeometryPath().getPointForceDirections(state, found)
    points = [found.get(i) for i in range(found.getSize())]
    path = [(p.frame().findBaseFrame().getName(), p.point().to_numpy()) for p in points]
    result = {}
    for joint, members in BELOW.items():
        below = {f"{name}_{side}" for name in members}
        pieces = [(a, b) for a, b in itertools.pairwise(path) if (a[0] in below) != (b[0] in below)]
        if len(pieces) == 1:
            (a, b) = pieces[0]
            distal, proximal = (a, b) if a[0] in below else (b, a)
            result[f"{joint}_{side}"] = (*distal, *proximal)
        elif pieces:
            raise SystemExit(f"{muscle.getName()} crosses {joint}_{side} {len(pieces)} times")
    return result


def in_ground(model, state, body, point):
    """Rotation and position of `body`, as the map of points on it: p -> R p + o."""
    frame = model.getBodySet().get(body).getTransformInGround(state)
    rotation = np.array([[frame.R().asMat33().get(i, j) for j in range(3)] for i in range(3)])
    return rotation, frame.p().to_numpy(), point


def sampled(model, state, side, count, generator):
    """For every muscle and joint the ends of the crossing piece in many poses."""
    coordinates, seen = model.getCoordinateSet(), {}
    for _ in range(count):
        for name, limits in LEG.items():
            angle = np.radians(generator.uniform(*limits))
            coordinates.get(f"{name}_{side}").setValue(state, angle, False)
        model.assemble(state)
        model.realizePosition(state)
        for muscle in model.getMuscles():
            if not muscle.getName().endswith(f"_{side}"):
                continue
            for joint, (db, dp, pb, pp) in crossings(model, state, muscle, side).items():
                key = (muscle.getName(), joint, db, pb)
                row = (in_ground(model, state, db, dp), in_ground(model, state, pb, pp))
                seen.setdefault(key, []).append(row)
    return seen


def directions(rows, distal, proximal):
    """Unit vectors from distal to proximal points, one pair or one a pose: (pose, 3)."""
    turn_d, at_d, turn_p, at_p = (
        np.array([row[end][k] for row in rows]) for end in (0, 1) for k in (0, 1)
    )
    line = (
        (turn_p @ proximal[..., None])[..., 0] + at_p - (turn_d @ distal[..., None])[..., 0] - at_d
    )
    return line / np.linalg.norm(line, axis=1, keepdims=True)


def fitted(rows):
    """The fixed pair of points nearest in direction; the mean of the ends where that is exact."""
    ends = [np.array([row[end][2] for row in rows]) for end in (0, 1)]
    wanted = directions(rows, *ends)
    start = np.concatenate([end.mean(axis=0) for end in ends])
    if max(np.ptp(end, axis=0).max() for end in ends) < 1e-9:
        return start

    def misses(points):
        off = directions(rows, points[:3], points[3:]) - wanted
        # Points slide freely along the line: keep them near where they are.
        return np.concatenate([off.ravel(), 1e-2 * (points - start)])

    return least_squares(misses, start).x


def angles(rows, points):
    """Angles between OpenSim's direction and that of the fixed points, deg."""
    wanted = directions(rows, *(np.array([row[end][2] for row in rows]) for end in (0, 1)))
    cosine = np.sum(wanted * directions(rows, points[:3], points[3:]), axis=1)
    return np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))


def table(model, state, side):
    """Rows of lines_of_action.csv for one side."""
    generator = np.random.default_rng(SEED)
    fit = sampled(model, state, side, POSES, generator)
    check = sampled(model, state, side, CHECKED, generator)
    for key in sorted({key[:2] for key in fit}):
        kinds = [k for k in fit if k[:2] == key]
        # A wrapping surface may take over on another body; the pair seen most often stands for all.
        kind = max(kinds, key=lambda k: len(fit[k]))
        if len(fit[kind]) < 0.9 * POSES:
            print(f"{key}: {kind[2:]} only in {len(fit[kind])} of {POSES} poses")
        points = fitted(fit[kind])
        error = angles(check[kind], points)
        distal, proximal = ([f"{x:.6f}" for x in part] for part in (points[:3], points[3:]))
        worst = [f"{np.sqrt((error**2).mean()):.3f}", f"{error.max():.3f}"]
        yield [*key, kind[2], *distal, kind[3], *proximal, *worst]


def main():
    """Write the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("osim", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--right", action="store_true", help="the right side only")
    arguments = parser.parse_args()
    osim.Logger.setLevelString("Error")
    model = osim.Model(str(arguments.osim))
    state = model.initSystem()
    with (arguments.folder / "lines_of_action.csv").open("w", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([*HEADER, *ERRORS])
        for side in "r" if arguments.right else "rl":
            writer.writerows(table(model, state, side))
    return 0


if __name__ == "__main__":
    sys.exit(main())
