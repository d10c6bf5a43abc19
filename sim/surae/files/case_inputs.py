"""From a case to what is solved: its runner, its task, and its key.

A case names files; here they are read: the model folder, and the stride to resemble or follow.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
from pathlib import Path

import numpy as np

from surae._errors import UnusableInput
from surae._pytree import replace
from surae.files.held_stride import read_held, symmetry_of_stride
from surae.files.library import library_path
from surae.files.measured import measured_stride
from surae.files.model_bursts import BURSTS
from surae.files.model_folder import OPENSIM, find_model, load_runner
from surae.files.model_reading import LINES_OF_ACTION
from surae.files.normative import normative_stride
from surae.gait.held import HeldMotion
from surae.gait.reference import HEIGHT_COORDINATE, ReferenceStride, select
from surae.gait.task import HELD_MODE, RunningTask
from surae.runner.dials import OF_BURSTS
from surae.runner.moment_arm_signs import knee_sign
from surae.runner.parameters import parameter_value
from surae.runner.runner import Runner
from surae.runner.segments import standing
from surae.runner.weakness import is_one_sided, refuse_impossible_timing
from surae.study.case import Case, between, case_key, changed

SIDEWAYS_COORDINATE = "pelvis_tz"
_HEIGHT = 1  # index of the vertical axis
_PELVIS, _HEELS = "pelvis", ("calcn_r", "calcn_l")
# Mean height of the pelvis in running over that in the zero pose: 0.98 at 5 m/s to 1.01 at 2 m/s in
# models/normative_running (pelvis_ty_rel).
_RUNNING_HEIGHT = 0.99
_MODEL_FILES = ("*.toml", "*.csv")  # but not what only metrics read


def prepare_task(case: Case) -> tuple[Runner, RunningTask]:
    """The runner with the case's changes, and the task it is given.

    case: a `Case`, as studies and result files have it.
    Raises UnusableInput: a model or file that cannot be read, a change that it does not have.
    """
    runner = changed(load_runner(case.model), case.changes)
    return runner, running_task(runner, case)


def settle(case: Case, runner: Runner) -> Case:
    """The case as it is solved and stored: symmetry chosen, paths that hold from any folder."""
    track = case.track
    if track is not None:
        forces = track.ground_reaction
        track = dataclasses.replace(
            track,
            kinematics=str(Path(track.kinematics).resolve()),
            ground_reaction=None if forces is None else str(Path(forces).resolve()),
        )
    model = case.model
    if model.endswith(OPENSIM):
        model = str(Path(model).resolve())
    elif find_model(model).parent != library_path() / "models":
        model = str(find_model(model).resolve())
    stride = None if case.stride is None else str(Path(case.stride).resolve())
    symmetry = symmetry_of(case, runner)
    return dataclasses.replace(case, model=model, symmetry=symmetry, track=track, stride=stride)


def running_task(
    runner: Runner,
    case: Case,
    reference: ReferenceStride | None = None,
    held: HeldMotion | None = None,
) -> RunningTask:
    """The case's task for a runner. reference, held: a stride to follow, and a motion to hold,
    instead of those in the case's files.

    A measured stride is followed in its own time, unless the case fixes another.
    """
    _check_can_run(runner)
    check_step_width(runner, case)
    refuse_impossible_timing(runner, case.speed)
    if reference is None:
        stride = reference_of(runner, case)
    else:
        stride = select(reference, runner.coordinate_names)
    stride_time = case.stride_time
    if case.mode == "track":
        stride = _on_the_ground(runner, stride)
        stride_time = float(stride.stride_time) if stride_time is None else stride_time
    if case.mode == HELD_MODE and held is None:
        held = read_held(case, runner)
    return RunningTask(
        speed=case.speed,
        reference=stride,
        mode=case.mode,
        symmetry=symmetry_of(case, runner),
        scheme=case.scheme,
        intervals=case.intervals,
        stride_time=stride_time,
        step_width=case.step_width,
        costs=case.costs,
        held=held,
    )


def _check_can_run(runner: Runner) -> None:
    """Refuse a runner that may be looked at but not yet run."""
    if not runner.feet.names:
        raise UnusableInput(
            f"Model {runner.name} has no feet to run on: write its contact spheres in contact.csv."
        )
    held = [n for n, locked in zip(runner.coordinate_names, runner.locked, strict=False) if locked]
    if held:
        raise UnusableInput(
            f"Model {runner.name} has locked coordinates ({', '.join(held)}), which a run cannot "
            "hold yet; take 'locked' out of model.toml to let them move."
        )
    if knee_sign(runner) < 0:
        raise UnusableInput(
            f"The knees of model {runner.name} bend to negative angles, as in gait2392's family; "
            "runs need positive ones (Rajagopal's and Lai's family). Its paths, forces and "
            "dynamics can be used from Python."
        )


def check_step_width(runner: Runner, case: Case) -> None:
    """Refuse a step width where there is none, or where it is given already."""
    if case.step_width is None:
        return
    if SIDEWAYS_COORDINATE not in runner.coordinate_names:
        raise UnusableInput(
            f"Model {runner.name} has no {SIDEWAYS_COORDINATE}: it moves in the sagittal plane and "
            "has no step width; leave step_width out, or take a model in three dimensions (full)."
        )
    if case.mode == HELD_MODE:
        raise UnusableInput(
            f"mode {HELD_MODE} has the step width of the stride that is held; leave it out."
        )


def symmetry_of(case: Case, runner: Runner) -> str:
    """Half a stride tells the other half only where both sides are alike.

    A measured stride is followed whole: its sides are never alike. A stride that is held is taken
    as it was solved.
    """
    one_sided = is_one_sided(runner)
    if case.symmetry == "half" and one_sided:
        raise UnusableInput(
            "symmetry is half, and the right and left side of this runner differ; use --symmetry "
            "full, or change both sides alike."
        )
    if case.symmetry != "auto":
        return case.symmetry
    if one_sided or case.mode == "track":
        return "full"
    return "half" if case.stride is None else symmetry_of_stride(case.stride)


def reference_of(runner: Runner, case: Case) -> ReferenceStride:
    """The stride the case starts from and resembles (normative), or follows (measured)."""
    names = runner.coordinate_names
    track = case.track
    if track is None:
        height = pelvis_height(runner)
        return select(normative_stride(case.speed, pelvis_height_m=height), names)
    speed = case.speed if track.speed is None else track.speed
    measured = measured_stride(
        track.kinematics, track.ground_reaction, speed, track.start, track.end
    )
    return select(measured, names)


def _on_the_ground(runner: Runner, stride: ReferenceStride) -> ReferenceStride:
    """A measured stride at the height of this runner's legs, where a solve can start from it.

    Its own height is not followed: legs differ. A tenth of a meter above the ground no foot touches
    it, and a solve takes four times as many iterations.
    """
    if HEIGHT_COORDINATE not in stride.coordinate_names:
        return stride
    height = stride.coordinate_names.index(HEIGHT_COORDINATE)
    mean = _RUNNING_HEIGHT * pelvis_height(runner)
    return replace(stride, offset=stride.offset.at[height].set(mean))


def pelvis_height(runner: Runner) -> float:
    """Height of the pelvis origin above the calcaneus origins in the zero pose, m."""
    places = np.asarray(standing(runner.skeleton).origins)
    height = dict(zip(runner.skeleton.body_names, places[:, _HEIGHT].tolist(), strict=True))
    missing = [name for name in (_PELVIS, *_HEELS) if name not in height]
    if missing:
        raise UnusableInput(
            f"Model {runner.name} has no body {missing[0]!r}, by which the reference's height is "
            f"scaled; name its bodies as LaiUhlrich2022 does ({_PELVIS}, {', '.join(_HEELS)})."
        )
    return height[_PELVIS] - min(height[heel] for heel in _HEELS)


def part_of_the_way(start: Case, end: Case, share: float) -> Case:
    """A case between two, `share` of the way to the second (see `study.case.between`)."""
    runner = load_runner(end.model)
    return between(start, end, share, functools.partial(parameter_value, runner))


def key_of(case: Case) -> str:
    """The key of a settled case: a hash of its values and of the files that it reads."""
    return case_key(case, digests_of(case))


def reads_bursts(case: Case) -> bool:
    """Whether bursts are shifted: they come from healthy strides, which do not read them."""
    return any(change.kind in OF_BURSTS for change in case.changes)


def digests_of(case: Case) -> dict[str, str]:
    """A digest of each file or folder that a case reads."""
    unread = (LINES_OF_ACTION,) if reads_bursts(case) else (LINES_OF_ACTION, BURSTS)
    contents = {"model": _digest(find_model(case.model), unread)}
    if case.stride is not None:
        contents["stride"] = _digest(Path(case.stride))
    elif case.track is None:
        contents["reference"] = _digest(library_path() / "models" / "normative_running")
    else:
        files = [case.track.kinematics, case.track.ground_reaction]
        contents["reference"] = " ".join(_digest(Path(f)) for f in files if f is not None)
    return contents


def _digest(path: Path, unread: tuple[str, ...] = ()) -> str:
    """SHA-256 of a file, or of the tables of a folder with their names, but for the unread ones."""
    if path.is_dir():
        found = (file for pattern in _MODEL_FILES for file in path.glob(pattern))
        files = sorted(file for file in found if file.name not in unread)
    else:
        files = [path]
    digest = hashlib.sha256()
    for file in files:
        try:
            content = file.read_bytes()
        except OSError as error:
            raise UnusableInput(f"{file} cannot be read: {error.strerror}.") from None
        name = file.name if path.is_dir() else ""
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()
