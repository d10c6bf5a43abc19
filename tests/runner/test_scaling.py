"""Other bodies: uniform scaling is exact, the rest follows its rules, nothing else changes."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from surae._errors import UnusableInput
from surae.runner.parameters import parameter_value, set_parameter
from surae.runner.runner import mass_matrix, moment_arms, muscle_tendon_lengths
from surae.runner.scaling import scale
from surae.runner.segments import hip_height, leg_length, pelvis_width
from surae.runner.symmetry import asymmetries
from surae.skeleton.kinematics import body_positions

FACTOR = 1.1
EXACT = 1e-14
muscle_lengths = jax.jit(muscle_tendon_lengths)
arms = jax.jit(moment_arms)


@pytest.fixture(scope="module")
def larger(planar):
    """The same shape and density, a tenth larger."""
    return scale(planar, height=FACTOR * planar.height, mass=FACTOR**3 * planar.body_mass)


def body(runner, name):
    return runner.skeleton.body_names.index(name)


def test_uniform_scaling_multiplies_all_lengths_exactly(planar, larger, pose):
    np.testing.assert_allclose(
        muscle_lengths(larger, pose), FACTOR * muscle_lengths(planar, pose), rtol=EXACT
    )
    np.testing.assert_allclose(
        arms(larger, pose), FACTOR * arms(planar, pose), rtol=EXACT, atol=1e-17
    )
    slid = pose.at[jnp.array([1, 2])].multiply(FACTOR)
    here, there = (
        body_positions(runner.skeleton, q) for runner, q in ((planar, pose), (larger, slid))
    )
    np.testing.assert_allclose(there, FACTOR * here, rtol=1e-13, atol=1e-15)
    for field in ("optimal_fiber_length", "tendon_slack_length"):
        own, before = (getattr(r.muscles, field) for r in (larger, planar))
        np.testing.assert_allclose(own, FACTOR * before, rtol=EXACT)
    np.testing.assert_allclose(larger.feet.location, FACTOR * planar.feet.location, rtol=EXACT)
    np.testing.assert_allclose(larger.feet.radius, FACTOR * planar.feet.radius, rtol=EXACT)
    assert float(larger.height) == pytest.approx(FACTOR * float(planar.height), rel=EXACT)


def test_inertia_goes_with_mass_and_length_squared(planar, larger, pose):
    here, there = (jax.jit(mass_matrix)(runner, pose) for runner in (planar, larger))
    turning = np.array(
        [name != "pelvis_tx" and name != "pelvis_ty" for name in planar.coordinate_names]
    )
    power = 3.0 + turning[:, None] + turning[None, :]
    np.testing.assert_allclose(there, FACTOR**power * here, rtol=1e-11, atol=1e-12)


def test_strength_goes_with_mass_to_the_two_thirds_and_tendons_with_it(planar, larger):
    ratio = larger.muscles.max_isometric_force / planar.muscles.max_isometric_force
    np.testing.assert_allclose(ratio, FACTOR**2, rtol=1e-12)
    # Forces by the square, moment arms by the length.
    motors = larger.actuators.max_torque / planar.actuators.max_torque
    np.testing.assert_allclose(motors, FACTOR**3, rtol=1e-12)
    springs = larger.passive.stiffness
    np.testing.assert_allclose(springs, FACTOR**3 * planar.passive.stiffness, rtol=1e-12)
    achilles, before = larger.achilles, planar.achilles
    assert float(achilles.cross_section / before.cross_section) == pytest.approx(FACTOR**2)
    assert float(achilles.stiffness / before.stiffness) == pytest.approx(FACTOR)
    np.testing.assert_allclose(
        larger.muscles.tendon_stiffness, planar.muscles.tendon_stiffness, rtol=1e-12
    )
    as_strong = scale(planar, mass=100.0, strength_exponent=0.0)
    np.testing.assert_array_equal(
        as_strong.muscles.max_isometric_force, planar.muscles.max_isometric_force
    )


def test_lengths_that_are_asked_for_are_had(planar):
    after = scale(planar, mass=61.0, leg_length=0.9, pelvis_width=0.2)
    assert float(leg_length(after.skeleton)) == pytest.approx(0.9, rel=1e-12)
    assert float(pelvis_width(after.skeleton)) == pytest.approx(0.2, rel=1e-12)
    assert float(after.body_mass) == pytest.approx(61.0, rel=1e-12)
    legs = hip_height(after.skeleton, after.feet) - hip_height(planar.skeleton, planar.feet)
    assert float(legs) > 0.08
    assert float(after.height - planar.height) == pytest.approx(float(legs), rel=1e-12)
    assert asymmetries(after) == ()
    shorter = scale(planar, height=1.5, leg_length=0.8)
    assert float(leg_length(shorter.skeleton)) == pytest.approx(0.8, rel=1e-12)


def test_a_heavier_body_has_the_same_geometry(planar, pose):
    after = scale(planar, mass=90.0)
    np.testing.assert_allclose(
        muscle_lengths(after, pose), muscle_lengths(planar, pose), rtol=EXACT
    )
    np.testing.assert_allclose(
        after.skeleton.mass, planar.skeleton.mass * 90.0 / planar.body_mass, rtol=1e-12
    )
    np.testing.assert_allclose(
        after.skeleton.inertia, planar.skeleton.inertia * 90.0 / planar.body_mass, rtol=1e-12
    )


def test_a_segment_takes_its_neighbours_along_and_its_volume_in_mass(planar):
    after = scale(planar, segments={"femur": 1.2})
    here, there = (body_positions(r.skeleton, jnp.zeros(12)) for r in (planar, after))
    thigh = here[body(planar, "tibia_r")] - here[body(planar, "femur_r")]
    longer = there[body(planar, "tibia_r")] - there[body(planar, "femur_r")]
    child = planar.skeleton.location_in_child[body(planar, "tibia_r")]
    np.testing.assert_allclose(longer + child, 1.2 * (thigh + child), rtol=1e-12)
    ratio = after.skeleton.mass / planar.skeleton.mass
    femur, tibia = body(planar, "femur_r"), body(planar, "tibia_r")
    assert float(ratio[femur] / ratio[tibia]) == pytest.approx(1.2**3)
    assert float(after.body_mass) == pytest.approx(float(planar.body_mass))
    one_sided = scale(planar, segments={"femur_r": 1.2})
    assert any(
        "femur" in difference or "tibia" in difference for difference in asymmetries(one_sided)
    )


def test_a_stretched_body_has_the_inertia_of_its_stretched_mass(planar):
    """Four point masses that have a body's mass and second moments, stretched one by one."""
    i = body(planar, "torso")
    mass, inertia = float(planar.skeleton.mass[i]), np.asarray(planar.skeleton.inertia[i])
    xx, yy, zz, xy, xz, yz = inertia
    tensor = np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])
    moments = 0.5 * np.trace(tensor) * np.eye(3) - tensor
    values, axes = np.linalg.eigh(moments)
    factors = np.array([1.0, 1.3, 0.9])
    # Pairs of points along the principal axes; negative second moments of mass are negative masses.
    points = [s * axes[:, k] for k in range(3) for s in (1.0, -1.0)]
    weights = [0.5 * values[k] for k in range(3) for _ in range(2)]
    inertias = [
        w * ((p * factors) @ (p * factors) * np.eye(3) - np.outer(p * factors, p * factors))
        for w, p in zip(weights, points, strict=True)
    ]
    stretched = np.sum(inertias, axis=0)
    after = scale(planar, segments={"torso": tuple(factors)})
    ratio = float(after.skeleton.mass[i]) / mass
    found = np.asarray(after.skeleton.inertia[i]) / ratio
    expected = [stretched[a, b] for a, b in ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))]
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


def test_moment_arms_follow_the_segment_with_the_nearer_end(planar, pose):
    """The heel makes the calf's arm at the ankle; the shank makes its length."""
    muscle = planar.muscle_names.index("soleus_r")
    ankle = planar.coordinate_names.index("ankle_angle_r")
    arm, length = arms(planar, pose)[muscle, ankle], muscle_lengths(planar, 0.0 * pose)[muscle]
    foot = scale(planar, segments={"calcn": 1.1})
    shank = scale(planar, segments={"tibia": 1.1})
    assert float(arms(foot, pose)[muscle, ankle] / arm) == pytest.approx(1.1, abs=0.01)
    assert float(arms(shank, pose)[muscle, ankle] / arm) == pytest.approx(1.0, abs=0.01)
    assert float(muscle_lengths(shank, 0.0 * pose)[muscle] / length) == pytest.approx(1.1, abs=0.01)


def test_shares_of_every_muscle_are_one(planar):
    np.testing.assert_allclose(planar.length_shares.sum(axis=(1, 2)), 1.0, rtol=1e-12)
    after = scale(planar, segments={"femur": 1.2, "pelvis": (1.0, 0.9, 1.1)})
    np.testing.assert_allclose(after.length_shares.sum(axis=(1, 2)), 1.0, rtol=1e-12)


def there_and_back(planar, factor):
    """A body scaled unevenly, and scaled back."""
    away = scale(planar, mass=90.0, segments={"femur": factor, "pelvis": (1.0, 1.0, factor)})
    back = {"femur": 1.0 / factor, "pelvis": (1.0, 1.0, 1.0 / factor)}
    return scale(away, mass=planar.body_mass, segments=back)


def test_there_and_back_is_the_same_body(planar, pose):
    back, zero = there_and_back(planar, 1.25), 0.0 * pose
    np.testing.assert_allclose(muscle_lengths(back, zero), muscle_lengths(planar, zero), rtol=1e-12)
    for here, there in zip(
        jax.tree.leaves(back.skeleton), jax.tree.leaves(planar.skeleton), strict=True
    ):
        np.testing.assert_allclose(here, there, rtol=1e-9, atol=1e-12)


def test_moment_arms_are_right_to_first_order(planar, pose):
    """Shares change on the way, so arms do not come back exactly: by the square of the change."""

    def off(factor):
        change = arms(there_and_back(planar, factor), pose) - arms(planar, pose)
        return float(jnp.abs(change).max())

    assert 1e-6 < off(1.04) < 1e-3
    np.testing.assert_allclose(off(1.04) / off(1.02), 4.0, rtol=0.1)


def test_scaling_can_be_differentiated(planar, pose):
    def weight(mass, height):
        after = scale(planar, mass=mass, height=height)
        return muscle_tendon_lengths(after, pose)[0] * jnp.sum(after.muscles.max_isometric_force)

    mass, height = 70.0, 1.7
    found = jax.jit(jax.grad(weight, argnums=(0, 1)))(mass, height)
    # Lengths are proportional to height, forces to mass^(2/3).
    value = float(jax.jit(weight)(mass, height))
    assert float(found[0]) == pytest.approx(2.0 / 3.0 * value / mass, rel=1e-10)
    assert float(found[1]) == pytest.approx(value / height, rel=1e-10)

    def inertia(leg):
        return mass_matrix(scale(planar, leg_length=leg), pose)[3, 3]

    slope = float(jax.jit(jax.grad(inertia))(0.85))
    step = 1e-5
    ahead, behind = (float(jax.jit(inertia)(0.85 + s * step)) for s in (1, -1))
    assert slope == pytest.approx((ahead - behind) / (2.0 * step), rel=1e-6)


def test_sizes_are_parameters(planar):
    mass = set_parameter(planar, "body.mass_kg", 60.0)
    np.testing.assert_array_equal(
        mass.muscles.max_isometric_force, planar.muscles.max_isometric_force
    )
    strong = set_parameter(planar, "body.mass_and_strength_kg", 60.0)
    assert float(strong.body_mass) == pytest.approx(60.0)
    assert float(strong.muscles.max_isometric_force[0]) < float(
        planar.muscles.max_isometric_force[0]
    )
    for name, value in [
        ("body.height_m", 1.6),
        ("body.leg_length_m", 0.75),
        ("body.pelvis_width_m", 0.17),
    ]:
        after = set_parameter(planar, name, value)
        assert parameter_value(after, name) == pytest.approx(value, rel=1e-12)
        assert float(after.body_mass) == pytest.approx(float(planar.body_mass))
        assert jax.tree.structure(after) == jax.tree.structure(planar)
    thigh = set_parameter(planar, "segment.femur", 1.1)
    expected = scale(planar, segments={"femur": 1.1})
    np.testing.assert_array_equal(
        thigh.skeleton.location_in_parent, expected.skeleton.location_in_parent
    )


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ({"mass": 700.0}, ["mass is 700 kg", "20 to 200"]),
        ({"height": 170.0}, ["height is 170 m", "1 to 2.3"]),
        ({"height": "tall"}, ["'tall'", "no number"]),
        ({"leg_length": float("nan")}, ["leg_length is nan"]),
        ({"pelvis_width": 0.0}, ["pelvis_width is 0 m"]),
        ({"segments": {"thigh": 1.1}}, ["no segment 'thigh'", "femur"]),
        ({"segments": {"femur": 11.0}}, ["segment femur is 11", "0.5 to 2"]),
        ({"segments": {"femur": (1.0, 1.1)}}, ["segment femur", "one number or three"]),
        ({"segments": {"femur": "1.1"}}, ["segment femur", "one number or three"]),
    ],
)
def test_unusable_sizes_are_refused_in_one_line(planar, sizes, words):
    with pytest.raises(UnusableInput) as caught:
        scale(planar, **sizes)
    message = str(caught.value)
    assert "\n" not in message and message.endswith(".")
    assert all(word in message for word in words), message


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("body.height_cm", 170, ["is in cm", "height_m, in m"]),
        ("body.height_m", 170, ["body.height_m is 170"]),
        ("segment.femor", 1.1, ["did you mean 'femur'"]),
        ("segment.femur", 9, ["segment.femur is 9", "0.5 to 2"]),
    ],
)
def test_unusable_parameters_are_refused_in_one_line(planar, name, value, words):
    with pytest.raises(UnusableInput) as caught:
        set_parameter(planar, name, value)
    message = str(caught.value)
    assert "\n" not in message and all(word in message for word in words), message
