"""A reference stride turns, mirrors and differentiates as a periodic curve must."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from surae._pytree import replace
from surae.gait.reference import (
    ReferenceStride,
    apex_phase,
    evaluate,
    ground_reaction,
    has_ground_reaction,
    mirror,
    motion,
    select,
    shift_phase,
    symmetrize,
)

NAMES = ("pelvis_list", "pelvis_tx", "pelvis_ty", "hip_flexion_r", "hip_flexion_l")
PHASES = jnp.linspace(0.0, 1.0, 41)


@pytest.fixture
def stride() -> ReferenceStride:
    """Arbitrary asymmetric curves; pelvis_ty has its apex at phases 0.42 and 0.92."""
    random = np.random.default_rng(7)
    cosine, sine = random.normal(size=(2, len(NAMES), 4)) * 0.1
    height = NAMES.index("pelvis_ty")
    cosine[height], sine[height] = 0.0, 0.0
    cosine[height, 1] = 0.04 * np.cos(4.0 * np.pi * 0.92)
    sine[height, 1] = 0.04 * np.sin(4.0 * np.pi * 0.92)
    return ReferenceStride(
        coordinate_names=NAMES,
        measured=(True,) * len(NAMES),
        source="made for the test",
        speed=jnp.asarray(4.0),
        stride_time=jnp.asarray(0.7),
        offset=jnp.asarray(random.normal(size=len(NAMES))),
        cosine=jnp.asarray(cosine),
        sine=jnp.asarray(sine),
        grf_offset=jnp.asarray(random.normal(size=(2, 3))),
        grf_cosine=jnp.asarray(random.normal(size=(2, 3, 6))),
        grf_sine=jnp.asarray(random.normal(size=(2, 3, 6))),
        body_mass_kg=jnp.asarray(70.0),
    )


def column(stride: ReferenceStride, name: str, phase=PHASES) -> np.ndarray:
    return np.asarray(evaluate(stride, phase)[0][..., stride.coordinate_names.index(name)])


def test_series_is_the_sum_in_the_docstring(stride):
    phase = 0.37
    harmonic = np.arange(1, 5)
    expected = (
        stride.offset
        + np.asarray(stride.cosine) @ np.cos(2.0 * np.pi * harmonic * phase)
        + np.asarray(stride.sine) @ np.sin(2.0 * np.pi * harmonic * phase)
    )
    np.testing.assert_allclose(evaluate(stride, jnp.asarray(phase))[0], expected, atol=1e-14)


@pytest.mark.parametrize("shape", [(), (5,), (2, 3)])
def test_one_phase_and_many_give_one_row_each(stride, shape):
    for array in evaluate(stride, jnp.full(shape, 0.2)):
        assert array.shape == (*shape, len(NAMES))
    assert ground_reaction(stride, jnp.full(shape, 0.2)).shape == (*shape, 2, 3)


def test_a_stride_later_everything_repeats(stride):
    now, later = evaluate(stride, PHASES), evaluate(stride, PHASES + 1.0)
    for a, b in zip(now, later, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-10)


def test_derivatives_are_those_of_the_values(stride):
    def values(phase):
        return evaluate(stride, phase)[0]

    for phase in (0.0, 0.31, 0.77):
        _, first, second = evaluate(stride, jnp.asarray(phase))
        np.testing.assert_allclose(first, jax.jacfwd(values)(phase), atol=1e-12)
        np.testing.assert_allclose(second, jax.jacfwd(jax.jacfwd(values))(phase), atol=1e-11)
    check_grads(values, (jnp.asarray(0.31),), order=2)


def test_motion_moves_forward_by_a_stride_length(stride):
    at = motion(stride, jnp.asarray([0.1, 1.1]))
    advance = at.coordinates[1] - at.coordinates[0]
    expected = [4.0 * 0.7 if name == "pelvis_tx" else 0.0 for name in NAMES]
    np.testing.assert_allclose(advance, expected, atol=1e-12)


def test_motion_speeds_are_time_derivatives_of_its_coordinates(stride):
    def coordinates(time):
        return motion(stride, time / stride.stride_time).coordinates

    time = jnp.asarray(0.23)
    at = motion(stride, time / stride.stride_time)
    np.testing.assert_allclose(at.speeds, jax.jacfwd(coordinates)(time), atol=1e-11)
    np.testing.assert_allclose(
        at.accelerations, jax.jacfwd(jax.jacfwd(coordinates))(time), atol=1e-9
    )


def test_shifted_clock_reads_the_old_curve_later(stride):
    shifted = shift_phase(stride, 0.3)
    for new, old in zip(evaluate(shifted, PHASES), evaluate(stride, PHASES + 0.3), strict=True):
        np.testing.assert_allclose(new, old, atol=1e-11)
    np.testing.assert_allclose(
        ground_reaction(shifted, PHASES), ground_reaction(stride, PHASES + 0.3), atol=1e-11
    )


def test_shift_and_shift_back_changes_nothing(stride):
    back = shift_phase(shift_phase(stride, 0.3), -0.3)
    for a, b in zip(jax.tree.leaves(back), jax.tree.leaves(stride), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-14)


def test_mirror_shows_the_left_side_half_a_stride_later(stride):
    seen = mirror(stride)
    late = PHASES + 0.5
    np.testing.assert_allclose(
        column(seen, "hip_flexion_r"), column(stride, "hip_flexion_l", late), atol=1e-12
    )
    np.testing.assert_allclose(
        column(seen, "pelvis_list"), -column(stride, "pelvis_list", late), atol=1e-12
    )
    np.testing.assert_allclose(
        column(seen, "pelvis_ty"), column(stride, "pelvis_ty", late), atol=1e-12
    )
    expected = ground_reaction(stride, late)[:, ::-1] * jnp.asarray([1.0, 1.0, -1.0])[None, None]
    np.testing.assert_allclose(ground_reaction(seen, PHASES), expected, atol=1e-12)


def test_mirror_of_the_mirror_is_the_runner(stride):
    for a, b in zip(jax.tree.leaves(mirror(mirror(stride))), jax.tree.leaves(stride), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-14)


def test_symmetrized_stride_is_its_own_mirror_image(stride):
    even = symmetrize(stride)
    for a, b in zip(jax.tree.leaves(mirror(even)), jax.tree.leaves(even), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-14)
    right, left = column(stride, "hip_flexion_r"), column(stride, "hip_flexion_l", PHASES + 0.5)
    np.testing.assert_allclose(column(even, "hip_flexion_r"), 0.5 * (right + left), atol=1e-12)


def test_symmetrized_data_need_both_sides(stride):
    one_side = replace(stride, measured=(True, True, True, True, False))
    assert symmetrize(one_side).measured == (True, True, True, False, False)


def test_stride_with_one_side_only_cannot_be_mirrored(stride):
    with pytest.raises(ValueError, match=r"hip_flexion_r.* no partner"):
        mirror(select(stride, ("pelvis_ty", "hip_flexion_r")))


def test_apex_before_right_contact_is_the_later_maximum(stride):
    assert apex_phase(stride) == pytest.approx(0.92, abs=1e-12)
    assert jax.jit(apex_phase)(stride) == pytest.approx(0.92, abs=1e-12)


def test_stride_started_at_its_apex_has_no_vertical_speed(stride):
    from_apex = shift_phase(stride, apex_phase(stride))
    _, first, second = evaluate(from_apex, jnp.asarray(0.0))
    height = NAMES.index("pelvis_ty")
    assert abs(first[height]) < 1e-12
    assert second[height] < 0.0


@pytest.mark.parametrize("names", [("hip_flexion_r",), ("pelvis_ty", "knee_angle_r")])
def test_apex_needs_a_measured_height(stride, names):
    blind = select(stride, names)
    blind = replace(blind, measured=tuple(name != "pelvis_ty" for name in names))
    with pytest.raises(ValueError, match="flight apex needs a measured pelvis_ty"):
        apex_phase(blind)


def test_select_reorders_and_marks_what_has_no_data(stride):
    chosen = select(stride, ("hip_flexion_l", "mtp_angle_r", "pelvis_ty"))
    assert chosen.coordinate_names == ("hip_flexion_l", "mtp_angle_r", "pelvis_ty")
    assert chosen.measured == (True, False, True)
    np.testing.assert_allclose(column(chosen, "hip_flexion_l"), column(stride, "hip_flexion_l"))
    np.testing.assert_array_equal(column(chosen, "mtp_angle_r"), 0.0)


def test_select_again_does_not_turn_zeros_into_data(stride):
    once = select(stride, ("mtp_angle_r", "pelvis_ty"))
    assert select(once, ("pelvis_ty", "mtp_angle_r")).measured == (True, False)


def test_stride_without_forces_says_so(stride):
    bare = replace(stride, grf_offset=None, grf_cosine=None, grf_sine=None, body_mass_kg=None)
    assert not has_ground_reaction(bare)
    assert has_ground_reaction(stride)
    with pytest.raises(ValueError, match="no ground reaction"):
        ground_reaction(bare, PHASES)
    for bent in (shift_phase(bare, 0.2), symmetrize(bare), select(bare, ("pelvis_ty",))):
        assert not has_ground_reaction(bent)


def test_stride_passes_through_jit_and_vmap(stride):
    together = evaluate(stride, PHASES)[0]
    one_by_one = jax.vmap(lambda phase: evaluate(stride, phase)[0])(PHASES)
    np.testing.assert_allclose(one_by_one, together, atol=1e-12)
    np.testing.assert_allclose(jax.jit(evaluate)(stride, PHASES)[0], together, atol=1e-12)
    np.testing.assert_allclose(jax.jit(mirror)(stride).cosine, mirror(stride).cosine, atol=1e-14)
