"""OpenSim models and reference values where the checkout has them beside it."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[4] / "shared"
MODELS = SHARED / "data" / "models"
REFERENCE = SHARED / "reference" / "opensim"


def pytest_collection_modifyitems(items):
    """Tests that ask for an .osim file need it and the opensim package."""
    missing = ""
    if importlib.util.find_spec("opensim") is None:
        missing = 'the opensim package is not installed (pip install "surae[opensim]")'
    elif not MODELS.is_dir():
        missing = f"no published OpenSim models in {MODELS}"
    for item in items:
        wants = {"gait2d_osim", "lai_osim", "scaled_osim"} & set(getattr(item, "fixturenames", ()))
        if missing and wants:
            item.add_marker(pytest.mark.skip(reason=missing))


@pytest.fixture(scope="session")
def gait2d_osim() -> Path:
    return MODELS / "opensim-core" / "2D_gait.osim"


@pytest.fixture(scope="session")
def lai_osim() -> Path:
    return MODELS / "opencap-processing" / "LaiUhlrich2022.osim"


@pytest.fixture(scope="session")
def scaled_osim() -> Path:
    return MODELS / "opencap-processing" / "LaiArnoldModified2017_contacts.osim"
