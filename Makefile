# Set up, build and serve: `make up` (`make up PORT=8080`). Set up and test: `make test`. The plain commands stand in README.md.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PROJECT ?= .
PORT ?=

STATIC := src/govgraph/server/static/manifest.json

.PHONY: up test lint web screenshots bench clean

up: $(VENV)/.installed $(STATIC)
	$(BIN)/govgraph up --project $(PROJECT) $(if $(PORT),--port $(PORT))

test: $(VENV)/.installed-dev $(STATIC)
	$(BIN)/python -m pytest

lint: $(VENV)/.installed-dev $(STATIC)
	cd web && npm run --silent check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

screenshots: $(VENV)/.installed-dev $(STATIC)
	$(BIN)/python -m tests.browser.screenshots docs/screenshots

bench: $(VENV)/.installed-dev
	$(BIN)/python bench/mapping/run.py
	$(BIN)/python bench/snapshot/run.py
	$(BIN)/python bench/endpoint/run.py --markdown

clean:
	rm -rf $(VENV) .govgraph web/node_modules src/govgraph/server/static

web: $(STATIC)

web/node_modules/.package-lock.json: web/package.json web/package-lock.json
	cd web && npm ci --silent

$(STATIC): web/node_modules/.package-lock.json $(wildcard web/src/* web/*.ts web/*.json)
	cd web && npm run --silent build -- --logLevel warn
	touch $@

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "govgraph needs Python 3.11 or later; name one: make PYTHON=python3.12 up")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(VENV)/.installed-dev: $(VENV)/bin/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test,dev,pdf,office,postgresql,mysql,sheets,spark]'
	touch $@ $(VENV)/.installed
