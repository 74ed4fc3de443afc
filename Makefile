# Needs make and Python 3.11 or newer, nothing else: everything is installed into .venv.
# make demo   six variations of a shipped photo, and where to look at them
# make test   the whole test suite
# make lint   ruff and mypy
# make docs   the documentation in build/docs, with every link checked, and the manual page

# A newer one first: every interpreter that answers to a name here and is 3.11 or newer will do.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet -c constraints.txt

.PHONY: help demo test lint docs format clean

help:
	@sed -n '2,5s/^# //p' Makefile

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "calotype needs Python 3.11 or newer, and none was found: install one, or say make PYTHON=/path/to/python3" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# The stamps make a second run quick: pip is asked again only when the metadata or the pins change.
$(VENV)/installed: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -e .
	@touch $@

$(VENV)/installed-dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -e '.[dev]'
	@touch $@ $(VENV)/installed

demo: $(VENV)/installed
	$(BIN)/calotype vary examples/photos/stream.jpg -n 6 --structure free -o out/demo --sheet
	@echo "Look at out/demo/stream_vary_sheet.png"

# One thread a process: two processes that both use every core are many times slower than one.
test: export OMP_NUM_THREADS = 1
test: $(VENV)/installed-dev
	$(BIN)/python -m pytest -n 2 $(PYTEST)

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

$(VENV)/installed-docs: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -e '.[docs,studio]'
	@touch $@ $(VENV)/installed

docs: export NO_MKDOCS_2_WARNING = 1
docs: $(VENV)/installed-docs
	$(BIN)/python docs/site/manual.py build/calotype.1
	$(BIN)/mkdocs build --strict
	@echo "Look at build/docs/index.html and man -l build/calotype.1"

format: $(VENV)/installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) out build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
