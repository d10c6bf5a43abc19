"""A tree of cases: every case starts from a near one, healthier in its own task where there is one.

Oracle: the rule in plain loops.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from surae.study.tree import Tree, tree_of


def grid(*sizes: int) -> np.ndarray:
    """Whole-numbered points; row 0 is the origin."""
    return np.array(list(itertools.product(*map(range, sizes))), dtype=float)


def scattered(seed: int, n: int, d: int) -> np.ndarray:
    points = np.random.default_rng(seed).uniform(0.0, 5.0, (n, d))
    return np.vstack([np.zeros(d), points])


def in_plain_loops(points: np.ndarray, weakness: list[int]) -> dict[bytes, bytes]:
    """The parent of each point; points are told by their bytes."""
    task = np.delete(points, weakness, axis=1)
    weak = np.linalg.norm(points[:, weakness], axis=1)
    from_root = np.linalg.norm(points - points[0], axis=1)
    groups: dict[bytes, list[int]] = {}
    for row in range(len(points)):
        groups.setdefault(task[row].tobytes(), []).append(row)
    parents: dict[bytes, bytes] = {}

    def hang(rows: list[int]) -> None:
        for i, row in enumerate(rows[1:], start=1):
            nearest = min(rows[:i], key=lambda other: np.linalg.norm(points[other] - points[row]))
            parents[points[row].tobytes()] = points[nearest].tobytes()

    ordered = [sorted(rows, key=lambda row: weak[row]) for rows in groups.values()]
    for rows in ordered:
        hang(rows)
    hang(sorted((rows[0] for rows in ordered), key=lambda row: from_root[row]))
    return parents


def parents_by_place(tree: Tree) -> dict[bytes, bytes]:
    return {
        tree.positions[number].tobytes(): tree.positions[tree.parents[number]].tobytes()
        for number in range(1, tree.n)
    }


@pytest.mark.parametrize("weakness", [(), (0,), (0, 1), (0, 1, 2)])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_rule_is_followed_where_nothing_ties(weakness, seed):
    points = scattered(seed, 150, 3)
    points[1:, 2] = np.repeat([0.0, 1.5, 4.0], 50)
    tree, order = tree_of(points, weakness)
    assert parents_by_place(tree) == in_plain_loops(points, list(weakness))
    assert np.array_equal(tree.positions, points[order])


@pytest.mark.parametrize("weakness", [(), (0, 1), (0, 1, 2, 3)])
def test_a_grid_is_climbed_one_step_at_a_time(weakness):
    points = grid(4, 3, 3, 5)
    tree, _ = tree_of(points, weakness)
    steps = np.abs(tree.positions[1:] - tree.positions[tree.parents[1:]])
    assert np.all(steps.sum(axis=1) == 1.0)
    assert np.array_equal(tree.depths, tree.positions.sum(axis=1))


def test_weakness_is_added_within_a_task_before_the_task_is_changed():
    points = grid(5, 5)
    tree, _ = tree_of(points, weakness=(0,))
    weak = tree.positions[:, 0] > 0.0
    parents = tree.positions[tree.parents]
    assert np.array_equal(parents[weak, 1], tree.positions[weak, 1])
    healthy = np.flatnonzero(~weak)[1:]
    assert np.all(parents[healthy, 0] == 0.0)


def test_a_task_without_a_healthy_case_starts_from_the_nearest_of_another_task():
    points = np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [2.0, 1.0]])
    tree, order = tree_of(points, weakness=(0,))
    number = int(np.flatnonzero(order == 3)[0])
    assert tree.positions[tree.parents[number]].tolist() == [0.0, 0.0]


def test_numbers_are_breadth_first_and_children_are_those_of_their_parent():
    tree, _ = tree_of(scattered(3, 400, 4), (0, 1))
    assert tree.parents[0] == -1 and np.all(tree.parents[1:] < np.arange(1, tree.n))
    assert np.all(np.diff(tree.depths) >= 0)
    assert np.array_equal(tree.depths[1:], tree.depths[tree.parents[1:]] + 1)
    for number in range(tree.n):
        assert np.array_equal(tree.children(number), np.flatnonzero(tree.parents == number))


def test_the_order_of_the_rows_does_not_matter():
    points = scattered(4, 300, 3)
    shuffled = np.vstack([points[:1], np.random.default_rng(5).permutation(points[1:])])
    for weakness in ((), (0,)):
        trees = [tree_of(rows, weakness)[0] for rows in (points, shuffled)]
        assert parents_by_place(trees[0]) == parents_by_place(trees[1])


def test_rounding_does_not_decide_between_ties():
    points = grid(6, 6, 6) * 0.1
    noise = np.random.default_rng(6).uniform(-1e-12, 1e-12, points.shape)
    exact, disturbed = tree_of(points)[0], tree_of(points + noise)[0]
    assert np.array_equal(exact.parents, disturbed.parents)


def test_of_many_equally_near_ones_the_one_closest_to_the_root_is_taken():
    angles = np.random.default_rng(8).permutation(np.linspace(0.6, 1.4, 41)) * np.pi
    circle = np.column_stack([10.0 + np.cos(angles), np.sin(angles)])
    tree, order = tree_of(np.vstack([[0.0, 0.0], [10.0, 0.0], circle]))
    number = int(np.flatnonzero(order == 1)[0])
    assert tree.positions[tree.parents[number]] == pytest.approx([9.0, 0.0])


def test_a_told_start_is_taken_and_the_others_do_not_hang_on_it():
    points = np.array([[0.0], [2.0], [4.0], [3.0]])
    tree, order = tree_of(points, after=np.array([-1, -1, -1, 2]))
    parents = {points[order[n], 0]: points[order[tree.parents[n]], 0] for n in range(1, 4)}
    assert parents == {2.0: 0.0, 4.0: 2.0, 3.0: 4.0}


def test_a_circle_of_told_starts_is_refused():
    with pytest.raises(ValueError, match="circle"):
        tree_of(np.zeros((3, 1)), after=np.array([-1, 2, 1]))


def test_equal_cases_and_a_single_one_are_a_tree():
    alone, _ = tree_of(np.zeros((1, 0)))
    assert alone.n == 1 and alone.parents.tolist() == [-1]
    assert alone.neighbours(0).tolist() == []
    equal, _ = tree_of(np.zeros((3000, 2)), weakness=(0,))
    assert equal.depths.max() == 1


@pytest.mark.parametrize("count", [1, 8, 500])
@pytest.mark.parametrize("points", [scattered(7, 200, 3), grid(6, 6, 6), grid(*[2] * 10)])
def test_neighbours_are_the_nearest_of_lower_number(points, count):
    tree, _ = tree_of(points)
    for number in (0, 1, 5, 120, tree.n - 1):
        distance = np.linalg.norm(tree.positions[:number] - tree.positions[number], axis=1)
        expected = np.lexsort((np.arange(number), distance.round(9)))[:count]
        assert tree.neighbours(number, count).tolist() == expected.tolist()
