"""Forces in the joints: Newton's law for what hangs below, and each muscle along its own line."""

from __future__ import annotations

import csv
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import surae
from surae._pytree import replace
from surae.loads.joint_contact import BODIES, joint_contact, joint_forces
from surae.muscle import path
from surae.skeleton.kinematics import points_in_ground, poses

LINES = Path(__file__).resolve().parents[2] / "models" / "full" / "lines_of_action.csv"
G = 9.80665
# Joint of each body, and coordinates that turn it and nothing else of a muscle's path.
TURNS = {
    "femur": ("hip_flexion", "hip_adduction", "hip_rotation"),
    "tibia": ("knee_angle",),
    "talus": ("ankle_angle", "subtalar_angle"),
}


@pytest.fixture(scope="module")
def runner():
    return surae.load_runner("full")


@pytest.fixture
def standing(runner, still_stride):
    """On both feet without a muscle's help: half the weight under each."""
    stride = still_stride(runner, tension=0.0)
    force = np.zeros_like(stride.given.ground_reaction_force)
    force[:, :, 1] = 0.5 * stride.weight
    return replace(stride, given=replace(stride.given, ground_reaction_force=force))


def mass_below(runner, body):
    names, joints = runner.skeleton.body_names, runner.skeleton.joints
    below = {names.index(body)}
    for k, joint in enumerate(joints):
        if joint.parent in below:
            below.add(k)
    return float(sum(runner.skeleton.mass[k] for k in below))


@pytest.mark.parametrize("joint", BODIES)
def test_a_standing_runner_is_carried_by_the_joints(runner, standing, joint):
    net, contact = joint_forces(standing)[joint]
    for s, side in enumerate("rl"):
        down = mass_below(runner, f"{BODIES[joint]}_{side}") * G - 0.5 * standing.weight
        np.testing.assert_allclose(net[:, s], [[0.0, down, 0.0]] * len(net), atol=1e-6)
    np.testing.assert_allclose(contact, net)


def test_a_falling_runner_feels_nothing(runner, still_stride):
    stride = still_stride(runner, tension=0.0)
    accelerations = np.zeros_like(stride.given.coordinates)
    accelerations[:, runner.coordinate_names.index("pelvis_ty")] = -G
    falling = replace(stride, given=replace(stride.given, accelerations=accelerations))
    for net, _ in joint_forces(falling).values():
        np.testing.assert_allclose(net, 0.0, atol=1e-6)


def test_a_muscle_presses_only_the_joints_that_it_crosses(runner, standing):
    pulled = np.zeros_like(standing.given.tendon_force)
    pulled[:, runner.muscle_names.index("soleus_r")] = 1000.0
    alone = joint_forces(replace(standing, given=replace(standing.given, tendon_force=pulled)))
    for joint, (net, contact) in alone.items():
        size = np.linalg.norm(contact - net, axis=2)
        expected = [1000.0, 0.0] if joint == "ankle" else [0.0, 0.0]
        np.testing.assert_allclose(size, [expected] * len(size), atol=1e-6)
    # The calf pulls the heel up: the talus is pressed against the shank, and pushed down.
    net, contact = alone["ankle"]
    assert (contact[:, 0, 1] < net[:, 0, 1] - 900.0).all()


def test_sides_are_mirror_images(runner, still_stride):
    for _, contact in joint_forces(still_stride(runner, tension=300.0)).values():
        right, left = np.asarray(contact[:, 0]), np.asarray(contact[:, 1])
        np.testing.assert_allclose(right, left * [1.0, 1.0, -1.0], atol=1e-6)


def test_lines_between_bodies_have_the_moment_arms_of_the_paths(runner):
    """Where a line ends on points of bodies, its shortening is the muscle's: -dL/dq of the path.

    The paths were fitted to OpenSim's moment arms, the lines to its directions.
    """
    with LINES.open(newline="") as stream:
        exact = [r for r in csv.DictReader(stream) if float(r["max_error_deg"]) < 1e-3]
    # The kneecap moves as the knee bends: what pulls through it shortens in two pieces.
    exact = [row for row in exact if row["proximal_body"] != "patella_r"]
    assert len(exact) > 20
    lines, names, skeleton = runner.lines_of_action, runner.coordinate_names, runner.skeleton

    def lengths(q):
        at = poses(skeleton, q)
        ends = (
            points_in_ground(at, np.array(lines.proximal_bodies), lines.proximal),
            points_in_ground(at, np.array(lines.distal_bodies), lines.distal),
        )
        return jnp.linalg.norm(ends[0] - ends[1], axis=1)

    generator = np.random.default_rng(3)
    shortening = jax.jit(jax.jacfwd(lengths))
    for _ in range(5):
        q = jnp.asarray(generator.uniform(-0.2, 0.4, len(names)))
        by_line = -np.asarray(shortening(q))
        by_path = np.asarray(path.moment_arm_matrix(runner.muscles.path, q, len(names)))
        for row in exact:
            muscle = runner.muscle_names.index(row["muscle"])
            joint = skeleton.body_names.index(row["joint_body"])
            line = list(zip(lines.muscles, lines.joints, strict=True)).index((muscle, joint))
            for name in TURNS[row["joint_body"].removesuffix("_r")]:
                k = names.index(f"{name}_r")
                assert by_line[line, k] == pytest.approx(by_path[muscle, k], abs=3e-3), (row, name)


def test_every_muscle_has_a_line_across_every_joint_that_it_turns(runner):
    """From the paths alone: which coordinates a muscle's length depends on."""
    crossed = {
        (runner.muscle_names[m], runner.skeleton.body_names[j])
        for m, j in zip(runner.lines_of_action.muscles, runner.lines_of_action.joints, strict=True)
    }
    turned = set()
    for i, muscle in enumerate(runner.muscle_names):
        spanned = {runner.coordinate_names[c] for c in path.spanned(runner.muscles.path, i)}
        for body, names in TURNS.items():
            if spanned & {f"{name}_{muscle[-1]}" for name in names}:
                turned.add((muscle, f"{body}_{muscle[-1]}"))
    assert crossed == turned


def test_lines_grow_with_the_body(runner):
    tall = surae.scale(runner, height=1.1 * float(runner.height))
    longer, given = tall.lines_of_action, runner.lines_of_action
    assert longer is not None
    np.testing.assert_allclose(longer.distal, 1.1 * given.distal)
    np.testing.assert_allclose(longer.proximal, 1.1 * given.proximal)


def test_a_model_without_lines_has_net_forces_only(runner, still_stride):
    values = joint_contact(still_stride(replace(runner, lines_of_action=None), tension=100.0))
    assert set(values) == {f"peak_{joint}_intersegmental_force" for joint in BODIES}
