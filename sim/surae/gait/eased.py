"""A cold start made easy: first a stride with reserves, then the one without.

A stride that people measured needs moments that our muscles at a guessed activation do not give,
and a solver that has to find them first leaves the guess far behind: activations at one half, a
hundred iterations. Reserves - moments and forces on every coordinate, from nowhere, at a price -
make any guess of a motion feasible from the start. At their price they all but vanish by
themselves; the solve that follows starts from there, without them. Reserve actuators are OpenSim's,
which keeps them, at their price, to the end.
"""

from __future__ import annotations

import dataclasses

from surae.gait.problem import RunningProblem
from surae.gait.task import RunningTask
from surae.nlp.ipopt import IpoptOptions
from surae.nlp.program import Guess, NlpSolution
from surae.transcription.problem import TranscribedProgram

# Cost of 100 N m or of one body weight on one coordinate, all the time. A tenth to ten times as
# much converge, too (docs/convergence).
RESERVE_WEIGHT = 1.0
# The eased stride is a place to start from. A barrier without a lid climbs to 100 on the way, which
# puts every activation at one half.
_TOLERANCE = 1e-4
_LARGEST_BARRIER = 0.1


def eased_task(task: RunningTask) -> RunningTask:
    """The task with reserves."""
    return dataclasses.replace(task, reserves=RESERVE_WEIGHT)


def eased_options(options: IpoptOptions) -> IpoptOptions:
    """Solver settings for the stride with reserves."""
    return dataclasses.replace(
        options,
        max_iterations=max(options.max_iterations // 2, 1),
        tolerance=max(options.tolerance, _TOLERANCE),
        constraint_tolerance=max(options.constraint_tolerance, _TOLERANCE),
        complementarity_tolerance=max(options.complementarity_tolerance, 1e-2 * _TOLERANCE),
        extra=(("mu_max", _LARGEST_BARRIER), *options.extra),
    )


def with_reserves(problem: RunningProblem, program: TranscribedProgram, guess: Guess) -> Guess:
    """The guess with reserves that give what it lacks; `problem`, `program`: of the eased task."""
    columns = problem.layout.unknowns["reserves"]
    unknowns = guess.unknowns.copy()
    unknowns[columns] = 0.0
    rows = program.constraints(unknowns)[: columns.size]
    unknowns[columns] = rows.reshape(columns.shape)
    return Guess(unknowns)


def without_reserves(problem: RunningProblem, solution: NlpSolution) -> NlpSolution:
    """Where the stride with reserves ended, but for the reserves."""
    unknowns = solution.unknowns.copy()
    unknowns[problem.layout.unknowns["reserves"]] = 0.0
    return dataclasses.replace(solution, unknowns=unknowns)
