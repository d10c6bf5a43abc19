"""Sampled points fill their ranges, and the same seed gives the same points."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import qmc

from surae.study.sampling import sampled, spread

RANGES = [(0.5, 1.0, "linear"), (3.0, 5.0, "linear"), (1e-4, 1.0, "log")]


def test_a_spread_has_its_ends_and_equal_steps_or_ratios():
    assert spread(1.0, 0.6, 5) == (1.0, 0.9, 0.8, 0.7, 0.6)
    assert spread(0.001, 10.0, 5, "log") == (0.001, 0.01, 0.1, 1.0, 10.0)


@pytest.mark.parametrize("kind", ["sobol", "latin_hypercube"])
@pytest.mark.parametrize("count", [1, 7, 64, 100])
def test_points_lie_within_their_ranges_and_repeat_with_their_seed(kind, count):
    points = sampled(kind, count, 3, RANGES)
    assert points.shape == (count, 3)
    low, high, _ = zip(*RANGES, strict=True)
    assert np.all(points >= low) and np.all(points <= high)
    assert np.array_equal(points, sampled(kind, count, 3, RANGES))
    assert not np.array_equal(points, sampled(kind, count, 4, RANGES))


@pytest.mark.parametrize("kind", ["sobol", "latin_hypercube"])
def test_every_part_of_a_range_has_its_share(kind):
    points = sampled(kind, 64, 0, RANGES)
    points[:, 2] = np.log(points[:, 2])
    low = np.array([0.5, 3.0, np.log(1e-4)])
    high = np.array([1.0, 5.0, 0.0])
    shares = (points - low) / (high - low)
    for column in shares.T:
        assert np.histogram(column, bins=16, range=(0.0, 1.0))[0].tolist() == [4] * 16
    random = np.random.default_rng(0).uniform(size=shares.shape)
    assert qmc.discrepancy(shares) < 0.5 * qmc.discrepancy(random)


def test_more_points_keep_those_of_before():
    """So that a Sobol study can be extended: what is solved stays part of it."""
    assert np.array_equal(sampled("sobol", 100, 1, RANGES)[:20], sampled("sobol", 20, 1, RANGES))
