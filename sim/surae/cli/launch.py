"""The same command once more, under mpiexec: `--ranks N` on a machine of one's own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from surae._errors import UnusableInput
from surae.cli.exit_status import ExitStatus

TERMINAL = "SURAE_TERMINAL"  # columns of the launcher's terminal, which the ranks do not see
_SHARED = Path("/dev/shm")
_STARTED = 60.0  # s after which all ranks of a launch have opened their shared memory


def launch(ranks: int, words: Sequence[str]) -> int:
    """Run `surae WORDS` on `ranks` ranks; its exit status."""
    remove_segments()
    command = [mpiexec(ranks), "-n", str(ranks), sys.executable, "-m", "surae", *words]
    environment = dict(os.environ)
    if sys.stderr.isatty():
        environment[TERMINAL] = str(shutil.get_terminal_size().columns)
    # A session of its own: Ctrl-C comes here first, and mpiexec would end the ranks at once.
    process = subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, start_new_session=True
    )
    asked = 0

    def pass_on(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        asked += 1
        process.send_signal(signal.SIGUSR1 if asked == 1 else signal.SIGTERM)

    before = {name: signal.signal(name, pass_on) for name in _STOPPING}
    try:
        status = process.wait()
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
    if asked > 1:
        return ExitStatus.INTERRUPTED
    if status in [*ExitStatus]:
        return status
    print(
        f"surae: a process of the sweep has died (mpiexec ended with {status}): killed, or out of "
        "memory. Nothing that was finished is lost; the same command continues.",
        file=sys.stderr,
    )
    return ExitStatus.NOT_CONVERGED


def remove_segments(folder: Path = _SHARED) -> None:
    """Give back the shared memory of MPICH's ranks that were killed: nobody else removes it."""
    old = time.time() - _STARTED
    for path in folder.glob("mpich_sh*"):
        with contextlib.suppress(OSError):
            status = path.stat()
            if status.st_uid == os.getuid() and status.st_mtime < old and not _mapped(path):
                path.unlink()


def _mapped(path: Path) -> bool:
    """Whether a process of this user has the file in its memory (Linux)."""
    for maps in Path("/proc").glob("[0-9]*/maps"):
        with contextlib.suppress(OSError):
            if str(path) in maps.read_text(encoding="utf-8", errors="replace"):
                return True
    return False


_STOPPING = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1")
    if hasattr(signal, name)
)


def mpiexec(ranks: int) -> str:
    """The launcher of the MPI library that mpi4py will load."""
    beside = shutil.which("mpiexec", path=str(Path(sys.executable).parent))
    elsewhere = shutil.which("mpiexec") or shutil.which("mpirun")
    # Who names a library of the site's own wants the site's own launcher, too.
    found = elsewhere or beside if "MPI4PY_LIBMPI" in os.environ else beside or elsewhere
    if found is None:
        raise UnusableInput(
            f"--ranks {ranks} needs MPI's mpiexec, and there is none; 'pip install mpich', load "
            "the MPI of your cluster, or use --ranks 1, which needs no MPI."
        )
    return found
