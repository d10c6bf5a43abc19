"""The moment that the ground's forces on a leg have about the forward axis, and its derivatives."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from surae.files.library import library_path
from surae.files.model_runner import read_runner
from surae.foot import ground
from surae.gait import equations as eq
from surae.gait.motion_parts import leg
from surae.gait.step_width import TippingParameters, tipping, tipping_first, tipping_second


@pytest.fixture(scope="module")
def right_leg() -> ground.Leg:
    return leg(read_runner(library_path() / "models" / "full"), "r")[0]


@pytest.fixture(scope="module")
def inputs(right_leg: ground.Leg) -> np.ndarray:
    """A foot in the ground, turned in all directions, sliding; duration last."""
    names = right_leg.skeleton.coordinate_names
    random = np.random.default_rng(3)
    coordinates = 0.15 * random.standard_normal(len(names))
    place = ground.geometry(right_leg, jnp.asarray(coordinates))
    coordinates[right_leg.progress + 1] -= float(jnp.min(place.heights)) + 0.03
    rates = random.standard_normal(len(names))
    return np.concatenate([coordinates, rates, [0.33]])


@pytest.fixture(scope="module")
def parameters(right_leg: ground.Leg) -> TippingParameters:
    return TippingParameters(right_leg, jnp.asarray(4.0), jnp.asarray(-1.0))


def test_an_upward_force_tips_by_its_center_of_pressure(right_leg, inputs, parameters):
    coordinates, _, _, speeds = eq.leg_state(right_leg, parameters.speed, jnp.asarray(inputs))
    place = ground.geometry(right_leg, coordinates)
    forces = ground.sphere_forces(right_leg, place, speeds)
    lateral = jnp.sum(forces[:, 1] * place.points[:, 2])
    row, _ = tipping(parameters, None, jnp.asarray(inputs))
    # Forces act at the ground: what the sideways force adds is small.
    weight = float(right_leg.body_weight)
    assert abs(float(jnp.sum(forces[:, 1]))) > 0.1 * weight
    sideways = float(jnp.abs(forces[:, 2] * place.points[:, 1]).sum()) / weight
    assert float(row[0]) == pytest.approx(float(lateral) / weight, abs=1.01 * sideways)


def test_closed_form_derivatives_are_those_of_the_row(inputs, parameters):
    row = jax.jit(lambda x: tipping(parameters, None, x)[0][0])
    first = jax.jit(lambda x: tipping_first(parameters, None, x)[0][0])
    two, one = jnp.asarray([2.0]), jnp.asarray(1.0)
    hessian = tipping_second(parameters, None, jnp.asarray(inputs), two, one)
    gradient = first(inputs)
    assert float(jnp.abs(gradient).max()) > 0.1
    random, step = np.random.default_rng(4), 1e-5
    for _ in range(6):
        direction = random.standard_normal(len(inputs))
        ahead, behind = inputs + step * direction, inputs - step * direction
        slope = (row(ahead) - row(behind)) / (2.0 * step)
        assert float(gradient @ direction) == pytest.approx(float(slope), rel=1e-5)
        bend = (first(ahead) - first(behind)) / step
        expected = float(jnp.abs(bend).max())
        np.testing.assert_allclose(hessian @ direction, bend, atol=1e-5 * expected)
