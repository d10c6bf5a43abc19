"""Derive the full runner (models/full) from LaiUhlrich2022.osim and documented settings.

Bodies, joints, couplers, muscles and paths are those of `surae import --symmetric`; strengths,
tendons, motors, springs, stops, ranges and contact are set here, each with its source in
models/full/SOURCES.md. Needs the `opensim` package (4.6), and two files of opencap-processing
(Apache-2.0): the generic model, and one with contact spheres.

    python tools/derive_full.py --osim LaiUhlrich2022.osim \
        --contacts LaiArnoldModified2017_contacts.osim --out models/full

writes model.toml, muscles.csv, paths.csv, contact.csv and path_errors.csv.
"""

import argparse
import math
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from surae.files.model_runner import read_model
from surae.files.model_writing import toml_text
from surae.files.osim.anatomy import kind_of
from surae.files.osim.folder import (
    as_written,
    contact_csv,
    contact_table,
    model_tables,
    muscles_csv,
    path_errors_csv,
    paths_csv,
)
from surae.files.osim.forces import contact_spheres
from surae.files.osim.signs import known_signs
from surae.files.osim.source import open_source
from surae.files.osim.worker import read_opensim

# Max isometric force over the source's: abductors saturate in running otherwise (Lenhart 2014
# against the model's sums), and the calf needs headroom at 4 m/s (as in models/planar).
STRENGTH = {
    "gluteus_medius": 1.5,
    "gluteus_minimus": 1.5,
    "tensor_fasciae_latae": 1.5,
    "soleus": 1.3,
    "gastrocnemius_lateralis": 1.3,
    "gastrocnemius_medialis": 1.3,
}
CALF = ("soleus", "gastrocnemius_lateralis", "gastrocnemius_medialis")
MAX_CONTRACTION_VELOCITY_PER_S = 12.0  # Geyer and Herr 2010, Umberger 2003
ACTIVATION_S, DEACTIVATION_S = 0.015, 0.060  # Thelen 2003
RIGID_TENDON_FORCE = 0.25  # a rigid tendon has the length it would have at this normalized force
# Its fibers would be at 0.34 of their optimal length in mid swing, where it carries nothing.
SOURCES_SLACK = ("semimembranosus",)
ACHILLES = {  # Peltonen 2010; the middle of 50 to 70 mm2
    "stiffness_N_mm": 430.0,
    "reference_force_N": 3500.0,
    "cross_section_mm2": 60.0,
}

# Bounds of the unknowns, deg (pelvis translations: m). Those not named keep the source's.
RANGES = {
    "pelvis_tilt": (-60.0, 60.0),
    "pelvis_list": (-45.0, 45.0),
    "pelvis_rotation": (-60.0, 60.0),
    "pelvis_ty": (0.5, 1.5),
    "hip_flexion_r": (-40.0, 120.0),
    "knee_angle_r": (-5.0, 140.0),
    "mtp_angle_r": (-75.0, 45.0),
    "lumbar_extension": (-60.0, 45.0),
    "lumbar_bending": (-45.0, 45.0),
    "lumbar_rotation": (-60.0, 60.0),
    "arm_flex_r": (-100.0, 120.0),
    "arm_add_r": (-120.0, 60.0),
    "arm_rot_r": (-100.0, 100.0),
    "elbow_flex_r": (-5.0, 150.0),
    "pro_sup_r": (-5.0, 120.0),
}
DEFAULTS = {"pelvis_ty": 0.95, "elbow_flex_r": 90.0, "pro_sup_r": 45.0}
# Stiffness N m/rad, damping N m s/rad, rest deg.
SPRINGS = {
    "mtp_angle_r": (25.0, 1.9, 0.0),
    "lumbar_extension": (20.0, 1.0, 0.0),
    "lumbar_bending": (20.0, 1.0, 0.0),
    "lumbar_rotation": (20.0, 1.0, 0.0),
    "arm_flex_r": (2.0, 0.3, 0.0),
    "arm_add_r": (2.0, 0.3, -10.0),
    "arm_rot_r": (2.0, 0.3, 0.0),
    "elbow_flex_r": (2.0, 0.3, 90.0),
    "pro_sup_r": (2.0, 0.3, 45.0),
}
# Lower and upper limit, deg; N m at the limit; growing by e every so many rad.
SOFT, HARD = (1.0, 0.05), (5.0, 0.025)
STOPS = {
    "hip_flexion_r": (-30.0, 120.0, *SOFT),
    "hip_adduction_r": (-40.0, 25.0, *SOFT),
    "hip_rotation_r": (-35.0, 35.0, *SOFT),
    "knee_angle_r": (0.0, 140.0, *HARD),
    "ankle_angle_r": (-40.0, 30.0, *SOFT),
    "subtalar_angle_r": (-25.0, 25.0, *SOFT),
    "mtp_angle_r": (-60.0, 30.0, *SOFT),  # positive: toes down
    "lumbar_extension": (-45.0, 30.0, *SOFT),
    "lumbar_bending": (-30.0, 30.0, *SOFT),
    "lumbar_rotation": (-40.0, 40.0, *SOFT),
    "arm_flex_r": (-70.0, 90.0, *SOFT),
    "arm_add_r": (-90.0, 20.0, *SOFT),
    "arm_rot_r": (-80.0, 80.0, *SOFT),
    "elbow_flex_r": (0.0, 145.0, *SOFT),
    "pro_sup_r": (0.0, 115.0, *SOFT),
}
MOTORS = {
    "lumbar_extension": 100.0,
    "lumbar_bending": 100.0,
    "lumbar_rotation": 50.0,
    "arm_flex_r": 20.0,
    "arm_add_r": 20.0,
    "arm_rot_r": 20.0,
    "elbow_flex_r": 20.0,
    "pro_sup_r": 5.0,
}
# Softer and rounder than the source's: see SOURCES.md.
CONTACT = {
    "stiffness_Pa": 5e5,
    "dissipation_s_m": 1.0,
    "transition_velocity_m_s": 0.5,
    "constant_contact_force": 2.5e-5,
    "hertz_smoothing_per_m": 120.0,
}


def with_settings(muscle):
    """Strength, tendon and time constants of one muscle."""
    kind = kind_of(muscle.name[:-2])
    elastic = kind in CALF
    as_source = elastic or kind in SOURCES_SLACK
    stretch = math.log((RIGID_TENDON_FORCE + 0.25) / 0.2) / muscle.tendon_stiffness - 0.005
    return replace(
        muscle,
        max_isometric_force=muscle.max_isometric_force * STRENGTH.get(kind, 1.0),
        tendon_slack_length=muscle.tendon_slack_length * (1.0 if as_source else 1.0 + stretch),
        max_contraction_velocity=MAX_CONTRACTION_VELOCITY_PER_S,
        elastic_tendon=elastic,
        activation_time_constant=ACTIVATION_S,
        deactivation_time_constant=DEACTIVATION_S,
    )


def scaled_spheres(path, bodies):
    """Spheres of the other model's feet, moved by how much longer and wider its feet are."""
    other = open_source(path)
    spheres = [sphere for sphere in contact_spheres(other) if sphere.name.endswith("_r")]
    toes = next(body for body in bodies if body.name == "toes_r").location_in_parent
    joint = next(j for j in other.model.getJointSet() if j.getName() == "mtp_r")
    theirs = joint.getParentFrame().findTransformInBaseFrame().p().to_numpy()
    length = toes[0] / theirs[0]
    print(f"their feet are {1.0 / length:.4f} times as long; spheres scaled by {length:.4f}")
    return [
        replace(s, location=(s.location[0] * length, s.location[1], s.location[2] * length))
        for s in spheres
    ]


def tables_of(imported, spheres, signs):
    """model.toml: what was imported, with the settings in place of the source's."""
    top, tables = model_tables(imported, signs)
    top = {
        **top,
        "name": "full",
        "description": "The Rajagopal-Lai-Uhlrich runner: 33 coordinates, 80 muscles, 75.3 kg",
    }
    kept = []
    for header, values in tables:
        if header in ("[[spring]]", "[[stop]]", "[[actuator]]"):
            continue
        changed = dict(values)
        name = changed.get("name")
        if header == "[[coordinate]]":
            unit = "m" if "range_m" in changed else "deg"
            changed[f"range_{unit}"] = list(RANGES.get(name, changed[f"range_{unit}"]))
            changed[f"default_{unit}"] = DEFAULTS.get(name, changed[f"default_{unit}"])
        if header == "[achilles]":
            changed = {"muscles": changed["muscles"], **ACHILLES}
        if header == "[contact]":
            changed = {**contact_table(spheres), **CONTACT}
        kept.append((header, changed))
        if header == "[[coordinate]]" and name == "pro_sup_r":
            kept += list(passive_and_motors())
    return top, kept


def passive_and_motors():
    """[[spring]], [[stop]] and [[actuator]]."""
    for name, (stiffness, damping, rest) in SPRINGS.items():
        yield (
            "[[spring]]",
            {
                "coordinate": name,
                "stiffness_N_m_rad": stiffness,
                "damping_N_m_s_rad": damping,
                "rest_deg": rest,
            },
        )
    for name, (lower, upper, moment, width) in STOPS.items():
        yield (
            "[[stop]]",
            {
                "coordinate": name,
                "lower_deg": lower,
                "upper_deg": upper,
                "torque_at_limit_N_m": moment,
                "width_rad": width,
            },
        )
    for name, torque in MOTORS.items():
        motor = f"{name[:-2]}_torque_r" if name.endswith("_r") else f"{name}_torque"
        yield "[[actuator]]", {"name": motor, "coordinate": name, "max_torque_N_m": torque}


def write(out, imported, spheres, signs=()):
    """All files of the folder."""
    out.mkdir(parents=True, exist_ok=True)
    files = {
        "model.toml": "# Written by tools/derive_full.py; sources in SOURCES.md.\n"
        + toml_text(*tables_of(imported, spheres, signs)),
        "muscles.csv": muscles_csv(imported.muscles),
        "paths.csv": paths_csv(imported.paths),
        "contact.csv": contact_csv(spheres),
        "path_errors.csv": path_errors_csv(imported.paths),
    }
    for name, text in files.items():
        (out / name).write_text(text, encoding="utf-8")


def main():
    """Derive and write the model folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--osim", type=Path, required=True, help="LaiUhlrich2022.osim")
    parser.add_argument("--contacts", type=Path, required=True, help="the model with spheres")
    parser.add_argument("--out", type=Path, required=True, help="model folder to write")
    arguments = parser.parse_args()
    imported = read_opensim(arguments.osim, lambda step, share: print(step, f"{share:.0%}"))
    print(f"sha256 of {arguments.osim.name}: {imported.source.sha256}")
    spheres = scaled_spheres(arguments.contacts, imported.bodies)
    imported = as_written(replace(imported, symmetric=True))
    imported = replace(imported, muscles=[with_settings(m) for m in imported.muscles])
    write(arguments.out, imported, spheres)
    runner = read_model(arguments.out).runner
    signs, broken = known_signs(runner, imported.knee_sign)
    write(arguments.out, imported, spheres, signs)
    kt = np.asarray(read_model(arguments.out).runner.muscles.tendon_stiffness)
    print(f"kT of the calf {kt.min():.3f}; of the others {kt.max():.3f}")
    print("\n".join(["against anatomy:", *broken]) if broken else "all known moment arms hold")
    return 0


if __name__ == "__main__":
    sys.exit(main())
