# The commands of the project. Outside an activated environment: make check PYTHON=.venv/bin/python
PYTHON ?= python

.PHONY: check test test-all lowest integrations repeats bench figures mutants fuzz fix docs docs-open

check:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m pyright --pythonpath "$$($(PYTHON) -c 'import sys; print(sys.executable)')"
	$(PYTHON) -m codespell_lib .

test:
	$(PYTHON) -m pytest

test-all:
	$(PYTHON) -m pytest -m ""

# The lowest versions that pyproject.toml allows, with Python 3.11; newer pyparsing warns of matplotlib 3.8.
lowest:
	python3 -m venv .ci/lowest
	.ci/lowest/bin/python -m pip install uv
	.ci/lowest/bin/python -m uv pip install --python .ci/lowest/bin/python --resolution lowest-direct \
		-e ".[test]" "pyparsing>=3.1,<3.3"
	NUMBA_OPT=3 .ci/lowest/bin/python -m pytest  # unoptimised, numba 0.61 keeps less in its cache than tests expect

# Each library in an environment of its own, as RLlib pins Gymnasium and SBX brings JAX. Stable-Baselines3 and TorchRL
# are tested by .ci/run. `make integrations-skrl` is one of them.
page = "tests/test_docs.py::test_a_pages_code_runs_from_top_to_bottom[$(1)]"
packages_rllib = "ray[rllib]" torch
packages_skrl = skrl torch
packages_tianshou = tianshou
packages_sbx = sbx-rl

integrations: integrations-rllib integrations-skrl integrations-tianshou integrations-sbx

integrations-%:
	python3 -m venv .ci/$*
	.ci/$*/bin/python -m pip install -e ".[pettingzoo]" $(packages_$*) pytest
	.ci/$*/bin/python -m pytest -o addopts=--import-mode=importlib tests/integrations/test_$**.py $(call page,$*)

repeats:
	$(PYTHON) -m tests.repeats

bench:
	$(PYTHON) -m benchmarks

figures:
	$(PYTHON) -m benchmarks.figures

mutants:
	$(PYTHON) -m tests.mutants --count 240 --seed 3 --rooms murk_arena murk_env/engine murk_env/world \
		--suite "cores=tests/arena tests/env/engine tests/env/world tests/env/faces tests/env/fields \
		tests/env/author tests/env/propagators/test_levels.py tests/env/kernels/test_threads.py \
		tests/conformance/test_time_limits.py tests/conformance/test_autoreset_tables.py tests/test_golden.py"

fuzz:
	$(PYTHON) -m tests.fuzz --count 1000000
	$(PYTHON) -m tests.fuzz --count 20000 --target recordings

docs:  # SITE_URL=https://... says where it will be published
	SITE_URL="$(SITE_URL)" $(PYTHON) -m sphinx -W --keep-going -q -b html docs docs/_build/html

docs-open: docs
	$(PYTHON) -m webbrowser "file://$$(pwd)/docs/_build/html/index.html"

fix:
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .
