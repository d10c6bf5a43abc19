"""Muscles to test with, and OpenSim's values for the muscles of published models."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

from surae.muscle import curves
from surae.muscle.muscles import Muscles
from surae.muscle.path import MusclePaths

MODELS = ("LaiUhlrich2022", "LaiArnoldModified2017_contacts", "2D_gait")


@pytest.fixture
def soleus() -> Muscles:
    """One muscle: a record with scalar leaves."""
    return Muscles(
        max_isometric_force=jnp.asarray(5000.0),
        strength=jnp.asarray(1.0),
        volume=jnp.asarray(1.0),
        passive_stiffness=jnp.asarray(1.0),
        optimal_fiber_length=jnp.asarray(0.05),
        tendon_slack_length=jnp.asarray(0.25),
        pennation_at_optimal=jnp.asarray(0.436),
        max_contraction_velocity=jnp.asarray(10.0),
        tendon_stiffness=jnp.asarray(17.5),
        fiber_damping=jnp.asarray(0.01),
        activation_time_constant=jnp.asarray(0.015),
        deactivation_time_constant=jnp.asarray(0.06),
        minimum_activation=jnp.asarray(0.01),
        slow_twitch_fraction=jnp.asarray(0.8),
        specific_tension=jnp.asarray(0.6e6),
        density=jnp.asarray(1059.7),
        path=MusclePaths(coefficients=jnp.zeros(0), groups=()),
        names=("soleus",),
        elastic_tendon=(True,),
    )


@pytest.fixture(scope="session", params=MODELS)
def opensim_values(shared: Path, request: pytest.FixtureRequest) -> dict[str, np.ndarray]:
    file = shared / "reference" / "opensim" / f"{request.param}.npz"
    if not file.is_file():
        pytest.skip(f"OpenSim reference values ({file.name}) are not here")
    with np.load(file) as values:
        return {key: values[key] for key in values.files}


@pytest.fixture(scope="session")
def opensim_constants(opensim_values: dict[str, np.ndarray]) -> curves.CurveConstants:
    strain = np.unique(opensim_values["dgf_passive_strain"])
    return dataclasses.replace(curves.OPENSIM_MOCO, passive_strain=float(strain.item()))


@pytest.fixture
def opensim_muscles(
    soleus: Muscles,
    opensim_values: dict[str, np.ndarray],
    opensim_constants: curves.CurveConstants,
) -> Callable[[], Muscles]:
    """A model's muscles as DeGrooteFregly2016Muscle, repeated for its 20 states."""

    def per_state(key: str) -> jnp.ndarray:
        states = opensim_values["dgf_static_tendon_force"].shape[0]
        return jnp.asarray(np.tile(opensim_values[key], (states, 1)))

    def build() -> Muscles:
        strain = per_state("dgf_tendon_strain")
        return dataclasses.replace(
            soleus,
            max_isometric_force=per_state("dgf_F0"),
            strength=jnp.ones_like(strain),
            volume=jnp.ones_like(strain),
            passive_stiffness=jnp.ones_like(strain),
            optimal_fiber_length=per_state("dgf_lopt"),
            tendon_slack_length=per_state("dgf_lslack"),
            pennation_at_optimal=per_state("dgf_penn"),
            max_contraction_velocity=per_state("dgf_vmax"),
            tendon_stiffness=curves.tendon_stiffness_at_strain(strain, opensim_constants),
            fiber_damping=per_state("dgf_fiber_damping"),
        )

    return build
