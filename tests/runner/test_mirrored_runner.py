"""A runner and its mirror image obey the same mechanics, and a one-sided runner says so."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from surae._pytree import replace
from surae.runner.mirror import mirror_permutation
from surae.runner.runner import (
    inverse_dynamics,
    mass_matrix,
    moment_arms,
    muscle_tendon_lengths,
)
from surae.runner.symmetry import asymmetries
from surae.runner.weakness import is_one_sided, weaken


def test_mirrored_pose_has_mirrored_mass_matrix(planar, pose):
    mirror = mirror_permutation(planar.coordinate_names)
    matrix = jax.jit(mass_matrix)
    here, there = matrix(planar, pose), matrix(planar, pose[mirror])
    assert np.allclose(there, here[jnp.ix_(mirror, mirror)], rtol=0.0, atol=1e-12)


def test_mirrored_motion_has_mirrored_joint_moments(planar, pose):
    mirror = mirror_permutation(planar.coordinate_names)
    speeds, accelerations = jnp.cos(3.0 * pose), jnp.sin(5.0 * pose)
    moments = jax.jit(inverse_dynamics)
    here = moments(planar, pose, speeds, accelerations)
    there = moments(planar, pose[mirror], speeds[mirror], accelerations[mirror])
    assert np.allclose(there, here[mirror], rtol=0.0, atol=1e-10)


def test_mirrored_pose_has_mirrored_muscles(planar, pose):
    coordinates = mirror_permutation(planar.coordinate_names)
    muscles = mirror_permutation(planar.muscle_names)
    lengths, arms = muscle_tendon_lengths(planar, pose), moment_arms(planar, pose)
    there = moment_arms(planar, pose[coordinates])
    assert np.allclose(
        muscle_tendon_lengths(planar, pose[coordinates]), lengths[muscles], rtol=0.0, atol=1e-15
    )
    assert np.allclose(there, arms[jnp.ix_(muscles, coordinates)], rtol=0.0, atol=1e-15)


def test_the_moment_arm_is_minus_the_derivative_of_the_length(planar, pose):
    gradient = jax.jacrev(muscle_tendon_lengths, argnums=1)(planar, pose)
    assert np.allclose(moment_arms(planar, pose), -gradient, rtol=0.0, atol=1e-14)


def test_the_symmetric_runner_is_its_own_mirror_image(planar):
    assert asymmetries(planar) == ()
    assert not is_one_sided(planar)


def test_weakness_on_one_side_makes_a_one_sided_runner(planar):
    left = weaken(planar, "soleus_l", strength=0.7)
    assert is_one_sided(left)
    assert asymmetries(left) == ("strength of soleus_r",)
    assert not is_one_sided(weaken(left, "soleus_r", strength=0.7))
    assert not is_one_sided(weaken(planar, "soleus", strength=0.7))


def test_a_tendon_type_on_one_side_makes_a_one_sided_runner(planar):
    other = (not planar.muscles.elastic_tendon[0], *planar.muscles.elastic_tendon[1:])
    changed = replace(planar, muscles=replace(planar.muscles, elastic_tendon=other))
    assert is_one_sided(changed)
    assert asymmetries(changed) == (f"tendon of {planar.muscle_names[0]}",)


def test_a_body_off_the_midline_is_found(planar):
    pelvis = planar.skeleton.body_names.index("pelvis")
    mass_center = planar.skeleton.mass_center.at[pelvis, 2].set(0.01)
    skeleton = replace(planar.skeleton, mass_center=mass_center)
    assert asymmetries(replace(planar, skeleton=skeleton)) == ("mass_center of pelvis",)


@pytest.mark.parametrize("name", ["mass", "inertia", "location_in_parent", "location_in_child"])
def test_every_property_of_a_body_counts(planar, name):
    shank = planar.skeleton.body_names.index("tibia_l")
    changed = getattr(planar.skeleton, name).at[shank].multiply(1.01)
    skeleton = replace(planar.skeleton, **{name: changed})
    lame = replace(planar, skeleton=skeleton)
    assert asymmetries(lame) == (f"{name} of tibia_r",) and is_one_sided(lame)
