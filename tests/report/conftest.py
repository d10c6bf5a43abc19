"""Two synthetic strides of the planar runner, and the same numbers as the report takes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from surae.files.library import library_path
from surae.files.model_runner import read_runner
from surae.gait.solution import GaitSolution
from surae.report.reported import ReportedStride, reported
from surae.runner.runner import Runner

DURATION, SPEED, STANCE = 0.7, 4.0, 0.22
RIGHT_CONTACT = 0.06


@pytest.fixture(scope="session")
def runner() -> Runner:
    return read_runner(library_path() / "models" / "planar")


@pytest.fixture(scope="session")
def make_gait(runner: Runner) -> Callable[..., GaitSolution]:
    """Half-sine contacts and bumps; `calf` scales the calf's forces, `left` those of the left."""

    def make(calf: float = 1.0, left: float = 1.0, status: str = "solved") -> GaitSolution:
        time = DURATION * (np.arange(150) + 1.0) / 150
        contact = RIGHT_CONTACT + np.array([0.0, 0.5 * DURATION])
        phase = ((time[:, None] - contact[None, :]) % DURATION) / STANCE
        bump = np.where(phase < 1.0, np.sin(np.pi * phase) ** 2, 0.0)
        names, muscles = runner.coordinate_names, runner.muscle_names
        coordinates = np.zeros((len(time), len(names)))
        for i, name in enumerate(names):
            late = 0.5 * DURATION if name.endswith("_l") else 0.0
            swing = np.sin(2.0 * np.pi * (time - late) / DURATION)
            offset = 0.5 if name.startswith("knee") else 0.0
            coordinates[:, i] = 0.0 if name.startswith("pelvis") else offset + 0.3 * swing
        coordinates[:, names.index("pelvis_tx")] = SPEED * time
        coordinates[:, names.index("pelvis_ty")] = 0.95
        reaction = np.zeros((len(time), 2, 3))
        reaction[:, :, 1] = 2.3 * float(runner.body_weight) * bump
        side = np.array([0 if name.endswith("_r") else 1 for name in muscles])
        scale = np.array([1.0, left])
        calves = np.array([name[:-2] in runner.achilles.muscles for name in muscles])
        tendon = 500.0 + np.where(calves, 2000.0 * calf, 300.0) * (bump * scale)[:, side]
        achilles = np.stack([tendon[:, calves & (side == s)].sum(axis=1) for s in range(2)], axis=1)
        zeros, ones = np.zeros_like(coordinates), np.ones_like(tendon)
        pressure = np.zeros((len(time), 2, 3))
        pressure[:, :, 0] = SPEED * time[:, None]
        arrays: dict[str, Any] = {
            "time": time,
            "coordinates": coordinates,
            "speeds": zeros,
            "accelerations": zeros,
            "joint_moments": 10.0 * coordinates,
            "excitation": 0.3 * ones,
            "activation": 0.3 * ones,
            "tendon_force": tendon,
            "fiber_length_normalized": ones,
            "fiber_velocity_normalized": 0.0 * ones,
            "metabolic_rate": 40.0 * ones,
            "ground_reaction_force": reaction,
            "center_of_pressure": pressure,
            "achilles_force": achilles,
            "achilles_strain": achilles / 1e5,
        }
        arrays = {name: jnp.asarray(values) for name, values in arrays.items()}
        return GaitSolution(
            runner=runner,
            duration=jnp.asarray(DURATION),
            speed=jnp.asarray(SPEED),
            mode="calibrated",
            status=status,
            **arrays,
        )

    return make


@pytest.fixture(scope="session")
def healthy(make_gait: Callable[..., GaitSolution]) -> ReportedStride:
    return reported(("healthy", make_gait(), None, 1.0))


@pytest.fixture(scope="session")
def weak(make_gait: Callable[..., GaitSolution]) -> ReportedStride:
    """The calf carries 5 % more in its bumps."""
    return reported(("gluteus maximus <70 %>", make_gait(calf=1.05), None, 0.7))
