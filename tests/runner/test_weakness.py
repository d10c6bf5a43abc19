"""Weakness takes active force from the named muscles and nothing else from anybody."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from surae._errors import UnusableInput
from surae._pytree import replace
from surae.muscle import contraction
from surae.muscle.energetics import muscle_mass
from surae.runner.dials import DIALS
from surae.runner.parameters import parameter_value, set_parameter
from surae.runner.runner import muscle_tendon_lengths
from surae.runner.weakness import group_names, is_one_sided, muscles_of, weaken


def names_of(runner, group):
    return {runner.muscle_names[i] for i in muscles_of(runner, group)}


def test_a_muscle_without_side_is_both(planar):
    assert names_of(planar, "soleus") == {"soleus_r", "soleus_l"}
    assert names_of(planar, "soleus_l") == {"soleus_l"}


def test_a_group_is_its_muscles(planar):
    assert names_of(planar, "gluteals") == {"gluteus_maximus_r", "gluteus_maximus_l"}
    assert names_of(planar, "plantarflexors_r") == {"soleus_r", "gastrocnemius_r"}


def test_every_name_means_something_on_each_side(planar):
    for group in group_names(planar):
        right, left, both = (names_of(planar, group + side) for side in ("_r", "_l", ""))
        assert right and left and right | left == both and not right & left


def test_only_the_strength_of_the_named_muscles_changes(planar):
    weak = weaken(planar, "gluteals", strength=0.7)
    chosen = list(muscles_of(planar, "gluteals"))
    expected = planar.muscles.strength.at[jnp.asarray(chosen)].multiply(0.7)
    assert jnp.array_equal(weak.muscles.strength, expected)
    restored = replace(weak, muscles=replace(weak.muscles, strength=planar.muscles.strength))
    assert jax.tree.structure(restored) == jax.tree.structure(planar)
    pairs = zip(jax.tree.leaves(restored), jax.tree.leaves(planar), strict=True)
    assert all(a is b for a, b in pairs)


def test_weakness_takes_active_force_only(planar, pose):
    weak = weaken(planar, "hamstrings", strength=0.7)
    lengths = muscle_tendon_lengths(planar, pose)
    velocities, activation = jnp.full_like(lengths, 0.1), jnp.full_like(lengths, 0.6)

    def forces(runner):
        fiber = contraction.rigid_tendon_fiber(runner.muscles, lengths, velocities)
        return contraction.fiber_forces(runner.muscles, activation, fiber)

    before, after = forces(planar), forces(weak)
    ratio = np.ones(len(lengths))
    ratio[list(muscles_of(planar, "hamstrings"))] = 0.7
    assert np.allclose(after.active, ratio * before.active, rtol=1e-14)
    assert jnp.array_equal(after.passive, before.passive)
    assert jnp.array_equal(after.damping, before.damping)


def test_weakness_on_weakness_multiplies(planar):
    twice = weaken(weaken(planar, "soleus", strength=0.5), "plantarflexors", strength=0.8)
    strength = dict(zip(planar.muscle_names, twice.muscles.strength.tolist(), strict=True))
    assert strength["soleus_r"] == pytest.approx(0.4)
    assert strength["gastrocnemius_l"] == pytest.approx(0.8)
    assert strength["vasti_l"] == 1.0


def test_the_order_of_two_weaknesses_does_not_matter(planar):
    one = weaken(weaken(planar, "gluteals", strength=0.7), "soleus_r", strength=0.9)
    other = weaken(weaken(planar, "soleus_r", strength=0.9), "gluteals", strength=0.7)
    assert jnp.array_equal(one.muscles.strength, other.muscles.strength)


def test_atrophy_takes_volume_with_the_force(planar):
    small = weaken(planar, "soleus_r", atrophy=0.7)
    chosen = planar.muscle_names.index("soleus_r")
    for field in ("strength", "volume"):
        expected = getattr(planar.muscles, field).at[chosen].multiply(0.7)
        assert jnp.array_equal(getattr(small.muscles, field), expected)
    mass, whole = muscle_mass(small.muscles), muscle_mass(planar.muscles)
    assert jnp.array_equal(mass, whole.at[chosen].multiply(0.7))


def test_excitation_is_limited_by_muscle(planar):
    weak = weaken(planar, "gluteals", ceiling=0.6, delay=20.0, advance=10.0, drop=0.5)
    weak = weaken(weak, "gluteus_maximus_r", ceiling=0.8, delay=5.0, drop=0.5)
    limits, names = weak.excitation_limits, planar.muscle_names
    chosen = [names.index(n) for n in ("gluteus_maximus_r", "gluteus_maximus_l", "vasti_r")]
    for field, at_right, at_left, healthy in (
        ("ceiling", 0.6, 0.6, 1.0),  # the lower one holds
        ("delay", 0.025, 0.020, 0.0),
        ("advance", 0.010, 0.010, 0.0),
        ("drop", 0.25, 0.5, 1.0),
    ):
        found = getattr(limits, field)[jnp.asarray(chosen)]
        np.testing.assert_allclose(found, [at_right, at_left, healthy])
    assert jax.tree.all(jax.tree.map(jnp.array_equal, weak.muscles, planar.muscles))


def test_a_tired_muscle_gives_less_the_longer_the_run(planar):
    names = planar.muscle_names
    tired, rested = names.index("gluteus_maximus_r"), names.index("soleus_r")

    def left(minutes, runner=planar):
        return float(weaken(runner, "gluteals", fatigue=minutes).muscles.strength[tired])

    assert left(0.0) == 1.0
    assert left(20.0) == pytest.approx(1.0 - 0.3 * (1.0 - np.exp(-1.0)))
    assert left(600.0) == pytest.approx(0.7)
    runner = set_parameter(planar, "fatigue.loss", 0.5)
    runner = set_parameter(runner, "fatigue.time_constant_min", 10.0)
    assert parameter_value(runner, "fatigue.time_constant_min") == 10.0
    assert left(10.0, runner) == pytest.approx(1.0 - 0.5 * (1.0 - np.exp(-1.0)))
    # Times add, whoever they are told of, and the law may be told after them.
    first = weaken(weaken(planar, "gluteals", fatigue=5.0), "gluteus_maximus_r", fatigue=15.0)
    assert float(first.muscles.strength[tired]) == pytest.approx(left(20.0))
    assert float(first.muscles.strength[rested]) == 1.0
    later = set_parameter(first, "fatigue.loss", 0.5)
    assert float(later.muscles.strength[tired]) == pytest.approx(1.0 - 0.5 * (1.0 - np.exp(-1.0)))
    assert jnp.array_equal(first.muscles.volume, planar.muscles.volume)
    assert is_one_sided(first)


def test_what_is_limited_on_one_side_is_one_sided(planar):
    assert not is_one_sided(weaken(planar, "gluteals", delay=20.0))
    assert not is_one_sided(weaken(planar, "gluteals", atrophy=0.8))
    for change in ({"delay": 20.0}, {"ceiling": 0.8}, {"atrophy": 0.8}, {"drop": 0.8}):
        assert is_one_sided(weaken(planar, "gluteals_l", **change)), change


def test_every_dial_has_a_range(planar):
    for kind, dial in DIALS.items():
        for value in (dial.low - 0.01, dial.high + 0.01, float("nan")):
            with pytest.raises(UnusableInput, match=rf"{kind} of soleus is .*{dial.low:g} to"):
                weaken(planar, "soleus", **{kind: value})
        assert dial.low <= dial.healthy <= dial.high
    with pytest.raises(UnusableInput, match=r"nothing says how; give strength=0\.7"):
        weaken(planar, "soleus")


def test_a_delay_as_long_as_the_burst_is_refused(planar):
    with pytest.raises(UnusableInput, match=r"from gluteus_maximus_r, whose burst in stance lasts"):
        weaken(planar, "gluteus_maximus", delay=150.0, advance=100.0)
    with pytest.raises(UnusableInput, match=r"no bursts\.csv"):
        weaken(replace(planar, bursts=None), "gluteus_maximus", delay=20.0)


def test_strength_can_be_differentiated(planar):
    def total(strength):
        return jnp.sum(weaken(planar, "plantarflexors", strength).muscles.strength ** 2)

    check_grads(total, (0.7,), order=2, modes=["fwd", "rev"])


@pytest.mark.parametrize("strength", [0.0, -0.5, 0.04, 2.01, 70.0, float("nan"), float("inf")])
def test_impossible_strengths_are_refused(planar, strength):
    with pytest.raises(UnusableInput, match=r"strength of gluteals is .*0\.05 to 2.*remains"):
        weaken(planar, "gluteals", strength=strength)


def test_muscles_of_the_frontal_plane_are_refused_with_a_way_out(planar):
    for name in ("gluteus_medius", "hip_abductors", "gluteus_minimus_l"):
        with pytest.raises(UnusableInput, match=r"planar cannot answer for .*frontal plane.*full"):
            muscles_of(planar, name)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("solues", "soleus"),
        ("gluteal", "gluteals"),
        ("Soleus_R", "soleus"),
        ("hamstring", "hamstri"),
    ],
)
def test_unknown_names_get_the_nearest_one(planar, given, meant):
    with pytest.raises(
        UnusableInput, match=rf"no muscle or group '{given}'; did you mean '{meant}"
    ):
        muscles_of(planar, given)


@pytest.mark.parametrize("given", ["", "_r", "zzz", "soleus_m", "soleus_r_r"])
def test_nonsense_is_refused_with_the_list(planar, given):
    with pytest.raises(UnusableInput, match=r"allowed are gluteus_maximus, .*plantarflexors"):
        muscles_of(planar, given)
