"""The ghost: a policy that plays a copy of the person's world."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from murk_env.cli.policies import player_named, rows_of

__all__ = ["Ghost"]


class Ghost:
    """A world with the same initial state and random numbers, played by a policy until its episode ends.

    Args:
        env_class: the environment.
        parameters: its parameters.
        policy: a policy's name, or its file.
        seed: seed of the first episode, and of the policy's draws.
    """

    def __init__(self, env_class: Any, parameters: Mapping[str, Any], policy: str, seed: int) -> None:
        self._player = player_named(env_class, parameters, policy)
        options: dict[str, Any] = {"policy": policy, "seed": seed, "autoreset_mode": "Disabled"}
        self._envs = rows_of(env_class, 1, parameters, group=self._player.group, **options).envs
        self.begin(seed)

    def begin(self, seed: int) -> None:
        """Start an episode."""
        self._rng = np.random.default_rng(seed)
        self._seen, _ = self._envs.reset(seed=seed)
        self._earned = np.zeros(self._envs.num_envs)
        self._ended = np.zeros(self._envs.num_envs, np.bool_)

    def step(self) -> None:
        """Step the world, unless its episode is over."""
        if self.ended:
            return
        actions = self._player.policy(self._seen, self._envs.single_action_space, self._rng)
        self._seen, rewards, terminated, truncated, _ = self._envs.step(actions)
        self._earned = self._earned + rewards
        self._ended = self._ended | terminated | truncated

    @property
    def ended(self) -> bool:
        """Whether its episode is over."""
        return bool(self._ended.all())

    @property
    def earned(self) -> float:
        """Its return in the episode; the mean if its rows are several agents."""
        return float(self._earned.mean())

    def kept(self) -> Any:
        """Return the state for `take_back`."""
        return self._envs.save(), self._rng.bit_generator.state, self._earned, self._ended

    def take_back(self, kept: Any) -> None:
        """Restore a state."""
        state, self._rng.bit_generator.state, self._earned, self._ended = kept
        self._envs.restore(state)
        self._seen, _ = self._envs.observe()

    def frame(self) -> Any:
        """Return a picture of its world, (height, width, 3) uint8."""
        return self._envs.render_tiles(1)
