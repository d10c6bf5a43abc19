"""What is settled once for a process: one thread, freed memory, where compiled functions are kept.

All are called at the edges (the command line, `surae.run`), never at import. Parallelism is
across cases, one process each, so threads inside a case only get into each other's way.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import sys
from pathlib import Path

CACHE_VARIABLE = "SURAE_CACHE"
JAX_CACHE_VARIABLE = "JAX_COMPILATION_CACHE_DIR"
_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "PJRT_NPROC",  # XLA's own pool, which its flags leave as large as the machine
)
_XLA_ONE_THREAD = ("--xla_cpu_multi_thread_eigen=false", "intra_op_parallelism_threads=1")
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # glibc's malloc.h
_LARGE_BLOCK = 1 << 30  # bytes


def use_one_thread() -> bool:
    """Ask every numerical library for one thread; what the user has set stays.

    XLA and OpenBLAS read this when they are loaded: False, and nothing done, once JAX is imported.
    """
    if "jax" in sys.modules:
        return False
    for variable in _THREAD_VARIABLES:
        os.environ.setdefault(variable, "1")
    flags = os.environ.get("XLA_FLAGS", "")
    missing = [flag for flag in _XLA_ONE_THREAD if flag.split("=")[0] not in flags]
    os.environ["XLA_FLAGS"] = " ".join([*flags.split(), *missing])
    return True


def keep_freed_memory() -> None:
    """Ask the C library to reuse the solver's large blocks; every solve else gets fresh pages.

    A twentieth of a warm solve goes into these. Where the C library is not glibc: nothing.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGE_BLOCK)
        mallopt(_M_TRIM_THRESHOLD, _LARGE_BLOCK)


def keep_compiled_functions() -> Path | None:
    """Let JAX keep compiled functions from one process to the next; the folder, None if it cannot.

    SURAE_CACHE names the folder, `off` switches this off; JAX's own setting comes next.
    """
    folder = cache_folder()
    if folder is None:
        return None
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:  # a home that cannot be written: solve without a cache
        return None
    if not os.access(folder, os.W_OK):
        return None
    if "jax" not in sys.modules:
        os.environ[JAX_CACHE_VARIABLE] = str(folder)
        os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
        return folder
    import jax

    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    return folder


def cache_folder() -> Path | None:
    """Where to keep what can be made again; None where that is switched off."""
    given = os.environ.get(CACHE_VARIABLE, "")
    if given.strip().lower() == "off":
        return None
    if given:
        return Path(given).expanduser()
    of_jax = _jaxcache_folder()
    return Path(of_jax) if of_jax else _user_cache() / "surae" / "jax" / _processor()


def _jaxcache_folder() -> str | None:
    if "jax" in sys.modules:
        return sys.modules["jax"].config.jax_compilation_cache_dir
    return os.environ.get(JAX_CACHE_VARIABLE)


def _user_cache() -> Path:
    """Where programs of this platform keep what they can make again."""
    if sys.platform == "darwin":
        return Path("~/Library/Caches").expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", "~/AppData/Local")).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()


def _processor() -> str:
    """Compiled functions serve one kind of processor; homes on a cluster are shared by several."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    features = next((line for line in lines if line.startswith(("flags", "Features"))), "")
    digest = hashlib.sha256((features or platform.processor()).encode()).hexdigest()[:8]
    return f"{platform.machine() or 'unknown'}-{digest}"
