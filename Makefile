# Two commands matter: `make study` and `make test`. Everything here is also in README.md as plain
# pip and surae lines. VENV, PYTHON, STUDY, RESULTS, RANKS and WORKERS can be set: make test WORKERS=4

VENV    ?= .venv
STUDY   ?= experiments/gluteal_output/study.toml
RESULTS ?= results/gluteal_output
RANKS   ?= 2
# Processes that share the tests, a file at a time: what a file has solved serves all of its tests.
# Each grows to 6 GB of compiled functions; where there is less than 16 GB: make test WORKERS=1
WORKERS ?= 2
# The first Python that is new enough and can make environments.
PYTHON  ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
             "$$p" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' \
             >/dev/null 2>&1 && echo "$$p" && break; done)

BIN := $(abspath $(VENV))/bin
PIP  = "$(BIN)/python" -m pip install --quiet --disable-pip-version-check

# One thread a process: parallelism is across cases. Compiled functions are kept between runs.
export OMP_NUM_THREADS = 1
export OPENBLAS_NUM_THREADS = 1
export PJRT_NPROC ?= 1
export XLA_FLAGS ?= --xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1
export JAX_COMPILATION_CACHE_DIR ?= $(CURDIR)/.cache/jax

.PHONY: help venv study test test-all lint format docs clean
.DEFAULT_GOAL := help

help:
	@echo "make study     install, run the default study, write its report"
	@echo "make test      install, run the tests (slow ones left out)"
	@echo "make test-all  all tests, the slow scientific checks included"
	@echo "make venv      the environment alone ($(VENV))"
	@echo "make lint      ruff and pyright;  make format  lets ruff rewrite"
	@echo "make docs      the documentation, into site/"
	@echo "make clean     remove built files (results/ and $(VENV) stay)"

venv: $(VENV)/.stamp-test

# The stamps make a second call free; a changed pyproject.toml installs again.
$(VENV)/.stamp: pyproject.toml
	@test -n "$(PYTHON)" || { echo "No Python >= 3.11 with the venv module found; set one: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11" >&2; exit 2; }
	test -x "$(BIN)/python" || "$(PYTHON)" -m venv "$(VENV)"
	$(PIP) -e .
	@touch "$@"

$(VENV)/.stamp-test: $(VENV)/.stamp
	$(PIP) -e ".[test]"
	@touch "$@"

$(VENV)/.stamp-docs: $(VENV)/.stamp
	$(PIP) -e ".[docs]"
	@touch "$@"

study: $(VENV)/.stamp
	"$(BIN)/surae" sweep "$(STUDY)" --out "$(RESULTS)" --ranks $(RANKS)
	"$(BIN)/surae" report "$(RESULTS)"

test: venv
	@"$(BIN)/python" -m pytest -m "not slow" -n $(WORKERS) --dist loadfile

test-all: venv
	@"$(BIN)/python" -m pytest -n $(WORKERS) --dist loadfile

lint: venv
	"$(BIN)/ruff" check .
	"$(BIN)/ruff" format --check .
	"$(BIN)/pyright" --pythonpath "$(BIN)/python"

format: venv
	"$(BIN)/ruff" check --fix .
	"$(BIN)/ruff" format .

docs: $(VENV)/.stamp-docs
	"$(BIN)/mkdocs" build --strict --quiet

clean:
	rm -rf build dist site .cache .pytest_cache .ruff_cache .hypothesis
	find sim tests benchmarks tools -name __pycache__ -type d -prune -exec rm -rf {} +
