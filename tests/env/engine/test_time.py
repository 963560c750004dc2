"""Time: elapsed steps times dt, wherever hooks and propagators look at it."""

import math
from typing import Any

import numpy as np
import pytest
from gymnasium.spaces import Discrete

from murk_env import (
    Blueprint,
    Draws,
    Field,
    MurkEnv,
    MurkVectorEnv,
    Observation,
    Observe,
    Propagator,
    Square4,
    World,
    per_world,
)
from murk_env.errors import DefinitionError, FieldError
from murk_env.propagators.writing import Declaration, KernelCall, kernel
from murk_env.random import integers

DT, YEAR = 0.1, 1.5
GRID = Square4(1, 2)


def season(time):
    """Return the sun's strength at a time."""
    return 10.0 + 4.0 * np.sin(2.0 * math.pi * time / YEAR)


@kernel
def shine(start: int, stop: int, times: Any, steps: Any, light: Any, counted: Any) -> None:
    for world in range(start, stop):
        light[world] = 10.0 + 4.0 * math.sin(2.0 * math.pi * times[world] / YEAR)
        counted[world] = steps[world]


class Sun(Propagator):
    """A source that follows the seasons; as a kernel, or in numpy."""

    def __init__(self, light, counted, *, compiled):
        self.light, self.counted, self.compiled = light, counted, compiled

    def declare(self):
        return Declaration(writes=(self.light, self.counted))

    def bind(self, frame):
        if not self.compiled:
            return super().bind(frame)
        out = frame.write(self.light), frame.write(self.counted)
        return KernelCall(shine, (frame.time, frame.elapsed_steps, *out))

    def step(self, frame):
        frame.write(self.light)[...] = season(frame.time)
        frame.write(self.counted)[...] = frame.elapsed_steps


class Seasons(MurkEnv):
    """Notes the time wherever it can; episodes last one to six steps."""

    light = Field(over="world")  # by the propagator
    counted = Field(over="world", dtype=np.int32)  # by the propagator
    acted = Field(over="world", components=2)  # light and steps, by act
    begun = Field(over="world", initial=-1.0)  # by start
    shown = Field(over="world", derived=True)
    sunny = Field(over="world", derived=True)
    left = Field(over="world", dtype=np.int32)

    @classmethod
    def build(cls, params):
        return Blueprint(
            lattice=GRID,
            propagators=[Sun(cls.light, cls.counted, compiled=True)],
            observation=Observation(Observe(cls.shown), Observe(cls.light)),
            action_space=Discrete(2),
            dt=DT,
        )

    @per_world
    def start(self, rng: Draws):
        self.begun[0] = self.time + self.elapsed_steps
        self.left[0] = 1 + integers(rng, 0, 6)

    @per_world
    def act(self, action: int):
        self.acted[0] = 10.0 + 4.0 * math.sin(2.0 * math.pi * self.time / YEAR)
        self.acted[1] = self.elapsed_steps
        self.left[0] -= 1

    @per_world
    def derive(self):
        self.shown[0] = self.time
        self.sunny[0] = self.season() > 10.0

    def season(self):
        return 10.0 + 4.0 * math.sin(2.0 * math.pi * self.time / YEAR)

    @per_world
    def reward(self, before: "Seasons"):
        return 1000.0 * self.time + before.time

    @per_world
    def terminated(self):
        return self.left[0] <= 0


class ArraySeasons(Seasons):
    """The same in numpy."""

    @classmethod
    def build(cls, params):
        return Blueprint(
            lattice=GRID,
            propagators=[Sun(cls.light, cls.counted, compiled=False)],
            observation=Observation(Observe(cls.shown), Observe(cls.light)),
            action_space=Discrete(2),
            dt=DT,
        )

    def start(self, tick, worlds):
        assert tick.time.shape == (len(worlds),)
        tick.begun = (tick.time + tick.elapsed_steps).astype(np.float32)
        tick.left = 1 + tick.rng.integers(6)

    def act(self, tick, actions):
        tick.acted = np.stack([season(tick.time), tick.elapsed_steps], axis=1).astype(np.float32)
        tick.left = tick.left - 1

    def derive(self, tick):
        tick.shown = tick.time.astype(np.float32)
        tick.sunny = (season(tick.time) > 10.0).astype(np.float32)

    def reward(self, before, after):
        return 1000.0 * after.time + before.time

    def terminated(self, after):
        return after.left <= 0


@pytest.mark.slow
@pytest.mark.parametrize("env_class", [Seasons, ArraySeasons])
@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
def test_the_step_in_progress_counts_everywhere_and_episodes_begin_at_0(mode, env_class):
    envs = MurkVectorEnv(env_class, 3, autoreset_mode=mode)
    assert (envs.reset(seed=1)[0][:, 0] == 0.0).all()
    steps, ended, num_ended = np.zeros(3, int), np.zeros(3, bool), 0
    for _ in range(20):
        made = np.where(ended, 0, steps + 1) if mode == "NextStep" else steps + 1
        observations, rewards, ended, _, _ = envs.step([0, 1, 0])
        time = made * DT
        assert rewards.tolist() == np.where(made > 0, 1000.0 * time + (made - 1) * DT, 0.0).tolist()
        steps = np.where(ended, 0, made) if mode == "SameStep" else made
        world, going = envs.world, steps > 0
        assert observations[:, 0].tolist() == (steps * DT).astype(np.float32).tolist()
        assert world["sunny"].tolist() == (season(steps * DT) > 10.0).tolist()
        assert world["begun"].tolist() == [0.0] * 3
        expected = season(steps * DT).astype(np.float32)[going]
        np.testing.assert_array_max_ulp(world["light"][going], expected)
        np.testing.assert_array_max_ulp(world["acted"][going, 0], expected)
        assert world["counted"][going].tolist() == world["acted"][going, 1].tolist() == steps[going].tolist()
        num_ended += ended.sum()
    assert num_ended > 5


@pytest.mark.parametrize("compiled", [False, True])
def test_a_plain_world_tells_the_time(compiled):
    light, counted = Field(over="world"), Field(over="world", dtype=np.int32)
    world = World(
        GRID,
        {"light": light, "counted": counted},
        [Sun(light, counted, compiled=compiled)],
        num_worlds=2,
        dt=DT,
    )
    seen = []
    for _ in range(4):
        world.tick(lambda tick: seen.append(tick.time.tolist()))
    assert seen == [[steps * DT] * 2 for steps in (1, 2, 3, 4)]
    np.testing.assert_array_max_ulp(world[light], np.full(2, season(4 * DT), np.float32))
    assert world[counted].tolist() == [4, 4]
    with world.edit() as tick:
        assert tick.time.tolist() == world.published().time.tolist() == [4 * DT] * 2
    assert world.published().time.dtype == np.float64
    world.reset(seed=0)
    assert world.published().time.tolist() == [0.0, 0.0]


def test_the_time_cannot_be_set():
    class Turning(ArraySeasons):
        def act(self, tick, actions):
            tick.time = 0.0

    with pytest.raises(DefinitionError, match=r"tick\.time: 'time' is kept by the env: it is elapsed_steps"):
        Turning()


@pytest.mark.parametrize("name", ["time", "elapsed_steps"])
def test_a_field_cannot_take_the_name_of_the_clock(name):
    with pytest.raises(DefinitionError, match=rf"Wrong.{name} cannot be a field: names .* are taken"):
        type("Wrong", (Seasons,), {name: Field()})
    with pytest.raises(
        FieldError, match=f"no field can be called '{name}': worlds have their clock under th"
    ):
        World(GRID, {name: Field()})
