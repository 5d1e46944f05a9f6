# Everything a person or the CI runs. No environment has to be activated: make makes its own in .venv.
#   make app                      make app ARGS="--port 7000"
#   make test PYTEST="-k cli -x"  make test JOBS=1
#   make env PYTHON=python3.12

PYTHON ?= python3
CATS_MINUTES ?= 50
FASHION_MINUTES ?= 10
CATS_GAN_MINUTES ?= 40
FASHION_GAN_MINUTES ?= 22
BASE_MINUTES ?= 180
FRUIT_MINUTES ?= 55
FRUIT_GAN_MINUTES ?= 14
PORTRAITS_MINUTES ?= 72
PORTRAITS_CLASSIFIER_MINUTES ?= 20
# The folder with the photographs that the base and the fruit learn from; docs/training.md says where they are from.
PHOTOS ?= photos
SEED ?= 0
# Processes that share the tests; a file's tests stay together, as they share models and pages.
JOBS ?= 3
VENV := .venv
PY := $(VENV)/bin/python
# What "make check" runs side by side, the longest first.
CHECKS := check-types check-style check-layers check-scripts
# Node is a package of the environment.
NPM := PATH="$(CURDIR)/$(VENV)/bin:$$PATH" npm
PIP := $(PY) -m pip install --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help env app test test-long check $(CHECKS) train-shipped train-base train-fruit train-portraits bench clean
# A step that fails leaves no half-written target.
.DELETE_ON_ERROR:

help:  ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

env: $(VENV)/.dev  ## Make .venv with everything (quick when nothing changed)

app: $(VENV)/.runtime  ## Open the app in the browser
	$(PY) app.py $(ARGS)

test: check  ## All checks, then all tests (with CI=true a skipped test fails)
	$(PY) -m pytest -p tests.no_skips -n $(JOBS) --dist loadfile --no-loadscope-reorder $(PYTEST)

test-long: $(VENV)/.dev  ## More of what is left to chance: drags, bad files, kills
	GENIMG_LONG=1 $(PY) -m pytest tests/ui/browser/test_live.py tests/fuzz tests/training/test_kills.py \
		$(PYTEST)

check: $(VENV)/.dev node_modules/.stamp  ## Style, types, who may import whom, and the scripts' tests
	@$(MAKE) --no-print-directory --jobs=2 $(CHECKS)

$(CHECKS): $(VENV)/.dev node_modules/.stamp

check-types:
	$(PY) -m mypy

check-style:
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

check-layers:
	$(VENV)/bin/lint-imports

check-scripts:
	$(NPM) run --silent check

# $(call shipped,<run folder>,<arguments of train>): an unfinished run goes on, a finished one is made anew.
define shipped
	[ ! -f runs/$(1)/model.safetensors ] || rm -r runs/$(1)
	$(PY) -m genimg train $(2) --out runs/$(1) --seed $(SEED)
endef

train-shipped: $(VENV)/.runtime  ## Train every shipped checkpoint anew, about three hours (an unfinished run goes on)
	$(call shipped,cats-64-vae,vae --data cats --size 64 --minutes $(CATS_MINUTES) --name cats-64-vae)
	$(call shipped,fashion-mnist-32-vae,vae --data fashion-mnist --size 32 --minutes $(FASHION_MINUTES) --name fashion-32-vae)
	$(call shipped,cats-64-classifier,classifier --data cats --size 64 --images 200000 --name cats-64-classifier)
	$(call shipped,fashion-mnist-32-classifier,classifier --data fashion-mnist --size 32 --images 400000 --name fashion-32-classifier)
	$(call shipped,cats-64-gan,gan --data cats --size 64 --init-from checkpoints/cats-64-vae.safetensors --minutes $(CATS_GAN_MINUTES) --name cats-64-gan)
	$(call shipped,fashion-mnist-32-gan,gan --data fashion-mnist --size 32 --init-from checkpoints/fashion-32-vae.safetensors --gamma 0.05 --minutes $(FASHION_GAN_MINUTES) --name fashion-32-gan)

CREDIT := Photographs: Marcus Klasson, GroceryStoreDataset (MIT); Gary Thung, trashnet (MIT); \
	Budgie backgrounds (CC0); wallpapers of Lomiri by Aitzol Berasategi, Trevor "Freespace" and \
	Jakub Mede (CC BY 4.0), Sander Klootwijk, "Bolly" and Peter Nerlich (CC BY-SA 4.0), Lukas Baubkus \
	(CC BY-SA 3.0), Clemens Engelhardt (CC0)

train-base: $(VENV)/.runtime  ## Train the base for photographs anew, about three hours (it goes on)
	set -f; $(PY) -m genimg train base \
		--data folder:$(PHOTOS)/grocery folder:$(PHOTOS)/trashnet folder:$(PHOTOS)/wallpapers \
		graphics robots monsters heads cats fashion-mnist mnist \
		--leave-out $$(cat benchmarks/held-out.txt) --size 64 --minutes $(BASE_MINUTES) \
		--seed $(SEED) --out runs/photo-base --name photo-base --title "Any photograph" \
		--licence "MIT, CC0, CC BY, CC BY-SA" --credit '$(CREDIT)'

FRUIT := --data folder:runs/fruit-and-vegetables --size 128 --threads 1 --title "Fruit and vegetables" --licence MIT \
	--credit "GroceryStoreDataset - Copyright 2019 Marcus Klasson"

train-fruit: $(VENV)/.runtime  ## Train the model of fruit and vegetables anew, 70 minutes (it goes on)
	mkdir -p runs/fruit-and-vegetables
	ln -sfn $(abspath $(PHOTOS))/grocery/Fruit/* $(abspath $(PHOTOS))/grocery/Vegetables/* runs/fruit-and-vegetables/
	$(call shipped,fruit-128-vae,vae $(FRUIT) --minutes $(FRUIT_MINUTES) --from-nothing)
	$(call shipped,fruit-128,gan $(FRUIT) --minutes $(FRUIT_GAN_MINUTES) --init-from runs/fruit-128-vae/model.safetensors --name fruit-128)

train-portraits: $(VENV)/.runtime  ## Draw portraits, half an hour on two cores, and train their models, two hours (all go on)
	$(call shipped,portraits-128,vae --preset photo --data portraits --size 128 --latent-dim 160 --threads 1 --minutes $(PORTRAITS_MINUTES) --name portraits-128)
	$(call shipped,portraits-128-classifier,classifier --data portraits --size 128 --threads 1 --minutes $(PORTRAITS_CLASSIFIER_MINUTES) --name portraits-128-classifier)

bench: $(VENV)/.bench  ## Measure against other programs and the textbook models
	$(PY) benchmarks/run.py $(ARGS)

clean:  ## Remove the environment and all caches (runs/ and checkpoints/ stay)
	rm -rf $(VENV) node_modules .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
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

node_modules/.stamp: package.json package-lock.json $(VENV)/.dev
	$(NPM) ci --silent
	@touch $@

$(VENV)/.bench: requirements-bench.txt $(VENV)/.runtime
	$(PIP) -r requirements-bench.txt
	@touch $@
