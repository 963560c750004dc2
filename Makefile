# The commands of the project. Outside an activated environment: make check PYTHON=.venv/bin/python
PYTHON ?= python

.PHONY: check test test-all integrations repeats bench figures mutants fuzz fix docs docs-open

check:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m pyright --pythonpath "$$($(PYTHON) -c 'import sys; print(sys.executable)')"
	$(PYTHON) -m codespell_lib .

test:
	$(PYTHON) -m pytest

test-all:
	$(PYTHON) -m pytest -m ""

# RLlib pins Gymnasium, so it has an environment of its own. The other libraries are tested by .ci/run.
integrations:
	python3 -m venv .ci/ray
	.ci/ray/bin/python -m pip install -e ".[pettingzoo]" "ray[rllib]" torch pytest
	.ci/ray/bin/python -m pytest -o addopts=--import-mode=importlib tests/integrations/test_rllib.py

repeats:
	$(PYTHON) -m tests.repeats

bench:
	$(PYTHON) -m benchmarks

figures:
	$(PYTHON) -m benchmarks.figures

mutants:
	$(PYTHON) -m tests.mutants --count 240 --seed 1 --rooms murk_arena murk_env/engine murk_env/world \
		--suite "cores=tests/arena tests/env/engine tests/env/world tests/env/faces tests/env/fields"

fuzz:
	$(PYTHON) -m tests.fuzz --count 1000000
	$(PYTHON) -m tests.fuzz --count 20000 --target recordings

docs:
	$(PYTHON) -m sphinx -W --keep-going -q -b html docs docs/_build/html

docs-open: docs
	$(PYTHON) -m webbrowser "file://$$(pwd)/docs/_build/html/index.html"

fix:
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .
