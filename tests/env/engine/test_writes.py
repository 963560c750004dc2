"""What a hook for one world may not write is told when the env is made: field, hook, line and why."""

import re
from typing import Any

import numpy as np
import pytest

from murk_env import per_world
from murk_env.errors import DefinitionError
from tests.env.author.test_per_world import Plate


def made(env_class: Any = Plate, **hooks: Any) -> Any:
    return type("Mine", (env_class,), {name: per_world(hook) for name, hook in hooks.items()})


def static(self):
    self.wall[0] = 1.0


def in_place(self):
    self.clock += 1.0


def whole(self):
    self.clock[...] = 1.0


def sparse(self):
    self.rare[0] += 1.0


def by_another_name(self):
    wall = self.wall
    wall[2] = 1.0


def by_a_row(self):
    self.flow[1][2] = 1.0
    self.moves[0][1] = 3


def fill(world: Any):
    world.wall[1] = 2.0


def by_a_function(self):
    fill(self)


def before_of(self, before):
    before.heat[0] = 1.0
    return 1.0


def of_reward(self):
    if self.heat[0] > 1.0:
        self.heat[0] = 1.0
    return 1.0


STATIC = "writes 'wall': 'wall' is static: it is set once by the blueprint and never written again"
OF_PROPAGATOR = re.escape(
    "writes 'clock': 'clock' is written by Counter(clock) every tick; no other hook than start may write it"
)


@pytest.mark.parametrize(
    ("hook", "function", "line", "message"),
    [
        ("start", static, "self.wall[0] = 1.0", STATIC),
        ("act", static, "self.wall[0] = 1.0", STATIC),
        ("act", in_place, "self.clock += 1.0", OF_PROPAGATOR),
        ("act", whole, "self.clock[...] = 1.0", OF_PROPAGATOR),
        (
            "act",
            sparse,
            "self.rare[0] += 1.0",
            "writes 'rare': 'rare' is sparse, which a compiled act may",
        ),
        ("act", by_another_name, "wall[2] = 1.0", STATIC),
        ("act", by_a_row, "self.moves[0][1] = 3", "writes 'moves': the lattice's tables are read-only"),
        ("act", by_a_function, "world.wall[1] = 2.0", STATIC),
        ("reward", before_of, "before.heat[0] = 1.0", "writes 'heat': before is the world as it was before"),
        ("reward", of_reward, "self.heat[0] = 1.0", "writes 'heat': reward only reads; set fields in"),
        (
            "terminated",
            of_reward,
            "self.heat[0] = 1.0",
            "writes 'heat': terminated only reads",
        ),
    ],
)
def test_a_field_that_a_hook_for_one_world_may_not_write_is_told_with_its_line(hook, function, line, message):
    place = rf"test_writes.py:\d+: {re.escape(line)}"
    with pytest.raises(DefinitionError, match=rf"^Mine.{hook} \(\S*{place}\) {message}"):
        made(**{hook: function})()


def test_of_equal_functions_each_is_told_with_its_own_line():
    def again(self):
        self.wall[0] = 1.0

    for function in (static, again):
        line = function.__code__.co_firstlineno + 1
        with pytest.raises(DefinitionError, match=rf"test_writes.py:{line}: "):
            made(act=function)()


class Growing(Plate):
    """Has a flag that says whether the walls can be written."""

    GROWS = False


def copies(self):
    whole, picked, items = np.copy(self.wall), self.wall[np.array([1, 2])], [self.wall[0], 1.0]
    whole[0] = picked[1] = items[1] = 5.0
    picked[0] = items[0] = 1.0
    number, time, gain = self.wall[0], self.time, self.params.gain
    number += 1.0
    time += 1.0
    gain += 1.0
    self.heat[0] = whole[0] + picked[0] + items[0] + number + time + gain


def under_a_constant(self):
    if self.GROWS:
        self.wall[0] = 1.0
        fill(self)


def test_copies_numbers_and_what_a_constant_switches_off_may_be_written():
    env = made(Growing, start=copies, act=under_a_constant)()
    env.reset(seed=1)
    env.step(0)
    assert env.world["heat"][0, 0] == 5.0 + 1.0 + 1.0 + (0.0 + 1.0) + 1.0 + 3.0
