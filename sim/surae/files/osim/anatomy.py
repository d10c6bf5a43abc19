"""Which muscle is which: names in two families of models, groups, fiber types, known moment arms.

Names are those of Rajagopal 2016, Lai 2017 and LaiUhlrich2022, of gait2392 and Hamner 2010, and of
gait10dof18musc. Names without side.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

KINDS = {
    "gluteus_maximus": r"gl(ut_?)?_?max\w*",
    "gluteus_medius": r"gl(ut_?)?_?med\w*",
    "gluteus_minimus": r"gl(ut_?)?_?min\w*",
    "tensor_fasciae_latae": r"tfl",
    "piriformis": r"piri|peri",
    "gemelli": r"gem",
    "quadratus_femoris": r"quad_?fem",
    "iliacus": r"iliacus",
    "psoas": r"psoas",
    "iliopsoas": r"iliopsoas",
    "adductor_longus": r"add_?long",
    "adductor_brevis": r"add_?brev",
    "adductor_magnus": r"add_?mag\w*",
    "pectineus": r"pect",
    "gracilis": r"grac",
    "sartorius": r"sart?",
    "biceps_femoris_long": r"bflh\w*|bifemlh",
    "biceps_femoris_short": r"bfsh\w*|bifemsh",
    "semimembranosus": r"semimem",
    "semitendinosus": r"semiten",
    "hamstrings": r"hamstrings",
    "rectus_femoris": r"rec(t_)?_?fem",
    "vastus_intermedius": r"vas_?int",
    "vastus_lateralis": r"vas_?lat\w*",
    "vastus_medialis": r"vas_?med",
    "vasti": r"vasti",
    "gastrocnemius_lateralis": r"gas_?lat\w*|lat_gas",
    "gastrocnemius_medialis": r"gas_?med\w*|med_gas",
    "gastrocnemius": r"gastroc\w*",
    "soleus": r"soleus",
    "tibialis_anterior": r"tib_?ant",
    "tibialis_posterior": r"tib_?post",
    "peroneus_brevis": r"per_?brev",
    "peroneus_longus": r"per_?long",
    "peroneus_tertius": r"per_?tert",
    "extensor_digitorum": r"edl|ext_dig",
    "extensor_hallucis": r"ehl|ext_hal",
    "flexor_digitorum": r"fdl|flex_dig",
    "flexor_hallucis": r"fhl|flex_hal",
    "erector_spinae": r"ercspn",
    "internal_oblique": r"intobl",
    "external_oblique": r"extobl",
}
_GLUTEALS = ("gluteus_maximus", "gluteus_medius", "gluteus_minimus")
_HAMSTRINGS = ("biceps_femoris_long", "semimembranosus", "semitendinosus", "hamstrings")
_ILIOPSOAS = ("iliacus", "psoas", "iliopsoas")
_VASTI = ("vastus_intermedius", "vastus_lateralis", "vastus_medialis", "vasti")
_GASTROCNEMII = ("gastrocnemius_lateralis", "gastrocnemius_medialis", "gastrocnemius")
_TRICEPS = (*_GASTROCNEMII, "soleus")
_PERONEI = ("peroneus_brevis", "peroneus_longus")
_TOE_FLEXORS = ("flexor_digitorum", "flexor_hallucis")
_TOE_EXTENSORS = ("extensor_digitorum", "extensor_hallucis")
ACHILLES = _TRICEPS
# Every kind is a group too. The names are those of the planar runner and more, so that a study
# written for one model means the same in another.
GROUPS = {
    "gluteals": _GLUTEALS,
    "hip_abductors": ("gluteus_medius", "gluteus_minimus", "tensor_fasciae_latae"),
    "hip_external_rotators": (
        "gluteus_maximus",
        "piriformis",
        "gemelli",
        "quadratus_femoris",
    ),
    "hip_extensors": ("gluteus_maximus", "adductor_magnus", *_HAMSTRINGS),
    "hip_flexors": (*_ILIOPSOAS, "rectus_femoris", "sartorius", "tensor_fasciae_latae"),
    "iliopsoas": _ILIOPSOAS,
    "adductors": (
        "adductor_longus",
        "adductor_brevis",
        "adductor_magnus",
        "pectineus",
        "gracilis",
    ),
    "hamstrings": _HAMSTRINGS,
    "quadriceps": ("rectus_femoris", *_VASTI),
    "vasti": _VASTI,
    "knee_extensors": ("rectus_femoris", *_VASTI),
    "knee_flexors": (
        *_HAMSTRINGS,
        "biceps_femoris_short",
        *_GASTROCNEMII,
        "gracilis",
        "sartorius",
    ),
    "gastrocnemius": _GASTROCNEMII,
    "triceps_surae": _TRICEPS,
    "plantarflexors": (*_TRICEPS, "tibialis_posterior", *_TOE_FLEXORS, *_PERONEI),
    "dorsiflexors": ("tibialis_anterior", *_TOE_EXTENSORS, "peroneus_tertius"),
    "peronei": (*_PERONEI, "peroneus_tertius"),
    "trunk": ("erector_spinae", "internal_oblique", "external_oblique"),
}
# Share of slow-twitch fibers: Uchida 2016 (PLOS ONE 11:e0150378) as tabulated in the code of
# PredSim and MuscleRedundancySolver, where 0.50 also stands for "no data".
SLOW_TWITCH = {
    "gluteus_maximus": 0.55,
    "gluteus_medius": 0.55,
    "gluteus_minimus": 0.55,
    "adductor_magnus": 0.552,
    "biceps_femoris_long": 0.5425,
    "semimembranosus": 0.4925,
    "semitendinosus": 0.425,
    "hamstrings": 0.49,
    "biceps_femoris_short": 0.529,
    "rectus_femoris": 0.3865,
    "vastus_intermedius": 0.543,
    "vastus_lateralis": 0.455,
    "vastus_medialis": 0.503,
    "vasti": 0.48,
    "gastrocnemius_lateralis": 0.507,
    "gastrocnemius_medialis": 0.566,
    "gastrocnemius": 0.55,
    "soleus": 0.803,
    "tibialis_anterior": 0.70,
    "tibialis_posterior": 0.60,
    "peroneus_brevis": 0.60,
    "peroneus_longus": 0.60,
    "peroneus_tertius": 0.75,
    "extensor_digitorum": 0.75,
    "extensor_hallucis": 0.75,
    "flexor_digitorum": 0.60,
    "flexor_hallucis": 0.60,
}
NO_DATA = 0.50


class KnownArm(NamedTuple):
    """What every anatomist knows: a kind of muscle moves a coordinate up (+1) or down (-1).

    Knee angles here are positive in flexion.
    """

    kind: str
    coordinate: str
    sign: int
    lower_deg: float
    upper_deg: float


KNOWN_ARMS = (
    KnownArm("gluteus_maximus", "hip_flexion", -1, -20, 60),
    KnownArm("gluteus_medius", "hip_adduction", -1, -15, 15),
    KnownArm("gluteus_minimus", "hip_adduction", -1, -15, 15),
    KnownArm("tensor_fasciae_latae", "hip_flexion", 1, -20, 80),
    KnownArm("tensor_fasciae_latae", "hip_adduction", -1, -15, 15),
    KnownArm("iliacus", "hip_flexion", 1, -20, 60),
    KnownArm("psoas", "hip_flexion", 1, -20, 60),
    KnownArm("iliopsoas", "hip_flexion", 1, -20, 60),
    KnownArm("adductor_longus", "hip_adduction", 1, -15, 15),
    KnownArm("adductor_brevis", "hip_adduction", 1, -15, 15),
    KnownArm("adductor_magnus", "hip_adduction", 1, -15, 15),
    *(KnownArm(kind, "hip_flexion", -1, -20, 90) for kind in _HAMSTRINGS),
    *(KnownArm(kind, "knee_angle", 1, 5, 120) for kind in _HAMSTRINGS),
    KnownArm("biceps_femoris_short", "knee_angle", 1, 5, 120),
    KnownArm("rectus_femoris", "hip_flexion", 1, -20, 80),
    KnownArm("rectus_femoris", "knee_angle", -1, 5, 120),
    *(KnownArm(kind, "knee_angle", -1, 5, 120) for kind in _VASTI),
    *(KnownArm(kind, "knee_angle", 1, 5, 120) for kind in _GASTROCNEMII),
    *(KnownArm(kind, "ankle_angle", -1, -30, 30) for kind in _TRICEPS),
    KnownArm("tibialis_anterior", "ankle_angle", 1, -30, 30),
    KnownArm("tibialis_posterior", "subtalar_angle", 1, -15, 15),
    KnownArm("peroneus_longus", "subtalar_angle", -1, -15, 15),
    KnownArm("peroneus_brevis", "subtalar_angle", -1, -15, 15),
)


def kind_of(stem: str) -> str | None:
    """The muscle's anatomical name, None where its name is not known."""
    return next((kind for kind, pattern in KINDS.items() if re.fullmatch(pattern, stem)), None)


def groups_of(stems: Sequence[str]) -> dict[str, list[str]]:
    """Group names and their members, as far as these muscles have them."""
    kinds = {stem: kind_of(stem) for stem in stems}
    groups: dict[str, list[str]] = {}
    for name, members in {**{kind: (kind,) for kind in KINDS}, **GROUPS}.items():
        found = _members(kinds, members)
        if found and name not in stems:  # a muscle's own name needs no group
            groups[name] = found
    return groups


def achilles_muscles(stems: Sequence[str]) -> list[str]:
    """Muscles that pull on the Achilles tendon."""
    return _members({stem: kind_of(stem) for stem in stems}, ACHILLES)


def slow_twitch(stem: str) -> float:
    """Share of slow-twitch fibers of a muscle."""
    return SLOW_TWITCH.get(kind_of(stem) or "", NO_DATA)


def _members(kinds: dict[str, str | None], wanted: Iterable[str]) -> list[str]:
    chosen = set(wanted)
    return [stem for stem, kind in kinds.items() if kind in chosen]
