"""Weakness as a function Runner -> Runner: which muscles a name means, and what is taken from them.

The ways are those of `runner.dials`. Passive tissue, tendon and geometry stay as they are.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.core import Tracer
from numpy.typing import NDArray

from surae._errors import UnusableInput
from surae._pytree import replace
from surae._traced import Traced
from surae.muscle.muscles import indices_of, take, tendon_stiffness_from
from surae.runner.dials import check_dial
from surae.runner.excitation_limits import check_bursts
from surae.runner.fatigue import Fatigue, share_left
from surae.runner.runner import Runner
from surae.runner.spelling import unknown_name
from surae.runner.symmetry import asymmetries

SIDES = ("r", "l")
SECONDS = 60.0  # a minute
Number = float | Array
Members = NDArray[np.bool_]


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


def weaken(
    runner: Runner,
    group: str,
    strength: Number | None = None,
    *,
    atrophy: Number | None = None,
    ceiling: Number | None = None,
    delay: Number | None = None,
    advance: Number | None = None,
    drop: Number | None = None,
    fatigue: Number | None = None,
) -> Runner:
    """The runner with less (or more) left of what the group's muscles give now.

    runner: it stays as it is. group: a muscle or group, with `_r` or `_l` or both sides.
    strength, atrophy: fractions that remain, of active force alone and of the muscle (0.7: 30 %
    lost). ceiling: of excitation. delay, advance: ms. drop: of the first 100 ms of stance. fatigue:
    min of running that tire the group.
    Numbers may be traced by JAX. Pure.
    Raises UnusableInput: a group that the runner does not have, a fraction or time out of its
    range, a burst that is not known or is shifted away.
    Source: docs/theory, Less output.
    """
    given = {
        "strength": strength,
        "atrophy": atrophy,
        "ceiling": ceiling,
        "delay": delay,
        "advance": advance,
        "drop": drop,
        "fatigue": fatigue,
    }
    told = {kind: value for kind, value in given.items() if value is not None}
    if not told:
        raise UnusableInput(f"{group} is to be changed, and nothing says how; give strength=0.7.")
    members = chosen(runner, group)
    for kind, value in told.items():
        # Under jax.grad it has no value to look at.
        if not isinstance(value, Tracer):
            check_dial(kind, group, float(value))
        runner = _CHANGES[kind](runner, members, jnp.asarray(value, float))
    if not any(isinstance(leaf, Tracer) for leaf in jax.tree.leaves(runner.excitation_limits)):
        refuse_impossible_timing(runner)
    return runner


def refuse_impossible_timing(runner: Runner, speed: float | None = None) -> None:
    """End with one line where a burst is shifted away or none is known; speed: of the run."""
    check_bursts(runner.name, runner.muscle_names, runner.excitation_limits, runner.bursts, speed)


def _less_force(runner: Runner, members: Members, share: Array) -> Runner:
    strength = runner.muscles.strength
    left = jnp.where(members, strength * share, strength)
    return replace(runner, muscles=replace(runner.muscles, strength=left))


def _less_muscle(runner: Runner, members: Members, share: Array) -> Runner:
    volume = runner.muscles.volume
    left = jnp.where(members, volume * share, volume)
    smaller = replace(runner, muscles=replace(runner.muscles, volume=left))
    return _less_force(smaller, members, share)


def _lower_ceiling(runner: Runner, members: Members, value: Array) -> Runner:
    ceiling = runner.excitation_limits.ceiling
    return _limited(runner, ceiling=jnp.where(members, jnp.minimum(ceiling, value), ceiling))


def _later(runner: Runner, members: Members, milliseconds: Array) -> Runner:
    delay = runner.excitation_limits.delay
    return _limited(runner, delay=jnp.where(members, delay + 1e-3 * milliseconds, delay))


def _earlier(runner: Runner, members: Members, milliseconds: Array) -> Runner:
    advance = runner.excitation_limits.advance
    return _limited(runner, advance=jnp.where(members, advance + 1e-3 * milliseconds, advance))


def _dropped(runner: Runner, members: Members, share: Array) -> Runner:
    drop = runner.excitation_limits.drop
    return _limited(runner, drop=jnp.where(members, drop * share, drop))


def _tired(runner: Runner, members: Members, minutes: Array) -> Runner:
    time = runner.fatigue.time
    later = jnp.where(members, time + SECONDS * minutes, time)
    return with_fatigue(runner, replace(runner.fatigue, time=later))


def with_fatigue(runner: Runner, fatigue: Fatigue) -> Runner:
    """The runner tired in another way; its strengths follow."""
    share = share_left(fatigue) / share_left(runner.fatigue)
    muscles = replace(runner.muscles, strength=runner.muscles.strength * share)
    return replace(runner, muscles=muscles, fatigue=fatigue)


def _limited(runner: Runner, **changes: Array) -> Runner:
    limits = replace(runner.excitation_limits, **changes)
    return replace(runner, excitation_limits=limits)


_CHANGES = {
    "strength": _less_force,
    "atrophy": _less_muscle,
    "ceiling": _lower_ceiling,
    "delay": _later,
    "advance": _earlier,
    "drop": _dropped,
    "fatigue": _tired,
}


def chosen(runner: Runner, group: str) -> Members:
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


def _fitted_slopes(runner: Runner) -> tuple[Array, Array]:
    def fitted(stiffness: Array, slack: Array) -> Array:
        own = replace(
            runner,
            achilles=replace(runner.achilles, stiffness=stiffness),
            muscles=replace(runner.muscles, tendon_slack_length=slack),
        )
        return with_achilles_stiffness(own).muscles.tendon_stiffness

    return jax.jacfwd(fitted, (0, 1))(runner.achilles.stiffness, runner.muscles.tendon_slack_length)


_compiled_slopes = Traced(_fitted_slopes, [_fitted_slopes])


class AchillesSlopes(NamedTuple):
    """How all kT follow the Achilles tendon: by its stiffness (muscle,), m/N, and by tendon slack
    lengths (muscle, muscle), 1/m."""

    by_stiffness: NDArray[np.float64]
    by_slack: NDArray[np.float64]


def achilles_stiffness_slopes(runner: Runner) -> AchillesSlopes:
    """Derivatives of `with_achilles_stiffness`."""
    return AchillesSlopes(*(np.asarray(each) for each in _compiled_slopes(runner)))


def without_side(name: str) -> str:
    """`soleus` of `soleus_r`."""
    return _split_side(name)[0]


def _split_side(name: str) -> tuple[str, str]:
    return (name[:-2], name[-1]) if name[-2:] in ("_r", "_l") else (name, "")
