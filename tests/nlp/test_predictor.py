"""A path from one solution to the next, where bounds begin and cease to act on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from surae.nlp.active_set import follow
from surae.nlp.ipopt import IpoptOptions, Solver
from surae.nlp.kkt import Blocks, Solution
from surae.nlp.predictor import apart_from_bounds, predicted
from surae.nlp.program import Guess

OPTIONS = IpoptOptions()
N = 12


def blocks(n: int, m: int) -> Blocks:
    """One block, and the rows in the border."""
    none = np.zeros(0, dtype=int)
    return Blocks(np.zeros(n, dtype=int), np.full(m, -1), none.reshape(0, 2), none)


def solved(program: Any, guess: Guess | None = None) -> tuple[Guess, int]:
    start = guess or Guess(np.full(len(program.lower), 0.3))
    point, report = Solver(program, OPTIONS).solve(start)
    assert report.status.solved
    return Guess(point.unknowns, point.row_multipliers, point.bound_multipliers), report.iterations


@pytest.fixture
def boxed(dense: Any) -> Callable[..., Any]:
    """The point nearest to one on the way between two targets, by a random metric, in a box, on two
    planes (curved: bent ones)."""

    def make(seed: int, share: float, curved: float = 0.0) -> Any:
        random = np.random.default_rng(seed)
        metric = random.normal(size=(N, N))
        metric = jnp.asarray(metric @ metric.T / N + np.eye(N))
        first, last = random.uniform(-0.2, 1.2, (2, N))
        target = jnp.asarray((1.0 - share) * first + share * last)
        planes = jnp.asarray(random.normal(size=(2, N)))
        return dense(
            cost=lambda x: 0.5 * (x - target) @ metric @ (x - target),
            rows=lambda x: planes @ x + curved * jnp.stack([jnp.sum(x**3), jnp.sum(jnp.sin(x))]),
            lower=np.zeros(N),
            upper=np.ones(N),
            row_lower=np.asarray(planes @ np.full(N, 0.5)),
            row_upper=np.asarray(planes @ np.full(N, 0.5)),
        )

    return make


def acting(point: Guess) -> set[int]:
    assert point.bound_multipliers is not None
    return set(np.flatnonzero(np.abs(point.bound_multipliers) > 1e-6).tolist())


@pytest.mark.parametrize("seed", range(6))
def test_where_all_is_straight_the_path_ends_in_the_other_solution(
    seed: int, boxed: Callable[..., Any]
):
    near, far = boxed(seed, 0.0), boxed(seed, 1.0)
    (start, _), (end, _) = solved(near), solved(far)
    assert acting(start) != acting(end)
    solution = Solution(far, start, blocks(N, 2))
    rest = solution.residual
    found = follow(solution, np.concatenate([rest.stationarity, rest.rows]))
    assert found.reached == 1.0
    for name in ("unknowns", "row_multipliers", "bound_multipliers"):
        np.testing.assert_allclose(getattr(found.point, name), getattr(end, name), atol=1e-5)


@pytest.mark.parametrize("seed", range(6))
def test_a_predicted_start_saves_iterations_and_finds_the_same(
    seed: int, boxed: Callable[..., Any]
):
    near, far = boxed(seed, 0.0, curved=0.1), boxed(seed, 0.25, curved=0.1)
    start, _ = solved(near)
    plain, iterations = solved(far, start)
    found = predicted(far, start, blocks(N, 2), OPTIONS.final_barrier)
    assert found.legs >= 1
    predicted_end, fewer = solved(far, found.start)
    np.testing.assert_allclose(predicted_end.unknowns, plain.unknowns, atol=1e-6)
    gap = np.abs(found.start.unknowns - plain.unknowns).max()
    assert gap < 0.3 * np.abs(start.unknowns - plain.unknowns).max()
    assert fewer < iterations


def test_what_is_solved_already_or_too_far_starts_where_it_is(boxed: Callable[..., Any]):
    start, _ = solved(boxed(0, 0.0))
    there = predicted(boxed(0, 0.0), start, blocks(N, 2), OPTIONS.final_barrier)
    assert there.legs == 0 and there.start is start
    far = boxed(0, 9.0)
    assert predicted(far, start, blocks(N, 2), OPTIONS.final_barrier).start is start


def test_a_start_that_is_no_minimum_is_left_alone(dense: Any):
    def make(sign: float, shift: float) -> Any:
        return dense(
            cost=lambda x: sign * jnp.sum((x - 0.4 - shift) ** 2),
            rows=lambda x: jnp.stack([jnp.sum(x)]),
            lower=[0.0, 0.0],
            upper=[1.0, 1.0],
            row_lower=[0.8],
            row_upper=[0.8],
        )

    middle = Guess(np.array([0.4, 0.4]), np.zeros(1), np.zeros(2))
    moved = make(1.0, 0.0)
    moved.row_lower = moved.row_upper = np.array([0.9])
    assert predicted(moved, middle, blocks(2, 1), 1e-10).legs == 1
    turned = make(-1.0, 0.0)
    turned.row_lower = turned.row_upper = np.array([0.9])
    assert predicted(turned, middle, blocks(2, 1), 1e-10).start is middle


def test_bounds_are_kept_at_the_barriers_distance(projection: Callable[..., Any]):
    program = projection([1.0, 2.0, 3.0], 9.0, [0.0, 0.0, 0.0])
    given = Guess(np.array([-1e-8, 0.0, 2.0]), np.zeros(1), np.array([-0.1, 0.0, 0.0]))
    moved = apart_from_bounds(program, given, 1e-10).unknowns
    np.testing.assert_allclose(moved, [1e-9, 1e-5, 2.0])
