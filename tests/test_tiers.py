"""Which cases of a test are left to `make test-all`."""

import pytest

from tests.tiers import leave_a_few


class Item:
    """A case of a test, with its markers."""

    def __init__(self, nodeid, **markers):
        self.nodeid = nodeid
        self.markers = {name: getattr(pytest.mark, name)(*args).mark for name, args in markers.items()}

    def get_closest_marker(self, name):
        return self.markers.get(name)

    def add_marker(self, name):
        self.markers[name] = getattr(pytest.mark, name).mark


def kept(items):
    leave_a_few(items)
    return [item.nodeid for item in items if "slow" not in item.markers]


def test_a_few_cases_of_each_test_are_kept_evenly_spaced():
    items = [Item(f"{test}[{case}]", few=(3,)) for case in range(7) for test in "ab"]
    assert kept(items) == ["a[0]", "b[0]", "a[2]", "b[2]", "a[4]", "b[4]"]


def test_what_is_slow_already_is_none_of_them_and_more_than_there_are_is_all():
    items = [Item("a[0]", few=(1,), slow=()), Item("a[1]", few=(1,)), Item("a[2]", few=(1,))]
    assert kept(items) == ["a[1]"]
    assert kept([Item("b[0]", few=(9,)), Item("c")]) == ["b[0]", "c"]
