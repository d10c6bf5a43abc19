"""What each muscle's strength is worth to a load, as bars and as colors on the body.

Of strengths alone: what the load does where a group or a muscle loses a tenth of its active force.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from surae.loads.stride import Stride
from surae.report import palette
from surae.report.metric_order import label
from surae.report.pictures import body_map
from surae.report.rendering import View
from surae.report.scene import scene, standing
from surae.runner.runner import Runner
from surae.runner.weakness import muscles_of, without_side
from surae.sensitivity.worth import STRENGTH, Worth

VIEWS = {"from the front": 90.0, "from the right": 0.0, "from behind": -90.0}  # deg
_MIDDLE, _TALL, _WIDE = 0.61, 1.26, 0.56  # m; from the ground to the ribs
SIDE_WORDS = {"_r": ", right", "_l": ", left"}


@dataclasses.dataclass(frozen=True)
class WorthMap:
    """Strengths by their worth to one load, the largest first.

    groups: of several muscles. muscles: single ones, under the name that people know. of_muscle:
    (muscle,), change of the load where that muscle alone loses a tenth; 0 where it has no strength.
    """

    load: str
    unit: str
    groups: tuple[Worth, ...]
    muscles: tuple[Worth, ...]
    of_muscle: NDArray[np.float64]

    @property
    def title(self) -> str:
        """The load in words."""
        return label(self.load)

    @property
    def has_floor(self) -> bool:
        """Whether the noise floor was measured."""
        return any(row.floor is not None for row in (*self.groups, *self.muscles))

    @property
    def largest(self) -> float:
        """The largest change by a single muscle: where the colors of the body end."""
        return float(np.abs(self.of_muscle).max()) or 1.0


def worth_map(runner: Runner, load: str, unit: str, rows: Sequence[Worth]) -> WorthMap:
    """The strengths among `rows`; names that mean the same muscles are told once."""
    named: dict[tuple[int, ...], Worth] = {}
    for row in rows:
        if row.is_strength and np.isfinite(row.change):
            members = muscles_of(runner, row.name.removeprefix(STRENGTH))
            kept = named.get(members)
            if kept is None or len(row.name) > len(kept.name):  # words before abbreviations
                named[members] = row
    alike = [without_side(name) for name in runner.muscle_names]
    of_muscle = np.zeros(len(runner.muscle_names))
    groups, muscles = [], []
    for members, row in named.items():
        single = len({alike[i] for i in members}) == 1
        (muscles if single else groups).append(row)
        if single:
            of_muscle[list(members)] = row.change
    return WorthMap(load, unit, _ranked(groups), _ranked(muscles), of_muscle)


def name_of(row: Worth) -> str:
    """`strength.gluteus_medius_r` -> `gluteus medius, right`."""
    name = row.name.removeprefix(STRENGTH)
    side = SIDE_WORDS.get(name[-2:], "")
    return without_side(name).replace("_", " ") + side


def colors(found: WorthMap) -> NDArray[np.float64]:
    """Color of every muscle, (muscle, 3) in 0..1."""
    share = shown(found.of_muscle / found.largest)
    return palette.along(palette.WORTH, 0.5 + 0.5 * share)


def shown(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Color by the root of a change, so that small ones can be told from none beside large ones."""
    return np.sign(share) * np.sqrt(np.abs(share))


def of_shown(place: NDArray[np.float64]) -> NDArray[np.float64]:
    """The other way round."""
    return np.sign(place) * place**2


def body_pictures(
    found: WorthMap, stride: Stride, height: int
) -> list[tuple[str, NDArray[np.float64]]]:
    """The runner standing, (row, column, rgba) weighted by alpha, by view.

    Muscles of a runner in one plane lie behind one another: it is seen from the right alone.
    """
    runner = stride.given.runner
    own = standing(scene(found.load, stride, np.zeros(1)), runner)
    size = round(height * _WIDE / _TALL), height
    return [
        (name, body_map(own, 0, _view(azimuth), size, colors(found)))
        for name, azimuth in VIEWS.items()
        if azimuth == 0.0 or runner.lines_of_action is not None
    ]


def _view(azimuth: float) -> View:
    return View(azimuth, 2.0, (0.0, _MIDDLE, 0.0), _WIDE, _TALL)


def _ranked(rows: Sequence[Worth]) -> tuple[Worth, ...]:
    return tuple(sorted(rows, key=lambda row: -abs(row.change)))
