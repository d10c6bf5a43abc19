"""Parameters by name: units in the name, one change at a time, the Achilles tendon in N/mm."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from surae._errors import UnusableInput
from surae.muscle.muscles import group_tendon_stiffness, indices_of, take
from surae.runner.parameters import (
    FORCE_FACTOR,
    MUSCLE_PARAMETERS,
    parameter_names,
    parameter_value,
    set_parameter,
)
from surae.runner.runner import mass_matrix
from surae.runner.weakness import muscles_of


def achilles_stiffness(runner, side):
    names = [f"{name}_{side}" for name in runner.achilles.muscles]
    pulling = take(runner.muscles, indices_of(runner.muscles, names))
    return float(group_tendon_stiffness(pulling, runner.achilles.reference_force))


def changed_fields(before, after):
    pairs = zip(jax.tree_util.tree_leaves_with_path(before), jax.tree.leaves(after), strict=True)
    return {
        jax.tree_util.keystr(path)
        for (path, old), new in pairs
        if not np.allclose(old, new, rtol=1e-12, atol=0.0)
    }


def test_setting_what_is_there_changes_nothing(planar):
    muscles = [name[:-2] for name in planar.muscle_names[: len(planar.muscle_names) // 2]]
    parts = {"achilles", "body", "contact"}
    single = [n for n in parameter_names(planar) if n.split(".")[0] in parts]
    single += [f"{muscle}.{p}" for muscle in muscles[-3:] for p in MUSCLE_PARAMETERS]
    for name in single:
        if name.endswith("_kT") and name.split(".")[0] in planar.achilles.muscles:
            continue
        after = set_parameter(planar, name, parameter_value(planar, name))
        assert jax.tree.structure(after) == jax.tree.structure(planar), name
        assert not changed_fields(planar, after), name


def test_every_parameter_keeps_shapes_and_types(planar):
    for name in parameter_names(planar):
        head, parameter = name.split(".")
        if parameter.endswith("_kT") and {"soleus_r", "gastrocnemius_r"} & {
            planar.muscle_names[i] for i in muscles_of(planar, head)
        }:
            continue
        after = set_parameter(planar, name, parameter_value(planar, name))
        for old, new in zip(jax.tree.leaves(planar), jax.tree.leaves(after), strict=True):
            assert (old.shape, old.dtype, old.weak_type) == (new.shape, new.dtype, new.weak_type), (
                name
            )


def test_values_are_told_in_the_unit_of_their_name(planar):
    for name, value in [
        ("achilles.stiffness_N_mm", 250.0),
        ("body.mass_kg", 60.0),
        ("contact.friction", 0.6),
        ("soleus.pennation_at_optimal_deg", 20.0),
    ]:
        assert parameter_value(set_parameter(planar, name, value), name) == pytest.approx(value)
    assert parameter_value(planar, f"soleus.{FORCE_FACTOR}") == 1.0
    force = "max_isometric_force_N"
    sides = [parameter_value(planar, f"soleus_{side}.{force}") for side in "rl"]
    lopsided = set_parameter(planar, f"soleus_r.{force}", sides[1] + 100.0)
    assert parameter_value(lopsided, f"soleus.{force}") == pytest.approx(sides[1] + 50.0)
    with pytest.raises(UnusableInput, match="did you mean 'friction'"):
        parameter_value(planar, "contact.fricton")


def test_a_heavier_body_is_heavier_all_over(planar):
    mass = float(planar.body_mass)
    heavy = set_parameter(planar, "body.mass_kg", 1.2 * mass)
    assert changed_fields(planar, heavy) == {".skeleton.mass", ".skeleton.inertia"}
    q = jnp.asarray(0.1 * np.arange(len(planar.coordinate_names)))
    np.testing.assert_allclose(mass_matrix(heavy, q), 1.2 * mass_matrix(planar, q), rtol=1e-12)
    assert float(heavy.body_weight) == pytest.approx(1.2 * float(planar.body_weight))


def test_one_parameter_changes_one_field(planar):
    assert changed_fields(planar, set_parameter(planar, "contact.friction", 0.5)) == {
        ".feet.law.friction"
    }
    after = set_parameter(planar, "tibialis_anterior_r.optimal_fiber_length_m", 0.08)
    assert changed_fields(planar, after) == {".muscles.optimal_fiber_length"}
    index = planar.muscle_names.index("tibialis_anterior_r")
    assert float(after.muscles.optimal_fiber_length[index]) == 0.08
    assert (
        int(jnp.sum(after.muscles.optimal_fiber_length != planar.muscles.optimal_fiber_length)) == 1
    )


def test_units_become_si(planar):
    after = set_parameter(planar, "achilles.cross_section_mm2", 80)
    assert float(after.achilles.cross_section) == pytest.approx(80e-6)
    after = set_parameter(planar, "vasti.pennation_at_optimal_deg", "10")
    right = after.muscles.pennation_at_optimal[after.muscle_names.index("vasti_r")]
    assert float(right) == pytest.approx(np.pi / 18.0)
    assert jnp.all(set_parameter(planar, "contact.stiffness_N_m15", 5e4).feet.stiffness == 5e4)


def test_each_contact_law_has_its_own_parameters(planar, opensim_feet):
    names = [n for n in parameter_names(opensim_feet) if n.startswith("contact.")]
    assert len(names) == 9 and "contact.stiffness_Pa" in names
    for name in names:
        value = 1.1 * parameter_value(opensim_feet, name)
        after = set_parameter(opensim_feet, name, value)
        assert parameter_value(after, name) == pytest.approx(value)
        assert jax.tree.structure(after) == jax.tree.structure(opensim_feet)
        assert len(changed_fields(opensim_feet, after)) == 1
    for runner, name in [(planar, "contact.stiffness_Pa"), (opensim_feet, "contact.friction")]:
        with pytest.raises(UnusableInput, match="belongs to the contact law") as caught:
            set_parameter(runner, name, 0.5)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("stiffness", [200.0, 430.0, 800.0])
def test_the_achilles_tendon_gets_its_stiffness_on_both_sides(planar, stiffness):
    after = set_parameter(planar, "achilles.stiffness_N_mm", stiffness)
    for side in "rl":
        assert achilles_stiffness(after, side) == pytest.approx(1e3 * stiffness)
    others = np.array([name[:-2] not in planar.achilles.muscles for name in planar.muscle_names])
    kt = (after.muscles.tendon_stiffness, planar.muscles.tendon_stiffness)
    assert jnp.array_equal(kt[0][others], kt[1][others])


@pytest.mark.parametrize(
    "name", ["soleus.max_isometric_force_N", "gastrocnemius_r.tendon_slack_length_m"]
)
def test_stronger_or_longer_achilles_muscles_keep_its_stiffness(planar, name):
    after = set_parameter(planar, name, 1.2 * parameter_value(planar, name))
    for side in "rl":
        assert achilles_stiffness(after, side) == pytest.approx(float(planar.achilles.stiffness))


def test_a_force_factor_keeps_proportions(planar):
    name = f"plantarflexors.{FORCE_FACTOR}"
    after = set_parameter(planar, name, 1.5)
    index = np.asarray(muscles_of(planar, "plantarflexors"))
    ratio = after.muscles.max_isometric_force / planar.muscles.max_isometric_force
    assert np.allclose(ratio[index], 1.5)
    assert np.allclose(np.delete(ratio, index), 1.0)


def test_a_parameter_can_be_differentiated(planar):
    def kt(stiffness):
        after = set_parameter(planar, "achilles.stiffness_N_mm", stiffness)
        return after.muscles.tendon_stiffness[after.muscle_names.index("soleus_r")]

    # kT is proportional to the stiffness.
    assert float(jax.grad(kt)(430.0)) == pytest.approx(float(kt(430.0)) / 430.0)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("achilles.stiffness", 300, ["has no unit", "achilles.stiffness", "N/mm"]),
        ("achilles.stiffness_N_m", 3e5, ["is in N m", "stiffness_N_mm"]),
        ("achilles.stiffness_N_mm", 5, ["is 5", "20 to 5000"]),
        ("achilles.stiffness_N_mm", 4900, ["kT", "soleus_r", "5 to 100"]),
        ("achilles.stiffness_N_mm", "stiff", ["'stiff'", "no number"]),
        ("achilles.stiffness_N_mm", None, ["None", "no number"]),
        ("achilles.cross_section_mm2", float("nan"), ["is nan", "10 to 500"]),
        ("body.mass_kg", 700, ["is 700", "30 to 200"]),
        ("body.mass", 70, ["mass_kg"]),
        ("achiles.stiffness_N_mm", 300, ["'achiles'"]),
        ("contact.fricton", 0.5, ["did you mean 'friction'"]),
        ("contact.friction", -0.1, ["is -0.1", "0.01 to 3"]),
        ("contact.smoothing_mm", 1, ["is in mm", "smoothing_m, in m"]),
        ("friction", 0.5, ["no parameter 'friction'", "did you mean 'contact.friction'"]),
        ("soleus.optimal_fiber_length_cm", 5, ["is in cm", "optimal_fiber_length_m, in m"]),
        ("soleus.optimal_fiber_length_m", 5, ["is 5", "0.005 to 0.6"]),
        ("soleus.tendon_stiffness_kT", 20, ["Achilles", "achilles.stiffness_N_mm"]),
        ("plantarflexors_l.tendon_stiffness_kT", 20, ["achilles.stiffness_N_mm"]),
        ("solues.optimal_fiber_length_m", 0.05, ["did you mean 'soleus'"]),
        ("gluteus_medius.max_isometric_force_N", 2000, ["cannot answer", "--model full"]),
        ("soleus.names", 1, ["no parameter 'names'", "max_isometric_force_N"]),
        ("", 1, ["no parameter ''"]),
    ],
)
def test_unusable_parameters_are_refused_in_one_line(planar, name, value, words):
    with pytest.raises(UnusableInput) as caught:
        set_parameter(planar, name, value)
    message = str(caught.value)
    assert "\n" not in message and message.endswith(".")
    assert all(word in message for word in words), message
