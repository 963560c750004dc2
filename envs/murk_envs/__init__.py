"""The environments of murk-env; importing this registers them with Gymnasium as `murk/Name-v0`."""

import gymnasium

from murk_envs.heat_seeker import HeatSeeker, HeatSeekerVector

__all__ = ["HeatSeeker", "HeatSeekerVector"]

_TIME_LIMITS = {"HeatSeeker": 200}
_MODULES = {"HeatSeeker": "heat_seeker"}


def _register() -> None:
    for name, module in _MODULES.items():
        if f"murk/{name}-v0" not in gymnasium.registry:
            gymnasium.register(
                id=f"murk/{name}-v0",
                entry_point=f"murk_envs.{module}:{name}",
                vector_entry_point=f"murk_envs.{module}:{name}Vector",
                max_episode_steps=_TIME_LIMITS[name],
            )


_register()
