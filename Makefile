# make help lists the commands. Everything is installed into .venv from requirements.lock.
.DEFAULT_GOAL := help
.PHONY: help install dagster-home demo demo-distributed dev bench bench-history capacity metrics privacy check check-models check-types check-queries check-dbt check-python unit test test-slow test-kills docs api-drift format lock clean

PYTHON ?= python3
# Paths of the checkout and of DAGSTER_HOME may have spaces: the shell expands them, in quotes
UV := $(or $(shell command -v uv 2>/dev/null),.uv/bin/uv)
BIN := .venv/bin
# What sqlfluff is given for the package's own queries: the rules of the dbt project, and its $parameters
PACKAGE_QUERIES := --config dbt_project/.sqlfluff --templater placeholder mews_pipeline
# The longest first: two run at a time
CHECKS := check-models check-types check-queries check-dbt check-python
# A process that crashes ends the tests, which would otherwise wait for it
BY_FILE := --dist loadscope --no-loadscope-reorder --max-worker-restart 0
export DAGSTER_HOME ?= $(CURDIR)/.dagster
# No telemetry, no checks for newer versions.
export DO_NOT_TRACK := 1
export DAGSTER_DISABLE_TELEMETRY := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
# Else each process that a test or a run starts compiles every module again, for seconds
unexport PYTHONDONTWRITEBYTECODE

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 20

install: .venv/.installed dagster-home ## Install everything into .venv

.uv/bin/uv:
	@"$(PYTHON)" -m venv .uv || { echo "python3 has no venv: install python3-venv (Debian), or uv"; exit 1; }
	@.uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r bootstrap.lock

.venv/.installed: requirements.lock pyproject.toml $(filter .uv/bin/uv,$(UV))
	@echo "Installing the locked dependencies into .venv"
	@"$(UV)" venv --quiet --allow-existing --python "$(PYTHON)" .venv
	@"$(UV)" pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock
	@"$(UV)" pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

# No file of make's: it splits names at spaces
dagster-home:
	@test "$$DAGSTER_HOME/dagster.yaml" -nt deploy/dagster.yaml || \
	  { install -d -m 700 "$$DAGSTER_HOME" && install -m 600 deploy/dagster.yaml "$$DAGSTER_HOME/dagster.yaml"; }

demo: install ## Backfill a year from the sandbox, simulate 14 more days, print the reports
	@$(BIN)/mews-pipeline demo

demo-distributed: install ## The same on several machines, all simulated on this one: DuckLake, workers, 12 tokens
	@.ci/servers
	@$(BIN)/python -m mews_pipeline.demo.cluster

dev: install ## Dagster's UI on localhost:3000, with Mews if .env has tokens, else with the sandbox
	@$(BIN)/mews-pipeline dev

check: install ## Format, lint, types, dbt parse and SQL lint; runs no test
	@$(MAKE) --no-print-directory --jobs 2 $(CHECKS)

check-python:
	@$(BIN)/ruff format --quiet --check
	@$(BIN)/ruff check --quiet

check-types:
	@$(BIN)/mypy --no-error-summary

check-dbt:
	@cd dbt_project && ../$(BIN)/dbt --quiet parse

check-models:
	@$(BIN)/sqlfluff lint --disable-progress-bar dbt_project

check-queries:
	@$(BIN)/sqlfluff lint --disable-progress-bar $(PACKAGE_QUERIES)

unit: install ## The tests that build no models: the quick ones
	@$(BIN)/pytest -n auto -m "not slow and not dbt"

test: check ## What check does, and all fast tests
	@$(BIN)/pytest -n auto $(BY_FILE) -m "not slow"

# Three on two cores: some wait for a daemon, a worker or a server
test-slow: install ## Soaks, concurrent readers, browsers, the real daemon, several machines
	@.ci/servers
	@$(BIN)/pytest -n 3 $(BY_FILE) -m slow --durations=15

test-kills: install ## Kill the pipeline at 100 moments; test-slow does at 10
	@KILLS=100 $(BIN)/pytest -n auto mews_pipeline_tests/service/test_kills.py

bench: install .venv-bench/.installed ## Measure speed and memory, compared with peers, and a refresh on much history
	@$(BIN)/python -m benchmarks

bench-history: install ## Measure a refresh on up to 20 million versions; takes about an hour
	@$(BIN)/python -m benchmarks.law

capacity: install ## Write the tables of docs/capacity.md from the figures of the last make bench
	@$(BIN)/python -m benchmarks.capacity

metrics: install ## Write the table of docs/metrics.md from the metrics of the dbt project
	@$(BIN)/python -m mews_pipeline.metrics.page docs/metrics.md

privacy: install ## Write the table of docs/privacy.md from the declarations of personal fields
	@$(BIN)/python -m mews_pipeline.privacy.page docs/privacy.md

.venv-bench/.installed: benchmarks/requirements.lock $(filter .uv/bin/uv,$(UV))
	@echo "Installing the peers of the benchmark into .venv-bench"
	@"$(UV)" venv --quiet --allow-existing --python "$(PYTHON)" .venv-bench
	@"$(UV)" pip sync --quiet --python .venv-bench/bin/python --require-hashes benchmarks/requirements.lock
	@touch $@

docs: install ## Write the models with their lineage as one page, data/docs/index.html
	@cd dbt_project && ../$(BIN)/dbt --quiet parse && ../$(BIN)/dbt --quiet docs generate --static --no-compile --empty-catalog
	@mkdir -p data/docs && cp dbt_project/target/static_index.html data/docs/index.html
	@echo "The models and their lineage: data/docs/index.html"

api-drift: install ## Print what the vendor's OpenAPI document and our entities do not share
	@$(BIN)/python -m mews_pipeline.monitoring.api_drift

format: install ## Format the Python and the SQL
	@$(BIN)/ruff format && $(BIN)/ruff check --fix && $(BIN)/sqlfluff fix dbt_project && $(BIN)/sqlfluff fix $(PACKAGE_QUERIES)

lock: ## Update the lock files from pyproject.toml
	@echo uv | "$(UV)" pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --no-header - -o bootstrap.lock
	@"$(UV)" pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --no-header --group dev --group lake --extra distributed --extra notify --extra metrics --extra mcp pyproject.toml -o requirements.lock
	@"$(UV)" pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	  --no-annotate --no-header --group bench -o benchmarks/requirements.lock

clean: ## Remove everything installed or made, including data and Dagster's history
	@rm -rf .venv .venv-bench .uv .dagster data dbt_project/target dbt_project/logs
