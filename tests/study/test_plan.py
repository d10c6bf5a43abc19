"""A study becomes cases: each at its place, with its healthy partner, and told from all others."""

from __future__ import annotations

import dataclasses
import itertools
import re
from pathlib import Path

import numpy as np
import pytest

from surae.study.case import Case, Change, cost_weights
from surae.study.design import HEALTHY, WEAKNESSES, Axis, Sampling, Scenario, Study
from surae.study.plan import LONGEST_NAME, Plan, plan_of

BASE = Case(symmetry="half")
GLUTEUS = Axis("gluteus", "strength", ("gluteus_maximus",), "1", (1.0, 0.8, 0.6))
SOLEUS = Axis("soleus", "strength", ("soleus",), "1", (0.9, 0.7))
SPEED = Axis("speed_m_s", "task", ("speed_m_s",), "m/s", (3.5, 4.0, 4.5))
STIFF = Axis("stiffness", "set", ("achilles.stiffness_N_mm",), "N/mm", (200.0, 300.0))
TRACKING = Axis("tracking", "cost", ("tracking",), "1", (0.01, 0.1, 1.0), spacing="log")
CADENCE = Axis("cadence_Hz", "task", ("cadence_Hz",), "Hz", (2.6, 2.8, 3.0))
WEAK = Scenario("weak", (Change("strength", "soleus", 0.8),))
WEAKER = Scenario("weaker", (Change("strength", "soleus", 0.6),), after="weak")
SOFT = Scenario("soft", (Change("set", "contact.friction", 0.5), Change("strength", "soleus", 0.8)))


GRID = Sampling()


def study(*parts: Axis | Scenario, base: Case = BASE, sampling: Sampling = GRID) -> Study:
    axes = tuple(part for part in parts if isinstance(part, Axis))
    scenarios = tuple(part for part in parts if isinstance(part, Scenario))
    present = {"achilles.stiffness_N_mm": 250.0, "contact.friction": 0.8}
    return Study(Path("study.toml"), "mine", "What if?", base, scenarios, axes, sampling, present)


def sampled(*axes: Axis) -> tuple[Axis, ...]:
    """The axes as ranges."""
    return tuple(
        dataclasses.replace(axis, values=(), low=axis.ends[0], high=axis.ends[1]) for axis in axes
    )


def rest_of(case: Case) -> Case:
    """The case without weakness."""
    kept = tuple(change for change in case.changes if change.kind not in WEAKNESSES)
    return dataclasses.replace(case, changes=kept)


def names_of(plan: Plan) -> list[str]:
    return [plan.name_of(number) for number in range(plan.n)]


def parents_by_name(plan: Plan) -> dict[str, str]:
    names = names_of(plan)
    return {names[n]: names[plan.tree.parents[n]] for n in range(1, plan.n)}


SOBOL = Sampling("sobol", 12, seed=3)
STUDIES = {
    "scenarios": study(WEAK, WEAKER, SOFT),
    "grid": study(GLUTEUS, SPEED),
    "no healthy value": study(SOLEUS, STIFF),
    "mixed grid": study(WEAK, SOFT, SOLEUS, SPEED, TRACKING),
    "cadence": study(WEAK, CADENCE, base=dataclasses.replace(BASE, stride_time=2.0 / 2.8)),
    "zip": study(WEAK, GLUTEUS, SPEED, sampling=Sampling("zip")),
    "sobol": study(SOFT, *sampled(GLUTEUS, SPEED, STIFF), sampling=SOBOL),
    "strengths only": study(*sampled(GLUTEUS, SOLEUS), sampling=Sampling("latin_hypercube", 20)),
    "unpaired": study(SOLEUS, SPEED, STIFF, sampling=Sampling(paired=False)),
    "weak base": study(
        SOLEUS, base=dataclasses.replace(BASE, changes=(Change("strength", "soleus", 0.9),))
    ),
}
ALL = pytest.mark.parametrize("asked", STUDIES.values(), ids=STUDIES.keys())


@ALL
def test_every_place_of_the_grid_has_one_case(asked):
    plan = plan_of(asked)
    on_grid = plan.place[plan.place >= 0]
    assert sorted(on_grid) == list(range(int(np.prod(plan.shape))))
    assert plan.shape == tuple(len(plan.labels[dim]) for dim in plan.dims)


@ALL
def test_the_first_case_is_the_base_and_parents_come_before_children(asked):
    plan = plan_of(asked)
    assert plan.case(0) == asked.base and plan.name_of(0) == HEALTHY
    assert plan.tree.parents[0] == -1
    assert np.all(plan.tree.parents[1:] < np.arange(1, plan.n))


@ALL
def test_no_two_cases_are_the_same(asked):
    plan = plan_of(asked)
    texts = [plan.case(number).to_toml() for number in range(plan.n)]
    assert len(set(texts)) == plan.n


@ALL
def test_names_are_unique_and_fit_for_files(asked):
    names = names_of(plan_of(asked))
    assert len({name.casefold() for name in names}) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_.+=@,-]{1,100}", name) for name in names)


@ALL
def test_the_partner_is_the_case_without_its_weakness(asked):
    plan = plan_of(asked)
    fixed = len(asked.base.changes)
    for number, partner in enumerate(plan.baselines):
        if partner == -1:
            assert not asked.sampling.paired
            continue
        case, healthy = plan.case(number), plan.case(int(partner))
        assert rest_of(case) == rest_of(healthy)
        weaknesses = [change for change in healthy.changes if change.kind in WEAKNESSES]
        assert tuple(weaknesses) == asked.base.changes and len(weaknesses) == fixed
        assert plan.baselines[partner] == partner


@ALL
def test_equal_studies_have_equal_plans(asked):
    first, again = plan_of(asked), plan_of(dataclasses.replace(asked))
    assert names_of(first) == names_of(again)
    assert np.array_equal(first.tree.parents, again.tree.parents)


@pytest.mark.parametrize("name", ["sobol", "strengths only", "unpaired"])
def test_partners_are_added_only_where_they_are_wanted(name):
    asked = STUDIES[name]
    plan = plan_of(asked)
    added = {"sobol": 1 + 2 * 12, "strengths only": 1, "unpaired": 1}[name]
    assert plan.n - int(np.prod(plan.shape)) == added


def test_a_place_holds_the_values_of_its_labels():
    plan = plan_of(STUDIES["mixed grid"])
    assert plan.dims == ("scenario", "soleus", "speed_m_s", "tracking")
    assert plan.labels["scenario"] == (HEALTHY, "weak", "soft")
    assert plan.units == {"soleus": "1", "speed_m_s": "m/s", "tracking": "1"}
    for number in np.flatnonzero(plan.place >= 0):
        index = np.unravel_index(plan.place[number], plan.shape)
        scenario, soleus, speed, tracking = (
            plan.labels[dim][i] for dim, i in zip(plan.dims, index, strict=True)
        )
        case = plan.case(int(number))
        assert (case.speed, case.costs.tracking) == (speed, tracking)
        assert Change("strength", "soleus", soleus) in case.changes
        assert (Change("set", "contact.friction", 0.5) in case.changes) == (scenario == "soft")
        assert case.costs == cost_weights(BASE.mode, {"tracking": tracking})


def test_samples_hold_the_values_along_them():
    plan = plan_of(STUDIES["sobol"])
    assert plan.dims == ("scenario", "sample") and plan.seed == 3
    assert plan.labels["sample"] == tuple(range(12))
    for number in np.flatnonzero(plan.place >= 0):
        _, sample = np.unravel_index(plan.place[number], plan.shape)
        case = plan.case(int(number))
        assert case.speed == plan.along["speed_m_s"][sample]
        stiffness = float(plan.along["stiffness"][sample])
        assert Change("set", "achilles.stiffness_N_mm", stiffness) in case.changes
    assert plan_of(STUDIES["grid"]).along == {} and plan_of(STUDIES["grid"]).seed is None


def test_parameters_are_set_before_weaknesses():
    plan = plan_of(study(SOFT, SOLEUS, STIFF))
    kinds = [[change.kind for change in plan.case(number).changes] for number in range(plan.n)]
    assert ["set", "set", "strength", "strength"] in kinds
    assert all(of_case == sorted(of_case) for of_case in kinds)


def test_a_scenario_starts_from_the_one_it_names_or_from_the_nearest():
    between = Scenario("between", (Change("strength", "soleus", 0.7),))
    parents = parents_by_name(plan_of(study(WEAK, between, WEAKER)))
    assert parents == {"weak": HEALTHY, "between": "weak", "weaker": "weak"}


def test_a_grid_is_climbed_step_by_step_in_each_task():
    assert parents_by_name(plan_of(STUDIES["grid"])) == {
        "healthy@speed_m_s=3.5": HEALTHY,
        "healthy@speed_m_s=4.5": HEALTHY,
        "gluteus=0.8,speed_m_s=4": HEALTHY,
        "gluteus=0.8,speed_m_s=3.5": "healthy@speed_m_s=3.5",
        "gluteus=0.8,speed_m_s=4.5": "healthy@speed_m_s=4.5",
        "gluteus=0.6,speed_m_s=4": "gluteus=0.8,speed_m_s=4",
        "gluteus=0.6,speed_m_s=3.5": "gluteus=0.8,speed_m_s=3.5",
        "gluteus=0.6,speed_m_s=4.5": "gluteus=0.8,speed_m_s=4.5",
    }


def test_a_healthy_partner_starts_from_a_healthy_one_closer_to_the_base():
    asked = study(SOLEUS, *sampled(SPEED, STIFF), sampling=Sampling("sobol", 30))
    asked = dataclasses.replace(asked, axes=(*sampled(SOLEUS), *asked.axes[1:]))
    plan = plan_of(asked)
    healthy = np.flatnonzero(plan.baselines == np.arange(plan.n))[1:]
    assert len(healthy) == 30
    parents = plan.tree.parents[healthy]
    assert np.array_equal(plan.baselines[parents], parents)
    from_base = np.linalg.norm(plan.tree.positions - plan.tree.positions[0], axis=1)
    assert np.all(from_base[parents] < from_base[healthy])


def test_partners_off_the_grid_are_named_after_their_task():
    names = set(names_of(plan_of(STUDIES["mixed grid"])))
    assert "healthy@speed_m_s=3.5,tracking=0.01" in names
    assert "healthy@scenario=soft,speed_m_s=4,tracking=0.1" in names
    assert "weak@soleus=0.9,speed_m_s=4,tracking=0.1" in names


def test_close_values_have_names_that_differ():
    close = dataclasses.replace(SPEED, values=(3.0, 3.0000001, 3.1))
    assert "gluteus=0.8,speed_m_s=3.0000001" in names_of(plan_of(study(GLUTEUS, close)))


def test_long_names_are_cut_and_still_differ():
    long = dataclasses.replace(WEAK, name="w" * 150), dataclasses.replace(SOFT, name="w" * 149)
    names = names_of(plan_of(study(*long, SPEED)))
    assert max(map(len, names)) == LONGEST_NAME and len(set(names)) == len(names)


def test_more_values_leave_the_names_of_before():
    more = dataclasses.replace(GLUTEUS, values=(1.0, 0.9, 0.8, 0.7, 0.6))
    assert set(names_of(plan_of(study(GLUTEUS, SPEED)))) <= set(
        names_of(plan_of(study(more, SPEED)))
    )


def test_strength_of_an_axis_multiplies_that_of_a_scenario():
    plan = plan_of(study(WEAK, dataclasses.replace(SOLEUS, values=(1.0, 0.8))))
    values = [
        tuple(change.value for change in plan.case(number).changes) for number in range(plan.n)
    ]
    assert sorted(values) == [(), (0.8,), (0.8, 0.8), (0.8, 1.0)]


def test_strengths_lie_where_their_product_lies():
    plan = plan_of(study(WEAK, dataclasses.replace(SOLEUS, values=(1.0, 0.5))))
    places = {plan.name_of(n): plan.tree.positions[n].tolist() for n in range(plan.n)}
    assert places == {
        HEALTHY: [0.0],
        "weak@soleus=1": [pytest.approx(2.0)],
        "soleus=0.5": [pytest.approx(5.0)],
        "weak@soleus=0.5": [pytest.approx(6.0)],
    }


def test_one_step_is_a_tenth_of_a_range_or_a_quarter_of_a_meter_a_second():
    plan = plan_of(study(SPEED, TRACKING, STIFF, SOFT))
    lowest, highest = plan.tree.positions.min(axis=0), plan.tree.positions.max(axis=0)
    # friction and soleus of the scenario, speed, tracking (in ratios), stiffness
    assert highest - lowest == pytest.approx([3.75, 2.0, 4.0, 10.0, 10.0])
    tracking = np.unique(plan.tree.positions[:, 3].round(6))
    assert np.diff(tracking) == pytest.approx([5.0, 5.0])


def test_a_partner_that_was_added_starts_healthy_whatever_its_scenario_starts_from():
    parents = parents_by_name(plan_of(study(WEAK, dataclasses.replace(SOFT, after="weak"))))
    assert parents["soft"] == "weak"
    assert parents["healthy@scenario=soft"] == HEALTHY


def test_a_free_cadence_is_told_from_fixed_ones():
    cadences = {case.stride_time for case in map(plan_of(study(CADENCE)).case, range(4))}
    assert cadences == {None, 2.0 / 2.6, 2.0 / 2.8, 2.0 / 3.0}
    assert plan_of(study(CADENCE, base=dataclasses.replace(BASE, stride_time=2.0 / 2.8))).n == 3


def test_a_hundred_thousand_cases_are_a_few_arrays():
    names = ("soleus", "gluteus_maximus", "hamstrings", "rectus_femoris", "vasti")
    values = tuple(round(1.0 - 0.05 * i, 2) for i in range(10))
    plan = plan_of(study(*(Axis(n, "strength", (n,), "1", values) for n in names)))
    assert plan.n == 100_000
    arrays = [plan.tree.parents, plan.tree.positions, plan.tree.depths, plan.values, plan.place]
    arrays += [plan.source, plan.stripped, plan.baselines]
    assert sum(array.nbytes for array in arrays) < 20e6
    assert plan.tree.depths.max() == 5 * 9
    for number in (1, 777, 99_999):
        index = np.unravel_index(plan.place[number], plan.shape)
        given = {name: values[i] for name, i in zip(names, index, strict=True) if i}
        assert {c.of: c.value for c in plan.case(number).changes} == given


def test_number_of_cases_is_the_product_of_scenarios_and_axes():
    for scenarios, axes in itertools.product([(), (WEAK,), (WEAK, WEAKER)], [(GLUTEUS,), (SPEED,)]):
        plan = plan_of(study(*scenarios, *axes))
        assert plan.n == (1 + len(scenarios)) * 3
