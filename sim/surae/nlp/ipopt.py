"""IPOPT through CasADi: the one file that knows CasADi.

CasADi drives IPOPT by callbacks that read and write raw buffers. Traps: `no_nlp_grad` is needed or
building the solver differentiates the callbacks; the callbacks must outlive the solver; IPOPT asks
for values and derivatives at the same point in separate calls, so the program caches by point.
Waechter & Biegler, Math. Program. 106:25 (2006).
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import casadi
import numpy as np

from surae.nlp.program import Floats, Guess, NlpSolution, NonlinearProgram, Pattern
from surae.nlp.report import SolveReport, Status

Progress = Callable[[int, float, float], None]

_STATUS = {
    "Solve_Succeeded": Status.SOLVED,
    "Solved_To_Acceptable_Level": Status.ACCEPTABLE,
    "Maximum_Iterations_Exceeded": Status.ITERATION_LIMIT,
    "Maximum_CpuTime_Exceeded": Status.TIME_LIMIT,
    "Maximum_WallTime_Exceeded": Status.TIME_LIMIT,
    "Infeasible_Problem_Detected": Status.INFEASIBLE,
    "Restoration_Failed": Status.INFEASIBLE,
    "User_Requested_Stop": Status.INTERRUPTED,
}


@dataclasses.dataclass(frozen=True)
class IpoptOptions:
    """Solver settings; see docs/convergence for what was tried."""

    tolerance: float = 1e-7
    constraint_tolerance: float = 1e-9
    complementarity_tolerance: float = 1e-9
    max_iterations: int = 500
    max_time: float = 600.0
    barrier_strategy: str = "adaptive"
    largest_warm_barrier: float = 1e-5
    hessian: str = "exact"
    linear_solver: str = "mumps"
    extra: tuple[tuple[str, Any], ...] = ()

    @property
    def final_barrier(self) -> float:
        """The barrier at which solves end."""
        return 0.1 * min(self.tolerance, self.complementarity_tolerance)


# IPOPT's pushes away from the bounds, all but off where a start is warm.
_PUSHES = tuple(
    f"{start}{what}_{how}"
    for start in ("warm_start_", "")
    for what in ("bound", "slack_bound")
    for how in ("push", "frac")
)
_PUSH = 1e-12


class _Function(casadi.Callback):
    """A callback with given input sizes and output patterns, evaluated on raw buffers."""

    def __init__(
        self,
        name: str,
        inputs: list[tuple[str, int]],
        outputs: list[tuple[str, casadi.Sparsity]],
        evaluate: Callable[[list[Floats]], list[Any]],
    ) -> None:
        casadi.Callback.__init__(self)
        self._inputs, self._outputs, self._evaluate = inputs, outputs, evaluate
        self.error: BaseException | None = None
        self.construct(name, {})

    def get_n_in(self) -> int:
        return len(self._inputs)

    def get_n_out(self) -> int:
        return len(self._outputs)

    def get_name_in(self, i: int) -> str:
        return self._inputs[i][0]

    def get_name_out(self, i: int) -> str:
        return self._outputs[i][0]

    def get_sparsity_in(self, i: int) -> casadi.Sparsity:
        return casadi.Sparsity.dense(self._inputs[i][1], 1)

    def get_sparsity_out(self, i: int) -> casadi.Sparsity:
        return self._outputs[i][1]

    def has_eval_buffer(self) -> bool:
        return True

    def eval_buffer(self, arg: list[Any], res: list[Any]) -> int:
        try:
            values = [np.zeros(0) if a is None else np.frombuffer(a, dtype=np.float64) for a in arg]
            for buffer, value in zip(res, self._evaluate(values), strict=True):
                if buffer is not None:
                    np.frombuffer(buffer, dtype=np.float64)[:] = value
        except BaseException as error:  # must not cross the C++ frames
            self.error = error
            return 1
        return 0


class _Progress(casadi.Callback):
    """Called once an iteration; ends the solve where that says so, and on Ctrl-C."""

    def __init__(
        self, n: int, m: int, on_iteration: Callable[[Floats, float, Floats], bool]
    ) -> None:
        casadi.Callback.__init__(self)
        self._sizes = {"x": n, "f": 1, "g": m, "lam_x": n, "lam_g": m, "lam_p": 0}
        self._on_iteration = on_iteration
        self.interrupted = False
        self.construct("progress", {})

    def get_n_in(self) -> int:
        return casadi.nlpsol_n_out()

    def get_n_out(self) -> int:
        return 1

    def get_name_in(self, i: int) -> str:
        return casadi.nlpsol_out(i)

    def get_sparsity_in(self, i: int) -> casadi.Sparsity:
        return casadi.Sparsity.dense(self._sizes[casadi.nlpsol_out(i)], 1)

    def eval(self, arg: list[Any]) -> list[Any]:
        goes_on = True
        try:
            flat = [np.asarray(a, dtype=float).ravel() for a in arg]
            multipliers = np.concatenate([flat[4], flat[3]])
            goes_on = self._on_iteration(flat[0], float(flat[1][0]), multipliers)
        except KeyboardInterrupt:
            self.interrupted = True
        return [0 if goes_on and not self.interrupted else 1]


def _sparsity(pattern: Pattern) -> casadi.Sparsity:
    columns = np.bincount(pattern.columns, minlength=pattern.shape[1])
    starts = np.concatenate([[0], np.cumsum(columns)])
    return casadi.Sparsity(*pattern.shape, starts.tolist(), pattern.rows.tolist())


class Solver:
    """IPOPT bound to one program; solving again (new guess, new parameters) rebuilds nothing."""

    def __init__(self, program: NonlinearProgram, options: IpoptOptions | None = None) -> None:
        self.program = program
        self.options = options or IpoptOptions()
        self._seconds = 0.0
        self._functions = self._callbacks()
        self._iterate: tuple[Floats, Floats] | None = None
        self._on_progress: Progress | None = None
        self._most: int | None = None
        self._count = 0
        n, m = len(program.lower), len(program.row_lower)
        self._progress = _Progress(n, m, self._iteration)
        self._solvers: dict[bool, Any] = {}

    def _callbacks(self) -> dict[str, _Function]:
        program = self.program
        n, m = len(program.lower), len(program.row_lower)
        dense = casadi.Sparsity.dense
        x, p = ("x", n), ("p", 0)

        def timed(evaluate: Callable[[list[Floats]], list[Any]]) -> Any:
            def run(args: list[Floats]) -> list[Any]:
                start = time.perf_counter()
                try:
                    return evaluate(args)
                finally:
                    self._seconds += time.perf_counter() - start

            return run

        return {
            "nlp": _Function(
                "nlp",
                [x, p],
                [("f", dense(1, 1)), ("g", dense(m, 1))],
                timed(lambda a: [program.cost(a[0]), program.constraints(a[0])]),
            ),
            "grad_f": _Function(
                "grad_f",
                [x, p],
                [("f", dense(1, 1)), ("grad_f_x", dense(n, 1))],
                timed(lambda a: [program.cost(a[0]), program.gradient(a[0])]),
            ),
            "jac_g": _Function(
                "jac_g",
                [x, p],
                [("g", dense(m, 1)), ("jac_g_x", _sparsity(program.jacobian_pattern))],
                timed(lambda a: [program.constraints(a[0]), program.jacobian(a[0])]),
            ),
            "hess_lag": _Function(
                "hess_lag",
                [x, p, ("lam_f", 1), ("lam_g", m)],
                [("triu_hess_gamma_x_x", _sparsity(program.hessian_pattern))],
                timed(lambda a: [program.hessian(a[0], float(a[2][0]), a[3])]),
            ),
        }

    def _build(self, warm: bool) -> Any:
        o = self.options
        ipopt: dict[str, Any] = {
            "print_level": 0,
            "sb": "yes",
            "tol": o.tolerance,
            "constr_viol_tol": o.constraint_tolerance,
            # Absolute: the relative test in `tol` lets a warm start stop at its initial barrier,
            # off the cold optimum by more than a what-if is worth.
            "compl_inf_tol": o.complementarity_tolerance,
            "max_iter": o.max_iterations,
            "max_wall_time": o.max_time,
            "linear_solver": o.linear_solver,
            # The unknowns and rows are scaled from their bounds; IPOPT's own scaling made it worse.
            "nlp_scaling_method": "none",
            "mu_strategy": o.barrier_strategy,
            # Solves that end at the same barrier have the same bias, and their difference none.
            "mu_min": o.final_barrier,
            "hessian_approximation": o.hessian,
        }
        if warm:
            # The start stays where its own solve ended, at the final barrier. From there IPOPT
            # raises the barrier where bounds block the way, and leaves it where they do not.
            ipopt |= {
                "warm_start_init_point": "yes",
                "mu_max": o.largest_warm_barrier,
                "warm_start_mult_bound_push": o.final_barrier,
                **dict.fromkeys(_PUSHES, _PUSH),
            }
        ipopt |= dict(o.extra)
        functions = self._functions
        options: dict[str, Any] = {
            "ipopt": ipopt,
            "print_time": False,
            "no_nlp_grad": True,
            "calc_lam_p": False,
            "record_time": False,
            "iteration_callback": self._progress,
            "grad_f": functions["grad_f"],
            "jac_g": functions["jac_g"],
        }
        if o.hessian == "exact":
            options["hess_lag"] = functions["hess_lag"]
        return casadi.nlpsol("stride", "ipopt", functions["nlp"], options)

    def _iteration(self, unknowns: Floats, cost: float, multipliers: Floats) -> bool:
        """Whether the solve may go on."""
        self._iterate = (unknowns, multipliers)
        if self._on_progress is not None:
            violation = _violation(self.program, unknowns)
            self._on_progress(self._count, cost, float(np.max(violation, initial=0.0)))
        self._count += 1  # the first call is for the start, before any iteration
        return self._most is None or self._count <= self._most

    def solve(
        self, guess: Guess, progress: Progress | None = None, most: int | None = None
    ) -> tuple[NlpSolution, SolveReport]:
        """Solve from a guess; a guess with multipliers is followed, its bounds kept active.

        most: iterations of this solve, where that is less than the options say.
        Never raises for a failed solve: the report says how it ended and the last iterate is kept.
        """
        program = self.program
        if guess.warm not in self._solvers:
            self._solvers[guess.warm] = self._build(guess.warm)
        solver = self._solvers[guess.warm]
        self._on_progress, self._most, self._count, self._seconds = progress, most, 0, 0.0
        self._iterate, self._progress.interrupted = None, False
        for function in self._functions.values():
            function.error = None
        arguments = {
            "x0": guess.unknowns,
            "lbx": program.lower,
            "ubx": program.upper,
            "lbg": program.row_lower,
            "ubg": program.row_upper,
        }
        if guess.warm:
            arguments |= {"lam_g0": guess.row_multipliers, "lam_x0": guess.bound_multipliers}
        start = time.perf_counter()
        interrupted = False
        try:
            with _quiet():
                result = solver(**arguments)
            stats = solver.stats()
        except (KeyboardInterrupt, RuntimeError) as error:
            interrupted = isinstance(error, KeyboardInterrupt)
            result, stats = None, {"return_status": str(error)}
        wall = time.perf_counter() - start
        solution = self._solution(result, guess)
        return solution, self._report(solution, stats, wall, interrupted)

    def interrupted(self, guess: Guess) -> tuple[NlpSolution, SolveReport]:
        """The outcome of a solve that Ctrl-C ended before its first iteration."""
        self._iterate, self._count, self._seconds = None, 0, 0.0
        solution = self._solution(None, guess)
        return solution, self._report(solution, {"return_status": "interrupted"}, 0.0, True)

    def _solution(self, result: Any, guess: Guess) -> NlpSolution:
        m = len(self.program.row_lower)
        if result is not None:
            flat = {k: np.asarray(result[k]).ravel() for k in ("x", "lam_g", "lam_x")}
            return NlpSolution(flat["x"], flat["lam_g"], flat["lam_x"], float(result["f"]))
        if self._iterate is not None:
            unknowns, multipliers = self._iterate
            cost = self.program.cost(unknowns)
            return NlpSolution(unknowns, multipliers[:m], multipliers[m:], cost)
        zeros = np.zeros(m), np.zeros(len(guess.unknowns))
        return NlpSolution(guess.unknowns, *zeros, self.program.cost(guess.unknowns))

    def _report(
        self, solution: NlpSolution, stats: dict[str, Any], wall: float, interrupted: bool
    ) -> SolveReport:
        errors = [f.error for f in self._functions.values() if f.error is not None]
        interrupted |= self._progress.interrupted
        interrupted |= any(isinstance(error, KeyboardInterrupt) for error in errors)
        status = _STATUS.get(str(stats.get("return_status")), Status.FAILED)
        if status is Status.INTERRUPTED and not interrupted:
            status = Status.ITERATION_LIMIT
        iterations = stats.get("iterations") or {}
        columns = (iterations.get(key, []) for key in ("obj", "inf_pr", "inf_du"))
        # An interrupted iteration may have left its row incomplete.
        log = tuple(zip(*columns, strict=False))
        convexified = iterations.get("regularization_size")
        violation = _violation(self.program, solution.unknowns)
        return SolveReport(
            status=Status.INTERRUPTED if interrupted else status,
            iterations=int(stats.get("iter_count", self._count)),
            constraint_violation=float(np.max(violation, initial=0.0)),
            wall_time=wall,
            derivative_time=self._seconds,
            log=log,
            message="; ".join([str(stats.get("return_status")), *(repr(e) for e in errors)]),
            minimum=convexified[-1] == 0.0 if convexified else None,
        )


def _violation(program: NonlinearProgram, unknowns: Floats) -> Floats:
    rows = program.constraints(unknowns)
    outside = np.maximum(program.row_lower - rows, rows - program.row_upper)
    return np.maximum(outside, 0.0)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """IPOPT's banner goes to the C stdout, where only results belong."""
    try:
        saved = os.dup(1)
    except OSError:
        yield
        return
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 1)
        yield
    finally:
        os.dup2(saved, 1)
        os.close(saved)
        os.close(null)
