"""Tendon forces of whole sets of muscles are OpenSim's, and static ones balance the fibers."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from surae.muscle import curves
from surae.muscle.contraction import elastic_tendon_fiber, fiber_forces
from surae.muscle.curves import CurveConstants
from surae.muscle.equilibrium import rigid_tendon_force, static_tendon_force
from surae.muscle.muscles import Muscles

OpensimValues = dict[str, np.ndarray]
TOLERANCE = 1e-6


def close(found: jax.Array, expected: np.ndarray, where: np.ndarray) -> None:
    np.testing.assert_allclose(np.asarray(found)[where], expected[where], rtol=TOLERANCE)


def long_enough(values: OpensimValues, fiber_length: str) -> np.ndarray:
    """Fibers of at least a tenth of optimal length along the tendon.

    Shorter ones OpenSim turns back to front; here they end at length zero.
    """
    along = values[fiber_length] * values[fiber_length.replace("fiber_length", "cos_penn")]
    return along > 0.1 * values["dgf_lopt"]


def test_rigid_tendons_carry_what_opensim_says(
    opensim_values: OpensimValues,
    opensim_muscles: Callable[[], Muscles],
    opensim_constants: CurveConstants,
) -> None:
    values = opensim_values
    state = (jnp.asarray(values[key]) for key in ("activation", "mtu_length", "mtu_velocity"))
    found = rigid_tendon_force(opensim_muscles(), *state, constants=opensim_constants)
    where = long_enough(values, "dgf_rigid_fiber_length")
    assert where.mean() > 0.99
    close(found, values["dgf_rigid_tendon_force"], where)


def test_elastic_tendons_at_rest_carry_what_opensim_says(
    opensim_values: OpensimValues,
    opensim_muscles: Callable[[], Muscles],
    opensim_constants: CurveConstants,
) -> None:
    values = opensim_values
    activation, length = (jnp.asarray(values[key]) for key in ("activation", "mtu_length"))
    found = static_tendon_force(opensim_muscles(), activation, length, opensim_constants)
    where = long_enough(values, "dgf_static_fiber_length")
    assert where.mean() > 0.99
    # Below a thousandth of max isometric force OpenSim's own tolerance shows.
    small = np.abs(values["dgf_static_tendon_force"]) < 1e-3 * values["dgf_F0"]
    assert small.mean() < 0.01
    close(found, values["dgf_static_tendon_force"], where & ~small)


@pytest.mark.parametrize("extent", [0.5, 1.0, 1.4])
def test_static_force_balances_tendon_and_fiber(soleus: Muscles, extent: float) -> None:
    length = 0.25 + 0.05 * jnp.asarray(extent)
    activation, still = jnp.asarray(0.6), jnp.asarray(0.0)
    force = static_tendon_force(soleus, activation, length) / soleus.max_isometric_force
    fiber = elastic_tendon_fiber(soleus, length, still, force, still)
    along = fiber_forces(soleus, activation, fiber).along_tendon
    np.testing.assert_allclose(along, force, atol=1e-13)
    tendon = soleus.tendon_slack_length * curves.tendon_length(force, soleus.tendon_stiffness)
    along_fiber = soleus.optimal_fiber_length * fiber.length_normalized * fiber.cos_pennation
    np.testing.assert_allclose(tendon + along_fiber, length, atol=1e-9)
