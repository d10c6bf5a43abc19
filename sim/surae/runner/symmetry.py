"""Is the left side of a runner the mirror image of the right one, in the plane z = 0?

Positions and rotations turn as in `runner.mirror`; products of inertia with one z (xz, yz) change
their sign.
"""

from __future__ import annotations

from collections.abc import Callable

import jax
import numpy as np
from jax import Array
from numpy.typing import ArrayLike

from surae.muscle import path
from surae.runner.excitation_limits import BURST_FIELDS, gated
from surae.runner.mirror import POSITION, ROTATION, mirrored_name
from surae.runner.runner import Runner
from surae.skeleton.kinematics import motion_course
from surae.skeleton.tree import Skeleton, motion_bodies

INERTIA = (1.0, 1.0, 1.0, 1.0, -1.0, -1.0)
EQUAL = 1.0
Quantities = dict[str, tuple[ArrayLike, ArrayLike]]


def asymmetries(runner: Runner) -> tuple[str, ...]:
    """What differs between left and right, and what of the midline is off the plane z = 0."""
    muscles, feet = runner.muscles, runner.feet
    of_muscles: Quantities = {
        field: (value, EQUAL)
        for field, value in vars(muscles).items()
        if field not in ("path", "names", "elastic_tendon")
    }
    of_muscles |= {f: (v, EQUAL) for f, v in vars(runner.excitation_limits).items()}
    of_muscles |= _of_bursts(runner)
    of_muscles["tendon"] = (np.asarray(muscles.elastic_tendon, float), EQUAL)
    of_feet: Quantities = {
        "location": (feet.location, POSITION),
        "radius": (feet.radius, EQUAL),
        "stiffness": (feet.stiffness, EQUAL),
    }
    of_joints: Quantities = {f: (v, EQUAL) for f, v in vars(runner.passive).items()}
    of_actuators: Quantities = {"max_torque": (runner.actuators.max_torque, EQUAL)}
    return (
        *_bodies(runner),
        *_differences(muscles.names, of_muscles),
        *_paths(runner),
        *_differences(feet.names, of_feet),
        *_differences(runner.coordinate_names, of_joints),
        *_differences(runner.actuators.names, of_actuators),
    )


def _of_bursts(runner: Runner) -> Quantities:
    """What limits of excitation are told by, where there are any; contact is each side's own."""
    limited = gated(runner.excitation_limits)
    if runner.bursts is None or not limited.any():
        return {}
    told = {name: getattr(runner.bursts, name) for name in BURST_FIELDS if name != "contact"}
    return {name: (np.where(limited[:, None], v, 0.0), EQUAL) for name, v in told.items()}


def _paths(runner: Runner) -> list[str]:
    """Muscles whose path has other terms than its mirror image.

    Terms with odd powers of pelvis list and the like change sign: only sizes are compared.
    """
    names = runner.muscle_names

    def sizes(muscle: str, rename: Callable[[str], str]) -> dict[frozenset[tuple[str, int]], float]:
        terms = path.terms(runner.muscles.path, names.index(muscle))
        return {
            frozenset((rename(runner.coordinate_names[c]), power) for c, power in powers): abs(
                value
            )
            for powers, value in terms.items()
        }

    found = []
    for name in names:
        if name in _alone(names) or name.endswith("_l"):
            continue
        here, there = sizes(name, str), sizes(mirrored_name(name), mirrored_name)
        both = [(here.get(term, 0.0), there.get(term, 0.0)) for term in {*here, *there}]
        ours, theirs = np.array(both).reshape(-1, 2).T
        if not np.allclose(ours, theirs, rtol=1e-9, atol=1e-12):
            found.append(f"path of {name}")
    return found


def _bodies(runner: Runner) -> list[str]:
    skeleton = runner.skeleton
    quantities: Quantities = {
        "mass": (skeleton.mass, EQUAL),
        "mass_center": (skeleton.mass_center, POSITION),
        "inertia": (skeleton.inertia, INERTIA),
        "location_in_parent": (skeleton.location_in_parent, POSITION),
        "location_in_child": (skeleton.location_in_child, POSITION),
        "orientation_in_parent": (skeleton.orientation_in_parent, ROTATION),
        "orientation_in_child": (skeleton.orientation_in_child, ROTATION),
    }
    return _differences(skeleton.body_names, quantities) + _axes(runner)


# Values of coordinates at which motions of left and right are compared, symmetric about 0.
_SAMPLES = np.linspace(-2.0, 2.0, 9)


@jax.jit
def _motions(skeleton: Skeleton, coordinates: Array) -> Array:
    """Values of all motions (sample, motion)."""
    return jax.vmap(lambda at: motion_course(skeleton, at).value)(coordinates)


def _axes(runner: Runner) -> list[str]:
    """Coordinates whose motions are not the mirror images of the other side's.

    A midline coordinate may change its sign in the mirror (pelvis list), not its motion.
    """
    skeleton, names = runner.skeleton, runner.coordinate_names
    by_body: dict[str, list[int]] = {name: [] for name in skeleton.body_names}
    for motion, body in enumerate(motion_bodies(skeleton.joints)):
        by_body[skeleton.body_names[body]].append(motion)
    everywhere = np.broadcast_to(_SAMPLES[:, None], (len(_SAMPLES), len(names)))
    values = np.asarray(_motions(skeleton, everywhere))
    moved = values[:, :, None] * np.asarray(skeleton.axes)[None]  # (sample, motion, xyz)
    found = []
    for body, motions in by_body.items():
        others = by_body.get(mirrored_name(body), [])
        if body.endswith("_l") or not others:
            continue
        here = [skeleton.motions[m] for m in motions]
        there = [skeleton.motions[m] for m in others]
        if [(m.kind, mirrored_name(names[m.coordinate])) for m in here] != [
            (m.kind, names[m.coordinate]) for m in there
        ]:
            found.append(f"joint of {body}")
            continue
        for m, other, motion in zip(motions, others, here, strict=True):
            signs = np.asarray(ROTATION if motion.kind == "rotation" else POSITION)
            mirrored, name = signs * moved[:, other], names[motion.coordinate]
            same = np.allclose(moved[:, m], mirrored, rtol=0.0, atol=1e-6)
            opposite = mirrored_name(name) == name and np.allclose(
                moved[:, m], mirrored[::-1], rtol=0.0, atol=1e-6
            )
            if not (same or opposite):
                found.append(f"axis of {name}")
    return list(dict.fromkeys(found))


def _differences(names: tuple[str, ...], quantities: Quantities) -> list[str]:
    """`mass of femur_r` for each quantity that is not `signs` times its mirror image."""
    alone = _alone(names)
    found = [f"{name} without {mirrored_name(name)}" for name in alone]
    compared = [i for i, name in enumerate(names) if name not in alone and not name.endswith("_l")]
    others = [names.index(mirrored_name(names[i])) for i in compared]
    alike = {}
    for quantity, (values, signs) in quantities.items():
        here, there = np.asarray(values)[compared], np.asarray(values)[others]
        same = np.isclose(here, np.asarray(signs) * there, rtol=1e-9, atol=1e-12)
        alike[quantity] = same.all(axis=tuple(range(1, same.ndim)))
    for place, i in enumerate(compared):
        found += [
            f"{quantity} of {names[i]}" for quantity, same in alike.items() if not same[place]
        ]
    return found


def _alone(names: tuple[str, ...]) -> list[str]:
    return [name for name in names if mirrored_name(name) not in names]
