"""The force curves: OpenSim's values, their inverses, their shapes and their derivatives."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from surae.muscle import curves
from surae.muscle.curves import CurveConstants

KT = 35.0
LENGTH = jnp.linspace(0.2, 2.0, 181)
VELOCITY = jnp.linspace(-2.0, 2.0, 201)
FORCE = jnp.linspace(-0.2, 5.0, 261)
TENDON = jnp.linspace(0.97, 1.09, 121)

CURVES = {
    "tendon_force": (lambda x: curves.tendon_force(x, KT), TENDON),
    "tendon_length": (lambda x: curves.tendon_length(x, KT), FORCE),
    "tendon_compliance": (lambda x: curves.tendon_compliance(x, KT), FORCE),
    "active_force_length": (curves.active_force_length, LENGTH),
    "passive_force_length": (curves.passive_force_length, LENGTH),
    "force_velocity": (curves.force_velocity, VELOCITY),
    "inverse_force_velocity": (curves.inverse_force_velocity, jnp.linspace(-0.2, 1.9, 106)),
}


def test_curves_equal_opensim(
    opensim_values: dict[str, np.ndarray], opensim_constants: CurveConstants
) -> None:
    values, constants = opensim_values, opensim_constants
    length, velocity, tendon = (jnp.asarray(values[f"curve_{x}"]) for x in ("lm", "vm", "lt"))
    kt = curves.tendon_stiffness_at_strain(float(values["dgf_tendon_strain"][0]), constants)
    for ours, key in (
        (curves.active_force_length(length), "curve_fl"),
        (curves.passive_force_length(length, constants), "curve_fp"),
        (curves.force_velocity(velocity, constants), "curve_fv"),
        (curves.tendon_force(tendon, kt, constants), "curve_ft"),
    ):
        np.testing.assert_allclose(ours, values[key], rtol=1e-8, atol=1e-13, err_msg=key)


def test_tendon_length_inverts_tendon_force() -> None:
    back = curves.tendon_force(curves.tendon_length(FORCE, KT), KT)
    np.testing.assert_allclose(back, FORCE, rtol=1e-13, atol=1e-13)


def test_velocity_inverts_force_velocity() -> None:
    back = curves.inverse_force_velocity(curves.force_velocity(VELOCITY))
    np.testing.assert_allclose(back, VELOCITY, rtol=1e-12, atol=1e-13)


def test_tendon_compliance_is_the_slope_of_tendon_length() -> None:
    slope = jax.vmap(jax.grad(lambda force: curves.tendon_length(force, KT)))(FORCE)
    np.testing.assert_allclose(curves.tendon_compliance(FORCE, KT), slope, rtol=1e-13)


def test_tendon_passive_and_velocity_curves_rise_everywhere() -> None:
    for name in ("tendon_force", "passive_force_length", "force_velocity"):
        curve, grid = CURVES[name]
        assert np.all(np.diff(curve(grid)) > 0.0), name


def test_muscle_is_strongest_at_optimal_length_and_lengthening() -> None:
    isometric = curves.active_force_length(LENGTH)
    assert abs(float(LENGTH[jnp.argmax(isometric)]) - 1.0) < 0.02
    np.testing.assert_allclose(curves.active_force_length(jnp.asarray(1.0)), 1.0, atol=1e-9)
    np.testing.assert_allclose(curves.force_velocity(jnp.asarray(0.0)), 1.0, atol=1e-14)
    assert abs(float(curves.force_velocity(jnp.asarray(-1.0)))) < 1e-14
    assert float(curves.force_velocity(jnp.asarray(1.0))) > 1.5


def test_passive_force_is_zero_at_its_zero_length_and_one_at_its_strain() -> None:
    at = curves.passive_force_length(jnp.asarray([0.2, 1.6]))
    np.testing.assert_allclose(at, [0.0, 1.0], atol=1e-14)


@pytest.mark.parametrize(
    ("strain", "kt"), [(0.033, 48.2), (0.0474, 35.0), (0.06, 28.2), (0.08, 21.6), (0.10, 17.45)]
)
def test_tendon_strains_by_the_asked_strain_at_one_max_isometric_force(
    strain: float, kt: float
) -> None:
    found = curves.tendon_stiffness_at_strain(strain)
    np.testing.assert_allclose(found, kt, rtol=2e-3)
    np.testing.assert_allclose(
        curves.tendon_force(jnp.asarray(1.0 + strain), found), 1.0, rtol=1e-12
    )


@pytest.mark.parametrize("name", CURVES)
def test_derivatives_agree_with_finite_differences(name: str) -> None:
    curve, grid = CURVES[name]
    low, high = (0.4, 1.8) if name == "active_force_length" else (grid[0], grid[-1])
    x = jnp.asarray(np.random.default_rng(1).uniform(low, high, 100))
    check_grads(curve, (x,), order=2, modes=("fwd", "rev"), eps=1e-6, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", CURVES)
def test_no_derivative_is_nan_anywhere(name: str) -> None:
    curve, grid = CURVES[name]
    if name == "active_force_length":
        # Past where a bell's width vanishes (0.149): a line search may go there.
        grid = jnp.concatenate([grid, jnp.linspace(-1.0, 0.2, 1201), jnp.asarray([0.149470])])
    for derivative in (jax.grad, jax.jacfwd, jax.hessian):
        assert np.all(np.isfinite(jax.jit(jax.vmap(derivative(curve)))(grid)))
