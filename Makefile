# Every target does its own set-up; nothing but Python >= 3.11, venv and make is needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: setup up test check bench quality chaos requirements

setup: $(VENV)/.ready

$(VENV)/.ready: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Clipdesk needs Python 3.11 or newer; $(PYTHON) is older. Set PYTHON=/path/to/python3.11."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.ready-dev: $(VENV)/.ready requirements-dev.txt
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.txt
	@touch $@

up: setup
	@exec $(BIN)/clipdesk up

test: $(VENV)/.ready-dev
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

check: $(VENV)/.ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.ready-dev
	$(BIN)/python -m tests.bench

quality: $(VENV)/.ready-dev
	$(BIN)/python -m tests.quality

# Posting under every fault at once, with the seeds to repeat it.
chaos: $(VENV)/.ready-dev
	$(BIN)/python -m tests.chaos

# Needs uv; run it after changing the dependencies in pyproject.toml.
requirements:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-find-links --no-header -q pyproject.toml -o requirements.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-find-links --no-header -q --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt
