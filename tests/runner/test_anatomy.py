"""The planar runner has a runner's anatomy, and the checks see it when a body has not."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import brentq

from surae._pytree import replace
from surae.muscle import curves, path
from surae.runner.anatomy import anatomy_report
from surae.runner.isometric import (
    fiber_length_range,
    isometric_forces,
    isometric_joint_moments,
)
from surae.runner.moment_arm_signs import MomentArmSign, action, smallest_arm
from surae.runner.runner import moment_arms, muscle_tendon_lengths
from surae.runner.weakness import weaken

KNEE_FLEXION = MomentArmSign("gastrocnemius", "knee_angle", 1, 0.0, math.radians(130.0))


def test_all_moment_arms_have_their_signs(planar, planar_model):
    assert len(planar_model.moment_arm_signs) >= 10
    for expected in planar_model.moment_arm_signs:
        smallest = smallest_arm(planar, expected)
        assert expected.sign * smallest.moment_arm > 0.0, (expected, smallest)


def test_the_smallest_arm_is_nowhere_undercut(planar):
    smallest = smallest_arm(planar, KNEE_FLEXION)
    knee = planar.coordinate_names.index("knee_angle_r")
    muscle = planar.muscle_names.index("gastrocnemius_r")
    for angle in np.linspace(KNEE_FLEXION.lower, KNEE_FLEXION.upper, 7):
        pose = jnp.zeros(len(planar.coordinate_names)).at[knee].set(angle)
        assert float(moment_arms(planar, pose)[muscle, knee]) >= smallest.moment_arm - 1e-12


def test_a_reversed_path_is_found_on_the_side_where_it_is(planar):
    left = planar.muscle_names.index("gastrocnemius_l")
    paths = planar.muscles.path
    reversed_paths = replace(paths, coefficients=paths.coefficients.at[left].multiply(-1.0))
    changed = replace(planar, muscles=replace(planar.muscles, path=reversed_paths))
    smallest = smallest_arm(changed, KNEE_FLEXION)
    assert smallest.moment_arm < 0.0
    assert smallest.muscle == "gastrocnemius_l"
    assert "knee_angle_l" in smallest.pose and "ankle_angle_l" in smallest.pose


def test_muscles_span_the_joints_they_cross(planar):
    def joints(muscle):
        index = path.spanned(planar.muscles.path, planar.muscle_names.index(muscle))
        return {planar.coordinate_names[i] for i in index}

    assert joints("soleus_r") == {"ankle_angle_r"}
    assert joints("gastrocnemius_l") == {"knee_angle_l", "ankle_angle_l"}
    assert joints("rectus_femoris_r") == {"hip_flexion_r", "knee_angle_r"}


def test_actions_are_named_as_an_anatomist_would():
    assert action("knee_angle", 1) == "flex the knee"
    assert action("ankle_angle", -1) == "plantarflex the ankle"
    assert action("elbow_flex", 1) == "increase elbow_flex"


def test_the_isometric_force_balances_fiber_and_tendon(planar):
    """Oracle: one equation in the tendon's length, solved by Brent's method in numpy."""
    pose = jnp.zeros(len(planar.coordinate_names))
    index = planar.muscle_names.index("soleus_r")
    muscles = planar.muscles
    total = float(muscle_tendon_lengths(planar, pose)[index])
    slack = float(muscles.tendon_slack_length[index])
    optimal = float(muscles.optimal_fiber_length[index])
    height = math.sin(float(muscles.pennation_at_optimal[index]))
    stiffness = float(muscles.tendon_stiffness[index])

    def imbalance(strain):
        along = (total - slack * (1.0 + strain)) / optimal
        fiber = math.hypot(along, height)
        force = curves.active_force_length(jnp.asarray(fiber)) + curves.passive_force_length(
            jnp.asarray(fiber)
        )
        tendon = curves.tendon_force(jnp.asarray(1.0 + strain), stiffness)
        return float(force) * along / fiber - float(tendon)

    strain = float(np.asarray(brentq(imbalance, 0.0, 0.12)))
    expected = float(muscles.max_isometric_force[index]) * float(
        curves.tendon_force(jnp.asarray(1.0 + strain), stiffness)
    )
    assert float(isometric_forces(planar, pose)[index]) == pytest.approx(expected, rel=1e-6)


def test_isometric_strength_falls_with_active_force(planar):
    pose = jnp.zeros(len(planar.coordinate_names))
    ankle = planar.coordinate_names.index("ankle_angle_r")
    strength = jax.jit(isometric_joint_moments)
    healthy = strength(planar, pose)[1][ankle]
    weak = strength(weaken(planar, "plantarflexors", strength=0.5), pose)[1][ankle]
    # More than half remains: passive force stays, and a less stretched tendon leaves longer fibers.
    assert 0.4 < float(weak / healthy) < 0.7
    assert float(strength(planar, pose)[0][ankle]) == pytest.approx(
        float(strength(weaken(planar, "plantarflexors", strength=0.5), pose)[0][ankle])
    )


def test_a_loaded_tendon_leaves_shorter_fibers(planar, pose):
    slack = fiber_length_range(planar, pose[None, :])
    loaded = fiber_length_range(planar, pose[None, :], 0.5)
    elastic = np.asarray(planar.muscles.elastic_tendon)
    assert jnp.array_equal(slack[0], slack[1])
    assert np.all(np.asarray(loaded[0])[elastic] < np.asarray(slack[0])[elastic])
    assert jnp.array_equal(loaded[0][~elastic], slack[0][~elastic])


def test_the_report_finds_a_good_runner_good(planar, planar_model):
    rows = anatomy_report(planar, planar_model.moment_arm_signs)
    verdicts = {row.quantity: row.good for row in rows}
    assert False not in verdicts.values()
    assert verdicts["body mass"] and verdicts["left-right differences"]
    assert all(math.isfinite(row.value) for row in rows)
    stiffness = [row for row in rows if row.quantity.startswith("Achilles stiffness")]
    assert [row.value for row in stiffness] == pytest.approx(
        [float(row.allowed) for row in stiffness]
    )


def test_the_report_tells_bad_facts(planar):
    muscles = planar.muscles
    changed = replace(
        planar,
        skeleton=replace(planar.skeleton, mass=10.0 * planar.skeleton.mass),
        muscles=replace(muscles, tendon_stiffness=2.0 * muscles.tendon_stiffness),
    )
    pose = jnp.zeros((1, len(planar.coordinate_names)))
    short = replace(changed, muscles=replace(muscles, optimal_fiber_length=0.02 * jnp.ones(20)))
    bad = {row.quantity for row in anatomy_report(changed) if row.good is False}
    assert bad == {"body mass", "Achilles stiffness r at 3500 N", "Achilles stiffness l at 3500 N"}
    fibers = {row.quantity for row in anatomy_report(short, stride=pose) if row.good is False}
    assert "longest fiber of vasti_r" in fibers
