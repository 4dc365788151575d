# The one place that says how to set up, run and check Postrider. Needs Python 3.11 or later with venv, make, and a
# network to the package registry; PYTHON names a Python other than the first fitting one.

PYTHON ?= $(firstword $(foreach name,python3 python3.13 python3.12 python3.11 python3.14, \
    $(shell $(name) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(name))))
UV_VERSION := 0.13.9
BIN := .venv/bin
UV := UV_PYTHON_DOWNLOADS=never $(BIN)/uv
# The lock holds names, versions and hashes; what of it is installed is what pyproject.toml asks for.
INSTALL := $(UV) pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes --constraint requirements.lock
LOCK_HINT := echo "error: the packages are not installed. If pyproject.toml has changed, type: make lock"
# Tests of real processes wait for most of their time: one more at once than there are cores.
TESTS_AT_ONCE ?= $(shell expr $$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2) + 1)

.PHONY: setup run test lint lock clean
.DEFAULT_GOAL := run

setup: .venv/.run
	@:

run: .venv/.run
	@$(BIN)/postrider run

test: lint
	@$(BIN)/pytest -n $(TESTS_AT_ONCE) --dist worksteal

lint: .venv/.test
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

# Writes requirements.lock anew from pyproject.toml; keeps the versions in it unless UPGRADE=--upgrade is given.
lock: .venv/.uv
	@$(UV) pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	    --extra embedded --group test $(UPGRADE) --output-file requirements.lock

clean:
	@test ! -f var/postgres.elsewhere || rm -rf "$$(cat var/postgres.elsewhere)"
	rm -rf .venv var dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

.venv/.uv:
	@test -n "$(PYTHON)" || \
	    { echo "error: Postrider needs Python 3.11 or later; install it, or name one: make PYTHON=/path/to/python"; exit 1; }
	@$(BIN)/python -c '' 2>/dev/null || { echo "Setting up .venv" && rm -rf .venv && $(PYTHON) -m venv .venv; } || \
	    { rm -rf .venv; echo "error: this Python makes no venv. On Debian or Ubuntu type: sudo apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

.venv/.run: .venv/.uv pyproject.toml requirements.lock
	@echo "Installing what the service needs"
	@$(INSTALL) --requirement pyproject.toml --extra embedded --group build || { $(LOCK_HINT); exit 1; }
	@$(UV) pip install --quiet --python $(BIN)/python --no-build-isolation --no-deps --editable .
	@touch $@

.venv/.test: .venv/.run
	@echo "Installing what the tests need"
	@$(INSTALL) --group test || { $(LOCK_HINT); exit 1; }
	@touch $@
