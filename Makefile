# Set up, build and serve: `make up` (`make up PORT=8080`). Set up and test: `make test`. The plain commands stand in README.md.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PROJECT ?= .
PORT ?=

.PHONY: up test lint bench clean

up: $(VENV)/.installed
	$(BIN)/govgraph up --project $(PROJECT) $(if $(PORT),--port $(PORT))

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.installed-dev
	$(BIN)/python bench/mapping/run.py
	$(BIN)/python bench/snapshot/run.py
	$(BIN)/python bench/endpoint/run.py --markdown

clean:
	rm -rf $(VENV) .govgraph

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "govgraph needs Python 3.11 or later; name one: make PYTHON=python3.12 up")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(VENV)/.installed-dev: $(VENV)/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test,dev,pdf,office,postgresql,mysql,sheets,spark]'
	touch $@ $(VENV)/.installed
