# The five commands of the project. Outside an activated environment: make check PYTHON=.venv/bin/python
PYTHON ?= python

.PHONY: check test bench mutants fix

check:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m pyright --pythonpath "$$($(PYTHON) -c 'import sys; print(sys.executable)')"
	$(PYTHON) -m codespell_lib .

test:
	$(PYTHON) -m pytest

bench:
	$(PYTHON) -m benchmarks

mutants:
	$(PYTHON) -m tests.mutants --count 200 --rooms murk_arena murk_env murk_env/compile

fix:
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .
