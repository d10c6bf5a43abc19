"""The text of an imported model folder: model.toml, the tables, the fit's errors, IMPORT.md."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from surae._errors import UnusableInput
from surae.files.model_writing import csv_text, toml_text
from surae.files.osim.anatomy import achilles_muscles, groups_of, slow_twitch
from surae.files.osim.forces import CONTACT_KEYS, ImportedMuscle, Sphere
from surae.files.osim.functions import Function, converted, is_linear, scaled
from surae.files.osim.imported import Imported
from surae.files.osim.notes import import_notes
from surae.files.osim.paths import ImportedPaths
from surae.files.osim.skeleton import ImportedBody, shared_functions
from surae.files.osim.source import Source

# What a model file does not say. Reference force: a maximal voluntary contraction (Peltonen 2010);
# cross-section: the middle of 50 to 70 mm2; specific tension: Rajagopal 2016, volume to force.
ACHILLES_REFERENCE_FORCE_N = 3500.0
ACHILLES_CROSS_SECTION_MM2 = 60.0
SPECIFIC_TENSION_MPA = 0.6
# A model without contact gets the parameters of Falisse 2019, which act on no sphere.
_DEFAULT_CONTACT = (1e6, 2.0, 0.8, 0.8, 0.5, 0.2, 1e-5, 300.0, 50.0)
_ROTATIONAL, _TINY = 1, 1e-15
Table = tuple[str, Mapping[str, Any]]


def folder_files(imported: Imported, signs: Sequence[Mapping[str, Any]] = ()) -> dict[str, str]:
    """File names and texts; `signs`: entries of [[moment_arm_sign]]."""
    written = as_written(imported)
    return {
        "model.toml": toml_text(*model_tables(written, signs)),
        "muscles.csv": muscles_csv(written.muscles),
        "paths.csv": paths_csv(written.paths),
        "contact.csv": contact_csv(written.spheres),
        "path_errors.csv": path_errors_csv(written.paths),
        "IMPORT.md": import_notes(imported),
    }


def as_written(imported: Imported) -> Imported:
    """A symmetric model is written without its left side."""
    if not imported.symmetric:
        return imported
    forces = imported.forces
    kept = tuple(path for path in imported.paths.paths if not _is_left(path.muscle))
    return replace(
        imported,
        bodies=[body for body in imported.bodies if not _is_left(body.name)],
        muscles=[muscle for muscle in imported.muscles if not _is_left(muscle.name)],
        spheres=[sphere for sphere in imported.spheres if not _is_left(sphere.name)],
        paths=replace(imported.paths, paths=kept),
        forces=replace(
            forces,
            motors=tuple(motor for motor in forces.motors if not _is_left(motor[0])),
            springs={c: spring for c, spring in forces.springs.items() if not _is_left(c)},
            stops={c: stop for c, stop in forces.stops.items() if not _is_left(c)},
        ),
    )


def _is_left(name: str) -> bool:
    return name.endswith("_l")


def model_tables(
    imported: Imported, signs: Sequence[Mapping[str, Any]] = ()
) -> tuple[dict[str, Any], list[Table]]:
    """The keys at the top of model.toml, and its tables."""
    source = imported.source
    mass = source.model.getTotalMass(source.state)
    free = len(source.coordinates) - len(source.couplers)
    count = len(imported.muscles) * (2 if imported.symmetric else 1)
    top = {
        "schema": 1,
        "name": source.name,
        "description": f"{free} coordinates, {count} muscles, {mass:.4g} kg; "
        f"imported from {source.path.name}",
        "gravity_m_s2": _vector(source.model.getGravity().to_numpy()),
        "symmetric": imported.symmetric,
    }
    coordinates = _coordinates(source, imported.symmetric)
    tables = [*_skeleton(imported), *coordinates, *_forces(imported)]
    tables += [("[groups]", groups_of(imported.stems)), _achilles(imported)]
    tables += [("[contact]", contact_table(imported.spheres))]
    tables += [("[[moment_arm_sign]]", sign) for sign in signs]
    return top, tables


def _skeleton(imported: Imported) -> Iterator[Table]:
    """Functions, coupled coordinates and bodies."""
    functions = shared_functions(imported.bodies)
    coupled = []
    for coupler in imported.source.couplers:
        if imported.symmetric and _is_left(coupler.independent):
            continue
        where = f"{imported.source.path}: the coupler of {coupler.coordinate!r}"
        function = converted(imported.source.package, coupler.function, where)
        function = scaled(function, coupler.scale)
        entry = {"name": coupler.coordinate, "coordinate": coupler.independent}
        if not is_linear(function, 1.0):
            name = f"{coupler.coordinate}_of_{coupler.independent}"
            functions.append((name, function))
            entry["function"] = name
        coupled.append(entry)
    for name, function in functions:
        yield "[[function]]", {"name": name, **function}
    for entry in coupled:
        yield "[[coupled_coordinate]]", entry
    for body in imported.bodies:
        yield "[[body]]", _body(body, functions)


def _body(body: ImportedBody, functions: Sequence[tuple[str, Function]]) -> dict[str, Any]:
    joint = []
    for motion in body.motions:
        entry: dict[str, Any] = {
            "coordinate": motion.coordinate,
            "motion": motion.kind,
            "axis": list(motion.axis),
        }
        if motion.function is not None:
            entry["function"] = next(n for n, f in functions if f == motion.function)
        joint.append(entry)
    return {
        "name": body.name,
        "mass_kg": float(body.mass),
        "mass_center_m": _vector(body.mass_center),
        "inertia_kg_m2": _vector(body.inertia),
        "parent": body.parent,
        "location_in_parent_m": _vector(body.location_in_parent),
        "orientation_in_parent_rad": _vector(body.orientation_in_parent),
        "location_in_child_m": _vector(body.location_in_child),
        "orientation_in_child_rad": _vector(body.orientation_in_child),
        "joint": joint,
    }


def _coordinates(source: Source, symmetric: bool) -> Iterator[Table]:
    for coordinate in source.coordinates:
        name = coordinate.getName()
        if name in source.coupled or (symmetric and _is_left(name)):
            continue
        rotation = coordinate.getMotionType() == _ROTATIONAL
        unit, factor = ("deg", 180.0 / math.pi) if rotation else ("m", 1.0)
        lower, upper = (factor * v for v in (coordinate.getRangeMin(), coordinate.getRangeMax()))
        entry: dict[str, Any] = {
            "name": name,
            f"range_{unit}": [lower, upper],
            f"default_{unit}": min(max(factor * coordinate.getDefaultValue(), lower), upper),
        }
        if name in source.locked:
            entry["locked"] = True
        yield "[[coordinate]]", entry


def _forces(imported: Imported) -> Iterator[Table]:
    for coordinate, (stiffness, damping, rest) in imported.forces.springs.items():
        yield (
            "[[spring]]",
            {
                "coordinate": coordinate,
                "stiffness_N_m_rad": float(stiffness),
                "damping_N_m_s_rad": float(damping),
                "rest_deg": math.degrees(rest),
            },
        )
    for coordinate, (lower, upper, moment, width) in imported.forces.stops.items():
        yield (
            "[[stop]]",
            {
                "coordinate": coordinate,
                "lower_deg": math.degrees(lower),
                "upper_deg": math.degrees(upper),
                "torque_at_limit_N_m": float(moment),
                "width_rad": width,
            },
        )
    for name, coordinate, torque in imported.forces.motors:
        yield (
            "[[actuator]]",
            {"name": name, "coordinate": coordinate, "max_torque_N_m": float(torque)},
        )


def _achilles(imported: Imported) -> Table:
    names = achilles_muscles(imported.stems)
    if not names:
        raise UnusableInput(
            f"{imported.source.path}: no muscle is named as soleus or gastrocnemius are; surae "
            "reports the load on the Achilles tendon and needs them (soleus_r, gasmed_r)."
        )
    pulling = [m for m in imported.muscles if m.name in {f"{name}_r" for name in names}]
    return (
        "[achilles]",
        {
            "muscles": names,
            "stiffness_N_mm": achilles_stiffness(pulling) / 1e3,
            "reference_force_N": ACHILLES_REFERENCE_FORCE_N,
            "cross_section_mm2": ACHILLES_CROSS_SECTION_MM2,
        },
    )


def achilles_stiffness(pulling: Sequence[ImportedMuscle]) -> float:
    """Summed tangent stiffness, N/m, at the reference force, each at the same normalized force.

    De Groote 2016: f = 0.2 exp(kT (l - 0.995)) - 0.25, so that df/dl = kT (f + 0.25).
    """
    total = sum(m.max_isometric_force for m in pulling)
    normalized = ACHILLES_REFERENCE_FORCE_N / total
    per_length = sum(
        m.tendon_stiffness * m.max_isometric_force / m.tendon_slack_length for m in pulling
    )
    return per_length * (normalized + 0.25)


def contact_table(spheres: Sequence[Sphere]) -> dict[str, Any]:
    """[contact]: the law of OpenSim with the parameters of the first sphere."""
    values = spheres[0].parameters if spheres else _DEFAULT_CONTACT
    return {
        "law": "smooth_sphere_half_space",
        **{key: float(value) for key, value in zip(CONTACT_KEYS, values, strict=True)},
    }


def muscles_csv(muscles: Sequence[ImportedMuscle]) -> str:
    """muscles.csv."""
    header = (
        "name",
        "max_isometric_force_N",
        "optimal_fiber_length_m",
        "tendon_slack_length_m",
        "pennation_at_optimal_deg",
        "max_contraction_velocity_per_s",
        "tendon",
        "tendon_stiffness_kT",
        "slow_twitch_fraction",
        "specific_tension_MPa",
        "fiber_damping",
        "activation_time_constant_s",
        "deactivation_time_constant_s",
        "minimum_activation",
    )
    # The load on the Achilles tendon is the question, so that its muscles' tendons stretch always.
    calf = achilles_muscles([m.name[:-2] for m in muscles])
    rows = [
        (
            m.name,
            *_numbers(m.max_isometric_force, m.optimal_fiber_length, m.tendon_slack_length),
            *_numbers(math.degrees(m.pennation_at_optimal), m.max_contraction_velocity),
            "elastic" if m.elastic_tendon or m.name[:-2] in calf else "rigid",
            *_numbers(m.tendon_stiffness, slow_twitch(m.name[:-2]), SPECIFIC_TENSION_MPA),
            *_numbers(m.fiber_damping, m.activation_time_constant),
            *_numbers(m.deactivation_time_constant, m.minimum_activation),
        )
        for m in muscles
    ]
    return csv_text(header, rows)


def paths_csv(paths: ImportedPaths) -> str:
    """paths.csv: one row a term."""
    span = max(len(path.coordinates) for path in paths.paths)
    columns = [f"{what}_{i}" for i in range(1, span + 1) for what in ("coordinate", "power")]
    rows = []
    for path in paths.paths:
        empty = ["", ""] * (span - len(path.coordinates))
        for powers, coefficient in zip(path.exponents, path.coefficients, strict=True):
            named = zip(path.coordinates, powers, strict=True)
            cells = [cell for pair in named for cell in pair]
            rows.append((path.muscle, *cells, *empty, f"{coefficient:.10g}"))
    return csv_text(("muscle", *columns, "coefficient_m"), rows)


def path_errors_csv(paths: ImportedPaths) -> str:
    """path_errors.csv: how well the polynomials follow OpenSim over the range of running."""
    header = (
        "muscle",
        "coordinates",
        "degree",
        "terms",
        "length_rms_mm",
        "length_max_mm",
        "moment_arm_rms_mm",
        "moment_arm_max_mm",
        "contradicting_poses",
    )
    rows = []
    for path in paths.paths:
        e = path.errors
        errors = (e.length_rms, e.length_max, e.arm_rms, e.arm_max)
        rows.append(
            (
                path.muscle,
                " ".join(path.coordinates),
                max(map(sum, path.exponents)),
                len(path.exponents),
                *(f"{1e3 * error:.3f}" for error in errors),
                f"{e.contradictions:.3f}",
            )
        )
    return csv_text(header, rows)


def contact_csv(spheres: Sequence[Sphere]) -> str:
    """contact.csv; stiffness where the spheres differ in it."""
    own = len({sphere.parameters[0] for sphere in spheres}) > 1
    header = ["name", "body", "x_m", "y_m", "z_m", "radius_m", *(["stiffness_Pa"] if own else [])]
    rows = [
        (s.name, s.body, *_numbers(*s.location, s.radius, *s.parameters[: int(own)]))
        for s in spheres
    ]
    return csv_text(header, rows)


def _vector(values: Iterable[float]) -> list[float]:
    return [float(v) if abs(v) > _TINY else 0.0 for v in values]


def _numbers(*values: float) -> list[str]:
    return [f"{value:.12g}" for value in values]
