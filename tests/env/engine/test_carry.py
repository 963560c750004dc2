"""Fields that nothing writes keep their bytes from step to step, in any number of worlds and threads."""

from typing import Any

import numpy as np
import pytest
from gymnasium.spaces import Discrete

from murk_env import Blueprint, Field, Mask, MurkEnv, MurkVectorEnv, Observation, Square4, per_world


class Idle(MurkEnv):
    """Fields of every span and dtype, of which a step writes `steps` alone."""

    heat = Field()  # (num_worlds, num_cells)
    flow = Field(components=3)  # (num_worlds, 3, num_cells)
    exact = Field(over="world", dtype=np.float64)  # (num_worlds,)
    notes = Field(over="world", components=5, dtype=np.int32)  # (num_worlds, 5)
    steps = Field(over="world", indexes="cells")  # (num_worlds,)

    @classmethod
    def build(cls, params: Any, /) -> Blueprint:
        """Return a grid without propagators."""
        return Blueprint(
            lattice=Square4(3, 7), observation=Observation(Mask(cls.steps)), action_space=Discrete(2)
        )

    @per_world
    def start(self) -> None:
        self.steps[0] = 0

    @per_world
    def act(self, action: int) -> None:
        self.steps[0] += 1

    @per_world
    def reward(self) -> float:
        return self.heat[0]

    @per_world
    def terminated(self) -> bool:
        return False


class IdleInPython(Idle):
    """The same with a hook between its compiled parts."""

    def reward(self, before: Any, after: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        return before.heat[:, 0]


@pytest.mark.parametrize("env_class", [Idle, IdleInPython])
@pytest.mark.parametrize(("num_worlds", "num_threads"), [(1, 1), (13, 1), (300, 3)])
def test_what_no_hook_writes_is_kept_to_the_bit(env_class: Any, num_worlds: int, num_threads: int):
    rng = np.random.default_rng(num_worlds)
    envs = MurkVectorEnv(env_class, num_worlds, num_threads=num_threads)
    envs.reset(seed=1)
    kept: dict[Any, Any] = {}
    with envs.world.edit() as tick:
        for name in ("heat", "flow", "exact", "notes"):
            field = getattr(env_class, name)
            drawn = 1e6 * rng.normal(size=tick[field].shape)
            drawn.flat[0] = -0.0
            tick[field] = kept[field] = drawn.astype(field.dtype)
    for step in range(1, 6):
        rewards = envs.step(np.zeros(num_worlds, int))[1]
        for field, values in kept.items():
            assert envs.world[field].tobytes() == values.tobytes()
        assert (envs.world[env_class.steps] == step).all()
        np.testing.assert_array_equal(rewards, kept[env_class.heat][:, 0])
    envs.close()
