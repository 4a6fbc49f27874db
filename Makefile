# Every target does its own set-up in .venv; nothing is needed but Python 3.11 or newer, make and a package index.
PYTHON ?= python3
BIN := .venv/bin
CONFIG ?= config.toml
PIP := $(BIN)/pip --disable-pip-version-check --quiet

.PHONY: run demo test lint format bench storm fuzz corpus evening clean

run: .venv/.core
	@exec $(BIN)/gateway -c $(CONFIG) run

demo: .venv/.core
	@exec $(BIN)/gateway demo

test: .venv/.dev
	$(BIN)/pytest -n 4 --dist worksteal $(ARGS)

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/gateway rules test

format: .venv/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/.dev
	$(BIN)/python -m bench $(ARGS)

# The long proofs: every kill, every fault, every outage; a hundred thousand mangled mails; real mails where present.
storm: .venv/.dev
	GATEWAY_STORM=full $(BIN)/pytest -s tests/storm tests/e2e/test_outage.py tests/e2e/test_threading_figure.py tests/e2e/test_reload.py $(ARGS)

fuzz: .venv/.dev
	GATEWAY_FUZZ=50 $(BIN)/pytest --timeout 3600 tests/mail/test_properties.py tests/compose/test_headers.py tests/intake/test_smtp_fuzz.py tests/rules/test_properties.py tests/tickets tests/agents/test_authority_matrix.py tests/agents/test_random_lives.py $(ARGS)

corpus: .venv/.dev
	$(BIN)/python -m bench.corpus $(ARGS)

# From a fresh clone to the first answered ticket, by the recipes in docs/, with the time of each step.
evening: .venv/.dev
	$(BIN)/python tests/recipes/first_evening.py

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/.core: pyproject.toml constraints.txt | .venv/bin/python
	$(PIP) install -e . -c constraints.txt
	@touch $@

.venv/.dev: pyproject.toml constraints.txt | .venv/bin/python
	$(PIP) install -e '.[dev,postgres,lang]' -c constraints.txt
	@touch $@ .venv/.core
