# Two commands are enough: `make run` and `make test`. Both need Python 3.11 and install the rest.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.SILENT:

PYTHON311 ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
PYTHON := $(VENV)/bin/python
# Installed anew when the content of the requirements changes, not when their date does.
RUNTIME := $(VENV)/.runtime-$(firstword $(shell cat requirements.txt pyproject.toml | cksum))
DEV := $(VENV)/.dev-$(firstword $(shell cat requirements.txt requirements-dev.txt pyproject.toml | cksum))
# Processes with a database of their own: one more than cores, for some tests wait.
PARALLEL := --numprocesses $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1) --maxprocesses 8 --dist worksteal

# Images for Python switch it off; then each process compiles all sources again, tests above all.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run test check lint security sbom audit test-all bench nightly docs lock clean

help: ## Show the targets
	sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' Makefile | expand -t 20

$(VENV)/bin/python:
	$(PYTHON311) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || \
	    { echo "Septet needs Python 3.11: install it, or name it with PYTHON311=/path/to/python3.11"; exit 1; }
	$(PYTHON311) -m venv $(VENV)

$(RUNTIME): | $(VENV)/bin/python
	echo "Installing requirements (once)…"
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	rm -f $(VENV)/.runtime-* && touch $@

$(DEV): | $(RUNTIME)
	echo "Installing test requirements (once)…"
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	rm -f $(VENV)/.dev-* && touch $@

run: $(RUNTIME) ## Run everything in one process with demo data (SERVICES, HOST, PORT choose otherwise)
	exec $(PYTHON) manage.py dev

test: $(DEV) ## Run the suite on SQLite
	exec $(PYTHON) -m scripts.suite $(PARALLEL)

check: lint ## Everything in lint, then the suite
	exec $(PYTHON) -m scripts.suite $(PARALLEL)

lint: security ## Format, lint, types, import contracts, migrations, schema, reference pages; and security
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	PYTHONPATH=platform $(VENV)/bin/lint-imports
	$(PYTHON) manage.py makemigrations --check --dry-run
	$(PYTHON) -m scripts.migrations
	$(PYTHON) manage.py schema --check
	$(PYTHON) manage.py settings_reference --check
	$(PYTHON) manage.py errors_reference --check
	$(PYTHON) manage.py dynamic_reference --check
	$(PYTHON) manage.py cache_reference --check
	$(PYTHON) manage.py indexes_reference --check
	$(PYTHON) manage.py operations_reference --check
	$(PYTHON) manage.py events_reference --check
	$(PYTHON) manage.py metrics_reference --check
	$(PYTHON) manage.py commands_reference --check
	$(PYTHON) -m scripts.watching --check
	$(PYTHON) -m scripts.architecture --check

security: $(DEV) ## Bandit, the licences of all packages, the answers to ASVS
	$(VENV)/bin/bandit --quiet --configfile pyproject.toml --recursive apps platform scripts manage.py
	$(PYTHON) -m scripts.licences
	$(PYTHON) -m scripts.asvs --check

sbom: $(DEV) ## Write what is in a release to var/sbom.json (CycloneDX)
	$(PYTHON) -m scripts.sbom var/sbom.json

audit: $(DEV) ## Ask OSV for known weaknesses of all packages; fails when it could not ask
	$(PYTHON) -m scripts.audit

test-all: $(DEV) ## The suite on PostgreSQL, with real servers and a browser; nothing may be skipped
	PYTHON=$(PYTHON) sh scripts/test-all

bench: $(DEV) ## Measure the targets; B="events kafka jobs" for some of them
	for file in $(if $(B),$(B:%=bench/bench_%.py),bench/bench_*.py); do echo "== $$file"; $(PYTHON) $$file || exit 1; done

nightly: $(DEV) ## The long runs; SEEDS=… KILLS=… for shorter ones, K=… for some of them
	exec $(PYTHON) -m pytest -m "nightly or hypothesis" --hypothesis-profile=default --verbose --capture=tee-sys $(if $(K),-k "$(K)")

docs: $(DEV) ## Build the documentation as a site in var/docs/site, offline
	$(PYTHON) -m scripts.site

lock: $(DEV) ## Resolve requirements*.in anew, with hashes
	$(VENV)/bin/uv pip compile -q --no-strip-extras --upgrade --python-version 3.11 --generate-hashes --no-emit-index-url --no-header requirements.in -o requirements.txt
	$(VENV)/bin/uv pip compile -q --no-strip-extras --upgrade --python-version 3.11 --generate-hashes --no-emit-index-url --no-header requirements-dev.in -o requirements-dev.txt

clean: ## Remove the environment and everything the embedded platform wrote
	rm -rf $(VENV) var .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
