"""Loads on the Achilles tendon of each side: force, strain, stress, rate, energy, fatigue.

The Achilles force is the sum of the tendon forces of the calf muscles that the runner names, so it
depends on the model's moment arms: `achilles_moment_arm_at_peak` states the one at work.
`tendon_loads` takes whatever instants a solution has; `achilles_loads` is what is reported, on
evenly spaced instants, with the metrics that need contact and toe-off.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from surae.gait.solution import SIDES, GaitSolution, across
from surae.loads import periodic
from surae.loads.metric import EXPONENTS, Definition, Metric, named, per_side, scalar
from surae.loads.stride import Stride, both_sides, has_coordinate, prepare
from surae.loads.windows import at, at_contact, contact, largest, stance_time, where_landed
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

# Quantities of the stride that the metrics of this file depend on, function by function.
_WEIGHT = ("runner.skeleton.mass", "runner.skeleton.gravity")
TENDON_READS = (
    "tendon_force",
    "achilles_strain",
    "events",
    "duration",
    "speed",
    *_WEIGHT,
    "runner.muscles.max_isometric_force",
    "runner.muscles.tendon_stiffness",
    "runner.muscles.tendon_slack_length",
    "runner.achilles.stiffness",
    "runner.achilles.cross_section",
)
RATES_READ = ("tendon_force", "achilles_strain", "duration", *_WEIGHT)
TIMING_READS = ("tendon_force", "achilles_strain", "events", "duration")
ANKLE_READS = ("tendon_force", "joint_moments", "duration", *_WEIGHT)

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


def achilles(stride: Stride) -> dict[str, Array]:
    """Values of the metrics of this file."""
    return {**tendon(stride), **rates(stride), **timing(stride), **ankle(stride)}


def tendon(stride: Stride) -> dict[str, Array]:
    """Peaks, impulses, energy and what the model is made of."""
    given, achilles = stride.given, stride.given.runner.achilles
    tension = across(stride.spline, calf_tension(given.runner, given.tendon_force))
    strain = across(stride.spline, given.achilles_strain)
    loads = _tendon_loads(given, tension, strain, stride.time)
    peak_force, impulse = loads["achilles_peak_force"], loads["achilles_impulse"]
    return {
        **loads,
        "achilles_mean_force_stance": where_landed(stride, impulse / stance_time(stride)),
        "achilles_asymmetry": 100.0 * (peak_force[0] - peak_force[1]) / peak_force.mean(),
        "achilles_stiffness": achilles.stiffness / 1000.0,
        "achilles_cross_section": achilles.cross_section * 1e6,
    }


def tendon_loads(gait: GaitSolution) -> dict[str, Array]:
    """The metrics of `TENDON_DEFINITIONS` as JAX arrays: no events, no resampling, no filter."""
    tension = calf_tension(gait.runner, gait.tendon_force)
    return _tendon_loads(gait, tension, gait.achilles_strain, gait.time)


def _tendon_loads(
    gait: GaitSolution, tension: Array, strain: Array, time: Array
) -> dict[str, Array]:
    runner, duration, weight = gait.runner, gait.duration, gait.runner.body_weight
    force = tension.sum(axis=1)
    peak_force = periodic.peak(force, time, duration).value
    impulse = periodic.integral(force, time, duration)
    soleus = np.array([name.startswith("soleus") for name in runner.achilles.muscles], float)
    soleus_impulse = jnp.asarray(soleus) @ periodic.integral(tension, time, duration)
    stored, returned = stored_and_returned_energy(runner, tension)
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
        "soleus_share": soleus_impulse / impulse,
        "steps_per_km": jnp.asarray(steps),
    }


def calf_columns(runner: Runner) -> np.ndarray:
    """Places of the muscles that pull on each Achilles tendon: (calf muscle, side)."""
    names = runner.muscle_names
    return np.array([[names.index(f"{m}_{s}") for s in SIDES] for m in runner.achilles.muscles])


def calf_tension(runner: Runner, tendon_force: Array) -> Array:
    """Tendon forces of the calf: (instant, muscle) -> (instant, calf muscle, side), N."""
    return jnp.asarray(tendon_force)[:, calf_columns(runner)]


def tendon_elongation(runner: Runner, tension: Array) -> Array:
    """Elongation of each calf tendon by its own curve, m; zero where the tendon is rigid."""
    muscles, calf = runner.muscles, calf_columns(runner)
    relative = tension / muscles.max_isometric_force[calf][None]
    length = curves.tendon_length(relative, muscles.tendon_stiffness[calf][None])
    elastic = jnp.array(muscles.elastic_tendon)[calf][None]
    return jnp.where(elastic, (length - 1.0) * muscles.tendon_slack_length[calf][None], 0.0)


def stored_and_returned_energy(runner: Runner, tension: Array) -> tuple[Array, Array]:
    """Work into and out of the calf tendons of each side over a stride, J: (side,) and (side,)."""
    elongation = tendon_elongation(runner, tension)
    mean_force = 0.5 * (tension + jnp.roll(tension, 1, axis=0))
    work = (mean_force * (elongation - jnp.roll(elongation, 1, axis=0))).sum(axis=1)
    return jnp.maximum(work, 0.0).sum(axis=0), jnp.maximum(-work, 0.0).sum(axis=0)


def weighted_impulse(relative_load: Array, time: Array, duration: Array) -> Array:
    """Integral of relative_load^b over the stride for each exponent b, s: (exponent, side)."""
    powers = [relative_load**exponent for exponent in EXPONENTS]
    return jnp.stack([periodic.integral(power, time, duration) for power in powers])


def rates(stride: Stride) -> dict[str, Array]:
    """How fast force and strain rise and fall."""
    time, duration, force = stride.time, stride.duration, _relative_force(stride)
    strain = across(stride.spline, stride.given.achilles_strain)
    strain_rate = periodic.rate(strain, time, duration)
    loading_rate = jax.vmap(mean_loading_rate, in_axes=(1, None))
    return {
        "achilles_loading_rate": loading_rate(force, duration),
        "achilles_peak_loading_rate": largest(periodic.rate(force, time, duration)),
        "achilles_peak_strain_rate": largest(strain_rate),
        "achilles_peak_unloading_strain_rate": largest(-strain_rate),
    }


def mean_loading_rate(force: Array, duration: Array) -> Array:
    """Mean slope between the last crossings of 10 % and of 90 % of the peak before the peak.

    force: (sample,) over one stride, evenly spaced. NaN where it never falls that low.
    """
    step, largest = duration / len(force), force.max()
    # Backward in time from the peak, over one stride.
    before = jnp.roll(force, -jnp.argmax(force) - 1)[::-1]
    delays = []
    for share in RISE:
        below = before < share * largest
        k = jnp.argmax(below)
        drop = jnp.where(below.any(), before[k - 1] - before[k], 1.0)
        delays.append(step * (k.astype(float) - (share * largest - before[k]) / drop))
    exists = (before < RISE[0] * largest).any()
    time = jnp.where(exists, delays[0] - delays[1], 1.0)
    return jnp.where(exists, (RISE[1] - RISE[0]) * largest / time, jnp.nan)


def timing(stride: Stride) -> dict[str, Array]:
    """What happens when, counted from contact."""
    strain = across(stride.spline, stride.given.achilles_strain)
    delay = (time_of_peak(stride, _relative_force(stride)) - contact(stride)) % stride.duration
    share = 100.0 * delay / stance_time(stride)
    return {
        "achilles_strain_at_contact": at_contact(stride, strain),
        "achilles_delay_of_peak": where_landed(stride, delay),
        "achilles_time_of_peak": where_landed(stride, share),
    }


def time_of_peak(stride: Stride, values: Array) -> Array:
    """When each curve (sample, side) is largest: (side,), s."""
    return periodic.peak(values, stride.time, stride.duration).time


def ankle(stride: Stride) -> dict[str, Array]:
    """The force beside the net plantarflexion moment, where the model has an ankle."""
    if not has_coordinate(stride, "ankle_angle"):
        return {}
    moment, force = -both_sides(stride, "joint_moments", "ankle_angle"), _relative_force(stride)
    peak = time_of_peak(stride, force)
    arm = at(stride, moment, peak) / at(stride, force, peak)
    proxy = jnp.maximum(moment, 0.0) / (PROXY_MOMENT_ARM * stride.weight)
    return {
        "achilles_moment_arm_at_peak": arm / stride.weight,
        "achilles_proxy_peak_force": periodic.peak(proxy, stride.time, stride.duration).value,
        "achilles_proxy_impulse": periodic.integral(proxy, stride.time, stride.duration),
    }


def _relative_force(stride: Stride) -> Array:
    """Force on each tendon at evenly spaced instants: (sample, side), BW."""
    tension = calf_tension(stride.given.runner, stride.given.tendon_force).sum(axis=1)
    return across(stride.spline, tension) / stride.weight
