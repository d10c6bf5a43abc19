"""Every load metric of a stride, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jax import Array

from surae._traced import Traced
from surae.gait.solution import GaitSolution
from surae.loads import (
    achilles,
    balance,
    energetics,
    ground_reaction,
    joint_angles,
    joint_contact,
    joint_moments,
    muscles,
    plantarflexors,
    reserves,
    spatiotemporal,
)
from surae.loads.metric import Definition, Metric, named
from surae.loads.stride import Stride, bare, ready

DEFINITIONS: dict[str, Definition] = {
    **achilles.DEFINITIONS,
    **plantarflexors.DEFINITIONS,
    **spatiotemporal.DEFINITIONS,
    **ground_reaction.DEFINITIONS,
    **joint_angles.DEFINITIONS,
    **joint_contact.DEFINITIONS,
    **joint_moments.DEFINITIONS,
    **muscles.DEFINITIONS,
    **energetics.DEFINITIONS,
    **balance.DEFINITIONS,
    **reserves.DEFINITIONS,
}


# Curves without which nothing can be measured.
READ = ("coordinates", "speeds", "joint_moments", "tendon_force", "ground_reaction_force")


class Family(NamedTuple):
    """Metrics that are computed together, and the quantities of a stride that they read.

    shared: whether most of their work is the same, so that they are differentiated together.
    """

    values: Callable[[Stride], dict[str, Array]]
    reads: tuple[str, ...]
    shared: bool = False


FAMILIES = (
    Family(achilles.tendon, achilles.TENDON_READS),
    Family(achilles.rates, achilles.RATES_READ),
    Family(achilles.timing, achilles.TIMING_READS),
    Family(achilles.ankle, achilles.ANKLE_READS),
    Family(plantarflexors.plantarflexors, plantarflexors.READS),
    Family(spatiotemporal.spatiotemporal, spatiotemporal.READS),
    Family(ground_reaction.ground_reaction, ground_reaction.READS),
    Family(joint_angles.joint_angles, joint_angles.READS),
    Family(joint_contact.joint_contact, joint_contact.READS, shared=True),
    Family(joint_moments.joint_moments, joint_moments.READS),
    Family(muscles.every_muscle, muscles.EVERY_MUSCLE_READS),
    Family(muscles.muscle_groups, muscles.GROUP_READS),
    Family(energetics.energetics, energetics.READS),
    Family(balance.balance, balance.READS),
    Family(reserves.reserves, reserves.READS),
)


def all_metrics(gait: GaitSolution) -> dict[str, Metric]:
    """All metrics of a stride by name; those that the model cannot have are left out.

    gait: a stride of `run`, or of a result file. Each metric has its value, unit and dims.
    Raises ValueError: curves that are not finite, as of an iterate that was given up.
    Source: beside each definition, in the files of `loads`.
    """
    for name in READ:
        if not np.all(np.isfinite(np.asarray(getattr(gait, name)))):
            raise ValueError(f"The stride's {name.replace('_', ' ')} is not finite.")
    return named(DEFINITIONS, _compiled(bare(gait)))


def metric_values(gait: GaitSolution) -> dict[str, Array]:
    """Values of `all_metrics`, in its units, as pure JAX: jit, differentiate or map it.

    gait: a stride, solved or traced. Never raises.
    """
    stride = ready(gait)
    return {name: value for family in FAMILIES for name, value in family.values(stride).items()}


_compiled = Traced(metric_values, [metric_values])
