"""Which code, on which machine, made a result."""

from __future__ import annotations

import datetime
import functools
import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("casadi", "h5py", "jax", "jaxlib", "numpy", "scipy")
_GIT_PATIENCE = 10.0  # s
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "PJRT_NPROC", "XLA_FLAGS")


def provenance() -> dict[str, str]:
    """Version, commit, packages, host, platform, threads and date, each as one line of text."""
    return {
        "surae_version": surae_version(),
        "git_commit": _commit_of_this_process(),
        "python": platform.python_version(),
        "packages": ", ".join(f"{name} {_version(name)}" for name in PACKAGES),
        "host": platform.node(),
        "platform": platform.platform(),
        "threads": " ".join(f"{v}={os.environ.get(v, '')}" for v in _THREAD_VARIABLES),
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def surae_version() -> str:
    """The installed version; `unknown` where the code runs without being installed."""
    return _version("surae")


def git_commit() -> str:
    """Commit of the checkout this code lies in, `-dirty` with uncommitted changes; else empty."""
    root = Path(__file__).resolve().parents[3]
    # An installed surae may lie inside somebody else's repository.
    if not (root / ".git").exists() or not (root / "sim" / "surae").is_dir():
        return ""
    commit = _git(root, "rev-parse", "HEAD")
    dirty = bool(commit) and bool(_git(root, "status", "--porcelain", "--untracked-files=no"))
    return f"{commit}-dirty" if dirty else commit


@functools.cache
def _commit_of_this_process() -> str:
    return git_commit()  # asking git takes as long as a warm re-solve


def _git(root: Path, *words: str) -> str:
    command = ["git", "-C", str(root), "--no-optional-locks", *words]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_GIT_PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"
