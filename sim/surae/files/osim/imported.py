"""All that is read from an .osim file, before it becomes the text of a model folder."""

from __future__ import annotations

from dataclasses import dataclass

from surae.files.osim.forces import CoordinateForces, ImportedMuscle, Sphere
from surae.files.osim.paths import ImportedPaths
from surae.files.osim.skeleton import ImportedBody
from surae.files.osim.source import Source


@dataclass(frozen=True)
class Imported:
    """All that was read from an .osim file."""

    source: Source
    bodies: list[ImportedBody]
    muscles: list[ImportedMuscle]
    forces: CoordinateForces
    spheres: list[Sphere]
    knee_sign: int
    paths: ImportedPaths
    broken_signs: tuple[str, ...] = ()  # known moment arms that the model contradicts
    symmetric: bool = False  # left is written as the right side's mirror image

    @property
    def stems(self) -> list[str]:
        """Names of the muscles without side, in order."""
        return list(dict.fromkeys(muscle.name[:-2] for muscle in self.muscles))
