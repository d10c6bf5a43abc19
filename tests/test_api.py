"""What a script calls: names, refusals before anything runs, and one stride from end to end."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import surae
from surae import _runtime, api
from surae._errors import UnusableInput
from surae.nlp.ipopt import IpoptOptions
from surae.nlp.report import Status
from surae.study.case import Case, Change


def in_new_process(code: str, **environment: str) -> str:
    """What a fresh Python prints for `code`."""
    unset = ("JAX_ENABLE_X64", "XLA_FLAGS", "OMP_NUM_THREADS", "JAX_COMPILATION_CACHE_DIR")
    kept = {k: v for k, v in os.environ.items() if k not in (*unset, "SURAE_CACHE")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture(scope="module")
def runner():
    return surae.load_runner("planar")


def test_importing_surae_loads_nothing_heavy():
    code = "import sys, surae; print([m for m in ('jax', 'numpy', 'casadi') if m in sys.modules])"
    assert in_new_process(code) == "[]"


@pytest.mark.parametrize("first", ["import surae, jax", "import jax, surae"])
def test_jax_is_64_bit_whoever_is_imported_first(first):
    code = f"{first}; import jax.numpy as jnp; print(jnp.ones(1).dtype)"
    assert in_new_process(code) == "float64"


def test_every_promised_name_is_there():
    for name in surae.__all__:
        assert getattr(surae, name) is not None
        assert name in dir(surae)
    with pytest.raises(AttributeError, match=r"'sensitive'; it has"):
        _ = surae.sensitive


def test_one_thread_leaves_what_the_user_has_set():
    code = (
        "import os; from surae._runtime import use_one_thread; print(use_one_thread());"
        "import jax; print(use_one_thread(), os.environ['OMP_NUM_THREADS'],"
        " os.environ['OPENBLAS_NUM_THREADS']); print(os.environ['XLA_FLAGS'])"
    )
    flags = "--xla_cpu_multi_thread_eigen=true"
    found = in_new_process(code, OMP_NUM_THREADS="3", XLA_FLAGS=flags).splitlines()
    assert found == ["True", "False 3 1", f"{flags} intra_op_parallelism_threads=1"]


def test_compiled_functions_are_kept_where_the_user_says(tmp_path):
    code = (
        "from surae._runtime import keep_compiled_functions as keep; import json;"
        "before = keep(); import jax; after = keep();"
        "print(json.dumps([str(before), str(after), jax.config.jax_compilation_cache_dir]))"
    )
    own, jaxs = str(tmp_path / "own"), str(tmp_path / "jaxs")
    assert json.loads(in_new_process(code, SURAE_CACHE=own)) == [own] * 3
    assert json.loads(in_new_process(code, JAX_COMPILATION_CACHE_DIR=jaxs)) == [jaxs] * 3
    assert json.loads(in_new_process(code, SURAE_CACHE="off")) == ["None", "None", None]
    home = json.loads(in_new_process(code, XDG_CACHE_HOME=str(tmp_path)))
    assert home[0] == home[1] == home[2] and home[0].startswith(str(tmp_path))


def test_a_place_that_cannot_be_written_is_no_cache(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SURAE_CACHE", str(tmp_path / "file" / "cache"))
    assert _runtime.keep_compiled_functions() is None


@pytest.mark.parametrize("speed", [0.0, 50.0, -4.0, float("nan")])
def test_speeds_outside_the_data_are_refused(runner, speed):
    with pytest.raises(UnusableInput, match=r"llowed are 2 to 5 m/s"):
        surae.run(runner, speed=speed)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"mode": "predicted"}, r"did you mean 'predict'"),
        ({"mode": "track"}, r"without files"),
        ({"mode": "fixed-kinematics"}, r"holds the motion of its guess"),
        ({"mode": "track", "track": ("no.mot", None)}, r"no\.mot"),
        ({"guess": 3.0}, r"The guess is a float"),
        ({"guess": "no.h5"}, r"No result file 'no\.h5'"),
        ({"costs": {"metabolik": 1.0}}, r"did you mean 'metabolic'"),
        ({"symmetry": "both"}, r"no symmetry 'both'"),
        ({"stride_time": 3.0}, r"allowed are 0.4 to 1.2 s"),
    ],
)
def test_what_run_cannot_use_is_refused(runner, wrong, message):
    with pytest.raises(UnusableInput, match=message):
        surae.run(runner, **wrong)


def test_half_a_stride_of_a_one_sided_runner_is_refused(runner):
    limping = surae.weaken(runner, "gluteus_maximus_r", strength=0.8)
    with pytest.raises(UnusableInput, match=r"use --symmetry full"):
        surae.run(limping, symmetry="half")


def test_a_delay_beyond_the_burst_is_refused(runner):
    case = Case(speed=5.0, changes=(Change("delay", "gluteus_maximus", 110.0),))
    with pytest.raises(UnusableInput, match=r"110 ms from gluteus_maximus_r, whose burst.*5 m/s"):
        surae.solve_case(case)
    with pytest.raises(UnusableInput, match=r"110 ms from gluteus_maximus_r, whose burst.*5 m/s"):
        surae.run(surae.weaken(runner, "gluteus_maximus", delay=110.0), speed=5.0)


def test_array_functions_are_jax_functions(runner):
    coordinates = jnp.asarray(0.1 * np.arange(len(runner.coordinate_names)))
    arms = surae.moment_arms(runner, coordinates)
    slopes = jax.jacfwd(lambda q: surae.muscle_tendon_lengths(runner, q))(coordinates)
    np.testing.assert_allclose(arms, -slopes, atol=1e-12)
    mass = jax.jit(surae.mass_matrix)(runner, coordinates)
    torque = surae.inverse_dynamics(runner, coordinates, 0.0 * coordinates, coordinates)
    still = surae.inverse_dynamics(runner, coordinates, 0.0 * coordinates, 0.0 * coordinates)
    np.testing.assert_allclose(torque - still, mass @ coordinates, rtol=1e-9, atol=1e-9)


def test_speed_costs_cadence_and_body_share_a_solver_and_a_mesh_does_not(monkeypatch):
    monkeypatch.setattr(api, "_solvers", {})
    options = IpoptOptions()

    def solver_of(**settings):
        return api._solver(*api.prepare_task(Case(**{"intervals": 5, **settings})), options)

    first = solver_of()
    heavy = (Change("set", "body.mass_kg", 70.0), Change("strength", "soleus", 0.8))
    for settings in (
        {"speed": 3.3},
        {"costs": {"effort": 2.0}},
        {"stride_time": 0.7},
        {"changes": heavy},
        {"mode": "predict"},
    ):
        assert solver_of(**settings) is first
        assert first.problem.task.speed == settings.get("speed", 4.0)
    assert solver_of(intervals=6) is not first
    assert solver_of(costs={"metabolic": 0.1}) is not first
    assert len(api._solvers) == 3


@pytest.mark.slow
def test_a_what_if_starts_from_its_healthy_stride(runner, tmp_path):
    task = {"speed": 4.0, "intervals": 10}
    healthy = surae.run(runner, **task)
    assert healthy.report.status is Status.SOLVED
    assert healthy.status == "solved"
    solvers = len(api._solvers)
    weak = surae.run(surae.weaken(runner, "gluteus_maximus", strength=0.9), guess=healthy, **task)
    assert weak.report.status is Status.SOLVED
    assert weak.report.iterations < healthy.report.iterations
    assert len(api._solvers) == solvers  # the transcription was used again
    loads = surae.achilles_loads(weak)
    assert loads["achilles_peak_force"].unit == "BW"
    assert surae.all_metrics(weak).keys() >= loads.keys()

    from surae.files.results import open_result, save_result

    case = Case(intervals=10)
    stride = surae.solve_case(case, guess=healthy)
    path = save_result(tmp_path / "healthy.h5", stride, case)
    again = surae.solve_case(open_result(path).case, guess=path)
    np.testing.assert_allclose(again.gait.achilles_force, stride.gait.achilles_force, rtol=1e-3)
    faster = surae.solve_case(Case(intervals=10, speed=4.1), guess=path)
    assert faster.report.iterations < healthy.report.iterations
    found = api.branch_of(open_result(path), faster)
    assert found.followed and found.mismatch < 0.1, found
    whole = surae.run(runner, symmetry="full", guess=path, **task)
    assert whole.report.status is Status.SOLVED
    np.testing.assert_allclose(
        whole.achilles_force.max(axis=0), stride.gait.achilles_force.max(axis=0), rtol=1e-3
    )
