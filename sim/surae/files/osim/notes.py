"""IMPORT.md: where a model comes from, what of it was carried over and how well, what was not."""

from __future__ import annotations

from collections.abc import Iterator

from surae.files.osim.anatomy import achilles_muscles
from surae.files.osim.fitting import AIM, GOOD, REFUSED, FittedPath
from surae.files.osim.forces import without_equivalent
from surae.files.osim.imported import Imported
from surae.files.osim.skeleton import ANGULAR_VELOCITY_JOINTS

_WORST = 8  # paths that are named with their errors
_CONTRADICTING = 0.01  # share of the running poses from which on a muscle is named
_PATH_NOUNS = {
    "ConditionalPathPoint": "conditional path points",
    "MovingPathPoint": "moving path points",
    "PathPoint": "path points",
    "PathWrap": "wraps around surfaces",
}


def import_notes(imported: Imported) -> str:
    """The text of IMPORT.md."""
    source = imported.source
    sections = [
        f"# {source.name}, imported from OpenSim",
        "\n".join(_origin(imported)),
        "## Carried over\n\n" + _bullets(carried_over(imported)),
        "## Changed on the way\n\n" + _bullets(changed(imported)),
        "## Not carried over\n\n" + _bullets(left_out(imported)),
        "## Muscle paths\n\n" + _bullets(of_paths(imported)),
    ]
    return "\n\n".join(sections) + "\n"


def _origin(imported: Imported) -> Iterator[str]:
    source = imported.source
    yield f"- File `{source.path.name}`, sha256 `{source.sha256}`."
    yield f"- Read with OpenSim {source.package.GetVersion()}."
    for title, text in (
        ("Credits", source.model.get_credits()),
        ("Publications", source.model.get_publications()),
    ):
        words = " ".join(text.split())
        if words and "not " not in words[:20].lower() and "unassigned" not in words.lower():
            yield f"- {title}, as the file says: {words}"
    yield "- Licence and citation stay those of the model's authors."


def carried_over(imported: Imported) -> list[str]:
    """What the folder has of the model."""
    source = imported.source
    mass = sum(body.mass for body in imported.bodies)
    free = len(source.coordinates) - len(source.couplers)
    rigid = sum(not muscle.elastic_tendon for muscle in imported.muscles)
    lines = [
        f"{len(imported.bodies)} bodies, {mass:.4f} kg; {free} coordinates in the order of the "
        f"model, {len(source.couplers)} more that follow one of them.",
        f"{len(imported.muscles)} muscles: maximum isometric force, optimal fiber length, tendon "
        "slack length, pennation, maximum velocity, time constants, tendon strain at maximum force "
        f"(as kT of De Groote's curve); {rigid} of them have rigid tendons, as in the model.",
        f"{len(imported.forces.motors)} torque motors, {len(imported.forces.springs)} springs, "
        f"{len(imported.forces.stops)} stops, {len(imported.spheres)} contact spheres.",
    ]
    if source.locked:
        lines.append(f"Locked, as in the model: {', '.join(sorted(source.locked))}.")
    return lines


def changed(imported: Imported) -> list[str]:
    """What has another form here."""
    source = imported.source
    kinds = sorted({muscle.kind for muscle in imported.muscles})
    lines = [
        "Muscle paths are polynomials of the coordinates (below) in place of "
        + ", ".join(
            f"{len(source.of_class(kind))} {noun}"
            for kind, noun in _PATH_NOUNS.items()
            if source.of_class(kind)
        )
        + ".",
        f"Curves of {' and '.join(kinds)} are replaced by those of De Groote 2016; curve "
        "parameters other than the tendon's strain are not read.",
        "Not in the model, and assumed: slow-twitch fractions (Uchida 2016 as tabulated in "
        "PredSim; 0.5 where unknown), specific tension 0.6 MPa, Achilles reference force 3500 N "
        "and cross-section 60 mm2.",
        *(f"{text}." for text in imported.forces.changed),
    ]
    joints = [
        joint.getName()
        for joint in source.model.getJointSet()
        if joint.getConcreteClassName() in ANGULAR_VELOCITY_JOINTS
    ]
    if joints:
        lines.append(
            f"Speeds of {', '.join(joints)} are the rates of the three angles here; in OpenSim "
            "they are angular velocities (Ball and Free joints)."
        )
    if imported.knee_sign < 0:
        lines.append("Knee flexion is negative, as in the model.")
    if len({sphere.parameters[1:] for sphere in imported.spheres}) > 1:
        lines.append("All contact spheres have the first one's parameters, but own stiffness.")
    calf = achilles_muscles(imported.stems)
    pulling = [m for m in imported.muscles if m.name[:-2] in calf]
    if not all(m.elastic_tendon for m in pulling):
        lines.append(
            f"Tendons of {', '.join(calf)} are elastic here and rigid in the model: they are the "
            "Achilles tendon, whose load is the question."
        )
    if imported.symmetric:
        lines.append("The left side is written as the mirror image of the right one, as asked.")
    if len({round(m.tendon_stiffness, 9) for m in pulling}) > 1:
        lines.append("The muscles of the Achilles tendon share one kT of the same total stiffness.")
    return lines


def left_out(imported: Imported) -> list[str]:
    """What of the model has no equivalent."""
    counts = without_equivalent(imported.source)
    lines = [f"{count} {kind}." for kind, count in sorted(counts.items())]
    lines += [f"{text}." for text in imported.forces.left_out]
    moved = {c for path in imported.paths.paths for c in path.coordinates}
    moved |= {coordinate for _, coordinate, _ in imported.forces.motors}
    root = {m.coordinate for b in imported.bodies if b.parent == "ground" for m in b.motions}
    still = [
        c.getName()
        for c in imported.source.coordinates
        if c.getName() not in moved | root | imported.source.coupled | imported.source.locked
    ]
    if not imported.spheres:
        lines.append("No contact spheres are in the model: it has no feet to run on yet.")
    if still:
        lines.append(f"Nothing moves {', '.join(still)}: add [[actuator]] or [[spring]] entries.")
    return lines or ["Nothing."]


def of_paths(imported: Imported) -> list[str]:
    """How well the polynomials follow the model, and where it contradicts itself or anatomy."""
    paths = imported.paths.paths
    worst = sorted(paths, key=lambda path: -path.errors.arm_rms)[:_WORST]
    listed = "; ".join(
        f"{p.muscle} {p.errors.length_rms * 1e3:.2f} / {p.errors.arm_rms * 1e3:.2f}" for p in worst
    )
    lines = [
        "Each length is a polynomial, fitted to lengths and moment arms together; aim: RMS errors "
        f"of {AIM[0] * 1e3:g} mm and {AIM[1] * 1e3:g} mm, good: {GOOD[0] * 1e3:g} and "
        f"{GOOD[1] * 1e3:g} mm, refused above {REFUSED[0] * 1e3:g} and {REFUSED[1] * 1e3:g} mm. "
        "Errors of all muscles over the range of running, at poses that the fit has not seen, are "
        "in path_errors.csv.",
        f"Largest RMS errors, mm (length / moment arm): {listed}.",
    ]
    poor = [p.muscle for p in paths if not is_good(p)]
    if poor:
        lines.append(f"Worse than good: {', '.join(poor)}; their paths jump in the model.")
    odd = [p for p in paths if p.errors.contradictions > _CONTRADICTING]
    if odd:
        lines.append(
            "OpenSim's length and moment arm contradict each other (by more than 0.1 mm) in a "
            "share of the running poses; there the moment arm is kept and the length follows from "
            f"it: {', '.join(f'{p.muscle} {p.errors.contradictions:.0%}' for p in odd)}."
        )
    differing = imported.paths.left_differences
    if differing:
        what = "replaced by mirror images" if imported.symmetric else "fitted on their own"
        lines.append(
            f"No mirror images of the right side, and {what} (largest difference): "
            f"{', '.join(f'{name} {value * 1e3:.1f} mm' for name, value in differing.items())}."
        )
    lines += [f"Against anatomy, as in the model: {text}." for text in imported.broken_signs]
    return lines


def is_good(path: FittedPath) -> bool:
    """Whether both RMS errors are within GOOD."""
    return path.errors.length_rms <= GOOD[0] and path.errors.arm_rms <= GOOD[1]


def _bullets(lines: list[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
