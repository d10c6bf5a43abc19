"""Mode track follows measured strides: angles within 4 deg, vertical force within 10 % of peak."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

from surae._pytree import replace
from surae.api import solve_case
from surae.files.case_inputs import running_task
from surae.files.measured import measured_stride
from surae.gait.reference import ReferenceStride, apex_phase, evaluate, ground_reaction
from surae.gait.solution import GaitSolution
from surae.runner.runner import Runner
from surae.study.case import Case, Track

Floats = NDArray[np.float64]
LARGEST_RMS_DEG = 4.0
LARGEST_FORCE_ERROR = 0.10  # of the measured peak
UP = 1

RUNNING_MODEL = (
    "opensim-core-runningModel/runningModel_Kinematics_q.sto",
    "opensim-core-runningModel/runningModel_GRF_data.mot",
    4.0,
)
HAMNER = [
    (f"{folder}/Run_{speed}_ik.mot", f"{folder}/Run_{speed}_grf.mot", float(speed))
    for folder in (f"hamner-delp-2013/subject0{number}" for number in (1, 2, 3))
    for speed in (3, 4)
]
FOLLOWED = {"pelvis_tilt", "lumbar_extension"} | {
    f"{joint}_{side}" for joint in ("hip_flexion", "knee_angle", "ankle_angle") for side in "rl"
}


def trial(shared: Path, kinematics: str, forces: str, speed: float) -> Case:
    """The case of `surae run --mode track` with these files."""
    files = [shared / "data" / "running" / name for name in (kinematics, forces)]
    missing = [file.name for file in files if not file.is_file()]
    if missing:
        pytest.skip(f"the measured run is not beside the repository: {', '.join(missing)}")
    track = Track(str(files[0]), str(files[1]), speed=speed)
    return Case(mode="track", speed=speed, track=track)


def measured_in(case: Case) -> ReferenceStride:
    assert case.track is not None
    return measured_stride(case.track.kinematics, case.track.ground_reaction, case.track.speed)


def phases(gait: GaitSolution, measured: ReferenceStride) -> Any:
    return jnp.mod(apex_phase(measured) + gait.time / gait.duration, 1.0)


def rms_deg(gait: GaitSolution, measured: ReferenceStride) -> dict[str, float]:
    """Difference of each followed angle over the stride."""
    curves = np.asarray(evaluate(measured, phases(gait, measured))[0])
    names = gait.runner.coordinate_names
    return {
        name: float(np.degrees(np.sqrt(np.mean((theirs - ours) ** 2))))
        for name, theirs in zip(measured.coordinate_names, curves.T, strict=True)
        if name in FOLLOWED
        for ours in [np.asarray(gait.coordinates)[:, names.index(name)]]
    }


def vertical_forces(gait: GaitSolution, measured: ReferenceStride) -> tuple[Floats, Floats]:
    """Solved and measured, in body weights, (instant, side)."""
    solved = np.asarray(gait.ground_reaction_force[:, :, UP]) / float(gait.runner.body_weight)
    return solved, np.asarray(ground_reaction(measured, phases(gait, measured))[:, :, UP])


def check(case: Case) -> None:
    stride = solve_case(case)
    gait, measured = stride.gait, measured_in(case)
    assert stride.report.status.solved, stride.report.message
    assert float(gait.duration) == pytest.approx(float(measured.stride_time), rel=1e-9)
    errors = rms_deg(gait, measured)
    assert errors.keys() == FOLLOWED
    assert max(errors.values()) < LARGEST_RMS_DEG, errors
    solved, theirs = vertical_forces(gait, measured)
    peaks = theirs.max(axis=0)
    np.testing.assert_allclose(solved.max(axis=0), peaks, rtol=LARGEST_FORCE_ERROR)
    rms = np.sqrt(np.mean((solved - theirs) ** 2, axis=0))
    assert np.all(rms < LARGEST_FORCE_ERROR * peaks), rms / peaks


def test_a_measured_stride_is_followed_by_a_symmetric_one(shared: Path) -> None:
    check(dataclasses.replace(trial(shared, *HAMNER[1]), symmetry="half"))


@pytest.mark.slow
@pytest.mark.parametrize("files", [RUNNING_MODEL, *HAMNER], ids=lambda files: files[0])
def test_every_measured_stride_is_followed_on_the_default_mesh(shared: Path, files: Any) -> None:
    check(trial(shared, *files))


@pytest.mark.slow
def test_the_full_body_follows_a_measured_stride(shared: Path) -> None:
    check(dataclasses.replace(trial(shared, *HAMNER[1]), model="full"))


def test_a_measured_stride_is_followed_whole_and_in_its_own_time(
    planar: Runner, reference: ReferenceStride
) -> None:
    case = Case(mode="track", track=Track("given as a stride"))
    measured = replace(reference, stride_time=jnp.asarray(0.7))
    task = running_task(planar, case, measured)
    assert (task.symmetry, task.stride_time) == ("full", 0.7)
    faster = dataclasses.replace(case, stride_time=0.65, symmetry="half")
    task = running_task(planar, faster, measured)
    assert (task.symmetry, task.stride_time) == ("half", 0.65)


def test_a_stride_of_longer_legs_starts_with_the_feet_on_the_ground(
    planar: Runner, reference: ReferenceStride
) -> None:
    height = reference.coordinate_names.index("pelvis_ty")
    taller = replace(reference, offset=reference.offset.at[height].add(0.1))
    case = Case(mode="track", track=Track("given as a stride"))
    task = running_task(planar, case, taller)
    expected = float(reference.offset[height])
    assert float(task.reference.offset[height]) == pytest.approx(expected, abs=0.01)
