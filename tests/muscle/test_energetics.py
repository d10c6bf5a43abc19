"""Metabolic rate: OpenSim's Bhargava model, where energy goes, and derivatives."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from surae._pytree import replace
from surae.muscle.contraction import fiber_forces, rigid_tendon_fiber
from surae.muscle.energetics import (
    HEAT_FLOOR,
    HEAT_WIDTH,
    VELOCITY_WIDTH,
    MetabolicRates,
    metabolic_rate,
    metabolic_rates,
    muscle_mass,
)
from surae.muscle.muscles import Muscles

# Bhargava2004SmoothedMuscleMetabolics of OpenSim 4.6, smoothing and negative work off, on one
# DeGrooteFregly2016Muscle with rigid tendon: 1200 N, 0.06 m, slack 0.2 m, pennation 0.3, vmax 10,
# damping 0.01, 60 % slow twitch, 0.6 MPa. States: muscle-tendon length [m] and velocity [m/s],
# excitation, activation. Rates [W]: activation, maintenance, shortening, work, and their total.
OPENSIM_STATES = np.array(
    [
        (0.265873051, -0.559220471, 0.864534063, 0.0819062965),
        (0.242648116, -0.389874032, 0.743172674, 0.21687284),
        (0.227187361, -0.286530894, 0.870019976, 0.564388159),
        (0.225418241, -0.146312208, 0.334726296, 0.45155286),
        (0.276775305, 0.123158686, 0.0769036876, 0.168069113),
        (0.282890084, 0.306787001, 0.687093194, 0.664830036),
        (0.263986858, 0.49808838, 0.634615856, 0.414493677),
        (0.271607168, -0.185436223, 0.997349439, 0.981793572),
        (0.260054603, -0.0938408493, 0.701264885, 0.667936312),
        (0.284258901, 0.0919711863, 0.704024394, 0.419475353),
        (0.276934376, 0.184718707, 0.17834168, 0.735413923),
        (0.224402658, -0.51916518, 0.549086606, 0.344729782),
    ]
)
OPENSIM_RATES = np.array(
    [
        (8.31951854, 7.24075502, 12.2533788, 1.69213174, 29.5057841),
        (6.91627902, 6.63743338, 14.2069147, 12.9439984, 40.7046254),
        (8.38199608, 5.42602357, 3.51395616, 5.29327183, 22.6152476),
        (2.44551764, 1.85761575, 1.10501238, 2.40757105, 7.81571682),
        (0.417078503, 0.269464038, -6.21452622, 0, 0.127164),
        (6.26290255, 1.38876605, -37.8453651, 0, 0.127164),
        (5.65492373, 5.76037747, -65.2930946, 0, 0.127164),
        (9.78886789, 6.09639385, 39.494706, 63.5873778, 118.967346),
        (6.42784734, 7.41937351, 20.1424776, 45.6095298, 79.5992283),
        (6.45998735, 1.05980833, -8.59218976, 0, 0.127164),
        (1.10754958, 0.655995224, -24.9562916, 0, 0.127164),
        (4.68201566, 3.1477149, 1.1824855, 1.16436837, 10.1765844),
    ]
)
OPENSIM_MASS = 0.127164


@pytest.fixture
def opensim_muscle(soleus: Muscles) -> Muscles:
    return replace(
        soleus,
        max_isometric_force=jnp.asarray(1200.0),
        optimal_fiber_length=jnp.asarray(0.06),
        tendon_slack_length=jnp.asarray(0.2),
        pennation_at_optimal=jnp.asarray(0.3),
        slow_twitch_fraction=jnp.asarray(0.6),
    )


def rates_at(
    muscle: Muscles,
    excitation: jax.Array,
    activation: jax.Array,
    length: jax.Array,
    velocity: jax.Array,
) -> MetabolicRates:
    fiber = rigid_tendon_fiber(muscle, length, velocity)
    forces = fiber_forces(muscle, activation, fiber)
    return metabolic_rates(muscle, excitation, activation, fiber, forces)


def rate_at(muscle: Muscles, *state: jax.Array) -> jax.Array:
    return rates_at(muscle, *state).total


def random_states(n: int, seed: int) -> tuple[jax.Array, ...]:
    """Excitation, activation, muscle-tendon length [m] and velocity [m/s] of a soleus."""
    rng = np.random.default_rng(seed)
    extent = 0.05 * rng.uniform(0.4, 1.5, n)
    states = rng.uniform(0, 1, n), rng.uniform(0, 1, n), 0.25 + extent, rng.uniform(-1, 1, n)
    return tuple(jnp.asarray(state) for state in states)


def test_rates_equal_opensim(opensim_muscle: Muscles) -> None:
    length, velocity, excitation, activation = (jnp.asarray(c) for c in OPENSIM_STATES.T)
    heat, maintenance, shortening, work, total = OPENSIM_RATES.T
    # The gate between shortening and lengthening is closed to 1e-6 at these velocities.
    ours = rates_at(opensim_muscle, excitation, activation, length, velocity)
    np.testing.assert_allclose(muscle_mass(opensim_muscle), OPENSIM_MASS, rtol=1e-9)
    np.testing.assert_allclose(ours.activation_heat, heat, rtol=1e-7)
    np.testing.assert_allclose(ours.shortening_heat, shortening, rtol=1e-5)
    np.testing.assert_allclose(ours.positive_work, work, rtol=1e-5, atol=4e-3)
    # Below optimal length OpenSim's table over length is the normalized length, as here; above, it
    # falls to 0 at 1.5 optimal lengths, and here it goes on rising (PredSim's choice).
    fiber = rigid_tendon_fiber(opensim_muscle, length, velocity)
    short = np.asarray(fiber.length_normalized) < 1.0
    assert short.sum() == 4
    found = np.asarray(ours.maintenance_heat)
    np.testing.assert_allclose(found[short], maintenance[short], rtol=1e-6)
    sharp = np.maximum(heat + found + shortening, HEAT_FLOOR * OPENSIM_MASS) + work
    np.testing.assert_allclose(sharp[short], total[short], rtol=1e-6)
    excess = np.asarray(ours.total) - sharp
    assert np.all(excess > -4e-3)
    assert np.all(excess < HEAT_WIDTH * OPENSIM_MASS)


def test_rate_is_never_below_the_heat_floor(soleus: Muscles) -> None:
    # Also when active force outlasts excitation, and faster than max contraction velocity.
    states = random_states(2000, seed=8)
    for excitation in (states[0], jnp.zeros(2000)):
        total = rates_at(soleus, excitation, *states[1:]).total
        assert np.all(total >= HEAT_FLOOR * float(muscle_mass(soleus)))


def test_nothing_is_paid_for_negative_work(soleus: Muscles) -> None:
    states = random_states(2000, seed=8)
    work = rates_at(soleus, *states).positive_work
    # The rounded gate lets through at most this: 0.14 of its width times the force (< 1.9 Fmax).
    most_power = 0.14 * VELOCITY_WIDTH * 1.9 * 5000.0 * 10.0 * 0.05
    assert float(jnp.min(work)) > -most_power


def test_resting_muscle_costs_about_its_floor(soleus: Muscles) -> None:
    zero = jnp.asarray(0.0)
    rate = rate_at(soleus, zero, zero, jnp.asarray(0.29), zero)
    mass = float(muscle_mass(soleus))
    np.testing.assert_allclose(rate, (HEAT_FLOOR + HEAT_WIDTH) * mass, rtol=0.4)


def test_isometric_muscle_does_no_work_and_lengthening_saves_energy(soleus: Muscles) -> None:
    half, length = jnp.asarray(0.5), jnp.asarray(0.30)
    slow, still, fast = (
        rates_at(soleus, half, half, length, jnp.asarray(v)) for v in (-0.1, 0.0, 0.1)
    )
    assert float(still.positive_work) == 0.0
    assert float(still.shortening_heat) == 0.0
    assert float(slow.total) > float(still.total) > float(fast.total)


def test_more_excitation_costs_more(soleus: Muscles) -> None:
    excitation = jnp.linspace(0.0, 1.0, 51)
    state = (jnp.full(51, 0.5), jnp.full(51, 0.30), jnp.full(51, -0.05))
    assert np.all(np.diff(rate_at(soleus, excitation, *state)) > 0.0)


def test_weak_muscle_keeps_its_mass_and_its_activation_heat(soleus: Muscles) -> None:
    weak = replace(soleus, strength=jnp.asarray(0.5))
    state = tuple(jnp.asarray(x) for x in (0.7, 0.7, 0.29, -0.1))
    healthy, weakened = rates_at(soleus, *state), rates_at(weak, *state)
    assert muscle_mass(weak) == muscle_mass(soleus)
    assert weakened.activation_heat == healthy.activation_heat
    assert weakened.maintenance_heat == healthy.maintenance_heat
    np.testing.assert_allclose(weakened.positive_work, 0.5 * healthy.positive_work, rtol=1e-6)


def test_an_atrophied_muscle_is_a_smaller_one(soleus: Muscles) -> None:
    half = jnp.asarray(0.5)
    passive = {"passive_stiffness": half, "fiber_damping": half * soleus.fiber_damping}
    atrophied = replace(soleus, strength=half, volume=half, **passive)
    smaller = replace(soleus, max_isometric_force=0.5 * soleus.max_isometric_force)
    state = tuple(jnp.asarray(x) for x in (0.7, 0.7, 0.29, -0.1))
    assert muscle_mass(atrophied) == muscle_mass(smaller)
    for one, other in zip(
        jax.tree.leaves(rates_at(atrophied, *state)),
        jax.tree.leaves(rates_at(smaller, *state)),
        strict=True,
    ):
        np.testing.assert_allclose(one, other, rtol=1e-3)  # of widths that grow with force


def test_metabolic_rate_is_the_total(soleus: Muscles) -> None:
    state = tuple(jnp.asarray(x) for x in (0.7, 0.6, 0.29, -0.1))
    fiber = rigid_tendon_fiber(soleus, state[2], state[3])
    forces = fiber_forces(soleus, state[1], fiber)
    assert metabolic_rate(soleus, state[0], state[1], fiber, forces) == rate_at(soleus, *state)


def test_derivatives_agree_with_finite_differences(soleus: Muscles) -> None:
    # In kW, with steps well below the gate's width.
    states = random_states(100, seed=9)
    check_grads(
        lambda *s: 1e-3 * rate_at(soleus, *s),
        states,
        order=2,
        modes=("fwd", "rev"),
        eps=1e-6,
        rtol=1e-4,
        atol=1e-4,
    )


def test_no_derivative_is_nan_anywhere(soleus: Muscles) -> None:
    grid = jnp.meshgrid(
        jnp.asarray([0.0, 0.5, 1.0]),
        jnp.asarray([0.0, 0.5, 1.0]),
        0.25 + 0.05 * jnp.linspace(-1.0, 2.0, 31),
        jnp.linspace(-1.0, 1.0, 21),
    )
    points = jnp.stack([axis.ravel() for axis in grid], axis=1)
    for pennation in (0.0, 0.436):
        muscle = replace(soleus, pennation_at_optimal=jnp.asarray(pennation))
        for derivative in (jax.grad, jax.jacfwd, jax.hessian):
            found = jax.jit(jax.vmap(derivative(lambda s, m=muscle: rate_at(m, *s))))(points)
            assert np.all(np.isfinite(found))
