"""A variable that may have no value where it is read is refused, as is `with`, by the author's line."""

import os
import re

import pytest

from murk_env.errors import DefinitionError, HookError
from tests.env.author.test_per_world import Plate, made

HERE = re.escape(os.path.relpath(__file__))


def set_in_one_branch(self):
    if self.heat[0] > 1.0:
        extra = 1.0
    return extra  # pyright: ignore[reportPossiblyUnboundVariable]


def set_in_a_loop(self):
    for cell in range(self.ticks[0]):
        last = self.heat[cell]
    return last  # pyright: ignore[reportPossiblyUnboundVariable]


def deleted(self):
    for extra in self.heat:
        del extra
    return extra  # noqa: F821  # pyright: ignore[reportUnboundVariable]  # deleting it is the fault


@pytest.mark.parametrize("reward", [set_in_one_branch, set_in_a_loop, deleted])
def test_a_variable_that_may_have_no_value_is_refused_where_it_is_read(reward):
    line, name = reward.__code__.co_firstlineno + 3, reward.__code__.co_varnames[-1]
    with pytest.raises(
        DefinitionError,
        match=rf"Mine.reward \({HERE}:{line}: return \w+.*\): '{name}' has no value on at least one path",
    ):
        made(reward=reward)()


def set_on_every_path(self):
    while True:
        try:
            least = self.heat[0]
        except Exception:
            least = 0.0
        if least < 1e9:
            break
    while True:
        more = 1.0
        if more > 0.5:
            break
    doubled = [2.0 * extra for extra in self.heat]
    return least + more + doubled[0]


def test_a_variable_that_has_a_value_on_every_path_is_taken():
    env = made(reward=set_on_every_path)()
    env.reset(seed=1)
    assert env.step(0)[1] == 1.0 + 3.0 * env.world[Plate.heat][0, 0]


def plain_with_a_gap(number):
    if number > 1.0:
        extra = 1.0
    return extra  # pyright: ignore[reportPossiblyUnboundVariable]


def nested_with_a_gap(self):
    def inner(number):
        if number > 1.0:
            extra = 1.0
        return extra  # pyright: ignore[reportPossiblyUnboundVariable]

    return inner(self.heat[0])


@pytest.mark.parametrize(
    ("reward", "said"),
    [
        (lambda self: plain_with_a_gap(self.heat[0]), "return extra.*: 'extra' has no value on at least one"),
        (nested_with_a_gap, "a variable of a nested function has no value on at least one path through it"),
    ],
    ids=["plain", "nested"],
)
def test_it_is_refused_in_other_functions_when_they_are_compiled(reward, said):
    env = made(reward=reward)()
    env.reset(seed=1)
    with pytest.raises(HookError, match=rf"Mine.reward \({HERE}:\d+: .*{said}"):
        env.step(0)


def opens(self):
    total = self.heat[0]
    with open("unread") as file:
        file.read()
    return total


def test_a_with_is_told_by_its_own_line():
    line = opens.__code__.co_firstlineno + 2
    with pytest.raises(
        DefinitionError, match=rf"Mine.reward \({HERE}:{line}: with open.*\): uses with, which compiled code"
    ):
        made(reward=opens)()
