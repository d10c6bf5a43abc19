"""Weakness as a function Runner -> Runner: which muscles a name means, and how much force remains.

`strength` is the fraction of healthy ACTIVE force that remains: passive tissue, tendon and
geometry stay as they are.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.core import Tracer
from numpy.typing import NDArray

from surae._errors import UnusableInput
from surae._pytree import replace
from surae.muscle.muscles import indices_of, take, tendon_stiffness_from
from surae.runner.runner import Runner
from surae.runner.spelling import unknown_name
from surae.runner.symmetry import asymmetries

SIDES = ("r", "l")
STRENGTH_RANGE = (0.05, 2.0)


def muscles_of(runner: Runner, group: str) -> tuple[int, ...]:
    """Indices of the muscles that a name means: a muscle or a group, with `_r`/`_l` or both."""
    stem, side = _split_side(group)
    sides = (side,) if side else SIDES
    members = dict(runner.groups).get(stem, (stem,))
    names = [f"{member}_{s}" for s in sides for member in members]
    known = set(runner.muscle_names)
    if all(name in known for name in names):
        return tuple(sorted(runner.muscle_names.index(name) for name in names))
    refused = dict(runner.refused_groups)
    if stem in refused:
        raise UnusableInput(f"{runner.name} cannot answer for {stem}: {refused[stem]}.")
    complaint = unknown_name("muscle or group", group, group_names(runner))
    raise UnusableInput(f"{runner.name} has {complaint}, each also with _r or _l.")


def group_names(runner: Runner) -> tuple[str, ...]:
    """All names without side that `muscles_of` knows: muscles, then groups."""
    stems = dict.fromkeys(without_side(name) for name in runner.muscle_names)
    return (*stems, *(name for name, _ in runner.groups if name not in stems))


def weaken(runner: Runner, group: str, strength: float | Array = 0.7) -> Runner:
    """The runner with `strength` of the group's present active force left (0.7: 30 % lost)."""
    low, high = STRENGTH_RANGE
    # Under jax.grad the strength has no value to look at.
    if not isinstance(strength, Tracer) and not low <= float(strength) <= high:
        raise UnusableInput(
            f"strength of {group} is {float(strength):g}; allowed are {low:g} to {high:g}, the "
            "fraction of healthy active force that remains (0.7 means 30 % lost)."
        )
    muscles = runner.muscles
    left = muscles.strength * jnp.asarray(strength, float)
    remaining = jnp.where(chosen(runner, group), left, muscles.strength)
    return replace(runner, muscles=replace(muscles, strength=remaining))


def chosen(runner: Runner, group: str) -> NDArray[np.bool_]:
    """Which muscles a name means: true or false per muscle."""
    return np.isin(np.arange(len(runner.muscle_names)), muscles_of(runner, group))


def is_one_sided(runner: Runner) -> bool:
    """Whether left and right differ, so that one half of a stride does not tell the other."""
    return bool(asymmetries(runner))


def with_achilles_stiffness(runner: Runner) -> Runner:
    """The tendon curves of the Achilles muscles refitted to `runner.achilles.stiffness`."""
    kt = runner.muscles.tendon_stiffness
    for side in SIDES:
        names = [f"{name}_{side}" for name in runner.achilles.muscles]
        index = indices_of(runner.muscles, names)
        common = tendon_stiffness_from(
            take(runner.muscles, index),
            runner.achilles.stiffness,
            runner.achilles.reference_force,
        )
        kt = kt.at[jnp.asarray(index)].set(common)
    return replace(runner, muscles=replace(runner.muscles, tendon_stiffness=kt))


def without_side(name: str) -> str:
    """`soleus` of `soleus_r`."""
    return _split_side(name)[0]


def _split_side(name: str) -> tuple[str, str]:
    return (name[:-2], name[-1]) if name[-2:] in ("_r", "_l") else (name, "")
