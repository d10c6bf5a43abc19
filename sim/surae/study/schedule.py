"""Which case comes next, and from where it starts: decided by the tree, never by who is fastest.

A case starts from its parent. If its parent failed, or the case fails from there, it starts from
its nearest solved neighbour among the cases with smaller numbers; if that fails, from the cold
guess; then it is recorded as failed. A neighbour that is still being solved is waited for, so the
choice is the same whatever the order in which cases finish. Numbers only ever wait for smaller
ones, so nothing waits for itself.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

COLD = -1
WARM_ATTEMPTS = 2  # from the parent and from one other; then the cold guess
_WAITING, _OPEN, _SOLVED, _FAILED = range(4)


class CaseTree(Protocol):
    """What a schedule asks of a tree (see `study.tree`)."""

    @property
    def parents(self) -> NDArray[np.int64]:
        """The parent's number, -1 for a root."""
        ...

    def children(self, number: int) -> Iterable[int]:
        """Cases whose parent this is."""
        ...

    def neighbours(self, number: int) -> Iterable[int]:
        """Near cases with smaller numbers, nearest first."""
        ...


class Assignment(NamedTuple):
    """A case to solve now, from another case (or COLD)."""

    number: int
    start: int
    last: bool  # after this attempt there is no other


class Schedule:
    """The state of every case; one `Assignment` after another, each answered by `finished`."""

    def __init__(self, tree: CaseTree, solved: Iterable[int] = (), failed: Iterable[int] = ()):
        self._tree = tree
        self._state = np.full(len(tree.parents), _WAITING, np.int8)
        self._state[list(solved)] = _SOLVED
        self._state[list(failed)] = _FAILED
        self._tried: dict[int, list[int]] = {}
        self._waiters: dict[int, list[int]] = {}
        self._ready: list[tuple[int, int]] = []
        parents = tree.parents
        waiting = self._state == _WAITING
        # A parent that is final lets its children start; so does being a root.
        free = waiting & ((parents < 0) | (self._state[parents] >= _SOLVED))
        for number in np.flatnonzero(free):
            self._seek(int(number))

    def count(self) -> tuple[int, int]:
        """How many cases are solved, and how many failed."""
        return int(np.sum(self._state == _SOLVED)), int(np.sum(self._state == _FAILED))

    def is_final(self, number: int) -> bool:
        """Whether a case is solved or has failed."""
        return bool(self._state[number] >= _SOLVED)

    def next(self) -> Assignment | None:
        """The ready case with the smallest number; None while all that is left waits."""
        if not self._ready:
            return None
        number, start = heapq.heappop(self._ready)
        tried = self._tried.setdefault(number, [])
        tried.append(start)
        return Assignment(number, start, start == COLD)

    def postpone(self, given: Assignment) -> None:
        """Take back a case that was not begun."""
        self._tried[given.number].pop()
        heapq.heappush(self._ready, (given.number, given.start))

    def finished(self, number: int, solved: bool, hopeless: bool = False) -> bool:
        """Note how an attempt ended; whether the case is now final."""
        if not (solved or hopeless) and self._tried[number][-1] != COLD:
            self._seek(number)
            return False
        self._settle(number, _SOLVED if solved else _FAILED)
        return True

    def found(self, number: int, solved: bool) -> None:
        """Note a case that somebody else has solved, or failed to solve."""
        if not self.is_final(number):
            self._settle(number, _SOLVED if solved else _FAILED)

    def reopen(self, number: int, waiting: Assignment) -> None:
        """The result of a case turned out to be damaged: solve it again, then who needed it."""
        self._tried[waiting.number].pop()
        self._waiters.setdefault(number, []).append(waiting.number)
        if self._state[number] >= _SOLVED:
            self._tried.pop(number, None)
            self._state[number] = _WAITING
            self._seek(number)

    def _settle(self, number: int, state: int) -> None:
        self._state[number] = state
        self._tried.pop(number, None)
        for child in self._tree.children(number):
            if self._state[child] == _WAITING:
                self._seek(int(child))
        for other in self._waiters.pop(number, ()):
            if not self.is_final(other):
                self._seek(other)

    def _seek(self, number: int) -> None:
        """Find where the next attempt starts, or wait for the case that decides it."""
        self._state[number] = _OPEN
        tried = self._tried.get(number, [])
        if len(tried) < WARM_ATTEMPTS:
            for other in self._candidates(number, bool(tried)):
                if other in tried:
                    continue
                if not self.is_final(other):
                    self._waiters.setdefault(other, []).append(number)
                    return
                if self._state[other] == _SOLVED:
                    heapq.heappush(self._ready, (number, other))
                    return
        heapq.heappush(self._ready, (number, COLD))

    def _candidates(self, number: int, beyond: bool) -> Iterable[int]:
        parent = int(self._tree.parents[number])
        if parent < 0:
            return
        yield parent
        if beyond or self._state[parent] == _FAILED:
            yield from (int(other) for other in self._tree.neighbours(number) if other != parent)
