"""The planar runner at 4 m/s on small meshes: problems to look at, and strides solved once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np
import pytest
from numpy.typing import NDArray

from surae.files.library import library_path
from surae.files.model_runner import read_runner
from surae.files.normative import normative_stride
from surae.gait.guess import perturbed, reference_guess
from surae.gait.problem import RunningProblem, running_problem
from surae.gait.reference import ReferenceStride, select
from surae.gait.stride import Stride, StrideSolver
from surae.gait.task import CostWeights, RunningTask
from surae.nlp.ipopt import IpoptOptions
from surae.runner.runner import Runner

Floats = NDArray[np.float64]
# Firmer tracking than a study's, so that a coarse mesh has one clear optimum; every weight is
# written out, so that tuning the defaults does not move these strides.
COSTS = CostWeights(
    effort=1.0,
    exponent=3,
    metabolic=0.0,
    activation_rate=1e-3,
    acceleration=1e-2,
    motor=1e-2,
    tracking=1.0,
    tracking_angle=0.1,
    ground_reaction=0.1,
)


@pytest.fixture(scope="session")
def planar() -> Runner:
    return read_runner(library_path() / "models" / "planar")


@pytest.fixture(scope="session")
def reference(planar: Runner) -> ReferenceStride:
    return select(normative_stride(4.0, pelvis_height_m=0.9265), planar.coordinate_names)


@pytest.fixture(scope="session")
def make_task(reference: ReferenceStride) -> Callable[..., RunningTask]:
    def make(**changes: Any) -> RunningTask:
        options: dict[str, Any] = {"scheme": "radau2", "intervals": 6, "costs": COSTS}
        options |= {"speed": 4.0, "reference": reference}
        return RunningTask(**(options | changes))

    return make


@pytest.fixture(scope="session")
def make_problem(planar: Runner, make_task: Any) -> Callable[..., RunningProblem]:
    return lambda **changes: running_problem(planar, make_task(**changes))


@pytest.fixture(scope="session")
def near_reference() -> Callable[[RunningProblem], Floats]:
    """Unknowns near the reference stride, feet on the ground, nothing symmetric or zero."""

    def near(problem: RunningProblem) -> Floats:
        return perturbed(reference_guess(problem), problem.layout, 0.05, seed=3).unknowns

    return near


@pytest.fixture(scope="session")
def solver(planar: Runner, make_task: Any) -> StrideSolver:
    return StrideSolver(planar, make_task(), IpoptOptions(tolerance=1e-8, max_iterations=400))


@pytest.fixture(scope="session")
def stride(solver: StrideSolver) -> Stride:
    """The healthy half stride on 6 intervals, mirrored to a whole one."""
    solved = solver.solve()
    assert solved.report.status.solved, solved.report.message
    return solved


@pytest.fixture
def compilations() -> Iterator[list[str]]:
    """Grows by the name of every compilation from here on."""
    events: list[str] = []

    def listen(event: str, duration_secs: float, **kwargs: str | int) -> None:
        if event.startswith("/jax/core/compile/"):
            events.append(event)

    jax.monitoring.register_event_duration_secs_listener(listen)
    yield events
    jax.monitoring.unregister_event_duration_listener(listen)
