"""One sweep at a time in a folder, and many where they have agreed to share it."""

from __future__ import annotations

import contextlib
import datetime
import os
import platform
from collections.abc import Iterator
from pathlib import Path

from surae._errors import UnusableInput

LOCK = ".lock"


@contextlib.contextmanager
def folder_locked(folder: Path, shared: bool = False) -> Iterator[None]:
    """Hold a study's folder. The system lets go of it when the process ends, however it ends.

    shared: together with others that share it. Even without the lock (file systems that have
    none) no result could be lost or mixed up: two sweeps would only do the same work twice.
    """
    path = folder / LOCK
    with path.open("a+") as file:
        if not _try(file.fileno(), shared):
            file.seek(0)
            holder = file.readline().strip() or "another process"
            raise UnusableInput(
                f"{folder} is being swept by {holder}; wait for it or stop it, or give another "
                "--out ('surae status' tells how far it is)."
            )
        with contextlib.suppress(OSError):
            now = datetime.datetime.now().isoformat(" ", "minutes")
            file.truncate(0)
            file.write(f"process {os.getpid()} on {platform.node()} since {now}\n")
            file.flush()
        yield


def _try(handle: int, shared: bool) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows
        return True
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True
