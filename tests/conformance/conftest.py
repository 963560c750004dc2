"""Fixtures of the contract tests: an environment, and an autoreset mode."""

import pytest
from gymnasium.vector import AutoresetMode

from tests.conformance.subjects import CHECKED, REGISTERED, REPRESENTATIVES, SUBJECTS
from tests.tiers import representatives


@pytest.fixture(params=representatives(SUBJECTS, REPRESENTATIVES), ids=str)
def subject(request):
    """Every environment there is, one after another."""
    return request.param


@pytest.fixture(
    params=representatives(REGISTERED, [one for one in REPRESENTATIVES if one in REGISTERED]), ids=str
)
def registered(request):
    """Every environment that a user can make by its id."""
    return request.param


@pytest.fixture(params=representatives(SUBJECTS, CHECKED), ids=str)
def checked_subject(request):
    """The same, for tests in checked mode, which compiles everything a second time."""
    return request.param


@pytest.fixture(params=list(AutoresetMode), ids=lambda mode: mode.value)
def mode(request):
    """Every autoreset mode."""
    return request.param
