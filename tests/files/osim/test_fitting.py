"""Polynomial paths: as accurate as asked, few terms, honest about what they cannot follow."""

from __future__ import annotations

import numpy as np
import pytest

from surae._errors import UnusableInput
from surae.files.osim.fitting import AIM, Samples, all_exponents, fitted_paths, monomials
from surae.files.osim.ranges import RUNNING, Poses

HIP = ("hip_flexion_r", "hip_adduction_r")


def samples(
    length, slopes, muscles=("one_r",), spans=((0, 1),), mismatch=None, count=800
) -> Samples:
    """Muscles whose length is a known function of two coordinates."""
    count = 800
    values = np.random.default_rng(3).uniform(-0.8, 0.8, (count, 2))
    poses = Poses(HIP, values, np.full(count, RUNNING))
    lengths = np.stack([length(m, values) for m in range(len(muscles))], 1)
    arms = -np.stack([slopes(m, values) for m in range(len(muscles))], 1)
    wrong = np.zeros_like(lengths) if mismatch is None else mismatch(values)[:, None]
    return Samples(tuple(muscles), poses, spans, lengths + wrong, arms, np.abs(wrong))


def cosine(muscle: int, q):
    """A length of 30 cm that varies by some centimeters, in two ways."""
    return 0.3 + 0.04 * np.cos(q[:, 0] + 0.5 * muscle) * (1.0 + 0.2 * q[:, 1] ** 2)


def cosine_slopes(muscle: int, q):
    phase = q[:, 0] + 0.5 * muscle
    return np.stack(
        [-0.04 * np.sin(phase) * (1.0 + 0.2 * q[:, 1] ** 2), 0.016 * np.cos(phase) * q[:, 1]], 1
    )


def test_a_fit_reaches_its_aim_at_poses_that_it_has_not_seen():
    path = fitted_paths(samples(cosine, cosine_slopes))[0]
    assert path.errors.length_rms < AIM[0] and path.errors.arm_rms < AIM[1]
    other = np.random.default_rng(4).uniform(-0.8, 0.8, (200, 2))
    value, slopes = monomials(other, path.exponents)
    assert np.sqrt(np.mean((value @ path.coefficients - cosine(0, other)) ** 2)) < AIM[0]
    for slope, expected in zip(slopes, cosine_slopes(0, other).T, strict=True):
        assert np.sqrt(np.mean((slope @ path.coefficients - expected) ** 2)) < AIM[1]


def test_a_polynomial_is_found_exactly():
    def length(_, q):
        return 0.2 - 0.03 * q[:, 0] + 0.01 * q[:, 0] * q[:, 1] ** 2

    def slopes(_, q):
        return np.stack([-0.03 + 0.01 * q[:, 1] ** 2, 0.02 * q[:, 0] * q[:, 1]], 1)

    path = fitted_paths(samples(length, slopes))[0]
    found = dict(zip(path.exponents, path.coefficients, strict=True))
    assert found[(1, 2)] == pytest.approx(0.01, abs=1e-9)
    assert found[(1, 0)] == pytest.approx(-0.03, abs=1e-9)
    assert len(found) < len(all_exponents(2, 4))


def test_muscles_of_one_span_share_terms_that_hold_all_their_divisors():
    first, second = fitted_paths(samples(cosine, cosine_slopes, ("a_r", "b_r"), ((0, 1), (0, 1))))
    assert first.exponents == second.exponents
    for x, y in first.exponents:
        divisors = {(i, j) for i in range(x + 1) for j in range(y + 1)}
        assert divisors <= set(first.exponents)


def test_monomials_have_the_slopes_of_their_values():
    points, exponents = np.array([[0.3, -0.7], [0.0, 0.0], [1.1, 0.2]]), all_exponents(2, 4)
    _, slopes = monomials(points, exponents)
    for k in range(2):
        step = np.zeros(2)
        step[k] = 1e-6
        up, down = monomials(points + step, exponents)[0], monomials(points - step, exponents)[0]
        assert np.allclose((up - down) / 2e-6, slopes[k], atol=1e-9)


def test_lengths_that_contradict_moment_arms_are_left_out():
    """A length off by 8 mm in half of the poses moves neither length nor moment arm elsewhere."""

    def wrong(q):
        return np.where(q[:, 0] < 0.0, -0.008, 0.0)

    path = fitted_paths(samples(cosine, cosine_slopes, mismatch=wrong))[0]
    assert path.errors.length_rms < AIM[0] and path.errors.arm_rms < AIM[1]
    assert path.errors.contradictions == pytest.approx(0.5, abs=0.1)


def test_a_jump_beyond_the_limit_is_refused_by_name():
    def jump(_, q):
        return 0.3 + 0.03 * (q[:, 0] > 0.1)

    def flat(_, q):
        return np.zeros((len(q), 2))

    with pytest.raises(UnusableInput, match=r"path of one_r cannot be fitted.*allowed are 3 and 5"):
        fitted_paths(samples(jump, flat))
