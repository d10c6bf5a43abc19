"""Generalized ground forces do the ground's virtual work; closed-form derivatives are exact."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from surae.foot import contact, ground
from surae.foot.ground import Leg
from surae.skeleton import dynamics, kinematics

COUNT = 12


@pytest.fixture(scope="module")
def states(leg: Leg) -> tuple[Array, Array]:
    """States with spheres between 3 cm inside and 3 cm above the ground."""
    rng = np.random.default_rng(3)
    n = len(leg.skeleton.coordinate_names)
    q, v = 0.4 * rng.standard_normal((COUNT, n)), rng.standard_normal((COUNT, n))
    q[:, 1] = 0.0
    for i in range(COUNT):
        lowest = float(ground.geometry(leg, jnp.asarray(q[i])).points[:, 1].min())
        q[i, 1] = rng.uniform(-0.03, 0.03) - lowest
    return jnp.asarray(q), jnp.asarray(v)


def response(leg: Leg, q: Array, v: Array) -> tuple[Array, Array]:
    place = ground.geometry(leg, q)
    forces = ground.sphere_forces(leg, place, v)
    return ground.generalized_forces(leg, place, forces), jnp.sum(forces, axis=0)


def close(found: Array, expected: Array) -> None:
    scale = float(jnp.abs(expected).max())
    np.testing.assert_allclose(found, expected, rtol=0.0, atol=1e-10 * scale)


def test_generalized_forces_do_the_virtual_work_of_the_ground(
    leg: Leg, states: tuple[Array, Array]
) -> None:
    q, v = (x[0] for x in states)
    place = ground.geometry(leg, q)
    forces = ground.sphere_forces(leg, place, v)
    assert float(forces[:, 1].max()) > 10.0
    bodies = np.array(leg.feet.bodies)
    # The geometry leaves progress out, the poses do not.
    points = place.points + jnp.asarray([[1.0, 0.0, 0.0]]) * q[0]
    here = kinematics.poses(leg.skeleton, q)
    fixed = jnp.einsum("sji,sj->si", here.rotations[bodies], points - here.origins[bodies])

    def work(shifted: Array) -> float:
        """Of forces that keep their values on the material points now loaded."""
        there = kinematics.poses(leg.skeleton, shifted)
        return float(jnp.sum(forces * kinematics.points_in_ground(there, bodies, fixed)))

    h = 1e-6
    steps = h * jnp.eye(len(q))
    expected = [(work(q + step) - work(q - step)) / (2.0 * h) for step in steps]
    found = ground.generalized_forces(leg, place, forces)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-5)


def test_spheres_feel_the_velocity_of_the_material_where_the_force_acts(
    leg: Leg, states: tuple[Array, Array]
) -> None:
    q, v = (x[1] for x in states)
    place = ground.geometry(leg, q)
    at = kinematics.poses(leg.skeleton, q)
    spins, carried = dynamics.body_velocities(leg.skeleton, q, v)
    masses = kinematics.mass_centers(leg.skeleton, at)
    found = ground.sphere_forces(leg, place, v)
    feet, share = leg.feet, contact.point_share(leg.feet.law)
    bodies = np.array(feet.bodies)
    centers = kinematics.points_in_ground(at, bodies, feet.location)
    for sphere, body in enumerate(bodies):
        height = centers[sphere, 1] - feet.radius[sphere]
        point = centers[sphere].at[1].set((1.0 - share) * height)
        velocity = carried[body] + jnp.cross(spins[body], point - masses[body])
        expected = contact.sphere_force(
            feet.law, feet.radius[sphere], feet.stiffness[sphere], height, velocity
        )
        np.testing.assert_allclose(found[sphere], expected, rtol=1e-9, atol=1e-9)


def test_first_derivatives_are_those_of_automatic_differentiation(
    leg: Leg, states: tuple[Array, Array], quick_jit: Any
) -> None:
    @quick_jit
    @jax.vmap
    def automatic(q: Array, v: Array) -> Any:
        def f(q: Array, v: Array) -> tuple[Array, Array]:
            return response(leg, q, v)

        return f(q, v), jax.jacfwd(f, (0, 1))(q, v)

    (torques, force), (by_torques, by_force) = automatic(*states)
    r = quick_jit(jax.vmap(lambda q, v: ground.first_derivatives(leg, q, v)))(*states)
    close(r.torques, torques)
    close(r.force, force)
    close(r.torques_by_q, by_torques[0])
    close(r.torques_by_v, by_torques[1])
    close(r.force_by_q, by_force[0])
    close(r.force_by_v, by_force[1])


def test_second_derivatives_are_those_of_automatic_differentiation(
    leg: Leg, states: tuple[Array, Array], quick_jit: Any
) -> None:
    n = len(leg.skeleton.coordinate_names)
    rng = np.random.default_rng(4)
    multipliers, push = (jnp.asarray(rng.standard_normal((COUNT, k))) for k in (n, 3))

    @quick_jit
    @jax.vmap
    def automatic(q: Array, v: Array, multiplier: Array, push: Array) -> tuple[Array, Array]:
        def along(state: Array) -> Array:
            torques, force = response(leg, *jnp.split(state, 2))
            return jnp.dot(multiplier, torques) + jnp.dot(push, force)

        state = jnp.concatenate([q, v])
        return jax.grad(along)(state), jax.jacfwd(jax.grad(along))(state)

    gradient, hessian = automatic(*states, multipliers, push)
    closed = quick_jit(jax.vmap(lambda *s: ground.second_derivatives(leg, *s)))
    c = closed(*states, multipliers, push)
    close(c.qq, hessian[:, :n, :n])
    close(c.qv, hessian[:, :n, n:])
    close(c.vv, hessian[:, n:, n:])
    without_push = closed(*states, multipliers, jnp.zeros_like(push))
    # by_speeds is the slope of what was asked for, the push included.
    close(c.by_speeds, gradient[:, n:])
    assert not np.allclose(without_push.by_speeds, c.by_speeds)


def test_ground_reaction_does_not_know_where_along_the_ground(
    leg: Leg, states: tuple[Array, Array]
) -> None:
    q, v = (x[2] for x in states)
    far = q.at[leg.progress].add(12.0)
    for found, expected in zip(response(leg, far, v), response(leg, q, v), strict=True):
        np.testing.assert_array_equal(found, expected)
