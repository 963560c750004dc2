"""Fixtures of the contract tests: an environment, and an autoreset mode."""

import pytest
from gymnasium.vector import AutoresetMode

from tests.conformance.subjects import REGISTERED, SUBJECTS


@pytest.fixture(params=SUBJECTS, ids=str)
def subject(request):
    """Every environment there is, one after another."""
    return request.param


@pytest.fixture(params=REGISTERED, ids=str)
def registered(request):
    """Every environment that a user can make by its id."""
    return request.param


@pytest.fixture(params=list(AutoresetMode), ids=lambda mode: mode.value)
def mode(request):
    """Every autoreset mode."""
    return request.param
