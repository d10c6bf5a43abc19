"""What a script or notebook calls: load a runner, weaken it, run it, read its loads.

`run` is for a runner in hand; `prepare_task` and `solve_case` are for a case as data, as the
command line and sweeps have it.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace as replaced
from pathlib import Path
from typing import TYPE_CHECKING

from surae._errors import UnusableInput
from surae._pytree import Note, replace
from surae._runtime import keep_compiled_functions
from surae.files.baselines import nearest_baseline
from surae.files.case_inputs import prepare_task, reference_of, running_task
from surae.files.model_folder import load_runner as load_model_folder
from surae.files.results import StoredStride, open_result
from surae.gait.branch import Branch, branch
from surae.gait.guess import Start, guess_for
from surae.gait.held import held_motion
from surae.gait.neighbours import Neighbours
from surae.gait.reference import ReferenceStride
from surae.gait.solution import GaitSolution
from surae.gait.stride import IpoptOptions, Stride, StrideSolver
from surae.gait.structure import structure
from surae.gait.task import HELD_MODE, CostWeights, RunningTask
from surae.loads.achilles import achilles_loads
from surae.loads.all_metrics import all_metrics, metric_values
from surae.runner.parameters import set_parameter
from surae.runner.runner import (
    Runner,
    inverse_dynamics,
    mass_matrix,
    moment_arms,
    muscle_tendon_lengths,
)
from surae.runner.scaling import scale
from surae.runner.weakness import is_one_sided, weaken
from surae.sensitivity.dataset import as_dataset, check_loads
from surae.sensitivity.numbers import chosen_numbers
from surae.sensitivity.sensitivities import sensitivities as all_sensitivities
from surae.sensitivity.through_run import is_traced, through_run
from surae.sensitivity.usable import refuse_loose, refuse_unusable
from surae.study.case import Case, Track, cost_weights

if TYPE_CHECKING:
    import xarray

__all__ = [
    "achilles_loads",
    "all_metrics",
    "branch_of",
    "inverse_dynamics",
    "load_runner",
    "mass_matrix",
    "metric_values",
    "moment_arms",
    "muscle_tendon_lengths",
    "prepare_task",
    "run",
    "scale",
    "sensitivities",
    "set_parameter",
    "solve_case",
    "weaken",
]

AnyGuess = GaitSolution | Stride | StoredStride | str | Path
Progress = Callable[[int, float, float], None]
Files = tuple[str | Path, str | Path | None]

# A guess by this name: the reference stride, where a baseline would be nearer.
COLD = "cold"
SOLVERS_KEPT = 4
_SOLVED = "solved"
_solvers: dict[tuple[bytes, IpoptOptions], StrideSolver] = {}
# Where each stride that was solved in this process ended, and what it was a solution of, as long
# as its report lives.
_starts: weakref.WeakKeyDictionary[object, Start] = weakref.WeakKeyDictionary()
_posed: weakref.WeakKeyDictionary[object, tuple[Case, RunningTask]] = weakref.WeakKeyDictionary()


def load_runner(name_or_path: str | Path) -> Runner:
    """A runner by name (`planar`, `full`), of a model folder, or of an OpenSim model.

    name_or_path: a name of the library, a folder with `model.toml`, or a file `.osim`, which is
    imported once (with the opensim package) and kept in the cache.
    Raises UnusableInput: no such model, or one that cannot be read.
    """
    keep_compiled_functions()
    return load_model_folder(name_or_path)


def run(
    runner: Runner,
    speed: float = Case.speed,
    mode: str = Case.mode,
    guess: AnyGuess | None = None,
    *,
    symmetry: str | None = None,
    scheme: str = Case.scheme,
    intervals: int = Case.intervals,
    track: ReferenceStride | Files | None = None,
    costs: CostWeights | Mapping[str, float] | None = None,
    stride_time: float | None = None,
    step_width: float | None = None,
    progress: Progress | None = None,
) -> GaitSolution:
    """One stride of the runner; see its `.status` and `.report` for how it ended.

    runner: of `load_runner`, and what `weaken`, `scale` and `set_parameter` made of it.
    speed: mean forward speed, m/s, 2 to 5.
    mode: `calibrated`, `predict`, `track` or `fixed-kinematics` (docs/question).
    guess: a stride or result file to start from; a what-if starts from its healthy stride. Left
    out, the model's nearest baseline; `cold`: the reference stride.
    symmetry: `half` or `full`; left out, half where both sides of the runner are alike.
    scheme: `backward_euler`, `radau2`, `radau3`, `trapezoid`.
    intervals: of the mesh, in half a stride.
    track: for mode `track`, a measured stride or its files (kinematics, ground reaction).
    costs: weights by name that differ from the mode's. stride_time: s, a fixed cadence.
    step_width: m, a fixed one: right minus left center of pressure. Left out, both are free.
    progress: called after each iteration with its number, the cost and the violation.
    Mode fixed-kinematics holds the motion of its guess, with that stride's speed and mesh.
    Raises UnusableInput: a number out of its range, a guess of another model. A solve that does
    not converge raises nothing: the last iterate is returned with its status.
    Source: docs/theory, Transcription and Cost.
    """
    keep_compiled_functions()
    if is_traced(runner, speed):

        def solve(own: Runner, at: float) -> GaitSolution:
            return run(
                own,
                at,
                mode,
                guess,
                symmetry=symmetry,
                scheme=scheme,
                intervals=intervals,
                track=track,
                costs=costs,
                stride_time=stride_time,
                step_width=step_width,
                progress=progress,
            )

        return through_run(solve, _neighbours, runner, speed)
    if mode == HELD_MODE:
        return _run_held(runner, guess, symmetry, costs, progress)
    case = Case(
        model=runner.name,
        speed=speed,
        mode=mode,
        symmetry=symmetry or "auto",
        scheme=scheme,
        intervals=intervals,
        stride_time=stride_time,
        step_width=step_width,
        costs=cost_weights(mode, costs),
        track=_track(track),
    )
    reference = track if isinstance(track, ReferenceStride) else None
    task = running_task(runner, case, reference)
    gait = _solve(runner, task, guess, progress).gait
    _posed[gait.report] = case, task
    return gait


def _run_held(
    runner: Runner,
    guess: AnyGuess | None,
    symmetry: str | None,
    costs: CostWeights | Mapping[str, float] | None,
    progress: Progress | None,
) -> GaitSolution:
    start = None if guess is None else _start(guess)
    if start is None or not start.scheme or start.gait.status != _SOLVED:
        raise UnusableInput(
            f"mode {HELD_MODE} holds the motion of its guess; give guess= a solved stride, or the "
            "path of its result file."
        )
    held = held_motion(start.gait, start.symmetry, "the stride given as guess")
    case = Case(
        model=runner.name,
        speed=float(start.gait.speed),
        mode=HELD_MODE,
        symmetry=symmetry or ("full" if is_one_sided(runner) else start.symmetry),
        scheme=start.scheme,
        intervals=start.intervals,
        costs=cost_weights(HELD_MODE, costs),
        stride="the stride given as guess",
    )
    return _solve(runner, running_task(runner, case, held=held), start, progress).gait


def solve_case(
    case: Case,
    guess: AnyGuess | None = None,
    progress: Progress | None = None,
    max_iterations: int = IpoptOptions.max_iterations,
    max_time: float = IpoptOptions.max_time,
) -> Stride:
    """Solve a case; never raises for a failed solve (see `.report.status`).

    case: a `Case`, as studies and result files have it. guess: as in `run`.
    progress: called after each iteration with its number, the cost and the violation.
    max_iterations, max_time: when to give up; s.
    Raises UnusableInput: a model or file that cannot be read, a change that it does not have.
    """
    runner, task = prepare_task(case)
    options = IpoptOptions(max_iterations=max_iterations, max_time=max_time)
    stride = _solve(runner, task, guess, progress, options)
    _posed[stride.report] = case, task
    return stride


def sensitivities(
    gait: GaitSolution | Stride | StoredStride | str | Path,
    parameters: Sequence[str] | None = None,
    loads: Sequence[str] | None = None,
    check_bounds: bool = True,
) -> xarray.Dataset:
    """Exact derivatives of the loads of a solved stride by parameters; by default all by all.

    gait: a stride solved in this process, or the path of a result file. One variable for each load,
    over `parameter` and the load's own dims, in the load's unit per unit of the parameter;
    `NAME_value` is the load, `NAME_spread` what bounds that hardly press may change
    (docs/sensitivities). check_bounds: work that spread out, too. Raises `UnusableInput` for a
    stride that is not solved, or not tightly enough, and for unknown names.
    """
    keep_compiled_functions()
    neighbours, solved, at_speed = _neighbours(gait)
    runner, task = neighbours.problem.runner, neighbours.problem.task
    wanted = None if parameters is None else list(parameters)
    numbers = chosen_numbers(runner, task, at_speed, wanted)
    if loads is not None:
        check_loads(loads)
    found = all_sensitivities(neighbours, solved, numbers, loads, check_bounds)
    return as_dataset(found, solved)


def _neighbours(
    given: GaitSolution | Stride | StoredStride | str | Path,
) -> tuple[Neighbours, GaitSolution, Callable[[float], RunningTask]]:
    """A solved stride with its conditions factored, and its task at other speeds."""
    if isinstance(given, str | Path):
        given = open_result(given)
    start: Start
    if isinstance(given, StoredStride):
        if not given.same_inputs:
            raise UnusableInput(
                f"{given.path}: its model has changed since it was solved, so that it solves "
                "nothing any more; solve it again: surae run --guess RESULT.h5."
            )
        start, case = given.start, given.case
        task = running_task(given.gait.runner, case)
    else:
        report = given.report
        if report is None or report not in _starts or report not in _posed:
            raise UnusableInput(
                "This stride was not solved in this process, and its multipliers are not known; "
                "give a stride that surae.run returned, or the path of a result file."
            )
        start, (case, task) = _starts[report], _posed[report]
    gait = start.gait
    refuse_unusable(gait, start.guess, task)
    solver = _solver(gait.runner, task, IpoptOptions())
    point = guess_for(start, solver.problem)
    neighbours = Neighbours(solver.problem, point, solver.program)
    refuse_loose(neighbours)

    def at_speed(speed: float) -> RunningTask:
        reference = reference_of(gait.runner, replaced(case, speed=speed))
        return replaced(task, speed=speed, reference=reference)

    return neighbours, gait, at_speed


def compile_case(case: Case) -> None:
    """Compile what solving a case needs, so that the first solve of a process need not."""
    _solver(*prepare_task(case), IpoptOptions()).compile()


def branch_of(start: StoredStride | Stride, stride: Stride) -> Branch:
    """Whether a stride stayed on the branch of the stride that it was solved from."""
    runner, task = stride.problem.runner, stride.problem.task
    own = structure(runner, task)
    known = next((solver for (key, _), solver in _solvers.items() if key == own), None)
    solver = known or _solver(runner, task, IpoptOptions())
    if isinstance(start, Stride):
        return branch(solver, _start(start), start.problem.task, stride)
    return branch(solver, start.start, running_task(start.gait.runner, start.case), stride)


def _solve(
    runner: Runner,
    task: RunningTask,
    guess: AnyGuess | Start | None,
    progress: Progress | None,
    options: IpoptOptions | None = None,
) -> Stride:
    solver = _solver(runner, task, options or IpoptOptions())
    stride = None
    if guess is None:
        stride = _from_baseline(solver, runner, task, progress)
    if stride is None:
        cold = guess is None or guess == COLD
        unknowns = None if guess is None or cold else guess_for(_start(guess), solver.problem)
        stride = solver.solve(unknowns, progress)
    _starts[stride.report] = _start(stride)
    return stride


def _from_baseline(
    solver: StrideSolver, runner: Runner, task: RunningTask, progress: Progress | None
) -> Stride | None:
    """Solved from the model's nearest baseline; None where there is none or it does not help."""
    baseline = nearest_baseline(runner.name, task.mode, task.speed)
    if baseline is None:
        return None
    try:
        start = guess_for(baseline.start, solver.problem)
    except UnusableInput:  # a runner that has only the model's name
        return None
    stride = solver.solve(start, progress)
    if not (stride.report.status.solved or stride.report.status.halted):
        return None
    where = f"the baseline of {runner.name} at {baseline.case.speed:g} m/s"
    report = replaced(stride.report, started_from=where)
    return replaced(stride, report=report, gait=replace(stride.gait, note=Note(report)))


def _start(guess: AnyGuess | Start) -> Start:
    """What another solve needs of a guess in any form."""
    if isinstance(guess, Start):
        return guess
    if isinstance(guess, str | Path):
        guess = open_result(guess)
    if isinstance(guess, StoredStride):
        return guess.start
    if isinstance(guess, Stride):
        task = guess.problem.task
        # Without its note the stride does not keep its own report alive.
        gait = replace(guess.gait, note=Note())
        return Start(gait, task.symmetry, task.scheme, task.intervals, guess.guess)
    if isinstance(guess, GaitSolution):
        known = _starts.get(guess.report) if guess.report is not None else None
        return known or Start(guess, "", "", 0)
    raise UnusableInput(
        f"The guess is a {type(guess).__name__}; give a stride that surae.run returned, or the "
        "path of a result file."
    )


def _solver(runner: Runner, task: RunningTask, options: IpoptOptions) -> StrideSolver:
    """A solver of this task, compiled before if a task of the same structure had it."""
    key = structure(runner, task), options
    solver = _solvers.pop(key, None)
    if solver is None:
        solver = StrideSolver(runner, task, options)
    else:
        solver.set_task(runner, task)
    _solvers[key] = solver
    while len(_solvers) > SOLVERS_KEPT:
        del _solvers[next(iter(_solvers))]
    return solver


def _track(given: ReferenceStride | Files | None) -> Track | None:
    if given is None:
        return None
    if isinstance(given, ReferenceStride):
        return Track(given.source or "a stride given in Python")
    kinematics, forces = given
    return Track(str(kinematics), None if forces is None else str(forces))
