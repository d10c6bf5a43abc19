"""Functions whose traced form is kept on disk beside JAX's compiled ones.

JAX's own cache saves compiling, but each process still traces every function in Python to find
what it has compiled: for the derivatives of a full body that takes longer than all the rest. Here
the traced form (jax.export) is kept too, under a name made of everything that goes into it: the
function, the static side and the shapes of its arguments, the sources of this package, and JAX's
version. Where JAX has no cache folder, or a file cannot be read or written, functions are traced;
so are functions from elsewhere, whose sources nobody watches.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jax
from jax import export

PACKAGE = Path(__file__).resolve().parent
FOLDER = "traced"


class Traced:
    """`function`, traced once for arguments of one kind and from then on read from disk.

    parts: functions of this package that `function` is made of; words: how it is made of them. Both
    together tell it apart from all others.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        parts: Sequence[Callable[..., Any] | None],
        words: str = "",
    ) -> None:
        self._plain, self._name = jax.jit(function), _name(parts, words)
        self._known: dict[Any, Callable[..., Any]] = {}

    def __call__(self, *arguments: Any) -> Any:
        """The function's value; arguments are pytrees of arrays."""
        leaves, tree = jax.tree.flatten(arguments)
        kind = (tree, tuple((leaf.shape, leaf.dtype) for leaf in leaves))
        if kind not in self._known:
            self._known[kind] = self._found(kind)
        return self._known[kind](*leaves)

    def _found(self, kind: Any) -> Callable[..., Any]:
        tree, shapes = kind

        def flat(*leaves: Any) -> Any:
            return self._plain(*jax.tree.unflatten(tree, leaves))

        config: Any = jax.config
        folder = config.jax_compilation_cache_dir
        if not folder or not self._name:
            return jax.jit(flat)
        platform = (jax.__version__, jax.default_backend())
        words = (self._name, str(tree), repr(shapes), _sources(), *platform)
        digest = hashlib.sha256("\n".join(words).encode()).hexdigest()
        path = Path(folder) / FOLDER / digest
        kept = _read(path)
        if kept is None:
            like = [jax.ShapeDtypeStruct(shape, dtype) for shape, dtype in shapes]
            kept = export.export(jax.jit(flat))(*like)
            _write(path, kept)
        # Also right after tracing: what is compiled must not depend on where it came from.
        return jax.jit(kept.call)


def _name(parts: Sequence[Callable[..., Any] | None], words: str) -> str:
    """Empty where a function is not this package's, or has no name of its own."""
    names = [f"{part.__module__}.{part.__qualname__}" if part else "" for part in parts]
    ours = [not name or name.startswith(f"{PACKAGE.name}.") for name in names]
    return " ".join([*names, words]) if all(ours) and "<" not in "".join(names) else ""


@cache
def _sources() -> str:
    """A digest of this package's sources: any change in them makes all traced forms old."""
    digest = hashlib.sha256()
    for file in sorted(PACKAGE.rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _read(path: Path) -> Any:
    try:
        return export.deserialize(bytearray(path.read_bytes()))
    except Exception:  # absent, or damaged in whatever way: trace again
        return None


def _write(path: Path, kept: Any) -> None:
    part = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(kept.serialize())
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
