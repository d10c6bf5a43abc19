"""A measured stride is found again in files made from a known one, and in files of real runs."""

from __future__ import annotations

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from surae._errors import UnusableInput
from surae.files.measured import GRAVITY, measured_stride
from surae.files.normative import normative_scalars, normative_stride
from surae.files.opensim_tables import write_table
from surae.gait.reference import (
    ReferenceStride,
    apex_phase,
    evaluate,
    ground_reaction,
    has_ground_reaction,
    motion,
    select,
    shift_phase,
    symmetrize,
)

MASS, SPEED = 70.0, 4.0
PHASES = jnp.linspace(0.0, 1.0, 101)[:-1]
RIGHT_LEFT = ("R_ground_force_v", "L_ground_force_v")


@pytest.fixture(scope="module")
def runner() -> ReferenceStride:
    return normative_stride(SPEED)


def write_kinematics(
    path: Path,
    stride: ReferenceStride,
    *,
    seconds: float = 3.0,
    rate: float = 100.0,
    phase: float = 0.8,
    treadmill: bool = False,
    knee_sign: float = 1.0,
    degrees: bool = True,
    label: str = "{}",
    leave_out: tuple[str, ...] = (),
) -> Path:
    time = np.arange(round(seconds * rate) + 1) / rate
    at = np.asarray(
        motion(stride, jnp.asarray(time / float(stride.stride_time) + phase)).coordinates
    )
    columns = {}
    for name, values in zip(stride.coordinate_names, at.T, strict=True):
        if name in leave_out:
            continue
        if name == "pelvis_tx" and treadmill:
            values = values - SPEED * (time + phase * float(stride.stride_time))
        if name.startswith(("knee_angle", "mtp_angle")):
            values = knee_sign * values
        moved = values if name in ("pelvis_tx", "pelvis_ty", "pelvis_tz") or not degrees else None
        columns[label.format(name)] = np.degrees(values) if moved is None else moved
    write_table(
        path, tuple(columns), time, np.column_stack([*columns.values()]), in_degrees=degrees
    )
    return path


def write_forces(
    path: Path,
    stride: ReferenceStride,
    *,
    seconds: float = 3.0,
    rate: float = 1000.0,
    phase: float = 0.8,
    prefixes: tuple[str, str] = RIGHT_LEFT,
    scale: float = MASS * GRAVITY,
    offset_s: float = 0.0,
) -> Path:
    time = np.arange(round(seconds * rate) + 1) / rate
    force = scale * np.asarray(
        ground_reaction(stride, jnp.asarray(time / float(stride.stride_time) + phase))
    )
    # The Fourier series rings by a few newtons in swing, a force plate does not.
    force = np.where(np.abs(force[:, :, 1:2]) < 0.01 * abs(scale), 0.0, force)
    names = tuple(f"{prefix}{axis}" for prefix in prefixes for axis in "xyz")
    write_table(path, names, time + offset_s, force.reshape(-1, 6))
    return path


def difference_deg(found: ReferenceStride, expected: ReferenceStride) -> float:
    """Largest difference of any angle once phase 0 is the flight apex in both, in deg."""
    names = tuple(n for n in expected.coordinate_names if n[-2:] not in ("tx", "ty", "tz"))
    curves = [
        np.asarray(evaluate(select(shift_phase(s, apex_phase(s)), names), PHASES)[0])
        for s in (found, expected)
    ]
    return float(np.degrees(np.abs(curves[0] - curves[1]).max()))


def test_overground_run_is_found_again(tmp_path, runner):
    found = measured_stride(
        write_kinematics(tmp_path / "ik.mot", runner), write_forces(tmp_path / "grf.mot", runner)
    )
    assert float(found.speed) == pytest.approx(SPEED, rel=1e-3)
    assert float(found.stride_time) == pytest.approx(float(runner.stride_time), rel=1e-4)
    assert found.body_mass_kg is not None
    assert float(found.body_mass_kg) == pytest.approx(MASS, rel=0.01)
    assert difference_deg(found, runner) < 2.0  # what the 15 Hz filter takes
    assert "overground" in found.source
    assert "3 strides" in found.source or "4 strides" in found.source
    assert found.measured == tuple(
        "subtalar" not in n and "mtp" not in n for n in found.coordinate_names
    )


def test_phase_zero_is_the_thirty_newton_crossing(tmp_path, runner):
    found = measured_stride(
        write_kinematics(tmp_path / "ik.mot", runner), write_forces(tmp_path / "grf.mot", runner)
    )
    later = (float(apex_phase(runner)) - float(apex_phase(found))) % 1.0
    assert later < 0.02  # 30 N comes shortly after the table's mean contact
    assert float(ground_reaction(found, jnp.asarray(0.0))[0, 1]) < 0.15
    assert float(ground_reaction(found, jnp.asarray(0.15))[0, 1]) > 1.5


@pytest.mark.parametrize("degrees", [True, False])
@pytest.mark.parametrize("label", ["{}", "/jointset/some_joint/{}/value"])
def test_units_and_state_names_make_no_difference(tmp_path, runner, degrees, label):
    found = measured_stride(
        write_kinematics(tmp_path / "ik.sto", runner, degrees=degrees, label=label),
        write_forces(tmp_path / "grf.mot", runner),
    )
    assert difference_deg(found, runner) < 2.0


@pytest.mark.parametrize(("sign", "said"), [(1.0, "Rajagopal/Lai"), (-1.0, "gait2392/Hamner")])
def test_both_families_of_models_give_positive_knee_flexion(tmp_path, runner, sign, said):
    source = normative_stride(SPEED, frame="lai" if sign > 0.0 else "hamner")
    found = measured_stride(
        write_kinematics(tmp_path / "ik.mot", source, knee_sign=sign),
        write_forces(tmp_path / "grf.mot", runner),
    )
    assert said in found.source
    assert difference_deg(found, runner) < 2.0


def test_frame_of_the_file_is_left_alone_when_asked(tmp_path, runner):
    hamner = normative_stride(SPEED, frame="hamner")
    path = write_kinematics(tmp_path / "ik.mot", hamner, knee_sign=-1.0)
    found = measured_stride(path, write_forces(tmp_path / "grf.mot", runner), frame="hamner")
    assert difference_deg(found, hamner) < 2.0


@pytest.mark.parametrize(
    "prefixes",
    [
        RIGHT_LEFT,
        ("ground_force_v", "1_ground_force_v"),
        ("ground_force_r_v", "ground_force_l_v"),
        ("GROUND_FORCE_R_V", "GROUND_FORCE_L_V"),
    ],
)
def test_force_columns_go_by_several_names(tmp_path, runner, prefixes):
    found = measured_stride(
        write_kinematics(tmp_path / "ik.mot", runner),
        write_forces(tmp_path / "grf.mot", runner, prefixes=prefixes),
    )
    expected = ground_reaction(shift_phase(runner, apex_phase(runner)), PHASES)
    force = ground_reaction(shift_phase(found, apex_phase(found)), PHASES)
    assert float(jnp.abs(force - expected).max()) < 0.12  # the 20 Hz filter on the steep rise


def test_treadmill_run_needs_its_speed(tmp_path, runner):
    kinematics = write_kinematics(tmp_path / "ik.mot", runner, treadmill=True)
    forces = write_forces(tmp_path / "grf.mot", runner)
    with pytest.raises(UnusableInput, match=r"treadmill .*give its speed"):
        measured_stride(kinematics, forces)
    found = measured_stride(kinematics, forces, speed=SPEED)
    assert float(found.speed) == SPEED
    assert difference_deg(found, runner) < 2.0


def test_file_of_one_stride_is_taken_as_periodic(tmp_path, runner):
    duration = float(runner.stride_time)
    found = measured_stride(
        write_kinematics(tmp_path / "ik.mot", runner, rate=1000.0, seconds=duration, phase=0.98),
        write_forces(tmp_path / "grf.mot", runner, seconds=duration, phase=0.98),
    )
    assert "whole span taken as its period" in found.source
    assert float(found.stride_time) == pytest.approx(duration, abs=1e-3)
    assert difference_deg(found, runner) < 2.0


def test_one_stride_is_enough_without_forces(tmp_path, runner):
    path = write_kinematics(tmp_path / "ik.mot", runner, rate=200.0, phase=0.0)
    found = measured_stride(path, start=0.0, end=float(runner.stride_time))
    assert not has_ground_reaction(found)
    assert found.body_mass_kg is None
    assert difference_deg(found, runner) < 3.0


def test_start_and_end_choose_the_strides(tmp_path, runner):
    kinematics = write_kinematics(tmp_path / "ik.mot", runner)
    forces = write_forces(tmp_path / "grf.mot", runner)
    part = measured_stride(kinematics, forces, start=0.1, end=1.8)
    assert "mean of 2 strides" in part.source or "mean of 1 strides" in part.source


def test_center_of_pressure_may_have_gaps(tmp_path, runner):
    forces = write_forces(tmp_path / "grf.mot", runner)
    lines = forces.read_text().splitlines()
    lines[3] = "nColumns=8"
    lines[6] += "\tR_ground_force_px"
    forces.write_text("\n".join(lines[:7] + [f"{line}\tnan" for line in lines[7:]]))
    measured_stride(write_kinematics(tmp_path / "ik.mot", runner), forces)


def test_pelvis_height_and_lateral_sway_are_kept(tmp_path, runner):
    found = measured_stride(
        write_kinematics(tmp_path / "ik.mot", runner), write_forces(tmp_path / "grf.mot", runner)
    )
    names = ("pelvis_tx", "pelvis_ty", "pelvis_tz")
    curves = [
        evaluate(select(shift_phase(s, apex_phase(s)), names), PHASES)[0] for s in (found, runner)
    ]
    assert float(jnp.abs(curves[0] - curves[1]).max()) < 2e-3


BAD_FILES = {
    "no pelvis height": ({"leave_out": ("pelvis_ty",)}, {}, {}, "has no pelvis_ty"),
    "no left knee": ({"leave_out": ("knee_angle_l",)}, {}, {}, "has no knee_angle_l"),
    "foreign names": ({"label": "my_{}"}, {}, {}, "Give the inverse kinematics"),
    "sampled too slowly": ({"rate": 25.0}, {}, {}, "sampled at 25 Hz"),
    "forces sampled too slowly": ({}, {"rate": 40.0}, {}, "sampled at 40 Hz"),
    "other trial": ({}, {"offset_s": 10.0}, {}, "files of the same trial"),
    "forces late": ({}, {"offset_s": 0.33}, {}, "left thigh is in front"),
    "forces a little late": ({}, {"offset_s": 0.06}, {}, "same trial with the same clock"),
    "feet swapped": ({}, {"prefixes": RIGHT_LEFT[::-1]}, {}, "left thigh is in front"),
    "foreign forces": ({}, {"prefixes": ("Fp1_", "Fp2_")}, {}, "no ground reaction of a right"),
    "forces on the plate": ({}, {"scale": -MASS * GRAVITY}, {}, "vertical forces (y) are negative"),
    "forces in body weights": ({}, {"scale": 1.0}, {}, "no right foot strike"),
    "forces in mN": ({}, {"scale": 1e6}, {}, "15 to 200 kg are allowed"),
    "one strike only": (
        {"seconds": 1.0, "phase": 0.5},
        {"seconds": 1.0, "phase": 0.5},
        {},
        "one right foot strike",
    ),
    "too short": ({"seconds": 0.1}, {}, {}, "at least 20 are needed"),
    "other speed": ({}, {}, {"speed": 3.0}, "but the speed given is 3 m/s"),
    "no speed at all": ({}, {}, {"speed": 0.0}, "Speed is 0"),
    "speed is no number": ({}, {}, {"speed": float("nan")}, "Speed is nan"),
    "window outside": ({}, {}, {"start": 8.0, "end": 9.0}, "change start and end"),
    "window reversed": ({}, {}, {"start": 2.0, "end": 1.0}, "change start and end"),
    "window too short": ({}, {}, {"start": 0.0, "end": 0.3}, "at least one stride in common"),
    "unknown frame": ({}, {}, {"frame": "isb"}, "No pelvis frame 'isb'"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_unusable_runs_are_refused_in_one_line(tmp_path, runner, case):
    of_kinematics, of_forces, of_call, says = BAD_FILES[case]
    kinematics = write_kinematics(tmp_path / "ik.mot", runner, **of_kinematics)
    forces = write_forces(tmp_path / "grf.mot", runner, **of_forces)
    with pytest.raises(UnusableInput) as caught:
        measured_stride(kinematics, forces, **of_call)
    message = str(caught.value)
    assert says in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("wrong", "right", "says"),
    [
        ("inDegrees=yes", "inDegrees=no", "inDegrees=yes"),
        ("pelvis_ty\t", "pelvis_tv\t", "has no pelvis_ty"),
    ],
)
def test_header_that_lies_is_refused(tmp_path, runner, wrong, right, says):
    path = write_kinematics(tmp_path / "ik.mot", runner)
    path.write_text(path.read_text().replace(wrong, right))
    with pytest.raises(UnusableInput, match=says):
        measured_stride(path, write_forces(tmp_path / "grf.mot", runner))


def test_radians_called_degrees_are_refused(tmp_path, runner):
    path = write_kinematics(tmp_path / "ik.mot", runner, degrees=False)
    path.write_text(path.read_text().replace("inDegrees=no", "inDegrees=yes"))
    with pytest.raises(UnusableInput, match="radians"):
        measured_stride(path, write_forces(tmp_path / "grf.mot", runner))


def test_height_in_millimeters_is_refused(tmp_path, runner):
    path = write_kinematics(tmp_path / "ik.mot", runner)
    lines = path.read_text().splitlines()
    at = lines[6].split("\t").index("pelvis_ty")
    rows = [line.split("\t") for line in lines[7:]]
    for row in rows:
        row[at] = str(1000.0 * float(row[at]))
    path.write_text("\n".join(lines[:7] + ["\t".join(row) for row in rows]))
    with pytest.raises(UnusableInput, match="convert mm to m"):
        measured_stride(path, write_forces(tmp_path / "grf.mot", runner))


def test_missing_marker_frames_are_refused(tmp_path, runner):
    path = write_kinematics(tmp_path / "ik.mot", runner)
    lines = path.read_text().splitlines()
    lines[2] = f"nRows={len(lines) - 7 - 20}"
    path.write_text("\n".join(lines[:100] + lines[120:]))
    with pytest.raises(UnusableInput, match=r"has a gap of 0\.2"):
        measured_stride(path, write_forces(tmp_path / "grf.mot", runner))


def test_walking_is_refused(tmp_path, runner):
    time = np.arange(3001) / 1000.0
    phase = time / float(runner.stride_time) + 0.8
    force = np.zeros((time.size, 2, 3))
    for side, shift in enumerate((0.0, 0.5)):
        stance = (phase - shift) % 1.0 / 0.6
        force[:, side, 1] = np.where(stance < 1.0, 800.0 * np.sin(np.pi * stance), 0.0)
    names = tuple(f"{prefix}{axis}" for prefix in RIGHT_LEFT for axis in "xyz")
    write_table(tmp_path / "grf.mot", names, time, force.reshape(-1, 6))
    with pytest.raises(UnusableInput, match="both feet on the ground at once"):
        measured_stride(write_kinematics(tmp_path / "ik.mot", runner), tmp_path / "grf.mot")


def test_kinematics_of_many_strides_need_forces_or_a_window(tmp_path, runner):
    with pytest.raises(UnusableInput, match="without a ground reaction file give start and end"):
        measured_stride(write_kinematics(tmp_path / "ik.mot", runner))


TRIALS = [(subject, speed) for subject in ("01", "02", "03") for speed in (3, 4)]


@pytest.mark.parametrize(("subject", "speed"), TRIALS)
def test_runners_of_hamner_and_delp_run_as_their_group_does(shared, subject, speed):
    folder = shared / "data" / "running" / "hamner-delp-2013" / f"subject{subject}"
    if not folder.is_dir():
        pytest.skip("data/running/hamner-delp-2013 is not beside the repository")
    found = measured_stride(
        folder / f"Run_{speed}_ik.mot", folder / f"Run_{speed}_grf.mot", speed=float(speed)
    )
    check_against_group(found, float(speed))
    assert "knee flexion negative in the file" in found.source


def test_single_stride_of_opensim_runs_as_the_group_does(shared):
    folder = shared / "data" / "running" / "opensim-core-runningModel"
    if not folder.is_dir():
        pytest.skip("data/running/opensim-core-runningModel is not beside the repository")
    found = measured_stride(
        folder / "runningModel_Kinematics_q.sto", folder / "runningModel_GRF_data.mot", speed=4.0
    )
    # One stride varies more than a runner's mean: this one brakes more than it drives.
    check_against_group(found, 4.0, within_sd=4.0)
    assert "whole span taken as its period" in found.source
    assert float(found.stride_time) == pytest.approx(0.684, abs=0.002)
    assert found.body_mass_kg is not None
    assert float(found.body_mass_kg) == pytest.approx(72.84, rel=0.02)  # mass of its .osim model


def check_against_group(found: ReferenceStride, speed: float, within_sd: float = 3.0) -> None:
    """Within some SD of the group of seven men that these runners belong to."""
    scalars = normative_scalars(speed)

    def near(value: float, scalar: str) -> None:
        mean, sd = scalars[scalar]
        assert abs(value - mean) < within_sd * sd, f"{scalar}: {value:.4g}, group {mean} +- {sd}"

    near(float(found.stride_time), "stride_time_s")
    near(2.0 / float(found.stride_time), "step_frequency_hz")
    force = np.asarray(ground_reaction(found, PHASES))
    for side in (0, 1):
        near(float(force[:, side, 1].max()), "peak_vgrf_BW")
        near(float(force[:, side, 0].min()), "peak_braking_BW")
        near(float(force[:, side, 0].max()), "peak_propulsive_BW")
    assert float(force[:, :, 1].sum(axis=1).mean()) == pytest.approx(1.0, abs=1e-6)
    angles = np.degrees(np.asarray(evaluate(found, PHASES)[0]))
    knee = angles[:, found.coordinate_names.index("knee_angle_r")]
    near(float(knee.max()), "knee_flexion_peak_swing_deg")
    near(float(knee[0]), "knee_flexion_at_footstrike_deg")
    assert 0.88 < float(apex_phase(found)) < 0.96
    for leaf in jax.tree.leaves(symmetrize(found)):
        assert bool(jnp.isfinite(leaf).all())
