"""Fixtures of the contract tests: an environment, and an autoreset mode."""

from pathlib import Path

import pytest
from gymnasium.vector import AutoresetMode

from tests.conformance.subjects import CHECKED, IN_ONE_MODE, REGISTERED, REPRESENTATIVES, SUBJECTS, Subject
from tests.tiers import representatives


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Leave to `make test-all` what some environments do in the other modes."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            given = getattr(item, "callspec", None)
            given = {} if given is None else given.params
            subject = given.get("subject", given.get("registered"))
            mode = given.get("mode")
            if mode is not None and IN_ONE_MODE.get(str(subject), mode) != mode:
                item.add_marker(pytest.mark.slow)


@pytest.fixture(params=representatives(REGISTERED, [Subject("murk/Wildfire-v1")]), ids=str)
def registered_once(request):
    """The same as `registered`, for tests that start Python anew, or make a hundred."""
    return request.param


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
