"""Where a run starts: at a given result, at its healthy runner, or at the reference stride."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import NamedTuple

from surae._errors import UnusableInput
from surae.api import COLD
from surae.cli.destination import DEFAULT_FOLDER, check_default_folder
from surae.cli.solving import Prepared, Session, keep, prepare, solved_before, without_weakness
from surae.files.results import StoredStride, open_result
from surae.nlp.program import Guess


class Start(NamedTuple):
    """A stride to start from; the healthy one to compare with; the one that did not converge."""

    guess: StoredStride | None = None
    healthy: StoredStride | None = None
    gave_up: StoredStride | None = None


def is_cold(path: Path | None) -> bool:
    """Whether `--guess cold` is meant: not even the model's baseline."""
    return path is not None and str(path) == COLD and not path.exists()


def read_guess(path: Path | None, prepared: Prepared) -> StoredStride | None:
    """The result given with --guess, if it can be one for this case."""
    if path is None or is_cold(path):
        return None
    guess = open_result(path)
    if Path(guess.case.model).name != Path(prepared.case.model).name:
        raise UnusableInput(
            f"--guess {path} is a stride of model {guess.case.model!r}, not of "
            f"{prepared.case.model!r}; give a result of the same model."
        )
    if guess.gait.status != "solved":
        # Multipliers of a given-up iterate are no start: the solver would hold on to them.
        return dataclasses.replace(guess, guess=Guess(guess.guess.unknowns))
    return guess


def start_of(
    prepared: Prepared,
    guess: StoredStride | None,
    session: Session,
    near: StoredStride | None = None,
) -> Start:
    """A what-if starts from its healthy runner: solved cold, it might land on another branch.

    near: a stride from which the healthy runner may start.
    """
    healthy_case = without_weakness(prepared.case)
    weakened = healthy_case != prepared.case
    if guess is not None:
        key = prepare(healthy_case).key
        same = weakened and guess.attributes["case_key"] == key and guess.gait.status == "solved"
        return Start(guess, guess if same else None)
    if not weakened:
        return Start(near)
    healthy = healthy_of(prepare(healthy_case), session, near)
    if healthy.gait.status != "solved":
        return Start(gave_up=healthy)
    return Start(healthy, healthy)


def healthy_of(
    prepared: Prepared, session: Session, near: StoredStride | None = None
) -> StoredStride:
    """The healthy runner of the same task: as found in results/, or solved now and kept there."""
    check_default_folder()
    place = DEFAULT_FOLDER / f"run_{prepared.key[:10]}.h5"
    others = sorted(path for path in DEFAULT_FOLDER.glob("*.h5") if path != place)
    found = solved_before(prepared, [place, *others])
    if found is not None:
        session.progress.say(f"healthy runner: found in {found.path}")
        return found
    title = "healthy runner" if prepared.case.stride is None else "healthy runner, motion held"
    stored = keep(place, session.solve(prepared.case, title, near), prepared)
    session.progress.say(f"{title}: {stored.gait.status}, kept in {place}")
    return stored
