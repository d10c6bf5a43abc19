"""How closely, and how fast, a runner tracks measured strides.

    .venv/bin/python benchmarks/tracking.py [--model planar]
    .venv/bin/python benchmarks/tracking.py --trial KINEMATICS.mot GROUND_REACTION.mot SPEED ...

Without --trial it takes the runs in ../shared/data/running, where they are there. Each trial is
what `surae run --mode track` solves: a whole stride in the measured time, from the measured
stride, without multipliers.

How to read it. Angles: root mean square difference from the measured mean stride over the instants
of the mesh, in degrees, for the worse side; `worst` is the largest of all tracked angles (the toes
are not measured). Vertical force: highest value of the stride against the measured one (per cent,
the worse side), and the root mean square difference in per cent of the measured peak. Solve: wall
time of the solve alone, everything compiled before; `total` adds reading and compiling (or loading
what an earlier process compiled). The runner is the model's own size in every row; forces are
compared in body weights.
"""

# ruff: noqa: E402 - threads are settled before JAX is loaded
from __future__ import annotations

import argparse
import time
from pathlib import Path

from surae._runtime import keep_compiled_functions, use_one_thread

use_one_thread()
keep_compiled_functions()

import jax.numpy as jnp
import numpy as np
from markdown_table import machine, print_table, say

from surae.api import solve_case
from surae.gait.motion_parts import is_rotation
from surae.gait.reference import apex_phase, evaluate, ground_reaction
from surae.gait.stride import Stride
from surae.study.case import Case, Track

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "running"
ANGLES = ("pelvis_tilt", "hip_flexion", "knee_angle", "ankle_angle", "lumbar_extension")
VERTICAL = 1

Trial = tuple[str, Path, Path, float]  # name, kinematics, ground reaction, speed (m/s)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--trial", nargs=3, action="append", metavar=("KINEMATICS", "GROUND_REACTION", "SPEED")
    )
    parser.add_argument("--intervals", type=int, default=Case.intervals, help="of a half stride")
    parser.add_argument("--model", default=Case.model)
    arguments = parser.parse_args()
    trials = [
        (Path(kinematics).stem, Path(kinematics), Path(forces), float(speed))
        for kinematics, forces, speed in arguments.trial or []
    ] or found_trials()
    if not trials:
        raise SystemExit(f"No measured runs in {DATA}; give some with --trial.")
    print(machine())
    header = ["trial", "status", *(f"{name} (deg)" for name in ANGLES), "worst (deg)"]
    header += ["peak Fy (%)", "RMS Fy (%)", "iterations", "solve (s)", "total (s)"]
    print_table(header, [row(trial, arguments.model, arguments.intervals) for trial in trials])


def found_trials() -> list[Trial]:
    """The runs beside the repository, the single stride of OpenSim first."""
    trials = []
    single = DATA / "opensim-core-runningModel"
    if single.is_dir():
        kinematics = single / "runningModel_Kinematics_q.sto"
        trials.append(("runningModel", kinematics, single / "runningModel_GRF_data.mot", 4.0))
    for kinematics in sorted(DATA.glob("hamner-delp-2013/subject*/Run_*_ik.mot")):
        speed = float(kinematics.name.split("_")[1])
        forces = kinematics.with_name(kinematics.name.replace("_ik", "_grf"))
        trials.append((f"{kinematics.parent.name} {speed:g} m/s", kinematics, forces, speed))
    return trials


def row(trial: Trial, model: str, intervals: int) -> list[str]:
    """Solve one trial; its line of the table."""
    name, kinematics, forces, speed = trial
    track = Track(str(kinematics), str(forces), speed=speed)
    case = Case(model=model, mode="track", speed=speed, track=track, intervals=intervals)
    start = time.perf_counter()
    stride = solve_case(case)
    total = time.perf_counter() - start
    errors = angle_errors(stride)
    by_angle = [max(e for n, e in errors.items() if n.startswith(angle)) for angle in ANGLES]
    peak, rms = force_errors(stride)
    report = stride.report
    status = "solved" if report.status.solved else report.status.value
    cells = [name, status, *(f"{e:.2f}" for e in by_angle), f"{max(errors.values()):.2f}"]
    cells += [f"{100.0 * peak:+.1f}", f"{100.0 * rms:.1f}", str(report.iterations)]
    say(*cells)
    return [*cells, f"{report.wall_time:.1f}", f"{total:.1f}"]


def phases(stride: Stride) -> jnp.ndarray:
    """Phase of the measured stride at each instant of the solved one."""
    gait = stride.gait
    return jnp.mod(apex_phase(stride.problem.task.reference) + gait.time / gait.duration, 1.0)


def angle_errors(stride: Stride) -> dict[str, float]:
    """Root mean square error of every measured angle, deg."""
    runner, reference = stride.problem.runner, stride.problem.task.reference
    measured = np.asarray(evaluate(reference, phases(stride))[0])
    errors = np.degrees(np.asarray(stride.gait.coordinates) - measured)
    rms = np.sqrt(np.mean(errors**2, axis=0))
    compared = np.array(reference.measured) & is_rotation(runner)
    names = runner.coordinate_names
    return {name: float(rms[i]) for i, name in enumerate(names) if compared[i]}


def force_errors(stride: Stride) -> tuple[float, float]:
    """Of the vertical force, worse side: peak over measured peak - 1, and RMS error over peak."""
    weight = float(stride.problem.runner.body_weight)
    reference = stride.problem.task.reference
    measured = np.asarray(ground_reaction(reference, phases(stride)))[:, :, VERTICAL]
    solved = np.asarray(stride.gait.ground_reaction_force)[:, :, VERTICAL] / weight
    peaks = measured.max(axis=0)
    relative = solved.max(axis=0) / peaks - 1.0
    rms = np.sqrt(np.mean((solved - measured) ** 2, axis=0)) / peaks
    return float(relative[np.argmax(np.abs(relative))]), float(rms.max())


if __name__ == "__main__":
    main()
