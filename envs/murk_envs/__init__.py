"""The environments of murk-env; importing this registers them with Gymnasium as `murk/Name-v0`."""

import gymnasium

from murk_envs.heat_seeker import HeatSeeker, HeatSeekerVector

__all__ = ["HeatSeeker", "HeatSeekerVector"]

_ENVIRONMENTS = ((HeatSeeker, 200),)  # with the number of steps after which an episode is truncated


def _register() -> None:
    for env_class, max_episode_steps in _ENVIRONMENTS:
        name = env_class.__name__
        if f"murk/{name}-v0" not in gymnasium.registry:
            gymnasium.register(
                id=f"murk/{name}-v0",
                entry_point=f"{env_class.__module__}:{name}",
                vector_entry_point=f"{env_class.__module__}:{name}Vector",
                max_episode_steps=max_episode_steps,
            )


_register()
