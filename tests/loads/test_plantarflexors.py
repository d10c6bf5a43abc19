"""Who makes the plantarflexion moment: against closed forms, and against the paths themselves."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

import surae
from surae.loads.plantarflexors import ankle_moments, plantarflexors
from surae.loads.stride import prepare
from surae.muscle import curves


def test_a_constant_arm_is_found_and_the_calf_does_it_all(sine_gait, known):
    values = plantarflexors(prepare(sine_gait()))
    assert values["achilles_path_moment_arm_at_peak"] == pytest.approx([known.moment_arm] * 2)
    assert values["other_plantarflexors_share"] == pytest.approx([0.0, 0.0])
    assert values["dorsiflexor_moment_at_peak"] == pytest.approx([0.0, 0.0])


def test_another_plantarflexor_has_its_part_of_the_impulse(sine_gait, known):
    muscles = ("gluteus_maximus", "soleus", "gastrocnemius", "toe_flexor")
    stride = prepare(sine_gait(muscles=muscles))
    # Peaks of 3000, 1200 and 1000 N over 20 N of slack, all with one time course and one arm.
    peaks = (known.soleus, known.gastrocnemius, 1000.0)
    mean = {peak: 0.5 * (peak + known.slack_force) for peak in peaks}
    expected = mean[1000.0] / sum(mean.values())
    assert plantarflexors(stride)["other_plantarflexors_share"] == pytest.approx([expected] * 2)


def test_parts_of_the_tendon_slide_by_the_difference_of_their_elongations(sine_gait, known):
    stride = prepare(sine_gait())
    slack = np.linspace(0.2, 0.4, 3)[1:]
    stretched = [
        length * (float(curves.tendon_length(jnp.array(f / 4000.0), jnp.array(17.5))) - 1.0)
        for f, length in zip((known.soleus, known.gastrocnemius), slack, strict=True)
    ]
    found = plantarflexors(stride)["achilles_subtendon_sliding"]
    assert found == pytest.approx([1000.0 * abs(stretched[0] - stretched[1])] * 2, rel=1e-3)


def test_heads_of_the_full_runner_share_the_whole_tendon(still_stride):
    runner = surae.load_runner("full")
    stride = still_stride(runner, ankle=0.3)
    values = plantarflexors(stride)
    achilles = stride.even.runner.achilles.muscles
    assert len(achilles) == 3
    shares = [values[f"gastrocnemius_{head}_share"][0] for head in ("medialis", "lateralis")]
    assert shares == pytest.approx([1.0 / 3.0] * 2)


def test_moments_are_the_work_of_the_lengths(still_stride):
    """The moment of each muscle is its force times -dL/dq by finite differences."""
    runner = surae.load_runner("full")
    stride, step = still_stride(runner, ankle=0.3), 1e-5
    ankle = runner.coordinate_names.index("ankle_angle_r")
    q = jnp.asarray(stride.even.coordinates)[0]
    ahead, behind = (surae.muscle_tendon_lengths(runner, q.at[ankle].add(d)) for d in (step, -step))
    arms = -np.asarray(ahead - behind) / (2.0 * step)
    moments = ankle_moments(stride)["r"]
    spanning = {n for n, arm in zip(runner.muscle_names, arms, strict=True) if arm != 0.0}
    assert set(moments) == spanning and len(spanning) == 11
    for name, moment in moments.items():
        expected = 500.0 * arms[runner.muscle_names.index(name)]
        assert moment[0] == pytest.approx(expected, abs=1e-5), name
