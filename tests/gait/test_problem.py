"""The running problem has exact derivatives on every mesh and knows sides by name only."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
import scipy.sparse as sp
from numpy.typing import NDArray

from surae._pytree import replace
from surae.api import load_runner
from surae.files.normative import normative_stride
from surae.gait.guess import reference_guess
from surae.gait.problem import (
    RunningProblem,
    highest_excitation,
    problem_parts,
    running_problem,
)
from surae.gait.reference import LATERAL_COORDINATES, select
from surae.gait.stride import Stride
from surae.gait.structure import structure
from surae.gait.unfold import unfolded
from surae.loads.bursts import bursts_of
from surae.nlp.program import Guess, Pattern
from surae.runner.excitation_limits import BURST_FIELDS, Bursts
from surae.runner.mirror import mirror_of_coordinates, mirror_permutation
from surae.runner.runner import Runner
from surae.runner.weakness import muscles_of, weaken
from surae.transcription.collocation import SCHEMES, mesh
from surae.transcription.problem import TranscribedProgram

Floats = NDArray[np.float64]


def sparse(pattern: Pattern, values: Floats) -> sp.csc_matrix:
    return sp.csc_matrix((values, (pattern.rows, pattern.columns)), shape=pattern.shape)


@pytest.mark.parametrize("scheme", sorted(SCHEMES))
@pytest.mark.parametrize("symmetry", ["half", "full"])
def test_derivatives_of_the_program_are_those_of_finite_differences(
    scheme: str, symmetry: str, make_problem: Any, near_reference: Any
) -> None:
    problem = make_problem(scheme=scheme, symmetry=symmetry, intervals=3)
    program = TranscribedProgram(problem.problem)
    x = near_reference(problem)
    rng = np.random.default_rng(1)
    rows = rng.standard_normal(len(program.row_lower))
    h = 1e-6

    def lagrangian_slope(x: Floats) -> Floats:
        jacobian = sparse(program.jacobian_pattern, program.jacobian(x))
        return 0.7 * program.gradient(x) + jacobian.T @ rows

    jacobian = sparse(program.jacobian_pattern, program.jacobian(x).copy())
    gradient = program.gradient(x).copy()
    upper = sparse(program.hessian_pattern, program.hessian(x, 0.7, rows))
    hessian = upper + sp.triu(upper, 1).T
    for _ in range(3):
        # Every entry takes part in a random direction.
        d = rng.standard_normal(program.n_unknowns)
        ends = x + h * d, x - h * d
        values = [program.constraints(end).copy() for end in ends]
        costs = [program.cost(end) for end in ends]
        slopes = [lagrangian_slope(end) for end in ends]
        close(jacobian @ d, (values[0] - values[1]) / (2.0 * h))
        close(np.array([gradient @ d]), np.array([(costs[0] - costs[1]) / (2.0 * h)]))
        close(hessian @ d, (slopes[0] - slopes[1]) / (2.0 * h))


def close(found: Floats, expected: Floats) -> None:
    scale = float(np.abs(expected).max())
    np.testing.assert_allclose(found, expected, rtol=0.0, atol=3e-6 * scale)


def mirrored_names(problem: RunningProblem) -> dict[str, NDArray[np.int64]]:
    runner = problem.runner
    elastic = tuple(runner.muscle_names[i] for i in problem.elastic)
    return {
        "coordinates": mirror_permutation(runner.coordinate_names),
        "activation": mirror_permutation(runner.muscle_names),
        "excitation": mirror_permutation(runner.muscle_names),
        "tendon_force": mirror_permutation(elastic),
        "motors": np.arange(len(runner.actuators.names)),
        "reserves": mirror_permutation(runner.coordinate_names),
    }


def test_a_mirrored_runner_has_the_mirrored_equations_half_a_stride_later(
    planar: Runner, make_task: Any, near_reference: Any
) -> None:
    task = make_task(symmetry="full", intervals=4)
    right = running_problem(weaken(planar, "gluteus_maximus_r", strength=0.5), task)
    left = running_problem(weaken(planar, "gluteus_maximus_l", strength=0.5), task)
    book, points = right.layout, right.layout.mesh.n_points
    x = near_reference(right)
    mirrored = x.copy()
    late = np.roll(np.arange(points), -points // 2)
    names = mirrored_names(right)
    for name, columns in book.unknowns.items():
        if name != "duration":
            mirrored[columns] = x[columns][names[name.rstrip("'")]][:, late]
    one, other = TranscribedProgram(right.problem), TranscribedProgram(left.problem)
    np.testing.assert_allclose(other.cost(mirrored), one.cost(x), rtol=1e-9)
    n, m = len(planar.coordinate_names), len(planar.muscle_names)
    swap = np.concatenate(
        [names["coordinates"], n + names["activation"], n + m + names["tendon_force"]]
    )
    rows, mirrored_rows = (
        program.constraints(at)[: program.n_rows].reshape(-1, points)
        for program, at in ((one, x), (other, mirrored))
    )
    np.testing.assert_allclose(mirrored_rows, rows[swap][:, late], atol=1e-9)
    # The weak side is felt: without changing sides the rows differ.
    assert (
        np.abs(one.constraints(mirrored)[: one.n_rows].reshape(-1, points) - mirrored_rows).max()
        > 1e-4
    )


def test_half_a_stride_has_half_of_the_equations_of_the_whole(
    make_problem: Any, near_reference: Any
) -> None:
    half, full = make_problem(intervals=4), make_problem(intervals=4, symmetry="full")
    x = near_reference(half)
    whole = unfolded(half, full, Guess(x)).unknowns
    one, both = TranscribedProgram(half.problem), TranscribedProgram(full.problem)
    points = half.layout.mesh.n_points
    np.testing.assert_allclose(both.cost(whole), one.cost(x), rtol=1e-9)
    rows = one.constraints(x)[: one.n_rows].reshape(-1, points)
    found = both.constraints(whole)[: both.n_rows].reshape(-1, 2 * points)
    np.testing.assert_allclose(found[:, :points], rows, atol=1e-9)


def test_half_a_full_body_stride_has_half_of_the_equations_of_the_whole(make_task: Any) -> None:
    """What leads sideways (pelvis list and rotation, the trunk's) changes its sign on the way."""
    runner = load_runner("full")
    reference = select(normative_stride(4.0), runner.coordinate_names)
    half, full = (
        running_problem(
            runner, make_task(intervals=2, symmetry=s, reference=reference, step_width=0.08)
        )
        for s in ("half", "full")
    )
    rng = np.random.default_rng(3)
    x = reference_guess(half).unknowns + 0.02 * rng.standard_normal(half.layout.n_unknowns)
    x = np.clip(x, half.layout.lower, half.layout.upper)
    one, both = TranscribedProgram(half.problem), TranscribedProgram(full.problem)
    points = half.layout.mesh.n_points
    rows = one.constraints(x)[: one.n_rows].reshape(-1, points)
    whole = both.constraints(unfolded(half, full, Guess(x)).unknowns)
    found = whole[: both.n_rows].reshape(-1, 2 * points)
    coordinates = mirror_of_coordinates(runner.skeleton)
    names = {n for n, s in zip(runner.coordinate_names, coordinates.signs, strict=True) if s < 0.0}
    assert names == set(LATERAL_COORDINATES)
    n = len(runner.coordinate_names)
    np.testing.assert_allclose(found[:, :points], rows, atol=1e-8)
    np.testing.assert_allclose(found[:n, points:], coordinates.image(rows[:n]), atol=1e-8)
    assert half.problem.row_names[-1] == "step width"
    np.testing.assert_allclose(found[-1, points:], rows[-1], atol=1e-8)


def test_a_weaker_runner_changes_parameters_only(
    planar: Runner, make_problem: Any, near_reference: Any, compilations: Any
) -> None:
    problem = make_problem(intervals=4)
    program = TranscribedProgram(problem.problem)
    x = near_reference(problem)
    y = np.random.default_rng(2).standard_normal(len(program.row_lower))

    def everything() -> list[Floats]:
        return [
            program.constraints(x).copy(),
            program.jacobian(x).copy(),
            program.hessian(x, 1.0, y),
        ]

    healthy = everything()
    weak = weaken(planar, "gluteus_maximus", strength=0.6)
    weaker = running_problem(weak, problem.task, like=problem).problem
    before = len(compilations)
    program.update(weaker)
    updated = everything()
    # Arrays are put together outside of compiled functions, so only whole functions count here.
    assert len(compilations) == before
    fresh = TranscribedProgram(running_problem(weak, problem.task).problem)
    np.testing.assert_array_equal(updated[0], fresh.constraints(x))
    assert not np.allclose(updated[0], healthy[0])
    program.update(problem.problem)
    for again, first in zip(everything(), healthy, strict=True):
        np.testing.assert_array_equal(again, first)


def test_an_atrophied_muscle_costs_less_and_no_other_more(planar: Runner, make_task: Any) -> None:
    def effort(runner: Runner) -> Floats:
        parts = running_problem(runner, make_task(intervals=3)).problem.parts
        part = next(part for part in parts if part.name == "activation")
        return np.asarray(part.parameters.effort)

    healthy = effort(planar)
    small, chosen = weaken(planar, "soleus", atrophy=0.7), list(muscles_of(planar, "soleus"))
    expected = healthy.copy()
    expected[chosen] *= 0.7
    assert healthy.sum() == pytest.approx(make_task().costs.effort)
    np.testing.assert_allclose(effort(small), expected, rtol=1e-12)
    np.testing.assert_array_equal(effort(weaken(planar, "soleus", strength=0.7)), healthy)


def test_limits_of_excitation_are_bounds_and_no_more(planar: Runner, make_problem: Any) -> None:
    problem = make_problem(intervals=6)
    late = weaken(planar, "gluteus_maximus", delay=40.0, ceiling=0.8)
    assert structure(late, problem.task) == structure(planar, problem.task)
    limited = running_problem(late, problem.task, like=problem)
    book, healthy = limited.layout, problem.layout
    points = book.mesh.n_points
    changed = book.upper != healthy.upper
    chosen = list(muscles_of(planar, "gluteus_maximus"))
    assert set(np.flatnonzero(changed)) == set(book.unknowns["excitation"][chosen].ravel())
    fresh = running_problem(late, problem.task).layout
    np.testing.assert_array_equal(book.upper, fresh.upper)
    expected = highest_excitation(late, problem.task, 0.5 * book.mesh.times)
    assert expected.shape == (len(planar.muscle_names), points)
    np.testing.assert_array_equal(book.upper[book.unknowns["excitation"]], expected)
    assert expected[chosen].min() < 0.25 < expected[chosen].max() == 0.8


@pytest.mark.parametrize("name", ["planar", "full"])
def test_half_a_stride_and_its_mirror_image_have_the_limits_of_a_whole_one(
    name: str, planar: Runner, reference: Any, make_task: Any
) -> None:
    runner = load_runner(name)
    if runner.bursts is None:  # as if all muscles had that of planar's gluteus maximus
        index = [planar.muscle_names.index(f"gluteus_maximus_{n[-1]}") for n in runner.muscle_names]
        own = {f: getattr(planar.bursts, f)[jnp.asarray(index)] for f in BURST_FIELDS}
        runner = replace(runner, bursts=replace(planar.bursts, **own))
    late = weaken(runner, "gluteus_maximus", delay=30.0, advance=20.0, drop=0.6)
    half, whole = make_task(), make_task(symmetry="full")
    grids = [mesh(half.scheme, n * half.intervals) for n in (1, 2)]
    first = highest_excitation(late, half, 0.5 * grids[0].times)
    both = highest_excitation(late, whole, grids[1].times)
    mirrored = first[mirror_permutation(runner.muscle_names)]
    np.testing.assert_allclose(both, np.concatenate([first, mirrored], axis=1), atol=1e-9)
    assert np.ptp(both[list(muscles_of(runner, "gluteus_maximus"))]) > 0.5


def test_a_healthy_stride_is_below_the_limits_of_its_bursts(planar: Runner, stride: Stride) -> None:
    task, runner = stride.problem.task, planar
    found = bursts_of(stride.gait)
    none = {**dict.fromkeys(BURST_FIELDS, 0.0), "stride_time": 1.0}
    tables = {
        field: jnp.asarray([[found.get(m, none)[field]] for m in runner.muscle_names])
        for field in BURST_FIELDS
    }
    own = replace(runner, bursts=Bursts(speed=jnp.asarray([task.speed]), **tables))
    times = np.asarray(stride.gait.time) / float(stride.gait.duration)

    def is_free(muscle: str, **change: float) -> bool:
        ceiling = highest_excitation(weaken(own, muscle, **change), task, times)
        return bool(np.all(stride.gait.excitation.T <= ceiling))

    active = [m for m in found if m.startswith(("gluteus", "vasti", "soleus"))]
    assert len(active) == 6
    for muscle in active:
        # The shortest delay holds for an edge, in which a burst may begin to rise.
        assert is_free(muscle, drop=0.9999) and is_free(muscle, advance=1e-6)
        assert not is_free(muscle, drop=0.5) and not is_free(muscle, delay=40.0)


def test_stride_time_can_be_given(make_problem: Any) -> None:
    for symmetry, share in (("half", 0.5), ("full", 1.0)):
        book = make_problem(symmetry=symmetry, stride_time=0.71, intervals=3).layout
        column = book.unknowns["duration"][0, 0]
        for bound in (book.lower, book.upper):
            np.testing.assert_allclose(bound[column] * book.scale[column], share * 0.71)


def test_costs_without_weight_cost_nothing(make_problem: Any, make_task: Any) -> None:
    task = make_task(intervals=3)
    weights = dataclasses.replace(
        task.costs,
        effort=0.0,
        activation_rate=0.0,
        acceleration=0.0,
        motor=0.0,
        tracking=0.0,
        ground_reaction=0.0,
    )
    problem = make_problem(intervals=3, costs=weights)
    split = TranscribedProgram(problem.problem).cost_by_part(reference_guess(problem).unknowns)
    elastic = {name: cost for name, cost in split.items() if "elastic" in name}
    assert all(cost == 0.0 for name, cost in split.items() if name not in elastic)


def test_gravity_is_felt_through_the_skeleton_alone(
    planar: Runner, make_task: Any, near_reference: Any
) -> None:
    task = make_task(intervals=3)
    here = running_problem(planar, task)
    floating = replace(planar, skeleton=replace(planar.skeleton, gravity=jnp.zeros(3)))
    x = near_reference(here)
    parts = problem_parts(floating, task, here.layout, here.elastic, here.phases)
    program = TranscribedProgram(here.problem)
    weight = program.constraints(x)[: program.n_rows].copy()
    program.update(dataclasses.replace(here.problem, parts=parts))
    points = here.layout.mesh.n_points
    change = (weight - program.constraints(x)[: program.n_rows]).reshape(-1, points)
    vertical = planar.coordinate_names.index("pelvis_ty")
    # In units of body weight.
    np.testing.assert_allclose(change[vertical], 1.0, rtol=1e-10)
    np.testing.assert_allclose(change[planar.coordinate_names.index("pelvis_tx")], 0.0, atol=1e-10)
    np.testing.assert_allclose(change[len(planar.coordinate_names) :], 0.0, atol=1e-12)
