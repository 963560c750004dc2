"""Observations that somebody holds are never written again; those that nobody holds are used again."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from murk_env import MurkVectorEnv
from murk_env.observation.buffers import ObservationBuffers
from murk_env.observation.output_sets import Outputs
from tests.env.observation.scenes import GRID, entries, plan_of
from tests.env.worlds import Walker


def outputs(layout="flat", *, copy=True):
    return Outputs(plan_of(GRID, *entries()[:3], layout=layout), 3, copy=copy)


def test_what_is_not_held_is_given_again():
    given = outputs()
    first = given.take().addresses
    assert given.take().addresses == first


@pytest.mark.parametrize("layout", ["flat", "dict"])
@pytest.mark.parametrize("hold", [lambda output: output, lambda output: views_of(output)])
def test_what_is_held_is_not_given_again(layout, hold):
    given = outputs(layout)
    first = given.take()
    held = hold(first.handed_out())
    assert given.take().addresses != first.addresses
    del held
    assert given.take().addresses == first.addresses


def views_of(output):
    arrays = output.values() if isinstance(output, dict) else [output]
    return [memoryview(array[1:]) for array in arrays]


def test_many_may_be_held_at_once():
    given = outputs()
    held, addresses = [], set()
    for _ in range(20):
        taken = given.take()
        held.append(taken.handed_out())
        addresses.add(taken.addresses[0])
    assert len(addresses) == len(held) == 20


def test_without_copy_there_are_two():
    given = outputs(copy=False)
    first, second = given.take(0), given.take(1)
    held = first.handed_out()
    assert second is not first
    assert given.take(0) is first
    assert given.take(1) is second
    del held


def test_a_training_loop_allocates_no_observations():
    envs = MurkVectorEnv(Walker, 3)
    observations, _ = envs.reset(seed=1)
    seen = set()
    for _ in range(20):
        observations, *_ = envs.step(np.zeros(3, np.int64))
        seen.add(observations.__array_interface__["data"][0])
    assert len(seen) == 2


class Words(dict):
    """Stands for a table of words, which an interrupt may leave half written."""

    left = 2  # words until the interrupt

    def __setitem__(self, place, word):
        if self.left == 0:
            raise KeyboardInterrupt
        super().__setitem__(place, word)
        self.left -= 1


def test_what_an_interrupt_left_half_pointed_is_pointed_again():
    buffers = ObservationBuffers(plan_of(GRID, *entries()), 3, copy=True)
    words = Words()
    program: Any = SimpleNamespace(fills={}, places=lambda array: [(words, 4), (words, 9)])
    buffers.take(program)
    first, held, words.left = buffers.latest, buffers.latest.handed_out(), 1
    with pytest.raises(KeyboardInterrupt):
        buffers.take(program)  # another set, as the first is held
    assert words[4] != words[9]
    del held
    words.left = 2
    buffers.take(program)
    assert buffers.latest is first
    assert words == dict.fromkeys((4, 9), first.addresses[-1])
