"""Fibers and their forces: OpenSim's equilibria, energy of the geometry, strength, derivatives."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from surae._pytree import replace
from surae.muscle import curves
from surae.muscle.contraction import (
    FiberState,
    elastic_tendon_fiber,
    fiber_forces,
    rigid_tendon_fiber,
)
from surae.muscle.curves import CurveConstants
from surae.muscle.muscles import Muscles

OpensimValues = dict[str, np.ndarray]


def rigid_force(
    muscle: Muscles, activation: jax.Array, length: jax.Array, velocity: jax.Array
) -> jax.Array:
    fiber = rigid_tendon_fiber(muscle, length, velocity)
    return fiber_forces(muscle, activation, fiber).along_tendon


def elastic_imbalance(
    muscle: Muscles,
    activation: jax.Array,
    length: jax.Array,
    velocity: jax.Array,
    force: jax.Array,
    rate: jax.Array,
) -> jax.Array:
    fiber = elastic_tendon_fiber(muscle, length, velocity, force, rate)
    return fiber_forces(muscle, activation, fiber).along_tendon - force


def random_states(muscle: Muscles, n: int, seed: int) -> tuple[Muscles, tuple[jax.Array, ...]]:
    """n copies of the muscle and random activation, length, velocity, tendon force and its rate."""
    rng = np.random.default_rng(seed)
    many = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (n, *leaf.shape)), muscle)
    force, extent = rng.uniform(0.02, 1.5, n), 0.05 * rng.uniform(0.5, 1.4, n)
    length = 0.25 * np.asarray(curves.tendon_length(jnp.asarray(force), 17.5)) + extent
    states = (rng.uniform(0, 1, n), length, rng.normal(0, 0.2, n), force, rng.normal(0, 5, n))
    return many, tuple(jnp.asarray(state) for state in states)


def test_rigid_tendon_equals_opensim(
    opensim_values: OpensimValues,
    opensim_muscles: Callable[[], Muscles],
    opensim_constants: CurveConstants,
) -> None:
    values, muscles = opensim_values, opensim_muscles()
    lengths, velocities = (jnp.asarray(values[k]) for k in ("mtu_length", "mtu_velocity"))
    activation = jnp.asarray(values["activation"])
    fiber = rigid_tendon_fiber(muscles, lengths, velocities)
    forces = fiber_forces(muscles, activation, fiber, opensim_constants)
    # OpenSim lets a fiber point backwards along a path shorter than its tendon; here it cannot.
    extent = (values["mtu_length"] - values["dgf_lslack"]) / values["dgf_lopt"]
    long_enough = extent > 0.1
    assert long_enough.mean() > 0.99

    def compare(ours: jax.Array, theirs: np.ndarray, name: str) -> None:
        found = np.asarray(ours)[long_enough]
        np.testing.assert_allclose(found, theirs[long_enough], 1e-6, 1e-9, err_msg=name)

    force, optimal = values["dgf_F0"], values["dgf_lopt"]
    compare(fiber.length_normalized, values["dgf_rigid_fiber_length"] / optimal, "length")
    compare(
        fiber.velocity_normalized,
        values["dgf_rigid_fiber_velocity"] / (optimal * values["dgf_vmax"]),
        "velocity",
    )
    compare(fiber.cos_pennation, values["dgf_rigid_cos_penn"], "cos")
    compare(forces.active, values["dgf_rigid_active"] / force, "active")
    compare(forces.passive + forces.damping, values["dgf_rigid_passive"] / force, "passive")
    compare(forces.along_tendon, values["dgf_rigid_tendon_force"] / force, "tendon force")


def test_elastic_tendon_is_in_equilibrium_where_opensim_is(
    opensim_values: OpensimValues,
    opensim_muscles: Callable[[], Muscles],
    opensim_constants: CurveConstants,
) -> None:
    values, muscles = opensim_values, opensim_muscles()
    found = np.isfinite(values["dgf_static_tendon_force"])
    force = np.where(found, values["dgf_static_tendon_force"] / values["dgf_F0"], 0.0)
    still = jnp.zeros_like(muscles.strength)
    fiber = elastic_tendon_fiber(
        muscles,
        jnp.asarray(values["mtu_length"]),
        still,
        jnp.asarray(force),
        still,
        opensim_constants,
    )
    length = values["dgf_static_fiber_length"] / values["dgf_lopt"]
    activation = jnp.asarray(values["activation"])
    forces = fiber_forces(muscles, activation, fiber, opensim_constants)
    np.testing.assert_allclose(
        np.asarray(fiber.length_normalized)[found], length[found], 1e-6, 1e-6
    )
    # OpenSim's own equilibrium is solved to a tolerance, so compare forces in Fmax.
    np.testing.assert_allclose(np.asarray(forces.along_tendon)[found], force[found], atol=1e-5)


@pytest.mark.parametrize("pennation", [0.0, 0.436])
def test_fiber_velocity_is_the_rate_of_fiber_length(soleus: Muscles, pennation: float) -> None:
    muscle = replace(soleus, pennation_at_optimal=jnp.asarray(pennation))
    velocity, rate = jnp.asarray(0.3), jnp.asarray(4.0)
    per_second = muscle.max_contraction_velocity

    def rigid(time: jax.Array) -> FiberState:
        return rigid_tendon_fiber(muscle, 0.30 + velocity * time, velocity)

    def elastic(time: jax.Array) -> FiberState:
        force = 0.4 + rate * time
        return elastic_tendon_fiber(muscle, 0.31 + velocity * time, velocity, force, rate)

    for fiber in (rigid, elastic):
        slope = jax.grad(lambda time, f=fiber: f(time).length_normalized)(jnp.asarray(0.0))
        found = fiber(jnp.asarray(0.0)).velocity_normalized
        np.testing.assert_allclose(found * per_second, slope, rtol=1e-6)


def test_stiff_tendon_is_a_rigid_tendon(soleus: Muscles) -> None:
    muscle = replace(soleus, tendon_stiffness=jnp.asarray(1e7))
    length, velocity = jnp.asarray(0.295), jnp.asarray(-0.1)
    rigid = rigid_tendon_fiber(muscle, length, velocity)
    # The stiff limit of the paper's curve is 0.995 slack lengths long.
    offset = 0.25 * 0.005
    force, rate = jnp.asarray(0.5), jnp.asarray(3.0)
    elastic = elastic_tendon_fiber(muscle, length - offset, velocity, force, rate)
    for ours, theirs in zip(jax.tree.leaves(elastic), jax.tree.leaves(rigid), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)


def test_strength_scales_active_force_and_nothing_else(soleus: Muscles) -> None:
    weak = replace(soleus, strength=jnp.asarray(0.7))
    fiber = rigid_tendon_fiber(soleus, jnp.asarray(0.31), jnp.asarray(0.2))
    activation = jnp.asarray(0.8)
    healthy, weakened = (fiber_forces(m, activation, fiber) for m in (soleus, weak))
    np.testing.assert_allclose(weakened.active, 0.7 * healthy.active, rtol=1e-14)
    assert weakened.passive == healthy.passive
    assert weakened.damping == healthy.damping
    assert rigid_tendon_fiber(weak, jnp.asarray(0.31), jnp.asarray(0.2)) == fiber


def test_tighter_tissue_has_its_multiple_of_passive_force(soleus: Muscles) -> None:
    tight = replace(soleus, passive_stiffness=jnp.asarray(3.0))
    fiber = rigid_tendon_fiber(soleus, jnp.asarray(0.32), jnp.asarray(0.1))
    healthy, stiff = (fiber_forces(m, jnp.asarray(0.4), fiber) for m in (soleus, tight))
    np.testing.assert_allclose(stiff.passive, 3.0 * healthy.passive, rtol=1e-14)
    assert stiff.active == healthy.active and stiff.damping == healthy.damping


def test_force_is_max_isometric_at_optimal_length_and_full_activation(soleus: Muscles) -> None:
    fiber = FiberState(
        length_normalized=jnp.asarray(1.0),
        velocity_normalized=jnp.asarray(0.0),
        cos_pennation=jnp.cos(soleus.pennation_at_optimal),
    )
    forces = fiber_forces(soleus, jnp.asarray(1.0), fiber)
    np.testing.assert_allclose(forces.active, 1.0, atol=1e-9)
    np.testing.assert_allclose(
        forces.along_tendon, (forces.active + forces.passive) * fiber.cos_pennation, rtol=1e-14
    )


@pytest.mark.parametrize("pennation", [0.0, 0.436])
def test_derivatives_agree_with_finite_differences(soleus: Muscles, pennation: float) -> None:
    muscle = replace(soleus, pennation_at_optimal=jnp.asarray(pennation))
    many, states = random_states(muscle, 100, seed=5)
    checks = {"order": 2, "modes": ("fwd", "rev"), "eps": 1e-7, "rtol": 1e-4, "atol": 1e-4}
    check_grads(lambda *s: rigid_force(many, *s), states[:3], **checks)
    check_grads(lambda *s: elastic_imbalance(many, *s), states, **checks)


@pytest.mark.parametrize("pennation", [0.0, 0.436])
def test_no_derivative_is_nan_even_for_impossible_lengths(
    soleus: Muscles, pennation: float
) -> None:
    muscle = replace(soleus, pennation_at_optimal=jnp.asarray(pennation))
    # Muscle-tendon lengths from far too short to far too long, through extent exactly 0.
    grid = jnp.meshgrid(
        jnp.asarray([0.0, 0.5, 1.0]),
        0.25 + 0.05 * jnp.linspace(-3.0, 2.0, 41),
        jnp.asarray([-1.0, 0.0, 1.0]),
        jnp.asarray([-0.2, 0.0, 1.0, 5.0]),
        jnp.asarray([-20.0, 0.0, 20.0]),
    )
    points = jnp.stack([axis.ravel() for axis in grid], axis=1)

    def imbalances(state: jax.Array) -> jax.Array:
        return rigid_force(muscle, *state[:3]) + elastic_imbalance(muscle, *state)

    for derivative in (jax.grad, jax.jacfwd, jax.hessian):
        assert np.all(np.isfinite(jax.jit(jax.vmap(derivative(imbalances)))(points)))


def test_one_muscle_at_a_time_equals_all_at_once(soleus: Muscles) -> None:
    many, states = random_states(soleus, 7, seed=6)
    np.testing.assert_allclose(
        jax.vmap(elastic_imbalance)(many, *states), elastic_imbalance(many, *states), rtol=1e-13
    )
