"""Segments of a body: which they are by name, how long they are, how much of a muscle is on each.

All lengths are those of the zero pose (standing straight, every coordinate zero).
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from surae._errors import UnusableInput
from surae.foot.contact import Feet
from surae.muscle.path import MusclePaths, spanned
from surae.runner.spelling import unknown_name
from surae.runner.weakness import SIDES, without_side
from surae.skeleton.kinematics import Poses, points_in_ground, poses
from surae.skeleton.tree import Skeleton, chain, motion_bodies

HIP, KNEE, ANKLE, LUMBAR = "hip_flexion", "knee_angle", "ankle_angle", "lumbar_extension"
# Height of the hip joints over stature (greater trochanter, Drillis & Contini 1966, in Winter,
# Biomechanics and Motor Control of Human Movement, 2009, fig. 4.1); for models that say no height.
HIP_HEIGHT_OVER_STATURE = 0.530
# Of what a muscle has outside the segments between the joints that it spans: muscles come from far
# and insert near the joint. Median over 34 muscles of LaiUhlrich2022 (tools/length_shares.py).
PROXIMAL_SHARE = 0.76
_LEVEL = np.array([1.0, 0.0, 1.0])


def segment_names(skeleton: Skeleton) -> tuple[str, ...]:
    """All names that `segments_of` knows: without side, then with it."""
    names = skeleton.body_names
    return tuple(dict.fromkeys((*(without_side(body) for body in names), *names)))


def segments_of(skeleton: Skeleton, name: str) -> tuple[int, ...]:
    """Bodies that a name means: one, or both sides of `femur`."""
    names = skeleton.body_names
    found = [i for i, body in enumerate(names) if name in (body, without_side(body))]
    if not found:
        stems = tuple(dict.fromkeys(without_side(body) for body in names))
        raise UnusableInput(
            f"there is {unknown_name('segment', name, stems)}, those of a side also with _r or _l."
        )
    return tuple(found)


def pelvis(skeleton: Skeleton) -> int:
    """The body on which both thighs hang."""
    return skeleton.joints[joint_body(skeleton, f"{HIP}_r")].parent


def leg_segments(skeleton: Skeleton) -> tuple[int, ...]:
    """Thighs and shanks, kneecaps too: what is between hip and ankle on both sides."""
    bodies = range(len(skeleton.body_names))
    found = []
    for side in SIDES:
        hip = joint_body(skeleton, f"{HIP}_{side}")
        ankle = joint_body(skeleton, f"{ANKLE}_{side}")
        above = [b for b in bodies if hip in chain(skeleton, b) and ankle not in chain(skeleton, b)]
        found += above
    return tuple(found)


def trunk(skeleton: Skeleton) -> int:
    """The body that carries the head: what the lumbar joint moves, else the pelvis."""
    if LUMBAR in skeleton.coordinate_names:
        return joint_body(skeleton, LUMBAR)
    return pelvis(skeleton)


def stands(skeleton: Skeleton, feet: Feet) -> bool:
    """Whether there are feet, and hips, knees and ankles of both sides by their names."""
    needed = {f"{name}_{side}" for name in (HIP, KNEE, ANKLE) for side in SIDES}
    return needed <= set(skeleton.coordinate_names) and bool(feet.bodies)


def joint_body(skeleton: Skeleton, coordinate: str) -> int:
    """The body that a coordinate turns first."""
    if coordinate not in skeleton.coordinate_names:
        raise UnusableInput(
            f"this model has no coordinate {coordinate}, so its height, leg length and pelvis "
            "width are not known; scale its segments instead."
        )
    return joint_bodies(skeleton)[skeleton.coordinate_names.index(coordinate)]


def joint_bodies(skeleton: Skeleton) -> tuple[int, ...]:
    """For each coordinate the first body that it turns, or slides where it turns none."""
    found: dict[int, int] = {}
    for kind in ("rotation", "translation"):
        for body, joint in enumerate(skeleton.joints):
            for motion in joint.motions:
                if motion.kind == kind:
                    found.setdefault(motion.coordinate, body)
    # A coordinate that moves nothing stands at the root.
    return tuple(found.get(i, 0) for i in range(len(skeleton.coordinate_names)))


_poses = jax.jit(poses)


def standing(skeleton: Skeleton) -> Poses:
    """All bodies at the zero pose."""
    # Compiled: loading a model would else spend seconds on it, one operation at a time.
    return _poses(skeleton, jnp.zeros(len(skeleton.coordinate_names)))


def joint_centers(skeleton: Skeleton) -> Array:
    """Where the joint of each body is in ground (body, 3), on the parent's side, m."""
    at = standing(skeleton)
    parents = np.array([joint.parent for joint in skeleton.joints])
    carried = points_in_ground(at, np.maximum(parents, 0), skeleton.location_in_parent)
    return jnp.where(parents[:, None] < 0, skeleton.location_in_parent, carried)


def leg_length(skeleton: Skeleton) -> Array:
    """Hip to knee and knee to ankle, mean of both legs, m."""
    centers = joint_centers(skeleton)
    lengths = []
    for side in SIDES:
        hip, knee, ankle = (
            centers[joint_body(skeleton, f"{name}_{side}")] for name in (HIP, KNEE, ANKLE)
        )
        lengths.append(jnp.linalg.norm(knee - hip) + jnp.linalg.norm(ankle - knee))
    return 0.5 * (lengths[0] + lengths[1])


def pelvis_width(skeleton: Skeleton) -> Array:
    """From hip joint to hip joint, along z, m."""
    right, left = (
        skeleton.location_in_parent[joint_body(skeleton, f"{HIP}_{side}")] for side in SIDES
    )
    return right[2] - left[2]


def hip_height(skeleton: Skeleton, feet: Feet) -> Array:
    """Hip joints over the lowest contact sphere, m."""
    places = points_in_ground(standing(skeleton), np.array(feet.bodies), feet.location)
    centers = joint_centers(skeleton)
    hips = jnp.stack([centers[joint_body(skeleton, f"{HIP}_{side}"), 1] for side in SIDES])
    return jnp.mean(hips) - jnp.min(places[:, 1] - feet.radius)


def size_factors(factors: Array) -> Array:
    """How much larger each body gets (body,), from its factors (body, 3): their mean."""
    return jnp.mean(factors, axis=1)


def arm_factors(skeleton: Skeleton, factors: Array) -> Array:
    """How a moment arm grows that is all on one body (coordinate, body), from factors (body, 3).

    The arm is perpendicular to the joint's axis and to the muscle, which in standing runs up and
    down; of an upright axis any direction across it will do, and the mean is taken.
    """
    at = standing(skeleton)
    axes = _joint_axes(skeleton, at)
    across = jnp.stack([-axes[:, 2], jnp.zeros(len(axes)), axes[:, 0]], axis=1)  # axis x up
    in_body = jnp.einsum("bji,cj->cbi", at.rotations, across) ** 2
    level = jnp.einsum("bji,cj->cbi", at.rotations, jnp.broadcast_to(_LEVEL, across.shape)) ** 2
    # The flatter the axis, the surer the direction; sin(45 deg)^2 is the border.
    flat = jnp.sum(across**2, axis=1)[:, None, None] > 0.5
    weights = jnp.where(flat, in_body, level)
    return jnp.sum(weights * factors[None], axis=2) / jnp.sum(weights, axis=2)


def _joint_axes(skeleton: Skeleton, at: Poses) -> Array:
    """Axis in ground about which each coordinate turns its joint (coordinate, 3), else zero."""
    bodies = motion_bodies(skeleton.joints)
    rows = []
    for coordinate, body in enumerate(joint_bodies(skeleton)):
        own = [
            i
            for i, motion in enumerate(skeleton.motions)
            if (motion.coordinate, motion.kind, bodies[i]) == (coordinate, "rotation", body)
        ]
        rows.append(at.axes[own[0], :3] if own else jnp.zeros(3))
    return jnp.stack(rows)


def shares_by_rule(skeleton: Skeleton, paths: MusclePaths) -> NDArray[np.float64]:
    """Share of each body, along its axes, in each muscle's length (muscle, body, xyz).

    Between two spanned joints a muscle is as long as they are apart; of the rest of its length
    most is on the side where it comes from. On the pelvis it runs along y.
    """
    centers = np.asarray(joint_centers(skeleton))
    rotations = np.asarray(standing(skeleton).rotations)
    bodies_of = joint_bodies(skeleton)
    shares = np.zeros((len(paths.coefficients), len(skeleton.body_names)))
    for muscle, row in enumerate(shares):
        joints = {bodies_of[coordinate] for coordinate in spanned(paths, muscle)}
        length = float(paths.coefficients[muscle, 0])
        if not joints or length <= 0.0:  # a length fitted far from the zero pose says nothing here
            row[[*joints] or [0]] = 1.0 / max(1, len(joints))
            continue
        _fill_between(skeleton, centers, joints, row)
        if row.sum() > length:
            row *= length / row.sum()
        rest = length - row.sum()
        tops = [j for j in joints if not joints & set(chain(skeleton, j)[:-1])]
        ends = [j for j in joints if not any(j in chain(skeleton, k)[:-1] for k in joints)]
        for j in tops:
            parent = skeleton.joints[j].parent
            row[parent if parent >= 0 else j] += PROXIMAL_SHARE * rest / len(tops)
        for j in ends:
            row[j] += (1.0 - PROXIMAL_SHARE) * rest / len(ends)
        row /= row.sum()
    return shares[:, :, None] * _along(skeleton, centers, rotations)[None]


def _along(
    skeleton: Skeleton, centers: NDArray[np.float64], rotations: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Squared direction cosines of each body, from its joint to those that it carries (body, 3)."""
    rows = []
    for body, joint in enumerate(skeleton.joints):
        carried = [i for i, other in enumerate(skeleton.joints) if other.parent == body]
        if joint.parent < 0:
            rows.append([0.0, 1.0, 0.0])
            continue
        if carried:
            axis = rotations[body].T @ (centers[carried].mean(axis=0) - centers[body])
        else:
            axis = np.asarray(skeleton.mass_center[body] - skeleton.location_in_child[body])
        square = float(axis @ axis)
        rows.append(axis**2 / square if square > 0.0 else [0.0, 1.0, 0.0])
    return np.array(rows)


def _fill_between(
    skeleton: Skeleton, centers: NDArray[np.float64], joints: set[int], row: NDArray[np.float64]
) -> None:
    """Add to `row` the distances from each joint up to the next spanned one above it."""
    for joint in joints:
        above = [j for j in chain(skeleton, joint)[:-1] if j in joints]
        if not above:
            continue
        lower = joint
        while lower != above[-1]:
            upper = skeleton.joints[lower].parent
            row[upper] += float(np.linalg.norm(centers[lower] - centers[upper]))
            lower = upper
