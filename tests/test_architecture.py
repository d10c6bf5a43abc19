"""The house keeps its shape: imports go down, giants live in one place, files stay readable.

`FLOORS` is the picture in docs/how_to_change.md as data. A new package gets a floor here first.
"""

from __future__ import annotations

import ast
import functools
import graphlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "sim" / "surae"
FACADE = 13  # surae/__init__.py and __main__.py may import everything, and nothing imports them

BIOLOGY = {"spatial": 1, "skeleton": 2, "muscle": 3, "foot": 3, "runner": 4}
CONTROL = {"nlp": 1, "transcription": 2}
BRIDGE_AND_ABOVE = {
    "gait": 5,
    "loads": 6,
    "sensitivity": 7,
    "study": 7,
    "files": 8,
    "report": 8,
    "cli": 12,
    "sweep_case": 11,
    "continuation": 10,
    "slope_floor": 10,
    "api": 9,
    "_runtime": 0,
}
GROUND = {"_errors": 0, "_pytree": 0, "_traced": 0, "smooth": 0}
FLOORS = {**GROUND, **BIOLOGY, **CONTROL, **BRIDGE_AND_ABOVE}

GIANTS = {
    "casadi": {"nlp/ipopt.py"},
    "h5py": {f"study/store/{f.name}" for f in (SOURCE / "study" / "store").glob("*.py")},
    "matplotlib": {"report/figures.py"},
    "mpi4py": {"study/executors.py"},
    "opensim": {"files/osim/wheel.py"},
    "PIL": {"report/film.py"},
}
VAGUE_NAMES = {"utils", "misc", "common", "helpers", "manager"}
LONGEST_FILE = 400


def module_name(path: Path) -> str:
    """`sim/surae/muscle/curves.py` -> `surae.muscle.curves`; a package is its `__init__.py`."""
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


# library/ is data (links to models/ and experiments/), not code.
FILES = sorted(p for p in SOURCE.rglob("*.py") if p.relative_to(SOURCE).parts[0] != "library")
MODULES = {module_name(path): path for path in FILES}


@functools.cache
def syntax(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> set[str]:
    """Every dotted name `path` imports, wherever in the file, relative imports made absolute."""
    package = module_name(path).split(".")
    if path.name != "__init__.py":
        package = package[:-1]
    names: set[str] = set()
    for node in ast.walk(syntax(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            candidates = {f"{base}.{alias.name}" for alias in node.names}
            submodules = candidates & MODULES.keys()
            names |= submodules
            names |= {base} if submodules != candidates else set()
    return names


def own_imports(path: Path) -> set[str]:
    return {name for name in imports(path) if name.split(".")[0] == "surae"}


def package_of(module: str) -> str:
    """The name that has a floor: `surae.muscle.curves` -> `muscle`; the facade is ``."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] != "__main__" else ""


def floor(module: str) -> int:
    package = package_of(module)
    return FLOORS.get(package, FACADE)


def relative(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def test_every_package_has_a_floor():
    homeless = {package_of(module) for module in MODULES} - FLOORS.keys() - {""}
    assert not homeless, f"Give {sorted(homeless)} a floor in FLOORS, or move the code."


def test_imports_go_down():
    climbing = [
        f"{relative(path)} (floor {floor(module)}) imports {name} (floor {floor(name)})"
        for module, path in MODULES.items()
        for name in own_imports(path)
        if package_of(module) != package_of(name) and floor(name) >= floor(module)
    ]
    assert not climbing, "\n".join(climbing)


def test_the_towers_do_not_know_each_other():
    control_with_biology = [
        f"{relative(path)} imports {name}"
        for module, path in MODULES.items()
        for name in own_imports(path)
        if (package_of(module) in CONTROL and package_of(name) in BIOLOGY)
        or (package_of(module) in BIOLOGY and package_of(name) in CONTROL)
    ]
    assert not control_with_biology, "\n".join(control_with_biology)


def test_gait_is_the_only_bridge():
    for path in FILES:
        packages = {package_of(name) for name in own_imports(path)}
        both = bool(packages & BIOLOGY.keys()) and bool(packages & CONTROL.keys())
        on_bridge = package_of(module_name(path)) in {"gait", ""}
        assert on_bridge or not both, f"{relative(path)} imports both towers; only gait/ may."


def test_no_import_cycles():
    graph = {
        module: {name for name in own_imports(path) if name != module}
        for module, path in MODULES.items()
    }
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        pytest.fail("Import cycle: " + " -> ".join(reversed(error.args[1])))


@pytest.mark.parametrize("giant", sorted(GIANTS))
def test_giants_live_in_one_place(giant):
    users = {
        relative(path) for path in FILES if giant in {name.split(".")[0] for name in imports(path)}
    }
    assert users <= GIANTS[giant], f"{giant} belongs in {GIANTS[giant]}, found in {users}."


def test_nobody_loads_a_second_copy():
    scripts = [p for d in ("tests", "benchmarks", "tools") for p in (ROOT / d).rglob("*.py")]
    for path in [*FILES, *scripts]:
        for node in ast.walk(syntax(path)):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not any(name.split(".")[0] == "sim" for name in names), (
                f"{path}: `import sim.surae` loads a second copy of everything; `import surae`."
            )


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_files_are_easy_to_read(path):
    text = path.read_text(encoding="utf-8")
    body = syntax(path).body
    length = len(text.splitlines())
    assert text.isascii(), "ASCII only in source."
    assert not body or ast.get_docstring(syntax(path)), "Begin with a docstring: what, from where."
    assert length <= LONGEST_FILE, f"{length} lines; a file is one idea: split it."
    assert not VAGUE_NAMES & set(path.relative_to(SOURCE).with_suffix("").parts), "Name the idea."
