"""Groups of muscles, and the stiffness of tendons in parallel."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from surae._pytree import replace
from surae.muscle import curves
from surae.muscle.muscles import (
    Muscles,
    group_tendon_stiffness,
    indices_of,
    take,
    tendon_stiffness_from,
)
from surae.muscle.path import muscle_paths, spanned


@pytest.fixture
def triceps(soleus: Muscles) -> Muscles:
    stacked = jax.tree.map(lambda leaf: jnp.stack([leaf] * 3), soleus)
    return replace(
        stacked,
        max_isometric_force=jnp.asarray([3549.0, 1558.0, 683.0]),
        tendon_slack_length=jnp.asarray([0.250, 0.390, 0.380]),
        tendon_stiffness=jnp.asarray([35.0, 35.0, 35.0]),
        names=("soleus", "med_gas", "lat_gas"),
        path=muscle_paths([(5,), (4, 5), (4, 5)], [{(1,): 0.045}, *[{(1, 0): -0.02}] * 2]),
        elastic_tendon=(True, True, False),
    )


def test_stiffness_of_stock_triceps_is_the_known_one(triceps: Muscles) -> None:
    total = float(jnp.sum(triceps.max_isometric_force))
    # 874 N/mm at Fmax and 595 N/mm at 0.6 Fmax, computed independently for these three muscles.
    np.testing.assert_allclose(group_tendon_stiffness(triceps, total), 874e3, rtol=2e-3)
    np.testing.assert_allclose(group_tendon_stiffness(triceps, 0.6 * total), 595e3, rtol=2e-3)


def test_stiffness_is_the_slope_of_the_tendons_force(triceps: Muscles) -> None:
    force = 3000.0
    share = force / float(jnp.sum(triceps.max_isometric_force))
    kt, slack = triceps.tendon_stiffness, triceps.tendon_slack_length
    at = curves.tendon_length(jnp.full(3, share), kt)

    def total_force(elongation: jax.Array) -> jax.Array:
        stretched = curves.tendon_force(at + elongation / slack, kt)
        return jnp.sum(triceps.max_isometric_force * stretched)

    slope = jax.grad(total_force)(jnp.asarray(0.0))
    np.testing.assert_allclose(group_tendon_stiffness(triceps, force), slope, rtol=1e-12)


def test_tendon_stiffness_from_inverts_group_stiffness(triceps: Muscles) -> None:
    kt = tendon_stiffness_from(triceps, 430e3, 3500.0)
    stiffened = replace(triceps, tendon_stiffness=jnp.full(3, kt))
    np.testing.assert_allclose(group_tendon_stiffness(stiffened, 3500.0), 430e3, rtol=1e-13)


def test_take_keeps_names_and_values_together(triceps: Muscles) -> None:
    chosen = take(triceps, indices_of(triceps, ("lat_gas", "soleus")))
    assert chosen.names == ("lat_gas", "soleus")
    assert chosen.elastic_tendon == (False, True)
    np.testing.assert_array_equal(chosen.max_isometric_force, [683.0, 3549.0])
    assert [spanned(chosen.path, i) for i in range(2)] == [(4,), (5,)]


def test_unknown_muscle_is_named_in_the_error(triceps: Muscles) -> None:
    with pytest.raises(ValueError, match=r"No muscles \['tibialis'\]; this model has .*soleus"):
        indices_of(triceps, ("soleus", "tibialis"))
