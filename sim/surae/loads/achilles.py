"""Loads on the Achilles tendon of each side: force, strain, stress, rate, energy, fatigue.

The Achilles force is the sum of the tendon forces of the calf muscles that the runner names, so it
depends on the model's moment arms: `achilles_moment_arm_at_peak` states the one at work.
`tendon_loads` is pure JAX on whatever instants a solution has, for sensitivities; `achilles_loads`
is what is reported, on evenly spaced instants, with the metrics that need contact and toe-off.
"""

from __future__ import annotations

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from jax import Array

from surae.gait.solution import SIDES, GaitSolution
from surae.loads import periodic
from surae.loads.metric import EXPONENTS, Definition, Metric, named, per_side, scalar
from surae.loads.stride import Stride, at_contact, both_sides, has_coordinate, prepare
from surae.muscle import curves
from surae.runner.runner import Runner

# Loads to which weighted impulses are relative: near the middle of published peaks (4.8 to 10 BW,
# 4 to 9 %). They set the scale only; compare such a metric between runs, never by itself.
REFERENCE_FORCE = 6.0  # BW
REFERENCE_STRAIN = 0.05
# Fixed arm of the plantarflexion-moment proxy with which measured strides are summarized.
PROXY_MOMENT_ARM = 0.05  # m
RISE = (0.1, 0.9)  # mean loading rate: between these shares of the peak
KILOMETER = 1000.0  # m
_WEIGHTED = ("exponent", "side")

TENDON_DEFINITIONS = {
    "achilles_peak_force": per_side("BW", "largest over the stride"),
    "achilles_peak_force_newtons": per_side("N", "largest over the stride"),
    "achilles_peak_force_per_mass": per_side("N/kg", "largest over the stride"),
    "achilles_peak_stress": per_side("MPa", "peak force over the model's cross-section"),
    "achilles_peak_strain": per_side("1", "largest over the stride"),
    "achilles_impulse": per_side("BW s", "of one step (one stance of this side)"),
    "achilles_energy_stored": per_side("J", "of one step: integral of force over elongation"),
    "achilles_energy_returned": per_side("J", "of one step: integral of force over recoil"),
    "achilles_energy_returned_per_distance": per_side(
        "J/(kg m)", "energy returned in a step, per kg and per meter of step length"
    ),
    "achilles_impulse_per_km": per_side("BW s/km", "impulse of a step times steps of this leg"),
    "achilles_weighted_impulse_per_km": Definition(
        "s/km", _WEIGHTED, "integral of (force / 6 BW)^exponent, times steps of this leg"
    ),
    "achilles_strain_weighted_impulse_per_km": Definition(
        "s/km", _WEIGHTED, "integral of (strain / 5 %)^exponent, times steps of this leg"
    ),
    "soleus_share": per_side("1", "soleus's part of the Achilles impulse"),
    "steps_per_km": scalar("1/km", "contacts of one leg in a kilometer"),
}
DEFINITIONS = {
    **TENDON_DEFINITIONS,
    "achilles_loading_rate": per_side("BW/s", "mean slope from 10 % to 90 % of the peak force"),
    "achilles_peak_loading_rate": per_side("BW/s", "steepest rise of force"),
    "achilles_peak_strain_rate": per_side("1/s", "steepest rise of strain"),
    "achilles_peak_unloading_strain_rate": per_side("1/s", "steepest fall of strain, its size"),
    "achilles_strain_at_contact": per_side("1", "strain at contact"),
    "achilles_mean_force_stance": per_side("BW", "impulse over stance time"),
    "achilles_time_of_peak": per_side("%", "of stance"),
    "achilles_delay_of_peak": per_side("s", "contact to peak force"),
    "achilles_moment_arm_at_peak": per_side(
        "m", "net plantarflexion moment over Achilles force, at peak force"
    ),
    "achilles_proxy_peak_force": per_side("BW", "peak plantarflexion moment over 0.05 m"),
    "achilles_proxy_impulse": per_side("BW s", "plantarflexion moment over 0.05 m, of one step"),
    "achilles_asymmetry": scalar("%", "right minus left peak force, of their mean"),
    "achilles_stiffness": scalar("N/mm", "the model's, at its reference force"),
    "achilles_cross_section": scalar("mm^2", "the model's, under the stress"),
}


def achilles_loads(gait: GaitSolution) -> dict[str, Metric]:
    """All Achilles metrics of a stride by name, each with value, unit and dims.

    gait: a stride of `run`, or of a result file. Values per side are (side,), right then left.
    Raises nothing. Source: beside each definition; docs/theory, Achilles tendon.
    """
    return named(DEFINITIONS, achilles(prepare(gait)))


def achilles(stride: Stride) -> dict:
    """Values of the metrics of this file."""
    runner = stride.even.runner
    force = np.asarray(achilles_force(runner, stride.even.tendon_force)) / stride.weight
    loads = tendon_loads(stride.even)
    peak_force = np.asarray(loads["achilles_peak_force"])
    values = {
        **loads,
        **_rates(stride, force),
        **_timing(stride, force),
        "achilles_mean_force_stance": loads["achilles_impulse"] / stride.events.stance_time,
        "achilles_asymmetry": 100.0 * (peak_force[0] - peak_force[1]) / peak_force.mean(),
        "achilles_stiffness": float(runner.achilles.stiffness) / 1000.0,
        "achilles_cross_section": float(runner.achilles.cross_section) * 1e6,
    }
    if has_coordinate(stride, "ankle_angle"):
        values |= _against_ankle_moment(stride, force)
    return values


def tendon_loads(gait: GaitSolution) -> dict[str, Array]:
    """The metrics of `TENDON_DEFINITIONS` as JAX arrays: no events, no resampling, no filter."""
    runner, time, duration = gait.runner, gait.time, gait.duration
    weight = runner.body_weight
    force, strain = achilles_force(runner, gait.tendon_force), gait.achilles_strain
    peak_force = periodic.peak(force, time, duration).value
    impulse = periodic.integral(force, time, duration)
    soleus = periodic.integral(_sum_of(runner, gait.tendon_force, _soleus), time, duration)
    stored, returned = stored_and_returned_energy(runner, gait.tendon_force)
    step_length = 0.5 * gait.speed * duration
    steps = KILOMETER / (gait.speed * duration)
    return {
        "achilles_peak_force": peak_force / weight,
        "achilles_peak_force_newtons": peak_force,
        "achilles_peak_force_per_mass": peak_force / runner.body_mass,
        "achilles_peak_stress": peak_force / runner.achilles.cross_section / 1e6,
        "achilles_peak_strain": periodic.peak(strain, time, duration).value,
        "achilles_impulse": impulse / weight,
        "achilles_energy_stored": stored,
        "achilles_energy_returned": returned,
        "achilles_energy_returned_per_distance": returned / (runner.body_mass * step_length),
        "achilles_impulse_per_km": steps * impulse / weight,
        "achilles_weighted_impulse_per_km": steps
        * weighted_impulse(force / (REFERENCE_FORCE * weight), time, duration),
        "achilles_strain_weighted_impulse_per_km": steps
        * weighted_impulse(strain / REFERENCE_STRAIN, time, duration),
        "soleus_share": soleus / impulse,
        "steps_per_km": jnp.asarray(steps),
    }


def achilles_force(runner: Runner, tendon_force: Array) -> Array:
    """Sum of the calf muscles' tendon forces: (instant, muscle) -> (instant, side), N."""
    return _sum_of(runner, tendon_force, lambda name: True)


def tendon_elongation(runner: Runner, tendon_force: Array) -> Array:
    """Elongation of each muscle's tendon by its own curve, m; zero where the tendon is rigid."""
    muscles = runner.muscles
    force_normalized = tendon_force / muscles.max_isometric_force[None, :]
    length = curves.tendon_length(force_normalized, muscles.tendon_stiffness[None, :])
    elastic = jnp.array(muscles.elastic_tendon)[None, :]
    return jnp.where(elastic, (length - 1.0) * muscles.tendon_slack_length[None, :], 0.0)


def stored_and_returned_energy(runner: Runner, tendon_force: Array) -> tuple[Array, Array]:
    """Work into and out of the calf tendons of each side over a stride, J: (side,) and (side,)."""
    elongation = tendon_elongation(runner, tendon_force)
    mean_force = 0.5 * (tendon_force + jnp.roll(tendon_force, 1, axis=0))
    work = mean_force * (elongation - jnp.roll(elongation, 1, axis=0))
    work = _sum_of(runner, work, lambda name: True)
    return jnp.maximum(work, 0.0).sum(axis=0), jnp.maximum(-work, 0.0).sum(axis=0)


def weighted_impulse(relative_load: Array, time: Array, duration: Array) -> Array:
    """Integral of relative_load^b over the stride for each exponent b, s: (exponent, side)."""
    powers = [relative_load**exponent for exponent in EXPONENTS]
    return jnp.stack([periodic.integral(power, time, duration) for power in powers])


def _soleus(name: str) -> bool:
    return name.startswith("soleus")


def _sum_of(runner: Runner, curves_of_muscles: Array, chosen: Callable[[str], bool]) -> Array:
    """Sum over the calf muscles whose name is chosen, side by side: (instant, side)."""
    names = runner.muscle_names
    calf = [name for name in runner.achilles.muscles if chosen(name)]
    columns = [[names.index(f"{name}_{side}") for name in calf] for side in SIDES]
    return jnp.stack(
        [
            jnp.asarray(curves_of_muscles)[:, np.array(side, dtype=int)].sum(axis=1)
            for side in columns
        ],
        axis=-1,
    )


def _rates(stride: Stride, force: np.ndarray) -> dict:
    time, duration = stride.time, stride.duration
    rise = np.asarray(periodic.rate(force, time, duration))
    strain_rate = np.asarray(periodic.rate(np.asarray(stride.even.achilles_strain), time, duration))
    return {
        "achilles_loading_rate": [mean_loading_rate(side, time) for side in force.T],
        "achilles_peak_loading_rate": rise.max(axis=0),
        "achilles_peak_strain_rate": strain_rate.max(axis=0),
        "achilles_peak_unloading_strain_rate": -strain_rate.min(axis=0),
    }


def mean_loading_rate(force: np.ndarray, time: np.ndarray) -> float:
    """Mean slope between the last crossings of 10 % and of 90 % of the peak before the peak."""
    step, largest = time[1] - time[0], force.max()
    # Backward in time from the peak, over one stride.
    before = np.roll(force, -int(np.argmax(force)) - 1)[::-1]
    delays = []
    for share in RISE:
        below = np.flatnonzero(before < share * largest)
        if below.size == 0:
            return float("nan")
        k = int(below[0])
        delays.append(step * (k - (share * largest - before[k]) / (before[k - 1] - before[k])))
    return float((RISE[1] - RISE[0]) * largest / (delays[0] - delays[1]))


def _timing(stride: Stride, force: np.ndarray) -> dict:
    time_of_peak = np.asarray(periodic.peak(force, stride.time, stride.duration).time)
    delay = (time_of_peak - stride.events.contact) % stride.duration
    return {
        "achilles_strain_at_contact": at_contact(stride, stride.even.achilles_strain),
        "achilles_delay_of_peak": delay,
        "achilles_time_of_peak": 100.0 * delay / stride.events.stance_time,
    }


def _against_ankle_moment(stride: Stride, force: np.ndarray) -> dict:
    """`force` in BW beside the net plantarflexion moment."""
    moment = -both_sides(stride, stride.even.joint_moments, "ankle_angle")
    at_peak = np.argmax(force, axis=0)[None, :]
    arm = np.take_along_axis(moment, at_peak, 0) / np.take_along_axis(force, at_peak, 0)
    proxy = np.maximum(moment, 0.0) / (PROXY_MOMENT_ARM * stride.weight)
    return {
        "achilles_moment_arm_at_peak": arm[0] / stride.weight,
        "achilles_proxy_peak_force": periodic.peak(proxy, stride.time, stride.duration).value,
        "achilles_proxy_impulse": periodic.integral(proxy, stride.time, stride.duration),
    }
