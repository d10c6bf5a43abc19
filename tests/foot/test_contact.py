"""The ground pushes, never pulls, within the friction cone, smoothly, and takes energy away."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array
from jax.test_util import check_grads
from scipy.integrate import solve_ivp

from surae._pytree import replace
from surae.foot.contact import Feet, HuntCrossley, point_share, side, sphere_force

STIFFNESS = jnp.asarray(1.3e5)  # N/m^1.5
STILL = jnp.zeros(3)


def force(feet: Feet, height: float | Array, velocity: Array = STILL) -> Array:
    return sphere_force(feet.law, feet.radius[0], STIFFNESS, jnp.asarray(height), velocity)


def law_of(feet: Feet) -> HuntCrossley:
    assert isinstance(feet.law, HuntCrossley)
    return feet.law


def with_law(feet: Feet, **changes: float) -> Feet:
    new = {name: jnp.asarray(value) for name, value in changes.items()}
    return replace(feet, law=replace(law_of(feet), **new))


def test_deep_contact_is_hunt_and_crossleys_law(feet: Feet) -> None:
    # Far into the ground the rounding is gone: K d^1.5 (1 + 1.5 c d').
    sharp = with_law(feet, smoothing=1e-7)
    depth, rate = 0.013, 0.2
    expected = STIFFNESS * depth**1.5 * (1.0 + 1.5 * law_of(feet).dissipation * rate)
    found = force(sharp, -depth, jnp.asarray([0.0, -rate, 0.0]))
    np.testing.assert_allclose(found, [0.0, float(expected), 0.0], rtol=3e-3)
    still = force(sharp, -depth)
    np.testing.assert_allclose(still[1], STIFFNESS * depth**1.5, rtol=3e-3)


def test_sliding_friction_is_coulombs(feet: Feet) -> None:
    fast = 50.0 * float(law_of(feet).friction_width)
    found = force(feet, -0.01, fast * jnp.asarray([0.6, 0.0, -0.8]))
    grip = law_of(feet).friction * found[1]
    np.testing.assert_allclose(found[jnp.array([0, 2])], [-0.6 * grip, 0.8 * grip], rtol=1e-3)


def test_force_pushes_up_lies_in_the_friction_cone_and_opposes_sliding(feet: Feet) -> None:
    rng = np.random.default_rng(0)
    heights = jnp.asarray(rng.uniform(-0.03, 0.1, 2000))
    velocities = jnp.asarray(rng.standard_normal((2000, 3)) * [5.0, 2.0, 5.0])
    forces = np.asarray(jax.vmap(lambda h, v: force(feet, h, v))(heights, velocities))
    tangential = np.linalg.norm(forces[:, [0, 2]], axis=1)
    assert np.all(forces[:, 1] > 0.0)
    assert np.all(tangential <= float(law_of(feet).friction) * forces[:, 1])
    power = (forces[:, [0, 2]] * np.asarray(velocities)[:, [0, 2]]).sum(axis=1)
    assert np.all(power < 0.0)


def test_deeper_is_harder_and_high_above_there_is_next_to_nothing(feet: Feet) -> None:
    heights = jnp.linspace(-0.03, 0.05, 200)
    normal = np.asarray(jax.vmap(lambda h: force(feet, h))(heights))[:, 1]
    assert np.all(np.diff(normal) < 0.0)
    foot = side(feet, "r")
    law = jax.vmap(lambda r, k: sphere_force(foot.law, r, k, jnp.asarray(0.05), STILL))
    leak = float(law(foot.radius, foot.stiffness)[:, 1].sum())
    # Of a foot that needs thousands of newtons to carry a runner.
    assert leak < 1.0
    assert float(force(feet, 0.1)[1]) < 1e-3


def path(feet: Feet, kind: str, s: Array) -> Array:
    """A curve of states through touchdown, or through zero sliding, in units of the rounding."""
    if kind == "touchdown":
        return jnp.sum(force(feet, -s * law_of(feet).smoothing, jnp.asarray([0.3, -0.4, 0.2])))
    slide = s * law_of(feet).friction_width
    return force(feet, -0.01, slide * jnp.asarray([1.0, 0.0, 0.0]))[0]


@pytest.mark.parametrize("kind", ["touchdown", "sliding"])
def test_curvature_has_no_jump(feet: Feet, kind: str) -> None:
    # Of a C2 function the largest change of curvature between neighbours shrinks with the step.
    curvature = jax.jit(jax.vmap(jax.grad(jax.grad(lambda s: path(feet, kind, s)))))

    def jump(count: int) -> float:
        return float(jnp.abs(jnp.diff(curvature(jnp.linspace(-5.0, 5.0, count)))).max())

    np.testing.assert_allclose(jump(1001) / jump(4001), 4.0, rtol=0.1)


def test_derivatives_agree_with_finite_differences(feet: Feet) -> None:
    law = jax.jit(lambda h, v: 1e-2 * force(feet, h, v))
    for height in (0.02, 0.0, -0.005):
        for velocity in (STILL, jnp.asarray([0.5, -1.0, 0.1]), jnp.asarray([-2.0, 3.0, 0.0])):
            check_grads(
                law,
                (jnp.asarray(height), velocity),
                order=2,
                modes=("fwd", "rev"),
                eps=1e-5,
                rtol=1e-4,
                atol=1e-4,
            )


def test_nothing_is_nan_at_extreme_states(feet: Feet) -> None:
    axes = ([-10.0, 0.0, 10.0], [-1e4, 0.0, 1e4], [-1e4, 0.0, 1e4])
    states = jnp.stack([x.ravel() for x in jnp.meshgrid(*map(jnp.asarray, axes))], axis=1)

    def of(state: Array) -> Array:
        return force(feet, state[0], jnp.stack([state[1], state[2], jnp.zeros(())]))

    for derivative in (of, jax.jacfwd(of), jax.hessian(of)):
        assert np.all(np.isfinite(jax.jit(jax.vmap(derivative))(states)))


def test_a_ball_bounces_back_with_less_energy_the_more_the_ground_dissipates(feet: Feet) -> None:
    kept = [energy_kept(with_law(feet, dissipation=c)) for c in (0.0, 0.05, 0.2)]
    # Without dissipation the damping factor is the rounded 1: conservative.
    np.testing.assert_allclose(kept[0], 1.0, rtol=1e-6)
    assert 0.1 < kept[2] < 0.9 * kept[1] < 0.81


def energy_kept(feet: Feet) -> float:
    """Height of the first apex of a ball thrown down, over what its energy would reach."""
    mass, gravity, start, speed = 10.0, 9.8, 0.1, -2.0

    @jax.jit
    def rate(y: Array) -> Array:
        up = jnp.stack([jnp.zeros(()), y[1], jnp.zeros(())])
        return jnp.stack([y[1], force(feet, y[0], up)[1] / mass - gravity])

    def apex(_: float, y: np.ndarray) -> float:
        return float(y[1])

    apex.terminal, apex.direction = True, -1.0  # type: ignore[attr-defined]
    found = solve_ivp(
        lambda _, y: np.asarray(rate(jnp.asarray(y))),
        (0.0, 2.0),
        [start, speed],
        events=apex,
        rtol=1e-10,
        atol=1e-12,
        method="DOP853",
        max_step=0.01,
    )
    return gravity * float(found.y[0, -1]) / (gravity * start + 0.5 * speed**2)


def test_the_force_acts_at_the_lowest_point(feet: Feet) -> None:
    assert point_share(law_of(feet)) == 0.0


def test_each_side_has_its_own_spheres(feet: Feet) -> None:
    right, left = side(feet, "r"), side(feet, "l")
    assert set(right.names) | set(left.names) == set(feet.names)
    assert all(name.endswith("_r") for name in right.names) and set(right.sides) == {"r"}
    for i, name in enumerate(left.names):
        k = feet.names.index(name)
        assert left.bodies[i] == feet.bodies[k]
        np.testing.assert_array_equal(left.location[i], feet.location[k])
