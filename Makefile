# Everything a contributor does, from a bare Python: `make help` lists it.
# Only Python 3.11 or newer and make are needed; the rest is installed into .venv from hash-locked files.

SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
INSTALL := $(UV) pip install --quiet --python $(BIN)/python --require-hashes -r
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install demo test serve lint format bench docs lock clean

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

# One stamp per set of requirements: a set is installed again only when its locked file or pyproject.toml changed.
$(VENV)/.tools: requirements/build.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "kg-service needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

$(VENV)/.base: requirements/base.txt pyproject.toml $(VENV)/.tools
	$(INSTALL) $<
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.test $(VENV)/.lint $(VENV)/.docs: $(VENV)/.%: requirements/%.txt $(VENV)/.base
	$(INSTALL) $<
	@touch $@

install: $(VENV)/.base  ## the service and the kg command, in .venv

demo: $(VENV)/.base  ## set up everything and run the main job on published figures
	@$(BIN)/python deploy/demo.py

test: $(VENV)/.test  ## the whole test suite; ARGS="-k match" for a part
	$(BIN)/python -m pytest $(ARGS)

serve: $(VENV)/.base  ## the service on http://127.0.0.1:8000
	$(BIN)/kg serve $(ARGS)

lint: $(VENV)/.lint  ## style, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(VENV)/.lint  ## bring the sources into form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.test  ## the benchmarks; figures in docs/internals/performance.md
	$(BIN)/python -m pytest benchmarks --benchmark-only --timeout 0 $(ARGS)

docs: $(VENV)/.docs  ## the documentation, in site/
	$(BIN)/mkdocs build --quiet --strict
	@echo "open site/index.html"

lock: $(VENV)/.tools  ## write requirements/ again; UPGRADE=--upgrade takes newer versions
	$(COMPILE) $(UPGRADE) requirements/build.in -o requirements/build.txt
	$(COMPILE) $(UPGRADE) pyproject.toml -o requirements/base.txt
	$(COMPILE) $(UPGRADE) pyproject.toml -c requirements/base.txt -c requirements/build.txt --extra test -o requirements/test.txt
	$(COMPILE) $(UPGRADE) pyproject.toml -c requirements/test.txt --extra lint -o requirements/lint.txt
	$(COMPILE) $(UPGRADE) pyproject.toml -c requirements/test.txt --extra docs -o requirements/docs.txt

clean:  ## remove .venv and everything that was generated
	rm -rf $(VENV) build dist site demo-output .pytest_cache .mypy_cache .ruff_cache .import_linter_cache \
		.hypothesis .benchmarks
	find kg_service executors tests benchmarks deploy -name __pycache__ -type d -prune -exec rm -rf {} +
