"""An environment that sees by windows keeps every rule of vector environments."""

import dataclasses

import pytest
from gymnasium.wrappers import TimeLimit

from murk_env import MurkVectorEnv, Observation, Observe
from murk_env.observation import Window
from murk_env.testing import check_vector_env
from murk_envs.heat_seeker import HeatSeeker
from tests.tiers import representatives


class Peering(HeatSeeker):
    """HeatSeeker by what lies around the agent, and the whole in coarse."""

    @classmethod
    def build(cls, params):
        near = Window(cls.heat, around=cls.agent, disk=1, with_mask=True).logged()
        far = Observe(cls.heat, name="far").pooled("mean", 2, 1).normalised(0.0, 10.0)
        return dataclasses.replace(super().build(params), observation=Observation(near, far, layout="dict"))


@pytest.mark.slow
@pytest.mark.parametrize("mode", representatives(["NextStep", "SameStep", "Disabled"], ["SameStep"]))
def test_an_environment_of_windows_keeps_the_rules(mode):
    check_vector_env(
        lambda num_envs, mode: MurkVectorEnv(
            Peering, num_envs, size=3, max_episode_steps=7, autoreset_mode=mode, checked=True
        ),
        lambda: TimeLimit(Peering(size=3), 7),
        modes=[mode],
        num_envs=[3],
        steps=60,
    )
