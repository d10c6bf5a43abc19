"""Every load metric of a stride, by name."""

from __future__ import annotations

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
from surae.loads.stride import prepare

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


def all_metrics(gait: GaitSolution) -> dict[str, Metric]:
    """All metrics of a stride by name; those that the model cannot have are left out.

    gait: a stride of `run`, or of a result file. Each metric has its value, unit and dims.
    Raises nothing. Source: beside each definition, in the files of `loads`.
    """
    stride = prepare(gait)
    values = {
        **achilles.achilles(stride),
        **plantarflexors.plantarflexors(stride),
        **spatiotemporal.spatiotemporal(stride),
        **ground_reaction.ground_reaction(stride),
        **joint_angles.joint_angles(stride),
        **joint_contact.joint_contact(stride),
        **joint_moments.joint_moments(stride),
        **muscles.muscles(stride),
        **energetics.energetics(stride),
        **balance.balance(stride),
        **reserves.reserves(stride),
    }
    return named(DEFINITIONS, values)
