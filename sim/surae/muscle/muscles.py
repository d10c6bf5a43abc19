"""The parameters of the muscles, and the stiffness of a group of tendons in newtons per meter."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from surae._pytree import field, pytree, replace, static
from surae.muscle import path as muscle_path
from surae.muscle.curves import DE_GROOTE_FREGLY_2016, CurveConstants
from surae.muscle.path import MusclePaths


@pytree
class Muscles:
    """All muscles of a runner; under `vmap` the same record, with scalar leaves, is one muscle."""

    max_isometric_force: Array = field("muscle", "N")
    strength: Array = field("muscle", "1")  # fraction of healthy ACTIVE force that remains
    volume: Array = field("muscle", "1")  # fraction of healthy volume that remains
    passive_stiffness: Array = field("muscle", "1")  # multiplies the passive force of the fiber
    optimal_fiber_length: Array = field("muscle", "m")
    tendon_slack_length: Array = field("muscle", "m")
    pennation_at_optimal: Array = field("muscle", "rad")
    max_contraction_velocity: Array = field("muscle", "1/s")  # optimal fiber lengths per second
    tendon_stiffness: Array = field("muscle", "1")  # kT of the De Groote tendon curve
    fiber_damping: Array = field("muscle", "1")
    activation_time_constant: Array = field("muscle", "s")
    deactivation_time_constant: Array = field("muscle", "s")
    minimum_activation: Array = field("muscle", "1")
    slow_twitch_fraction: Array = field("muscle", "1")
    specific_tension: Array = field("muscle", "Pa")
    density: Array = field("muscle", "kg/m^3")
    path: MusclePaths
    names: tuple[str, ...] = static()
    elastic_tendon: tuple[bool, ...] = static()


def take(muscles: Muscles, indices: Sequence[int]) -> Muscles:
    """The muscles at these indices, in this order, names and all."""
    chosen = np.asarray(indices, dtype=int)
    arrays = jax.tree.map(lambda leaf: leaf[chosen], muscles)
    return replace(
        arrays,
        path=muscle_path.take(muscles.path, indices),
        names=tuple(muscles.names[i] for i in indices),
        elastic_tendon=tuple(muscles.elastic_tendon[i] for i in indices),
    )


def indices_of(muscles: Muscles, names: Sequence[str]) -> tuple[int, ...]:
    """Where these muscles are in the record."""
    unknown = [name for name in names if name not in muscles.names]
    if unknown:
        raise ValueError(f"No muscles {unknown}; this model has {list(muscles.names)}.")
    return tuple(muscles.names.index(name) for name in names)


def group_tendon_stiffness(
    muscles: Muscles,
    reference_force: float | Array,
    constants: CurveConstants = DE_GROOTE_FREGLY_2016,
) -> Array:
    """Tangent stiffness [N/m] of these muscles' tendons in parallel, carrying `reference_force`.

    The force is shared in proportion to max isometric force, so all tendons are at the same
    normalized force f: stiffness = sum(Fmax / slack * kT * (f + c3)).
    """
    return jnp.sum(
        _stiffness_per_kt(muscles, reference_force, constants) * muscles.tendon_stiffness
    )


def tendon_stiffness_from(
    muscles: Muscles,
    stiffness: float | Array,
    reference_force: float | Array,
    constants: CurveConstants = DE_GROOTE_FREGLY_2016,
) -> Array:
    """The common kT with which these tendons have `stiffness` [N/m] at `reference_force` [N].

    Inverse of `group_tendon_stiffness`. The curve is normalized, so a kT means another stiffness
    after a change of max isometric force; the absolute stiffness is what experiments measure.
    """
    return stiffness / jnp.sum(_stiffness_per_kt(muscles, reference_force, constants))


def _stiffness_per_kt(
    muscles: Muscles, reference_force: float | Array, constants: CurveConstants
) -> Array:
    force_normalized = reference_force / jnp.sum(muscles.max_isometric_force)
    per_length = muscles.max_isometric_force / muscles.tendon_slack_length
    return per_length * (force_normalized + constants.tendon_3)
