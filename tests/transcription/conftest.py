"""A nonlinear oscillator with a known periodic motion, as a problem that any scheme can take."""

from __future__ import annotations

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
import pytest
import scipy.sparse as sp
from jax import Array
from numpy.typing import NDArray

from surae.transcription.collocation import Mesh, mesh
from surae.transcription.layout import Variable, layout
from surae.transcription.parts import Part
from surae.transcription.problem import OptimalControlProblem, TranscribedProgram

Floats = NDArray[np.float64]
COUPLING = 0.7


def oscillators(duration: Array, forcing: Array, inputs: Array) -> tuple[Array, Array]:
    """Two coupled damped pendulums: q'' + q' + sin q + coupling (q - other) = forcing."""
    q, rate, second = inputs[:2], inputs[2:4] / duration, inputs[4:6] / duration**2
    return second + rate + jnp.sin(q) + COUPLING * (q - q[::-1]) - forcing, jnp.sum(q**2)


PERIOD = 5.0


def motion(phases: Floats, rate: int = 0) -> Floats:
    """The motion that the forcing is made for, or its rate; the second is half a period late."""
    turn = 2.0 * np.pi
    p = turn * np.stack([phases, phases + 0.5])
    bump, wave = 0.4 * np.exp(np.sin(p)), 0.1 * np.exp(1j * (2.0 * p + 0.4))
    slope = {0: 1.0, 1: np.cos(p), 2: np.cos(p) ** 2 - np.sin(p)}[rate]
    return turn**rate * (slope * bump + np.real((2j) ** rate * wave))


def forcing(phases: Floats) -> Floats:
    """What makes `motion` the solution, (2, phase)."""
    q, speed, acceleration = (motion(phases, rate) / PERIOD**rate for rate in range(3))
    return acceleration + speed + np.sin(q) + COUPLING * (q - q[::-1])


def oscillator_program(grid: Mesh, half: bool = False, lifted: int = 0) -> TranscribedProgram:
    """All of the period, or the half that closes on its mirror image."""
    q = Variable(
        "q",
        2,
        np.array([2.0, 2.0]),
        np.full(2, -9.0),
        np.full(2, 9.0),
        rates=2,
        lifted=lifted,
        closing=np.array([1, 0]) if half else None,
        rate_scale=3.0,
    )
    book = layout((q,), grid)
    share = 0.5 if half else 1.0
    target = forcing(share * grid.times).T
    part = Part(
        "pendulums",
        oscillators,
        np.concatenate([book.values("q", rate) for rate in range(3)])[None],
        np.array([[0, 1]]),
        jnp.asarray([share * PERIOD]),
        target[None],
    )
    none = sp.csr_matrix((0, book.n_unknowns))
    return TranscribedProgram(
        OptimalControlProblem(book, (part,), np.array([1.0, 5.0]), ("a", "b"), none, np.zeros(0))
    )


def dense_jacobian(program: TranscribedProgram, x: Floats) -> Floats:
    pattern = program.jacobian_pattern
    return sp.csc_matrix(
        (program.jacobian(x), (pattern.rows, pattern.columns)), shape=pattern.shape
    ).toarray()


def dense_hessian(program: TranscribedProgram, x: Floats, weight: float, rows: Floats) -> Floats:
    pattern = program.hessian_pattern
    assert np.all(pattern.rows <= pattern.columns)
    upper = sp.csc_matrix(
        (program.hessian(x, weight, rows), (pattern.rows, pattern.columns)), shape=pattern.shape
    ).toarray()
    return upper + upper.T - np.diag(np.diag(upper))


def periodic_motion(program: TranscribedProgram) -> Floats:
    """Newton's method on the equations alone, from near the known motion: values at instants."""
    book = program.problem.layout
    x = np.zeros(program.n_unknowns)
    q = motion(book.mesh.times * _share(program))
    x[book.unknowns["q"]] = q / book.scale[book.unknowns["q"]]
    for _ in range(12):
        x = x - np.linalg.solve(dense_jacobian(program, x), program.constraints(x))
    assert np.abs(program.constraints(x)).max() < 1e-10
    return book.at_instants(x)


def _share(program: TranscribedProgram) -> float:
    return 1.0 if program.problem.layout.variables[0].closing is None else 0.5


@pytest.fixture(scope="session")
def make_oscillator() -> Callable[..., TranscribedProgram]:
    def make(scheme: str, intervals: int, **kind: bool | int) -> TranscribedProgram:
        return oscillator_program(mesh(scheme, intervals), **kind)  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="session")
def solve_oscillator() -> Callable[[TranscribedProgram], Floats]:
    return periodic_motion


@pytest.fixture(scope="session")
def known_motion() -> Callable[[Floats], Floats]:
    return motion


@pytest.fixture(scope="session")
def jacobian_of() -> Callable[..., Floats]:
    return dense_jacobian


@pytest.fixture(scope="session")
def hessian_of() -> Callable[..., Floats]:
    return dense_hessian
