"""Derive the planar runner (models/planar) from LaiUhlrich2022.osim.

Bodies are lumped and projected on the sagittal plane; muscles are lumped by function, and their
lengths, sampled with OpenSim, are fitted by polynomials in one or two sagittal coordinates.
Needs the `opensim` package (4.6) and LaiUhlrich2022.osim from opencap-processing (Apache-2.0):

    python tools/derive_planar.py --osim LaiUhlrich2022.osim --out models/planar

writes model.toml, muscles.csv, paths.csv and contact.csv; prints the tables quoted in SOURCES.md.
"""

import argparse
import itertools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import opensim
from scipy.optimize import lsq_linear, minimize_scalar

# Hamner and Delp 2013 (J Biomech 46:780), 4 m/s, mean of seven runners, degrees:
# a0, a1, b1, ..., a6, b6 over the percent of the stride, which starts at foot strike.
STRIDE_4_M_S = {
    "hip_flexion": (
        18.7839,
        23.5586,
        -20.3698,
        -6.75623,
        3.24532,
        -2.96935,
        1.93802,
        -0.822978,
        -0.961293,
        -0.431847,
        -0.0446821,
        -0.0897924,
        0.0553503,
    ),
    "knee_angle": (
        56.8154,
        -20.2761,
        -37.4452,
        -14.5496,
        21.425,
        -5.95773,
        1.4451,
        -1.59995,
        -0.0954547,
        -0.660181,
        0.59493,
        -0.219444,
        -0.249122,
    ),
    "ankle_angle": (
        -1.35145,
        10.846,
        2.854,
        -8.98892,
        8.20972,
        -4.99784,
        -3.5458,
        0.946226,
        -1.74351,
        0.0878112,
        0.510006,
        -0.409122,
        -0.67082,
    ),
}
PELVIS_OFFSET_DEG = 8.0  # the pelvis of these runners' models is tilted forward in Lai's frame

GRID_DEG = {"hip_flexion": (-30, 110), "knee_angle": (0, 130), "ankle_angle": (-40, 35)}
GRID_STEP_DEG = 5.0
MAX_DEGREE = 5
RUNNING_DISTANCE_DEG = 15.0  # poses this far from the stride still count fully, about
FAR_WEIGHT = 0.2  # weight of poses far from running
SIGN_MARGIN_M = 0.0005  # a moment arm of known sign stays this far from zero

MAX_CONTRACTION_VELOCITY_PER_S = 12.0  # optimal fiber lengths per s (Geyer and Herr; Umberger)
SPECIFIC_TENSION_MPA = 0.6  # Rajagopal 2016, whose forces Lai's model carries: F = volume*0.6/lopt
DE_GROOTE_KT = 35.0  # De Groote 2016, 4.74 % strain at maximum isometric force
RIGID_TENDON_FORCE = 0.25  # a rigid tendon has the length it would have at this normalized force
ACHILLES_STIFFNESS_N_MM = 430.0  # Peltonen 2010
ACHILLES_REFERENCE_FORCE_N = 3500.0  # Peltonen 2010, maximum voluntary contraction
ACHILLES_CROSS_SECTION_MM2 = 60.0

SPHERE_RADIUS_M = 0.032


@dataclass(frozen=True)
class Lump:
    """One planar muscle: its parts in the source model and what it does in the plane."""

    parts: tuple[str, ...]
    coordinates: tuple[str, ...]
    slow_twitch: tuple[float, ...]  # of the parts; Uchida 2016 as tabulated by PredSim
    signs: tuple[tuple[str, str, float, float], ...]  # coordinate, sign, from, to (deg)
    elastic: bool = False
    # OpenSim's gastrocnemius length is shorter than the polygon of its own path points while two
    # wrapping surfaces act (knee below about 65 deg): there only its moment arm is used.
    length_from_deg: float | None = None


LUMPS = {
    "gluteus_maximus": Lump(
        ("glmax1", "glmax2", "glmax3"),
        ("hip_flexion",),
        (0.55,) * 3,
        (("hip_flexion", "-", -30, 110),),
    ),
    "adductor_magnus": Lump(
        ("addmagDist", "addmagIsch"),
        ("hip_flexion",),
        (0.552,) * 2,
        (("hip_flexion", "-", -20, 110),),
    ),
    "iliopsoas": Lump(
        ("iliacus", "psoas"), ("hip_flexion",), (0.50,) * 2, (("hip_flexion", "+", -30, 110),)
    ),
    "hamstrings": Lump(
        ("bflh", "semimem", "semiten"),
        ("hip_flexion", "knee_angle"),
        (0.5425, 0.4925, 0.425),
        (("hip_flexion", "-", -30, 110), ("knee_angle", "+", 0, 130)),
    ),
    "biceps_femoris_short": Lump(
        ("bfsh",), ("knee_angle",), (0.529,), (("knee_angle", "+", 0, 130),)
    ),
    "rectus_femoris": Lump(
        ("recfem",),
        ("hip_flexion", "knee_angle"),
        (0.3865,),
        (("hip_flexion", "+", -30, 80), ("knee_angle", "-", 0, 130)),
    ),
    "vasti": Lump(
        ("vasint", "vaslat", "vasmed"),
        ("knee_angle",),
        (0.543, 0.455, 0.503),
        (("knee_angle", "-", 0, 130),),
    ),
    "gastrocnemius": Lump(
        ("gasmed", "gaslat"),
        ("knee_angle", "ankle_angle"),
        (0.566, 0.507),
        (("knee_angle", "+", 0, 130), ("ankle_angle", "-", -40, 35)),
        True,
        70.0,
    ),
    "soleus": Lump(("soleus",), ("ankle_angle",), (0.803,), (("ankle_angle", "-", -40, 35),), True),
    "tibialis_anterior": Lump(
        ("tibant", "edl", "ehl"),
        ("ankle_angle",),
        (0.70, 0.75, 0.75),
        (("ankle_angle", "+", -40, 35),),
    ),
}

FIXED = Path(__file__).with_name("planar_fixed.toml")


class Source:
    """The OpenSim model at a pose (degrees, right leg; all other coordinates at zero)."""

    def __init__(self, path):
        opensim.Logger.setLevelString("Error")
        self.model = opensim.Model(str(path))
        self.state = self.model.initSystem()

    def pose(self, **degrees):
        coordinates = self.model.getCoordinateSet()
        for name, value in degrees.items():
            coordinates.get(name).setValue(self.state, np.deg2rad(value), False)
        self.model.assemble(self.state)
        self.model.realizePosition(self.state)

    def frame(self, body):
        transform = self.model.getBodySet().get(body).getTransformInGround(self.state)
        rotation = transform.R()
        matrix = np.array([[rotation.get(i, j) for j in range(3)] for i in range(3)])
        return matrix, transform.p().to_numpy()

    def muscle(self, part):
        return self.model.getMuscles().get(part + "_r")

    def moment_arm(self, part, coordinate):
        target = self.model.getCoordinateSet().get(coordinate + "_r")
        return self.muscle(part).computeMomentArm(self.state, target)

    def lump_bodies(self, base, others=()):
        """Mass, mass center and inertia about it (xx yy zz xy xz yz) in the frame of `base`."""
        base_rotation, base_position = self.frame(base)
        rows = []
        for name in (base, *others):
            body = self.model.getBodySet().get(name)
            rotation, position = self.frame(name)
            rotation = base_rotation.T @ rotation
            center = base_rotation.T @ (position - base_position)
            center = center + rotation @ body.getMassCenter().to_numpy()
            moments, products = body.getInertia().getMoments(), body.getInertia().getProducts()
            xy, xz, yz = (products[i] for i in range(3))
            inertia = np.diag([moments[i] for i in range(3)]) + np.array(
                [[0, xy, xz], [xy, 0, yz], [xz, yz, 0]]
            )
            rows.append((body.getMass(), center, rotation @ inertia @ rotation.T))
        mass = sum(row[0] for row in rows)
        center = sum(m * c for m, c, _ in rows) / mass
        total = np.zeros((3, 3))
        for m, c, inertia in rows:
            arm = c - center
            total += inertia + m * (arm @ arm * np.eye(3) - np.outer(arm, arm))
        return mass, center, total[[0, 1, 2, 0, 0, 1], [0, 1, 2, 1, 2, 2]]


def fit_knee_pin(source):
    """Pin in femur and tibia frames that best carries tibia origin and ankle, 0-90 deg."""
    points = np.array([[0.0, 0.0, 0.0], [-0.01, -0.4, 0.0]])
    matrix, target = [], []
    for angle in np.arange(0.0, 91.0, 5.0):
        source.pose(knee_angle_r=angle)
        femur_rotation, femur = source.frame("femur_r")
        rotation, tibia = source.frame("tibia_r")
        cosine, sine = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
        planar = np.array([[cosine, sine], [-sine, cosine]])
        for point in points:
            true = femur_rotation.T @ (tibia + rotation @ point - femur)
            matrix.append(np.hstack([np.eye(2), -planar]))
            target.append(true[:2] - planar @ point[:2])
    source.pose(knee_angle_r=0.0)
    offset = source.frame("tibia_r")[1] - source.frame("femur_r")[1]
    pins = np.linalg.lstsq(np.vstack(matrix), np.hstack(target), rcond=None)[0]
    residual = (np.vstack(matrix) @ pins - np.hstack(target)).reshape(-1, 2, 2)
    error = np.linalg.norm(residual, axis=2)
    print("\nknee pin: femur", pins[:2].round(5), "tibia", pins[2:].round(5))
    print(
        "  error of tibia origin, ankle (mm): rms",
        1e3 * np.sqrt((error**2).mean(0)),
        "max",
        1e3 * error.max(0),
        "at 0 deg",
        1e3 * residual[0],
    )
    return np.array([pins[0], pins[1], offset[2]]), np.array([pins[2], pins[3], 0.0])


def stride(coordinate):
    """Normative running stride at 4 m/s in Lai's convention, degrees (101 instants)."""
    a0, *harmonics = STRIDE_4_M_S[coordinate]
    phase = 2.0 * np.pi * np.linspace(0.0, 1.0, 101)
    angle = a0 + sum(
        a * np.cos(h * phase) + b * np.sin(h * phase)
        for h, (a, b) in enumerate(zip(harmonics[::2], harmonics[1::2], strict=True), start=1)
    )
    return angle + (PELVIS_OFFSET_DEG if coordinate == "hip_flexion" else 0.0)


def grid(coordinates):
    """All poses of a regular grid, degrees (pose, coordinate)."""
    axes = [np.arange(GRID_DEG[c][0], GRID_DEG[c][1] + 0.1, GRID_STEP_DEG) for c in coordinates]
    return np.array(list(itertools.product(*axes)))


def sample(source, lump, poses, arms=True):
    """Lengths (pose, part) and moment arms (pose, part, coordinate) of the parts, m."""
    lengths = np.zeros((len(poses), len(lump.parts)))
    moment_arms = np.zeros((len(poses), len(lump.parts), len(lump.coordinates)))
    for i, pose in enumerate(poses):
        names = (c + "_r" for c in lump.coordinates)
        source.pose(**dict(zip(names, pose, strict=True)))
        for j, part in enumerate(lump.parts):
            lengths[i, j] = source.muscle(part).getLength(source.state)
            if arms:
                moment_arms[i, j] = [source.moment_arm(part, c) for c in lump.coordinates]
    source.pose(**{c + "_r": 0.0 for c in lump.coordinates})
    return lengths, moment_arms


def exponents(span):
    """Powers of all monomials up to the maximum degree."""
    powers = itertools.product(range(MAX_DEGREE + 1), repeat=span)
    return sorted((p for p in powers if sum(p) <= MAX_DEGREE), key=lambda p: (sum(p), p))


def monomials(radians, powers):
    """Values (pose, term) and derivatives (pose, term, coordinate)."""
    powers = np.array(powers)
    value = np.prod(radians[:, None, :] ** powers, axis=2)
    slope = np.zeros((*value.shape, powers.shape[1]))
    for k in range(powers.shape[1]):
        lower = powers.copy()
        lower[:, k] = np.maximum(lower[:, k] - 1, 0)
        slope[:, :, k] = powers[:, k] * np.prod(radians[:, None, :] ** lower, axis=2)
    return value, slope


def trusted_length(lump, poses):
    """Where the source's length agrees with its moment arm."""
    return (
        np.ones(len(poses), bool)
        if lump.length_from_deg is None
        else (poses[:, 0] >= lump.length_from_deg)
    )


def fit_path(lump, poses, length, arms):
    """Least squares on length and moment arms alike, weighted towards the running stride."""
    running = np.column_stack([stride(c) for c in lump.coordinates])
    distance = np.linalg.norm(poses[:, None, :] - running[None], axis=2).min(1)
    weight = FAR_WEIGHT + (1 - FAR_WEIGHT) * np.exp(-0.5 * (distance / RUNNING_DISTANCE_DEG) ** 2)
    powers = exponents(len(lump.coordinates))
    value, slope = monomials(np.deg2rad(poses), powers)
    root = np.sqrt(weight)
    trusted = root * trusted_length(lump, poses)
    rows = [value * trusted[:, None]] + [
        -slope[:, :, k] * root[:, None] for k in range(arms.shape[1])
    ]
    right = [length * trusted] + [arms[:, k] * root for k in range(arms.shape[1])]
    coefficients = lsq_linear(np.vstack(rows), np.hstack(right), tol=1e-14).x
    return powers, coefficients, distance


def fiber_lengths(length, slack, optimal, pennation):
    """Normalized fiber length with a rigid tendon and constant fiber height."""
    height = optimal * np.sin(pennation)
    return np.sqrt((length - slack) ** 2 + height**2) / optimal


def lump_muscle(source, lump):
    """Parameters, path and report of one planar muscle."""
    force, optimal, slack, pennation = (
        np.array([getattr(source.muscle(p), "get" + what)() for p in lump.parts])
        for what in (
            "MaxIsometricForce",
            "OptimalFiberLength",
            "TendonSlackLength",
            "PennationAngleAtOptimalFiberLength",
        )
    )
    share = force / force.sum()
    poses = grid(lump.coordinates)
    lengths, arms = sample(source, lump, poses)
    length, arm = lengths @ share, np.einsum("ijk,j->ik", arms, share)
    powers, coefficients, distance = fit_path(lump, poses, length, arm)
    running = np.column_stack([stride(c) for c in lump.coordinates])
    parts = sample(source, lump, running, arms=False)[0]
    target = fiber_lengths(parts, slack, optimal, pennation) @ share
    mean = {"optimal": optimal @ share, "slack": slack @ share, "pennation": pennation @ share}
    path_length = monomials(np.deg2rad(running), powers)[0] @ coefficients

    def lumped(slack_length):
        return fiber_lengths(path_length, slack_length, mean["optimal"], mean["pennation"])

    as_source = len(share) == 1 or lump.length_from_deg is not None
    tuned = (
        mean["slack"]
        if as_source
        else minimize_scalar(
            lambda trial: np.sum((lumped(trial) - target) ** 2),
            bounds=(0.5 * mean["slack"], path_length.min()),
            method="bounded",
            options={"xatol": 1e-8},
        ).x
    )
    strain = np.log((RIGID_TENDON_FORCE + 0.25) / 0.2) / DE_GROOTE_KT - 0.005
    used = tuned if lump.elastic else tuned * (1.0 + strain)
    value, slope = monomials(np.deg2rad(poses), powers)
    return {
        "force": force.sum(),
        **mean,
        "tuned_slack": tuned,
        "used_slack": used,
        "slow": np.dot(share, lump.slow_twitch),
        "powers": powers,
        "coefficients": coefficients,
        "poses": poses,
        "arm": arm,
        "length": length,
        "fit_length": value @ coefficients,
        "fit_arm": -np.einsum("ijk,j->ik", slope, coefficients),
        "distance": distance,
        "fiber": lumped(used),
        "fiber_tuned": lumped(tuned),
        "fiber_parts": target,
    }


def check_signs(name, lump, muscle):
    """Print every moment arm that is near zero or has the wrong sign."""
    for coordinate, sign, low, high in lump.signs:
        k = lump.coordinates.index(coordinate)
        inside = (muscle["poses"][:, k] >= low) & (muscle["poses"][:, k] <= high)
        signed = (1.0 if sign == "+" else -1.0) * muscle["fit_arm"][inside, k]
        if signed.min() < SIGN_MARGIN_M:
            worst = muscle["poses"][inside][signed.argmin()]
            print(f"  SIGN {name} {coordinate}: {1e3 * signed.min():.2f} mm at {worst} deg")


def report(muscles):
    """Print fit errors, parameters and fiber lengths over the stride."""
    print(
        "\n| muscle | length rms, max | running rms, max | arm rms, max | running rms, max (mm) |"
    )
    for name, m in muscles.items():
        near = m["distance"] <= RUNNING_DISTANCE_DEG
        cells = []
        trusted = trusted_length(LUMPS[name], m["poses"])
        length_error, arm_error = m["fit_length"] - m["length"], m["fit_arm"] - m["arm"]
        for error, where in ((length_error, trusted), (arm_error, np.ones_like(near))):
            for part in (error[where], error[where & near]):
                cells.append(f"{1e3 * np.sqrt((part**2).mean()):.2f}, {1e3 * abs(part).max():.2f}")
        print(f"| {name} | " + " | ".join(cells) + " |")
        check_signs(name, LUMPS[name], m)
    print(
        "\n| muscle | Fmax N | lopt mm | slack mean -> tuned -> used mm | pennation deg | slow "
        "| fiber (used) | fiber (tuned) | fiber (parts) |"
    )
    for name, m in muscles.items():
        span = [
            f"{m[k].min():.2f}-{m[k].max():.2f}" for k in ("fiber", "fiber_tuned", "fiber_parts")
        ]
        print(
            f"| {name} | {m['force']:.0f} | {1e3 * m['optimal']:.1f} | {1e3 * m['slack']:.1f} -> "
            f"{1e3 * m['tuned_slack']:.1f} -> {1e3 * m['used_slack']:.1f} | "
            f"{np.rad2deg(m['pennation']):.1f} | {m['slow']:.3f} | " + " | ".join(span) + " |"
        )


def achilles_kt(muscles):
    """kT for which the calf tendons' summed tangent stiffness at the reference force is as asked.

    De Groote 2016: f = 0.2 exp(kT (l - 0.995)) - 0.25, so df/dl = kT (f + 0.25); both tendons
    carry the same normalized force.
    """
    calf = [m for name, m in muscles.items() if LUMPS[name].elastic]
    normalized = ACHILLES_REFERENCE_FORCE_N / sum(m["force"] for m in calf)
    per_kt = sum(m["force"] / m["used_slack"] for m in calf) * (normalized + 0.25)
    return 1e3 * ACHILLES_STIFFNESS_N_MM / per_kt


def number(x):
    """Six significant digits, always a TOML float."""
    text = f"{float(x):.6g}"
    return "0.0" if abs(float(x)) < 1e-9 else text if "." in text or "e" in text else text + ".0"


def vector(values):
    """A TOML array."""
    return "[" + ", ".join(number(v) for v in values) + "]"


def write_model(source, out):
    """Write model.toml: bodies and joints derived, the rest fixed."""
    pin_femur, pin_tibia = fit_knee_pin(source)
    source.pose(elbow_flex_r=90.0, elbow_flex_l=90.0)
    arms = [b + s for s in ("_r", "_l") for b in ("humerus", "ulna", "radius", "hand")]
    zero, zplus, zminus = np.zeros(3), "[0, 0, 1]", "[0, 0, -1]"
    hip = np.array([-0.056276, -0.07849, 0.07726])
    talus = np.array([0.04877, 0.04195, -0.00792])  # talus origin in the calcaneus frame
    tree = (
        ("pelvis", "ground", zero, zero, (), zplus, "pelvis_tilt"),
        ("femur_r", "pelvis", hip, zero, (), zplus, "hip_flexion_r"),
        ("tibia_r", "femur_r", pin_femur, pin_tibia, ("patella_r",), zminus, "knee_angle_r"),
        ("calcn_r", "tibia_r", (-0.01, -0.4, 0.0), talus, ("talus_r",), zplus, "ankle_angle_r"),
        ("toes_r", "calcn_r", (0.1788, -0.002, 0.00108), zero, (), zminus, "mtp_angle_r"),
        ("torso", "pelvis", (-0.1007, 0.0815, 0.0), zero, arms, zplus, "lumbar_extension"),
    )
    blocks, total = [], 0.0
    for name, parent, in_parent, in_child, others, axis, coordinate in tree:
        mass, center, inertia = source.lump_bodies(name, others)
        total += mass * (2 if name.endswith("_r") else 1)
        joint = [f'{{coordinate = "{coordinate}", motion = "rotation", axis = {axis}}}']
        if name == "pelvis":
            joint += [
                '{coordinate = "pelvis_tx", motion = "translation", axis = [1, 0, 0]}',
                '{coordinate = "pelvis_ty", motion = "translation", axis = [0, 1, 0]}',
            ]
        blocks.append(
            "\n".join(
                [
                    "[[body]]",
                    f'name = "{name}"',
                    f"mass_kg = {number(mass)}",
                    f"mass_center_m = {vector(center)}",
                    f"inertia_kg_m2 = {vector(inertia)}",
                    f'parent = "{parent}"',
                    f"location_in_parent_m = {vector(in_parent)}",
                    "orientation_in_parent_rad = [0.0, 0.0, 0.0]",
                    f"location_in_child_m = {vector(in_child)}",
                    "orientation_in_child_rad = [0.0, 0.0, 0.0]",
                    "joint = [\n    " + ",\n    ".join(joint) + ",\n]",
                ]
            )
        )
    print(f"\ntotal mass {total:.4f} kg; source {source.model.getTotalMass(source.state):.4f} kg")
    head, tail = FIXED.read_text().split("# {bodies}\n")
    achilles = (
        f"stiffness_N_mm = {number(ACHILLES_STIFFNESS_N_MM)}\n"
        f"reference_force_N = {number(ACHILLES_REFERENCE_FORCE_N)}\n"
        f"cross_section_mm2 = {number(ACHILLES_CROSS_SECTION_MM2)}\n"
    )
    tail = tail.replace("# {achilles}\n", achilles)
    signs = "\n".join(
        f'[[moment_arm_sign]]\nmuscle = "{name}"\ncoordinate = "{c}"\nsign = "{s}"\n'
        f"range_deg = [{low}, {high}]\n"
        for name, lump in LUMPS.items()
        for c, s, low, high in lump.signs
    )
    (out / "model.toml").write_text(head + "\n\n".join(blocks) + "\n" + tail + "\n" + signs)


# Max isometric force over the lumped source's, so that the healthy runner has headroom at 4 m/s (no
# activation above about 0.8; SOURCES.md). Second: whether muscle volume grows with it, as it does
# where the lump stands for left-out muscles, or specific tension does.
CAPACITY = {
    "iliopsoas": (1.6, True),
    "biceps_femoris_short": (1.5, False),
    "gastrocnemius": (1.3, False),
    "soleus": (1.3, False),
    "tibialis_anterior": (1.3, False),
}


def with_capacity(muscles):
    """The muscles with their capacity factors applied; `tension` is the specific tension, MPa."""
    for name, m in muscles.items():
        factor, grows = CAPACITY.get(name, (1.0, False))
        m["force"] *= factor
        m["tension"] = SPECIFIC_TENSION_MPA * (1.0 if grows else factor)
    return muscles


def write_muscles(muscles, out, kt):
    """Write muscles.csv and paths.csv."""
    rows = [
        "name,max_isometric_force_N,optimal_fiber_length_m,tendon_slack_length_m,"
        "pennation_at_optimal_deg,max_contraction_velocity_per_s,tendon,tendon_stiffness_kT,"
        "slow_twitch_fraction,specific_tension_MPa"
    ]
    paths = ["muscle,coordinate_1,power_1,coordinate_2,power_2,coefficient_m"]
    for name, m in muscles.items():
        elastic = LUMPS[name].elastic
        rows.append(
            ",".join(
                [
                    name + "_r",
                    f"{m['force']:.6g}",
                    f"{m['optimal']:.5g}",
                    f"{m['used_slack']:.5g}",
                    f"{np.rad2deg(m['pennation']):.5g}",
                    f"{MAX_CONTRACTION_VELOCITY_PER_S:g}",
                    "elastic" if elastic else "rigid",
                    f"{kt if elastic else DE_GROOTE_KT:.5g}",
                    f"{m['slow']:.4g}",
                    f"{m['tension']:g}",
                ]
            )
        )
        names = [c + "_r" for c in LUMPS[name].coordinates] + [""]
        for power, c in zip(m["powers"], m["coefficients"], strict=True):
            second = f"{names[1]},{power[1]}" if len(power) > 1 else ",0"
            paths.append(f"{name}_r,{names[0]},{power[0]},{second},{c:.8g}")
    (out / "muscles.csv").write_text("\n".join(rows) + "\n")
    (out / "paths.csv").write_text("\n".join(paths) + "\n")


def write_contact(out):
    """Spheres of LaiArnoldModified2017_contacts.osim; the two under the toes become one."""
    spheres = (
        ("heel", "calcn_r", 0.00209265, -0.01, -0.0042117),
        ("ball_lateral", "calcn_r", 0.146397, -0.01, 0.0568372),
        ("ball_medial", "calcn_r", 0.163332, -0.01, -0.0316055),
        ("toe", "toes_r", 0.0577879, -0.008, 0.0237187),
    )
    rows = ["name,body,x_m,y_m,z_m,radius_m"]
    rows += [f"{n}_r,{b},{x:g},{y:g},{z:g},{SPHERE_RADIUS_M:g}" for n, b, x, y, z in spheres]
    (out / "contact.csv").write_text("\n".join(rows) + "\n")


def main():
    """Derive and write the model folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--osim", type=Path, required=True, help="LaiUhlrich2022.osim")
    parser.add_argument("--out", type=Path, required=True, help="model folder to write")
    parser.add_argument("--samples", type=Path, help="also save samples and fits (.npz)")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    source = Source(arguments.osim)
    muscles = {name: lump_muscle(source, lump) for name, lump in LUMPS.items()}
    report(muscles)
    muscles = with_capacity(muscles)
    kt = achilles_kt(muscles)
    print(f"\nAchilles kT {kt:.3f}")
    write_model(source, arguments.out)
    write_muscles(muscles, arguments.out, kt)
    write_contact(arguments.out)
    if arguments.samples:
        flat = {
            f"{n}/{k}": m[k]
            for n, m in muscles.items()
            for k in ("poses", "arm", "fit_arm", "length", "fit_length", "fiber")
        }
        np.savez(arguments.samples, **flat)


if __name__ == "__main__":
    main()
