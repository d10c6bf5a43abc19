"""The tree decides every start, whoever finishes first."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surae.study.schedule import COLD, Assignment, Schedule
from surae.study.tree import tree_of


def a_tree(n: int, seed: int):
    positions = np.random.default_rng(seed).uniform(0.0, 3.0, (n, 2))
    positions[0] = 0.0
    return tree_of(positions, weakness=(0, 1))[0]


def run(schedule: Schedule, n: int, fails, order) -> dict[int, tuple[list[int], bool]]:
    """All attempts of each case; `order` picks which of the running ones ends next."""
    running: list[Assignment] = []
    starts: dict[int, tuple[list[int], bool]] = {}
    while True:
        while (given := schedule.next()) is not None:
            running.append(given)
        if not running:
            return starts
        done = running.pop(order(len(running)))
        tried, _ = starts.get(done.number, ([], False))
        solved = not fails(done.number, done.start)
        starts[done.number] = ([*tried, done.start], solved)
        schedule.finished(done.number, solved)


@settings(deadline=None, max_examples=60)
@given(
    n=st.integers(1, 40),
    seed=st.integers(0, 1000),
    share=st.floats(0.0, 0.9),
    orders=st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)),
)
def test_starts_do_not_depend_on_who_finishes_first(n, seed, share, orders):
    tree = a_tree(n, seed)

    def fails(number: int, start: int) -> bool:
        return bool(np.random.default_rng([seed, number, start + 1]).random() < share)

    outcomes = []
    for order in orders:
        random = np.random.default_rng(order)
        outcomes.append(run(Schedule(tree), n, fails, lambda k, r=random: int(r.integers(k))))
    assert outcomes[0] == outcomes[1]
    assert sorted(outcomes[0]) == list(range(n)), "every case is tried"


def test_without_failures_everyone_starts_from_the_parent():
    tree = a_tree(30, 3)
    starts = run(Schedule(tree), 30, lambda *_: False, lambda k: 0)
    assert {number: tried for number, (tried, _) in starts.items()} == {
        number: [int(parent)] for number, parent in enumerate(tree.parents)
    }


def test_the_ladder_is_parent_neighbour_cold():
    tree = a_tree(12, 5)
    starts = run(Schedule(tree), 12, lambda number, _: number == 11, lambda k: 0)
    tried, solved = starts[11]
    assert not solved and len(tried) == 3
    assert tried[0] == tree.parents[11] and tried[2] == COLD
    assert tried[1] == next(n for n in tree.neighbours(11) if n != tree.parents[11])


def test_children_of_a_failed_case_find_another_parent():
    tree = a_tree(20, 2)
    failed = next(n for n in range(1, 20) if len(tree.children(n)))
    starts = run(Schedule(tree), 20, lambda number, _: number == failed, lambda k: 0)
    for child in tree.children(failed):
        tried, solved = starts[int(child)]
        assert solved and tried[0] not in (failed, COLD)


def test_what_is_final_is_not_tried_again():
    tree = a_tree(20, 2)
    schedule = Schedule(tree, solved=range(10), failed=[10])
    starts = run(schedule, 20, lambda *_: False, lambda k: 0)
    assert sorted(starts) == list(range(11, 20))
    assert schedule.count() == (19, 1)


def test_a_damaged_start_is_solved_again_first():
    tree = a_tree(5, 1)
    schedule = Schedule(tree, solved=range(4))
    asked = schedule.next()
    assert asked is not None and asked.number == 4
    schedule.reopen(asked.start, asked)
    again = schedule.next()
    assert again is not None and again.number == asked.start
    assert schedule.next() is None
    schedule.finished(again.number, True)
    assert schedule.next() == asked
    schedule.finished(4, True)
    assert schedule.count() == (5, 0)


def test_hopeless_cases_are_not_tried_from_elsewhere():
    schedule = Schedule(a_tree(3, 1), solved=[0, 1])
    asked = schedule.next()
    assert asked is not None
    assert schedule.finished(asked.number, False, hopeless=True)
    assert schedule.next() is None and schedule.count() == (2, 1)


@pytest.mark.parametrize("n", [1, 2])
def test_a_root_that_fails_leaves_its_children_the_cold_guess(n):
    starts = run(Schedule(a_tree(n, 0)), n, lambda number, _: number == 0, lambda k: 0)
    assert starts[0] == ([COLD], False)
    if n == 2:
        assert starts[1] == ([COLD], True)
