# Set-up, the demo and the tests of mcunas. The firmware has a makefile of its own, called by `mcunas build`.

PYTHON ?= python3.11
# Passed to pip, e.g. PIP_ARGS="--extra-index-url ..." for another build of PyTorch.
PIP_ARGS ?=
PYTEST_ARGS ?= -n auto --dist loadfile
# How many graphs `make fuzz` runs, and its further options, e.g. ARGS="--board qemu_mps2_an386" (--help lists them).
N ?= 2000
ARGS ?=
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint fuzz bench-engine bench-latency lock clean

# $(call apt_install,packages): installs Debian packages if this user may, else says what to install.
define apt_install
	if ! command -v apt-get >/dev/null; then may=false; \
	elif [ "$$(id -u)" = 0 ]; then may=true; as=; \
	elif sudo -n true 2>/dev/null; then may=true; as=sudo; \
	else may=false; fi; \
	if $$may; then \
		echo "Installing $(1)"; \
		$$as apt-get update -q && $$as env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $(1); \
	else \
		echo "Missing, and only an administrator can install it. Say this, then make again:" >&2; \
		echo "  sudo apt-get install --no-install-recommends $(1)" >&2; \
		exit 1; \
	fi
endef

help: ## Show what there is to make.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/.ready ## Install everything: .venv from requirements.lock, compilers and emulators from Debian.

.venv/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { $(call apt_install,python3.11 python3.11-venv); }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || \
		{ echo "mcunas needs Python 3.11, '$(PYTHON)' is not it. Say: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --disable-pip-version-check $(PIP_ARGS) -r requirements.lock
	$(BIN)/pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --editable .
	@missing="$$($(BIN)/mcunas doctor --apt)" && { [ -z "$$missing" ] || { $(call apt_install,$$missing); }; }
	@touch $@

demo: setup ## Search, train, build, flash and measure a network for an emulated Cortex-M4.
	$(BIN)/mcunas run examples/digits.toml

test: setup lint ## Run the linters and every test.
	$(BIN)/pytest $(PYTEST_ARGS)

lint: setup ## Check style and types.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

fuzz: setup ## Hold N random graphs to TensorFlow Lite Micro, bit for bit (N=2000 ARGS="--board qemu_mps2_an386").
	$(BIN)/python -m tests.fuzz $(N) $(ARGS)

bench-engine: setup ## Run the benchmark models on every emulated core and write the tables of docs/benchmarks.md.
	$(BIN)/python -m benchmarks.engine $(ARGS)

bench-latency: setup ## Calibrate every emulated board, hold predictions against networks, write docs/benchmarks.md.
	$(BIN)/python -m benchmarks.latency $(ARGS)

lock: ## Write requirements.lock from what .venv holds now.
	@sed -n '/^#/p' requirements.lock > .venv/lock
	@$(BIN)/pip freeze --all --exclude-editable --exclude pip | sed '/^nvidia/d; /^triton/d; s/+cpu$$//' >> .venv/lock
	@mv .venv/lock requirements.lock

clean: ## Remove what was installed and built; runs/ stays.
	rm -rf .venv build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
