# Everything a person or the CI runs. No environment has to be activated: make makes its own in .venv.
#   make app                      make app ARGS="--port 7000"
#   make test PYTEST="-k cli -x"  make env PYTHON=python3.12

PYTHON ?= python3
CATS_MINUTES ?= 50
FASHION_MINUTES ?= 10
SEED ?= 0
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help env app test check train-shipped bench clean
# A step that fails leaves no half-written target.
.DELETE_ON_ERROR:

help:  ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

env: $(VENV)/.dev  ## Make .venv with everything (quick when nothing changed)

app: $(VENV)/.runtime  ## Open the app in the browser
	$(PY) app.py $(ARGS)

test: check  ## All checks, then all tests (with CI=true a skipped test fails)
	$(PY) -m pytest -p tests.no_skips $(PYTEST)

check: $(VENV)/.dev  ## Style, types and who may import whom
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports

train-shipped: $(VENV)/.runtime  ## Train every shipped checkpoint anew, about an hour (an unfinished run goes on)
	[ ! -f runs/cats-64-vae/model.safetensors ] || rm -r runs/cats-64-vae
	$(PY) -m genimg train vae --data cats --size 64 --minutes $(CATS_MINUTES) --seed $(SEED) --name cats-64-vae
	[ ! -f runs/fashion-mnist-32-vae/model.safetensors ] || rm -r runs/fashion-mnist-32-vae
	$(PY) -m genimg train vae --data fashion-mnist --size 32 --minutes $(FASHION_MINUTES) --seed $(SEED) --name fashion-32-vae

bench: $(VENV)/.bench  ## Measure against other programs and the textbook models
	$(PY) benchmarks/run.py $(ARGS)

clean:  ## Remove the environment and all caches (runs/ and checkpoints/ stay)
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Stamps: each is newer than the requirements that it stands for.
$(VENV)/.runtime: requirements.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("genimg needs Python 3.11 or newer, and $(PYTHON) is " + sys.version.split()[0] + ": make env PYTHON=python3.12")'
	@$(PY) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@echo "Installing what genimg needs into $(VENV) (the first time this takes a few minutes)"
	$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.runtime
	$(PIP) -r requirements-dev.txt
	@touch $@

$(VENV)/.bench: requirements-bench.txt $(VENV)/.runtime
	$(PIP) -r requirements-bench.txt
	@touch $@
