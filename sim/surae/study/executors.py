"""Where cases are solved: in this process, or on MPI ranks. The one file that knows MPI.

N ranks solve N cases at a time. Rank 0 hands them out and stays small: a process beside it solves
in its place. The engine is `mpi4py.futures`; who asks only sees `submit`.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Any, Protocol

from surae._errors import UnusableInput
from surae._runtime import use_one_thread

# Set by the launchers of MPICH, Open MPI, PMIx and Slurm for each process that they start.
_RANK_VARIABLES = ("PMI_RANK", "PMIX_RANK", "OMPI_COMM_WORLD_RANK", "PMI_FD")
_AHEAD = 2  # cases sent to a rank: one to solve, one so that it need not wait for the next


class Executor(Protocol):
    """What a sweep needs of the place where cases are solved."""

    ranks: int
    capacity: int  # cases that may be submitted at a time

    def submit(self, function: Callable[[Any], Any], job: Any) -> Future[Any]:
        """`function(job)`, now or later, here or elsewhere."""
        ...

    def warm_up(self, function: Callable[[Any], Any], job: Any) -> None:
        """`function(job)` once in every process, ahead of all cases, where there are several."""
        ...

    def abort(self) -> None:
        """End everything at once."""
        ...


class Inline:
    """One rank without MPI: a case is solved when it is submitted."""

    ranks = 1
    capacity = 1

    def submit(self, function: Callable[[Any], Any], job: Any) -> Future[Any]:
        """`function(job)`, now."""
        future: Future[Any] = Future()
        try:
            future.set_result(function(job))
        except Exception as error:
            future.set_exception(error)
        return future

    def warm_up(self, function: Callable[[Any], Any], job: Any) -> None:
        """Nothing: the first case comes at once."""

    def abort(self) -> None:
        """End this process."""
        os._exit(130)


class Ranks:
    """MPI ranks, and a process beside rank 0."""

    def __init__(self, ranks: int, others: Any, beside: ProcessPoolExecutor, comm: Any) -> None:
        self.ranks = ranks
        self._others, self._beside, self._comm = others, beside, comm
        self._room = {beside: _AHEAD}
        if others is not None:
            self._room[others] = _AHEAD * (ranks - 1)
        self.capacity = sum(self._room.values())
        self._lock = threading.Lock()  # cases are handed out and come back in different threads

    def submit(self, function: Callable[[Any], Any], job: Any) -> Future[Any]:
        """`function(job)` where there is most room for the number of its processes."""
        size = {self._beside: 1, self._others: max(self.ranks - 1, 1)}
        place = max(self._room, key=lambda each: self._room[each] / size[each])
        with self._lock:
            self._room[place] -= 1
        future = place.submit(function, job)
        future.add_done_callback(lambda _: self._free(place))
        return future

    def _free(self, place: Any) -> None:
        with self._lock:
            self._room[place] += 1

    def warm_up(self, function: Callable[[Any], Any], job: Any) -> None:
        """`function(job)` once in every process, ahead of all cases."""
        self._beside.submit(function, job)
        for _ in range(self.ranks - 1):  # it takes long enough for each rank to get one
            self._others.submit(function, job)

    def abort(self) -> None:
        """End all ranks."""
        for process in multiprocessing.active_children():
            process.kill()
        self._comm.Abort(130)


def under_mpi() -> bool:
    """Whether a launcher (mpiexec, srun) has started this process as one of its ranks."""
    return any(name in os.environ for name in _RANK_VARIABLES)


@contextlib.contextmanager
def executor() -> Iterator[Executor | None]:
    """The executor on rank 0, or without MPI; None on the ranks that have solved for it."""
    if not under_mpi():
        _refuse_lonely_ranks(1)
        yield Inline()
        return
    try:
        from mpi4py import MPI
        from mpi4py.futures import MPICommExecutor
    except (ImportError, RuntimeError) as error:
        raise UnusableInput(
            f"this process was started as an MPI rank, and no MPI library can be loaded ({error}); "
            "see 'surae doctor', set MPI4PY_LIBMPI, or start one process without MPI."
        ) from None
    comm = MPI.COMM_WORLD
    size = comm.Get_size()
    _refuse_lonely_ranks(size)
    if comm.Get_rank() != 0:
        solving_process()
        with MPICommExecutor(comm, root=0):
            pass
        yield None
        return
    beside = _process_beside()
    with contextlib.ExitStack() as stack:
        stack.callback(beside.shutdown, cancel_futures=True)
        others = stack.enter_context(MPICommExecutor(comm, root=0)) if size > 1 else None
        yield Ranks(size, others, beside, comm)


def solving_process() -> None:
    """Make this process one that only solves: one thread, and signals are rank 0's business."""
    use_one_thread()
    for name in ("SIGINT", "SIGTERM", "SIGUSR1"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)


def _process_beside() -> ProcessPoolExecutor:
    """A process that solves in place of rank 0.

    mpiexec passes the signal to stop on to all that descends from it. So this process and Python's
    tracker of semaphores, which would die of it, are started while it is ignored, as they inherit.
    """
    number = getattr(signal, "SIGUSR1", None)
    before = number and signal.signal(number, signal.SIG_IGN)
    context = multiprocessing.get_context("spawn")
    beside = ProcessPoolExecutor(1, context, initializer=_beside, initargs=(os.getpid(),))
    beside.submit(os.getpid)  # the process starts with its first job
    if number:
        signal.signal(number, before)
    return beside


def _beside(parent: int) -> None:
    solving_process()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)  # rank 0 is gone: nobody waits for the result

    threading.Thread(target=watch, daemon=True).start()


def _refuse_lonely_ranks(size: int) -> None:
    """Several processes of one launch that each believe they are alone would all do everything."""
    started = int(os.environ.get("SLURM_STEP_NUM_TASKS") or os.environ.get("PMI_SIZE") or 1)
    if size == 1 and started > 1:
        raise UnusableInput(
            f"{started} processes were started, and MPI tells each that it is alone; start them "
            "with 'srun --mpi=pmi2' (see slurm/README.md) or with mpiexec."
        )
