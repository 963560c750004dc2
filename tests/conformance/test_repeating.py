"""Rollouts of every environment are the same bytes uncompiled, on another processor, by other libraries."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conformance.short_rollouts import rollouts

ROOT = Path(__file__).parents[2]
SETTINGS = {
    "uncompiled": {"NUMBA_DISABLE_JIT": "1", "PYTHONWARNINGS": "error"},
    "plain processor": {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""},
    "plain libraries": {  # what glibc and numpy (by its new names and its old) do without fused operations
        "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX,-AVX2,-FMA,-FMA4,-AVX512F",
        "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR AVX2 FMA3 AVX512F AVX512_SKX",
    },
}


@pytest.mark.slow
@pytest.mark.parametrize("setting", SETTINGS)
def test_rollouts_are_the_same_bytes_under_another_setting(setting):
    finished = subprocess.run(
        [sys.executable, "-m", "tests.conformance.short_rollouts"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | SETTINGS[setting],
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    assert json.loads(finished.stdout) == rollouts()
