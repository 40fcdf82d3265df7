# Two things to know: `make demo` shows what a generated repository does, `make test` tests this one.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
UV := $(if $(shell command -v uv 2>/dev/null),uv,$(BIN)/uv)
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo test check format fuzz lock bench clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  %-8s %s\n", $$1, $$2}' Makefile

setup: $(STAMP) ## The locked environment; nothing, where it is up to date

# The generated projects' lock and ours: one environment for all tests; and mlkata itself.
$(STAMP): requirements.txt pyproject.toml | $(BIN)/python $(filter $(BIN)/uv,$(UV))
	@echo "Installing what requirements.txt says into $(VENV); the first time takes a minute or more."
	@$(UV) pip sync -q --compile-bytecode --python $(BIN)/python --require-hashes requirements.txt
	@$(UV) pip install -q --offline --no-deps --no-build-isolation --python $(BIN)/python --editable .
	@touch $@

$(BIN)/python:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or later is needed, and $(PYTHON) is none. Say which is: make setup PYTHON=python3.12" >&2; \
		exit 1; }
	@if command -v uv >/dev/null 2>&1; then uv venv -q --allow-existing --python "$(PYTHON)" $(VENV); \
	else "$(PYTHON)" -m venv $(VENV); fi

# Only where PATH has no uv; the lock pins this one, with hashes.
$(BIN)/uv: | $(BIN)/python
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.txt > $(VENV)/uv.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r $(VENV)/uv.txt

demo: $(STAMP) ## A generated repository in demo/, run end to end
	@test -d demo || $(BIN)/copier copy --quiet --defaults --vcs-ref HEAD --data project_name=Demo \
		--data data_remote_url=../outputs/dvc-remote . demo
	@$(MAKE) --no-print-directory -C demo setup run PYTHON="$(abspath $(BIN)/python)"
	@echo
	@echo "Go there first: cd demo && source .venv/bin/activate"

test: $(STAMP) ## This repository's tests (ARGS="-k matrix")
	env -u ARGS -u MAKEFLAGS -u MAKELEVEL -u MFLAGS $(BIN)/pytest -n 2 $(ARGS)

check: $(STAMP) ## Style and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: $(STAMP) ## Put the code into shape
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

fuzz: $(STAMP) ## The property tests, at length
	EXAMPLES=2000 $(BIN)/pytest tests/test_accepted.py -k typed_answers $(ARGS)
	EXAMPLES=20000 $(BIN)/pytest tests/generator/test_properties.py $(ARGS)
	EXAMPLES=4000 $(BIN)/pytest tests/generator/test_partial.py tests/generator/test_kill.py tests/generator/test_end_to_end.py $(ARGS)

bench: $(STAMP) ## Every figure of benchmarks/README.md
	for file in benchmarks/bench_*.py benchmarks/sync.py benchmarks/fleet.py; do $(BIN)/python $$file || exit 1; done

lock: $(STAMP) ## Renew the template's locks, then ours from them
	$(BIN)/python scripts/lock.py
	$(UV) pip compile --quiet --universal --python-version=3.11 --fork-strategy=fewest --generate-hashes \
		--no-annotate --custom-compile-command="make lock" --group=dev \
		--output-file=requirements.txt pyproject.toml template/locks/requirements-s3.txt

clean: ## Remove the demo and caches
	rm -rf demo .mypy_cache .pytest_cache .ruff_cache .hypothesis
