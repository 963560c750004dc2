"""Two tiers of cases: `make test` runs representatives, `make test-all` the rest as well.

What is left to `make test-all` is marked `slow`. It is more of the same: a fault that only a slow case
catches is a reason for another representative. `representatives` chooses them by name; where any will do,
`@pytest.mark.few(3)` keeps three of a test's cases that are not slow, evenly spaced.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import pytest

__all__ = ["leave_a_few", "representatives"]


def representatives(values: Iterable[Any], chosen: Collection[Any]) -> list[Any]:
    """Return values for `parametrize`, or for a fixture's `params`, of which only those chosen are not slow.

    A tuple is the values of several arguments.
    """
    known = list(values)
    assert all(one in known for one in chosen), "who is chosen is one of them"
    return [one if one in chosen else _slow(one) for one in known]


def leave_a_few(items: Iterable[pytest.Item]) -> None:
    """Mark the cases as slow that the `few` of their test does not keep."""
    cases: defaultdict[tuple[str, int], list[pytest.Item]] = defaultdict(list)
    for item in items:
        few = item.get_closest_marker("few")
        if few is not None and not item.get_closest_marker("slow"):
            cases[item.nodeid.partition("[")[0], few.args[0]].append(item)
    for (_, count), one in cases.items():
        for item in set(one) - set(_spaced(one, count)):
            item.add_marker("slow")


def _spaced(items: Sequence[pytest.Item], count: int) -> list[pytest.Item]:
    """Return some of a test's cases, the first among them."""
    return [items[index * len(items) // count] for index in range(min(count, len(items)))]


def _slow(value: Any) -> Any:
    values = value if isinstance(value, tuple) else (value,)
    return pytest.param(*values, marks=pytest.mark.slow)
