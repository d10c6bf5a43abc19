"""Derivatives without another solve, against strides that are solved again."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import numpy as np
import pytest
import scipy.sparse as sp

from surae.files.library import library_path
from surae.files.results import guess_for, open_result
from surae.gait.neighbours import moved
from surae.gait.problem import running_problem
from surae.gait.unpack import full_stride
from surae.nlp.kkt import conditions
from surae.sensitivity.sensitivities import sensitivities
from surae.study.case import Case
from surae.transcription.problem import TranscribedProgram

LARGEST = 1e-3  # relative difference
LOADS = ("achilles_peak_force", "achilles_impulse", "step_frequency", "peak_hip_extension_moment")
# Steps, of the number, on which the extrapolated difference no longer changes.
PLANAR = {
    "strength.gluteus_maximus": 2e-3,
    "strength.soleus": 1e-3,
    "soleus.tendon_slack_length_m": 1e-4,
    "soleus.optimal_fiber_length_m": 1e-3,
    "hamstrings.activation_time_constant_s": 2e-3,
    "achilles.stiffness_N_mm": 2e-3,
    "body.mass_kg": 1e-3,
    "segment_mass.tibia_kg": 2e-3,
    "speed_m_s": 5e-4,
    "contact.dissipation_s_m": 2e-3,
    "cost.effort": 2e-3,
}
FULL = {
    "strength.gluteus_medius": 1e-3,
    "strength.soleus": 1e-3,
    "achilles.stiffness_N_mm": 1e-3,
    "body.mass_kg": 5e-4,
}


def compared(solved: Any, steps: dict[str, float], loads: tuple[str, ...]) -> dict[str, float]:
    """Largest relative difference from solved strides, by pair; of the load's usual change where
    a derivative is next to nothing."""
    numbers = [solved.numbers[name] for name in steps]
    found = sensitivities(solved.neighbours, solved.gait, numbers, loads, check_bounds=False)
    by_load = {load.name: load for load in found.loads}
    differences = {}
    for place, (name, step) in enumerate(steps.items()):
        expected = solved.slopes(name, step)
        for load in loads:
            ours, theirs = by_load[load].derivative[place], expected[load]
            size = max(np.abs(theirs).max(), 1e-4 * np.abs(by_load[load].value).max())
            differences[f"{load} by {name}"] = float(np.abs(ours - theirs).max() / size)
    return differences


@pytest.mark.parametrize("name", PLANAR)
def test_derivatives_are_those_of_strides_solved_again(planar: Any, name: str):
    differences = compared(planar, {name: PLANAR[name]}, LOADS)
    assert max(differences.values()) < LARGEST, differences


@pytest.mark.slow
@pytest.mark.parametrize("name", FULL)
def test_so_are_those_of_the_full_body(full: Any, name: str):
    differences = compared(full, {name: FULL[name]}, LOADS[:2])
    assert max(differences.values()) < LARGEST, differences


@pytest.fixture(scope="module")
def full(solve: Any) -> Any:
    stored = open_result(library_path() / "models" / "full" / "baselines" / "4.0_m_s.h5")
    return solve(Case(model="full", speed=4.0), lambda problem: guess_for(stored, problem))


def test_a_group_is_the_sum_of_its_muscles(planar: Any):
    names = ["strength.plantarflexors", "strength.soleus", "strength.gastrocnemius"]
    numbers = [planar.numbers[name] for name in names]
    found = sensitivities(planar.neighbours, planar.gait, numbers, check_bounds=False)
    for load in found.loads:
        whole, *parts = load.derivative
        size = np.abs(load.derivative).max() + 1e-9
        np.testing.assert_allclose(whole, sum(parts), atol=1e-6 * size + 1e-9, err_msg=load.name)


def test_every_load_has_a_derivative_by_everything(planar: Any):
    found = sensitivities(planar.neighbours, planar.gait, list(planar.numbers.values()))
    assert found.reason == "" and found.active > 0 and found.weakly_active > 0
    for load in found.loads:
        exists = np.isfinite(load.value)
        slopes = load.derivative[:, exists] if load.value.ndim else load.derivative
        assert np.isfinite(slopes).all(), load.name


def test_no_number_comes_from_a_saddle(planar: Any, monkeypatch: pytest.MonkeyPatch):
    solution = planar.neighbours.solution
    monkeypatch.setattr(type(solution), "regular", property(lambda self: False))
    number = planar.numbers["strength.soleus"]
    found = sensitivities(planar.neighbours, planar.gait, [number], ["achilles_peak_force"])
    assert "strict minimum" in found.reason
    assert np.isnan(found.loads[0].derivative).all()


FIELDS = ("stationarity", "rows", "lower", "upper")


def differenced(neighbours: Any, number: Any, step: float) -> dict[str, np.ndarray]:
    """Derivatives of the first-order conditions by a number: they themselves, evaluated beside."""
    own = neighbours.problem.problem
    program, beside = TranscribedProgram(own), []
    for value in (number.value + step, number.value - step):
        problem = running_problem(*number.at(value), like=neighbours.problem).problem
        program.update(dataclasses.replace(problem, row_scale=own.row_scale))
        beside.append(conditions(program, neighbours.point))
    high, low = beside
    return {f: (getattr(high, f) - getattr(low, f)) / (2.0 * step) for f in FIELDS}


def test_derivatives_of_the_conditions_are_their_differences(planar: Any):
    """By all numbers: of muscles from columns, of everything else along its parts' parameters."""
    neighbours, numbers = planar.neighbours, list(planar.numbers.values())
    pushes = neighbours.pushes(numbers)
    others = {number.name for number in numbers if not number.of_muscles}
    assert {"speed_m_s", "body.mass_kg", "cost.effort", "contact.dissipation_s_m"} <= others
    for place, number in enumerate(numbers):
        expected = differenced(neighbours, number, 1e-5 * abs(number.value))
        for field in FIELDS:
            found = getattr(pushes, field)[[place]].toarray()[0]
            size = 1e-6 * np.abs(expected[field]).max() + 1e-12
            np.testing.assert_allclose(found, expected[field], atol=size, err_msg=number.name)


@pytest.mark.parametrize("name", ["speed_m_s", "contact.dissipation_s_m", "segment_mass.femur_kg"])
def test_what_a_number_changes_while_the_unknowns_stand_still(planar: Any, name: str):
    neighbours, number, step = planar.neighbours, planar.numbers[name], 1e-4
    strides = []
    for value in (number.value + step, number.value - step):
        runner, task = number.at(value)
        beside = dataclasses.replace(neighbours.problem, runner=runner, task=task)
        strides.append(full_stride(beside, neighbours.point.unknowns))
    pushes, random = neighbours.pushes([number]), np.random.default_rng(7)
    for quantity in QUANTITIES:
        high, low = (np.asarray(getattr(stride, quantity)) for stride in strides)
        slope = (high - low) / (2.0 * step)
        # Far above the ground a center of pressure means nothing, and bends sharply.
        weight = random.normal(size=(3, *slope.shape))
        if quantity == "center_of_pressure":
            loaded = np.asarray(planar.gait.ground_reaction_force)[:, :, 1] > 10.0
            weight = weight * loaded[None, :, :, None]
        flat = weight.reshape(3, -1)
        weights = {quantity: sp.csr_matrix(flat)}
        ours = neighbours._direct(weights, [number], pushes)[:, 0]
        expected = flat @ slope.ravel()
        size = 1e-6 * np.abs(flat) @ np.abs(slope).ravel() + 1e-9
        assert np.all(np.abs(ours - expected) <= size), (quantity, ours, expected)


QUANTITIES = (
    "coordinates",
    "speeds",
    "accelerations",
    "joint_moments",
    "ground_reaction_force",
    "center_of_pressure",
    "tendon_force",
    "duration",
    "speed",
)


def test_parts_that_are_taken_over_are_those_made_anew(planar: Any):
    """A problem beside another shares with it all but what the number changes."""
    own = planar.neighbours.problem
    for number in planar.numbers.values():
        side = number.at(number.value + number.step)
        beside, fresh = running_problem(*side, like=own), running_problem(*side)
        for ours, theirs in zip(beside.problem.parts, fresh.problem.parts, strict=True):
            both = [jax.tree.leaves((p.parameters, p.point_parameters)) for p in (ours, theirs)]
            for one, other in zip(*both, strict=True):
                np.testing.assert_array_equal(one, other, err_msg=f"{ours.name} by {number.name}")
        for bound in ("lower", "upper"):
            ours, theirs = (getattr(each.layout, bound) for each in (beside, fresh))
            np.testing.assert_array_equal(ours, theirs, err_msg=number.name)


def test_runners_beside_a_stride_are_those_that_are_set(planar: Any):
    """What is told of how a runner changes is how it does."""
    runner = planar.neighbours.problem.runner
    for number in planar.numbers.values():
        if not number.moves:
            continue
        ends = [number.at(number.value + h)[0] for h in (number.step, -number.step)]
        told = moved(runner, number.moves, number.step), moved(runner, number.moves, -number.step)
        for high, low, one, other in zip(*map(jax.tree.leaves, (*ends, *told)), strict=True):
            gap, ours = np.asarray(high) - low, np.asarray(one) - other
            size = 1e-12 * np.abs(high).max(initial=0.0) + 1e-6 * np.abs(gap).max(initial=0.0)
            np.testing.assert_allclose(ours, gap, atol=size, err_msg=number.name)
