"""The sweep itself: hand out cases as their parents come in, keep what is solved, tell how far.

It knows nothing of runners: what a case is, `make_job` and the function `solve` know. They must be
picklable; jobs and outcomes are small, solutions go from process to process through the store.
"""

from __future__ import annotations

import contextlib
import os
import platform
import queue
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from surae._errors import UnusableInput
from surae.study.claims import Claims
from surae.study.executors import Executor
from surae.study.schedule import COLD, Assignment, Schedule
from surae.study.store.live import LIVE, Live, write_live
from surae.study.store.shelf import LOOSE, PACK, Shelf

STOP = "stop"  # a file of this name in the study's folder asks the sweep to stop
_LOOK = 0.5  # s between two looks at signals, the stop file and other sweeps
_NEWS = 2.0  # s between two writings of the live file


class Job(NamedTuple):
    """One attempt at one case, as a solving process gets it."""

    number: int
    name: str
    key: str
    payload: Any
    start: tuple[str, str] | None  # name and key of the case to start from
    parent: str
    history: tuple[str, ...]  # why earlier attempts failed
    last: bool


class Outcome(NamedTuple):
    """How an attempt ended; `final`: no other start would help.

    What is final or solved has been stored. `damaged`: the start's file could not be read.
    """

    number: int
    solved: bool
    reason: str = ""
    damaged: bool = False
    final: bool = False
    iterations: int = 0
    wall_time: float = 0.0


@dataclass
class Cases:
    """What the sweep must know of its cases, by number."""

    names: Any
    keys: tuple[str, ...]
    payload: Callable[[int], Any]
    parents: Any

    def job(self, given: Assignment, history: tuple[str, ...]) -> Job:
        """The job of an assignment."""
        number, parent = given.number, int(self.parents[given.number])
        start = None
        if given.start != COLD:
            start = (self.names[given.start], self.keys[given.start])
        return Job(
            number,
            self.names[number],
            self.keys[number],
            self.payload(number),
            start,
            self.names[parent] if parent >= 0 else "",
            history,
            given.last,
        )


@dataclass
class Watch:
    """What the outside has to say and wants to hear. `stop`: signals set it."""

    stop: bool = False
    say: Callable[[str], None] = lambda text: None
    show: Callable[[Live], None] = lambda live: None
    finished: Callable[[Outcome, Job], None] = lambda outcome, job: None


class LostProcess(Exception):
    """A solving process has died; what it was solving will be solved again."""


@dataclass
class Sweep:
    """One run over the cases of a folder, from whatever state the folder is in."""

    cases: Cases
    schedule: Schedule
    shelf: Shelf
    solve: Callable[[Job], Outcome]
    executor: Executor
    watch: Watch
    claims: Claims | None = None  # where several sweeps share the folder
    _running: dict[int, tuple[Job, Assignment]] = field(default_factory=dict)
    _history: dict[int, tuple[str, ...]] = field(default_factory=dict)
    _elsewhere: list[Assignment] = field(default_factory=list)
    _done: queue.SimpleQueue[tuple[int, Future[Any]]] = field(default_factory=queue.SimpleQueue)
    _loose: deque[Path] = field(default_factory=deque)
    _finished: int = 0
    _first: float = 0.0
    _started: float = field(default_factory=time.time)
    _last_news: float = 0.0
    _packs: int = 0
    _futures: dict[int, Future[Any]] = field(default_factory=dict)

    def run(self) -> bool:
        """Solve what is left, or until asked to stop; whether every case is final."""
        self._loose.extend(self.shelf.loose())
        try:
            while self._step():
                self._tell()
        finally:
            self._tell(ended=True)
            if self.claims is not None:
                self.claims.close()
        solved, failed = self.schedule.count()
        return solved + failed == len(self.cases.keys)

    def _step(self) -> bool:
        """Hand out what can be handed out, take in one outcome; False when nothing is left."""
        self._listen()
        if self.watch.stop:
            for future in self._futures.values():
                future.cancel()  # what nobody has begun
        else:
            self._hand_out()
        if not self._running and not self._packs:
            if self.watch.stop or not self._elsewhere:
                return False
            time.sleep(_LOOK)
            self._look_elsewhere()
            return True
        with contextlib.suppress(queue.Empty):
            self._take_in(*self._done.get(timeout=_LOOK))
        return True

    def _hand_out(self) -> None:
        while len(self._running) + self._packs < self.executor.capacity:
            given = self.schedule.next()
            if given is None:
                return
            if not self._claim(given):
                continue
            job = self.cases.job(given, self._history.get(given.number, ()))
            self._running[given.number] = job, given
            self._submit(given.number, self.solve, job)
            if self.executor.capacity == 1:
                return  # it is solved already: look for signals before the next one

    def _submit(self, number: int, function: Callable[[Any], Any], job: Any) -> None:
        future = self.executor.submit(function, job)
        self._futures[number] = future
        future.add_done_callback(lambda done: self._done.put((number, done)))

    def _take_in(self, number: int, future: Future[Any]) -> None:
        self._futures.pop(number, None)
        if number < 0:
            self._packs -= 1
        if future.cancelled():
            if number >= 0:
                self.schedule.postpone(self._running.pop(number)[1])
            return
        try:
            outcome = future.result()
        except BrokenExecutor:
            names = ", ".join(job.name for job, _ in list(self._running.values())[:5])
            raise LostProcess(
                f"a solving process died (out of memory, or killed) while solving {names}; nothing "
                "that was finished is lost, and the same command continues"
            ) from None
        if number < 0:
            return
        job, given = self._running.pop(number)
        if outcome.damaged:
            assert job.start is not None
            self.watch.say(f"{job.name}: {outcome.reason}")
            self.schedule.reopen(given.start, given)
        elif self.schedule.finished(number, outcome.solved, outcome.final):
            self._finished += 1
            self._first = self._first or time.time()
            self._history.pop(number, None)
            self._keep(self.shelf.path_of(job.name, job.key))
            self.watch.finished(outcome, job)
        else:
            self._history[number] = (*job.history, outcome.reason)
            return
        if self.claims is not None:
            self.claims.release(job.key)

    def _keep(self, path: Path) -> None:
        """Many files become one."""
        self._loose.append(path)
        if len(self._loose) >= LOOSE + PACK:
            paths = [self._loose.popleft() for _ in range(PACK)]
            self._packs += 1
            self._submit(-self._packs, self.shelf.pack, paths)

    def _claim(self, given: Assignment) -> bool:
        """Take a case for this sweep, unless another one has it or has finished it."""
        name, key = self.cases.names[given.number], self.cases.keys[given.number]
        if self.claims is None or key in self.claims.held:
            return True
        if not self.claims.take(key):
            self._elsewhere.append(given)
            return False
        row = self.shelf.row(name, key)
        if row is not None:
            self.claims.release(key)
            self.schedule.found(given.number, row.solved)
        return row is None

    def _look_elsewhere(self) -> None:
        """What other sweeps have finished, or left unfinished."""
        elsewhere, self._elsewhere = self._elsewhere, []
        for given in elsewhere:
            row = self.shelf.row(self.cases.names[given.number], self.cases.keys[given.number])
            if row is None:
                self.schedule.postpone(given)
            else:
                self.schedule.found(given.number, row.solved)

    def _listen(self) -> None:
        if self.claims is None and (self.shelf.folder / STOP).exists():
            self.watch.stop = True

    def _tell(self, ended: bool = False) -> None:
        now = time.time()
        if not ended and now - self._last_news < _NEWS:
            return
        self._last_news = now
        solved, failed = self.schedule.count()
        live = Live(
            host=platform.node(),
            process=os.getpid(),
            ranks=self.executor.ranks,
            started=self._started,
            updated=now,
            total=len(self.cases.keys),
            solved=solved,
            failed=failed,
            finished_now=self._finished,
            first=self._first,
            running=tuple(job.name for job, _ in list(self._running.values())[:100]),
            ended=ended,
        )
        self.watch.show(live)
        name = LIVE if self.claims is None else f"progress.{live.host}.{live.process}.h5"
        with contextlib.suppress(UnusableInput):  # a full disk is told by whoever has a result
            write_live(self.shelf.folder, live, name)
