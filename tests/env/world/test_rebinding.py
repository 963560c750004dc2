"""Fused steps follow sparse fields and parameters that move, and what failed half way is done again."""

import gc
from typing import Any

import numpy as np
import pytest
from gymnasium.spaces import Discrete

from murk_env import (
    Blueprint,
    Diffusion,
    Field,
    MurkEnv,
    MurkVectorEnv,
    Observation,
    Observe,
    Parameter,
    Propagator,
    Square4,
    World,
    per_world,
)
from murk_env.errors import PropagatorError
from murk_env.kernels import kernel
from murk_env.kernels.call import KernelCall
from murk_env.propagators.writing import Declaration


class Moody(MurkEnv):
    """A mood that `act` changes seldom: before and after a step it lies now at one place, now at two."""

    mood = Field(over="world", mutability="sparse")

    @classmethod
    def build(cls, params):
        return Blueprint(
            lattice=Square4(1, 1), observation=Observation(Observe(cls.mood)), action_space=Discrete(3)
        )

    @per_world
    def start(self):
        pass

    def act(self, tick, actions):
        if actions.any():
            tick.mood = tick.mood + actions.astype(np.float32)

    @per_world
    def reward(self, before: "Moody") -> float:
        return self.mood[0] - before.mood[0]

    @per_world
    def terminated(self) -> bool:
        return False


@pytest.mark.parametrize("checked", [False, True])
def test_what_was_before_and_what_is_now_are_kept_apart(checked):
    envs = MurkVectorEnv(Moody, 2, checked=checked)
    envs.reset(seed=1)
    mood = np.zeros(2)
    for actions in ([0, 0], [1, 2], [0, 0], [0, 0], [2, 1], [1, 0], [0, 0], [0, 1]):
        mood += actions
        observations, rewards, *_ = envs.step(np.array(actions))
        np.testing.assert_array_equal(rewards, actions)
        np.testing.assert_array_equal(observations[:, 0], mood)


@kernel
def grow(start, stop, previous, out, rates):
    for world in range(start, stop):
        for cell in range(out.shape[1]):
            out[world, cell] = previous[world, cell] + np.float32(rates[world, 0])


class Growing(Propagator):
    """Adds a rate, and refuses to be bound to one above a half."""

    def __init__(self, level, rate):
        self.reads_previous = self.writes = (level,)
        self.coefficients = (rate,)

    def bind(self, frame):
        if (frame.coefficients > 0.5).any():
            raise ValueError("too fast to be bound")
        (level,) = self.writes
        return KernelCall(grow, (frame.previous(level), frame.write(level), frame.coefficients))


class Hasty(MurkEnv):
    """Its second action makes the propagator refuse; its first does nothing."""

    level = Field()
    rate = Parameter(0.25, low=0.0, high=1.0)

    @classmethod
    def build(cls, params):
        return Blueprint(
            lattice=Square4(1, 2),
            propagators=[Growing(cls.level, cls.rate)],
            observation=Observation(Observe(cls.level)),
            action_space=Discrete(2),
        )

    def start(self, tick, worlds):
        pass

    def act(self, tick, actions):
        if actions.any():
            tick.rate = 0.8

    @per_world
    def reward(self) -> float:
        return self.level[0]

    @per_world
    def terminated(self) -> bool:
        return False


def test_a_propagator_that_cannot_follow_fails_every_time_and_by_its_name():
    envs = MurkVectorEnv(Hasty, 1)
    envs.reset(seed=1)
    for _ in range(3):
        envs.step([0])
    for _ in range(4):
        with pytest.raises(
            PropagatorError, match=r"Growing\(level\) raised ValueError: too fast to be bound"
        ):
            envs.step([1])
    _, rewards, *_ = envs.step([0])
    assert rewards.tolist() == [1.0]


class HastyAgain(Hasty):
    """From its second episode on, the rate is one that the propagator refuses."""

    def start(self, tick, worlds):
        tick.rate = np.where(tick.rate < 0.255, 0.26, 0.8).astype(np.float32)


def test_what_could_not_be_followed_is_tried_again_in_every_step():
    envs = MurkVectorEnv(HastyAgain, 1, autoreset_mode="SameStep", max_episode_steps=2)
    envs.reset(seed=1)
    for _ in range(2):
        envs.step([0])
    for _ in range(5):
        with pytest.raises(PropagatorError, match="too fast to be bound"):
            envs.step([0])


@pytest.mark.slow
@pytest.mark.parametrize("env_class", [Moody, Hasty])
def test_worlds_go_with_the_last_reference_to_their_env(env_class):
    gc.collect()
    gc.disable()
    try:
        before = num_buffers()
        envs = MurkVectorEnv(env_class, 2)
        envs.reset(seed=1)
        for _ in range(3):
            envs.step([0, 0])
        assert num_buffers() == before + 2
        del envs
        assert num_buffers() == before
    finally:
        gc.enable()


def num_buffers():
    return sum(type(one).__name__ == "ArenaBuffer" for one in gc.get_objects())


def test_a_failed_step_leaves_the_observation_that_was_given_out():
    envs = MurkVectorEnv(Hasty, 1, copy=False)
    envs.reset(seed=1)
    envs.step([0])
    observations, *_ = envs.step([0])
    before = observations.copy()
    for _ in range(3):
        with pytest.raises(PropagatorError, match="too fast"):
            envs.step([1])
    np.testing.assert_array_equal(observations, before)


@pytest.mark.filterwarnings("ignore:Setting the shape:DeprecationWarning")  # numpy 2.5
def test_what_is_done_to_an_observation_stays_with_it():
    envs = MurkVectorEnv(Hasty, 3)
    observations, _ = envs.reset(seed=1)
    observations.shape = (-1,)
    observations.flags.writeable = False
    for _ in range(4):
        observations, *_ = envs.step([0, 0, 0])
        assert observations.shape == (3, 2)
        assert observations.flags.writeable
        observations.shape = (-1,)
        observations.flags.writeable = False


def test_a_parameter_set_between_ticks_is_read_where_it_lies_now():
    heat, rate = Field(), Parameter(0.1, low=0.0, high=0.5)
    world = World(Square4(2, 2), {"heat": heat, "rate": rate}, [Diffusion(heat, coefficient=rate)])
    for value in (0.5, 0.25):
        world.run(4)
        with world.edit() as tick:
            tick[rate] = value
        assert world[rate].tolist() == [value]


class Plain(Propagator):
    """A propagator whose kernel nobody has compiled."""

    def __init__(self, heat):
        self.updates = (heat,)

    def bind(self, frame):
        def warm(start, stop, heat):
            heat[start:stop] += 1.0
            if heat[0, 0] > 2.0:
                raise OSError("too hot")

        return KernelCall(warm, (frame.update(self.updates[0]),))


def test_a_propagator_of_plain_python_may_be_bound_too():
    heat = Field()
    world = World(Square4(1, 2), {"heat": heat}, [Plain(heat)])
    world.run(2)
    with pytest.raises(PropagatorError, match=r"Plain\(heat\) raised OSError: too hot"):
        world.tick()
    assert world[heat].tolist() == [[2.0, 2.0]]


class Bound(Propagator):
    """Adds 1, and counts how often it is bound."""

    def __init__(self, field):
        self.field, self.times = field, 0

    def declare(self):
        return Declaration(updates=(self.field,))

    def bind(self, frame) -> Any:
        self.times += 1
        out = frame.update(self.field)
        return lambda start, stop: np.add(out, 1.0, out=out)


def test_propagators_are_bound_once_for_each_buffer_while_no_sparse_field_moves():
    count, mood = Field(), Field(over="world", mutability="sparse")
    adds = Bound(count)
    World(Square4(1, 1), {"count": count, "mood": mood}, [adds]).run(6)
    assert adds.times == 2
