# The four commands of the project. Outside an activated environment: make check PYTHON=.venv/bin/python
PYTHON ?= python

.PHONY: check test bench fix

check:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m pyright --pythonpath "$$($(PYTHON) -c 'import sys; print(sys.executable)')"
	$(PYTHON) -m codespell_lib .

test:
	$(PYTHON) -m pytest

bench:
	$(PYTHON) -m benchmarks

fix:
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .
