"""What an observation shows of a field that indexes cells or agents."""

from typing import Any

from gymnasium.spaces import Discrete

from murk_env import Blueprint, Field, MurkEnv, Observation, Observe, Square4, per_world


class Pointer(MurkEnv):
    """It shows where it points to."""

    cell = Field(over="world", indexes="cells", low=-1)

    @classmethod
    def build(cls, params):
        seen = Observation(Observe(cls.cell))
        return Blueprint(lattice=Square4(3, 4), observation=seen, action_space=Discrete(2))

    @per_world
    def start(self):
        self.cell[0] = -1

    @per_world
    def act(self, action):
        self.cell[0] = action

    @per_world
    def reward(self):
        return 0.0

    @per_world
    def terminated(self):
        return False


def test_the_space_ends_at_the_last_cell():
    space: Any = Pointer().observation_space
    assert (space.low.tolist(), space.high.tolist()) == ([-1.0], [11.0])
    assert space.dtype == "float32"
