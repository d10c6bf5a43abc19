"""Who solves what, where several sweeps share a folder without talking to each other.

A claim is a file that only one process can make. It is touched as long as its process lives; one
that has been silent for long belongs to nobody and is taken over. If two processes ever solved the
same case, they would write the same result: claims save time, the store keeps the truth.
"""

from __future__ import annotations

import contextlib
import os
import platform
import threading
import uuid
from pathlib import Path

CLAIMS = "claims"
SILENCE = 600.0  # s without a touch: abandoned
_TOUCH = 60.0  # s between two touches


class Claims:
    """The claims of this process on the cases of a folder."""

    def __init__(self, folder: Path, silence: float = SILENCE) -> None:
        self._folder, self._silence = folder / CLAIMS, silence
        self._folder.mkdir(parents=True, exist_ok=True)
        self.held: set[str] = set()
        self._ended = threading.Event()
        threading.Thread(target=self._keep_touching, daemon=True).start()

    def take(self, key: str) -> bool:
        """Whether the case is now this process's."""
        path = self._folder / key
        for _ in range(2):
            try:
                handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
            except FileExistsError:
                if not self._abandoned(path):
                    return False
                with contextlib.suppress(FileNotFoundError):
                    path.unlink()
                continue
            with os.fdopen(handle, "w") as file:
                file.write(f"process {os.getpid()} on {platform.node()}\n")
            self.held.add(key)
            return True
        return False

    def release(self, key: str) -> None:
        """Give up a claim."""
        self.held.discard(key)
        with contextlib.suppress(FileNotFoundError):
            (self._folder / key).unlink()

    def close(self) -> None:
        """Give up all claims."""
        self._ended.set()
        for key in list(self.held):
            self.release(key)

    def _abandoned(self, path: Path) -> bool:
        """By the clock of the disk that holds the claims: those of two machines may differ."""
        now = self._folder / f".{uuid.uuid4().hex}"
        try:
            now.touch()
            return now.stat().st_mtime - path.stat().st_mtime > self._silence
        except FileNotFoundError:
            return False
        finally:
            now.unlink(missing_ok=True)

    def _keep_touching(self) -> None:
        while not self._ended.wait(_TOUCH):
            for key in list(self.held):
                with contextlib.suppress(OSError):
                    os.utime(self._folder / key)
