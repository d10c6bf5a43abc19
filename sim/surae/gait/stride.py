"""Solve a stride, and follow its branch: the same transcription for a runner and its what-ifs."""

from __future__ import annotations

import dataclasses
import time

import numpy as np

from surae._pytree import Note, replace
from surae.gait.blocks import blocks_of_stride
from surae.gait.eased import eased_options, eased_task, with_reserves, without_reserves
from surae.gait.guess import reference_guess
from surae.gait.problem import RunningProblem, running_problem
from surae.gait.solution import GaitSolution
from surae.gait.structure import structure
from surae.gait.task import RunningTask
from surae.gait.unpack import full_stride
from surae.nlp.ipopt import IpoptOptions, Progress, Solver
from surae.nlp.predictor import predicted
from surae.nlp.program import Guess, NlpSolution
from surae.nlp.report import SolveReport
from surae.runner.runner import Runner
from surae.transcription.problem import TranscribedProgram

# Iterations that a solve from a predicted start may take, several times what it does take, before
# another one begins at the neighbour itself.
PATIENCE = 50


@dataclasses.dataclass(frozen=True)
class Stride:
    """A solved (or given up) stride: what the human reads, and what a next solve starts from."""

    gait: GaitSolution
    problem: RunningProblem
    solution: NlpSolution
    report: SolveReport

    @property
    def guess(self) -> Guess:
        """Primal and dual start for a neighbour."""
        s = self.solution
        return Guess(s.unknowns, s.row_multipliers, s.bound_multipliers)


class StrideSolver:
    """A transcription, compiled once; solves all runners and tasks of its structure.

    What a solve finds depends on its runner, task, guess and options alone, not on what the solver
    did before.
    """

    def __init__(
        self,
        runner: Runner,
        task: RunningTask,
        options: IpoptOptions | None = None,
        predicts: bool = True,
    ) -> None:
        """predicts: whether a solve from a neighbour's solution first predicts its own."""
        self.problem = running_problem(runner, task)
        self.program = TranscribedProgram(self.problem.problem)
        self.options = options or IpoptOptions()
        self.solver = Solver(self.program, self.options)
        self._predicts = predicts
        self._compiled, self._structure = False, structure(runner, task)

    def set_task(self, runner: Runner, task: RunningTask) -> None:
        """Take another runner and task of the same `gait.structure`: nothing recompiles."""
        if structure(runner, task) != self._structure:
            raise ValueError("This task has another structure; give it a solver of its own.")
        self.problem = running_problem(runner, task, like=self.problem)
        self.program.update(self.problem.problem)

    def set_runner(self, runner: Runner) -> None:
        """Take another runner (weaker, stiffer, heavier ...) for the same task."""
        self.set_task(runner, self.problem.task)

    def compile(self) -> None:
        """Compile everything a solve calls, so that nothing compiles inside it."""
        if self._compiled:
            return
        self._compiled = True
        guess = reference_guess(self.problem).unknowns
        self.program.constraints(guess)
        self.program.jacobian(guess)
        self.program.hessian(guess, 1.0, np.zeros(len(self.program.row_lower)))

    def solve(self, guess: Guess | None = None, progress: Progress | None = None) -> Stride:
        """Solve from a guess (default: the reference stride). Never raises for a failed solve.

        A guess without multipliers is eased first (gait.eased), one with them is moved towards this
        problem's solution first (nlp.predictor); neither where a motion is held.
        """
        self.compile()
        start = reference_guess(self.problem) if guess is None else guess
        if self.problem.task.held is not None or (start.warm and not self._predicts):
            solution, report = self.solver.solve(start, progress)
        elif start.warm:
            solution, report = self._solve_predicted(start, progress)
        else:
            solution, report = self._solve_cold(start, progress)
        report = dataclasses.replace(report, **self._violations(solution))
        gait = full_stride(self.problem, solution.unknowns, report.status.value)
        gait = replace(gait, note=Note(report))
        return Stride(gait, self.problem, solution, report)

    def _solve_predicted(
        self, guess: Guess, progress: Progress | None
    ) -> tuple[NlpSolution, SolveReport]:
        """From a predicted start; where that leads nowhere soon, from the neighbour itself.

        The prediction counts in the time of the solve, and not in its iterations.
        """
        began = time.perf_counter()
        blocks = blocks_of_stride(self.problem)
        try:
            found = predicted(self.program, guess, blocks, self.options.final_barrier)
        except KeyboardInterrupt:
            return self.solver.interrupted(guess)
        passed = time.perf_counter() - began
        most = PATIENCE if found.legs else None
        solution, report = self.solver.solve(found.start, progress, most)
        if most is not None and not (report.status.solved or report.status.halted):
            rest = self._rest(report)
            if rest.max_iterations > 0:
                counted = _counted_on(progress, report.iterations)
                solution, again = Solver(self.program, rest).solve(guess, counted)
                report = again.after(report)
        wall = report.wall_time + passed
        return solution, dataclasses.replace(report, wall_time=wall, legs=found.legs)

    def _rest(self, first: SolveReport) -> IpoptOptions:
        """What a first solve has left of the iterations and the time of one."""
        return dataclasses.replace(
            self.options,
            max_iterations=self.options.max_iterations - first.iterations,
            max_time=self.options.max_time - first.wall_time,
        )

    def _solve_cold(
        self, guess: Guess, progress: Progress | None
    ) -> tuple[NlpSolution, SolveReport]:
        """With reserves, then without; both within the limits of one solve."""
        own, options = self.problem, self.options
        eased = running_problem(own.runner, eased_task(own.task), like=own)
        self.program.update(eased.problem)
        start = with_reserves(eased, self.program, guess)
        easy, first = Solver(self.program, eased_options(options)).solve(start, progress)
        self.program.update(own.problem)
        easy = without_reserves(own, easy)
        if first.status.halted:
            return easy, first
        start = Guess(easy.unknowns, easy.row_multipliers, easy.bound_multipliers)
        counted = _counted_on(progress, first.iterations)
        solution, report = Solver(self.program, self._rest(first)).solve(start, counted)
        return solution, report.after(first)

    def _violations(self, solution: NlpSolution) -> dict[str, float | str]:
        """The largest violation in the equation's own unit, and where it is."""
        program, problem = self.program, self.problem.problem
        points = problem.layout.mesh.n_points
        rows = program.constraints(solution.unknowns) - program.row_lower
        own = rows[: program.n_rows].reshape(-1, points) * problem.row_scale[:, None]
        row, point = np.unravel_index(int(np.argmax(np.abs(own))), own.shape)
        percent = 100.0 * problem.layout.mesh.times[point]
        where = f"{problem.row_names[row]} at {percent:.0f} % of the solved stride"
        return {"constraint_violation": float(np.abs(own[row, point])), "worst_constraint": where}


def _counted_on(progress: Progress | None, before: int) -> Progress | None:
    """The same, for the iterations of a second solve."""
    if progress is None:
        return None
    return lambda iteration, cost, violation: progress(before + iteration, cost, violation)
