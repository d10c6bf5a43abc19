"""Which metrics a reader sees first: the answer, then gait, joints, muscles, and the rest."""

from __future__ import annotations

HEADLINE_EXPONENT = 9  # the usual reading of Firminger et al. 2020; the others follow further down

ANSWER = "Answer: load on the Achilles tendon"
REST = "More"

SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        ANSWER,
        (
            "achilles_peak_force",
            "achilles_impulse",
            "achilles_peak_strain",
            "achilles_loading_rate",
            "achilles_weighted_impulse_per_km",
        ),
    ),
    (
        "Gait",
        (
            "step_frequency",
            "step_length",
            "stride_time",
            "stance_time",
            "flight_time",
            "duty_factor",
            "pelvis_vertical_oscillation",
            "step_width",
            "peak_vertical_force",
            "peak_braking_force",
            "peak_propulsive_force",
            "vertical_impulse",
            "peak_vertical_loading_rate",
            "metabolic_power",
            "cost_of_transport",
        ),
    ),
    (
        "Joints",
        (
            "hip_flexion_at_contact",
            "peak_hip_flexion",
            "minimum_hip_flexion",
            "knee_flexion_at_contact",
            "peak_knee_flexion_stance",
            "peak_knee_flexion_swing",
            "ankle_dorsiflexion_at_contact",
            "peak_ankle_dorsiflexion",
            "peak_ankle_plantarflexion",
            "peak_hip_adduction",
            "peak_hip_internal_rotation",
            "pelvic_drop",
            "peak_hip_extension_moment",
            "peak_hip_flexion_moment",
            "peak_knee_moment",
            "peak_ankle_moment",
            "peak_hip_abduction_moment",
            "peak_hip_rotation_moment",
            "peak_hip_contact_force",
            "peak_knee_contact_force",
            "peak_ankle_contact_force",
            "hip_work",
            "knee_work",
            "ankle_work",
            "ankle_share_of_positive_work",
        ),
    ),
    (
        "Muscles",
        (
            "soleus_share",
            "gastrocnemius_medialis_share",
            "gastrocnemius_lateralis_share",
            "other_plantarflexors_share",
            "soleus_peak_force",
            "gastrocnemius_peak_force",
            "gluteus_maximus_peak_force",
            "gluteus_maximus_peak_force_late_swing",
            "gluteus_medius_peak_force",
            "gluteus_medius_peak_force_late_swing",
            "gluteus_minimus_peak_force",
            "peak_activation",
            "peak_reserve_moment",
            "peak_muscle_force",
        ),
    ),
)
TITLES = (*(title for title, _ in SECTIONS), REST)


def section_of(metric: str, exponent: int | None = None) -> str:
    """The section where a metric stands; other exponents than the headline's follow later."""
    if exponent not in (None, HEADLINE_EXPONENT):
        return REST
    return next((title for title, names in SECTIONS if metric in names), REST)


def ordered(metrics: list[str]) -> list[str]:
    """Metric names in reading order; those that no section names come last, as given."""
    named = [name for _, names in SECTIONS for name in names]
    return [n for n in named if n in metrics] + [n for n in metrics if n not in named]


def label(metric: str) -> str:
    """`achilles_peak_force` as people write it: Achilles peak force."""
    words = metric.replace("_", " ")
    return (words[:1].upper() + words[1:]).replace(" achilles", " Achilles").replace(" mtp", " MTP")
