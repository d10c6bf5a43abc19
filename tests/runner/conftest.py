"""The planar runner of the library, and a pose in which nothing is symmetric."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from surae._pytree import replace
from surae.files.library import library_path
from surae.files.model_runner import ModelFolder, read_model
from surae.foot.contact import SmoothSphereHalfSpace
from surae.runner.runner import Runner


@pytest.fixture(scope="session")
def planar_model() -> ModelFolder:
    return read_model(library_path() / "models" / "planar")


@pytest.fixture(scope="session")
def planar(planar_model: ModelFolder) -> Runner:
    return planar_model.runner


@pytest.fixture(scope="session")
def opensim_feet(planar: Runner) -> Runner:
    """The planar runner on feet that follow OpenSim's contact law."""
    values = {
        "dissipation": 2.0,
        "static_friction": 0.8,
        "dynamic_friction": 0.7,
        "viscous_friction": 0.5,
        "transition_velocity": 0.2,
        "constant_contact_force": 1e-5,
        "hertz_smoothing": 300.0,
        "hunt_crossley_smoothing": 50.0,
    }
    law = SmoothSphereHalfSpace(**{name: jnp.asarray(value) for name, value in values.items()})
    stiffness = jnp.full_like(planar.feet.stiffness, 1e6)
    return replace(planar, feet=replace(planar.feet, law=law, stiffness=stiffness))


@pytest.fixture(scope="session")
def pose(planar: Runner) -> Array:
    count = len(planar.coordinate_names)
    return jnp.asarray(0.4 * np.sin(1.7 * np.arange(count) + 0.3))
