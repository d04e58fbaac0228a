# Everything a reader needs: `make reproduce` and `make test`.  `make help` lists the rest.

PYTHON ?= python3
VENV ?= .venv
JOBS ?= 2
PY := $(VENV)/bin/python

# One BLAS thread: two on a busy two-core machine make small QRs 10 to 100 times slower.
export OPENBLAS_NUM_THREADS := 1
export OMP_NUM_THREADS := 1
export MKL_NUM_THREADS := 1
export MPLBACKEND := agg

ifneq ($(wildcard ../shared/data/.),)
export GRADLAB_DATA ?= $(abspath ../shared/data)
endif

.PHONY: help reproduce figures test lint check paper bench peers soundness mutants docs lock clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

reproduce: $(VENV)/.installed ## figures and numbers of the paper; QUICK=1 for small sizes
	$(PY) -m gradlab reproduce $(if $(QUICK),--quick)

figures: $(VENV)/.installed ## one figure and what it needs: make figures ONLY=butterfly
	$(PY) -m gradlab reproduce $(if $(QUICK),--quick) $(if $(ONLY),--only $(ONLY))

test: $(VENV)/.installed ## every test and example, with branch coverage
	$(PY) -m pytest -n $(JOBS) --cov --checks paper/generated/checks.tex $(PYTEST)

lint: $(VENV)/.installed ## format, lint, types, floors
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports

check: lint ## the same, and the fast tests
	$(PY) -m pytest -q -n $(JOBS) -m "not slow" $(PYTEST)

paper: ## paper/main.pdf from the figures and numbers (needs latexmk)
	$(MAKE) -C paper

bench: $(VENV)/.installed ## times beside those of others, interleaved, and what is missed
	$(PY) -m benchmarks.speed
	$(PY) -m benchmarks.scaling
	$(PY) -m benchmarks.windows
	$(PY) -m benchmarks.monitor
	$(PY) -m benchmarks.lag_norms

peers: ## .venv-bench with what others wrote: make bench VENV=.venv-bench
	test -x .venv-bench/bin/python || $(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet -e ".[jax,jit,torch]" $(PEERS)
	@touch .venv-bench/.installed

PEERS := lyapynov==1.0.1 pynamicalsys==1.7.0

soundness: $(VENV)/.installed ## a million exact decisions, and 10⁴ a theorem, 35 min
	$(PY) -m benchmarks.soundness

mutants: $(VENV)/.installed ## change the certified code at one place each; tests must fail
	$(PY) -m benchmarks.mutants $(or $(MUTANTS),--sample 120 --seed 1)

docs: $(VENV)/.installed ## build/docs: every public name, from its docstring
	$(PY) -m pip install --quiet "pdoc>=14.5"
	$(PY) -m pdoc -d numpy -o build/docs gradlab \
	  $(patsubst gradlab/%/__init__.py,gradlab.%,$(wildcard gradlab/*/__init__.py))

lock: $(VENV)/.installed ## resolve the locked versions anew
	$(PY) -m pip install --quiet uv
	$(PY) -m uv pip compile $(LOCK) -o requirements.lock pyproject.toml
	$(PY) -m uv pip compile $(LOCK) -c requirements.lock -o requirements-extras.lock \
	  --extra jax --extra sweep --extra data --extra xarray --group lock pyproject.toml

# No address and no name of an index: the lock holds versions, markers and hashes.
LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-header \
  --no-annotate --extra jit --group build --group test --group lint

# The stamp keeps what is installed; a new lock or a new pyproject.toml installs again.
# The lock is complete: --no-deps, or old pips ask for newer releases of `coverage[toml]`.
$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "gradlab needs Python 3.11 or newer: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; \
	  exit 1; }
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --no-deps --require-hashes -r requirements.lock
	$(PY) -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

clean: ## remove what was built, not what was installed
	rm -rf analysis/data paper/figures paper/generated build *.egg-info
	rm -rf .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache
