"""`surae doctor`: what this machine has of what surae needs."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

from surae._errors import UnusableInput
from surae.cli.exit_status import ExitStatus
from surae.cli.table import aligned

SUMMARY = "versions, cores, accelerator, MPI, solvers found on this machine"
DESCRIPTION = "Tell what this machine has of what surae needs."
EPILOG = "exit status: 0 usable, 2 something that is needed does not work"
_PACKAGES = ("numpy", "scipy", "jax", "jaxlib", "casadi", "h5py", "h5netcdf", "xarray", "mpi4py")
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "PJRT_NPROC", "XLA_FLAGS")
_PATIENCE = 60.0  # s for a probe in its own process

# Each probe prints one line. Its own process: a broken MPI or driver ends the process it is in.
_PROBES = {
    "IPOPT": (
        "import casadi as c; x = c.SX.sym('x'); "
        "s = c.nlpsol('s', 'ipopt', {'x': x, 'f': (x - 1)**2}, {'print_time': False, "
        "'ipopt': {'print_level': 0, 'sb': 'yes', 'linear_solver': 'mumps'}}); "
        "r = s(x0=0); assert abs(float(r['x']) - 1) < 1e-6; print('solves, with MUMPS')"
    ),
    "MPI": (
        "from mpi4py import MPI; print(MPI.Get_library_version().strip().splitlines()[0].strip())"
    ),
    "HDF5": "import h5py; print(h5py.version.hdf5_version)",
    "JAX devices": (
        "import jax; print(', '.join(f'{d.platform}:{d.device_kind}' for d in jax.devices()))"
    ),
}
_NEEDED_PROBES = ("IPOPT", "HDF5", "JAX devices")


class Finding(NamedTuple):
    """One line: what, what was found, and whether surae can work with it (None: no matter)."""

    what: str
    found: str
    usable: bool | None = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of this verb."""
    parser.add_argument("--json", action="store_true", help="machine-readable, on stdout")


def command(arguments: argparse.Namespace) -> int:
    """Run this verb."""
    found = findings()
    if arguments.json:
        print(json.dumps({f.what: {"found": f.found, "usable": f.usable} for f in found}, indent=2))
    else:
        marks = {True: "ok", False: "NOT USABLE", None: ""}
        print(aligned([(f.what, f.found, marks[f.usable]) for f in found], header=False))
    bad = [f.what for f in found if f.usable is False]
    if bad:
        raise UnusableInput(f"not usable here: {', '.join(bad)}; install surae again.")
    return ExitStatus.SOLVED


def findings() -> list[Finding]:
    """Every line of the doctor's report."""
    return [
        Finding("Python", platform.python_version(), sys.version_info >= (3, 11)),
        Finding("surae", _version("surae")),
        *_packages(),
        *(_probe(name) for name in _PROBES),
        _launcher(),
        _scheduler(),
        Finding("machine", f"{platform.system()} {platform.machine()}"),
        Finding("cores", f"{_cores()} usable of {os.cpu_count()}"),
        *_threads(),
        _cache(),
        *_library(),
        _working_directory(),
    ]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _packages() -> list[Finding]:
    versions = {name: _version(name) for name in _PACKAGES}
    return [
        Finding(n, v, None if n == "mpi4py" else v != "not installed") for n, v in versions.items()
    ]


def _probe(name: str) -> Finding:
    needed = name in _NEEDED_PROBES
    try:
        done = subprocess.run(
            [sys.executable, "-c", _PROBES[name]],
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Finding(name, f"no answer in {_PATIENCE:g} s", False if needed else None)
    lines = (done.stdout if done.returncode == 0 else done.stderr).strip().splitlines()
    said = lines[-1] if lines else f"ended with status {done.returncode}"
    if done.returncode == 0:
        return Finding(name, said, True)
    return Finding(name, f"does not work: {said}", False if needed else None)


def _launcher() -> Finding:
    from surae.cli.launch import mpiexec

    try:
        return Finding("mpiexec", mpiexec(2))
    except UnusableInput:
        return Finding("mpiexec", "none; --ranks 1 needs none")


def _scheduler() -> Finding:
    from surae.cli.submit_command import scheduler

    said = scheduler()
    return Finding("Slurm", said if len(said) <= 60 else "sbatch is here, and no cluster answers")


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        return os.cpu_count() or 1


def _threads() -> list[Finding]:
    from surae._runtime import use_one_thread

    given = {name: os.environ.get(name) for name in _THREAD_VARIABLES}
    use_one_thread()
    return [
        Finding(name, value or f"not set; surae takes {os.environ.get(name, 'what it finds')}")
        for name, value in given.items()
    ]


def _cache() -> Finding:
    from surae._runtime import CACHE_VARIABLE, keep_compiled_functions

    folder = keep_compiled_functions()
    if folder is None:
        return Finding("compiled functions", f"not kept; {CACHE_VARIABLE} names a folder for them")
    files = [path for path in folder.rglob("*") if path.is_file()]
    megabytes = sum(path.stat().st_size for path in files) / 1e6
    return Finding("compiled functions", f"{folder}, {len(files)} files, {megabytes:.0f} MB")


def _library() -> list[Finding]:
    from surae.files.library import library_path

    try:
        library = library_path()
    except UnusableInput as error:
        return [Finding("library of models", str(error), False)]
    models = sorted(path.parent.name for path in library.glob("models/*/model.toml"))
    found = f"{library} ({', '.join(models) or 'empty'})"
    return [Finding("library of models", found, bool(models))]


def _working_directory() -> Finding:
    from surae.cli.destination import check_default_folder

    try:
        check_default_folder()
    except UnusableInput as error:
        return Finding("writing results", str(error), None)
    return Finding("writing results", f"in {Path.cwd() / 'results'}", True)
