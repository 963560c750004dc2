"""Parameters under which episodes are short: of every environment of murk_envs, by the name of its class.

Together with a time limit of a few steps some episodes terminate and some are truncated, and neighbouring
worlds end at different times; the rule `episodes_end_apart` of `murk_env.testing` proves it.
"""

from collections.abc import Mapping
from typing import Any

__all__ = ["SMALL", "small_keywords"]

SMALL: Mapping[str, Mapping[str, Any]] = {
    "Burgers": {
        "size": 8,
        "substeps": 3,
        "actuators": 2,
        "width": 0.25,
        "sensors": 2,
        "power": 1.0,
        "limit": 2.0,
        "max_episode_steps": 7,
    },
    "CrystalNav": {"size": 3, "max_episode_steps": 7},
    "Ecosystem": {
        "size": 3,
        "view": 1,
        "scarcity": 0.7,
        "plenty": 1.4,
        "disturbance": 0.15,
        "weather": 0.1,
    },
    "Epidemic": {
        "size": 2,
        "regions": 2,
        "people": 20,
        "first_cases": 0.3,
        "recovery": 0.4,
        "most_infectivity": 1.0,
    },
    "Harvest": {
        "size": 3,
        "agents": 4,
        "trees": 0.6,
        "bite": 0.5,
        "famine": 0.5,
        "view": 1,
        "max_episode_steps": 7,
    },
    "HeatControl": {"size": 4, "heaters": 2, "power": 1.0, "noise": 0.5, "limit": 2.0},
    "HeatSeeker": {"size": 3, "max_episode_steps": 7},
    "HexPursuit": {"size": 3, "predators": 2, "view": 1, "reach": 0, "gap": 1, "max_episode_steps": 7},
    "KuramotoSivashinsky": {
        "size": 8,
        "substeps": 3,
        "actuators": 2,
        "width": 0.25,
        "sensors": 2,
        "power": 1.0,
        "limit": 4.5,
        "max_episode_steps": 7,
    },
    "LayeredHex": {"size": 2, "floors": 2, "max_episode_steps": 7},
    "ReactionDiffusion": {"size": 5, "substeps": 2, "window": 2, "limit": 18.0, "least": -10.0},
    "ShallowWater": {"size": 4, "stones": 1, "rain": 0.5, "power": 2.0, "wind": 0.2, "limit": 0.18},
    "Transport": {"size": 4, "substeps": 3, "window": 2, "limit": 18.0, "least": -10.0},
    "WildfireTerrain": {"size": 4, "crew": 2, "burning": 4.0, "ignition": 0.3},
    "Wildfire": {"size": 3, "crew": 2, "forest": 0.7, "burning": 4.0, "ignition": 0.4},
}


def small_keywords(env_class: type[Any]) -> dict[str, Any]:
    """Return keywords under which a class's episodes are short; one that only tests have says so itself."""
    if env_class.__module__.startswith("murk_envs."):
        return dict(SMALL[env_class.__name__])
    return dict(getattr(env_class, "small", {}))
