"""A stride as files that OpenSim 4 opens: coordinates, muscles, ground reaction, external loads.

One folder: coordinates.mot (deg and m, coupled coordinates too), activation.sto, excitation.sto,
tendon_force.sto (N), inverse_dynamics.sto (N m and N), ground_reaction.mot with the column names
of OpenSim's examples, and external_loads.xml, which puts it under the feet of a model. The instants
are those of the result. Axes, names and signs are OpenSim's already.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

import jax
import numpy as np
from numpy.typing import NDArray

from surae._errors import UnusableInput
from surae.files.opensim_tables import table_text
from surae.gait.ground_torque import ground_torques
from surae.gait.solution import SIDES, GaitSolution
from surae.runner.runner import Runner
from surae.skeleton.kinematics import coupled_values

# The first words of every file written here: what bears them may be written over.
MARK = "surae export"
EXTERNAL_LOADS = "external_loads.xml"
GROUND_REACTION = "ground_reaction.mot"
AXES = ("x", "y", "z")
Floats = NDArray[np.float64]


class Sheet(NamedTuple):
    """A table to be: names of columns, values (instant, column)."""

    names: tuple[str, ...]
    values: Floats
    in_degrees: bool = False


def export_stride(
    gait: GaitSolution, folder: str | Path, about: Mapping[str, object] | None = None
) -> tuple[Path, ...]:
    """Write a stride for OpenSim and say what was written; all files or none.

    about: words for the header of every table, such as the result's name and status. A file of
    that name that was not exported before is never written over.
    """
    folder = Path(folder)
    words = {"status": gait.status or "unknown", **(about or {})}
    texts = {name: _table(name, gait, sheet, words) for name, sheet in export_sheets(gait).items()}
    texts[EXTERNAL_LOADS] = _external_loads(gait.runner)
    refuse_foreign(folder, tuple(texts))
    return _write(folder, texts)


def export_sheets(gait: GaitSolution) -> dict[str, Sheet]:
    """The tables of a stride by file name, in the units of the files."""
    muscles = gait.runner.muscle_names
    return {
        "coordinates.mot": _coordinates(gait),
        "activation.sto": Sheet(muscles, np.asarray(gait.activation)),
        "excitation.sto": Sheet(muscles, np.asarray(gait.excitation)),
        "tendon_force.sto": Sheet(muscles, np.asarray(gait.tendon_force)),
        "inverse_dynamics.sto": _joint_moments(gait),
        GROUND_REACTION: _ground_reaction(gait),
    }


def refuse_foreign(folder: Path, names: tuple[str, ...]) -> None:
    """Refuse a folder in which a file of these names is not an export of a stride."""
    if folder.exists() and not folder.is_dir():
        raise UnusableInput(f"{folder} is a file, not a folder; give a folder to export to.")
    for name in names:
        path = folder / name
        if not path.exists():
            continue
        try:
            with path.open("rb") as file:
                start = file.read(200)
        except OSError as error:
            raise UnusableInput(f"{path}: {error.strerror}; give another folder.") from None
        if MARK.encode() not in start:
            raise UnusableInput(
                f"{path} exists and is no export of surae; give another folder, or move it away."
            )


def rotational(runner: Runner) -> NDArray[np.bool_]:
    """Which coordinates are angles (coordinate,); the others are lengths."""
    kinds: dict[int, set[str]] = {}
    for joint in runner.skeleton.joints:
        for motion in joint.motions:
            kinds.setdefault(motion.coordinate, set()).add(motion.kind)
    # A knee angle also drives translations; a coordinate that drives nothing is an angle.
    return np.array(
        [kinds.get(i, {"rotation"}) != {"translation"} for i in range(len(runner.coordinate_names))]
    )


def _coordinates(gait: GaitSolution) -> Sheet:
    """Coordinates, then those that follow another one, which are angles where it is one."""
    skeleton = gait.runner.skeleton
    angles = rotational(gait.runner)
    follows = [independent for _, independent, _ in skeleton.coupled]
    factors = np.where(
        np.concatenate([angles, angles[np.array(follows, int)]]), 180.0 / math.pi, 1.0
    )
    coupled = jax.vmap(lambda q: coupled_values(skeleton, q))(gait.coordinates)
    values = np.concatenate([np.asarray(gait.coordinates), np.asarray(coupled)], axis=1)
    names = (*gait.runner.coordinate_names, *(name for name, _, _ in skeleton.coupled))
    return Sheet(names, values * factors, True)


def _joint_moments(gait: GaitSolution) -> Sheet:
    kinds = ["moment" if angle else "force" for angle in rotational(gait.runner)]
    names = zip(gait.runner.coordinate_names, kinds, strict=True)
    return Sheet(tuple(f"{name}_{kind}" for name, kind in names), np.asarray(gait.joint_moments))


def _ground_reaction(gait: GaitSolution) -> Sheet:
    torques = ground_torques(gait.runner, gait.coordinates, gait.speeds, gait.center_of_pressure)
    columns = {}
    for i, side in enumerate(SIDES):
        for k, axis in enumerate(AXES):
            columns[f"ground_force_{side}_v{axis}"] = gait.ground_reaction_force[:, i, k]
        for k, axis in enumerate(AXES):
            columns[f"ground_force_{side}_p{axis}"] = gait.center_of_pressure[:, i, k]
    for i, side in enumerate(SIDES):
        for k, axis in enumerate(AXES):
            columns[f"ground_torque_{side}_{axis}"] = torques[:, i, k]
    return Sheet(tuple(columns), np.column_stack([np.asarray(c) for c in columns.values()]))


def _table(name: str, gait: GaitSolution, sheet: Sheet, words: Mapping[str, object]) -> str:
    # OpenSim takes a second = in a line for no value at all.
    lines = {key: " ".join(str(value).split()).replace("=", ":") for key, value in words.items()}
    notes = [f"{key}={value}" for key, value in lines.items()]
    return table_text(
        sheet.names,
        np.asarray(gait.time),
        sheet.values,
        in_degrees=sheet.in_degrees,
        title=f"{MARK}: {Path(name).stem.replace('_', ' ')}",
        notes=notes,
    )


def _external_loads(runner: Runner) -> str:
    forces = "".join(_external_force(runner, side) for side in SIDES)
    return (
        '<?xml version="1.0" encoding="UTF-8" ?>\n'
        f"<!-- {MARK}: ground reaction under both feet -->\n"
        '<OpenSimDocument Version="40000">\n'
        '\t<ExternalLoads name="ground_reaction">\n\t\t<objects>\n'
        f"{forces}\t\t</objects>\n\t\t<groups />\n"
        f"\t\t<datafile>{GROUND_REACTION}</datafile>\n"
        "\t</ExternalLoads>\n</OpenSimDocument>\n"
    )


def _external_force(runner: Runner, side: str) -> str:
    """On the body of the side's first sphere: all of the force, also that on the toes."""
    bodies = [b for b, s in zip(runner.feet.bodies, runner.feet.sides, strict=True) if s == side]
    body = runner.skeleton.body_names[bodies[0]]
    elements = {
        "applied_to_body": body,
        "force_expressed_in_body": "ground",
        "point_expressed_in_body": "ground",
        "force_identifier": f"ground_force_{side}_v",
        "point_identifier": f"ground_force_{side}_p",
        "torque_identifier": f"ground_torque_{side}_",
    }
    inside = "".join(f"\t\t\t\t<{tag}>{value}</{tag}>\n" for tag, value in elements.items())
    name = quoteattr(f"ground_{side}")
    return f"\t\t\t<ExternalForce name={name}>\n{inside}\t\t\t</ExternalForce>\n"


def _write(folder: Path, texts: Mapping[str, str]) -> tuple[Path, ...]:
    """All files beside their final names first, so that a full disk leaves nothing half-written."""
    staged: list[tuple[Path, Path]] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            partial = folder / f".{name}.partial"
            staged.append((partial, folder / name))
            partial.write_text(text, encoding="utf-8", newline="\n")
        for partial, path in staged:
            os.replace(partial, path)
    except OSError as error:
        for partial, _ in staged:
            partial.unlink(missing_ok=True)
        raise UnusableInput(
            f"Cannot write in {folder}: {error.strerror}; give another folder."
        ) from error
    return tuple(path for _, path in staged)
