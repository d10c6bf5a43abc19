"""A stride whose loads are known in closed form, on instants as unevenly spaced as a solver's."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from surae._pytree import field, pytree, static
from surae.gait.solution import SIDES, GaitSolution
from surae.loads.stride import Stride, prepare
from surae.muscle.path import MusclePaths, muscle_paths
from surae.runner.runner import Achilles

RADAU = np.array([0.1550510257216822, 0.6449489742783178, 1.0])
PLANAR = (
    "pelvis_tilt",
    "pelvis_tx",
    "pelvis_ty",
    *(f"{joint}_r" for joint in ("hip_flexion", "knee_angle", "ankle_angle", "mtp_angle")),
    *(f"{joint}_l" for joint in ("hip_flexion", "knee_angle", "ankle_angle", "mtp_angle")),
    "lumbar_extension",
)
LATERAL = (
    "pelvis_list",
    "pelvis_rotation",
    "pelvis_tz",
    *(f"{joint}_{side}" for side in SIDES for joint in ("hip_adduction", "hip_rotation")),
)
MUSCLES = ("gluteus_maximus", "soleus", "gastrocnemius")


@pytree
class StandInMuscles:
    """What loads read of muscles."""

    path: MusclePaths
    max_isometric_force: Array = field("muscle", "N")
    tendon_stiffness: Array = field("muscle", "1")
    tendon_slack_length: Array = field("muscle", "m")
    elastic_tendon: tuple[bool, ...] = static()


@pytree
class NoBodies:
    """A skeleton without a joint that loads look at."""

    body_names: tuple[str, ...] = static(default=())


@pytree
class StandIn:
    """What loads read of a runner."""

    muscles: StandInMuscles
    achilles: Achilles
    body_mass: Array = field("kg")
    body_weight: Array = field("N")
    skeleton: NoBodies = NoBodies()
    coordinate_names: tuple[str, ...] = static(default=())
    muscle_names: tuple[str, ...] = static(default=())
    groups: tuple[tuple[str, tuple[str, ...]], ...] = static(default=())


@dataclasses.dataclass(frozen=True)
class Known:
    """The numbers that the stride of `sine_gait` is made of."""

    duration: float = 0.7
    speed: float = 4.0
    mass: float = 70.0
    contact: float = 0.06
    stance_time: float = 0.22
    braking: float = 0.3  # BW
    angle: float = 0.4  # rad
    moment: float = 100.0  # N m
    soleus: float = 3000.0  # N
    gastrocnemius: float = 1200.0  # N
    slack_force: float = 20.0  # N
    metabolic_rate: float = 150.0  # W a muscle
    moment_arm: float = 0.05  # m, of the calf about the ankle

    @property
    def weight(self) -> float:
        return self.mass * 9.80665

    @property
    def peak_vertical(self) -> float:
        """Of a half sine whose two contacts carry the body for a whole stride, N."""
        return self.weight * 0.25 * np.pi * self.duration / self.stance_time


@pytest.fixture
def known() -> Known:
    return Known()


@pytest.fixture
def lateral() -> tuple[str, ...]:
    """Coordinates that a runner in three dimensions adds."""
    return LATERAL


@pytest.fixture
def instants(known: Known) -> np.ndarray:
    intervals = 80
    starts = np.arange(intervals)[:, None]
    return known.duration * ((starts + RADAU[None, :]) / intervals).ravel()


@pytest.fixture
def make_runner(known: Known) -> Callable[..., Any]:
    def make(lateral: tuple[str, ...] = (), muscles: tuple[str, ...] = MUSCLES) -> Any:
        coordinates = PLANAR + lateral
        names = tuple(f"{name}_{side}" for side in SIDES for name in muscles)
        return StandIn(
            coordinate_names=coordinates,
            muscle_names=names,
            body_mass=jnp.asarray(known.mass),
            body_weight=jnp.asarray(known.weight),
            groups=(("gluteals", ("gluteus_maximus",)),),
            muscles=StandInMuscles(
                max_isometric_force=jnp.full(len(names), 4000.0),
                tendon_stiffness=jnp.full(len(names), 17.5),
                tendon_slack_length=jnp.tile(jnp.linspace(0.2, 0.4, len(muscles)), 2),
                path=_paths(coordinates, names, known.moment_arm),
                elastic_tendon=tuple("gluteus" not in name for name in names),
            ),
            achilles=Achilles(
                muscles=("soleus", "gastrocnemius"),
                stiffness=jnp.asarray(3.0e5),
                reference_force=jnp.asarray(3000.0),
                cross_section=jnp.asarray(60e-6),
            ),
        )

    return make


@pytest.fixture
def sine_gait(
    known: Known, instants: np.ndarray, make_runner: Callable[..., Any]
) -> Callable[..., GaitSolution]:
    """Half-sine contacts, sinusoidal angles with moments in phase with speeds, sinusoidal tendons.

    `muscle_scale` multiplies the left side's tendon forces.
    """

    def make(left_scale: float = 1.0, runner: Any = None, **runner_options: Any) -> GaitSolution:
        runner = make_runner(**runner_options) if runner is None else runner
        names, time = runner.coordinate_names, instants
        omega = 2.0 * np.pi / known.duration
        angles, speeds, moments = (np.zeros((len(time), len(names))) for _ in range(3))
        for i, name in enumerate(names):
            phase = omega * (time - _delay(name, known))
            if not name.startswith("pelvis"):
                angles[:, i] = known.angle * np.sin(phase)
                speeds[:, i] = known.angle * omega * np.cos(phase)
                moments[:, i] = known.moment * np.cos(phase)
        forward = names.index("pelvis_tx")
        angles[:, forward], speeds[:, forward] = known.speed * time, known.speed
        angles[:, names.index("pelvis_ty")] = 0.9 + 0.04 * np.cos(2.0 * omega * time)
        tendon = _tendon_forces(runner, known, time, left_scale)
        force = np.stack([_half_sine(known, time, side) for side in SIDES], axis=1)
        shape = tendon.shape
        return GaitSolution(
            runner=runner,
            time=jnp.asarray(time),
            coordinates=jnp.asarray(angles),
            speeds=jnp.asarray(speeds),
            accelerations=jnp.zeros_like(angles),
            joint_moments=jnp.asarray(moments),
            excitation=jnp.full(shape, 0.3),
            activation=jnp.full(shape, 0.3),
            tendon_force=jnp.asarray(tendon),
            fiber_length_normalized=jnp.ones(shape),
            fiber_velocity_normalized=jnp.zeros(shape),
            metabolic_rate=jnp.full(shape, known.metabolic_rate),
            ground_reaction_force=jnp.asarray(force),
            center_of_pressure=jnp.zeros_like(force) + jnp.array([0.0, 0.0, 0.05])[None, None, :],
            achilles_force=jnp.zeros((len(time), 2)),
            achilles_strain=jnp.asarray(0.01 + 0.05 * _bump(known, time)),
            duration=jnp.asarray(known.duration),
            speed=jnp.asarray(known.speed),
        )

    return make


@pytest.fixture
def still_stride() -> Callable[..., Stride]:
    """A stride in which nothing moves: one pose of a real runner, one force in every tendon."""

    def make(runner: Any, ankle: float = 0.0, tension: float = 500.0, instants: int = 8) -> Stride:
        names = runner.coordinate_names
        pose = np.zeros((instants, len(names)))
        pose[:, [names.index("ankle_angle_r"), names.index("ankle_angle_l")]] = ankle
        muscles = jnp.full((instants, len(runner.muscle_names)), tension)
        still, sides = jnp.zeros_like(pose), jnp.zeros((instants, 2))
        gait = GaitSolution(
            runner=runner,
            time=jnp.arange(1, instants + 1) / instants,
            coordinates=jnp.asarray(pose),
            speeds=still,
            accelerations=still,
            joint_moments=still,
            excitation=muscles,
            activation=muscles,
            tendon_force=muscles,
            fiber_length_normalized=muscles,
            fiber_velocity_normalized=muscles,
            metabolic_rate=muscles,
            ground_reaction_force=jnp.zeros((instants, 2, 3)),
            center_of_pressure=jnp.zeros((instants, 2, 3)),
            achilles_force=sides,
            achilles_strain=sides,
            duration=jnp.asarray(1.0),
            speed=jnp.asarray(0.0),
        )
        return prepare(gait, samples=instants)

    return make


def _paths(coordinates: tuple[str, ...], muscles: tuple[str, ...], arm: float) -> Any:
    """Lengths that grow by `arm` with dorsiflexion, of the gluteus maximus with hip flexion."""
    joints = [f"{'hip_flexion' if 'gluteus' in m else 'ankle_angle'}_{m[-1]}" for m in muscles]
    spans = [(coordinates.index(joint),) for joint in joints]
    return muscle_paths(spans, [{(0,): 0.3, (1,): arm} for _ in muscles])


def _delay(name: str, known: Known) -> float:
    return 0.5 * known.duration if name.endswith("_l") else 0.0


def _bump(known: Known, time: np.ndarray) -> np.ndarray:
    """(1 - cos) / 2 once a stride, largest in the middle of each side's stance."""
    middle = known.contact + 0.5 * known.stance_time + np.array([0.0, 0.5 * known.duration])
    phase = 2.0 * np.pi * (time[:, None] - middle[None, :]) / known.duration
    return 0.5 * (1.0 + np.cos(phase))


def _tendon_forces(runner: Any, known: Known, time: np.ndarray, left_scale: float) -> np.ndarray:
    peaks = {"soleus": known.soleus, "gastrocnemius": known.gastrocnemius}
    bump, columns = _bump(known, time), []
    for name in runner.muscle_names:
        muscle, side = name.rsplit("_", 1)
        scale = left_scale if side == "l" else 1.0
        curve = (peaks.get(muscle, 1000.0) - known.slack_force) * bump[:, SIDES.index(side)]
        columns.append(scale * (known.slack_force + curve))
    return np.stack(columns, axis=1)


def _half_sine(known: Known, time: np.ndarray, side: str) -> np.ndarray:
    start = known.contact + (0.5 * known.duration if side == "l" else 0.0)
    phase = np.pi * ((time - start) % known.duration) / known.stance_time
    down = phase < np.pi
    upward = np.where(down, known.peak_vertical * np.sin(phase), 0.0)
    forward = np.where(down, -known.braking * known.weight * np.sin(2.0 * phase), 0.0)
    return np.stack([forward, upward, np.zeros_like(time)], axis=-1)
