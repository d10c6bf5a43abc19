"""The planar runner of the library, and a pose in which nothing is symmetric."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from surae.files.library import library_path
from surae.files.model_folder import ModelFolder, read_model
from surae.runner.runner import Runner


@pytest.fixture(scope="session")
def planar_model() -> ModelFolder:
    return read_model(library_path() / "models" / "planar")


@pytest.fixture(scope="session")
def planar(planar_model: ModelFolder) -> Runner:
    return planar_model.runner


@pytest.fixture(scope="session")
def pose(planar: Runner) -> Array:
    count = len(planar.coordinate_names)
    return jnp.asarray(0.4 * np.sin(1.7 * np.arange(count) + 0.3))
