"""What moves in the page is what the solver moved: positions, muscles, forces and phases."""

from __future__ import annotations

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from surae.files.library import library_path
from surae.files.model_runner import read_runner
from surae.gait.solution import FORWARD_COORDINATE
from surae.loads.stride import from_contact, prepare
from surae.report.bones import bones, without_side
from surae.report.muscle_lines import MOVING, muscle_lines
from surae.report.scene import FRAMES, scene
from surae.report.scene_json import quaternions, scenes_text
from surae.runner.runner import moment_arms
from surae.runner.scaling import scale
from surae.skeleton import kinematics


@pytest.fixture(scope="session")
def drawn(healthy):
    return scene("healthy", prepare(healthy.gait))


@pytest.fixture(scope="session")
def told(drawn, weak):
    pair = [drawn, scene("weak", prepare(weak.gait))]
    return json.loads(scenes_text(pair, 0, 12.5))


@pytest.fixture(scope="session")
def full():
    return read_runner(library_path() / "models" / "full")


def turned(turns: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Points turned by quaternions (x, y, z, w), by q p q*."""
    axis, scalar = turns[..., :3], turns[..., 3:]
    half = np.cross(axis, places) + scalar * places
    return places + 2.0 * np.cross(axis, half)


def test_positions_in_the_page_are_those_of_forward_kinematics(healthy, told, drawn):
    """Every rod's ends and every contact sphere, from the page's numbers, to 1 mm."""
    stride = prepare(healthy.gait)
    runner, names = healthy.gait.runner, healthy.gait.runner.coordinate_names
    coordinates = from_contact(stride, np.asarray(stride.even.coordinates), "r", drawn.percent)
    at = jax.vmap(lambda q: kinematics.poses(runner.skeleton, q))(jnp.asarray(coordinates))
    own, figure, steps = told["strides"][0], told["figures"][0], told["steps"]
    n, bodies = own["frames"], len(figure["bodies"])
    assert n == FRAMES
    origins = steps["length"] * np.array(own["origins"]).reshape(n, bodies, 3)
    turns = steps["turn"] * np.array(own["turns"]).reshape(n, bodies, 4)
    turns /= np.linalg.norm(turns, axis=-1, keepdims=True)
    # The page's ground slides back; the height and the sideways place are the solver's.
    true_origins = np.asarray(at.origins)
    sideways = true_origins - origins
    forward = sideways[:, :1, 0]
    np.testing.assert_allclose(sideways[:, :, 1:], 0.0, atol=1e-3)
    np.testing.assert_allclose(sideways[:, :, 0] - forward, 0.0, atol=1e-3)
    pelvis = coordinates[:, names.index(FORWARD_COORDINATE)]
    assert np.ptp(pelvis - origins[:, 0, 0] - forward[:, 0]) < 1e-3
    body = np.array([rod[0] for rod in figure["rods"]])
    for end in (slice(1, 4), slice(4, 7)):
        local = steps["length"] * np.array([rod[end] for rod in figure["rods"]])
        shown = origins[:, body] + turned(turns[:, body], local[None])
        exact = true_origins[:, body] + np.einsum(
            "frij,rj->fri", np.asarray(at.rotations)[:, body], local
        )
        exact[..., 0] -= forward
        np.testing.assert_allclose(shown, exact, atol=1e-3)


def test_quaternions_turn_as_matrices_do():
    random = np.random.default_rng(1)
    matrices = np.linalg.qr(random.normal(size=(200, 3, 3)))[0]
    matrices *= np.sign(np.linalg.det(matrices))[:, None, None]
    points = random.normal(size=(200, 3))
    np.testing.assert_allclose(
        turned(quaternions(matrices), points), np.einsum("nij,nj->ni", matrices, points), atol=1e-12
    )
    half_turn = np.diag([-1.0, -1.0, 1.0])[None]
    np.testing.assert_allclose(np.abs(quaternions(half_turn))[0], [0, 0, 1, 0], atol=1e-12)


def test_the_ground_slides_back_at_the_mean_speed(healthy, drawn):
    pelvis = drawn.origins[:, drawn.body_names.index("pelvis"), 0]
    assert abs(pelvis.mean()) < 0.01 and np.ptp(pelvis) < 0.2
    passed = drawn.speed * drawn.duration * drawn.percent / 100.0
    stride = prepare(healthy.gait)
    names = healthy.gait.runner.coordinate_names
    world = np.asarray(stride.even.coordinates)[:, names.index(FORWARD_COORDINATE)]
    assert world[-1] - world[0] == pytest.approx(passed[-1], rel=0.03)


def test_forces_and_activations_are_the_strides(healthy, told, drawn):
    own, steps = told["strides"][0], told["steps"]
    force = steps["force"] * np.array(own["tendonForce"]).reshape(own["frames"], 2)
    peak = float(healthy.gait.achilles_force.max() / healthy.gait.runner.body_weight)
    assert force.max() == pytest.approx(peak, abs=0.1)
    activation = steps["share"] * np.array(own["activation"])
    np.testing.assert_allclose(activation, 0.3, atol=steps["share"])
    assert told["start"] == 12.5 and told["ghost"] == 0
    swing = drawn.percent > drawn.toe_off + 5.0
    assert not drawn.reaction[swing, 0].any()
    assert drawn.reaction[4, 0, 1] > 0.5


def test_strides_of_one_body_share_their_bones(told):
    assert len(told["figures"]) == 1 and [s["figure"] for s in told["strides"]] == [0, 0]


def test_bones_meet_at_the_joints(full):
    """Each long bone begins near its own joint and ends near the next one's."""
    skeleton = full.skeleton
    rods = bones(skeleton)
    for child, parent in (("tibia_r", "femur_r"), ("talus_l", "tibia_l"), ("ulna_r", "humerus_r")):
        body = skeleton.body_names.index(parent)
        joint = np.asarray(skeleton.location_in_parent)[skeleton.body_names.index(child)]
        ends = np.array([end for rod in rods if rod.body == body for end in (rod.start, rod.end)])
        assert np.linalg.norm(ends - joint, axis=1).min() < 0.045
        assert np.linalg.norm(ends, axis=1).min() < 0.05


def test_left_bones_mirror_right_ones(full):
    rods, names = bones(full.skeleton), full.skeleton.body_names
    for stem in ("femur", "calcn", "hand"):
        right, left = (
            np.array([(*r.start, *r.end) for r in rods if names[r.body] == f"{stem}_{side}"])
            for side in "rl"
        )
        np.testing.assert_allclose(left * [1, 1, -1, 1, 1, -1], right, atol=1e-12)


def test_a_taller_runner_has_longer_bones(full):
    tall = scale(full, height=1.1 * float(full.height))
    lengths = [
        sum(np.linalg.norm(np.subtract(r.end, r.start)) for r in bones(each.skeleton))
        for each in (full, tall)
    ]
    assert 1.05 < lengths[1] / lengths[0] < 1.15


def test_every_muscle_of_the_full_runner_is_drawn_along_its_lines_of_action(full):
    still = np.zeros((1, len(full.coordinate_names)))
    lines = muscle_lines(full, still)
    assert [line.muscle for line in lines] == list(range(len(full.muscle_names)))
    at = kinematics.poses(full.skeleton, jnp.asarray(still[0]))
    for line in lines:
        assert all(vertex.body != MOVING for vertex in line.vertices)
        way = np.array(
            [
                np.asarray(at.origins)[v.body] + np.asarray(at.rotations)[v.body] @ v.place
                for v in line.vertices
            ]
        )
        length = np.linalg.norm(np.diff(way, axis=0), axis=1)
        name = full.muscle_names[line.muscle]
        assert 0.04 < length.sum() < 0.65, f"{name}: {length.sum():.3f} m"
        side = without_side(name)[1]
        assert {without_side(full.skeleton.body_names[v.body])[1] for v in line.vertices} <= {
            side,
            "",
        }


def test_muscles_without_lines_pass_each_joint_at_their_moment_arm(healthy, drawn):
    """Vasti at the knee: the line through its point turns the tibia with the model's own arm."""
    runner = healthy.gait.runner
    stride = prepare(healthy.gait)
    coordinates = from_contact(stride, np.asarray(stride.even.coordinates), "r", drawn.percent)
    muscle = runner.muscle_names.index("vasti_r")
    knee = runner.coordinate_names.index("knee_angle_r")
    arms = jax.vmap(lambda q: moment_arms(runner, q))(jnp.asarray(coordinates))[:, muscle, knee]
    line = next(line for line in drawn.lines if line.muscle == muscle)
    above, beside, below = (vertex.place for vertex in line.vertices)
    tibia = drawn.body_names.index("tibia_r")
    joint = drawn.origins[:, tibia] + drawn.rotations[:, tibia] @ np.asarray(
        runner.skeleton.location_in_child[tibia]
    )
    np.testing.assert_allclose(
        np.linalg.norm(beside - joint, axis=1), np.abs(np.asarray(arms)), atol=1e-6
    )
    assert (above[:, 1] > below[:, 1]).any()
    front = np.einsum("fi,fi->f", beside - joint, drawn.rotations[:, tibia, :, 0])
    assert (front > 0.0).all(), "the vasti pass in front of the knee"
