# The commands of the project. Outside an activated environment: make check PYTHON=.venv/bin/python
PYTHON ?= python

.PHONY: check test test-all repeats bench mutants fuzz fix

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

fuzz:
	$(PYTHON) -m tests.fuzz --count 1000000
	$(PYTHON) -m tests.fuzz --count 20000 --target recordings

fix:
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .
