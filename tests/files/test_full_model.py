"""models/full is the published runner, with its settings."""

from __future__ import annotations

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from surae.files.library import library_path
from surae.files.model_runner import ModelFolder, read_model
from surae.files.osim.ranges import RUNNING_DEG
from surae.muscle import path
from surae.runner.runner import moment_arms, muscle_tendon_lengths
from surae.runner.symmetry import asymmetries
from surae.runner.weakness import muscles_of, without_side
from surae.skeleton.kinematics import body_positions

REFERENCE = Path(__file__).resolve().parents[3] / "shared/reference/opensim/LaiUhlrich2022.npz"
needs_reference = pytest.mark.skipif(
    not REFERENCE.is_file(), reason=f"no OpenSim reference values in {REFERENCE}"
)


@pytest.fixture(scope="module")
def full() -> ModelFolder:
    return read_model(library_path() / "models" / "full")


def test_it_has_the_size_of_the_published_model(full):
    runner = full.runner
    assert (len(runner.coordinate_names), len(runner.muscle_names)) == (33, 80)
    assert float(runner.body_mass) == pytest.approx(75.337, abs=1e-9)
    assert [name for name, _, _ in runner.skeleton.coupled] == [
        "knee_angle_r_beta",
        "knee_angle_l_beta",
    ]
    assert not any(runner.locked)


def test_left_is_the_mirror_image_of_right(full):
    assert asymmetries(full.runner) == ()


def test_calf_tendons_stretch_and_the_others_do_not(full):
    muscles = full.runner.muscles
    elastic = {without_side(n) for n, e in zip(muscles.names, muscles.elastic_tendon, strict=True)
               if e}  # fmt: skip
    assert elastic == {"soleus", "gasmed", "gaslat"} == set(full.runner.achilles.muscles)


@pytest.mark.parametrize(
    ("group", "count"),
    [
        ("gluteus_medius", 6),
        ("gluteus_minimus", 6),
        ("gluteus_maximus", 6),
        ("gluteals", 18),
        ("hip_abductors", 14),
        ("plantarflexors", 16),
        ("triceps_surae", 6),
        ("hamstrings", 6),
        ("quadriceps", 8),
        ("hip_external_rotators_r", 4),
        ("gluteus_medius_l", 3),
        ("soleus", 2),
    ],
)
def test_groups_mean_what_studies_mean(full, group, count):
    assert len(muscles_of(full.runner, group)) == count


def test_each_foot_has_six_spheres(full):
    sides = full.runner.feet.sides
    assert len(sides) == 12 and sides.count("r") == 6
    assert type(full.runner.feet.law).__name__ == "SmoothSphereHalfSpace"


def test_muscles_of_one_span_share_their_monomials(full):
    """What the solver computes once: few groups, and no more terms than were fitted."""
    groups = full.runner.muscles.path.groups
    assert len(groups) == 12
    assert max(len(group.exponents) for group in groups) < 60


@needs_reference
def test_bodies_are_where_the_published_model_has_them(full):
    runner, reference = full.runner, np.load(REFERENCE)
    names = list(reference["coord_names"])
    poses = reference["q"][:, [names.index(n) for n in runner.coordinate_names]]
    found = jax.vmap(body_positions, (None, 0))(runner.skeleton, jnp.asarray(poses))
    bodies = list(reference["body_names"])
    for b, body in enumerate(runner.skeleton.body_names):
        # The source's left toes hang 5e-6 rad off the mirror image.
        tolerance = 2e-5 if body.endswith("_l") else 1e-12
        error = np.abs(np.asarray(found)[:, b] - reference["body_origin"][:, bodies.index(body)])
        assert error.max() < tolerance, body


@needs_reference
def test_paths_follow_the_published_model_over_running(full):
    runner, reference = full.runner, np.load(REFERENCE)
    names, muscles = list(reference["coord_names"]), list(reference["muscle_names"])
    index = [names.index(n) for n in runner.coordinate_names]
    poses = jnp.asarray(reference["q"][:, index])
    lengths = np.asarray(jax.vmap(muscle_tendon_lengths, (None, 0))(runner, poses))
    arms = np.asarray(jax.vmap(moment_arms, (None, 0))(runner, poses))
    checked = 0
    for m, muscle in enumerate(runner.muscle_names):
        k = muscles.index(muscle)
        use = reference["ma_length_mismatch"][:, k] <= 1e-4
        for c in path.spanned(runner.muscles.path, m):
            low, high = np.radians(RUNNING_DEG[without_side(runner.coordinate_names[c])])
            use &= (np.asarray(poses)[:, c] >= low) & (np.asarray(poses)[:, c] <= high)
        if use.sum() < 2:
            continue
        checked += 1
        length = lengths[use, m] - reference["mtu_length"][use, k]
        arm = arms[use, m] - reference["moment_arm"][use, k][:, index]
        assert np.sqrt(np.mean(length**2)) < 1e-3, muscle
        assert np.sqrt(np.mean(arm**2, axis=0)).max() < 2e-3, muscle
    assert checked > 30
