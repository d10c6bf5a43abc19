"""Traced forms come back from disk, and never in place of something else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from surae import _traced as traced
from surae import smooth
from surae._traced import FOLDER, Traced

X = jnp.linspace(-1.0, 1.0, 5)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    config: Any = jax.config
    before = config.jax_compilation_cache_dir
    jax.config.update("jax_compilation_cache_dir", str(tmp_path))
    yield tmp_path / FOLDER
    jax.config.update("jax_compilation_cache_dir", before)


@pytest.fixture
def tracings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows with every export."""
    seen: list[str] = []
    original = traced.export.export

    def counted(*arguments: Any, **options: Any) -> Any:
        seen.append("export")
        return original(*arguments, **options)

    monkeypatch.setattr(traced.export, "export", counted)
    return seen


def softened() -> Traced:
    """As a new process would make it."""
    return Traced(lambda tree: {"soft": smooth.softplus(tree["x"], 0.3)}, [smooth.softplus])


def check(function: Traced, x: jax.Array) -> None:
    np.testing.assert_allclose(function({"x": x})["soft"], smooth.softplus(x, 0.3), rtol=1e-15)


def test_a_second_process_reads_what_the_first_has_traced(
    folder: Path, tracings: list[str]
) -> None:
    first = softened()
    check(first, X)
    check(first, X + 1.0)
    assert len(tracings) == 1 and len(list(folder.iterdir())) == 1
    check(softened(), X)
    assert len(tracings) == 1


def test_other_shapes_words_and_sources_are_other_forms(
    folder: Path, tracings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    check(softened(), X)
    check(softened(), X[:3])
    assert len(tracings) == 2
    check(Traced(lambda t: {"soft": smooth.softplus(t["x"], 0.3)}, [smooth.softplus], "again"), X)
    assert len(tracings) == 3
    monkeypatch.setattr(traced, "_sources", lambda: "edited")
    check(softened(), X)
    assert len(tracings) == 4 and len(list(folder.iterdir())) == 4


def test_a_damaged_file_is_traced_again(folder: Path, tracings: list[str]) -> None:
    check(softened(), X)
    (path,) = folder.iterdir()
    path.write_bytes(path.read_bytes()[:100])
    check(softened(), X)
    assert len(tracings) == 2
    check(softened(), X)
    assert len(tracings) == 2


def test_functions_from_elsewhere_are_not_kept(folder: Path) -> None:
    check(Traced(lambda t: {"soft": smooth.softplus(t["x"], 0.3)}, [check]), X)
    assert not folder.exists()


def test_without_a_folder_nothing_is_kept(folder: Path) -> None:
    jax.config.update("jax_compilation_cache_dir", None)
    check(softened(), X)
    assert not folder.exists()
