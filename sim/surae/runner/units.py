"""Names of keys and columns end in their unit; here a wrong or missing one is explained."""

from __future__ import annotations

from collections.abc import Iterable

from surae.runner.spelling import unknown_name

# Longest first, so that `stiffness_N_mm` is in N/mm and not in mm.
_UNITS = {
    "N_m_s_rad": "N m s/rad",
    "N_m_s_deg": "N m s/deg",
    "N_m_rad": "N m/rad",
    "N_m_deg": "N m/deg",
    "N_m15": "N/m^1.5",
    "kg_mm2": "kg mm^2",
    "kg_cm2": "kg cm^2",
    "kg_m2": "kg m^2",
    "kg_m3": "kg/m^3",
    "g_cm3": "g/cm^3",
    "m_s2": "m/s^2",
    "per_s": "1/s",
    "per_m": "1/m",
    "N_mm": "N/mm",
    "kN_m": "kN m",
    "N_m": "N m (or N/m)",
    "mm_s": "mm/s",
    "m_s": "m/s",
    "s_m": "s/m",
    "mm2": "mm^2",
    "cm2": "cm^2",
    "m2": "m^2",
    "MPa": "MPa",
    "kPa": "kPa",
    "Pa": "Pa",
    "deg": "deg",
    "rad": "rad",
    "kg": "kg",
    "lb": "lb",
    "kN": "kN",
    "min": "min",
    "mm": "mm",
    "cm": "cm",
    "ms": "ms",
    "kT": "the kT of the tendon curve",
    "g": "g",
    "N": "N",
    "m": "m",
    "s": "s",
}


def split_unit(name: str) -> tuple[str, str]:
    """`("mass", "kg")` of `mass_kg`; the unit is empty where the name has none."""
    for unit in _UNITS:
        if name.endswith(f"_{unit}"):
            return name[: -len(unit) - 1], unit
    return name, ""


def written_unit(name: str) -> str:
    """The unit that a name ends in, as people write it: `N/mm` of `stiffness_N_mm`, else `1`."""
    unit = split_unit(name)[1]
    return "1" if unit in ("", "kT") else _UNITS[unit].partition(" (")[0]


def unknown_key(kind: str, given: str, allowed: Iterable[str]) -> str:
    """Why `given` is no allowed key or column: its unit, or else its spelling."""
    names = list(allowed)
    stem, unit = split_unit(given)
    for name in names:
        right_stem, right_unit = split_unit(name)
        if right_unit and right_stem == stem and right_unit != unit:
            is_in = f"is in {_UNITS[unit]}" if unit else "has no unit"
            return f"{kind} {given!r} {is_in}; write {name}, in {_UNITS[right_unit]}"
    return unknown_name(kind, given, names)
