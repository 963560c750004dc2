"""Hooks for one world: what `self` and the arguments are, and what is refused with the author's line."""

import dataclasses
import os
import re
from typing import Annotated, Any, Literal

import numpy as np
import pytest
from gymnasium.spaces import Discrete, MultiDiscrete

import murk_env
from murk_env import (
    Blueprint,
    Draws,
    Field,
    MurkEnv,
    MurkParallelEnv,
    MurkVectorEnv,
    Observation,
    Observe,
    Square4,
    per_world,
)
from murk_env.random import uniform
from tests.env.agent_worlds import Mayflies
from tests.env.worlds import CompiledForager, Counter

LATTICE = Square4(2, 3)
HERE = re.escape(os.path.relpath(__file__))


class Plate(MurkEnv):
    """Warms the cell of the action by one and counts in `ticks`; a propagator counts beside in `clock`."""

    class Params(murk_env.Params):
        """Numbers, a text, and what follows from them."""

        gain: Annotated[float, murk_env.Range(0.0, 9.0), "a number"] = 2.0
        sides: int = 3
        hot: bool = True
        layout: Literal["flat", "image"] = "flat"

        @property
        def doubled(self) -> np.float32:
            """A number of numpy's."""
            return np.float32(2.0 * self.gain)

    heat = Field()  # (num_worlds, num_cells)
    clock = Field()  # (num_worlds, num_cells), written by the propagator
    ticks = Field(over="world", dtype=np.int32)  # (num_worlds,)
    flow = Field(components=2)  # (num_worlds, 2, num_cells)
    age = Field(over="agents")  # (num_worlds, num_agents)
    rare = Field(mutability="sparse", initial=0.5)  # (num_worlds, num_cells)
    wall = Field(mutability="static")  # (num_cells,)
    depth = Field(over="world", mutability="static")  # ()
    noted = Field(over="world", components=3, dtype=np.int32)  # (num_worlds, 3)

    PAY = 0.25
    SCALE = np.float32(0.5)
    TABLE = (4, 7.5)
    WORD = "text"
    METHODS: tuple[Any, ...] = (np.sin,)

    @classmethod
    def build(cls, params: Params, /) -> Blueprint:
        return Blueprint(
            lattice=LATTICE,
            propagators=[Counter(cls.clock)],
            observation=Observation(Observe(cls.noted)),
            action_space=Discrete(6),
            static={cls.wall: np.arange(6.0), cls.depth: 8.0},
            num_agents=2,
        )

    def total(self, factor: float = 1.0) -> float:
        return factor * self.heat.sum()

    @per_world
    def both(self) -> float:
        return self.total() + self.PAY

    @staticmethod
    def squared(number: float) -> float:
        return number * number

    @per_world
    def start(self):
        self.age[1] = 3.0
        self.noted[0] = 10 + self.elapsed_steps

    @per_world
    def act(self, action: int):
        self.heat[action] += 1.0
        self.ticks[0] += 1
        self.flow[1, action] = 0.5
        self.noted[1] = self.elapsed_steps

    @per_world
    def reward(self) -> float:
        return 0.0

    @per_world
    def terminated(self) -> bool:
        return False


def made(env_class: Any = Plate, **hooks: Any) -> Any:
    """Return a class whose hooks for one world are these functions."""
    return type("Mine", (env_class,), {name: per_world(hook) for name, hook in hooks.items()})


def reward_of(reward: Any) -> float:
    """Return the reward of a first step with action 4."""
    env = made(reward=reward)()
    env.reset(seed=1)
    return env.step(4)[1]


# --- what self is ---------------------------------------------------------------------------------


def warmest(world: Plate) -> float:
    return max(world.heat)


def share(world: Plate, amount: float, *, of: float = 1.0) -> float:
    return amount * of / len(world.heat)


def sum_of(values: Any) -> float:
    return values[0] + sum_of(values[1:]) if len(values) > 0 else 0.0


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("reward", "value"),
    [
        (lambda self: self.heat[4] + 10 * len(self.heat), 61.0),
        (lambda self: self.ticks[0] + 10 * self.ticks.size, 11.0),
        (lambda self: self.flow[1, 4] + 10 * self.flow.shape[1], 60.5),
        (lambda self: self.age[1] + 10 * len(self.age), 23.0),
        (lambda self: self.rare[3], 0.5),
        (lambda self: self.wall[5] + self.depth[0], 13.0),
        (lambda self: self.clock[0], 1.0),
    ],
    ids=["cells", "world", "vector", "agents", "sparse", "static", "propagator"],
)
def test_self_has_the_array_of_each_field_of_one_world(reward, value):
    assert reward_of(reward) == value


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("reward", "value"),
    [
        (lambda self: self.params.gain * self.params.sides, 6.0),
        (lambda self: 1.0 if self.params.hot else 0.0, 1.0),
        (lambda self: self.params.doubled, 4.0),
        (lambda self: self.PAY + self.SCALE, 0.75),
        (lambda self: self.TABLE[1], 7.5),
    ],
    ids=["numbers", "bool", "property", "constants", "tuple"],
)
def test_self_has_parameters_and_constants_that_are_numbers(reward, value):
    assert reward_of(reward) == value


@pytest.mark.few(1)
@pytest.mark.parametrize("table", ["moves", "neighbours"])
def test_self_has_the_lattices_tables(table):
    def moves(self):
        return self.moves[self.params.sides, 0] + 10 * self.moves[0, -1]

    def neighbours(self):
        return self.neighbours[self.params.sides, 0] + 10 * self.neighbours[0, 0]

    found = getattr(LATTICE, table)
    expected = found[3, 0] + 10 * found[0, -1 if table == "moves" else 0]
    assert reward_of({"moves": moves, "neighbours": neighbours}[table]) == expected


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("reward", "value"),
    [
        (lambda self: self.total(), 1.0),
        (lambda self: self.total(factor=3.0), 3.0),
        (lambda self: self.both(), 1.25),
        (lambda self: self.squared(self.params.gain), 4.0),
        (lambda self: warmest(self) + share(self, 2.0, of=3.0), 2.0),
        (lambda world: warmest(world), 1.0),
        (lambda self: sum_of(self.heat) + 10 * sum_of(self.flow[1]), 6.0),
    ],
    ids=["method", "keyword", "per_world", "static", "helpers", "any name", "recursion"],
)
def test_methods_and_helper_functions_may_be_given_self(reward, value):
    assert reward_of(reward) == value


@pytest.mark.parametrize(
    ("reward", "value"),
    [
        (lambda self: (warm := self.heat[4]) + 10 * warm, 11.0),
        (lambda self: (heat := self.heat)[4] + 10 * len(heat), 61.0),
        (lambda self: (gain := self.params.gain) * gain if (warm := self.heat[4]) > 0 else warm, 4.0),
    ],
    ids=["element", "array", "condition"],
)
def test_values_can_be_bound_where_they_are_used(reward, value):
    assert reward_of(reward) == value


def test_an_inherited_hook_works_on_a_field_that_is_declared_again():
    class Tired(CompiledForager):
        energy = Field(over="world", high=0.5)

    env = Tired()
    env.reset(seed=1)  # start writes from 1 to 3
    assert env.world[Tired.energy] == 0.5


def test_elapsed_steps_count_the_step_in_progress():
    def reward(self, before):
        return 10 * self.elapsed_steps + before.elapsed_steps

    envs = MurkVectorEnv(made(reward=reward), 1, max_episode_steps=2)
    assert envs.reset(seed=1)[0].tolist() == [[10.0, 0.0, 0.0]]
    told = [envs.step([0])[:2] for _ in range(4)]
    assert [rewards.item() for _, rewards in told] == [10.0, 21.0, 0.0, 10.0]
    assert [noted[0, :2].tolist() for noted, _ in told] == [[10, 1], [10, 2], [10, 0], [10, 1]]


# --- further arguments ----------------------------------------------------------------------------


def test_before_is_the_same_world_before_the_step():
    def reward(self, before):
        return self.clock[0] - before.clock[0] + 10 * before.total()

    def terminated(self, before):
        return before.ticks[0] == 1

    env = made(reward=reward, terminated=terminated)()
    env.reset(seed=1)
    assert [env.step(4)[1:3] for _ in range(2)] == [(1.0, False), (11.0, True)]


def test_draws_of_a_hook_differ_from_step_to_step_and_from_world_to_world():
    def act(self, rng: Draws):
        self.heat[0] = uniform(rng)
        self.heat[1] = uniform(rng)

    envs = MurkVectorEnv(made(act=act), 2)
    envs.reset(seed=1)
    drawn = []
    for _ in range(2):
        envs.step([0, 0])
        drawn += envs.world[Plate.heat][:, :2].ravel().tolist()
    assert len({*drawn}) == 8


def test_an_action_of_several_numbers_is_an_array():
    class Spread(Plate):
        @classmethod
        def build(cls, params, /):
            return dataclasses.replace(super().build(params), action_space=MultiDiscrete([3, 3]))

    env = made(Spread, act=lambda self, action: write(self, action))()
    env.reset(seed=1)
    env.step([2, 1])
    assert env.world[Spread.heat][0, :2].tolist() == [2.0, 1.0]


def write(world: Plate, numbers: Any) -> None:
    for place in range(len(numbers)):
        world.heat[place] = numbers[place]


# --- agents that are rewarded apart ---------------------------------------------------------------


def apart(**hooks: Any) -> Any:
    """Return what two steps of two flies give, of which the first leaves after the first step."""
    env = MurkParallelEnv(made(Mayflies, **hooks))
    env.reset(seed=1)
    return [env.step(dict.fromkeys(env.agents, 0))[1:3] for _ in range(2)]


def test_a_hook_that_names_agent_returns_the_number_of_that_agent():
    (first, _), (second, _) = apart(reward=lambda self, agent: 10.0 * agent + self.age[agent])
    assert (first, second) == ({"fly_0": 2.0, "fly_1": 12.0}, {"fly_1": 13.0})


def test_a_hook_without_agent_returns_one_value_for_all():
    (rewards, ends), _ = apart(reward=lambda self: self.age[1], terminated=lambda self: self.age[0] >= 2.0)
    assert rewards == {"fly_0": 2.0, "fly_1": 2.0}
    assert ends == {"fly_0": True, "fly_1": True}


def test_active_is_0_for_agents_that_have_left_before_this_step():
    def reward(self):
        here = 0
        for agent in range(len(self.active)):
            if self.active[agent] != 0:
                here += 1
        return here

    (first, _), (second, _) = apart(reward=reward)
    assert (first, second) == ({"fly_0": 2.0, "fly_1": 2.0}, {"fly_1": 1.0})


def test_functions_and_constants_of_a_class_that_is_mixed_in_are_available():
    class Bonus:
        FACTOR = 3.0

        def bonus(self):
            return self.FACTOR * self.ticks[0]  # pyright: ignore[reportAttributeAccessIssue]

    env = type("Mixed", (Bonus, made(reward=lambda self: self.bonus())), {})()
    env.reset(seed=1)
    assert [env.step(0)[1] for _ in range(2)] == [3.0, 6.0]
