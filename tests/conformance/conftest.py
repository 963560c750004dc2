"""Fixtures of the contract tests: an environment, and an autoreset mode."""

from pathlib import Path

import pytest
from gymnasium.vector import AutoresetMode

from tests.conformance.subjects import CHECKED, IN_ONE_MODE, REGISTERED, REPRESENTATIVES, SUBJECTS, Subject
from tests.tiers import representatives

ORACLES = ("steps_equal_sync", "resets_equal_sync")  # the law itself, in every mode


BY_TURNS = {  # in how many modes they are: every case in one of them, and in each as many as in the others
    "test_a_vector_form_keeps_every_rule": 3,
    "test_reward_and_action_wrappers_are_the_same_in_every_mode": 3,
    "test_observation_wrappers_are_the_same_in_the_modes_they_allow": 2,
    "test_a_bad_mask_is_refused_in_gymnasiums_own_words": 3,
}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Leave to `make test-all` what some environments do in the other modes."""
    seen, here = {}, str(Path(__file__).parent)
    for item in items:
        if str(item.path).startswith(here):
            given = getattr(item, "callspec", None)
            given = {} if given is None else given.params
            subject = given.get("subject", given.get("registered"))
            mode = given.get("mode")
            if mode is not None and IN_ONE_MODE.get(str(subject), mode) != mode:
                item.add_marker(pytest.mark.slow)
            elif (
                mode is not None
                and item.originalname in BY_TURNS
                and not (str(subject) in IN_ONE_MODE or given.get("rule") in ORACLES)
            ):
                cases = seen.setdefault(item.originalname, {})
                case = str([value for name, value in given.items() if name != "mode"])
                number, modes = cases.setdefault(case, (len(cases), []))
                if len(modes) != number % BY_TURNS[item.originalname]:
                    item.add_marker(pytest.mark.slow)
                modes.append(mode)


@pytest.fixture(params=representatives(REGISTERED, [Subject("murk/HeatSeeker-v0")]), ids=str)
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
