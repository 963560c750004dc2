"""The environments of murk-env.

Importing this registers them with Gymnasium by strings: an environment is loaded only when it is made or its
class is accessed. `import murk_envs.pettingzoo` registers the multi-agent ones with PettingZoo.
"""

import importlib
from typing import TYPE_CHECKING

import gymnasium

if TYPE_CHECKING:
    from murk_envs.burgers import Burgers
    from murk_envs.crystal_nav import CrystalNav
    from murk_envs.ecosystem import Ecosystem
    from murk_envs.epidemic import Epidemic
    from murk_envs.harvest import Harvest
    from murk_envs.heat_control import HeatControl
    from murk_envs.heat_seeker import HeatSeeker
    from murk_envs.hex_pursuit import HexPursuit
    from murk_envs.kuramoto_sivashinsky import KuramotoSivashinsky
    from murk_envs.layered_hex import LayeredHex
    from murk_envs.reaction_diffusion import ReactionDiffusion
    from murk_envs.shallow_water import ShallowWater
    from murk_envs.transport import Transport
    from murk_envs.wildfire import Wildfire
    from murk_envs.wildfire_terrain import WildfireTerrain

__all__ = [
    "Burgers",
    "CrystalNav",
    "Ecosystem",
    "Epidemic",
    "Harvest",
    "HeatControl",
    "HeatSeeker",
    "HexPursuit",
    "KuramotoSivashinsky",
    "LayeredHex",
    "ReactionDiffusion",
    "ShallowWater",
    "Transport",
    "Wildfire",
    "WildfireTerrain",
]

# By class, as in its @register: id, module, steps, agents.
ENVIRONMENTS = {
    "Burgers": ("murk/Burgers-v0", "murk_envs.burgers", 100, None),
    "CrystalNav": ("murk/CrystalNav-v0", "murk_envs.crystal_nav", 300, None),
    "Ecosystem": ("murk/Ecosystem-v0", "murk_envs.ecosystem", 500, None),
    "Epidemic": ("murk/Epidemic-v1", "murk_envs.epidemic", 200, None),
    "Harvest": ("murk/Harvest-v0", "murk_envs.harvest", 300, "apart"),
    "HeatControl": ("murk/HeatControl-v1", "murk_envs.heat_control", 200, None),
    "HeatSeeker": ("murk/HeatSeeker-v0", "murk_envs.heat_seeker", 200, None),
    "HexPursuit": ("murk/HexPursuit-v0", "murk_envs.hex_pursuit", 100, "apart"),
    "KuramotoSivashinsky": (
        "murk/KuramotoSivashinsky-v0",
        "murk_envs.kuramoto_sivashinsky",
        500,
        None,
    ),
    "LayeredHex": ("murk/LayeredHex-v0", "murk_envs.layered_hex", 200, None),
    "ReactionDiffusion": ("murk/ReactionDiffusion-v0", "murk_envs.reaction_diffusion", 1000, None),
    "ShallowWater": ("murk/ShallowWater-v0", "murk_envs.shallow_water", 100, None),
    "Transport": ("murk/Transport-v0", "murk_envs.transport", 50, None),
    "Wildfire": ("murk/Wildfire-v1", "murk_envs.wildfire", 200, "team"),
    "WildfireTerrain": ("murk/WildfireTerrain-v0", "murk_envs.wildfire_terrain", 200, "team"),
}
# By id, smaller variants for quick experiments: class, keywords.
SIZES: dict[str, tuple[str, dict[str, float]]] = {
    "murk/Epidemic-8x8-v1": ("Epidemic", {"size": 8, "regions": 2, "budget": 50.0, "income": 4.0}),
    "murk/Wildfire-8x8-v1": ("Wildfire", {"size": 8, "crew": 2}),
}
FORMS = "murk_env.faces.forms"

_ALL = [(row[0], name, {}) for name, row in ENVIRONMENTS.items()]
_ALL += [(env_id, *row) for env_id, row in SIZES.items()]

for _id, _name, _keywords in _ALL:
    _, _module, _steps, _agents = ENVIRONMENTS[_name]
    if _agents != "apart" and _id not in gymnasium.registry:
        gymnasium.register(
            _id,
            f"{FORMS}:single.{_module}.{_name}",
            vector_entry_point=f"{FORMS}:vector.{_module}.{_name}",
            max_episode_steps=_steps,
            kwargs=_keywords,
        )


def __getattr__(name: str) -> object:
    """Load an environment's class when it is accessed."""
    if name in ENVIRONMENTS:
        return getattr(importlib.import_module(ENVIRONMENTS[name][1]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
