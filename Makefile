# The whole developer interface. 'make help' lists it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := demo

# Every process of the tests would compile all modules again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow test-trino test-equality test-hive test-browser picture test-policies test-values lambda image check format bench clean

help: ## Show this list.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 12

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# One stamp a set of dependencies, so that nothing is installed twice.
$(VENV)/.core: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.test: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch $@ $(VENV)/.core

$(VENV)/.trino: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[trino]'
	@touch $@ $(VENV)/.test $(VENV)/.core

$(VENV)/.hive: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[hive]'
	@touch $@ $(VENV)/.test $(VENV)/.core

$(VENV)/.browser: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[browser]'
	@touch $@ $(VENV)/.test $(VENV)/.core

$(VENV)/.bench: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[bench]'
	@touch $@ $(VENV)/.test $(VENV)/.core

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@ $(VENV)/.test $(VENV)/.core

demo: $(VENV)/.core ## Install and run the main job on sample logs in ./demo.
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh docs/demo.sh $(DEMO)

test: $(VENV)/.test ## Install and run the tests.
	$(BIN)/python -m pytest -q -n auto --dist worksteal

test-trino: $(VENV)/.trino ## Run the AWS side again on a real Trino (needs Maven once).
	$(BIN)/python -m tests.rig.trino
	RIG_ENGINE=trino $(BIN)/python -m pytest -q -n auto --dist worksteal -m '(rig and not asks_no_query and not compared_on_trino and not slow) or trino'

test-slow: $(VENV)/.test ## Run more of what 'make test' tries a part of.
	TEST_EXAMPLES=100 $(BIN)/python -m pytest -q -n auto --dist worksteal -m '(slow or hypothesis) and not trino and not hive and not browser'

test-equality: $(VENV)/.test ## Compare every query on both engines over 50 sets of random logs (slow).
	FLOWATHENA_TEST_SETS=50 FLOWATHENA_TEST_PART=1 FLOWATHENA_TEST_DAYS=30 \
		$(BIN)/python -m pytest -q -n auto --dist worksteal -m 'not trino' --timeout=3000 \
		tests/test_aws_equality.py tests/test_aws_sources.py

test-hive: $(VENV)/.hive ## Have Hive execute every statement and read its table (needs Java 17).
	$(BIN)/python -m pytest -q -m hive tests/test_hive.py

test-browser: $(VENV)/.browser ## Look at the pages that are made in a real Chromium (needs one).
	$(BIN)/python -m pytest -q -m browser tests/test_browser.py

picture: $(VENV)/.browser ## Make the picture of the report that the documentation shows.
	FLOWATHENA_TEST_PICTURE=docs/report.png \
		$(BIN)/python -m pytest -q -m browser tests/test_browser.py -k picture

test-policies: $(VENV)/.test ## Have another simulator of IAM judge the policies too (needs npm).
	npm install --silent --no-audit --no-fund --prefix $(VENV)/iam \
		@cloud-copilot/iam-simulate@0.1.173
	IAM_SIMULATOR=$(VENV)/iam $(BIN)/python -m pytest -q -n auto -m 'not trino' \
		tests/test_iam_policies.py tests/test_schedule_stack.py

test-values: $(VENV)/.test ## Fill the saved queries with 10,000 sets of made-up values.
	TEST_VALUES=10000 $(BIN)/python -m pytest -q tests/test_values.py --timeout=3000

lambda: $(VENV)/.core ## Build dist/flowathena-lambda.zip (CONFIG=flowathena.toml: with your queries).
	$(BIN)/python lambda/build.py dist/flowathena-lambda.zip $(if $(CONFIG),--config $(CONFIG))

image: ## Build the container image flowathena (needs Docker).
	@command -v docker >/dev/null || { echo "Docker is needed to build the image"; exit 1; }
	docker build --tag flowathena:latest .

check: $(VENV)/.dev ## Format, lint, types, fresh docs, the wheel built and run.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python docs/reference.py --check
	$(BIN)/python docs/local_engine.py --check
	$(BIN)/python docs/queries.py --check
	$(BIN)/python docs/notebook.py --check
	$(BIN)/python -m flowathena queries check
	$(BIN)/python tests/packaging.py

format: $(VENV)/.dev ## Format the code and write the generated docs anew.
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/python docs/reference.py
	$(BIN)/python docs/local_engine.py
	$(BIN)/python docs/queries.py
	$(BIN)/python docs/notebook.py

bench: $(VENV)/.bench $(VENV)/.trino ## Measure what the documentation claims.
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/local.py
	$(BIN)/python benchmarks/lists.py
	$(BIN)/python benchmarks/library.py
	$(BIN)/python benchmarks/results.py
	$(BIN)/python benchmarks/partitions.py
	$(BIN)/python benchmarks/archive.py
	$(BIN)/python benchmarks/rollup.py

clean: ## Remove what make made.
	rm -rf $(VENV) $(DEMO) dist
