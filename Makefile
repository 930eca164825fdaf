# make chat [PAGES=folder] [PORT=7860]   start the chat in the browser
# make test                              run every test
# make stress                            long runs: faults done to the index, hostile pages, many users at once
# make screenshots                       pictures of the chat in each of its states, to be looked at, in build/screenshots
# make audit                             known weaknesses of the pinned dependencies (asks a service on the network)
# Both set everything up first: a virtual environment with the pinned dependencies, and the index.

PYTHON ?= python3
PORT ?= 7860
VENV := .venv
BIN := $(VENV)/bin

.PHONY: chat test stress screenshots audit check format clean

chat: $(VENV)/.installed
	$(BIN)/python app.py $(if $(PAGES),"$(PAGES)") --port $(PORT)

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest

stress: $(VENV)/.installed-dev
	$(BIN)/python tests/stress_index.py
	$(BIN)/python tests/stress_pages.py
	$(BIN)/python tests/stress_service.py
	$(BIN)/python tests/stress_service.py --pages 10000
	$(BIN)/python tests/stress_browser.py

screenshots: $(VENV)/.installed-dev
	$(BIN)/python tests/screenshots.py build/screenshots --docs

# In an environment of its own, so that it changes none of what it looks at. torch is known to the service without +cpu.
audit: $(VENV)/.installed-dev
	$(PYTHON) -m venv --upgrade-deps $(VENV)/audit
	$(VENV)/audit/bin/python -m pip install --quiet pip-audit
	$(BIN)/python -m pip freeze --all --exclude-editable | sed 's/+cpu$$//' > $(VENV)/audit/pinned.txt
	$(VENV)/audit/bin/pip-audit --requirement $(VENV)/audit/pinned.txt --no-deps --disable-pip

check: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/.installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Baowen needs Python 3.11 or newer, this is " + sys.version)'
	$(PYTHON) -m venv --upgrade-deps $(VENV)

# torch first and by its exact version: where a small build for the processor is on offer, pip takes that one.
$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet torch==2.13.0
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.installed-dev: pyproject.toml | $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
