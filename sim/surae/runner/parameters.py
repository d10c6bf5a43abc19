"""The parameters a user may set by name, with unit and range: `--set achilles.stiffness_N_mm=300`.

The same names and ranges are the columns and keys of a model folder. Ranges are wide enough for
any runner and narrow enough to catch a wrong unit.
"""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.core import Tracer

from surae._errors import UnusableInput
from surae._pytree import replace
from surae.foot.contact import LAWS
from surae.runner.joint_parameters import (
    JOINT_PARAMETERS,
    Parameter,
    joint_names,
    joint_value,
    stops_complaint,
    with_joint,
)
from surae.runner.runner import Runner
from surae.runner.scaling import (
    FACTOR_RANGE,
    HEIGHT_RANGE,
    LEG_LENGTH_RANGE,
    MASS_RANGE,
    PELVIS_WIDTH_RANGE,
    STRENGTH_EXPONENT,
    body_size,
    scale,
)
from surae.runner.segments import segment_names
from surae.runner.spelling import nearest_name
from surae.runner.units import unknown_key
from surae.runner.weakness import (
    SIDES,
    chosen,
    group_names,
    muscles_of,
    with_achilles_stiffness,
    with_fatigue,
)

MUSCLE_PARAMETERS = {
    "max_isometric_force_N": Parameter("max_isometric_force", 1.0, 10.0, 50000.0),
    "optimal_fiber_length_m": Parameter("optimal_fiber_length", 1.0, 0.005, 0.6),
    "tendon_slack_length_m": Parameter("tendon_slack_length", 1.0, 0.001, 1.0),
    "pennation_at_optimal_deg": Parameter("pennation_at_optimal", math.pi / 180.0, 0.0, 60.0),
    "max_contraction_velocity_per_s": Parameter("max_contraction_velocity", 1.0, 1.0, 30.0),
    "tendon_stiffness_kT": Parameter("tendon_stiffness", 1.0, 5.0, 100.0),
    "slow_twitch_fraction": Parameter("slow_twitch_fraction", 1.0, 0.0, 1.0),
    "specific_tension_MPa": Parameter("specific_tension", 1e6, 0.05, 2.0),
    "fiber_damping": Parameter("fiber_damping", 1.0, 0.0, 1.0),
    "activation_time_constant_s": Parameter("activation_time_constant", 1.0, 0.001, 0.2),
    "deactivation_time_constant_s": Parameter("deactivation_time_constant", 1.0, 0.001, 0.5),
    "minimum_activation": Parameter("minimum_activation", 1.0, 0.0, 0.2),
    "density_kg_m3": Parameter("density", 1.0, 900.0, 1200.0),
    "passive_stiffness_factor": Parameter("passive_stiffness", 1.0, 0.1, 20.0),
}
ACHILLES_PARAMETERS = {
    "stiffness_N_mm": Parameter("stiffness", 1e3, 20.0, 5000.0),
    "reference_force_N": Parameter("reference_force", 1.0, 100.0, 20000.0),
    "cross_section_mm2": Parameter("cross_section", 1e-6, 10.0, 500.0),
}
# Of each law; `stiffness` belongs to the spheres, the others to the law.
CONTACT_PARAMETERS = {
    "hunt_crossley": {
        "stiffness_N_m15": Parameter("stiffness", 1.0, 1e3, 1e8),
        "dissipation_s_m": Parameter("dissipation", 1.0, 0.0, 10.0),
        "friction": Parameter("friction", 1.0, 0.01, 3.0),
        "friction_width_m_s": Parameter("friction_width", 1.0, 1e-4, 1.0),
        "smoothing_m": Parameter("smoothing", 1.0, 1e-5, 0.05),
    },
    "smooth_sphere_half_space": {
        "stiffness_Pa": Parameter("stiffness", 1.0, 1e3, 1e9),
        "dissipation_s_m": Parameter("dissipation", 1.0, 0.0, 10.0),
        "static_friction": Parameter("static_friction", 1.0, 0.0, 3.0),
        "dynamic_friction": Parameter("dynamic_friction", 1.0, 0.0, 3.0),
        "viscous_friction_s_m": Parameter("viscous_friction", 1.0, 0.0, 10.0),
        "transition_velocity_m_s": Parameter("transition_velocity", 1.0, 1e-3, 5.0),
        "constant_contact_force": Parameter("constant_contact_force", 1.0, 1e-12, 1e-2),
        "hertz_smoothing_per_m": Parameter("hertz_smoothing", 1.0, 10.0, 1e5),
        "hunt_crossley_smoothing_s_m": Parameter("hunt_crossley_smoothing", 1.0, 1.0, 1e4),
    },
}
# How running tires muscles (runner.fatigue); for how long each has run is a dial of the muscle.
FATIGUE_PARAMETERS = {
    "loss": Parameter("loss", 1.0, 0.0, 0.9),
    "time_constant_min": Parameter("time_constant", 60.0, 1.0, 600.0),
}
# mass_kg scales all masses and inertias alike, muscles and geometry stay; mass_and_strength_kg
# gives the muscles mass^(2/3) of their force besides. The sizes keep the mass (runner.scaling).
BODY_PARAMETERS = {
    "mass_kg": Parameter("mass", 1.0, 30.0, 200.0),
    "mass_and_strength_kg": Parameter("mass", 1.0, *MASS_RANGE),
    "height_m": Parameter("height", 1.0, *HEIGHT_RANGE),
    "leg_length_m": Parameter("leg_length", 1.0, *LEG_LENGTH_RANGE),
    "pelvis_width_m": Parameter("pelvis_width", 1.0, *PELVIS_WIDTH_RANGE),
}
# Of each segment, in all three directions: `segment.femur`, `segment.femur_r`.
_SEGMENT_FACTOR = Parameter("segments", 1.0, *FACTOR_RANGE)
# Multiplies what each muscle of a group has, where `max_isometric_force_N` would make them equal.
_SIZES_IN_ORDER = (
    "body.height_m",
    "segment.",
    "body.leg_length_m",
    "body.pelvis_width_m",
    "body.mass",
)
FORCE_FACTOR = "max_isometric_force_factor"
_FORCE_FACTOR = Parameter("max_isometric_force", 1.0, 0.2, 5.0)
_OF_A_GROUP = {FORCE_FACTOR: _FORCE_FACTOR, **MUSCLE_PARAMETERS}


def contact_law(runner: Runner) -> str:
    """Name of the law that the feet of a runner follow, a key of `CONTACT_PARAMETERS`."""
    return next(name for name, law in LAWS.items() if isinstance(runner.feet.law, law))


def _parts(runner: Runner) -> dict[str, dict[str, Parameter]]:
    """Names of the parameters that are no muscle's."""
    return {
        "achilles": ACHILLES_PARAMETERS,
        "body": BODY_PARAMETERS,
        "contact": CONTACT_PARAMETERS[contact_law(runner)],
        "fatigue": FATIGUE_PARAMETERS,
        "segment": dict.fromkeys(segment_names(runner.skeleton), _SEGMENT_FACTOR),
    }


def parameter_names(runner: Runner) -> tuple[str, ...]:
    """All names that `set_parameter` knows, those of muscles and groups without side."""
    parts = [f"{part}.{name}" for part, names in _parts(runner).items() for name in names]
    joints = [f"{joint}.{p}" for joint in joint_names(runner) for p in JOINT_PARAMETERS]
    return (*parts, *joints, *(f"{g}.{p}" for g in group_names(runner) for p in _OF_A_GROUP))


def set_parameter(runner: Runner, name: str, value: float | str | Array) -> Runner:
    """The runner with one parameter changed; the unit is in the name.

    runner: it stays as it is. name: such as `achilles.stiffness_N_mm`, `body.height_m` or
    `soleus.max_isometric_force_factor` (docs/studies). value: in that unit; may be traced by JAX.
    A change of the Achilles muscles keeps the Achilles tendon's stiffness in N/mm. Pure.
    Raises UnusableInput: no such parameter, with the nearest name; a value out of its range.
    """
    head, _, parameter = name.partition(".")
    _check_name(runner, name, head, parameter)
    if head == "achilles":
        si = _in_si(name, value, ACHILLES_PARAMETERS[parameter])
        changed = {ACHILLES_PARAMETERS[parameter].field: si}
        runner = replace(runner, achilles=replace(runner.achilles, **changed))
        return _refitted(runner, name)
    if head == "contact":
        return _with_contact_parameter(runner, name, parameter, value)
    if head == "fatigue":
        spec = FATIGUE_PARAMETERS[parameter]
        changed = {spec.field: _in_si(name, value, spec)}
        return with_fatigue(runner, replace(runner.fatigue, **changed))
    if head == "body":
        spec = BODY_PARAMETERS[parameter]
        exponent = 0.0 if parameter == "mass_kg" else STRENGTH_EXPONENT
        size = {spec.field: _in_si(name, value, spec)}
        return _sized(runner, name, strength_exponent=exponent, **size)
    if head == "segment":
        return _sized(runner, name, segments={parameter: _in_si(name, value, _SEGMENT_FACTOR)})
    if head in joint_names(runner):
        return _with_joint_parameter(runner, name, head, parameter, value)
    return _with_muscle_parameter(runner, name, head, parameter, value)


def size_turn(name: str) -> int:
    """When this parameter is set among others: sizes of the body first, from whole to part."""
    turns = [i for i, start in enumerate(_SIZES_IN_ORDER) if name.startswith(start)]
    return turns[0] if turns else len(_SIZES_IN_ORDER)


def parameter_value(runner: Runner, name: str) -> float:
    """The present value of a parameter in the unit of its name; of a group, the mean.

    A factor is 1: it multiplies what is there.
    """
    head, _, parameter = name.partition(".")
    _check_name(runner, name, head, parameter)
    if parameter == FORCE_FACTOR or head == "segment":
        return 1.0
    if head == "body":
        return float(body_size(runner, BODY_PARAMETERS[parameter].field))
    if head in joint_names(runner):
        return joint_value(runner, head, JOINT_PARAMETERS[parameter])
    if head in ("achilles", "contact", "fatigue"):
        spec = _parts(runner)[head][parameter]
        record = runner.feet if head == "contact" else getattr(runner, head)
        if not hasattr(record, spec.field):
            record = runner.feet.law
        values = np.asarray(getattr(record, spec.field))
    else:
        spec = MUSCLE_PARAMETERS[parameter]
        values = np.asarray(getattr(runner.muscles, spec.field))[chosen(runner, head)]
    return float(np.mean(values)) / spec.factor


def _check_name(runner: Runner, name: str, head: str, parameter: str) -> None:
    parts = _parts(runner)
    if head in parts:
        allowed = parts[head]
    elif head in joint_names(runner):
        allowed = JOINT_PARAMETERS
    elif not parameter:
        nearest = nearest_name(name, parameter_names(runner))
        hint = f" did you mean {nearest!r}?" if nearest else ""
        raise UnusableInput(
            f"There is no parameter {name!r};{hint} allowed are achilles.PARAMETER, "
            "body.PARAMETER, contact.PARAMETER, fatigue.PARAMETER, segment.NAME, "
            "COORDINATE.PARAMETER (hip_flexion.stop_lower_deg) and GROUP.PARAMETER "
            "(soleus.tendon_slack_length_m)."
        )
    else:
        muscles_of(runner, head)
        allowed = _OF_A_GROUP
    if head == "contact" and parameter not in allowed:
        others = [law for law, names in CONTACT_PARAMETERS.items() if parameter in names]
        if others:
            raise UnusableInput(
                f"{name} belongs to the contact law {others[0]}, and {runner.name} has "
                f"{contact_law(runner)}; allowed are {', '.join(allowed)}."
            )
    if parameter not in allowed:
        raise UnusableInput(f"{name}: {unknown_key('parameter', parameter, allowed)}.")


def _sized(runner: Runner, name: str, **size: Any) -> Runner:
    """The runner scaled; complaints get the parameter's name."""
    try:
        return scale(runner, **size)
    except UnusableInput as error:
        raise UnusableInput(f"{name}: {error}") from None


def _with_contact_parameter(
    runner: Runner, name: str, parameter: str, value: float | str | Array
) -> Runner:
    spec = CONTACT_PARAMETERS[contact_law(runner)][parameter]
    si, feet = _in_si(name, value, spec), runner.feet
    if spec.field == "stiffness":  # every sphere gets the same
        return replace(
            runner, feet=replace(feet, stiffness=jnp.broadcast_to(si, feet.stiffness.shape))
        )
    return replace(runner, feet=replace(feet, law=replace(feet.law, **{spec.field: si})))


def _with_joint_parameter(
    runner: Runner, name: str, joint: str, parameter: str, value: float | str | Array
) -> Runner:
    spec = JOINT_PARAMETERS[parameter]
    runner = with_joint(runner, joint, spec, _in_si(name, value, spec))
    complaint = None if isinstance(value, Tracer) else stops_complaint(runner, joint)
    if complaint:
        raise UnusableInput(f"{name}: {complaint}; the lower one must be below the upper one.")
    return runner


def _with_muscle_parameter(
    runner: Runner, name: str, group: str, parameter: str, value: float | str | Array
) -> Runner:
    achilles = {f"{muscle}_{side}" for muscle in runner.achilles.muscles for side in SIDES}
    of_achilles = achilles & {runner.muscle_names[i] for i in muscles_of(runner, group)}
    if of_achilles and parameter == "tendon_stiffness_kT":
        raise UnusableInput(
            f"{name}: {sorted(of_achilles)[0]} pulls on the Achilles tendon, whose stiffness is "
            "set in N/mm; use achilles.stiffness_N_mm."
        )
    spec = _OF_A_GROUP[parameter]
    present = getattr(runner.muscles, spec.field)
    si = _in_si(name, value, spec)
    new = present * si if parameter == FORCE_FACTOR else jnp.broadcast_to(si, present.shape)
    changed = jnp.where(chosen(runner, group), new, present)
    runner = replace(runner, muscles=replace(runner.muscles, **{spec.field: changed}))
    return _refitted(runner, name) if of_achilles else runner


def _in_si(name: str, value: float | str | Array, parameter: Parameter) -> Array:
    if isinstance(value, Tracer):  # under jax.grad it has no value to look at
        return value * parameter.factor
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise UnusableInput(f"{name} is {value!r}, which is no number; give one.") from None
    if not (math.isfinite(number) and parameter.low <= number <= parameter.high):
        raise UnusableInput(
            f"{name} is {number:g}; allowed are {parameter.low:g} to {parameter.high:g}."
        )
    return jnp.asarray(number * parameter.factor, float)


def _refitted(runner: Runner, name: str) -> Runner:
    """The Achilles tendon at its stiffness again; refused where no tendon curve has it."""
    runner = with_achilles_stiffness(runner)
    complaint = achilles_complaint(runner)
    if complaint:
        raise UnusableInput(f"{name}: {complaint}.")
    return runner


def achilles_complaint(runner: Runner) -> str | None:
    """Why the Achilles muscles cannot have the stiffness that is asked for, if they cannot."""
    if isinstance(runner.muscles.tendon_stiffness, Tracer):
        return None
    _, _, low, high = MUSCLE_PARAMETERS["tendon_stiffness_kT"]
    for muscle in runner.achilles.muscles:
        for i in muscles_of(runner, muscle):
            kt = float(runner.muscles.tendon_stiffness[i])
            if not low <= kt <= high:
                return (
                    f"an Achilles stiffness of {float(runner.achilles.stiffness) / 1e3:g} N/mm at "
                    f"{float(runner.achilles.reference_force):g} N needs a kT of {kt:.3g} in "
                    f"{runner.muscle_names[i]}; allowed are {low:g} to {high:g}"
                )
    return None
