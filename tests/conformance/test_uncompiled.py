"""With compilation switched off, every environment runs as Python and returns the same bytes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conformance.uncompiled_rollouts import rollouts

ROOT = Path(__file__).parents[2]
OTHER_LIBRARY = {"Epidemic"}  # its infections are an expm1, which numba and numpy round differently


@pytest.mark.slow
def test_uncompiled_rollouts_are_those_of_compiled_code():
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.conformance.uncompiled_rollouts"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    compiled, uncompiled = rollouts(), json.loads(finished.stdout)
    assert compiled.keys() == uncompiled.keys()
    assert {name for name in compiled if compiled[name] != uncompiled[name]} <= OTHER_LIBRARY
