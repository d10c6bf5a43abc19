"""Derivatives of all metrics along smooth directions, against central differences of the values."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import surae
from surae._pytree import quantity, replace, with_quantities
from surae.files.results import open_result
from surae.gait.solution import GaitSolution
from surae.loads.all_metrics import all_metrics, metric_values
from surae.loads.gradients import metric_gradients
from surae.loads.stride import bare

BASELINE = Path(__file__).resolve().parents[2] / "models" / "full" / "baselines" / "4.0_m_s.h5"
STEP = 1e-6
pytestmark = pytest.mark.slow
CURVES = (
    "coordinates",
    "speeds",
    "accelerations",
    "joint_moments",
    "excitation",
    "activation",
    "tendon_force",
    "fiber_length_normalized",
    "fiber_velocity_normalized",
    "metabolic_rate",
    "ground_reaction_force",
    "center_of_pressure",
    "achilles_force",
    "achilles_strain",
)
OF_RUNNER = (
    "runner.skeleton.mass",
    "runner.skeleton.mass_center",
    "runner.skeleton.inertia",
    "runner.skeleton.location_in_parent",
    "runner.skeleton.location_in_child",
    "runner.muscles.max_isometric_force",
    "runner.muscles.tendon_stiffness",
    "runner.muscles.tendon_slack_length",
    "runner.muscles.optimal_fiber_length",
    "runner.muscles.path.coefficients",
    "runner.achilles.stiffness",
    "runner.achilles.cross_section",
)
# What is zero in every solved stride, but for rounding: its size has a corner there.
WITHOUT = {"pelvis_residual_force", "pelvis_residual_moment"}
values_of = jax.jit(metric_values)


def direction(gait: GaitSolution, name: str) -> Any:
    """A smooth periodic change of a quantity, in proportion to its size."""
    generator = np.random.default_rng(zlib.crc32(name.encode()))
    value = np.asarray(quantity(gait, name))
    if name not in CURVES:
        return jnp.asarray(value * generator.uniform(0.5, 1.0, value.shape))
    phase = 2.0 * np.pi * np.asarray(gait.time / gait.duration)
    waves = np.stack([f(k * phase) for k in (1, 2, 3) for f in (np.sin, np.cos)])
    change = np.tensordot(generator.normal(size=(*value.shape[1:], 6)), waves, axes=1)
    # Progress is not periodic, and lies far from the origin.
    size = np.std(value, axis=0, keepdims=True) + 1e-3
    return jnp.asarray(np.moveaxis(change, -1, 0) * np.minimum(size, np.abs(value).max() + 1.0))


def moved(gait: GaitSolution, name: str, change: Any, step: float) -> GaitSolution:
    changed = with_quantities(gait, {name: quantity(gait, name) + step * change})
    if name == "duration":  # the same phases
        changed = replace(changed, time=gait.time * (changed.duration / gait.duration))
    return changed


def along(gradients: dict[str, Any], name: str, change: Any, shape: tuple[int, ...]) -> np.ndarray:
    if name not in gradients:
        return np.zeros(shape)
    return np.tensordot(np.asarray(gradients[name]), np.asarray(change), axes=np.ndim(change))


def wrong(gait: GaitSolution, names: tuple[str, ...]) -> list[str]:
    """Metrics whose derivative along the change of a quantity is not the difference quotient."""
    gait = bare(gait)
    values, gradients = metric_gradients(gait)
    found = []
    for name in names:
        change = direction(gait, name)
        ahead, behind = (values_of(moved(gait, name, change, s)) for s in (STEP, -STEP))
        for metric, value in values.items():
            if metric in WITHOUT:
                continue
            measured = (np.asarray(ahead[metric]) - np.asarray(behind[metric])) / (2.0 * STEP)
            rate = along(gradients[metric], name, change, np.shape(value))
            # Rounding of values of order 100 over the step is 2e-8.
            noise = 1e-7 + 1e-6 * np.abs(np.asarray(value))
            near = np.abs(rate - measured) <= 1e-4 * np.abs(measured) + noise
            if not np.all(near):
                found.append(f"{metric} by {name}: {rate.ravel()} for {measured.ravel()}")
    return found


def without_ties(gait: GaitSolution) -> GaitSolution:
    """Another stride nearby, whose two steps have no peak in common."""
    for name in CURVES:
        gait = moved(gait, name, direction(gait, name), 0.05)
    return gait


@pytest.fixture
def planar(sine_gait: Callable[..., GaitSolution]) -> GaitSolution:
    """A stride of the planar runner."""
    return without_ties(sine_gait(runner=surae.load_runner("planar")))


def test_derivatives_of_all_metrics_of_the_planar_runner(planar):
    assert wrong(planar, (*CURVES, *OF_RUNNER, "duration", "speed")) == []


def test_derivatives_of_all_metrics_of_the_full_runner():
    gait = without_ties(open_result(BASELINE).gait)
    lines = ("runner.lines_of_action.distal", "runner.lines_of_action.proximal")
    assert wrong(gait, (*CURVES, *OF_RUNNER, *lines, "duration", "speed")) == []


def test_values_are_those_of_all_metrics(planar):
    values, metrics = metric_values(bare(planar)), all_metrics(planar)
    assert values.keys() == metrics.keys()
    for name, metric in metrics.items():
        np.testing.assert_allclose(metric.value, values[name], rtol=1e-9, atol=1e-12, err_msg=name)


def test_another_stride_of_the_model_compiles_nothing(planar, monkeypatch):
    all_metrics(planar)
    other = replace(planar, mode="predict", status="given up", activation=0.9 * planar.activation)
    monkeypatch.setattr("surae.loads.all_metrics._compiled._found", None)
    assert (
        all_metrics(other)["peak_activation"].value[0]
        < all_metrics(planar)["peak_activation"].value[0]
    )


def test_a_foot_that_never_lands_spoils_no_derivative(planar):
    force = planar.ground_reaction_force.at[:, 1].set(0.0)
    values, gradients = metric_gradients(replace(planar, ground_reaction_force=force))
    assert np.isnan(values["stance_time"][1]) and np.isfinite(values["stance_time"][0])
    for name, by in gradients.items():
        finite = np.isfinite(np.asarray(values[name]))
        for quantity_name, rates in by.items():
            assert np.isfinite(np.asarray(rates)[finite]).all(), (name, quantity_name)
