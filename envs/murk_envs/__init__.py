"""The environments of murk-env.

Importing this registers those with one actor, and teams, with Gymnasium as `murk/Name-v0`, and those with
agents with PettingZoo as soon as PettingZoo is imported.
"""

import gymnasium

from murk_envs import pettingzoo
from murk_envs.crystal_nav import CrystalNav, CrystalNavVector
from murk_envs.ecosystem import Ecosystem, EcosystemVector
from murk_envs.epidemic import Epidemic, EpidemicVector
from murk_envs.harvest import Harvest
from murk_envs.heat_control import HeatControl, HeatControlVector
from murk_envs.heat_seeker import HeatSeeker, HeatSeekerVector
from murk_envs.hex_pursuit import HexPursuit
from murk_envs.layered_hex import LayeredHex, LayeredHexVector
from murk_envs.wildfire import Wildfire, WildfireVector

__all__ = [
    "CrystalNav",
    "CrystalNavVector",
    "Ecosystem",
    "EcosystemVector",
    "Epidemic",
    "EpidemicVector",
    "Harvest",
    "HeatControl",
    "HeatControlVector",
    "HeatSeeker",
    "HeatSeekerVector",
    "HexPursuit",
    "LayeredHex",
    "LayeredHexVector",
    "Wildfire",
    "WildfireVector",
]

_ENVIRONMENTS = (CrystalNav, Ecosystem, Epidemic, HeatControl, HeatSeeker, LayeredHex, Wildfire)
_WITH_AGENTS = (Harvest, HexPursuit, Wildfire)


def _register() -> None:
    for env_class in _ENVIRONMENTS:
        name = env_class.__name__
        if f"murk/{name}-v0" not in gymnasium.registry:
            gymnasium.register(
                id=f"murk/{name}-v0",
                entry_point=f"{env_class.__module__}:{name}",
                vector_entry_point=f"{env_class.__module__}:{name}Vector",
                max_episode_steps=env_class.max_episode_steps,
            )


_register()
pettingzoo.register_when_imported(_WITH_AGENTS)
