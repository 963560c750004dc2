"""Stable-Baselines3's own checker accepts every registered environment, where it is installed."""

import warnings

import pytest

from tests.conformance.subjects import REGISTERED

env_checker = pytest.importorskip(
    "stable_baselines3.common.env_checker", reason="needs stable-baselines3 (the `integrations` extra)"
)


@pytest.mark.parametrize("registered", REGISTERED, ids=str)
def test_the_checker_of_stable_baselines3_has_no_complaint(registered):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        env_checker.check_env(registered.single())
    assert [str(one.message) for one in caught] == []
