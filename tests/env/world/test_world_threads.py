"""Threads of a World without learning: they change nothing but the time, and end with it."""

import gc
import pickle
import threading
from typing import Any

import numpy as np
import pytest

from murk_env import Diffusion, Field, Noise, Propagator, Square4, World
from murk_env.errors import ParameterError, PropagatorError
from murk_env.kernels import KernelCall, kernel

HEAT, STIR = Field(initial=1.0), Field()
LEVEL = Field(over="world", dtype=np.int32)


def workers():
    return {thread for thread in threading.enumerate() if thread.name == "murk-env worker"}


def plate(number, **options):
    """64 worlds of a heated plate, and noise, which is drawn in compiled code."""
    propagators = [Diffusion(HEAT, coefficient=0.1, sources={0: 5.0}), Noise(STIR, scale=0.1)]
    fields = {"heat": HEAT, "stir": STIR}
    return World(Square4(4, 4), fields, propagators, num_worlds=64, seed=3, num_threads=number, **options)


@kernel
def climb(start, stop, levels):
    for world in range(start, stop):
        levels[world] += 1
        if levels[world] > 2:
            raise ValueError("three is too many")


class Climb(Propagator):
    """Adds one to a level, up to 2."""

    def __init__(self):
        self.updates = (LEVEL,)

    def bind(self, frame: Any):
        return KernelCall(climb, (frame.update(LEVEL),))


@pytest.mark.few(1)
@pytest.mark.parametrize("substeps", [1, 3])
def test_any_number_of_threads_gives_the_same_bytes(substeps):
    one, three = plate(1, substeps=substeps), plate(3, substeps=substeps)
    for world in (one, three):
        world.run(20)
    assert (one.runner.num_workers, three.runner.num_workers) == (0, 2)
    for name in ("heat", "stir"):
        assert one[name].tobytes() == three[name].tobytes()
        assert one[name].std() > 0.1


def test_a_failure_on_a_thread_is_that_of_its_propagator_and_undoes_the_tick():
    world = World(Square4(1, 1), {"level": LEVEL}, [Climb()], num_worlds=64, seed=0, num_threads=3)
    world.run(2)
    with pytest.raises(PropagatorError, match="three is too many"):
        world.tick()
    assert (world["level"] == 2).all()
    with world.edit() as tick:
        tick.level = 0
    world.tick()
    assert (world["level"] == 1).all()
    assert not world.runner.alone


def test_threads_end_with_the_world():
    before, world = workers(), plate(3)
    world.tick()
    own = workers() - before
    assert len(own) == 2
    del world
    gc.collect()
    for thread in own:
        thread.join(timeout=10)
        assert not thread.is_alive()


def test_a_pickled_world_has_as_many_threads():
    world = plate(3)
    twin = pickle.loads(pickle.dumps(world))
    for one in (world, twin):
        one.run(3)
    assert twin.runner.num_threads == 3
    assert twin["heat"].tobytes() == world["heat"].tobytes()


def test_no_number_is_one_thread_for_every_512_kb(monkeypatch):
    monkeypatch.setattr("murk_env.kernels.threads.num_processors", lambda: 2)
    assert plate(None).runner.num_threads == 1
    assert World(Square4(64, 64), {"heat": HEAT}, num_worlds=32).runner.num_threads == 2


@pytest.mark.parametrize("number", [0, -1, 1.5, "two"])
def test_a_wrong_number_of_threads_is_refused(number):
    with pytest.raises(
        ParameterError, match="num_threads must be a number of threads, at least 1, or None, not"
    ):
        plate(number)


def test_more_threads_than_any_machine_makes_use_of_are_refused():
    with pytest.raises(ParameterError, match=r"num_threads=1000000000 is more than \d+, 16 for each proc"):
        plate(10**9)
