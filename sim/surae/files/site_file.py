"""A site file: how one cluster wants its jobs. slurm/example.toml explains every key.

[slurm]        partition, account, qos, time_limit, nodes, ranks_per_node, ...
[environment]  modules, venv, variables, lines
[mpi]          launcher, library, array_size
"""

from __future__ import annotations

import math
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from surae._errors import UnusableInput
from surae.files.toml_reader import TomlTable, read_toml
from surae.runner.spelling import nearest_name, unknown_name

NO_LAUNCHER = "none"
CONTINUATIONS = ("requeue", "resubmit", "no")
_LAUNCHERS = ("srun", "mpiexec", "mpirun", "mpiexec.hydra", "orterun", "prun", "ibrun", NO_LAUNCHER)
_SLURM_KEYS = (
    *("partition", "account", "qos", "time_limit", "nodes", "ranks_per_node"),
    *("threads_per_rank", "memory_per_rank_GB", "signal_before_s", "when_time_is_up", "lines"),
)
_TIME = re.compile(r"(?:(?P<days>\d{1,3})-)?(?P<hours>\d{1,3}):(?P<minutes>\d\d):(?P<seconds>\d\d)")
_WORD = re.compile(r"[A-Za-z0-9_.,:@+/=-]+")  # needs no quotes on a line of #SBATCH
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPTION = re.compile(r"(--?[A-Za-z][A-Za-z-]*)")
# Options of sbatch that the batch script relies on, by the key that sets them; "": always set.
_OPTIONS_OF = {
    "partition": "--partition -p",
    "account": "--account -A",
    "qos": "--qos -q",
    "time_limit": "--time -t",
    "nodes": "--nodes -N",
    "ranks_per_node": "--ntasks-per-node --ntasks -n",
    "threads_per_rank": "--cpus-per-task -c",
    "memory_per_rank_GB": "--mem-per-cpu",
    "signal_before_s": "--signal",
    "array_size": "--array -a",
    "when_time_is_up": "--requeue --no-requeue",
    "": "--output -o --error -e --open-mode --chdir -D --job-name -J --wrap --parsable",
}
_SHORTEST, _LONGEST = 60, 365 * 86400  # s; Slurm counts minutes
_LONGEST_WARNING = 65535  # s, Slurm's own limit for --signal


@dataclass(frozen=True)
class Site:
    """A site file, checked."""

    path: Path
    time_limit: int  # s
    nodes: int
    ranks_per_node: int
    threads_per_rank: int  # cores that Slurm reserves for a rank; the rank itself uses one
    signal_before: int  # s before the time limit
    when_time_is_up: str  # one of CONTINUATIONS
    launcher: tuple[str, ...]  # words before `surae sweep`; empty: a job array without MPI
    array_size: int  # tasks of the array, 1 with a launcher
    partition: str | None = None
    account: str | None = None
    qos: str | None = None
    memory_per_rank: float | None = None  # GB
    options: tuple[str, ...] = ()  # more for #SBATCH
    modules: tuple[str, ...] = ()
    venv: Path | None = None  # None: the environment that submits
    variables: tuple[tuple[str, str], ...] = ()
    lines: tuple[str, ...] = ()  # of shell, after modules and variables
    mpi_library: str | None = None


def read_site(path: Path) -> Site:
    """Read and check a site file."""
    if not path.is_file():
        raise UnusableInput(f"No site file {str(path)!r}; {_others(path)}.")
    toml = read_toml(path)
    toml.top().allow(("slurm",), ("environment", "mpi"))
    site: dict[str, Any] = {
        "path": toml.path,
        **_slurm(toml.table("slurm")),
        **_environment(toml.table("environment")),
        **_mpi(toml.table("mpi")),
    }
    if not site["launcher"] and site["nodes"] * site["ranks_per_node"] > 1:
        toml.table("mpi").refuse(
            "launcher",
            "without a launcher each task of the array is one rank; leave nodes and "
            "ranks_per_node away and set array_size",
        )
    return Site(**site)


def _others(path: Path) -> str:
    folder = path if path.is_dir() else path.parent
    names = sorted(p.name for p in folder.glob("*.toml")) if folder.is_dir() else []
    nearest = nearest_name(path.name, names)
    if nearest:
        return f"did you mean {str(folder / nearest)!r}?"
    listed = f"{folder} holds {', '.join(names)}" if names else "slurm/example.toml explains one"
    return f"give a TOML file; {listed}"


def _slurm(table: TomlTable) -> dict[str, Any]:
    table.allow(("time_limit",), _SLURM_KEYS)
    limit = _seconds(table, "time_limit")
    # Default 5 min: several strides, even on a fine mesh; less where the job itself is short.
    before = _whole(table, "signal_before_s", 10, _LONGEST_WARNING, min(300, limit // 4))
    if before >= limit:
        table.refuse(
            "signal_before_s",
            f"signal_before_s is {before}, the whole time_limit ({limit} s); give less",
        )
    memory = "memory_per_rank_GB"
    return {
        "time_limit": limit,
        "signal_before": before,
        "nodes": _whole(table, "nodes", 1, 100_000, 1),
        "ranks_per_node": _whole(table, "ranks_per_node", 1, 10_000, 1),
        "threads_per_rank": _whole(table, "threads_per_rank", 1, 1000, 1),
        "when_time_is_up": table.text("when_time_is_up", CONTINUATIONS, CONTINUATIONS[0]),
        "memory_per_rank": table.number(memory, 0.1, 1e4) if memory in table.values else None,
        "options": tuple(_option(table, line) for line in _texts(table, "lines")),
        **{key: _word(table, key) for key in ("partition", "account", "qos")},
    }


def _environment(table: TomlTable) -> dict[str, Any]:
    table.allow((), ("modules", "venv", "variables", "lines"))
    modules = _texts(table, "modules")
    for module in modules:
        if not _WORD.fullmatch(module):
            table.refuse("modules", f"modules has {module!r}; a module is one word")
    venv = table.text("venv") if "venv" in table.values else None
    lines = _texts(table, "lines")
    return {
        "modules": modules,
        # Beside the site file, so that the line means the same wherever one submits from.
        "venv": table.path.absolute().parent / Path(venv).expanduser() if venv else None,
        "variables": _variables(table),
        "lines": lines,
    }


def _variables(table: TomlTable) -> tuple[tuple[str, str], ...]:
    given = table.values.get("variables", {})
    if not isinstance(given, dict):
        table.refuse("variables", 'write variables = { NAME = "value" }')
    for name, value in given.items():
        if not _VARIABLE.fullmatch(name):
            table.refuse("variables", f"{name!r} is no name of a variable; use letters, digits, _")
        if isinstance(value, bool) or not isinstance(value, str | int) or "\0" in str(value):
            table.refuse("variables", f"{name} is {value!r}; give a text in quotes")
    return tuple((name, str(value)) for name, value in given.items())


def _mpi(table: TomlTable) -> dict[str, Any]:
    table.allow((), ("launcher", "library", "array_size"))
    text = table.text("launcher", default="srun --mpi=pmi2")
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:
        table.refuse("launcher", f"launcher is {text!r}: {error}; close it")
    program = Path(words[0]).name if words else ""
    if program not in _LAUNCHERS:
        table.refuse("launcher", unknown_name("launcher", program, _LAUNCHERS))
    without = words == (NO_LAUNCHER,)
    if program == NO_LAUNCHER and not without:
        table.refuse("launcher", f"launcher is {text!r}; {NO_LAUNCHER} stands alone")
    for key, wrong in (("array_size", not without), ("library", without)):
        if key in table.values and wrong:
            other = "needs" if key == "array_size" else "does not go with"
            table.refuse(key, f"{key} {other} launcher = {NO_LAUNCHER!r}; leave one away")
    library = table.text("library") if "library" in table.values else None
    return {
        "launcher": () if without else words,
        "array_size": _whole(table, "array_size", 1, 100_000, 1),
        "mpi_library": library,
    }


def _seconds(table: TomlTable, key: str) -> int:
    given = table.text(key)
    match = _TIME.fullmatch(given)
    if not match:
        table.refuse(key, f"{key} is {given!r}; write HH:MM:SS or D-HH:MM:SS")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    total = ((24 * days + hours) * 60 + minutes) * 60 + seconds
    if not _SHORTEST <= total <= _LONGEST:
        table.refuse(key, f"{key} is {given!r}; allowed are 00:01:00 to 365-00:00:00")
    return total


def _whole(table: TomlTable, key: str, low: int, high: int, default: int) -> int:
    value = table.number(key, low, high, default)
    if not math.isclose(value, round(value), abs_tol=0.0):
        table.refuse(key, f"{key} is {value:g}; give a whole number")
    return round(value)


def _word(table: TomlTable, key: str) -> str | None:
    if key not in table.values:
        return None
    given = table.text(key)
    if not _WORD.fullmatch(given):
        table.refuse(key, f"{key} is {given!r}; write it as Slurm does, one word")
    return given


def _texts(table: TomlTable, key: str) -> tuple[str, ...]:
    """A list of lines, empty where there is none."""
    if table.values.get(key, []) == []:
        return ()
    texts = table.texts(key)
    for text in texts:
        if not text.isprintable() or not text.strip():
            table.refuse(key, f"{key} has {text!r}; give each entry as one line")
    return texts


def _option(table: TomlTable, line: str) -> str:
    option = line.strip().removeprefix("#SBATCH").strip()
    match = _OPTION.match(option)
    if not match:
        table.refuse("lines", f"lines has {line!r}; an option of sbatch starts with -")
    name = match[1] if match[1].startswith("--") else match[1][:2]
    for key, options in _OPTIONS_OF.items():
        if name in options.split():
            instead = f"use the key {key}" if key else "'surae submit' sets it; leave it away"
            table.refuse("lines", f"lines has {name}; {instead}")
    return option
