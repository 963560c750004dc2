"""Functions of records, and how they are compiled, for tests of records."""

import numpy as np
import pytest

from murk_env.kernels.records import RECORD, VALUE, RecordError, flatten
from murk_env.kernels.records.members import Member, Path

__all__ = ["add", "add_twice", "double", "flat", "members", "ones", "rate", "refused", "warm"]


def members(*values, **known):
    """Return what says that these are values, as "self.heat", and `size` a member `self.params.size`."""
    found: dict[Path, Member] = {("self", "params"): RECORD, ("before", "params"): RECORD}
    found.update({tuple(name.split(".")): VALUE for name in values})
    found.update({("self", "params", name): member for name, member in known.items()})
    return found.get


def flat(function, *values, checked=False, **known):
    return flatten(function, ("self", "before"), members(*values, **known), checked=checked)


def refused(function, *values):
    """Return the reason, and the line counted from the function's first."""
    with pytest.raises(RecordError, match=r"\.py:\d+") as caught:
        flat(function, *(values or ("self.heat", "before.heat")))
    return caught.value.reason, caught.value.line - function.__code__.co_firstlineno


def ones(number=3):
    return np.ones(number)


def warm(self, amount):
    self.heat[0] = self.heat[1] + amount


def add(world, amount, factor=2.0):
    world.heat[0] += amount * factor


def add_twice(world, amount):
    add(world, amount)
    add(amount=amount, world=world)


def rate(p):
    return p.rate


def double(x):
    return 2.0 * x
