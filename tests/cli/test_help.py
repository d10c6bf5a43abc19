"""Help is short, names every verb, and costs nothing; typing errors are found before JAX starts."""

from __future__ import annotations

import subprocess
import sys

import pytest

from surae.cli import run
from surae.cli.main import VERBS

LATE = ("jax", "numpy", "scipy", "casadi", "h5py", "matplotlib", "mpi4py", "PIL")


def test_help_names_every_verb(surae):
    said = surae("--help")
    assert said.status == 0 and said.err == ""
    lines = [line.split() for line in said.out.splitlines()]
    first = [words[0] for words in lines if words]
    assert set(VERBS) <= set(first)


def test_no_words_are_a_call_for_help(surae):
    assert surae().out == surae("--help").out


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_on_a_page(verb, surae):
    said = surae(verb, "--help")
    assert said.status == 0 and said.err == ""
    assert said.out.startswith(f"usage: surae {verb}")
    assert len(said.out.splitlines()) <= 60
    assert max(len(line) for line in said.out.splitlines()) <= 100


def test_version(surae):
    assert surae("--version").out.startswith("surae ")


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["run", "--speed", "fast"]])
def test_nothing_heavy_is_imported_for_words_alone(words):
    program = (
        "import sys; from surae.cli.main import main; main(sys.argv[1:]); "
        f"print([m for m in {LATE} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *words], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_choices_are_those_of_the_solver():
    from surae.study import allowed, case
    from surae.transcription.collocation import SCHEMES

    assert run.MODES == case.MODES
    assert sorted(run.SCHEMES) == sorted(SCHEMES)
    assert {"auto", *run.SYMMETRIES} == set(allowed.SYMMETRIES)
