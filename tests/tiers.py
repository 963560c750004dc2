"""Two tiers of cases: `make test` runs representatives, `make test-all` the rest as well.

What is left to `make test-all` is marked `slow`. It is more of the same: a fault that only a slow case
catches is a reason for another representative.
"""

from collections.abc import Collection, Iterable
from typing import Any

import pytest

__all__ = ["representatives"]


def representatives(values: Iterable[Any], chosen: Collection[Any]) -> list[Any]:
    """Return values for `parametrize`, or for a fixture's `params`, of which only those chosen are not slow.

    A tuple is the values of several arguments.
    """
    known = list(values)
    assert all(one in known for one in chosen), "who is chosen is one of them"
    return [one if one in chosen else _slow(one) for one in known]


def _slow(value: Any) -> Any:
    values = value if isinstance(value, tuple) else (value,)
    return pytest.param(*values, marks=pytest.mark.slow)
