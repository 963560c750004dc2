# The commands of the project. Outside an activated environment: make check PYTHON=.venv/bin/python
PYTHON ?= python

.PHONY: check test test-all repeats bench mutants fix

check:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m pyright --pythonpath "$$($(PYTHON) -c 'import sys; print(sys.executable)')"
	$(PYTHON) -m codespell_lib .

test:
	$(PYTHON) -m pytest

test-all:
	$(PYTHON) -m pytest -m ""

repeats:
	$(PYTHON) -m tests.repeats

bench:
	$(PYTHON) -m benchmarks

mutants:
	$(PYTHON) -m tests.mutants --count 200

fix:
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .
