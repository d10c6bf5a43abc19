"""A small optimal control problem: transcription and solver against CasADi's own Opti."""

from __future__ import annotations

from typing import Any, NamedTuple

import casadi
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.sparse as sp
from jax import Array
from numpy.typing import NDArray

from surae.nlp.ipopt import IpoptOptions, Solver
from surae.nlp.program import Guess, NlpSolution
from surae.transcription.collocation import mesh
from surae.transcription.layout import Variable, layout
from surae.transcription.parts import Part
from surae.transcription.problem import OptimalControlProblem, TranscribedProgram

Floats = NDArray[np.float64]
INTERVALS = 8
TIGHT = IpoptOptions(tolerance=1e-11, constraint_tolerance=1e-11)
SWING = 1.2  # rad


def swing(parameters: Array, target: Array, inputs: Array) -> tuple[Array, Array]:
    """A pendulum driven along a target with little torque; the period is free."""
    q, rate, second, torque, period = inputs
    row = second / period**2 + 0.2 * rate / period + jnp.sin(q) - torque
    return row[None], torque**2 + 0.1 * (q - target[0]) ** 2 + 0.01 * (period - 5.0) ** 2


def program(scheme: str, lifted: int = 0, intervals: int = INTERVALS) -> TranscribedProgram:
    def variable(name: str, bound: float, **kind: Any) -> Variable:
        return Variable(name, 1, np.array([0.5]), np.array([-bound]), np.array([bound]), **kind)

    period = Variable(
        "period", 1, np.array([3.0]), np.array([2.0]), np.array([20.0]), parameter=True
    )
    variables = (variable("q", 3.0, rates=2, lifted=lifted), variable("torque", 0.5), period)
    book = layout(variables, mesh(scheme, intervals))
    inputs = [book.values("q", rate) for rate in range(3)]
    inputs += [book.values("torque"), book.values("period")]
    target = SWING * np.sin(2.0 * np.pi * book.mesh.times)
    part = Part(
        "swing",
        swing,
        np.concatenate(inputs)[None],
        np.array([[0]]),
        jnp.zeros(1),
        target[None, :, None],
    )
    none = sp.csr_matrix((0, book.n_unknowns))
    return TranscribedProgram(
        OptimalControlProblem(book, (part,), np.ones(1), ("swing",), none, np.zeros(0))
    )


class Swing(NamedTuple):
    cost: float
    q: Floats
    torque: Floats
    period: float


def read(program: TranscribedProgram, solution: NlpSolution) -> Swing:
    book = program.problem.layout
    at: dict[str, Floats] = {
        n: book.at_instants(solution.unknowns)[book.values(n)][0] for n in ("q", "torque", "period")
    }
    return Swing(solution.cost, at["q"], at["torque"], float(at["period"][0]))


def start(program: TranscribedProgram) -> Guess:
    book = program.problem.layout
    x = np.zeros(program.n_unknowns)
    x[book.unknowns["q"]] = SWING * np.sin(2.0 * np.pi * book.mesh.times) / 0.5
    x[book.unknowns["period"]] = 6.5 / 3.0
    return Guess(x)


def solve(scheme: str, lifted: int = 0, intervals: int = INTERVALS) -> Swing:
    transcribed = program(scheme, lifted, intervals)
    solution, report = Solver(transcribed, TIGHT).solve(start(transcribed))
    assert report.status.solved, report.message
    return read(transcribed, solution)


def solve_with_opti(degree: int) -> Swing:
    """The same swing as CasADi's users write it, on CasADi's own collocation coefficients."""
    points = np.array(casadi.collocation_points(degree, "radau"))
    slopes, _, weights = casadi.collocation_coeff(points.tolist())
    slopes, weights = np.array(slopes), np.array(weights).ravel()
    weights = weights / weights.sum()  # of one point CasADi gives the rest to the start
    opti = casadi.Opti()
    count = INTERVALS * degree
    q, v, torque = opti.variable(count), opti.variable(count), opti.variable(count)
    period = opti.variable()
    h, cost = period / INTERVALS, 0.0
    for k in range(INTERVALS):
        own = list(range(k * degree, (k + 1) * degree))
        before = (k * degree - 1) % count
        for j, i in enumerate(own):
            rates = [
                sum(slopes[r + 1, j] * x[o] for r, o in enumerate(own)) + slopes[0, j] * x[before]
                for x in (q, v)
            ]
            opti.subject_to(rates[0] == h * v[i])
            opti.subject_to(rates[1] == h * (torque[i] - 0.2 * v[i] - casadi.sin(q[i])))
            target = SWING * np.sin(2.0 * np.pi * (k + points[j]) / INTERVALS)
            stage = torque[i] ** 2 + 0.1 * (q[i] - target) ** 2 + 0.01 * (period - 5.0) ** 2
            cost += weights[j] / INTERVALS * stage
            opti.set_initial(q[i], target)
    opti.minimize(cost)
    opti.subject_to(opti.bounded(-0.5, torque, 0.5))
    opti.subject_to(opti.bounded(2.0, period, 20.0))
    opti.set_initial(period, 6.5)
    opti.solver("ipopt", {"print_time": False}, {"print_level": 0, "sb": "yes", "tol": 1e-11})
    found = opti.solve()
    values = [np.asarray(found.value(x)) for x in (cost, q, torque, period)]
    return Swing(float(values[0]), values[1], values[2], float(values[3]))


def close(found: Swing, expected: Swing) -> None:
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    ("scheme", "degree"), [("backward_euler", 1), ("radau2", 2), ("radau3", 3)]
)
def test_the_cheapest_swing_is_that_of_casadi(scheme: str, degree: int) -> None:
    expected = solve_with_opti(degree)
    assert np.abs(expected.torque).max() > 0.05 and 2.1 < expected.period < 19.0
    close(solve(scheme), expected)


def test_lifted_and_eliminated_rates_have_the_same_optimum() -> None:
    close(solve("radau2", lifted=2), solve("radau2"))


def test_the_schemes_agree_about_the_swing() -> None:
    costs = [
        solve(scheme, intervals=count).cost
        for scheme, count in (("radau2", 24), ("radau3", 16), ("trapezoid", 48))
    ]
    np.testing.assert_allclose(costs, costs[1], rtol=0.02)
